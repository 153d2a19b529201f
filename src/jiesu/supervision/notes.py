"""Leaders' notes 批示: write (or record a scanned sheet), split to units, answer, close."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from jiesu.access import Actor, Permission
from jiesu.appeals.actions import overlays
from jiesu.appeals.models import Appeal
from jiesu.deadlines import policies
from jiesu.deadlines.worktime import Budget
from jiesu.deadlines.worktime import Unit as TimeUnit
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
from jiesu.journal import idempotency
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import ancestors
from jiesu.supervision import files
from jiesu.supervision.models import Note, NoteTask
from jiesu.supervision.texts import required

CHANGED = "这件批示已被他人更新，请刷新后重试。您填写的内容已保留。"


@dataclass(frozen=True)
class Words:
    """What a note says. ``leader`` is "" when the leader writes for themselves."""

    text: str = ""
    leader: str = ""
    leader_title: str = ""
    noted_on: dt.date | None = None
    report: str = ""
    limit_days: int = 0  # working days for the answer, 0 = none asked
    units: Sequence[Unit] = ()
    demand: str = ""


def get_for(actor: Actor, pk: int, *, version: int | None = None) -> Note:
    """One note the actor may see. Refusals: NotFound, ChangedMeanwhile."""
    note = Note.objects.visible_to(actor).select_related("office", "appeal").filter(pk=pk).first()
    if note is None:
        raise NotFound("没有找到这件批示，或不在您的查看范围内。")
    if version is not None and note.version != version:
        raise ChangedMeanwhile(CHANGED)
    return note


@transaction.atomic
def write(
    said: Words, *, actor: Actor, at: dt.datetime, appeal: Appeal | None = None,
    sheets: Sequence[files.Upload] = (), idempotency_key: str = "",
) -> Note:  # fmt: skip
    """This will keep a leader's note on an order or a report.

    A leader writes for themselves; the office records what a leader wrote on paper, with the sheet.
    Refusals: Forbidden; Invalid at ``text``, ``leader``, ``report``, ``noted_on``, ``unit``.
    """
    if not actor.may(Permission.SUPERVISION_NOTE) or actor.unit_id is None:
        raise Forbidden
    once = None
    if idempotency_key:
        once = idempotency.remember(
            actor.key, idempotency_key, request_hash=f"note {said.text}"[:64], at=at
        )
        if once.result is not None:
            return Note.objects.get(pk=int(once.result))
    himself = actor.may(Permission.SUPERVISION_APPROVE)
    bad: list[FieldError] = []
    text = clean_text(said.text, max_length=2000, field="text", label="批示内容")
    leader = actor.name if himself else clean_text(
        said.leader, max_length=64, field="leader", label="批示领导", multiline=False
    )  # fmt: skip
    report = clean_text(said.report, max_length=200, field="report", label="批示的材料")
    day = said.noted_on or at.astimezone(BEIJING).date()
    if not text and not sheets:
        bad.append(FieldError("text", "required", "请填写批示内容，或上传批示件扫描件。"))
    if not leader:
        bad.append(FieldError("leader", "required", "请填写批示领导。"))
    if appeal is None and not report:
        bad.append(FieldError("report", "required", "请写明批示的是哪份材料，或从工单页面批示。"))
    if day > at.astimezone(BEIJING).date():
        bad.append(FieldError("noted_on", "future", "批示日期不能晚于今天。"))
    if not 0 <= said.limit_days <= 60:
        bad.append(FieldError("limit_days", "out_of_range", "反馈时限应在 0 至 60 个工作日之间。"))
    if bad:
        raise Invalid(bad)
    office = _office_of(actor)
    note = Note.objects.create(
        leader=leader, leader_title=said.leader_title[:64], text=text, noted_on=day, appeal=appeal,
        appeal_number=appeal.number if appeal else "", report=report,
        region_path=appeal.region_path if appeal else actor.region_path, office=office,
        due_at=_due(at, said.limit_days), recorded_by=actor.name, recorded_by_id=actor.user_id,
        recorded_at=at,
    )  # fmt: skip
    files.keep(sheets, actor=actor, at=at, note=note)
    _add_tasks(note, said.units, said.demand, office)
    if appeal is not None:
        shown = text or "（见批示件扫描件）"
        overlays.lay(
            appeal, "note_written",
            {"text": f"{leader}：{shown}"[:500], "note": note.pk, "office_id": office.pk},
            actor=actor, at=at,
        )  # fmt: skip
    if once is not None:
        once.store(str(note.pk))
    return note


@transaction.atomic
def split(
    note: Note, units: Sequence[Unit], demand: str, *, actor: Actor, at: dt.datetime,
    limit_days: int = 0,
) -> Note:  # fmt: skip
    """This will hand the note to units to carry out 分办, each answering for itself."""
    mine = _take(note)
    if not actor.may(Permission.SUPERVISION_ISSUE) or mine.office_id != actor.unit_id:
        raise Forbidden("由承接批示的效能办分办。")
    if mine.state == Note.State.CLOSED:
        raise NotAllowedNow("批示已办结，不能再分办。")
    if not units:
        raise invalid("unit", "请选择承办单位。", "required")
    _add_tasks(mine, units, demand, mine.office)
    if limit_days:
        mine.due_at = _due(at, limit_days)
    mine.state = Note.State.OPEN
    return _put(mine)


@transaction.atomic
def answer(task: NoteTask, text: str, *, actor: Actor, at: dt.datetime) -> NoteTask:
    """This will hand in what the unit did; when the last answered, the note is answered."""
    row = NoteTask.objects.select_for_update().get(pk=task.pk)
    if not actor.may(Permission.SUPERVISION_ANSWER) or row.unit_id != actor.unit_id:
        raise Forbidden("由分办的单位反馈。")
    mine = Note.objects.select_for_update(of=("self",)).select_related("appeal").get(pk=row.note_id)
    if mine.state == Note.State.CLOSED:
        raise NotAllowedNow("批示已办结，不再反馈。")
    row.answer = required(text, "text", "落实情况", 2000)
    row.answered_at, row.answered_by = at, actor.name
    row.save()
    if not mine.tasks.filter(answered_at=None).exists():
        mine.state = Note.State.ANSWERED
    _put(mine)
    if mine.appeal is not None:
        overlays.lay(
            mine.appeal, "note_answered",
            {"text": row.answer[:500], "note": mine.pk, "office_id": mine.office_id},
            actor=actor, at=at,
        )  # fmt: skip
    return row


@transaction.atomic
def close(note: Note, conclusion: str, *, actor: Actor, at: dt.datetime) -> Note:
    """This will end a note. Refuses while a unit still owes its answer."""
    mine = _take(note)
    if not actor.may(Permission.SUPERVISION_ISSUE) or mine.office_id != actor.unit_id:
        raise Forbidden("由承接批示的效能办办结。")
    if mine.state == Note.State.CLOSED:
        raise NotAllowedNow("批示已办结。")
    owing = list(mine.tasks.filter(answered_at=None).values_list("unit_name", flat=True)[:5])
    if owing:
        raise NotAllowedNow(f"{'、'.join(owing)}尚未反馈，反馈后再办结。")
    mine.conclusion = required(conclusion, "conclusion", "办结情况", 1000)
    mine.state, mine.closed_at, mine.closed_by = Note.State.CLOSED, at, actor.name
    _put(mine)
    if mine.appeal is not None:
        overlays.lay(
            mine.appeal, "note_closed", {"text": mine.conclusion[:500], "note": mine.pk},
            actor=actor, at=at,
        )  # fmt: skip
    return mine


# --- inside --------------------------------------------------------------------------------------


def _office_of(actor: Actor) -> Unit:
    """Who follows a leader's note up: the recorder's own office, or the nearest above."""
    offices = Unit.objects.filter(
        kind=Unit.Kind.OFFICE, valid_to=None, region__path__in=ancestors(actor.region_path)
    ).select_related("region")
    found = sorted(offices, key=lambda unit: (unit.pk != actor.unit_id, -len(unit.region.path)))
    if found:
        return found[0]
    return Unit.objects.select_related("region").get(pk=actor.unit_id or 0)


def _add_tasks(note: Note, units: Sequence[Unit], demand: str, office: Unit) -> None:
    told = clean_text(demand, max_length=500, field="demand", label="落实要求")
    for unit in units:
        if unit.valid_to is not None:
            raise invalid("unit", f"{unit.name}已撤销，请改选承接其职责的单位。", "unit_ended")
        if not unit.region.path.startswith(office.region.path):
            raise invalid("unit", f"{unit.name}不在管辖范围内。", "out_of_area")
        NoteTask.objects.get_or_create(
            note=note, unit=unit,
            defaults={"unit_name": unit.name, "unit_path": unit.path, "demand": told},
        )  # fmt: skip


def _due(at: dt.datetime, days: int) -> dt.datetime | None:
    if not days:
        return None
    return policies.calendar(at).due(at, Budget(days, TimeUnit.WORK_DAYS))


def _take(note: Note) -> Note:
    mine = Note.objects.select_for_update(of=("self",)).select_related(
        "office", "office__region", "appeal"
    ).get(pk=note.pk)  # fmt: skip
    if mine.version != note.version:
        raise ChangedMeanwhile(CHANGED)
    return mine


def _put(mine: Note) -> Note:
    mine.version += 1
    mine.save()
    return mine
