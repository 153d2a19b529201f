"""What is answered: plain data classes, built from rows. orjson writes them as they are.

Times are Beijing time with offset. The petitioner is masked or hidden as ``access.exposure`` says;
lists carry no personal data at all.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar

from jiesu.access import Actor
from jiesu.appeals import lookups
from jiesu.appeals.actions import exposure
from jiesu.appeals.lifecycle import (
    APPEAL_MOVES,
    ASSIGNMENT_MOVES,
    STATE_NAMES,
    STATUS_NAMES,
    State,
    Status,
)
from jiesu.appeals.models import (
    Appeal,
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
from jiesu.catalogue import codes, local_forms
from jiesu.catalogue.categories import CategoryHit
from jiesu.catalogue.codes import Table
from jiesu.catalogue.duty import DutyHit
from jiesu.catalogue.models import Category, Scheme
from jiesu.deadlines import policies, worktime
from jiesu.deadlines.kinds import CLOCK_NAMES, ClockKind
from jiesu.foundation.clock import BEIJING
from jiesu.organizations.models import Region, Unit

T = TypeVar("T")


def when(moment: dt.datetime | None) -> dt.datetime | None:
    """A moment in Beijing time."""
    return None if moment is None else moment.astimezone(BEIJING)


def _on(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(BEIJING)


@dataclass(slots=True)
class Named:
    """A code and what it is called"""

    code: str
    name: str


def _code(table: Table, code: str) -> Named:
    return Named(code, codes.label(table, code) if code else "")


@lru_cache(maxsize=256)
def _status(status: str) -> Named:
    return Named(status, STATUS_NAMES[Status(status)])


@lru_cache(maxsize=256)
def _state(state: str) -> Named:
    return Named(state, STATE_NAMES[State(state)])


def _unit(unit: Unit | None) -> Named | None:
    return None if unit is None else Named(unit.code, unit.short_name or unit.name)


@dataclass(slots=True)
class Page(Generic[T]):
    """一页；next 为下一页的 after，最后一页为 null"""

    items: list[T]
    next: str | None

    @classmethod
    def of(cls, rows: Iterable[Any], next_: str | None, make: Callable[[Any], T]) -> "Page[T]":
        """A page of rows, each made into what is shown."""
        return cls([make(row) for row in rows], next_)


@dataclass(slots=True)
class Due:
    """当前时限"""

    at: dt.datetime
    yellow_at: dt.datetime | None
    kind: Named
    is_paused: bool
    is_overdue: bool


def _due(row: Appeal | Assignment, at: dt.datetime) -> Due | None:
    if row.due_at is None:
        return None
    kind = ClockKind(row.due_kind)
    return Due(
        _on(row.due_at), when(row.yellow_at), Named(kind, CLOCK_NAMES[kind]), row.is_paused,
        row.due_at < at and not row.is_paused,
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class AppealRow:
    """列表中的一件工单（不含个人信息）"""

    number: str
    version: int
    status: Named
    title: str
    appeal_type: Named
    category: Named | None
    region: Named
    urgency: Named
    channel: Named
    is_difficult: bool
    received_at: dt.datetime
    registered_at: dt.datetime
    lead_unit: Named | None
    due: Due | None
    urge_count: int
    redo_count: int
    pending_applications: int
    outside_number: str
    closed_at: dt.datetime | None


# What a row reads; lists fetch nothing else: neither long texts nor anything to be decrypted.
ROW_FIELDS = (
    "number", "version", "status", "title", "appeal_type", "category__code", "category_name",
    "region__code", "region_name", "urgency", "channel", "is_difficult", "received_at",
    "registered_at", "lead_unit__code", "lead_unit_name", "due_at", "yellow_at", "due_kind",
    "is_paused", "urge_count", "redo_count", "pending_applications", "outside_number", "closed_at",
)  # fmt: skip


def _row_values(appeal: Appeal, at: dt.datetime) -> dict[str, Any]:
    category, lead = appeal.category, appeal.lead_unit
    return {
        "number": appeal.number,
        "version": appeal.version,
        "status": _status(appeal.status),
        "title": appeal.title,
        "appeal_type": _code(Table.APPEAL_TYPE, appeal.appeal_type),
        "category": Named(category.code, appeal.category_name) if category else None,
        "region": Named(appeal.region.code, appeal.region_name),
        "urgency": _code(Table.URGENCY, appeal.urgency),
        "channel": _code(Table.CHANNEL, appeal.channel),
        "is_difficult": appeal.is_difficult,
        "received_at": _on(appeal.received_at),
        "registered_at": _on(appeal.registered_at),
        "lead_unit": Named(lead.code, appeal.lead_unit_name) if lead else None,
        "due": _due(appeal, at),
        "urge_count": appeal.urge_count,
        "redo_count": appeal.redo_count,
        "pending_applications": appeal.pending_applications,
        "outside_number": appeal.outside_number,
        "closed_at": when(appeal.closed_at),
    }


def appeal_row(appeal: Appeal, at: dt.datetime) -> AppealRow:
    """One appeal in a list."""
    return AppealRow(**_row_values(appeal, at))


@dataclass(slots=True, kw_only=True)
class Petitioner:
    """诉求人：按保密级别掩码或隐去（is_hidden）"""

    kind: Named
    is_anonymous: bool
    confidentiality: Named
    is_hidden: bool
    can_reveal: bool
    name: str
    sex: str
    phone: str
    phone2: str
    document_kind: str
    document_number: str
    credit_code: str
    enterprise: str
    home_address: str
    tags: list[str]
    reply_wanted: bool
    reply_way: str
    may_publish: bool


def petitioner(appeal: Appeal, actor: Actor) -> Petitioner:
    """The petitioner as this actor may see them without giving a reason."""
    person = exposure.person_of(appeal, actor)
    hidden = is_hidden(person)
    return Petitioner(
        kind=_code(Table.PETITIONER_KIND, appeal.petitioner_kind),
        is_anonymous=appeal.is_anonymous,
        confidentiality=_code(Table.CONFIDENTIALITY, appeal.confidentiality),
        is_hidden=hidden,
        can_reveal=person.can_reveal,
        name="" if hidden else person.name,
        sex="" if hidden else appeal.sex,
        phone="" if hidden else person.phone,
        phone2="" if hidden else person.phone2,
        document_kind="" if hidden else appeal.document_kind,
        document_number="" if hidden else person.document_number,
        credit_code="" if hidden else appeal.credit_code,
        enterprise="" if hidden else appeal.enterprise,
        home_address="" if hidden else person.home_address,
        tags=[] if hidden else appeal.petitioner_tags,
        reply_wanted=appeal.reply_wanted,
        reply_way=appeal.reply_way,
        may_publish=appeal.may_publish,
    )


def is_hidden(person: exposure.Person) -> bool:
    """Whether the petitioner is not shown at all."""
    return person.name == exposure.HIDDEN


@dataclass(slots=True, kw_only=True)
class AppealOut(AppealRow):
    """一件工单"""

    source: str
    centre: Named
    master: str | None
    merged_count: int
    call_id: str
    agent_name: str
    language: str
    petitioner: Petitioner
    content: str
    aim: str
    tags: list[str]
    concerned: str
    people_count: int | None
    amount: str | None
    happened_at: dt.datetime | None
    answers: dict[str, Any]
    address: str
    longitude: float | None
    latitude: float | None
    datum: str
    grid_code: str
    is_business: bool
    is_public_interest: bool
    is_petition: bool
    return_count: int
    improper_return_count: int
    send_back_count: int
    extension_count: int
    breach_count: int
    outcome: str
    refusal_reason: Named | None
    handed_over_to: Named | None
    public_reply: str
    replied_at: dt.datetime | None
    next_callback_at: dt.datetime | None
    callback_tries: int
    solved: bool | None
    satisfaction: int | None
    dissatisfied_reason: Named | None
    archived_at: dt.datetime | None
    published_at: dt.datetime | None


def _coded(table: Table, code: str) -> Named | None:
    return _code(table, code) if code else None


def _appeal_values(appeal: Appeal, actor: Actor, at: dt.datetime) -> dict[str, Any]:
    values = _row_values(appeal, at)
    centre = _unit(appeal.centre)
    values.update(
        source=appeal.source,
        centre=centre,
        master=appeal.master.number if appeal.master is not None else None,
        merged_count=appeal.merged_count,
        call_id=appeal.call_id,
        agent_name=appeal.agent_name,
        language=appeal.language,
        petitioner=petitioner(appeal, actor),
        content=appeal.content,
        aim=appeal.aim,
        tags=appeal.tags,
        concerned=appeal.concerned,
        people_count=appeal.people_count,
        amount=None if appeal.amount is None else str(appeal.amount),
        happened_at=when(appeal.happened_at),
        answers=_answers(appeal),
        address=appeal.address,
        longitude=appeal.longitude,
        latitude=appeal.latitude,
        datum=appeal.datum,
        grid_code=appeal.grid_code,
        is_business=appeal.is_business,
        is_public_interest=appeal.is_public_interest,
        is_petition=appeal.is_petition,
        return_count=appeal.return_count,
        improper_return_count=appeal.improper_return_count,
        send_back_count=appeal.send_back_count,
        extension_count=appeal.extension_count,
        breach_count=appeal.breach_count,
        outcome=appeal.outcome,
        refusal_reason=_coded(Table.REFUSAL_REASON, appeal.refusal_reason),
        handed_over_to=_coded(Table.HAND_OVER_LINE, appeal.handed_over_to),
        public_reply=appeal.public_reply,
        replied_at=when(appeal.replied_at),
        next_callback_at=when(appeal.next_callback_at),
        callback_tries=appeal.callback_tries,
        solved=appeal.solved,
        satisfaction=appeal.satisfaction,
        dissatisfied_reason=_coded(Table.DISSATISFIED_REASON, appeal.dissatisfied_reason),
        archived_at=when(appeal.archived_at),
        published_at=when(appeal.published_at),
    )
    return values


def _answers(appeal: Appeal) -> dict[str, Any]:
    """The local answers without those that name a person, or whose question is gone."""
    if not appeal.local_answers:
        return {}
    forms = lookups.forms(appeal.category, appeal.region, appeal.registered_at)
    open_to_all = {q.key for q in local_forms.questions(forms) if not q.personal}
    return {k: v for k, v in appeal.local_answers.items() if k in open_to_all}


def appeal_out(appeal: Appeal, actor: Actor, at: dt.datetime) -> AppealOut:
    """The whole appeal."""
    return AppealOut(**_appeal_values(appeal, actor, at))


@dataclass(slots=True, kw_only=True)
class Registered(AppealOut):
    """登记的工单，及诉求人的查询码（只在登记时给出）"""

    query_code: str


def registered(appeal: Appeal, actor: Actor, at: dt.datetime) -> Registered:
    """A new appeal, with the code its citizen asks with."""
    return Registered(query_code=appeal.query_code, **_appeal_values(appeal, actor, at))


@dataclass(slots=True, kw_only=True)
class Progress:
    """诉求人看到的进度"""

    number: str
    version: int
    status: Named
    title: str
    received_at: dt.datetime
    unit: str
    public_reply: str
    replied_at: dt.datetime | None
    solved: bool | None
    satisfaction: int | None
    closed_at: dt.datetime | None


def progress(appeal: Appeal) -> Progress:
    """What the citizen themself may read; the unit only once it has the appeal."""
    return Progress(
        number=appeal.number,
        version=appeal.version,
        status=_status(appeal.status),
        title=appeal.title,
        received_at=_on(appeal.received_at),
        unit=appeal.lead_unit_name,
        public_reply=appeal.public_reply,
        replied_at=when(appeal.replied_at),
        solved=appeal.solved,
        satisfaction=appeal.satisfaction,
        closed_at=when(appeal.closed_at),
    )


@dataclass(slots=True)
class Revealed:
    """诉求人信息明文"""

    number: str
    name: str
    phone: str
    phone2: str
    document_number: str
    home_address: str


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
        appeal_status=_status(appeal.status),
        appeal_title=appeal.title,
        appeal_urgency=_code(Table.URGENCY, appeal.urgency),
        unit=Named(one.unit.code, one.unit_name),
        nature=Named(one.nature, one.get_nature_display()),
        state=_state(one.state),
        parent=one.parent_id,
        depth=one.depth,
        basis=one.basis,
        instruction=one.instruction,
        is_designated=one.is_designated,
        handler_name=one.handler_name,
        round=one.round,
        inner_step=one.inner_step,
        assigned_at=_on(one.assigned_at),
        opened_at=when(one.opened_at),
        signed_at=when(one.signed_at),
        contacted_at=when(one.contacted_at),
        reported_at=when(one.reported_at),
        ended_at=when(one.ended_at),
        due=_due(one, at),
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
        at=_on(event.at),
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
        started_at=_on(clock.started_at),
        due_at=_on(clock.due_at),
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
        suggested_unit=_unit(one.suggested_unit),
        plan=one.plan,
        citizen_told=one.citizen_told,
        days=one.amount,
        applied_at=_on(one.applied_at),
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
        unsolved_reason=_coded(Table.UNSOLVED_REASON, one.unsolved_reason),
        beyond_competence=one.beyond_competence,
        handling_report=one.handling_report,
        public_reply=one.public_reply,
        legal_basis=one.legal_basis,
        written_by=one.written_by,
        signed_off_by=one.signed_off_by,
        updated_at=_on(one.updated_at),
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
        id=one.pk, assignment=one.assignment_id, way=_code(Table.REPLY_WAY, one.way),
        reached=one.reached, note=one.note, at=_on(one.at), by=one.by,
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
        dissatisfied_reason=_coded(Table.DISSATISFIED_REASON, one.dissatisfied_reason),
        note=one.note,
        decision=Named(one.decision, one.get_decision_display()),
        finding=one.finding,
        next_at=when(one.next_at),
        at=_on(one.at),
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
        convened_at=_on(one.convened_at),
        conclusion=one.conclusion,
        concluded_at=when(one.concluded_at),
        opinions=[opinion_out(o) for o in one.opinions.all()],
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
        uploaded_at=_on(one.uploaded_at),
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


# --- the catalogue, regions, units ----------------------------------------------------------------


@dataclass(slots=True)
class SchemeOut:
    """一套诉求分类方案"""

    name: str
    version: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    is_current: bool


def scheme_out(one: Scheme, current: Scheme | None) -> SchemeOut:
    """One scheme."""
    is_current = current is not None and one.pk == current.pk
    return SchemeOut(one.name, one.version, one.valid_from, one.valid_to, is_current)


@dataclass(slots=True, kw_only=True)
class CategoryOut:
    """一个分类"""

    code: str
    name: str
    path_name: str
    level: int
    parent: str | None
    pinyin: str
    is_leaf: bool | None


def category_out(one: Category) -> CategoryOut:
    """One class; reads ``parent``."""
    parent = one.parent.code if one.parent is not None else None
    return CategoryOut(
        code=one.code, name=one.name, path_name=one.path_name, level=one.level, parent=parent,
        pinyin=one.pinyin, is_leaf=None,
    )  # fmt: skip


def category_hit_out(one: CategoryHit) -> CategoryOut:
    """One class found by words."""
    return CategoryOut(
        code=one.code, name=one.name, path_name=one.path_name, level=one.level, parent=None,
        pinyin=one.pinyin, is_leaf=one.is_leaf,
    )  # fmt: skip


@dataclass(slots=True)
class CodeOut:
    """一个代码"""

    code: str
    label: str
    valid_from: dt.date
    valid_to: dt.date | None
    is_valid: bool


@dataclass(slots=True)
class CodeTableOut:
    """一张代码表"""

    key: str
    name: str
    items: list[CodeOut]


def code_table_out(table: Table, at: dt.datetime) -> CodeTableOut:
    """A table with every code it ever had."""
    day = at.astimezone(BEIJING).date()
    items = [
        CodeOut(c.code, c.label, c.valid_from, c.valid_to, c.holds_on(day))
        for c in codes.table(table).values()
    ]
    return CodeTableOut(table, codes.TABLE_NAMES[table], items)


@dataclass(slots=True)
class DutyOut:
    """由谁承办及理由；unit 为 null 表示目录和兜底都没有"""

    unit: Named | None
    basis: str
    reason: str
    is_fallback: bool


def duty_out(hit: DutyHit | None) -> DutyOut:
    """Who answers for a class in an area."""
    if hit is None:
        return DutyOut(None, "", "权属目录未列明，也没有兜底单位。", False)
    return DutyOut(_unit(hit.unit), hit.basis, hit.reason, hit.is_fallback)


@dataclass(slots=True, kw_only=True)
class RegionOut:
    """一个行政区划"""

    code: str
    name: str
    full_name: str
    level: Named
    parent: str | None
    valid_from: dt.date
    valid_to: dt.date | None


def region_out(one: Region, full_name: str) -> RegionOut:
    """One region; reads ``parent``."""
    return RegionOut(
        code=one.code,
        name=one.name,
        full_name=full_name,
        level=Named(one.level, one.get_level_display()),
        parent=one.parent.code if one.parent is not None else None,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
    )


@dataclass(slots=True, kw_only=True)
class UnitOut:
    """一个单位"""

    code: str
    name: str
    short_name: str
    full_name: str
    kind: Named
    region: Named
    parent: str | None
    phone: str
    valid_from: dt.date
    valid_to: dt.date | None


def unit_out(one: Unit, full_name: str) -> UnitOut:
    """One unit; reads ``region`` and ``parent``."""
    return UnitOut(
        code=one.code,
        name=one.name,
        short_name=one.short_name,
        full_name=full_name,
        kind=Named(one.kind, one.get_kind_display()),
        region=Named(one.region.code, one.region.name),
        parent=one.parent.code if one.parent is not None else None,
        phone=one.phone,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
    )


@dataclass(slots=True)
class Me:
    """这把密钥是谁、能做什么"""

    name: str
    unit: Named
    region: Named
    permissions: list[str]
    per_minute: int
    expires_on: dt.date | None
