"""Instruments: draft, approve, issue, answer, judge, conclude, cancel. One function a change."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from jiesu.access import Actor, ActorKind, Permission
from jiesu.appeals.actions import overlays
from jiesu.appeals.lifecycle import ENDED as APPEAL_ENDED
from jiesu.appeals.models import Appeal
from jiesu.deadlines import policies
from jiesu.deadlines.worktime import Budget
from jiesu.deadlines.worktime import Unit as TimeUnit
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
from jiesu.journal import audit, idempotency
from jiesu.organizations.checks import day_of
from jiesu.organizations.models import Unit
from jiesu.supervision import files, linked, numbers
from jiesu.supervision import lifecycle as life
from jiesu.supervision.lifecycle import KINDS, STATE_NAMES, Kind, Move
from jiesu.supervision.models import Instrument, Step
from jiesu.supervision.texts import required

COLOURS = {"yellow": "黄牌", "red": "红牌"}
CHANGED = "该督办件已被他人处理，请刷新后重试。您填写的内容已保留。"
LENGTHS = {
    "matter": ("事项", 200), "basis": ("缘由", 1000), "demands": ("要求", 2000),
    "person": ("责任人", 64), "old_level": ("原办理层级", 64), "new_level": ("提级至", 64),
    "place": ("地点", 128),
}  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """What an instrument says. ``limit_days``: working days for the answer, 0 = none is owed."""

    kind: str
    unit: Unit
    matter: str
    demands: str = ""
    basis: str = ""
    person: str = ""
    limit_days: int | None = None
    colour: str = ""
    old_level: str = ""
    new_level: str = ""
    meets_at: dt.datetime | None = None
    place: str = ""


def get_for(
    actor: Actor, pk: int, permission: Permission | None = None, *, version: int | None = None
) -> Instrument:
    """One instrument the actor may see. Refusals: NotFound, Forbidden, ChangedMeanwhile."""
    rows = Instrument.objects.visible_to(actor).select_related("unit", "office", "appeal")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound("没有找到这件督办，可能已撤销，或不在您的查看范围内。")
    if permission is not None and not actor.may(permission):
        raise Forbidden
    if version is not None and found.version != version:
        raise ChangedMeanwhile(CHANGED)
    return found


# --- the office ----------------------------------------------------------------------------------


@transaction.atomic
def draft(
    said: Draft, *, actor: Actor, at: dt.datetime, appeal: Appeal | None = None,
    source: str = Instrument.Source.HAND, idempotency_key: str = "", office: Unit | None = None,
) -> Instrument:  # fmt: skip
    """This will write an instrument down, not yet issued.

    Refusals: Forbidden; Invalid at its fields; NotAllowedNow when one of the kind is open over this
    order and unit, when the order has ended, or when the matter is handled elsewhere (效能投诉,
    督查, 信访): it is linked, not handled twice.
    """
    _must(actor, Permission.SUPERVISION_ISSUE)
    if idempotency_key:
        once = idempotency.remember(
            actor.key, idempotency_key, request_hash=f"supervision {said.matter}"[:64], at=at
        )
        if once.result is not None:
            return Instrument.objects.get(pk=int(once.result))
    where = office or Unit.objects.select_related("region").get(pk=actor.unit_id or 0)
    checked = _checked(said, where)
    kind = Kind(checked.kind)
    if appeal is not None:
        _check_order(appeal, kind, checked.unit)
    made = Instrument.objects.create(
        kind=kind, state=life.State.DRAFT, source=source, appeal=appeal,
        appeal_number=appeal.number if appeal else "", office=where, office_name=where.name,
        unit=checked.unit, unit_name=checked.unit.name, unit_path=checked.unit.path,
        region_path=appeal.region_path if appeal else checked.unit.region.path,
        due_at=_due(checked, at), drafted_by=actor.name, drafted_by_id=actor.user_id, drafted_at=at,
        **_texts(checked),
    )  # fmt: skip
    _step(made, "draft", "", actor, at)
    if idempotency_key:
        once.store(str(made.pk))
    return made


@transaction.atomic
def edit(instrument: Instrument, said: Draft, *, actor: Actor, at: dt.datetime) -> Instrument:
    """This will change what a draft says; refusals as ``draft``."""
    mine = _take(instrument, life.EDIT, actor)
    checked = _checked(said, mine.office)
    for name, value in {
        **_texts(checked), "kind": Kind(checked.kind), "unit": checked.unit,
        "unit_name": checked.unit.name, "unit_path": checked.unit.path,
        "due_at": _due(checked, at),
    }.items():  # fmt: skip
        setattr(mine, name, value)
    return _put(mine, life.EDIT, "", actor, at)


@transaction.atomic
def submit(instrument: Instrument, *, actor: Actor, at: dt.datetime) -> Instrument:
    """This will put a draft before a leader 报批: listed supervision and talks need one."""
    mine = _take(instrument, life.SUBMIT, actor)
    if not KINDS[mine.what].approved:
        raise NotAllowedNow(f"{mine.get_kind_display()}不需要报批，可以直接签发。")
    return _put(mine, life.SUBMIT, "", actor, at)


@transaction.atomic
def issue(instrument: Instrument, *, actor: Actor, at: dt.datetime) -> Instrument:
    """This will number a draft and send it to its unit 签发. What a leader approves is refused."""
    mine = _take(instrument, life.ISSUE, actor)
    if KINDS[mine.what].approved:
        raise NotAllowedNow(f"{mine.get_kind_display()}须先报领导批准，请点“报批”。")
    return _issue(mine, life.ISSUE, "", actor, at)


def issue_new(
    said: Draft, *, actor: Actor, at: dt.datetime, appeal: Appeal | None = None,
    source: str = Instrument.Source.HAND, idempotency_key: str = "",
) -> Instrument:  # fmt: skip
    """Draft and issue at once; what a leader approves goes before the leader."""
    with transaction.atomic():
        made = draft(said, actor=actor, at=at, appeal=appeal, source=source,
                     idempotency_key=idempotency_key)  # fmt: skip
        if made.state != life.State.DRAFT:
            return made  # the second click
        follow = submit if KINDS[made.what].approved else issue
        return follow(made, actor=actor, at=at)


@transaction.atomic
def approve(
    instrument: Instrument, comment: str = "", *, actor: Actor, at: dt.datetime
) -> Instrument:
    """This will let a leader sign: it is issued. Whoever drafted it cannot approve it."""
    mine = _take(instrument, life.APPROVE, actor)
    if mine.drafted_by_id is not None and mine.drafted_by_id == actor.user_id:
        raise NotAllowedNow("拟稿人不能批准自己拟的督办件，请由另一位领导批准。")
    return _issue(
        mine,
        life.APPROVE,
        clean_text(comment, max_length=500, field="comment", label="批示"),
        actor,
        at,
    )


@transaction.atomic
def refuse(instrument: Instrument, reason: str, *, actor: Actor, at: dt.datetime) -> Instrument:
    """This will send a draft back to the office with the leader's reason."""
    why = required(reason, "reason", "退回原因", 500)
    return _put(_take(instrument, life.REFUSE, actor), life.REFUSE, why, actor, at)


@transaction.atomic
def return_answer(
    instrument: Instrument, reason: str, *, actor: Actor, at: dt.datetime, limit_days: int = 2
) -> Instrument:
    """This will ask the unit for a better answer, within so many working days."""
    mine = _take(instrument, life.RETURN, actor)
    why = required(reason, "reason", "退回原因", 1000)
    if not 1 <= limit_days <= 60:
        raise invalid("limit_days", "补充时限应在 1 至 60 个工作日之间。", "out_of_range")
    mine.due_at = _after(at, limit_days)
    return _put(mine, life.RETURN, why, actor, at, text=why)


@transaction.atomic
def accept(
    instrument: Instrument, result: str = "", *, actor: Actor, at: dt.datetime
) -> Instrument:
    """This will accept the answer and end the instrument."""
    mine = _take(instrument, life.ACCEPT, actor)
    return _end(
        mine,
        life.ACCEPT,
        clean_text(result, max_length=2000, field="result", label="结果"),
        actor,
        at,
    )


@transaction.atomic
def conclude(instrument: Instrument, result: str, *, actor: Actor, at: dt.datetime) -> Instrument:
    """This will write down the result: a session held, a talk had, a sign taken down 摘牌."""
    mine = _take(instrument, life.CONCLUDE, actor)
    return _end(mine, life.CONCLUDE, required(result, "result", "结果", 2000), actor, at)


@transaction.atomic
def cancel(instrument: Instrument, reason: str, *, actor: Actor, at: dt.datetime) -> Instrument:
    """This will take an instrument back; its number is not given again."""
    mine = _take(instrument, life.CANCEL, actor)
    return _end(mine, life.CANCEL, required(reason, "reason", "撤销原因", 500), actor, at)


# --- the unit ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What a unit says."""

    answer: str
    measures: str = ""
    person: str = ""


@transaction.atomic
def answer(
    instrument: Instrument, said: Answer, *, actor: Actor, at: dt.datetime,
    proofs: Sequence[files.Upload] = (),
) -> Instrument:  # fmt: skip
    """This will hand in the unit's answer, files beside it.

    Refusals: Forbidden for another unit; Invalid.
    """
    mine = _take(instrument, life.ANSWER, actor)
    mine.answer = required(said.answer, "answer", "办理情况", 4000)
    mine.measures = clean_text(said.measures, max_length=2000, field="measures", label="整改措施")
    mine.person = (
        clean_text(said.person, max_length=64, field="person", label="责任人", multiline=False)
        or mine.person
    )
    files.keep(proofs, actor=actor, at=at, instrument=mine)
    mine.answered_at, mine.answered_by = at, actor.name
    return _put(mine, life.ANSWER, mine.answer, actor, at, text=mine.answer[:500])


# --- inside --------------------------------------------------------------------------------------


def _must(actor: Actor, permission: Permission) -> None:
    if not actor.may(permission) or (actor.unit_id is None and actor.kind is not ActorKind.SYSTEM):
        raise Forbidden


def _take(instrument: Instrument, move: Move, actor: Actor) -> Instrument:
    """The row, locked; refuses a stale one, a wrong state, a wrong office, unit or permission."""
    _must(actor, move.needs)
    mine = Instrument.objects.select_for_update(of=("self",)).select_related(
        "unit", "office", "office__region", "unit__region", "appeal"
    ).get(pk=instrument.pk)  # fmt: skip
    if mine.version != instrument.version:
        raise ChangedMeanwhile(CHANGED)
    if actor.kind is not ActorKind.SYSTEM:
        if move.needs is Permission.SUPERVISION_ANSWER:
            if mine.unit_id != actor.unit_id:
                raise Forbidden("这件督办是发给其他单位的，由该单位反馈。")
        elif move.needs is Permission.SUPERVISION_APPROVE:
            if not mine.office.region.path.startswith(actor.region_path):
                raise Forbidden("这件督办由其他地区的领导批准。")
        elif mine.office_id != actor.unit_id:
            raise Forbidden("这件督办由其他效能办发出，您只能查看。")
    if mine.where not in move.from_:
        raise NotAllowedNow(
            f"当前状态为“{STATE_NAMES[mine.where]}”，不能{move.label}。请刷新查看最新进展。"
        )
    return mine


def _put(
    mine: Instrument, move: Move, words: str, actor: Actor, at: dt.datetime, **facts: Any
) -> Instrument:
    """Write the move: state, version, step, and the event over the order."""
    mine.state = move.to
    mine.version += 1
    mine.save()
    _step(mine, move.name, words, actor, at)
    if move.overlay and mine.appeal is not None and mine.number:
        kind = "supervision_approved" if move is life.APPROVE else move.overlay
        overlays.lay(mine.appeal, kind, {**facts_of(mine), **facts}, actor=actor, at=at)
    elif move.overlay and mine.number:  # over no order: the audit tells of it
        audit.record(
            move.overlay.replace("_", ".", 1), actor=actor, at=at, subject=f"instrument:{mine.pk}",
            data={"matter": mine.matter, **facts_of(mine), **facts},
        )  # fmt: skip
    return mine


def facts_of(mine: Instrument) -> dict[str, Any]:
    """What an order's history says of an instrument: facts, not ids to read again."""
    return {
        "instrument": mine.pk, "kind": mine.get_kind_display(), "number_given": mine.number,
        "unit": mine.unit_name, "unit_id": mine.unit_id, "office_id": mine.office_id,
        "due_at": mine.due_at,
    }  # fmt: skip


def _issue(mine: Instrument, move: Move, words: str, actor: Actor, at: dt.datetime) -> Instrument:
    if mine.unit.valid_to is not None and mine.unit.valid_to <= day_of(at):
        raise invalid("unit", f"{mine.unit_name}已撤销，请改发给承接其职责的单位。", "unit_ended")
    if mine.appeal is not None:
        _check_order(mine.appeal, mine.what, mine.unit, but=mine.pk)
    mine.number = numbers.next_number(mine.office, mine.what, at)
    mine.issued_at, mine.signed_by = at, actor.name
    text = "\n".join(t for t in (words, mine.demands or mine.matter) if t)[:500]
    return _put(mine, move, words, actor, at, text=text)


def _end(mine: Instrument, move: Move, words: str, actor: Actor, at: dt.datetime) -> Instrument:
    mine.result, mine.ended_at = words or mine.result, at
    return _put(mine, move, words, actor, at, text=words)


def _step(mine: Instrument, move: str, words: str, actor: Actor, at: dt.datetime) -> None:
    Step.objects.create(
        instrument=mine, move=move, text=words, at=at, by=actor.name, by_id=actor.user_id,
        unit_name=actor.unit_name,
    )  # fmt: skip


def _check_order(appeal: Appeal, kind: Kind, unit: Unit, but: int | None = None) -> None:
    if appeal.where in APPEAL_ENDED and kind in (Kind.URGE, Kind.REMINDER):
        raise NotAllowedNow(f"工单已办结，不需要{KINDS[kind].label}。")
    if kind not in (Kind.URGE, Kind.REMINDER):
        linked.must_not_be_elsewhere(appeal)
    same = (
        Instrument.objects.filter(appeal=appeal, unit=unit, kind=kind, state__in=life.OPEN)
        .exclude(pk=but or 0)
        .first()
    )
    if same is not None:
        named = same.number or STATE_NAMES[same.where]
        raise NotAllowedNow(
            f"该工单已有未办结的{KINDS[kind].label}（{named}），不重复督办。请在原件上跟进。",
            code="already_supervised",
        )


def _checked(said: Draft, office: Unit) -> Draft:
    """The draft with its texts tidied. Refuses with every wrong field at once."""
    bad: list[FieldError] = []
    texts: dict[str, Any] = {}
    for field, (label, longest) in LENGTHS.items():
        try:
            texts[field] = clean_text(
                getattr(said, field), max_length=longest, field=field, label=label,
                multiline=field in ("basis", "demands"),
            )  # fmt: skip
        except Invalid as error:
            bad += error.errors
    if said.kind not in set(Kind):
        raise invalid("kind", "请选择督办方式。", "unknown")
    kind = Kind(said.kind)
    wanted = {"matter": "请填写督办事项。"}
    if kind is Kind.RAISED:
        wanted |= {"old_level": "请填写原办理层级。", "new_level": "请填写提级后的办理层级。"}
    if kind in (Kind.ORDER, Kind.LISTED):
        wanted["demands"] = "请写明要求。"
    bad += [
        FieldError(field, "required", words) for field, words in wanted.items()
        if not texts.get(field) and not any(e.field == field for e in bad)
    ]  # fmt: skip
    if kind is Kind.LISTED and said.colour not in COLOURS:
        bad.append(FieldError("colour", "required", "请选择挂牌颜色：黄牌或红牌。"))
    if kind in (Kind.SESSION, Kind.TALK) and said.meets_at is None:
        bad.append(FieldError("meets_at", "required", "请填写时间。"))
    if said.limit_days is not None and not 0 <= said.limit_days <= 60:
        bad.append(FieldError("limit_days", "out_of_range", "反馈时限应在 0 至 60 个工作日之间。"))
    if said.unit.valid_to is not None:
        bad.append(FieldError(
            "unit", "unit_ended",
            f"{said.unit.name}已于 {said.unit.valid_to:%Y-%m-%d} 撤销，请改选承接其职责的单位。",
        ))  # fmt: skip
    elif not said.unit.region.path.startswith(office.region.path):
        bad.append(
            FieldError("unit", "out_of_area", "该单位不在本效能办的管辖范围内，请重新选择。")
        )
    elif said.unit.pk == office.pk:
        bad.append(FieldError("unit", "oneself", "不能督办本单位，请重新选择。"))
    if bad:
        raise Invalid(bad)
    return replace(said, **texts)


def _texts(said: Draft) -> dict[str, Any]:
    return {
        **{field: getattr(said, field) for field in LENGTHS}, "colour": said.colour,
        "meets_at": said.meets_at,
    }  # fmt: skip


def _due(said: Draft, at: dt.datetime) -> dt.datetime | None:
    facts = KINDS[Kind(said.kind)]
    if said.limit_days is not None:
        days = said.limit_days
    else:
        days = facts.limit_days if facts.answered else 0
    return _after(at, days) if days else said.meets_at


def _after(at: dt.datetime, days: int) -> dt.datetime:
    return policies.calendar(at).due(at, Budget(days, TimeUnit.WORK_DAYS))


def moves_for(instrument: Instrument, actor: Actor) -> Sequence[Move]:
    """What this actor may do with it now, in the order to offer it; the use cases check again."""
    facts = KINDS[instrument.what]
    mine = []
    for move in life.MOVES.values():
        if instrument.where not in move.from_ or not actor.may(move.needs):
            continue
        if move.needs is Permission.SUPERVISION_ANSWER and instrument.unit_id != actor.unit_id:
            continue
        if move.needs is Permission.SUPERVISION_ISSUE and instrument.office_id != actor.unit_id:
            continue
        if (move is life.ISSUE and facts.approved) or (move is life.SUBMIT and not facts.approved):
            continue
        if move is life.ANSWER and not facts.answered:
            continue
        mine.append(move)
    return mine
