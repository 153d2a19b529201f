"""What was done for an appeal: assignments, clocks, replies, calls, what may be done now."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from jiesu.api.v1.outputs.parts import (
    Due,
    Named,
    due_of,
    in_beijing,
    named,
    named_or_none,
    named_state,
    named_status,
    named_unit,
    when,
)
from jiesu.appeals.lifecycle import (
    APPEAL_MOVES,
    ASSIGNMENT_MOVES,
)
from jiesu.appeals.models import (
    Application,
    Assignment,
    Attachment,
    Callback,
    Clock,
    Consultation,
    Contact,
    Event,
    Opinion,
    Reply,
)
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.deadlines import policies, worktime
from jiesu.deadlines.kinds import CLOCK_NAMES, ClockKind


@dataclass(slots=True, kw_only=True)
class AssignmentOut:
    """一个单位的承办"""

    id: int
    version: int
    appeal: str
    appeal_version: int
    appeal_status: Named
    appeal_title: str
    appeal_urgency: Named
    unit: Named
    nature: Named
    state: Named
    parent: int | None
    depth: int
    basis: str
    instruction: str
    is_designated: bool
    handler_name: str
    round: int
    inner_step: int
    assigned_at: dt.datetime
    opened_at: dt.datetime | None
    signed_at: dt.datetime | None
    contacted_at: dt.datetime | None
    reported_at: dt.datetime | None
    ended_at: dt.datetime | None
    due: Due | None


def assignment_out(one: Assignment, at: dt.datetime) -> AssignmentOut:
    """One assignment; reads ``appeal`` and ``unit``."""
    appeal = one.appeal
    return AssignmentOut(
        id=one.pk,
        version=one.version,
        appeal=appeal.number,
        appeal_version=appeal.version,
        appeal_status=named_status(appeal.status),
        appeal_title=appeal.title,
        appeal_urgency=named(Table.URGENCY, appeal.urgency),
        unit=Named(one.unit.code, one.unit_name),
        nature=Named(one.nature, one.get_nature_display()),
        state=named_state(one.state),
        parent=one.parent_id,
        depth=one.depth,
        basis=one.basis,
        instruction=one.instruction,
        is_designated=one.is_designated,
        handler_name=one.handler_name,
        round=one.round,
        inner_step=one.inner_step,
        assigned_at=in_beijing(one.assigned_at),
        opened_at=when(one.opened_at),
        signed_at=when(one.signed_at),
        contacted_at=when(one.contacted_at),
        reported_at=when(one.reported_at),
        ended_at=when(one.ended_at),
        due=due_of(one, at),
    )


@dataclass(slots=True)
class Who:
    """谁办的"""

    kind: str
    name: str
    role: str
    unit: str


@dataclass(slots=True, kw_only=True)
class EventOut:
    """办理记录中的一条；hash 与 prev_hash 组成 SM3 链"""

    seq: int
    kind: Named
    at: dt.datetime
    by: Who
    assignment: int | None
    data: dict[str, Any]
    hash: str
    prev_hash: str


_EVENT_NAMES = {
    **{name: move.label for name, move in APPEAL_MOVES.items()},
    **{name: move.label for name, move in ASSIGNMENT_MOVES.items()},
    "clock_breached": "超时",
    "clock_yellow": "临期",
    "merged_in": "并入一单",
    "parted": "撤销并入",
    "repeated": "重复来件",
    "warning": "预警",
    "warning_acted": "预警已处置",
    "opinion": "会商意见",
    "concluded": "会商结论",
}
_PERSONAL_FACTS = frozenset({"petitioner", "phone"})  # masked, and still too much where hidden


def event_out(event: Event, hidden: bool) -> EventOut:
    """One event; ``hidden`` leaves out what it says of the petitioner."""
    data = event.data
    if hidden:
        data = {k: v for k, v in data.items() if k not in _PERSONAL_FACTS}
    return EventOut(
        seq=event.seq,
        kind=Named(event.kind, _EVENT_NAMES.get(event.kind, event.kind)),
        at=in_beijing(event.at),
        by=Who(event.actor_kind, event.actor_name, event.actor_role, event.actor_unit_name),
        assignment=event.assignment_id,
        data=data,
        hash=event.hash,
        prev_hash=event.prev_hash,
    )


@dataclass(slots=True, kw_only=True)
class ClockOut:
    """一项时限"""

    id: int
    kind: Named
    assignment: int | None
    round: int
    amount: str
    unit: str
    started_at: dt.datetime
    due_at: dt.datetime
    yellow_at: dt.datetime | None
    paused_at: dt.datetime | None
    stopped_at: dt.datetime | None
    breached_at: dt.datetime | None
    was_late: bool
    remaining: str
    happenings: list[Any]


def clock_out(clock: Clock, at: dt.datetime) -> ClockOut:
    """One limit, with what is left of it in words while it runs."""
    kind = ClockKind(clock.kind)
    remaining = ""
    if clock.is_running:
        calendar = policies.calendar(clock.started_at)
        remaining = worktime.remaining_words(calendar, at, clock.due_at, worktime.Unit(clock.unit))
    return ClockOut(
        id=clock.pk,
        kind=Named(kind, CLOCK_NAMES[kind]),
        assignment=clock.assignment_id,
        round=clock.round,
        amount=str(clock.amount.normalize() if clock.amount % 1 else int(clock.amount)),
        unit=clock.unit,
        started_at=in_beijing(clock.started_at),
        due_at=in_beijing(clock.due_at),
        yellow_at=when(clock.yellow_at),
        paused_at=when(clock.paused_at),
        stopped_at=when(clock.stopped_at),
        breached_at=when(clock.breached_at),
        was_late=clock.was_late,
        remaining=remaining,
        happenings=clock.happenings,
    )


@dataclass(slots=True, kw_only=True)
class ApplicationOut:
    """一项申请（退单、延期、挂起、终止）"""

    id: int
    appeal: str
    assignment: int
    unit: str
    kind: Named
    reason_code: str
    reason: str
    basis: str
    suggested_unit: Named | None
    plan: str
    citizen_told: str
    days: int | None
    applied_at: dt.datetime
    applied_by: str
    verdict: Named
    decided_at: dt.datetime | None
    decided_by: str
    decision: str


def application_out(one: Application) -> ApplicationOut:
    """One application; reads ``appeal``, ``assignment`` and ``suggested_unit``."""
    return ApplicationOut(
        id=one.pk,
        appeal=one.appeal.number,
        assignment=one.assignment_id,
        unit=one.assignment.unit_name,
        kind=Named(one.kind, one.get_kind_display()),
        reason_code=one.reason_code,
        reason=one.reason,
        basis=one.basis,
        suggested_unit=named_unit(one.suggested_unit),
        plan=one.plan,
        citizen_told=one.citizen_told,
        days=one.amount,
        applied_at=in_beijing(one.applied_at),
        applied_by=one.applied_by,
        verdict=Named(one.verdict, one.get_verdict_display()),
        decided_at=when(one.decided_at),
        decided_by=one.decided_by,
        decision=one.decision,
    )


@dataclass(slots=True, kw_only=True)
class ReplyOut:
    """承办单位的办理报告和答复"""

    id: int
    assignment: int
    unit: str
    round: int
    stage: Named
    found_true: bool | None
    solved: bool | None
    unsolved_reason: Named | None
    beyond_competence: str
    handling_report: str
    public_reply: str
    legal_basis: str
    written_by: str
    signed_off_by: str
    updated_at: dt.datetime
    submitted_at: dt.datetime | None
    decided_at: dt.datetime | None
    decided_by: str
    decision: str
    faults: list[str]


def reply_out(one: Reply) -> ReplyOut:
    """One reply; reads ``assignment``."""
    return ReplyOut(
        id=one.pk,
        assignment=one.assignment_id,
        unit=one.assignment.unit_name,
        round=one.round,
        stage=Named(one.stage, one.get_stage_display()),
        found_true=one.found_true,
        solved=one.solved,
        unsolved_reason=named_or_none(Table.UNSOLVED_REASON, one.unsolved_reason),
        beyond_competence=one.beyond_competence,
        handling_report=one.handling_report,
        public_reply=one.public_reply,
        legal_basis=one.legal_basis,
        written_by=one.written_by,
        signed_off_by=one.signed_off_by,
        updated_at=in_beijing(one.updated_at),
        submitted_at=when(one.submitted_at),
        decided_at=when(one.decided_at),
        decided_by=one.decided_by,
        decision=one.decision,
        faults=[codes.label(Table.SEND_BACK_REASON, c) for c in one.decision_codes],
    )


@dataclass(slots=True, kw_only=True)
class ContactOut:
    """一次联系"""

    id: int
    assignment: int
    way: Named
    reached: bool
    note: str
    at: dt.datetime
    by: str


def contact_out(one: Contact) -> ContactOut:
    """One contact."""
    return ContactOut(
        id=one.pk, assignment=one.assignment_id, way=named(Table.REPLY_WAY, one.way),
        reached=one.reached, note=one.note, at=in_beijing(one.at), by=one.by,
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class CallbackOut:
    """一次回访或评价"""

    id: int
    way: Named
    round: int
    reached: bool
    solved: bool | None
    satisfaction: int | None
    agent_satisfaction: int | None
    handling_satisfaction: int | None
    dissatisfied_reason: Named | None
    note: str
    decision: Named
    finding: str
    next_at: dt.datetime | None
    at: dt.datetime
    by: str


def callback_out(one: Callback) -> CallbackOut:
    """One call-back or rating."""
    return CallbackOut(
        id=one.pk,
        way=Named(one.way, one.get_way_display()),
        round=one.round,
        reached=one.reached,
        solved=one.solved,
        satisfaction=one.satisfaction,
        agent_satisfaction=one.agent_satisfaction,
        handling_satisfaction=one.handling_satisfaction,
        dissatisfied_reason=named_or_none(Table.DISSATISFIED_REASON, one.dissatisfied_reason),
        note=one.note,
        decision=Named(one.decision, one.get_decision_display()),
        finding=one.finding,
        next_at=when(one.next_at),
        at=in_beijing(one.at),
        by=one.by,
    )


@dataclass(slots=True, kw_only=True)
class OpinionOut:
    """一个单位的会商意见"""

    id: int
    unit: Named
    text: str
    by: str
    at: dt.datetime | None


def opinion_out(one: Opinion) -> OpinionOut:
    """One opinion; reads ``unit``."""
    unit = Named(one.unit.code, one.unit.short_name or one.unit.name)
    return OpinionOut(id=one.pk, unit=unit, text=one.text, by=one.by, at=when(one.at))


@dataclass(slots=True, kw_only=True)
class ConsultationOut:
    """一次会商"""

    id: int
    appeal: str
    question: str
    convened_by: str
    convened_unit: Named
    convened_at: dt.datetime
    conclusion: str
    concluded_at: dt.datetime | None
    opinions: list[OpinionOut]


def consultation_out(one: Consultation) -> ConsultationOut:
    """One consultation; reads ``appeal``, ``convened_unit`` and the opinions with their units."""
    unit = one.convened_unit
    return ConsultationOut(
        id=one.pk,
        appeal=one.appeal.number,
        question=one.question,
        convened_by=one.convened_by,
        convened_unit=Named(unit.code, unit.short_name or unit.name),
        convened_at=in_beijing(one.convened_at),
        conclusion=one.conclusion,
        concluded_at=when(one.concluded_at),
        opinions=[opinion_out(o) for o in sorted(one.opinions.all(), key=lambda o: o.pk)],
    )


@dataclass(slots=True, kw_only=True)
class AttachmentOut:
    """一个附件"""

    id: int
    upload_key: str = field(default="", metadata={})
    purpose: Named
    name: str
    content_type: str
    size: int
    sm3: str
    uploaded_at: dt.datetime
    uploaded_by: str
    is_public: bool


def attachment_out(one: Attachment, upload_key: str = "") -> AttachmentOut:
    """One file; ``upload_key`` is told to whoever has just sent it."""
    return AttachmentOut(
        id=one.pk,
        upload_key=upload_key,
        purpose=Named(one.purpose, one.get_purpose_display()),
        name=one.name,
        content_type=one.content_type,
        size=one.size,
        sm3=one.sm3,
        uploaded_at=in_beijing(one.uploaded_at),
        uploaded_by=one.uploaded_by,
        is_public=one.is_public,
    )


@dataclass(slots=True, kw_only=True)
class OptionOut:
    """一个可办理的动作；allowed 为 false 时 why_not 说明原因"""

    name: str
    label: str
    allowed: bool
    why_not: str
    href: str


@dataclass(slots=True)
class AssignmentOptions:
    """本单位在一个承办上能做什么"""

    id: int
    version: int
    options: list[OptionOut]


@dataclass(slots=True)
class Options:
    """现在能做什么"""

    number: str
    version: int
    options: list[OptionOut]
    assignments: list[AssignmentOptions]
