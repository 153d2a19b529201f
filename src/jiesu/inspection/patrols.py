"""Patrols 巡查: what was seen on the spot, what the unit must mend, and that it did."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from jiesu.access import Actor, ActorKind, Permission
from jiesu.appeals.models import Appeal
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
from jiesu.inspection.models import Patrol
from jiesu.inspection.sheets import day_of
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import below, is_below

MOST_ORDERS = 50


def visible_to(actor: Actor) -> QuerySet[Patrol, Patrol]:
    """An office sees its region's patrols, a unit those of itself and the units below."""
    rows = Patrol.objects.select_related("unit", "office")
    if actor.kind is ActorKind.SYSTEM:
        return rows
    if actor.may(Permission.PATROL_RECORD) or actor.may(Permission.EFFICIENCY_DECIDE):
        return rows.filter(**below("region_path", actor.region_path))
    if actor.may(Permission.HANDLING_REPORT) or actor.may(Permission.HANDLING_INNER_REVIEW):
        return rows.filter(**below("unit_path", actor.unit_path))
    return rows.none()


def get_for(actor: Actor, pk: int) -> Patrol:
    """One patrol. Refuses NotFound (absent or out of scope)."""
    row = visible_to(actor).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a patrol brings home."""

    kind: str
    unit: Unit
    day: dt.date
    people: str
    found: str
    place: str = ""
    is_fault: bool = False
    demand: str = ""
    due: dt.date | None = None
    orders: Sequence[str] = ()  # numbers


@transaction.atomic
def record(seen: Seen, *, actor: Actor, at: dt.datetime) -> Patrol:
    """This will keep what was seen; with a fault, the unit must answer by a day.

    Refusals: Forbidden; Invalid at its fields (future day, a fault without demand or day, unknown
    orders, a unit out of the office's region).
    """
    if not actor.may(Permission.PATROL_RECORD) or actor.unit_id is None:
        raise Forbidden
    today = day_of(at)
    errors: list[FieldError] = []
    found = clean_text(seen.found, max_length=5000, field="found", label="情况")
    people = clean_text(seen.people, max_length=200, field="people", label="巡查人员")
    demand = clean_text(seen.demand, max_length=1000, field="demand", label="整改要求")
    if not found:
        errors.append(FieldError("found", "required", "请写明看到的情况。"))
    if not people:
        errors.append(FieldError("people", "required", "请写明巡查人员。"))
    if seen.day > today:
        errors.append(FieldError("day", "future", "巡查日期晚于今天，请核对。"))
    if seen.is_fault and not demand:
        errors.append(FieldError("demand", "required", "发现问题的，请写明整改要求。"))
    if seen.is_fault and seen.due is None:
        errors.append(FieldError("due", "required", "发现问题的，请定整改期限。"))
    if seen.due is not None and seen.due < seen.day:
        errors.append(FieldError("due", "too_early", "整改期限早于巡查日期，请核对。"))
    if not seen.unit.region.path.startswith(actor.region_path):
        errors.append(FieldError("unit", "out_of_region", "该单位不在本级管辖范围内。"))
    numbers = list(dict.fromkeys(n.strip() for n in seen.orders if n.strip()))
    if len(numbers) > MOST_ORDERS:
        errors.append(FieldError("orders", "too_many", f"最多关联 {MOST_ORDERS} 件工单。"))
    appeals = list(Appeal.objects.visible_to(actor).filter(number__in=numbers).only("pk", "number"))
    missing = sorted(set(numbers) - {a.number for a in appeals})
    if missing:
        errors.append(
            FieldError("orders", "unknown", f"没有找到工单 {'、'.join(missing[:3])}，请核对编号。")
        )
    if errors:
        raise Invalid(errors)
    row = Patrol.objects.create(
        kind=Patrol.Kind(seen.kind), office_id=actor.unit_id, region_path=seen.unit.region.path,
        unit=seen.unit, unit_path=seen.unit.path, day=seen.day, people=people, place=seen.place,
        found=found, is_fault=seen.is_fault, demand=demand, due=seen.due, made_by=actor.name,
        made_by_id=actor.user_id, made_at=at,
    )  # fmt: skip
    row.appeals.set(appeals)
    return row


@transaction.atomic
def answer(row: Patrol, text: str, *, actor: Actor, at: dt.datetime) -> Patrol:
    """This will let the unit say how it mended the fault."""
    said = clean_text(text, max_length=1000, field="answer", label="整改情况")
    if not said:
        raise invalid("answer", "请写明整改情况。", "required")
    if not (actor.may(Permission.HANDLING_REPORT) and is_below(row.unit_path, actor.unit_path)):
        raise Forbidden("整改情况由被查单位填写。")
    return _step(row, settled=False, answer=said, answered_by=actor.name, answered_at=at)


@transaction.atomic
def settle(row: Patrol, *, actor: Actor, at: dt.datetime) -> Patrol:
    """This will close a fault that was mended. Refuses before the unit answered."""
    if not actor.may(Permission.PATROL_RECORD):
        raise Forbidden
    if row.is_fault and row.answered_at is None:
        raise NotAllowedNow("被查单位还没有反馈整改情况，不能销号。")
    return _step(row, settled=False, settled_at=at, settled_by=actor.name)


def _step(row: Patrol, *, settled: bool, **changes: object) -> Patrol:
    done = Patrol.objects.filter(
        pk=row.pk, version=row.version, settled_at__isnull=not settled
    ).update(version=row.version + 1, **changes)
    if not done:
        raise ChangedMeanwhile("这条巡查记录已被他人处理，请刷新后重试。")
    row.refresh_from_db()
    return row
