"""One vertical slice per outside system that Jiesu asks; each off until it is set up."""
