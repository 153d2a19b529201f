"""Texts that people write into supervision, tidied; a wanted one that is missing is refused."""

from jiesu.foundation.errors import invalid
from jiesu.foundation.text import clean_text


def required(value: str, field: str, label: str, longest: int) -> str:
    """The text, tidied. Refuses none, and one that is too long, at its field."""
    text = clean_text(value, max_length=longest, field=field, label=label)
    if not text:
        raise invalid(field, f"请填写{label}。", "required")
    return text
