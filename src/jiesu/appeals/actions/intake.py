"""Taking in: register, add facts, urge, withdraw, answer at once, refuse, hand over."""

import datetime as dt
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection, transaction

from jiesu.access import Actor, ActorKind
from jiesu.appeals import lifecycle as life
from jiesu.appeals import lookups
from jiesu.appeals.actions import merged, triage
from jiesu.appeals.actions.attachments import claim_uploads
from jiesu.appeals.actions.transition import Change, changing, check_centre, check_permission
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, NumberSequence
from jiesu.catalogue import codes, local_forms
from jiesu.catalogue.codes import Table
from jiesu.catalogue.models import Category
from jiesu.catalogue.versions import day_of
from jiesu.foundation import identifiers
from jiesu.foundation.crypto import keyring
from jiesu.foundation.errors import FieldError, Invalid, NotAllowedNow, UseCaseError, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import idempotency
from jiesu.organizations.models import Region, Unit

TITLE_LENGTH = 60
# What a record begins with and a title need not: who says it.
_WHO_SAYS = re.compile(r"^(?:来电人|诉求人|市民|群众)(?:来电)?(?:反映|称|表示)[：:，,、\s]*")
CONTENT_LENGTH = 20_000
NEVER_ENTERED = "3"  # 涉密: such matters do not enter the network (domain §4)
ANONYMOUS_CHANNELS = frozenset({"phone"})


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What is known of an appeal when it comes in; field groups as in domain §4.

    Codes are code-table values; ``region_code`` is a division code, ``category_code`` a code of the
    active scheme or "" (not yet classified). ``received_at`` is when the citizen called or wrote.
    """

    content: str
    region_code: str
    channel: str
    appeal_type: str = ""
    title: str = ""
    aim: str = ""
    category_code: str = ""
    received_at: dt.datetime | None = None
    source: str = ""
    outside_number: str = ""
    call_id: str = ""
    language: str = ""
    petitioner_kind: str = "person"
    is_anonymous: bool = False
    confidentiality: str = "0"
    name: str = ""
    sex: str = ""
    phone: str = ""
    phone2: str = ""
    document_kind: str = ""
    document_number: str = ""
    credit_code: str = ""
    enterprise: str = ""
    home_address: str = ""
    petitioner_tags: tuple[str, ...] = ()
    reply_wanted: bool = True
    reply_way: str = ""
    may_publish: bool = False
    tags: tuple[str, ...] = ()
    concerned: str = ""
    people_count: int | None = None
    amount: Decimal | None = None
    happened_at: dt.datetime | None = None
    address: str = ""
    longitude: float | None = None
    latitude: float | None = None
    datum: str = ""
    grid_code: str = ""
    urgency: str = "3"
    is_business: bool = False
    is_public_interest: bool = False
    is_petition: bool = False
    local_answers: dict[str, Any] = field(default_factory=dict)
    repeat_of: str = ""
    upload_key: str = ""


def register(
    intake: Intake, *, actor: Actor, at: dt.datetime, idempotency_key: str = "",
    accept: bool = False, query_code: str = "",
) -> Appeal:  # fmt: skip
    """This will take an appeal in: number it, start its clocks, write its first event.

    ``accept`` also accepts it at once (an agent's own intake). The same ``idempotency_key`` from
    the same actor gives the first appeal back. ``query_code`` is one the citizen already holds.
    Refusals: Invalid (every wrong field at once), Forbidden, UseCaseError ``secret_matter`` for
    涉密 matters.
    """
    check_permission(actor, life.REGISTER)
    with transaction.atomic():
        remembered = None
        if idempotency_key:
            remembered = idempotency.remember(
                actor.key, idempotency_key, request_hash=_fingerprint(intake, accept), at=at
            )
            if remembered.result is not None:
                return Appeal.objects.get(number=remembered.result)
        appeal = _build(intake, actor, at, query_code)
        with changing(appeal, actor=actor, at=at) as change:
            change.follow(
                life.REGISTER,
                data={
                    "channel": appeal.channel,
                    "type": appeal.appeal_type,
                    "category": appeal.category_name,
                    "region": appeal.region_name,
                    "urgency": appeal.urgency,
                    "title": appeal.title,
                },
            )
            if accept:
                _accept(change)
        if intake.upload_key:
            claim_uploads(appeal, intake.upload_key, actor)
        if appeal.repeat_of_id is not None:
            _tell_repeat(appeal, actor, at)
        if remembered is not None:
            remembered.store(appeal.number)
    return appeal


def accept(
    appeal: Appeal, *, actor: Actor, at: dt.datetime, category_code: str = "",
    appeal_type: str = "", urgency: str = "", region_code: str = "",
) -> Appeal:  # fmt: skip
    """This will accept a registered appeal, keeping or overruling how it was classified.

    Refusals: NotAllowedNow, Forbidden, ChangedMeanwhile, Invalid for an unknown code.
    """
    changes = _classification(appeal, at, category_code, appeal_type, urgency, region_code)
    before, changes = _overruled(appeal, changes)
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        check_permission(actor, life.ACCEPT)
        if changes:
            change.change_appeal(**changes)
        _accept(change, before, changes)
    return appeal


def reclassify(
    appeal: Appeal, *, actor: Actor, at: dt.datetime, category_code: str = "",
    appeal_type: str = "", urgency: str = "", region_code: str = "", title: str = "",
    address: str | None = None, is_difficult: bool | None = None,
) -> Appeal:  # fmt: skip
    """This will correct class, type, urgency, area, title or address of an open appeal.

    Running limits keep their start; after dispatch a new urgency counts for later clocks only.
    """
    changes = _classification(appeal, at, category_code, appeal_type, urgency, region_code)
    if title:
        changes["title"] = clean_text(
            title, max_length=TITLE_LENGTH, field="title", label="标题", multiline=False
        )
    if address is not None:
        changes["address"] = clean_text(
            address, max_length=256, field="address", label="事发地址", multiline=False
        )
    if is_difficult is not None:
        changes["is_difficult"] = is_difficult
    before, changes = _overruled(appeal, changes)
    if not changes:
        return appeal
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        change.move(life.RECLASSIFY, data=_facts_of(before, changes), **changes)
        change.outdate()  # who reads the old class or place must not act on it
    return appeal


def add_facts(
    appeal: Appeal, text: str, *, actor: Actor, at: dt.datetime, upload_key: str = ""
) -> Appeal:
    """This will append what the citizen adds; units see it on the timeline."""
    told = clean_text(text, max_length=4000, field="text", label="补充情况")
    if not told and not upload_key:
        raise invalid("text", "请填写要补充的情况。", "required")
    with changing(appeal, actor=actor, at=at) as change:
        change.move(life.ADD_FACTS, data={"text": told})
        if upload_key:
            claim_uploads(appeal, upload_key, actor)
    return appeal


def urge(appeal: Appeal, text: str = "", *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will urge whoever has the appeal now 催办; a citizen may once a day."""
    told = clean_text(text, max_length=500, field="text", label="催办说明")
    with changing(appeal, actor=actor, at=at) as change:
        if (
            actor.kind is ActorKind.CITIZEN
            and appeal.events.filter(
                kind=life.URGE.name, actor_kind=ActorKind.CITIZEN, at__gt=at - dt.timedelta(days=1)
            ).exists()
        ):
            raise NotAllowedNow("您今天已经催办过，我们已转告承办单位。请明天再试。")
        change.move(life.URGE, data={"text": told}, urge_count=appeal.urge_count + 1)
    return appeal


def withdraw(
    appeal: Appeal, reason: str, *, actor: Actor, at: dt.datetime, proven: bool = False
) -> Appeal:
    """This will end the appeal because the citizen takes it back 撤诉.

    Only its own centre takes the citizen's word, unless they have ``proven`` to a channel that it
    is theirs. Whoever was merged under it has not taken back anything and waits for dispatch again.
    """
    why = clean_text(reason, max_length=500, field="reason", label="撤诉原因")
    if not why and actor.kind is not ActorKind.CITIZEN:
        raise invalid("reason", "请填写诉求人撤诉的原因。", "required")
    with changing(appeal, actor=actor, at=at) as change:
        if not proven:
            check_centre(actor, appeal)
        change.move(life.WITHDRAW, data={"reason": why}, outcome="withdrawn", closed_at=at)
        merged.part(change, "主单已撤诉")
    return appeal


def answer_directly(appeal: Appeal, answer: str, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will close the appeal with the answer given at the desk 直接答复."""
    said = clean_text(answer, max_length=CONTENT_LENGTH, field="answer", label="答复内容")
    if not said:
        raise invalid("answer", "请填写答复内容。", "required")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        change.move(
            life.ANSWER_DIRECTLY, data={"answer": said}, public_reply=said, replied_at=at,
            outcome="answered_directly", closed_at=at,
        )  # fmt: skip
        merged.answer(change, said)
    return appeal


def refuse(
    appeal: Appeal, reason_code: str, explanation: str, *, actor: Actor, at: dt.datetime
) -> Appeal:
    """This will refuse the appeal 不予受理 with a listed reason and words for the citizen."""
    codes.check(Table.REFUSAL_REASON, reason_code, at, "reason_code")
    said = clean_text(explanation, max_length=2000, field="explanation", label="告知内容")
    if not said:
        raise invalid("explanation", "请写明不予受理的理由和诉求人可走的其他途径。", "required")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        change.move(
            life.REFUSE,
            data={
                "reason": codes.label(Table.REFUSAL_REASON, reason_code),
                "explanation": said,
            },
            refusal_reason=reason_code, public_reply=said, replied_at=at, outcome="refused",
            closed_at=at,
        )  # fmt: skip
        merged.answer(change, said)
    return appeal


def hand_over(
    appeal: Appeal, line_code: str, note: str, *, actor: Actor, at: dt.datetime
) -> Appeal:
    """This will record that the matter went to 110 or another line 移交 (国办发〔2022〕12号)."""
    codes.check(Table.HAND_OVER_LINE, line_code, at, "line_code")
    said = clean_text(note, max_length=1000, field="note", label="移交情况")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        label = codes.label(Table.HAND_OVER_LINE, line_code)
        told = f"您反映的事项已移交{label}处理。"
        change.move(
            life.HAND_OVER, data={"to": label, "note": said}, handed_over_to=line_code,
            outcome="handed_over", closed_at=at, public_reply=told, replied_at=at,
        )  # fmt: skip
        merged.answer(change, told)
    return appeal


def register_and_answer(
    intake: Intake, answer: str, *, actor: Actor, at: dt.datetime, idempotency_key: str = ""
) -> Appeal:
    """This will register an appeal and close it with the answer given at the desk, in one step."""
    with transaction.atomic():
        appeal = register(intake, actor=actor, at=at, idempotency_key=idempotency_key)
        if appeal.where is not Status.REGISTERED:
            return appeal  # the same form, sent twice
        return answer_directly(appeal, answer, actor=actor, at=at)


def register_and_refuse(
    intake: Intake, reason_code: str, explanation: str, *, actor: Actor, at: dt.datetime,
    idempotency_key: str = "",
) -> Appeal:  # fmt: skip
    """This will register an appeal and refuse it, in one step: the refusal is on record."""
    with transaction.atomic():
        appeal = register(intake, actor=actor, at=at, idempotency_key=idempotency_key)
        if appeal.where is not Status.REGISTERED:
            return appeal
        return refuse(appeal, reason_code, explanation, actor=actor, at=at)


def register_and_hand_over(
    intake: Intake, line_code: str, note: str, *, actor: Actor, at: dt.datetime,
    idempotency_key: str = "",
) -> Appeal:  # fmt: skip
    """This will register an appeal and record its hand-over to 110 or another line, in one step."""
    with transaction.atomic():
        appeal = register(intake, actor=actor, at=at, idempotency_key=idempotency_key)
        if appeal.where is not Status.REGISTERED:
            return appeal
        return hand_over(appeal, line_code, note, actor=actor, at=at)


def register_and_merge(
    intake: Intake, master: Appeal, *, actor: Actor, at: dt.datetime, idempotency_key: str = ""
) -> Appeal:
    """This will register an appeal and put it under a master at once 挂到主单."""
    with transaction.atomic():
        appeal = register(intake, actor=actor, at=at, idempotency_key=idempotency_key)
        if appeal.where is not Status.REGISTERED:
            return appeal
        return triage.merge(appeal, master, "同一事项", actor=actor, at=at)


# --- inside ---------------------------------------------------------------------------------------


def _accept(
    change: Change,
    before: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Accept; what was overruled stands in the event as it was and as it is."""
    overruled = _facts_of(before or {}, changes) if changes else {}
    change.follow(life.ACCEPT, data={"category": change.appeal.category_name, **overruled})


def _overruled(appeal: Appeal, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands now in the fields that really change, and what they change to."""
    before = {k: _plain(getattr(appeal, k)) for k in changes}
    changes = {k: v for k, v in changes.items() if _plain(v) != before[k]}
    return {k: before[k] for k in changes}, changes


_IN_WORDS = {"category", "region", "region_path"}  # their names stand beside them


def _facts_of(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    told = [k for k in changes if k not in _IN_WORDS]
    return {
        "before": {k: before[k] for k in told}, "after": {k: changes[k] for k in told}
    }  # fmt: skip


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Category | Region) else value


def _classification(
    appeal: Appeal, at: dt.datetime, category_code: str, appeal_type: str, urgency: str,
    region_code: str,
) -> dict[str, Any]:  # fmt: skip
    """The fields that new codes change; refuses unknown ones."""
    changes: dict[str, Any] = {}
    if category_code:
        category = lookups.category(category_code, at, "category_code")
        changes |= {"category": category, "category_name": category.path_name}
    if appeal_type:
        codes.check(Table.APPEAL_TYPE, appeal_type, at, "appeal_type")
        changes["appeal_type"] = appeal_type
    if urgency:
        codes.check(Table.URGENCY, urgency, at, "urgency")
        changes["urgency"] = urgency
    if region_code and region_code != appeal.region.code:
        region = lookups.region(region_code)
        changes |= {
            "region": region,
            "region_path": region.path,
            "region_name": lookups.region_name(region),
        }
    return changes


def _fingerprint(intake: Intake, accept: bool) -> str:
    values = {f.name: getattr(intake, f.name) for f in fields(intake)}
    text = orjson.dumps([values, accept], default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


class _Collector:
    """Gathers every wrong field before refusing, so that a form shows them all at once."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def add(self, field: str, message: str, code: str = "invalid") -> None:
        self.errors.append(FieldError(field, code, message))

    def text(
        self, field: str, value: str, label: str, max_length: int, multiline: bool = False
    ) -> str:
        try:
            return clean_text(
                value, max_length=max_length, field=field, label=label, multiline=multiline
            )
        except Invalid as error:
            self.errors.extend(error.errors)
            return ""

    def code(self, table: Table, field: str, value: str, at: dt.datetime) -> None:
        try:
            codes.check(table, value, at, field)
        except Invalid as error:
            self.errors.extend(error.errors)


def _build(intake: Intake, actor: Actor, at: dt.datetime, query_code: str = "") -> Appeal:
    """The unsaved appeal of a checked intake; raises Invalid with every wrong field."""
    if intake.confidentiality == NEVER_ENTERED:
        raise UseCaseError(
            "涉密事项不得录入本系统。请停止录入，告知来电人通过保密渠道反映，并按涉密事项规定上报。",
            code="secret_matter", field="confidentiality",
        )  # fmt: skip
    bad = _Collector()
    content = bad.text("content", intake.content, "诉求内容", CONTENT_LENGTH, multiline=True)
    title = bad.text("title", intake.title, "标题", TITLE_LENGTH)
    if not content and not any(e.field == "content" for e in bad.errors):
        bad.add("content", "请填写诉求内容。", "required")
    texts = {
        "aim": ("诉求目的", 500),
        "name": ("姓名", 64),
        "enterprise": ("企业名称", 128),
        "home_address": ("诉求人地址", 256),
        "concerned": ("被反映对象", 128),
        "address": ("事发地址", 256),
        "call_id": ("通话编号", 64),
        "source": ("来源平台", 32),
        "outside_number": ("外部编号", 64),
        "grid_code": ("网格编码", 32),
        "language": ("语种", 16),
        "datum": ("坐标系", 16),
    }
    clean = {
        key: bad.text(key, getattr(intake, key), label, length)
        for key, (label, length) in texts.items()
    }
    bad.code(Table.CHANNEL, "channel", intake.channel, at)
    bad.code(Table.APPEAL_TYPE, "appeal_type", intake.appeal_type, at)
    bad.code(Table.URGENCY, "urgency", intake.urgency, at)
    bad.code(Table.CONFIDENTIALITY, "confidentiality", intake.confidentiality, at)
    bad.code(Table.PETITIONER_KIND, "petitioner_kind", intake.petitioner_kind, at)
    if intake.reply_way:
        bad.code(Table.REPLY_WAY, "reply_way", intake.reply_way, at)
    for tag in intake.petitioner_tags:
        bad.code(Table.PETITIONER_TAG, "petitioner_tags", tag, at)
    phones = {}
    for key in ("phone", "phone2"):
        number = identifiers.normalize_phone(getattr(intake, key))
        problem = identifiers.phone_problem(number) if number else None
        if problem:
            bad.add(key, problem, "bad_phone")
        phones[key] = number
    if not phones["phone"] and not intake.is_anonymous and intake.reply_wanted:
        bad.add("phone", "请填写联系电话；匿名诉求请勾选“匿名”。", "required")
    document_number = intake.document_number.strip().upper()
    if document_number and intake.document_kind in ("", "id_card"):
        problem = identifiers.id_card_problem(document_number)
        if problem:
            bad.add("document_number", problem, "bad_document")
    credit_code = intake.credit_code.strip().upper()
    if credit_code:
        problem = identifiers.credit_code_problem(credit_code)
        if problem:
            bad.add("credit_code", problem, "bad_credit_code")
    received_at = intake.received_at or at
    if received_at > at + dt.timedelta(minutes=5):
        bad.add("received_at", "来电时间晚于现在，请核对。", "future")
    if intake.happened_at and intake.happened_at > at + dt.timedelta(minutes=5):
        bad.add("happened_at", "发生时间晚于现在，请核对。", "future")
    if intake.people_count is not None and not 0 <= intake.people_count <= 10_000_000:
        bad.add("people_count", "涉及人数应在 0 到 1000 万之间，请核对。", "out_of_range")
    if intake.amount is not None and not 0 <= intake.amount < Decimal(10) ** 12:
        bad.add("amount", "涉及金额应为正数且小于 1 万亿元，请核对。", "out_of_range")
    if (intake.longitude is None) != (intake.latitude is None):
        bad.add("longitude", "经度和纬度须同时填写。", "incomplete")
    elif (
        intake.longitude is not None
        and intake.latitude is not None
        and not (73 <= intake.longitude <= 136 and 3 <= intake.latitude <= 54)
    ):
        bad.add("longitude", "坐标不在中国境内，请核对经纬度是否填反。", "out_of_range")
    category: Category | None = None
    if intake.category_code:
        try:
            category = lookups.category(intake.category_code, at, "category_code")
        except Invalid as error:
            bad.errors.extend(error.errors)
    region: Region | None = None
    try:
        region = lookups.region(intake.region_code)
    except Invalid as error:
        bad.errors.extend(error.errors)
    answers: dict[str, Any] = {}
    personal: dict[str, Any] = {}
    if region is not None:
        try:
            asked = lookups.forms(category, region, at)
            answers, personal = local_forms.split_personal(
                asked, local_forms.clean(asked, intake.local_answers, at)
            )
        except Invalid as error:
            bad.errors.extend(error.errors)
    repeat_of = None
    if intake.repeat_of:
        repeat_of = Appeal.objects.visible_to(actor).filter(number=intake.repeat_of).first()
        if repeat_of is None:
            bad.add("repeat_of", "没有找到关联的原工单，请核对编号。", "unknown")
    if bad.errors or region is None:
        raise Invalid(bad.errors)
    centre = lookups.centre(actor.unit_id, region)
    search_hash = keyring().search_hash
    return Appeal(
        number=_next_number(centre, at),
        centre=centre,
        channel=intake.channel,
        received_at=received_at,
        registered_at=at,
        agent_id=actor.user_id,
        agent_name=actor.name if actor.kind is ActorKind.PERSON else "",
        petitioner_kind=intake.petitioner_kind,
        is_anonymous=intake.is_anonymous,
        confidentiality=intake.confidentiality,
        name_hash=search_hash(clean["name"]) if clean["name"] else "",
        sex=intake.sex[:8],
        phone=phones["phone"],
        phone_hash=search_hash(phones["phone"]) if phones["phone"] else "",
        phone2=phones["phone2"],
        phone2_hash=search_hash(phones["phone2"]) if phones["phone2"] else "",
        document_kind=intake.document_kind[:16],
        document_number=document_number,
        document_hash=search_hash(document_number) if document_number else "",
        credit_code=credit_code,
        petitioner_tags=list(intake.petitioner_tags),
        reply_wanted=intake.reply_wanted,
        reply_way=intake.reply_way,
        may_publish=intake.may_publish,
        query_code=query_code or f"{secrets.randbelow(10**6):06d}",
        title=title or _title_of(content),
        content=content,
        appeal_type=intake.appeal_type,
        category=category,
        category_name=category.path_name if category else "",
        tags=[t.strip()[:16] for t in intake.tags if t.strip()][:20],
        people_count=intake.people_count,
        amount=intake.amount,
        happened_at=intake.happened_at,
        local_answers=answers,
        personal_answers=json.dumps(personal, ensure_ascii=False) if personal else "",
        region=region,
        region_path=region.path,
        region_name=lookups.region_name(region),
        longitude=intake.longitude,
        latitude=intake.latitude,
        urgency=intake.urgency,
        is_business=intake.is_business or intake.petitioner_kind == "enterprise",
        is_public_interest=intake.is_public_interest,
        is_petition=intake.is_petition,
        repeat_of=repeat_of,
        **clean,
    )


def _title_of(content: str) -> str:
    """The first clause of the content, for whoever wrote no title."""
    first = content.splitlines()[0]
    for stop in "。！？；\n":
        first = first.split(stop)[0]
    matter = _WHO_SAYS.sub("", first) or first
    return matter[:TITLE_LENGTH]


def _next_number(centre: Unit, at: dt.datetime) -> str:
    """The next order number of the centre's area and day (domain §3 Numbers): one statement.

    Others who number at the same area wait until this transaction ends, so that none is missing.
    """
    area, day = centre.region.code[:6].ljust(6, "0"), day_of(at)
    table = connection.ops.quote_name(NumberSequence._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS s (area, day, last) VALUES (%s, %s, 1)"  # noqa: S608 - a table's name
            " ON CONFLICT (area, day) DO UPDATE SET last = s.last + 1 RETURNING last",
            [area, connection.ops.adapt_datefield_value(day)],
        )
        (last,) = cursor.fetchone()
    return identifiers.order_number(area, day, last)


def _tell_repeat(appeal: Appeal, actor: Actor, at: dt.datetime) -> None:
    """Leave a trace on the earlier appeal that the citizen came again."""
    earlier = appeal.repeat_of
    if earlier is not None and earlier.status not in (Status.ARCHIVED,):
        with changing(earlier, actor=actor, at=at) as change:
            change.record("repeated", {"number": appeal.number, "title": appeal.title})
