"""Supervision: instruments (read, issue, answer) and ledgers (read)."""

import datetime as dt
from dataclasses import dataclass

from django.http import HttpResponse
from ninja import Field, Query, Router

from jiesu.access import Permission as P
from jiesu.api.v1 import door, inputs
from jiesu.api.v1 import outputs as out
from jiesu.api.v1.auth import Call
from jiesu.api.v1.door import spec
from jiesu.api.v1.outputs import Named
from jiesu.api.v1.paging import Order, page
from jiesu.appeals.gate import get_appeal_for
from jiesu.foundation.errors import Forbidden, NotFound, invalid
from jiesu.supervision import instruments as use
from jiesu.supervision.instruments import Answer, Draft
from jiesu.supervision.lifecycle import State
from jiesu.supervision.models import Instrument, LedgerEntry

router = Router(tags=["督办"])
_NEWEST = Order("id", ("id",), descending=True)
_READS = (P.SUPERVISION_VIEW, P.SUPERVISION_ANSWER)


class InstrumentFilters(inputs.Paged):
    """Which instruments."""

    state: list[str] = Field([], description="状态，可多个")
    kind: str = Field("", description="类别")
    appeal: str = Field("", description="工单编号")


class IssueIn(inputs.Body):
    """An instrument to be issued."""

    kind: str = Field(description="urge、reminder、order、session、listed、talk、raised")
    unit: str = Field(description="被督办单位编码")
    matter: str
    demands: str = ""
    basis: str = ""
    person: str = ""
    limit_days: int | None = Field(None, ge=0, le=60, description="反馈时限（工作日）")
    colour: str = Field("", description="挂牌督办：yellow、red")
    old_level: str = ""
    new_level: str = ""
    meets_at: dt.datetime | None = None
    place: str = ""
    appeal: str = Field("", description="工单编号；不针对工单时不填")


class AnswerIn(inputs.Move):
    """A unit's answer."""

    answer: str
    measures: str = ""
    person: str = ""


@dataclass(slots=True, kw_only=True)
class InstrumentOut:
    """一件督办"""

    id: int
    version: int
    number: str
    kind: Named
    state: Named
    appeal: str
    office: Named
    unit: Named
    matter: str
    basis: str
    demands: str
    person: str
    due_at: dt.datetime | None
    issued_at: dt.datetime | None
    signed_by: str
    answer: str
    measures: str
    answered_at: dt.datetime | None
    result: str
    ended_at: dt.datetime | None


@dataclass(slots=True, kw_only=True)
class LedgerOut:
    """台账中的一条"""

    id: int
    number: str
    ledger: Named
    status: Named
    matter: str
    source: str
    appeal: str
    unit: Named
    person: str
    measures: str
    target_date: dt.date
    relapses: int
    closed_on: dt.date | None


def _instrument(request: Call, pk: int) -> Instrument:
    """One instrument within the caller's reach; out of it looks absent, whatever they may do."""
    actor = request.actor
    found = Instrument.objects.select_related("unit", "office").filter(pk=pk).first()
    if found is not None:
        area = actor.may(P.APPEAL_VIEW_AREA) and bool(actor.region_path)
        if (area and found.region_path.startswith(actor.region_path)) or (
            bool(actor.unit_path) and found.unit_path.startswith(actor.unit_path)
        ):
            return found
    raise NotFound("没有找到这件督办，或它不在您的查看范围内。")


def _reads(request: Call) -> None:
    if not any(request.actor.may(one) for one in _READS):
        raise Forbidden


def _show(mine: Instrument) -> InstrumentOut:
    return InstrumentOut(
        id=mine.pk, version=mine.version, number=mine.number,
        kind=Named(mine.kind, mine.get_kind_display()),
        state=Named(mine.state, mine.get_state_display()), appeal=mine.appeal_number,
        office=Named(mine.office.code, mine.office_name),
        unit=Named(mine.unit.code, mine.unit_name), matter=mine.matter, basis=mine.basis,
        demands=mine.demands, person=mine.person, due_at=out.when(mine.due_at),
        issued_at=out.when(mine.issued_at), signed_by=mine.signed_by, answer=mine.answer,
        measures=mine.measures, answered_at=out.when(mine.answered_at), result=mine.result,
        ended_at=out.when(mine.ended_at),
    )  # fmt: skip


def _line(entry: LedgerEntry) -> LedgerOut:
    return LedgerOut(
        id=entry.pk, number=entry.number, ledger=Named(entry.ledger, entry.get_ledger_display()),
        status=Named(entry.status, entry.get_status_display()), matter=entry.matter,
        source=entry.source, appeal=entry.appeal_number,
        unit=Named(entry.unit.code, entry.unit_name), person=entry.person,
        measures=entry.measures, target_date=entry.target_date, relapses=entry.relapse_count,
        closed_on=entry.closed_on,
    )  # fmt: skip


@router.get("/instruments", response=out.Page[InstrumentOut], **spec("查询督办", *_READS))
def list_instruments(request: Call, filters: Query[InstrumentFilters]) -> HttpResponse:
    """效能办看到本地区的，单位看到发给本单位及下级的；新的在前。"""
    _reads(request)
    rows = Instrument.objects.visible_to(request.actor).select_related("unit", "office")
    if filters.state:
        unknown = [s for s in filters.state if s not in set(State)]
        if unknown:
            raise invalid("state", f"没有状态“{unknown[0][:32]}”，请核对。", "unknown_code")
        rows = rows.filter(state__in=filters.state)
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.appeal:
        rows = rows.filter(appeal__number=filters.appeal)
    found = page(rows, _NEWEST, filters.after, filters.size)
    return door.answer(out.Page.of(found.rows, found.next, _show))


@router.get("/instruments/{pk}", response=InstrumentOut, **spec("读取督办", *_READS))
def one_instrument(request: Call, pk: int) -> HttpResponse:
    """一件督办。"""
    _instrument(request, pk)
    _reads(request)
    mine = use.get_for(request.actor, pk)
    return door.answer(_show(mine))


@router.post("/instruments", response={201: InstrumentOut}, **spec("签发督办", P.SUPERVISION_ISSUE))
def issue(request: Call, body: IssueIn) -> HttpResponse:
    """须带 Idempotency-Key。挂牌督办、约谈先报领导批准，状态为 pending。"""
    door.require(request.actor, P.SUPERVISION_ISSUE)
    key = door.key_of(request, required=True)
    values = dict(body)
    number, code = values.pop("appeal"), values.pop("unit")
    appeal = get_appeal_for(request.actor, number, P.SUPERVISION_ISSUE) if number else None
    said = Draft(unit=door.unit(code, "unit"), **values)
    made = use.issue_new(
        said, actor=request.actor, at=request.at, appeal=appeal, idempotency_key=key
    )
    headers = {"Location": f"/api/v1/supervision/instruments/{made.pk}"}
    return door.answer(_show(made), 201, headers)


@router.post(
    "/instruments/{pk}/answer", response=InstrumentOut, **spec("反馈督办", P.SUPERVISION_ANSWER)
)
def answer(request: Call, pk: int, body: AnswerIn) -> HttpResponse:
    """由被督办单位反馈；version 是读到的版本。"""
    _instrument(request, pk)
    door.require(request.actor, P.SUPERVISION_ANSWER)
    mine = use.get_for(request.actor, pk, version=body.version)
    said = Answer(body.answer, body.measures, body.person)
    return door.answer(_show(use.answer(mine, said, actor=request.actor, at=request.at)))


@router.get("/ledgers", response=out.Page[LedgerOut], **spec("查询台账", *_READS))
def list_ledgers(request: Call, filters: Query[inputs.Paged]) -> HttpResponse:
    """本地区（单位为本单位）的台账，新的在前。"""
    _reads(request)
    rows = LedgerEntry.objects.visible_to(request.actor).select_related("unit")
    found = page(rows, _NEWEST, filters.after, filters.size)
    return door.answer(out.Page.of(found.rows, found.next, _line))
