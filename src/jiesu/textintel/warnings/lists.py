"""A centre's own word lists: dated, with an owner and a reason; matched outside harmless speech."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick


@dataclass(frozen=True)
class WordList:
    """Words of one class; ``harmless`` are turns of speech around them without harm (跳楼价);
    ``score`` is how sure a hit is, 0–1."""

    name: str
    kind: str
    words: tuple[str, ...]
    harmless: tuple[str, ...] = ()
    score: float = 0.9


@lru_cache(maxsize=32)
def _automaton(words: tuple[str, ...]) -> "ahocorasick.Automaton | None":
    automaton = ahocorasick.Automaton()
    for word in words:
        if word:
            automaton.add_word(word, len(word))
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton


def hits(text: str, words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """(start, end) of every one of ``words`` in ``text``."""
    automaton = _automaton(words)
    if automaton is not None:
        for last, length in automaton.iter(text):
            yield last - length + 1, last + 1


def listed(text: str, lists: Sequence[WordList]) -> Iterator[tuple[WordList, int, int]]:
    """The hits of every list, those within one of its harmless turns of speech left out."""
    for one in lists:
        safe = list(hits(text, one.harmless))
        for start, end in hits(text, one.words):
            if not any(a <= start and end <= b for a, b in safe):
                yield one, start, end
