"""The sensitive classes of a text, by words outside harmless turns of speech."""

from functools import cache

from jiesu.textintel.normalize import normalize
from jiesu.textintel.warnings.features import blanked, lines_of
from jiesu.textintel.warnings.lists import WordList, listed


@cache
def builtin_lists() -> tuple[WordList, ...]:
    """The lists the program comes with, one a class."""
    found = []
    for line in lines_of("sensitive.txt"):
        name, words = line.split(":", 1)
        found.append(WordList(name, name, tuple(words.split())))
    return tuple(found)


def sensitive_classes(text: str) -> dict[str, str]:
    """Each sensitive class of ``text`` with the first words, as written, that put it there."""
    read = normalize(text).tight()
    found: dict[str, str] = {}
    for one, start, end in listed(blanked(read.text), builtin_lists()):
        found.setdefault(one.kind, read.quoted(start, end))
    return found
