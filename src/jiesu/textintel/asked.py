"""What a model is asked and what it answers: plain data, so that nobody loads numpy to ask."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """What is classified: ``body`` alone, or with a title."""

    body: str
    title: str = ""


@dataclass(frozen=True)
class Answer:
    """One label, how probable it is, and the words that spoke for it (strongest first)."""

    label: str
    probability: float
    words: tuple[str, ...] = ()
