"""A language model of the institution's own network, asked for drafts: only ever suggestions."""
