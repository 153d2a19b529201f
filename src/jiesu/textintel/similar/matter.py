"""The same matter, and told by whom: text, gated by place and time (domain §7).

Same person and same matter: in hand, append; closed, a new reason or tell. Different people: one
matter told by many, not a merge.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from jiesu.textintel.places import find
from jiesu.textintel.similar.terms import Frequencies, counts, dot, vector

SAME_BY_ONE = 0.25  # likeness from which two appeals of one person are one matter
SAME_BY_MANY = 0.35  # … of different people
_PLACE_SHARED = 0.15
_PLACE_DIFFERS = 0.6
_OLD, _VERY_OLD = dt.timedelta(days=90), dt.timedelta(days=365)


class Advice(StrEnum):
    """What to do with a new appeal that tells of an earlier one's matter."""

    APPEND = "append"  # one person's, in hand
    RELATE = "relate"  # one person's, closed: a new reason, or tell
    CLUSTER = "cluster"  # another person's
    NONE = ""


@dataclass(frozen=True)
class Told:
    """One appeal as it is compared."""

    title: str
    text: str
    address: str = ""
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Likeness:
    """How alike two appeals are: ``score`` 0 … 1, and what speaks for it."""

    score: float
    words: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    differs: bool = False  # both name a place, and not the same
    days: int | None = None


class Asking:
    """A new appeal, read once, that earlier ones are compared with."""

    def __init__(self, new: Told, frequencies: Frequencies) -> None:
        self._new, self._frequencies = new, frequencies
        told = counts(new.title, new.text)
        # words that no earlier appeal holds can be compared with none
        self._vector = vector({w: n for w, n in told.items() if frequencies.of(w)}, frequencies)
        self._places = names(new)

    def likeness(self, old: Told) -> Likeness:
        """How alike an earlier one is."""
        other = vector(counts(old.title, old.text), self._frequencies)
        score = dot(self._vector, other)
        if score + _PLACE_SHARED < SAME_BY_ONE:  # another matter wherever it is: no place is read
            return Likeness(round(score, 2))
        theirs = names(old)
        shared = tuple(sorted(self._places & theirs, key=len, reverse=True))
        differs = bool(self._places and theirs and not shared)
        if shared:
            score += _PLACE_SHARED
        elif differs:
            score *= _PLACE_DIFFERS
        days = None
        if self._new.at is not None and old.at is not None:
            age = abs(self._new.at - old.at)
            days = age.days
            score *= 0.7 if age > _VERY_OLD else 0.9 if age > _OLD else 1.0
        return Likeness(round(min(score, 1.0), 2), self._telling(other), shared, differs, days)

    def _telling(self, other: dict[str, float], most: int = 4) -> tuple[str, ...]:
        shared = {w: weight * other[w] for w, weight in self._vector.items() if w in other}
        return tuple(sorted(shared, key=lambda w: -shared[w])[:most])


def advice(likeness: Likeness, *, same_person: bool, is_open: bool) -> Advice:
    """The rule of domain §7 for one earlier appeal; NONE when it is another matter."""
    if same_person and likeness.score >= SAME_BY_ONE:
        return Advice.APPEND if is_open else Advice.RELATE
    if not same_person and likeness.score >= SAME_BY_MANY:
        return Advice.CLUSTER
    return Advice.NONE


def names(told: Told) -> frozenset[str]:
    """The roads and sites an appeal names."""
    found: Sequence[str] = [
        part
        for place in find(f"{told.address}。{told.title}。{told.text[:200]}", most=6)
        for part in (place.road, place.site)
        if len(part) > 2
    ]
    return frozenset(found)
