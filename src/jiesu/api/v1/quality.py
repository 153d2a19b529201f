"""Quality inspection: sheets in force, samples drawn, inspections marked and contested.

A contested mark is judged, and sheets are set, by people at the desk: two persons must differ, and
a key is nobody.
"""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Field, Query, Router

from jiesu.access import Permission as P
from jiesu.api.v1 import door, inputs
from jiesu.api.v1 import outputs as out
from jiesu.api.v1.auth import Call
from jiesu.api.v1.door import acts, spec
from jiesu.api.v1.outputs import Named
from jiesu.api.v1.paging import Order, page
from jiesu.appeals.gate import get_appeal_for
from jiesu.foundation.errors import NotAllowedNow, invalid
from jiesu.inspection import marking, sampling
from jiesu.inspection.lifecycle import Mark
from jiesu.inspection.marking import Marks
from jiesu.inspection.models import Inspection, ScoreSheet, Subject
from jiesu.inspection.sheets import day_of, sheet_for

router = Router(tags=["质检"])
_NEWEST = Order("id", ("id",), descending=True)
_READS = (P.QUALITY_INSPECT, P.QUALITY_CONTEST)
_RELATED = ("appeal", "unit", "centre__region", "sheet")


Points = Annotated[Decimal, Field(strict=False, max_digits=4, decimal_places=1)]


class InspectionFilters(inputs.Paged):
    """Which inspections."""

    state: list[str] = Field([], description="waiting、marked、contested、final，可多个")
    subject: str = Field("", description="call、order、reply")


class ChooseIn(inputs.Body):
    """指定一件来质检"""

    appeal: str = Field(description="工单编号")
    subject: str = Field(description="call、order、reply")
    call_id: str = ""


class DrawIn(inputs.Body):
    """抽取一天的样本"""

    subject: str = Field(description="order、reply")
    day: dt.date = Field(description="已结束的一天", strict=False)


class MarkIn(inputs.Move):
    """评分：每项扣分、说明，一票否决项，评语"""

    lost: dict[str, Points] = Field({}, description="项目代码 → 扣分")
    notes: dict[str, str] = Field({}, description="项目代码 → 扣分说明")
    fatal: list[str] = Field([], description="一票否决项的代码")
    comment: str = ""


class ContestIn(inputs.Move):
    """申诉"""

    reason: str = Field(description="哪一项评得不对、依据是什么")


@dataclass(slots=True, kw_only=True)
class SheetOut:
    """今天启用的评分表"""

    subject: Named
    name: str
    pass_mark: int
    items: list[dict[str, Any]]
    fatal: list[dict[str, str]]
    valid_from: dt.date


@dataclass(slots=True, kw_only=True)
class InspectionOut:
    """一件质检；小数用文本，没有评分时为 null"""

    id: int
    version: int
    subject: Named
    origin: Named
    state: Named
    appeal: str
    call_id: str
    centre: Named
    unit: Named
    person: str
    findings: list[dict[str, str]]
    marks: dict[str, dict[str, str]]
    fatal: list[str]
    score: str | None
    first_score: str | None
    passed: bool | None
    comment: str
    inspector: str
    drawn_at: dt.datetime | None
    marked_at: dt.datetime | None
    contest: str
    ruling: str
    final_at: dt.datetime | None


@dataclass(slots=True, kw_only=True)
class DrawnOut:
    """抽到的质检件；当天已经抽过的为空"""

    rows: list[InspectionOut]


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _show(row: Inspection, call: Call | None = None) -> InspectionOut:
    return InspectionOut(
        id=row.pk, version=row.version, subject=Named(row.subject, row.get_subject_display()),
        origin=Named(row.origin, row.get_origin_display()),
        state=Named(row.state, row.get_state_display()), appeal=row.appeal.number,
        call_id=row.call_id, centre=Named(row.centre.code, row.centre.name),
        unit=Named(row.unit.code, row.unit.name), person=row.person_name, findings=row.findings,
        marks=row.marks, fatal=row.fatal, score=_text(row.score),
        first_score=_text(row.first_score), passed=row.passed, comment=row.comment,
        inspector=row.inspector_name, drawn_at=out.when(row.drawn_at),
        marked_at=out.when(row.marked_at), contest=row.contest, ruling=row.ruling,
        final_at=out.when(row.final_at),
    )  # fmt: skip


def _get(call: Call, pk: int, *needs: P, version: int | None = None) -> Inspection:
    """One inspection: absent first, then forbidden, then stale."""
    if not marking.visible_to(call.actor).filter(pk=pk).exists():
        row = Inspection.objects.select_related("centre__region", "unit").filter(pk=pk).first()
        where, whose = (row.centre.region.path, row.unit.path) if row else ("", "")
        door.unseen(call, where, *needs, unit_path=whose)
    door.require_any(call.actor, *needs)
    return marking.get_for(call.actor, pk, version=version)


door.answers("inspection", _show, lambda call, pk: _get(call, pk, *_READS))


def _subject(said: str) -> Subject:
    if said not in set(Subject):
        raise invalid("subject", "请选择质检对象：call、order 或 reply。", "unknown")
    return Subject(said)


def _full(row: Inspection) -> Inspection:
    return Inspection.objects.select_related(*_RELATED).get(pk=row.pk)


@router.get("/sheets", response=list[SheetOut], **spec("今天启用的评分表", *_READS))
def list_sheets(request: Call) -> HttpResponse:
    """每种质检对象各一张；没有设置的不列。"""
    door.require_any(request.actor, *_READS)
    found: list[ScoreSheet] = []
    for subject in Subject:
        try:
            found.append(sheet_for(subject, day_of(request.at)))
        except NotAllowedNow:  # nobody set one
            continue
    return door.answer(
        [
            SheetOut(
                subject=Named(one.subject, one.get_subject_display()), name=one.name,
                pass_mark=one.pass_mark, items=one.items, fatal=one.fatal,
                valid_from=one.valid_from,
            )
            for one in found
        ]
    )  # fmt: skip


@router.post("/samples", response=DrawnOut, **spec("抽取样本", P.QUALITY_INSPECT))
def draw(request: Call, body: DrawIn) -> HttpResponse:
    """抽取本中心一天的样本；同一天抽第二次不会多抽。"""
    door.require(request.actor, P.QUALITY_INSPECT)
    centre = sampling.centre_of(door.unit_of(request))
    made = sampling.draw(
        centre, _subject(body.subject), body.day, actor=request.actor, at=request.at
    )
    rows = Inspection.objects.select_related(*_RELATED).filter(pk__in=[one.pk for one in made])
    return door.answer(DrawnOut(rows=[_show(one) for one in rows.order_by("pk")]))


@router.get("/inspections", response=out.Page[InspectionOut], **spec("查询质检件", *_READS))
def list_inspections(request: Call, filters: Query[InspectionFilters]) -> HttpResponse:
    """质检员看到本中心的，承办单位看到本单位已评的；新的在前。"""
    door.require_any(request.actor, *_READS)
    rows = marking.visible_to(request.actor).select_related(*_RELATED)
    if filters.state:
        unknown = [s for s in filters.state if s not in set(Mark)]
        if unknown:
            raise invalid("state", f"没有状态“{unknown[0][:32]}”，请核对。", "unknown_code")
        rows = rows.filter(state__in=filters.state)
    if filters.subject:
        rows = rows.filter(subject=_subject(filters.subject))
    found = page(rows, _NEWEST, filters.after, filters.size)
    return door.answer(out.Page.of(found.rows, found.next, _show))


@router.get("/inspections/{pk}", response=InspectionOut, **spec("读取质检件", *_READS))
def one_inspection(request: Call, pk: int) -> HttpResponse:
    """一件质检。"""
    return door.answer(_show(_get(request, pk, *_READS)))


@router.post(
    "/inspections", response={201: InspectionOut}, **spec("指定质检", P.QUALITY_INSPECT)
)  # fmt: skip
@acts(201, key=True)
def choose(request: Call, body: ChooseIn) -> Inspection:
    """把一件工单、通话或答复放上质检台。"""
    door.require(request.actor, P.QUALITY_INSPECT)
    appeal = get_appeal_for(request.actor, body.appeal)
    row = sampling.inspect_by_hand(
        appeal, _subject(body.subject), call_id=body.call_id, actor=request.actor, at=request.at
    )
    return _full(row)


@router.post("/inspections/{pk}/mark", response=InspectionOut, **spec("评分", P.QUALITY_INSPECT))
@acts()
def mark(request: Call, pk: int, body: MarkIn) -> Inspection:
    """按抽取当天的评分表评分；定稿或申诉以前可以改。"""
    row = _get(request, pk, P.QUALITY_INSPECT, version=body.version)
    given = Marks(lost=body.lost, notes=body.notes, fatal=body.fatal, comment=body.comment)
    return _full(marking.mark(row, given, actor=request.actor, at=request.at))


@router.post("/inspections/{pk}/contest", response=InspectionOut, **spec("申诉", P.QUALITY_CONTEST))
@acts()
def contest(request: Call, pk: int, body: ContestIn) -> Inspection:
    """被检单位对评分提出申诉，评分后 5 天内；由另一位质检员在界面上复核。"""
    row = _get(request, pk, P.QUALITY_CONTEST, version=body.version)
    return _full(marking.contest(row, body.reason, actor=request.actor, at=request.at))
