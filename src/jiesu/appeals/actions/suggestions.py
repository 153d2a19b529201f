"""Keeping what was suggested of an appeal, and what people made of it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from jiesu.appeals.models import Appeal, Suggestion


@dataclass(frozen=True)
class Made:
    """One suggestion: ``value`` is the code it stands for, ``score`` how probable it is (0 … 1)."""

    what: str  # category, type, unit
    value: str
    label: str
    score: float | None
    reasons: Sequence[str] = field(default_factory=tuple)
    version: str = ""


def keep(appeal: Appeal, made: Sequence[Made], *, at: dt.datetime) -> None:
    """This will write the suggestions beside the appeal, undecided; one statement."""
    Suggestion.objects.bulk_create(
        Suggestion(
            appeal=appeal, what=one.what, value=one.value, label=one.label[:128], score=one.score,
            reasons=list(one.reasons), model_version=one.version[:64], made_at=at,
        )
        for one in made
    )  # fmt: skip


def decide(appeal: Appeal, what: str, value: str, *, by: str, at: dt.datetime) -> None:
    """This will note that ``value`` was chosen: suggestions of it were taken, others overruled.

    The first decision stands; a later change is another matter.
    """
    waiting = Suggestion.objects.filter(appeal=appeal, what=what, taken=None)
    for one in waiting:
        one.taken, one.decided_by, one.decided_at = one.value == value, by[:64], at
    Suggestion.objects.bulk_update(waiting, ["taken", "decided_by", "decided_at"])
