"""Code tables: what may be chosen, what a code is called, whether a code may still be used."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from jiesu.access import Actor
from jiesu.catalogue.editing import STALE, Problems, changed, must_edit, starting
from jiesu.catalogue.models import EPOCH, CodeItem, CodeTable
from jiesu.catalogue.versions import Cached, day_of
from jiesu.foundation.errors import ChangedMeanwhile, NotAllowedNow, NotFound, invalid


class Table(StrEnum):
    """Every code table there is (domain §4)."""

    APPEAL_TYPE = "appeal_type"
    CHANNEL = "channel"
    URGENCY = "urgency"
    CONFIDENTIALITY = "confidentiality"
    REFUSAL_REASON = "refusal_reason"
    RETURN_REASON = "return_reason"
    EXTENSION_REASON = "extension_reason"
    SUSPENSION_REASON = "suspension_reason"
    ENDING_REASON = "ending_reason"
    UNSOLVED_REASON = "unsolved_reason"
    DISSATISFIED_REASON = "dissatisfied_reason"
    PETITIONER_KIND = "petitioner_kind"
    REPLY_WAY = "reply_way"
    HAND_OVER_LINE = "hand_over_line"
    PETITIONER_TAG = "petitioner_tag"
    SEND_BACK_REASON = "send_back_reason"
    EXCLUSION_GROUND = "exclusion_ground"
    FAULT_KIND = "fault_kind"


TABLE_NAMES: dict[Table, str] = {
    Table.APPEAL_TYPE: "诉求类型",
    Table.CHANNEL: "来源渠道",
    Table.URGENCY: "紧急程度",
    Table.CONFIDENTIALITY: "保密方式",
    Table.REFUSAL_REASON: "不予受理原因",
    Table.RETURN_REASON: "退单原因",
    Table.EXTENSION_REASON: "延期原因",
    Table.SUSPENSION_REASON: "挂起原因",
    Table.ENDING_REASON: "终止原因",
    Table.UNSOLVED_REASON: "未解决原因",
    Table.DISSATISFIED_REASON: "不满意原因",
    Table.PETITIONER_KIND: "诉求人类别",
    Table.REPLY_WAY: "答复方式",
    Table.HAND_OVER_LINE: "转接专线",
    Table.PETITIONER_TAG: "诉求人标签",
    Table.SEND_BACK_REASON: "退回重办原因",
    Table.EXCLUSION_GROUND: "剔除理由",
    Table.FAULT_KIND: "考核过错类型",
}


class AppealType(StrEnum):
    """The codes of ``Table.APPEAL_TYPE`` that rules speak of."""

    CONSULTATION = "01"
    HELP = "02"
    COMPLAINT = "03"
    REPORT = "04"
    SUGGESTION = "05"
    PRAISE = "06"
    OTHER = "09"


class Urgency(StrEnum):
    """The codes of ``Table.URGENCY`` that rules speak of."""

    EXTREME = "1"
    URGENT = "2"
    ORDINARY = "3"


class Confidentiality(StrEnum):
    """The codes of ``Table.CONFIDENTIALITY`` that rules speak of."""

    OPEN = "0"
    HIDDEN_FROM_UNIT = "1"
    HIDDEN_FROM_ALL = "2"
    CLASSIFIED = "3"  # never enters this system


class SuspensionReason(StrEnum):
    """The codes of ``Table.SUSPENSION_REASON`` that rules speak of."""

    LAWSUIT = "lawsuit"
    EXPERT_TEST = "expert_test"
    SEASONAL_WORKS = "seasonal_works"
    UNREACHABLE = "unreachable"


class PetitionerKind(StrEnum):
    """The codes of ``Table.PETITIONER_KIND`` that rules speak of."""

    PERSON = "person"
    ENTERPRISE = "enterprise"


class ReplyWay(StrEnum):
    """The codes of ``Table.REPLY_WAY`` that rules speak of."""

    PHONE = "phone"
    SMS = "sms"
    WEB = "web"
    LETTER = "letter"
    VISIT = "visit"
    NONE = "none"


@dataclass(frozen=True)
class Code:
    """One code as it stands in its table."""

    code: str
    label: str
    order: int = 0
    valid_from: dt.date = EPOCH
    valid_to: dt.date | None = None
    is_fixed: bool = False

    def holds_on(self, day: dt.date) -> bool:
        """Whether it may be chosen on that day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def _load() -> dict[str, dict[str, Code]]:
    tables: dict[str, dict[str, Code]] = {}
    for row in CodeItem.objects.select_related("table").order_by("table_id", "order", "code"):
        tables.setdefault(row.table.key, {})[row.code] = Code(
            row.code, row.label, row.order, row.valid_from, row.valid_to, row.is_fixed
        )
    return tables


_tables: Cached[dict[str, dict[str, Code]]] = Cached(_load)


def table(key: Table | str) -> Mapping[str, Code]:
    """Every code the table ever had, by code, in its order; empty when the table is unknown."""
    return _tables.get().get(str(key), {})


def items(key: Table | str, at: dt.datetime | dt.date) -> list[Code]:
    """The codes that may be chosen at that time, in their order."""
    day = day_of(at)
    return [item for item in table(key).values() if item.holds_on(day)]


def choices(key: Table | str, at: dt.datetime | dt.date) -> list[tuple[str, str]]:
    """``items`` as (code, label) pairs, as a form's select wants them."""
    return [(item.code, item.label) for item in items(key, at)]


def label(key: Table | str, code: str) -> str:
    """What a code is called, whether it still holds or not; an unknown code stays as it is."""
    item = table(key).get(code)
    return item.label if item else code


def check(key: Table | str, code: str, at: dt.datetime | dt.date, field: str = "") -> str:
    """The code, if it may be chosen at that time.

    Refuses an unknown code, one that has been retired, and one that does not hold yet.
    """
    name = TABLE_NAMES[Table(key)]
    field = field or str(key)
    item = table(key).get(code)
    day = day_of(at)
    if item is None:
        if not code:
            raise invalid(field, f"请选择{name}。", "required")
        raise invalid(field, f"{name}中没有代码“{code[:32]}”，请从列表中重新选择。", "unknown_code")
    if item.valid_to is not None and day >= item.valid_to:
        raise invalid(
            field,
            f"{name}“{item.label}”自{item.valid_to:%Y年%m月%d日}起停用，请改选其他选项。",
            "retired_code",
        )
    if day < item.valid_from:
        raise invalid(
            field,
            f"{name}“{item.label}”自{item.valid_from:%Y年%m月%d日}起启用，现在还不能选择。",
            "code_not_yet_valid",
        )
    return code


def check_all(
    key: Table | str, chosen: list[str], at: dt.datetime | dt.date, field: str = ""
) -> list[str]:
    """``check`` for several codes of one table (tags): without repeats, in the order given."""
    return [check(key, code, at, field) for code in dict.fromkeys(chosen)]


# Editing --------------------------------------------------------------------------------------

_CODE = re.compile(r"[0-9A-Za-z_]{1,32}")


def check_item(code: str, label: str) -> tuple[str, str]:
    """The code and what it is called, tidied. Refuses wrong fields; asks no database."""
    problems = Problems()
    code = code.strip()
    if not _CODE.fullmatch(code):
        problems.add("code", "代码只能用字母、数字和下划线，1 至 32 位。", "bad_code")
    label = problems.text(label, max_length=64, field="label", label="名称")
    problems.refuse()
    return code, label


@transaction.atomic
def add_item(
    key: Table,
    code: str,
    label: str,
    *,
    order: int | None = None,
    effective: dt.date | None = None,
    actor: Actor,
    at: dt.datetime,
) -> CodeItem:
    """Add a code to a table, at its end unless an order is given, from a day on.

    Refuses a code the table ever had, and a label it has now.
    """
    must_edit(actor, None)
    day = starting(effective, at)
    code, label = check_item(code, label)
    owner = _locked(key)
    problems = Problems()
    for item in owner.items.all():
        if item.code == code:
            state = "（已停用，可恢复）" if item.valid_to else ""
            problems.add("code", f"代码“{code}”已用于“{item.label}”{state}。", "duplicate")
        elif item.label == label and item.valid_to is None:
            problems.add("label", f"已有名称为“{label}”的代码（{item.code}）。", "duplicate_name")
    problems.refuse()
    if order is None:
        last = owner.items.order_by("-order").values_list("order", flat=True).first()
        order = (last or 0) + 10
    made = CodeItem.objects.create(table=owner, code=code, label=label, order=order, valid_from=day)
    _changed("code_added", made, actor, at, {"valid_from": day.isoformat()})
    return made


@transaction.atomic
def change_item(
    item: CodeItem, label: str, *, order: int | None = None, actor: Actor, at: dt.datetime
) -> CodeItem:
    """Call a code otherwise, or move it in the list; what has it shows the new label.

    Refuses a label the table has for another code.
    """
    must_edit(actor, None)
    _, label = check_item(item.code, label)
    owner = _locked(Table(item.table.key))
    if owner.items.filter(label=label, valid_to__isnull=True).exclude(pk=item.pk).exists():
        raise invalid("label", f"已有名称为“{label}”的代码。", "duplicate_name")
    before = {"label": item.label, "order": item.order}
    item.label = label
    if order is not None:
        item.order = order
    item.save(update_fields=["label", "order"])
    _changed("code_changed", item, actor, at, {"before": before, "order": item.order})
    return item


@transaction.atomic
def retire_item(
    item: CodeItem, *, effective: dt.date | None = None, actor: Actor, at: dt.datetime
) -> None:
    """Let a code be chosen no longer from a day on; what has it keeps it.

    Refuses a code that rules speak of, and the last one of its table.
    """
    must_edit(actor, None)
    day = max(starting(effective, at), item.valid_from)
    owner = _locked(Table(item.table.key))
    if item.is_fixed:
        raise NotAllowedNow(
            f"“{item.label}”是办理规则要用到的代码，不能停用，可以改名称。", code="fixed_code"
        )
    if not owner.items.filter(valid_to__isnull=True).exclude(pk=item.pk).exists():
        raise NotAllowedNow(f"“{owner.name}”至少要保留一个代码。", code="last_code")
    if not CodeItem.objects.filter(pk=item.pk, valid_to__isnull=True).update(valid_to=day):
        raise ChangedMeanwhile(STALE)
    item.valid_to = day
    _changed("code_retired", item, actor, at, {"valid_to": day.isoformat()})


@transaction.atomic
def restore_item(item: CodeItem, *, actor: Actor, at: dt.datetime) -> None:
    """Let a retired code be chosen again."""
    must_edit(actor, None)
    if not CodeItem.objects.filter(pk=item.pk, valid_to__isnull=False).update(valid_to=None):
        raise ChangedMeanwhile(STALE)
    item.valid_to = None
    _changed("code_restored", item, actor, at, {})


def _locked(key: Table) -> CodeTable:
    owner = CodeTable.objects.select_for_update().filter(key=key).first()
    if owner is None:
        raise NotFound("没有这个代码表，请先初始化代码表。")
    return owner


def _changed(
    kind: str, item: CodeItem, actor: Actor, at: dt.datetime, data: Mapping[str, object]
) -> None:
    changed(
        kind,
        actor=actor,
        at=at,
        subject=f"code:{item.table.key}/{item.code}",
        data={"table": item.table.name, "code": item.code, "label": item.label, **data},
    )
