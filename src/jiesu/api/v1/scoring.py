"""Scores: the periods of one's region, every unit's score in one, and one's own unit's."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router

from jiesu.access import Permission as P
from jiesu.api.v1 import door, inputs
from jiesu.api.v1 import outputs as out
from jiesu.api.v1.auth import Call
from jiesu.api.v1.door import spec
from jiesu.api.v1.outputs import Named
from jiesu.api.v1.paging import Order, page
from jiesu.foundation.errors import NotFound
from jiesu.scoring import reading
from jiesu.scoring.indicators import INDICATORS
from jiesu.scoring.lifecycle import STATE_NAMES, PeriodState
from jiesu.scoring.models import Period, Revision, UnitScore

router = Router(tags=["考核"])
_NEWEST, _BY_UNIT = Order("id", ("id",), descending=True), Order("unit", ("unit_id",))


@dataclass(slots=True)
class PeriodOut:
    """一个考核期"""

    id: int
    scheme: str
    name: str
    first: dt.date
    last: dt.date
    state: Named
    frozen_at: dt.datetime | None
    published_at: dt.datetime | None


@dataclass(slots=True)
class MeasureOut:
    """一项指标；没有到期的 rate、points 为 null，权重分给其他指标"""

    code: str
    name: str
    numerator: int
    denominator: int
    left_out: int
    rate: str | None
    low: str | None
    high: str | None
    weight: str
    points: str | None


@dataclass(slots=True, kw_only=True)
class ScoreOut:
    """一个单位在一个考核期的成绩；小数用文本，rank 为 null 是不参加排名"""

    period: PeriodOut
    revision: int
    unit: Named
    group: str
    orders: int
    total: str | None
    rank: int | None
    of: int
    board: str
    moved: int | None
    fault_points: str
    measures: list[MeasureOut]


@dataclass(slots=True, kw_only=True)
class PeriodDetail:
    """一个考核期的概况；revision 为 0 是原始成绩，1 是公布，更大的是更正"""

    period: PeriodOut
    revision: int | None
    taken_at: dt.datetime | None
    result_hash: str
    groups: list[dict[str, object]]
    red: list[ScoreOut]
    black: list[ScoreOut]


def _period_out(one: Period) -> PeriodOut:
    return PeriodOut(
        one.pk, one.scheme.name, one.name, one.first, one.last,
        Named(one.state, STATE_NAMES[PeriodState(one.state)]), out.when(one.frozen_at),
        out.when(one.published_at),
    )  # fmt: skip


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _measure_out(one: dict[str, Any]) -> MeasureOut:
    return MeasureOut(
        one["code"], INDICATORS[one["code"]].name, one["num"], one["den"],
        sum(one["left_out"].values()), one["rate"], one["low"], one["high"], one["weight"],
        one["points"],
    )  # fmt: skip


def _score_out(row: UnitScore, period: Period, number: int) -> ScoreOut:
    return ScoreOut(
        period=_period_out(period), revision=number, unit=Named(row.unit.code, row.unit_name),
        group=row.group, orders=row.orders, total=_text(row.total), rank=row.rank,
        of=row.ranked_of, board=row.board, moved=row.moved, fault_points=str(row.fault_points),
        measures=[_measure_out(m) for m in row.measures],
    )  # fmt: skip


def _period(request: Call, pk: int) -> Period:
    """A period of the caller's region: absent first, then forbidden."""
    found = Period.objects.select_related("scheme__region").filter(pk=pk).first()
    within = request.actor.region_path
    if found is None or not within or not found.scheme.region.path.startswith(within):
        raise NotFound("没有找到该考核期，或它不在您的管理范围内。")
    door.require(request.actor, P.SCORING_VIEW)
    return found


def _revision(period: Period) -> Revision:
    found = reading.newest(period)
    if found is None:
        raise NotFound("该考核期还没有计算。")
    return found


@router.get("/periods", response=out.Page[PeriodOut], **spec("考核期", P.SCORING_VIEW))
def list_periods(request: Call, filters: Query[inputs.Paged]) -> HttpResponse:
    """本区划的考核期，新建的在前。"""
    door.require(request.actor, P.SCORING_VIEW)
    rows = reading.periods_in_reach(request.actor)
    found = page(rows, _NEWEST, filters.after, filters.size)
    return door.answer(out.Page.of(found.rows, found.next, _period_out))


@router.get("/periods/{pk}", response=PeriodDetail, **spec("一个考核期", P.SCORING_VIEW))
def one_period(request: Call, pk: int) -> HttpResponse:
    """各组概况和红黑榜，取最新的版本。"""
    period = _period(request, pk)
    revision = reading.newest(period)
    boards: list[list[ScoreOut]] = [[], []]
    if revision is not None:
        for place, which in enumerate(("red", "black")):
            rows = reading.board(revision, which)
            boards[place] = [_score_out(row, period, revision.number) for row in rows]
    said = PeriodDetail(
        period=_period_out(period), revision=revision.number if revision else None,
        taken_at=out.when(revision.taken_at) if revision else None,
        result_hash=revision.result_hash if revision else "",
        groups=revision.summary if revision else [], red=boards[0], black=boards[1],
    )  # fmt: skip
    return door.answer(said)


@router.get(
    "/periods/{pk}/scores", response=out.Page[ScoreOut], **spec("各单位成绩", P.SCORING_VIEW)
)
def list_scores(request: Call, pk: int, filters: Query[inputs.Paged]) -> HttpResponse:
    """最新版本中各单位的成绩，按单位排列。"""
    period = _period(request, pk)
    revision = _revision(period)
    rows = UnitScore.objects.filter(revision=revision).select_related("unit")
    found = page(rows, _BY_UNIT, filters.after, filters.size)
    shown = out.Page.of(
        found.rows, found.next, lambda row: _score_out(row, period, revision.number)
    )
    return door.answer(shown)


@router.get("/own", response=list[ScoreOut], **spec("本单位成绩", P.SCORING_OWN))
def own_scores(request: Call) -> HttpResponse:
    """本单位近二十四期的成绩，新的在前，各取最新的版本。"""
    door.require(request.actor, P.SCORING_OWN)
    unit = reading.own_unit_id(request.actor)
    rows = reading.scores_of(unit) if unit else []
    shown = [_score_out(row, row.revision.period, row.revision.number) for row in rows]
    return door.answer(shown)
