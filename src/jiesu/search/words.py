"""Cuts Chinese into words, alike when indexing and when asking. Pure."""

import re
from collections.abc import Iterator

import rjieba

_WORD = re.compile(r"\w", re.UNICODE)
_LONGEST = 40  # characters of a word; longer runs are no words


def cut(text: str) -> Iterator[str]:
    """The words of a text, longer ones also in their parts (地铁站 → 地铁 铁站 地铁站)."""
    for word in rjieba.cut_for_search(text.lower()):
        word = word.strip()
        if word and len(word) <= _LONGEST and _WORD.search(word):
            yield word


def spaced(text: str) -> str:
    """The words with blanks between, as the index takes them."""
    return " ".join(cut(text))


def asked(query: str, most: int = 12) -> list[str]:
    """The words of a query, each once."""
    return list(dict.fromkeys(cut(query[:200])))[:most]
