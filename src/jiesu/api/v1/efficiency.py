"""Efficiency clues and cases. An outcome is approved, and sent back, by people at the desk: two
persons must differ, and a key is nobody."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpResponse
from ninja import Field, Query, Router

from jiesu.access import Permission as P
from jiesu.api.v1 import door, inputs
from jiesu.api.v1 import outputs as out
from jiesu.api.v1.auth import Call
from jiesu.api.v1.door import acts, spec
from jiesu.api.v1.outputs import Named
from jiesu.api.v1.paging import Order, page
from jiesu.foundation.errors import ChangedMeanwhile, invalid
from jiesu.inspection import cases as use
from jiesu.inspection import clues
from jiesu.inspection.cases import Opening
from jiesu.inspection.lifecycle import Stage
from jiesu.inspection.models import Case, Clue, ClueKind

router = Router(tags=["效能"])
_NEWEST = Order("id", ("id",), descending=True)
_WORKS = P.EFFICIENCY_CASES


class ClueFilters(inputs.Paged):
    """Which clues."""

    state: str = Field("", description="open、in_case、set_aside")
    kind: str = Field("", description="类型")


class CaseFilters(inputs.Paged):
    """Which cases."""

    stage: list[str] = Field([], description="open、examining、proposed、decided、closed、dropped")


class LayIn(inputs.Body):
    """登记一条线索"""

    kind: str = Field(
        description="improper_return、shirking、false_report、slow、bad_quality、repeated"
    )
    unit: str = Field(description="单位编码")
    orders: list[str] = Field(description="作为依据的工单编号", max_length=200)
    note: str


class SetAsideIn(inputs.Move):
    """不予采用"""

    why: str


class OpenIn(inputs.Body):
    """立案"""

    kind: str = Field(description="complaint（效能投诉）、inspection（效能督查）")
    unit: str = Field(description="单位编码")
    title: str
    matter: str
    clues: list[int] = Field([], max_length=50, description="并入的线索")
    elsewhere: str = Field("", description="信访、纪检等另案")
    due: dt.date | None = Field(None, strict=False)
    beside: bool = Field(False, description="该单位已有同类未结案件时，确属另一件事")


class CluesIn(inputs.Move):
    """并入线索"""

    clues: list[int] = Field(min_length=1, max_length=50)


class ProposeIn(inputs.Move):
    """提出处理意见"""

    findings: str
    basis: str = ""
    is_true: bool
    outcome: str = Field(description="none、reminder、criticism、talk、hand_over")


class NoteIn(inputs.Move):
    """办结或不予立案的说明"""

    note: str


@dataclass(slots=True, kw_only=True)
class FactOut:
    """线索里的一件工单"""

    appeal: str
    words: str
    at: dt.datetime | None


@dataclass(slots=True, kw_only=True)
class ClueOut:
    """一条线索；case 是并入的案号"""

    id: int
    version: int
    kind: Named
    state: Named
    unit: Named
    found_by: str
    note: str
    count: int
    made_at: dt.datetime | None
    last_at: dt.datetime | None
    case: str
    why_not: str


@dataclass(slots=True, kw_only=True)
class ClueDetail:
    """一条线索和作为依据的工单（最多 200 件）"""

    clue: ClueOut
    facts: list[FactOut]


@dataclass(slots=True, kw_only=True)
class CaseOut:
    """一件效能案件"""

    id: int
    version: int
    number: str
    kind: Named
    stage: Named
    title: str
    matter: str
    office: Named
    unit: Named
    elsewhere: str
    due: dt.date | None
    opened_at: dt.datetime | None
    examiner: str
    findings: str
    basis: str
    is_true: bool | None
    outcome: Named | None
    proposed_by: str
    decided_by: str
    decided_at: dt.datetime | None
    closed_at: dt.datetime | None


def _clue_out(row: Clue, call: Call | None = None) -> ClueOut:
    return ClueOut(
        id=row.pk, version=row.version, kind=Named(row.kind, row.get_kind_display()),
        state=Named(row.state, row.get_state_display()), unit=Named(row.unit.code, row.unit.name),
        found_by=row.found_by, note=row.note, count=row.count, made_at=out.when(row.made_at),
        last_at=out.when(row.last_at), case=row.case.number if row.case else "",
        why_not=row.why_not,
    )  # fmt: skip


def _case_out(row: Case, call: Call | None = None) -> CaseOut:
    return CaseOut(
        id=row.pk, version=row.version, number=row.number,
        kind=Named(row.kind, row.get_kind_display()),
        stage=Named(row.stage, row.get_stage_display()), title=row.title, matter=row.matter,
        office=Named(row.office.code, row.office.name), unit=Named(row.unit.code, row.unit.name),
        elsewhere=row.elsewhere, due=row.due, opened_at=out.when(row.opened_at),
        examiner=row.examiner_name, findings=row.findings, basis=row.basis, is_true=row.is_true,
        outcome=Named(row.outcome, row.get_outcome_display()) if row.outcome else None,
        proposed_by=row.proposer_name, decided_by=row.decider_name,
        decided_at=out.when(row.decided_at), closed_at=out.when(row.closed_at),
    )  # fmt: skip


def _clue(call: Call, pk: int, version: int | None = None) -> Clue:
    """One clue: absent first, then forbidden, then stale."""
    row = Clue.objects.filter(pk=pk).first()
    if not clues.visible_to(call.actor).filter(pk=pk).exists():
        door.unseen(call, row.region_path if row else "", _WORKS)
    found = clues.get_for(call.actor, pk)
    if version is not None and version != found.version:
        raise ChangedMeanwhile("这条线索已被他人处理，请重新读取。")
    return found


def _case(call: Call, pk: int, version: int | None = None) -> Case:
    """One case: absent first, then forbidden, then stale."""
    row = Case.objects.filter(pk=pk).first()
    if row is None or not use.visible_to(call.actor).filter(pk=pk).exists():
        door.unseen(call, row.region_path if row else "", _WORKS)
        raise AssertionError  # unseen always refuses
    door.require(call.actor, _WORKS)
    return use.get_for(call.actor, row.number, version=version)


door.answers("clue", _clue_out, _clue)
door.answers("case", _case_out, _case)


def _clues(call: Call, ids: list[int]) -> list[Clue]:
    found = clues.visible_to(call.actor).in_bulk(ids)
    missing = [str(one) for one in ids if one not in found]
    if missing:
        raise invalid("clues", f"没有线索 {'、'.join(missing[:5])}，请核对。", "unknown")
    return [found[one] for one in dict.fromkeys(ids)]


def _one_of(field: str, said: str, choices: Iterable[str]) -> str:
    if said not in set(choices):
        raise invalid(field, f"没有“{said[:32]}”，请核对可选的值。", "unknown_code")
    return said


@router.get("/clues", response=out.Page[ClueOut], **spec("查询线索", _WORKS))
def list_clues(request: Call, filters: Query[ClueFilters]) -> HttpResponse:
    """本地区的效能线索，新的在前。"""
    door.require(request.actor, _WORKS)
    rows = clues.visible_to(request.actor)
    if filters.state:
        rows = rows.filter(state=_one_of("state", filters.state, Clue.State))
    if filters.kind:
        rows = rows.filter(kind=_one_of("kind", filters.kind, ClueKind))
    found = page(rows, _NEWEST, filters.after, filters.size)
    return door.answer(out.Page.of(found.rows, found.next, _clue_out))


@router.get("/clues/{pk}", response=ClueDetail, **spec("读取线索", _WORKS))
def one_clue(request: Call, pk: int) -> HttpResponse:
    """一条线索和它的工单。"""
    row = _clue(request, pk)
    facts = row.facts.select_related("appeal").only("words", "at", "clue", "appeal__number")
    listed = [
        FactOut(appeal=one.appeal.number, words=one.words, at=out.when(one.at))
        for one in facts.order_by("pk")[:200]
    ]
    return door.answer(ClueDetail(clue=_clue_out(row), facts=listed))


@router.post("/clues", response={201: ClueOut}, **spec("登记线索", _WORKS))
@acts(201, key=True)
def lay(request: Call, body: LayIn) -> Clue:
    """有同单位同类型的未处理线索时并入其中。"""
    door.require(request.actor, _WORKS)
    kind = _one_of("kind", body.kind, ClueKind)
    unit = door.unit(body.unit, "unit")
    made = clues.lay(kind, unit, body.orders, body.note, actor=request.actor, at=request.at)
    return _clue(request, made.pk)


@router.post("/clues/{pk}/set-aside", response=ClueOut, **spec("不采用线索", _WORKS))
@acts()
def set_aside(request: Call, pk: int, body: SetAsideIn) -> Clue:
    """写明理由；它的工单不再形成新的线索。"""
    row = _clue(request, pk, body.version)
    clues.set_aside(row, body.why, actor=request.actor, at=request.at)
    return _clue(request, pk)


@router.get("/cases", response=out.Page[CaseOut], **spec("查询案件", _WORKS))
def list_cases(request: Call, filters: Query[CaseFilters]) -> HttpResponse:
    """本地区的效能案件，新的在前。"""
    door.require(request.actor, _WORKS)
    rows = use.visible_to(request.actor)
    if filters.stage:
        wanted = [_one_of("stage", one, Stage) for one in filters.stage]
        rows = rows.filter(stage__in=wanted)
    found = page(rows, _NEWEST, filters.after, filters.size)
    return door.answer(out.Page.of(found.rows, found.next, _case_out))


@router.get("/cases/{pk}", response=CaseOut, **spec("读取案件", _WORKS))
def one_case(request: Call, pk: int) -> HttpResponse:
    """一件案件。"""
    return door.answer(_case_out(_case(request, pk)))


@router.post("/cases", response={201: CaseOut}, **spec("立案", _WORKS))
@acts(201, key=True)
def open_case(request: Call, body: OpenIn) -> Case:
    """该单位已有同类未结案件时拒绝并说明案号；确属另一件事的，beside 为 true。"""
    door.require(request.actor, _WORKS)
    given = Opening(
        kind=_one_of("kind", body.kind, Case.Kind), unit=door.unit(body.unit, "unit"),
        title=body.title, matter=body.matter, clues=_clues(request, body.clues),
        elsewhere=body.elsewhere, due=body.due, beside=body.beside,
    )  # fmt: skip
    return _case(request, use.open_case(given, actor=request.actor, at=request.at).pk)


@router.post("/cases/{pk}/clues", response=CaseOut, **spec("并入线索", _WORKS))
@acts()
def add_clues(request: Call, pk: int, body: CluesIn) -> Case:
    """把同一单位的线索并入未结案件。"""
    row = _case(request, pk, body.version)
    use.add_clues(row, _clues(request, body.clues), actor=request.actor, at=request.at)
    return _case(request, pk)


@router.post("/cases/{pk}/examine", response=CaseOut, **spec("开始核查", _WORKS))
@acts()
def examine(request: Call, pk: int, body: inputs.Move) -> Case:
    """开始核查。"""
    use.examine(_case(request, pk, body.version), actor=request.actor, at=request.at)
    return _case(request, pk)


@router.post("/cases/{pk}/propose", response=CaseOut, **spec("提出处理意见", _WORKS))
@acts()
def propose(request: Call, pk: int, body: ProposeIn) -> Case:
    """核查结果、依据和处理；由有权的人在界面上审定或退回再查。"""
    use.propose(
        _case(request, pk, body.version), findings=body.findings, basis=body.basis,
        is_true=body.is_true, outcome=_one_of("outcome", body.outcome, Case.Outcome),
        actor=request.actor, at=request.at,
    )  # fmt: skip
    return _case(request, pk)


@router.post("/cases/{pk}/close", response=CaseOut, **spec("办结案件", _WORKS))
@acts()
def close(request: Call, pk: int, body: NoteIn) -> Case:
    """审定的处理落实以后办结。"""
    row = _case(request, pk, body.version)
    use.close(row, body.note, actor=request.actor, at=request.at)
    return _case(request, pk)


@router.post("/cases/{pk}/drop", response=CaseOut, **spec("不予立案", _WORKS))
@acts()
def drop(request: Call, pk: int, body: NoteIn) -> Case:
    """不再核查，写明理由。"""
    use.drop(_case(request, pk, body.version), body.note, actor=request.actor, at=request.at)
    return _case(request, pk)
