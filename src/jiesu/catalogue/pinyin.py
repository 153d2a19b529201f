"""Pinyin initials, for finding a Chinese name by typing a few letters."""

import re

_WORD = re.compile(r"[a-z0-9]")


def initials(name: str) -> str:
    """施工噪声 → ``sgzs``: one lower-case letter a character, Latin letters and digits kept."""
    from pypinyin import Style, lazy_pinyin  # its dictionary is large; only edits need it

    parts = lazy_pinyin(name, style=Style.FIRST_LETTER)  # what is not Chinese comes in one piece
    return "".join(_WORD.findall("".join(parts).casefold()))[:64]
