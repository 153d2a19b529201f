"""Keeping what was suggested of an appeal, and what people made of it."""

import datetime as dt
from collections.abc import Iterable, Sequence
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


def keep(made: Iterable[tuple[Appeal, Made]], *, at: dt.datetime) -> None:
    """This will write the suggestions beside their appeals, undecided; one statement."""
    Suggestion.objects.bulk_create(
        Suggestion(
            appeal=appeal, what=one.what, value=one.value, label=one.label[:128], score=one.score,
            reasons=list(one.reasons), model_version=one.version[:64], made_at=at,
        )
        for appeal, one in made
    )  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """What somebody chose of an appeal: its class, type or unit."""

    appeal_id: int
    what: str
    value: str
    by: str
    at: dt.datetime


def decide(choices: Iterable[Choice]) -> None:
    """This will note what was chosen: suggestions of it were taken, others overruled.

    The first decision stands; a later change is another matter. Two statements.
    """
    first: dict[tuple[int, str], Choice] = {}
    for choice in choices:
        first.setdefault((choice.appeal_id, choice.what), choice)
    waiting = Suggestion.objects.filter(
        appeal_id__in={appeal for appeal, _ in first}, what__in={what for _, what in first},
        taken=None,
    )  # fmt: skip
    decided = []
    for one in waiting:
        chosen = first.get((one.appeal_id, one.what))
        if chosen is not None:
            one.taken, one.decided_by = one.value == chosen.value, chosen.by[:64]
            one.decided_at = chosen.at
            decided.append(one)
    Suggestion.objects.bulk_update(decided, ["taken", "decided_by", "decided_at"])
