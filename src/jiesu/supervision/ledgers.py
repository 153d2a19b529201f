"""Ledgers 台账: enter, tell progress, strike off 销号 by three people, fall back 回潮."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from jiesu.access import SYSTEM, Actor, ActorKind, Permission
from jiesu.appeals.actions import overlays
from jiesu.appeals.models import Appeal
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import (
    ChangedMeanwhile,
    FieldError,
    Forbidden,
    Invalid,
    NotAllowedNow,
    NotFound,
    invalid,
)
from jiesu.foundation.text import clean_text
from jiesu.organizations.models import Unit
from jiesu.supervision import files, numbers
from jiesu.supervision.models import Closing, Instrument, LedgerEntry, Progress
from jiesu.supervision.texts import required

Status, Ledger = LedgerEntry.Status, LedgerEntry.Ledger
WORDS = {
    Ledger.KEY: "重点",
    Ledger.SUPERVISION: "督办",
    Ledger.LISTED: "挂牌",
    Ledger.DIFFICULT: "疑难",
}
_GONE = "没有找到这条台账，或不在您的查看范围内。"


@dataclass(frozen=True)
class Line:
    """What a ledger entry says."""

    ledger: str
    matter: str
    unit: Unit
    person: str
    target_date: dt.date
    source: str = "人工列入"
    measures: str = ""


def get_for(actor: Actor, pk: int, *, version: int | None = None) -> LedgerEntry:
    """One entry the actor may see. Refusals: NotFound, ChangedMeanwhile."""
    rows = LedgerEntry.objects.visible_to(actor).select_related("office", "unit", "appeal")
    entry = rows.filter(pk=pk).first()
    if entry is None:
        raise NotFound(_GONE)
    if version is not None and entry.version != version:
        raise ChangedMeanwhile("这条台账已被他人更新，请刷新后重试。您填写的内容已保留。")
    return entry


@transaction.atomic
def enter(
    line: Line, *, actor: Actor, at: dt.datetime, appeal: Appeal | None = None,
    instrument: Instrument | None = None,
) -> LedgerEntry:  # fmt: skip
    """This will put a matter on a ledger of the actor's office.

    Refusals: Forbidden; Invalid at its fields (a unit that has ended is named with its day);
    NotAllowedNow when the order stands on that ledger already.
    """
    if not actor.may(Permission.SUPERVISION_ISSUE) or actor.unit_id is None:
        raise Forbidden
    office = Unit.objects.select_related("region").get(pk=actor.unit_id)
    matter, person, measures, source = _checked(line, office, at)
    try:
        with transaction.atomic():
            entry = LedgerEntry.objects.create(
                number=numbers.next_serial(f"{head_word(office, at)}{WORDS[Ledger(line.ledger)]}",
                                           at),
                ledger=line.ledger, matter=matter, source=source, appeal=appeal,
                appeal_number=appeal.number if appeal else "", instrument=instrument,
                office=office, unit=line.unit, unit_name=line.unit.name,
                unit_path=line.unit.path,
                region_path=appeal.region_path if appeal else line.unit.region.path,
                person=person, measures=measures, target_date=line.target_date, entered_at=at,
                entered_by=actor.name,
            )  # fmt: skip
    except IntegrityError:
        raise NotAllowedNow(
            f"该工单已在{Ledger(line.ledger).label}台账中，不重复列入。请在原条目登记进展。",
            code="already_listed",
        ) from None
    _tell(entry, "ledger_entered", f"{entry.get_ledger_display()}台账", actor, at)
    return entry


def head_word(office: Unit, at: dt.datetime) -> str:
    """The office's word, so that two offices never share a serial."""
    return numbers.head_of(office, at).word


@transaction.atomic
def tell_progress(
    entry: LedgerEntry, text: str, *, actor: Actor, at: dt.datetime, measures: str | None = None,
    person: str | None = None,
) -> Progress:  # fmt: skip
    """This will add a step of progress; the responsible unit or the office may, and may correct
    measures and person with it."""
    mine = _take(entry)
    _concerned(mine, actor)
    if mine.status == Status.CLOSED:
        raise NotAllowedNow("该事项已销号；如又反弹，请登记回潮。")
    said = required(text, "text", "进展情况", 2000)
    if measures is not None:
        mine.measures = clean_text(measures, max_length=2000, field="measures", label="措施")
    if person:
        mine.person = clean_text(person, max_length=64, field="person", label="责任人",
                                 multiline=False)  # fmt: skip
    _put(mine)
    return Progress.objects.create(
        entry=mine, text=said, at=at, by=actor.name, unit_name=actor.unit_name
    )


@transaction.atomic
def apply_for_closing(
    entry: LedgerEntry, evidence: str, *, actor: Actor, at: dt.datetime,
    proofs: Sequence[files.Upload] = (),
) -> Closing:  # fmt: skip
    """This will ask to strike the entry off 申请销号; evidence in words, files beside it."""
    mine = _take(entry)
    _concerned(mine, actor)
    if mine.status not in (Status.OPEN, Status.RELAPSED):
        raise NotAllowedNow(f"当前为“{mine.get_status_display()}”，不能申请销号。")
    told = required(evidence, "evidence", "办结情况及佐证", 2000)
    mine.status = Status.APPLIED
    _put(mine)
    closing = Closing.objects.create(
        entry=mine, evidence=told, applied_at=at, applied_by=actor.name, applied_by_id=actor.user_id
    )
    files.keep(proofs, actor=actor, at=at, closing=closing)
    return closing


@transaction.atomic
def check_closing(
    closing: Closing, *, solved: bool, note: str, actor: Actor, at: dt.datetime
) -> Closing:
    """This will write down what the call-back heard 回访核实. Whoever applied cannot check."""
    row = _take_closing(closing, Closing.State.APPLIED, "核实")
    may = actor.may(Permission.CALLBACK_RECORD) or actor.may(Permission.SUPERVISION_ISSUE)
    if not may or not _in_area(row.entry, actor):
        raise Forbidden("由热线中心回访员或效能办核实。")
    _another(actor, {"申请人": row.applied_by_id}, "核实")
    row.solved, row.check_note = solved, required(note, "note", "回访核实情况", 1000)
    row.checked_at, row.checked_by, row.checked_by_id = at, actor.name, actor.user_id
    row.state = Closing.State.CHECKED
    row.save()
    return row


@transaction.atomic
def decide_closing(
    closing: Closing, *, accept: bool, decision: str, actor: Actor, at: dt.datetime
) -> Closing:
    """This will approve or refuse the closing; the office decides, a third person does it.

    Refusals: Forbidden; NotAllowedNow when it is not checked, when the same person applied or
    checked, or when the call-back heard that it is not solved.
    """
    row = _take_closing(closing, Closing.State.CHECKED, "审批")
    if not actor.may(Permission.SUPERVISION_ISSUE) or row.entry.office_id != actor.unit_id:
        raise Forbidden("销号由列入台账的效能办审批。")
    _another(actor, {"申请人": row.applied_by_id, "核实人": row.checked_by_id}, "审批")
    if accept and not row.solved:
        raise NotAllowedNow("回访核实为未解决，不能同意销号。请退回继续办理。")
    said = clean_text(decision, max_length=1000, field="decision", label="审批意见")
    if not accept and not said:
        raise invalid("decision", "不予销号请写明原因。", "required")
    row.decision, row.decided_at = said, at
    row.decided_by, row.decided_by_id = actor.name, actor.user_id
    row.state = Closing.State.APPROVED if accept else Closing.State.REFUSED
    row.save()
    mine = row.entry
    if accept:
        mine.status, mine.closed_on = Status.CLOSED, at.astimezone(BEIJING).date()
        _put(mine)
        _tell(mine, "ledger_closed", said, actor, at)
    else:
        mine.status = Status.RELAPSED if mine.relapse_count else Status.OPEN
        _put(mine)
    return row


@transaction.atomic
def relapse(
    entry: LedgerEntry, reason: str, *, actor: Actor, at: dt.datetime, tell: bool = True
) -> LedgerEntry:
    """This will take a closed entry up again 回潮: by the office, or the system on a repeat."""
    mine = _take(entry)
    if actor.kind is not ActorKind.SYSTEM and (
        not actor.may(Permission.SUPERVISION_ISSUE) or mine.office_id != actor.unit_id
    ):
        raise Forbidden("由列入台账的效能办登记回潮。")
    if mine.status != Status.CLOSED:
        raise NotAllowedNow("该事项未销号，无需登记回潮。")
    why = required(reason, "reason", "回潮情况", 500)
    mine.status, mine.closed_on = Status.RELAPSED, None
    mine.relapse_count += 1
    try:
        with transaction.atomic():
            _put(mine)
    except IntegrityError:
        raise NotAllowedNow("该工单已另有一条未销号的台账，请在那一条上跟进。") from None
    Progress.objects.create(entry=mine, text=f"回潮：{why}", at=at, by=actor.name,
                            unit_name=actor.unit_name)  # fmt: skip
    if tell:
        _tell(mine, "ledger_relapsed", why, actor, at)
    return mine


def relapse_on_repeat(appeal: Appeal, repeated_as: str, at: dt.datetime) -> int:
    """This will take up again what was struck off for an order that was now repeated; how many."""
    closed = LedgerEntry.objects.filter(appeal=appeal, status=Status.CLOSED)
    done = 0
    for entry in closed.order_by("-pk"):
        try:
            relapse(entry, f"诉求人再次反映，新工单 {repeated_as}", actor=SYSTEM, at=at)
        except NotAllowedNow:
            continue  # another entry of it is open
        done += 1
    return done


# --- inside --------------------------------------------------------------------------------------


def _checked(line: Line, office: Unit, at: dt.datetime) -> tuple[str, str, str, str]:
    bad: list[FieldError] = []
    if line.ledger not in set(Ledger):
        bad.append(FieldError("ledger", "unknown", "请选择台账。"))
    if line.unit.valid_to is not None:
        bad.append(FieldError(
            "unit", "unit_ended",
            f"{line.unit.name}已于 {line.unit.valid_to:%Y-%m-%d} 撤销，请改选承接其职责的单位。",
        ))  # fmt: skip
    elif not line.unit.region.path.startswith(office.region.path):
        bad.append(FieldError("unit", "out_of_area", "该单位不在本效能办的管辖范围内。"))
    if line.target_date < at.astimezone(BEIJING).date():
        bad.append(FieldError("target_date", "past", "目标时限不能早于今天。"))
    texts: list[str] = []
    for field, value, label, longest, needed in (
        ("matter", line.matter, "事项", 200, True), ("person", line.person, "责任人", 64, True),
        ("measures", line.measures, "措施", 2000, False), ("source", line.source, "来源", 64, True),
    ):  # fmt: skip
        try:
            text = clean_text(value, max_length=longest, field=field, label=label)
        except Invalid as error:
            bad += error.errors
            text = "?"
        if needed and not text:
            bad.append(FieldError(field, "required", f"请填写{label}。"))
        texts.append(text)
    if bad:
        raise Invalid(bad)
    return texts[0], texts[1], texts[2], texts[3]


def _take(entry: LedgerEntry) -> LedgerEntry:
    mine = LedgerEntry.objects.select_for_update(of=("self",)).select_related("appeal").get(
        pk=entry.pk
    )  # fmt: skip
    if mine.version != entry.version:
        raise ChangedMeanwhile("这条台账已被他人更新，请刷新后重试。您填写的内容已保留。")
    return mine


def _take_closing(closing: Closing, state: str, verb: str) -> Closing:
    row = (
        Closing.objects.select_for_update(of=("self",))
        .select_related("entry", "entry__appeal")
        .get(pk=closing.pk)
    )
    if row.state != state:
        raise NotAllowedNow(f"这份销号申请当前为“{row.get_state_display()}”，不能{verb}。请刷新。")
    return row


def _put(mine: LedgerEntry) -> None:
    mine.version += 1
    mine.save()


def _concerned(mine: LedgerEntry, actor: Actor) -> None:
    unit = actor.may(Permission.SUPERVISION_ANSWER) and mine.unit_id == actor.unit_id
    office = actor.may(Permission.SUPERVISION_ISSUE) and mine.office_id == actor.unit_id
    if not (unit or office):
        raise Forbidden("由责任单位或列入台账的效能办登记。")


def _in_area(mine: LedgerEntry, actor: Actor) -> bool:
    return bool(actor.region_path) and mine.region_path.startswith(actor.region_path)


def _another(actor: Actor, others: dict[str, int | None], verb: str) -> None:
    """Two people are two people: the same account never does two of the three steps."""
    for who, user_id in others.items():
        if user_id is not None and user_id == actor.user_id:
            raise NotAllowedNow(
                f"您是这次销号的{who}，不能再由您{verb}。申请、核实、审批须由不同的人完成。",
                code="same_person",
            )


def _tell(mine: LedgerEntry, kind: str, text: str, actor: Actor, at: dt.datetime) -> None:
    if mine.appeal is not None:
        overlays.lay(
            mine.appeal, kind,
            {"text": text, "entry": mine.number, "unit": mine.unit_name, "unit_id": mine.unit_id},
            actor=actor, at=at,
        )  # fmt: skip
