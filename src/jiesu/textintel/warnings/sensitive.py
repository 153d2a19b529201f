"""The sensitive classes of a text, by words outside harmless turns of speech."""

from collections.abc import Sequence

from jiesu.textintel.wordlists import Use, WordList, listed, read_form, shipped_for


def sensitive_classes(
    text: str, lists: Sequence[WordList] | None = None, harmless: tuple[str, ...] | None = None
) -> dict[str, str]:
    """Each sensitive class of ``text`` with the first words, as written, that put it there; without
    ``lists`` by those the program comes with."""
    read = read_form(text, Use.SENSITIVE, harmless)
    found: dict[str, str] = {}
    known = shipped_for(Use.SENSITIVE) if lists is None else lists
    for one, start, end in listed(read.text, known):
        found.setdefault(one.kind, read.quoted(start, end))
    return found
