"""What pages, interfaces and bulletins read of scores. Nothing here changes anything."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from jiesu.access import Actor, ActorKind
from jiesu.access import Permission as P
from jiesu.appeals.models import Appeal
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import NotFound
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import below
from jiesu.scoring import keeping
from jiesu.scoring.computing import Inputs, judge
from jiesu.scoring.facts import Facts, Rows, Sheet
from jiesu.scoring.indicators import INDICATORS, WHY_NAMES, Indicator, Judged, Why, bad_rows
from jiesu.scoring.models import Fault, Period, Revision, ScoreScheme, UnitScore
from jiesu.scoring.ranking import BLACK

WORST = 3


# --- lists ----------------------------------------------------------------------------------------


def schemes_in_reach(actor: Actor) -> QuerySet[ScoreScheme]:
    """The schemes of the actor's region and below."""
    rows = ScoreScheme.objects.select_related("region")
    if actor.kind is ActorKind.SYSTEM:
        return rows
    if not actor.region_path or not actor.may(P.SCORING_VIEW):
        return rows.none()
    return rows.filter(**below("region__path", actor.region_path))


def periods_in_reach(actor: Actor, scheme: ScoreScheme | None = None) -> QuerySet[Period]:
    """The periods of those schemes, the newest first."""
    rows = Period.objects.select_related("scheme", "scheme__region")
    rows = rows.filter(scheme__in=schemes_in_reach(actor))
    return (rows.filter(scheme=scheme) if scheme else rows).order_by("-first", "-id")


def newest(period: Period) -> Revision | None:
    """The revision that holds now, without its inputs and bytes."""
    return light(period).order_by("-number").first()


def light(period: Period) -> QuerySet[Revision]:
    """A period's revisions without what is large."""
    return Revision.objects.filter(period=period).defer("inputs", "result")


def scores(revision: Revision, group: str | None = None) -> QuerySet[UnitScore]:
    """The units' scores as a list shows them; who is not ranked comes last."""
    rows = UnitScore.objects.filter(revision=revision)
    return rows if group is None else rows.filter(group=group)


def board(revision: Revision, which: str) -> list[UnitScore]:
    """The red list (best first) or the black list (worst first), group by group."""
    order = "-rank" if which == BLACK else "rank"
    return list(
        UnitScore.objects.filter(revision=revision, board=which)
        .select_related("unit")
        .order_by("group", order, "id")
    )


@dataclass(frozen=True)
class Difference:
    """What one revision says otherwise than another of one unit."""

    unit_id: int
    unit_name: str
    total: tuple[Decimal | None, Decimal | None]
    rank: tuple[int | None, int | None]


def differences(old: Revision, new: Revision, limit: int = 200) -> list[Difference]:
    """The units whose total or rank differs, by unit id; two statements."""
    figures = ("unit_id", "unit_name", "total", "rank")
    was = {
        unit: (total, rank)
        for unit, _, total, rank in UnitScore.objects.filter(revision=old).values_list(*figures)
    }
    now = UnitScore.objects.filter(revision=new).order_by("unit_id").values_list(*figures)
    found = []
    for unit, name, total, rank in now:
        before = was.get(unit, (None, None))
        if before != (total, rank):
            found.append(Difference(unit, name, (before[0], total), (before[1], rank)))
    return found[:limit]


# --- one unit -------------------------------------------------------------------------------------


def own_unit_id(actor: Actor) -> int | None:
    """The unit whose scores are the actor's own: a section's are its bureau's."""
    if actor.unit_id is None:
        return None
    unit = Unit.objects.filter(pk=actor.unit_id).values_list("kind", "parent_id").first()
    if unit is not None and unit[0] == Unit.Kind.SECTION:
        return unit[1]
    return actor.unit_id


def get_score_for(actor: Actor, period_id: int, unit_id: int) -> UnitScore:
    """One unit's newest score in a period, for those who see all in the region or for the unit.

    A unit sees its own once there is one: the running preview, the frozen raw, the published.
    ``revision.period.scheme`` is loaded. Absent and out of reach look alike.
    """
    found = (
        UnitScore.objects.select_related("revision__period__scheme__region", "unit")
        .defer("revision__result", "revision__inputs")
        .filter(revision__period=period_id, unit=unit_id)
        .order_by("-revision__number").first()
    )  # fmt: skip
    if found is None or not _may_see(actor, found):
        raise NotFound("没有找到该单位的成绩，或您无权查看。")
    return found


def _may_see(actor: Actor, score: UnitScore) -> bool:
    region = score.revision.period.scheme.region
    if actor.may(P.SCORING_VIEW) and (
        actor.kind is ActorKind.SYSTEM
        or (bool(actor.region_path) and region.path.startswith(actor.region_path))
    ):
        return True
    return actor.may(P.SCORING_OWN) and own_unit_id(actor) == score.unit_id


def scores_of(unit_id: int, limit: int = 24) -> list[UnitScore]:
    """A unit's scores, the newest period first, each as it now stands."""
    later = UnitScore.objects.filter(
        unit=OuterRef("unit"), revision__period=OuterRef("revision__period"),
        revision__number__gt=OuterRef("revision__number"),
    )  # fmt: skip
    rows = (
        UnitScore.objects.filter(~Exists(later), unit=unit_id)
        .select_related("revision__period__scheme", "unit")
        .defer("revision__inputs", "revision__result")
        .order_by("-revision__period__first", "-id")
    )
    return list(rows[:limit])


@dataclass(frozen=True)
class Order:
    """One order behind a figure: what it is, how it counts, and by when."""

    appeal: Appeal
    words: str
    due: dt.datetime | None = None
    done: dt.datetime | None = None


@dataclass(frozen=True)
class Drilled:
    """The orders behind one indicator of one unit, the costly ones first."""

    indicator: Indicator
    total: int
    orders: Sequence[Order]


def drill_down(
    score: UnitScore, code: str, which: str = "bad", start: int = 0, size: int = 50
) -> Drilled:
    """The orders of one indicator: ``which`` is bad, met, counted or left_out.

    Two statements whatever the history. NotFound for an indicator the scheme does not have.
    """
    inputs = keeping.rules_of(score.revision)
    if code not in inputs.definition.codes:
        raise NotFound("该方案没有这项指标。")
    facts = keeping.read_facts_of(score.revision.period, score.unit_id)
    judged, indicator = judge(facts, inputs)[code], INDICATORS[code]
    rows = facts[indicator.sheet]
    mask = {
        "met": judged.met, "counted": judged.counts, "left_out": judged.why > 0,
    }.get(which, bad_rows(indicator, judged))  # fmt: skip
    places = mask.nonzero()[0]
    shown = places[start : start + size]
    appeals = _appeals(rows["appeal"][shown].tolist())
    orders = [
        _order(appeals[int(rows["appeal"][place])], indicator, rows, judged, int(place))
        for place in shown
        if int(rows["appeal"][place]) in appeals
    ]
    return Drilled(indicator, len(places), orders)


def _appeals(ids: Iterable[int]) -> dict[int, Appeal]:
    fields = ("number", "title", "region_name", "category_name", "status", "closed_at",
              "satisfaction", "lead_unit_name")  # fmt: skip
    return {a.pk: a for a in Appeal.objects.filter(pk__in=list(ids)).only(*fields)}


def _order(appeal: Appeal, indicator: Indicator, rows: Rows, judged: Judged, place: int) -> Order:
    why = Why(int(judged.why[place]))
    if why:
        words = WHY_NAMES[why]
    else:
        bad = bool(bad_rows(indicator, judged)[place])
        words = indicator.missed if bad else "达标"
    row = rows[place]
    if indicator.sheet is Sheet.DUTIES:
        return Order(appeal, words, _moment(row["due"]), _moment(row["done"]))
    if indicator.sheet is Sheet.CLOSED:
        return Order(appeal, words, None, _moment(row["closed"]))
    return Order(appeal, words)


def _moment(micros: Any) -> dt.datetime | None:
    value = int(micros)
    if not value:
        return None
    return dt.datetime.fromtimestamp(value // 1_000_000, BEIJING)


@dataclass(frozen=True)
class Worst:
    """An order that costs a unit most, and by which indicators."""

    appeal: Appeal
    faults: Sequence[str]


def worst_orders(score: UnitScore, size: int = WORST) -> list[Worst]:
    """The orders that miss the most indicators, the latest first among equals; two statements."""
    inputs = keeping.rules_of(score.revision)
    facts = keeping.read_facts_of(score.revision.period, score.unit_id)
    return worst_of(facts, inputs, size)


def worst_of(facts: Facts, inputs: Inputs, size: int = WORST) -> list[Worst]:
    """The same from facts already read; one statement."""
    missed: dict[int, list[str]] = {}
    late: dict[int, int] = {}
    for code, judged in judge(facts, inputs).items():
        indicator = INDICATORS[code]
        rows = facts[indicator.sheet]
        for row in rows[bad_rows(indicator, judged)]:
            appeal = int(row["appeal"])
            if indicator.missed not in missed.setdefault(appeal, []):
                missed[appeal].append(indicator.missed)
            if indicator.sheet is Sheet.DUTIES:
                over = int(row["done"]) - int(row["due"]) if row["done"] else 1 << 60
                late[appeal] = max(late.get(appeal, 0), over)
    first = sorted(missed, key=lambda a: (-len(missed[a]), -late.get(a, 0), a))[:size]
    appeals = _appeals(first)
    return [Worst(appeals[a], missed[a]) for a in first if a in appeals]


def faults_of(score: UnitScore) -> list[Fault]:
    """The faults that a score counts."""
    return list(Fault.objects.filter(pk__in=score.faults).order_by("day", "id"))


def history(score: UnitScore) -> list[UnitScore]:
    """The unit's score in every revision of the period, raw first."""
    return list(
        UnitScore.objects.filter(revision__period=score.revision.period_id, unit=score.unit_id)
        .select_related("revision")
        .defer("revision__inputs", "revision__result")
        .order_by("revision__number")
    )


def groups_of(revision: Revision) -> list[str]:
    """The groups, in the summary's order."""
    return [one["group"] for one in revision.summary]


def ranked_first(rows: QuerySet[UnitScore]) -> QuerySet[UnitScore]:
    """Best rank first, then those without one."""
    return rows.order_by(F("rank").asc(nulls_last=True), "id")
