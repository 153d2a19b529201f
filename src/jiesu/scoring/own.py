"""A unit's own page: my rates today, what will sink them this week, what one order costs.

Everything reads the running preview, the unit's own blocks of this period's facts, and its open
assignments by index: a bounded number of statements, whatever the history.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from jiesu.appeals.lifecycle import State
from jiesu.appeals.models import Assignment
from jiesu.organizations.models import Unit
from jiesu.scoring import keeping, reading
from jiesu.scoring.computing import Inputs
from jiesu.scoring.definitions import Definition, Part
from jiesu.scoring.indicators import INDICATORS
from jiesu.scoring.lifecycle import PeriodState
from jiesu.scoring.models import Exclusion, Remedy, UnitScore
from jiesu.scoring.points import cents, earned, rate
from jiesu.scoring.reading import Worst

SOON = dt.timedelta(days=7)
SHOWN = 8


@dataclass(frozen=True)
class MeasureNow:
    """One rate as it stands: the figures as kept, what one more costs, how the group lies."""

    code: str
    name: str
    formula: str
    lower_is_better: bool
    figures: dict[str, Any]  # computing.measure_json
    target: Decimal
    one_more: Decimal | None  # points lost by one more missed order; None without a value
    group: dict[str, Any]  # rate and quarters of the group


@dataclass(frozen=True)
class Mine:
    """What the page shows."""

    score: UnitScore
    measures: Sequence[MeasureNow]
    group: dict[str, Any]
    due: Sequence[Assignment]  # due within a week, or overdue
    unsigned: Sequence[Assignment]
    worst: Sequence[Worst]
    exclusions: Sequence[Exclusion]
    remedies: Sequence[Remedy]


def running(scores: Sequence[UnitScore]) -> UnitScore | None:
    """The score of the running period among a unit's newest, else the newest of all."""
    for one in scores:
        if one.revision.period.state == PeriodState.PREVIEW:
            return one
    return scores[0] if scores else None


def mine(score: UnitScore, *, at: dt.datetime) -> Mine:
    """Everything about one score for the unit it is of; seven statements."""
    inputs = keeping.rules_of(score.revision)
    facts = keeping.read_facts_of(score.revision.period, score.unit_id)
    group: dict[str, Any] = next(
        (g for g in score.revision.summary if g["group"] == score.group), {}
    )
    sections = Unit.objects.filter(parent=score.unit_id, kind=Unit.Kind.SECTION)
    units = [score.unit_id, *sections.values_list("pk", flat=True)]
    work = (
        Assignment.objects.filter(unit__in=units).select_related("appeal")
        .only("state", "due_at", "yellow_at", "due_kind", "due_unit", "is_paused", "unit_name",
              "appeal__number", "appeal__title")
    )  # fmt: skip
    in_hand = [State.HANDLING, State.PASSED_DOWN, State.INNER_REVIEW, State.OPENED]
    due = work.filter(state__in=in_hand, due_at__lt=at + SOON, is_paused=False)
    unsigned = work.filter(state__in=[State.ASSIGNED, State.OPENED])
    period = score.revision.period_id
    return Mine(
        score=score,
        measures=_measures(score, inputs, group),
        group=group,
        due=list(due.order_by("due_at", "id")[:SHOWN]),
        unsigned=list(unsigned.order_by("due_at", "id")[:SHOWN]),
        worst=reading.worst_of(facts, inputs, SHOWN),
        exclusions=list(
            Exclusion.objects.filter(period=period, unit=score.unit_id).order_by("-id")[:SHOWN]
        ),
        remedies=list(Remedy.objects.filter(unit=score.unit_id).order_by("-id")[:SHOWN]),
    )


def _measures(score: UnitScore, inputs: Inputs, group: dict[str, Any]) -> list[MeasureNow]:
    parts = {part.indicator: part for part in inputs.definition.parts}
    return [
        MeasureNow(
            m["code"], INDICATORS[m["code"]].name, INDICATORS[m["code"]].formula,
            INDICATORS[m["code"]].lower_is_better, m, parts[m["code"]].target,
            one_more(m, parts[m["code"]], inputs.definition),
            group.get("measures", {}).get(m["code"], {}),
        )
        for m in score.measures
    ]  # fmt: skip


def one_more(figures: dict[str, Any], part: Part, definition: Definition) -> Decimal | None:
    """The points that one more missed order would cost; the weight as it now is."""
    if figures["points"] is None:
        return None
    lower = INDICATORS[part.indicator].lower_is_better
    weight = Fraction(figures["weight"])

    def points(numerator: int, denominator: int) -> Decimal:
        reached = rate(numerator, denominator) or Fraction()
        target = Fraction(part.target)
        return cents(earned(reached, weight, target, part.loss, lower_is_better=lower))

    numerator, denominator = figures["num"], figures["den"]
    worse = numerator + 1 if lower else numerator
    return points(numerator, denominator) - points(worse, denominator + 1)
