"""Text as people send it, brought to the one form it is stored in. Pure functions."""

import re
import unicodedata

from jiesu.foundation.errors import invalid

# Invisible: controls other than tab and line feed, surrogates, and what has no width or turns the
# direction of writing (it can hide words from a reader or from a search). Mongolian letters keep
# the selectors of their shapes.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u200b\u200c\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e00ff]"
    "|(?<![\u1820-\u18af])[\u180b-\u180f]"
)
_JOINER = re.compile("\u200d")
_LINE_ENDS = re.compile("\r\n?|[\x85\u2028\u2029\v\f]")
_BLANKS = re.compile(r"\s+")


def _drop_idle_joiners(text: str) -> str:
    """Keep a zero-width joiner only inside an emoji, where it draws one picture of several."""

    def keep(match: re.Match[str]) -> str:
        before = text[max(match.start() - 1, 0) : match.start()]
        after = text[match.end() : match.end() + 1]
        joins = before and after and before >= "\u2190" and unicodedata.category(after) == "So"
        return match[0] if joins and unicodedata.category(before) in ("So", "Sk", "Mn") else ""

    return _JOINER.sub(keep, text)


def tidy(value: str, *, multiline: bool = True) -> str:
    """The text in NFC, without invisible characters, trimmed; one line unless ``multiline``."""
    text = _INVISIBLE.sub("", _LINE_ENDS.sub("\n", value))
    if "\u200d" in text:
        text = _drop_idle_joiners(text)
    if not multiline:
        text = _BLANKS.sub(" ", text)
    return unicodedata.normalize("NFC", text).strip()


def clean_text(
    value: str, *, max_length: int, field: str, label: str, multiline: bool = True
) -> str:
    """Tidy what somebody wrote into ``field``.

    Raises ``Invalid`` when it is longer than ``max_length`` characters.
    """
    text = tidy(value, multiline=multiline)
    if len(text) > max_length:
        raise invalid(
            field,
            f"{label}最多 {max_length} 个字，现在有 {len(text)} 个字，请删减后再提交。",
            "too_long",
        )
    return text
