"""Word lists: words of one kind, the harmless turns of speech around them, sentences that prove
them. Which lists hold, where and since when, is the caller's dated data; the program comes with
some (``data/wordlists.toml``)."""

import enum
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import ahocorasick

from jiesu.textintel.normalize import Normalized, normalize

BLANK = "□"
SURE = 0.9  # how sure a hit of a list is, 0–1
_LOWER = {point: point + 32 for point in range(ord("A"), ord("Z") + 1)}


class Use(enum.StrEnum):
    """What a list is for: a warning, a sensitive class, talk without harm, a defect of replies."""

    WARNING = "warning"
    SENSITIVE = "sensitive"
    HARMLESS = "harmless"
    REPLY = "reply"


@dataclass(frozen=True)
class WordList:
    """Words of one ``kind``; ``harmless`` are turns of speech around them without harm (跳楼价);
    ``hint`` says how to mend what they stand in (replies)."""

    name: str
    kind: str
    words: tuple[str, ...]
    harmless: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class Proof:
    """Sentences that a list must hit, and sentences that it must leave alone."""

    must_hit: tuple[str, ...]
    must_not_hit: tuple[str, ...]


@cache
def shipped() -> tuple[tuple[Use, WordList, Proof], ...]:
    """The lists the program comes with."""
    file = resources.files("jiesu.textintel").joinpath("data/wordlists.toml")
    return tuple(
        (
            Use(row["use"]),
            WordList(
                row["name"], row["kind"], tuple(row["words"]), tuple(row.get("harmless", ())),
                row.get("hint", ""),
            ),
            Proof(tuple(row["must_hit"]), tuple(row["must_not_hit"])),
        )
        for row in tomllib.loads(file.read_text("utf-8"))["list"]
    )  # fmt: skip


@cache
def shipped_for(use: Use) -> tuple[WordList, ...]:
    """The lists of one use that the program comes with."""
    return tuple(one for what, one, _ in shipped() if what is use)


@cache
def shipped_harmless() -> tuple[str, ...]:
    """The turns of speech without harm that the program comes with."""
    return tuple(word for one in shipped_for(Use.HARMLESS) for word in one.words)


def one_form(word: str) -> str:
    """A word in the form in which texts are read; "" when nothing is left of it."""
    return normalize(word).tight().text.translate(_LOWER).strip()


@lru_cache(maxsize=8)
def _harmless_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))) or r"(?!)")


def blanked(text: str, harmless: tuple[str, ...] | None = None) -> str:
    """``text`` with turns of speech without harm blanked, each character by one blank; None: those
    the program comes with."""
    words = shipped_harmless() if harmless is None else harmless
    return _harmless_pattern(words).sub(lambda match: BLANK * len(match[0]), text)


@lru_cache(maxsize=256)
def _automaton(words: tuple[str, ...]) -> "ahocorasick.Automaton | None":
    automaton = ahocorasick.Automaton()
    for word in words:
        if form := one_form(word):
            automaton.add_word(form, len(form))
    if not len(automaton):
        return None
    automaton.make_automaton()
    return automaton


def _hits(text: str, words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    automaton = _automaton(words)
    if automaton is not None:
        for last, length in automaton.iter(text):
            yield last - length + 1, last + 1


def listed(text: str, lists: Sequence[WordList]) -> Iterator[tuple[WordList, int, int]]:
    """(list, start, end) of the hits of every list in a text in its one form, those within one of
    the list's harmless turns of speech left out."""
    plain = text.translate(_LOWER)
    for one in lists:
        safe: list[tuple[int, int]] | None = None
        for start, end in _hits(plain, one.words):
            if safe is None:
                safe = list(_hits(plain, one.harmless))
            if not any(a <= start and end <= b for a, b in safe):
                yield one, start, end


def read_form(text: str, use: Use, harmless: tuple[str, ...] | None = None) -> Normalized:
    """``text`` as the lists of this use read it: a reply as it stands, others without harmless
    talk."""
    read = normalize(text).tight()
    if use in (Use.REPLY, Use.HARMLESS):
        return read
    return Normalized(read.original, blanked(read.text, harmless), read.places)


def quotes(
    text: str, one: WordList, use: Use, harmless: tuple[str, ...] | None = None
) -> Iterator[str]:
    """The words of ``text``, as written, that a list hits."""
    read = read_form(text, use, harmless)
    for _, start, end in listed(read.text, [one]):
        yield read.quoted(start, end)
