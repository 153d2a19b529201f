"""Chinese text cut into words. Pure; any text, of any length, gives an answer."""

import rjieba


def words(text: str) -> list[str]:
    """The words of ``text`` in order; joined they are the text again.

    A lone surrogate (broken input) is not text for the cutter: such a text is cut by character.
    """
    try:
        found: list[str] = rjieba.cut(text)
    except UnicodeEncodeError:
        return list(text)
    return found
