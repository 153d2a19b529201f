"""Which class and which type a text is of: by the centre's own model, else by words."""

import datetime as dt
from dataclasses import dataclass

from jiesu.catalogue import categories
from jiesu.catalogue.categories import CategoryHit, NoScheme
from jiesu.suggestions import registry
from jiesu.suggestions.models import Kind
from jiesu.textintel.asked import Text
from jiesu.textintel.classify import types

SHOWN = 3
BY_WORDS = "words"  # the version of what the names and keywords of the scheme say
LEAST_CHARACTERS = 4  # less says nothing


@dataclass(frozen=True)
class ClassSuggestion:
    """A class, how probable it is, the words that spoke for it, and which model said so."""

    hit: CategoryHit
    probability: float
    words: tuple[str, ...]
    version: str

    @property
    def percent(self) -> int:
        """The probability as people read it."""
        return round(self.probability * 100)


@dataclass(frozen=True)
class TypeSuggestion:
    """A type of appeal (a code of the table), with the same."""

    code: str
    probability: float
    words: tuple[str, ...]
    version: str


def suggest_classes(
    content: str, at: dt.datetime, *, title: str = "", limit: int = SHOWN
) -> list[ClassSuggestion]:
    """The likeliest classes that can be dispatched, best first; empty when nothing speaks."""
    if len(content.strip()) + len(title.strip()) < LEAST_CHARACTERS:
        return []
    try:
        scheme = categories.active(at)
    except NoScheme:
        return []
    used = registry.in_use(Kind.CLASS)
    if used is not None and used.model is not None:
        hits = {hit.code: hit for hit in categories.listed(scheme) if hit.is_leaf}
        answers = used.model.answers(Text(content, title), limit + 2)
        found = [
            ClassSuggestion(hits[a.label], a.probability, a.words, used.version)
            for a in answers if a.label in hits
        ]  # fmt: skip
        if found:
            return found[:limit]
    return [
        ClassSuggestion(one.hit, one.share, one.words, BY_WORDS)
        for one in categories.guess(f"{title}\n{content}", scheme, limit)
    ]


def suggest_types(content: str, *, title: str = "", limit: int = SHOWN) -> list[TypeSuggestion]:
    """The likeliest types, best first; by the words people ask, praise or complain with until a
    model was trained."""
    if len(content.strip()) + len(title.strip()) < LEAST_CHARACTERS:
        return []
    text = Text(content, title)
    used = registry.in_use(Kind.TYPE)
    version = BY_WORDS
    answers = []
    if used is not None and used.model is not None:
        answers, version = used.model.answers(text, limit), used.version
    if not answers:
        answers, version = types.by_words(text)[:limit], BY_WORDS
    return [TypeSuggestion(a.label, a.probability, a.words, version) for a in answers]
