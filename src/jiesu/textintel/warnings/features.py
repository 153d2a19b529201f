"""What a sentence is judged by: its concepts, their company, its character 1–4-grams."""

import functools
import re
from importlib import resources

import ahocorasick

_SENTENCE = re.compile(r"[^。！？!?；;\n\r…]+")
_CLAUSE = re.compile(r"[^，,、：:\s]+")
LONGEST = 36
_LOWER = {point: point + 32 for point in range(ord("A"), ord("Z") + 1)}
_NUMBER = re.compile(r"\d+")


def lines_of(name: str) -> list[str]:
    """The lines of a file of words that come with the program, comments left out."""
    file = resources.files("jiesu.textintel.warnings").joinpath(f"data/{name}")
    return [line for line in file.read_text("utf-8").splitlines() if line[:1] not in ("", "#")]


@functools.cache
def concept_words() -> "ahocorasick.Automaton":
    """Every word of a concept, with the concepts it speaks for."""
    found: dict[str, set[str]] = {}
    for line in lines_of("concepts.txt"):
        concept, words = line.split(":", 1)
        for word in words.split():
            found.setdefault(word, set()).add(concept)
    automaton = ahocorasick.Automaton()
    for word, concepts in found.items():
        automaton.add_word(word.translate(_LOWER), (len(word), tuple(sorted(concepts))))
    automaton.make_automaton()
    return automaton


def windows(text: str) -> list[tuple[int, int]]:
    """The sentences of a text, (start, end); one too long is cut at a comma or, without any
    (speech made text), into pieces that overlap."""
    out: list[tuple[int, int]] = []
    for sentence in _SENTENCE.finditer(text):
        start, end = sentence.span()
        if end - start <= LONGEST:
            out.append((start, end))
            continue
        first = start
        last = start
        for clause in _CLAUSE.finditer(text, start, end):
            a, b = clause.span()
            while b - a > LONGEST:  # no comma anywhere
                if last > first:
                    out.append((first, last))
                out.append((a, a + LONGEST))
                a += LONGEST - 12
                first = last = a
            if b - first > LONGEST and last > first:
                out.append((first, last))
                first = a
            last = b
        if last > first:
            out.append((first, last))
    return out


def concepts_in(text: str) -> list[tuple[int, int, str]]:
    """(start, end, concept) of every word of a concept, in a text already blanked."""
    return [
        (last - length + 1, last + 1, concept)
        for last, (length, concepts) in concept_words().iter(text.translate(_LOWER))
        for concept in concepts
    ]


def features(text: str, found: list[str]) -> set[str]:
    """The features of one sentence; ``found`` are the concepts in it."""
    plain = _NUMBER.sub("0", text.translate(_LOWER)).replace(" ", "")
    out: set[str] = set()
    for size in (1, 2, 3, 4):
        for i in range(len(plain) - size + 1):
            out.add(plain[i : i + size])
    concepts = sorted(set(found))
    out.update("@" + one for one in concepts)
    for i, one in enumerate(concepts):
        out.update(f"@{one}+{other}" for other in concepts[i + 1 :])
    if len(plain) < 12:
        out.add("@short")
    return out
