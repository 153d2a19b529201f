"""An appeal as it is answered: a row of a list, the whole of it, its progress."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from jiesu.access import Actor
from jiesu.api.v1.outputs.parts import (
    Due,
    Named,
    due_of,
    in_beijing,
    named,
    named_or_none,
    named_status,
    named_unit,
    when,
)
from jiesu.appeals import lookups
from jiesu.appeals.actions import exposure
from jiesu.appeals.models import (
    Appeal,
)
from jiesu.catalogue import local_forms
from jiesu.catalogue.codes import Table


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
        "status": named_status(appeal.status),
        "title": appeal.title,
        "appeal_type": named(Table.APPEAL_TYPE, appeal.appeal_type),
        "category": Named(category.code, appeal.category_name) if category else None,
        "region": Named(appeal.region.code, appeal.region_name),
        "urgency": named(Table.URGENCY, appeal.urgency),
        "channel": named(Table.CHANNEL, appeal.channel),
        "is_difficult": appeal.is_difficult,
        "received_at": in_beijing(appeal.received_at),
        "registered_at": in_beijing(appeal.registered_at),
        "lead_unit": Named(lead.code, appeal.lead_unit_name) if lead else None,
        "due": due_of(appeal, at),
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
        kind=named(Table.PETITIONER_KIND, appeal.petitioner_kind),
        is_anonymous=appeal.is_anonymous,
        confidentiality=named(Table.CONFIDENTIALITY, appeal.confidentiality),
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


def _appeal_values(appeal: Appeal, actor: Actor, at: dt.datetime) -> dict[str, Any]:
    values = _row_values(appeal, at)
    centre = named_unit(appeal.centre)
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
        refusal_reason=named_or_none(Table.REFUSAL_REASON, appeal.refusal_reason),
        handed_over_to=named_or_none(Table.HAND_OVER_LINE, appeal.handed_over_to),
        public_reply=appeal.public_reply,
        replied_at=when(appeal.replied_at),
        next_callback_at=when(appeal.next_callback_at),
        callback_tries=appeal.callback_tries,
        solved=appeal.solved,
        satisfaction=appeal.satisfaction,
        dissatisfied_reason=named_or_none(Table.DISSATISFIED_REASON, appeal.dissatisfied_reason),
        archived_at=when(appeal.archived_at),
        published_at=when(appeal.published_at),
    )
    return values


def _answers(appeal: Appeal) -> dict[str, Any]:
    """The local answers without those whose question is gone or since names a person."""
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
        status=named_status(appeal.status),
        title=appeal.title,
        received_at=in_beijing(appeal.received_at),
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
    answers: dict[str, str]  # 属地附加项中含个人信息的答案
