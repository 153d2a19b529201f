"""What is known of an appeal when it comes in, and the row that is made of it.

``build`` checks every field at once, so that a form shows all that is wrong together.
"""

import datetime as dt
import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

import orjson

from jiesu.access import Actor, ActorKind
from jiesu.appeals import lookups
from jiesu.appeals.actions import held
from jiesu.appeals.actions.numbers import next_number
from jiesu.appeals.models import Appeal
from jiesu.catalogue import codes, local_forms
from jiesu.catalogue.codes import Table
from jiesu.catalogue.models import Category
from jiesu.foundation import identifiers
from jiesu.foundation.crypto import keyring
from jiesu.foundation.errors import FieldError, Invalid, UseCaseError
from jiesu.foundation.text import clean_text
from jiesu.organizations.models import Region

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


def fingerprint(intake: Intake, accept: bool) -> str:
    """What makes two intakes the same."""
    values = {f.name: getattr(intake, f.name) for f in fields(intake)}
    text = orjson.dumps([values, accept], default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


def build(intake: Intake, actor: Actor, at: dt.datetime, query_code: str = "") -> Appeal:
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
        region = _region(intake.region_code)
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
        number=next_number(centre, at),
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


def _title_of(content: str) -> str:
    """The first clause of the content, for whoever wrote no title."""
    first = content.splitlines()[0]
    for stop in "。！？；\n":
        first = first.split(stop)[0]
    matter = _WHO_SAYS.sub("", first) or first
    return matter[:TITLE_LENGTH]


def _region(code: str) -> Region:
    """The region that bears the code now; asked once by those who take over a whole history."""
    holding = held.current.get()
    if holding is None:
        return lookups.region(code)
    return holding.remember(("region", code), lambda: lookups.region(code))
