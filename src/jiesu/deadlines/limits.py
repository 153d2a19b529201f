"""The use cases that add, replace and end limits. What held on a day is never overwritten."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction

from jiesu.access import Actor, Permission
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.catalogue.editing import must_edit
from jiesu.deadlines import snapshot
from jiesu.deadlines.kinds import CLOCK_NAMES, ClockKind
from jiesu.deadlines.models import LimitPolicy
from jiesu.deadlines.worktime import UNIT_NAMES, Budget, Unit
from jiesu.foundation.errors import (
    ChangedMeanwhile,
    FieldError,
    Invalid,
    NotAllowedNow,
    NotFound,
    invalid,
)
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.organizations.checks import day_of
from jiesu.organizations.models import Region

LONGEST = {
    Unit.MINUTES: 10_000,
    Unit.HOURS: 10_000,
    Unit.WORK_HOURS: 5_000,
    Unit.WORK_DAYS: 500,
}
_STALE = "该期限已被他人修改，请刷新后重试。您填写的内容已保留。"


@transaction.atomic
def add_policy(
    *,
    clock: str,
    amount: Decimal | int,
    unit: str,
    valid_from: dt.date,
    actor: Actor,
    at: dt.datetime,
    appeal_type: str = "",
    urgency: str = "",
    difficult: bool | None = None,
    region: Region | None = None,
    yellow_amount: Decimal | int | None = None,
    yellow_unit: str = "",
    valid_to: dt.date | None = None,
    note: str = "",
) -> LimitPolicy:
    """Add a limit that holds from a day on.

    Refuses an unknown clock, unit or code, amounts that are no length of time, a start in the past,
    and an overlap with another limit for exactly the same appeals.
    """
    must_edit(actor, region, Permission.MANAGE_DEADLINES)
    errors = []
    if clock not in set(ClockKind):
        errors.append(FieldError("clock", "unknown_clock", "请从列表中选择时限的种类。"))
    errors += _code_problems(Table.APPEAL_TYPE, appeal_type, valid_from)
    errors += _code_problems(Table.URGENCY, urgency, valid_from)
    errors += _length_problems(clock, amount, unit, yellow_amount, yellow_unit)
    errors += _period_problems(valid_from, valid_to, at)
    if errors:
        raise Invalid(errors)
    note = clean_text(note, max_length=200, field="note", label="说明", multiline=False)
    snapshot.touch()
    key = LimitPolicy.key_of(clock, appeal_type, urgency, difficult, region.pk if region else None)
    siblings = list(LimitPolicy.objects.filter(key=key).order_by("version"))
    _refuse_overlap(siblings, valid_from, valid_to)
    policy = LimitPolicy.objects.create(
        key=key,
        clock=clock,
        appeal_type=appeal_type,
        urgency=urgency,
        difficult=difficult,
        region=region,
        amount=amount,
        unit=unit,
        yellow_amount=yellow_amount,
        yellow_unit=yellow_unit,
        valid_from=valid_from,
        valid_to=valid_to,
        version=siblings[-1].version + 1 if siblings else 1,
        note=note,
        created_at=at,
        created_by=actor.name,
    )
    _record("deadlines.limit_added", policy, actor, at)
    transaction.on_commit(snapshot.forget)
    return policy


@transaction.atomic
def replace_policy(
    policy: LimitPolicy,
    *,
    amount: Decimal | int,
    unit: str,
    valid_from: dt.date,
    actor: Actor,
    at: dt.datetime,
    yellow_amount: Decimal | int | None = None,
    yellow_unit: str = "",
    note: str = "",
) -> LimitPolicy:
    """Replace a limit from a day on: the old one ends that day, its next version begins.

    Appeals already running keep the limit they began under. Refuses as ``add_policy`` does, and
    when somebody else changed the limit meanwhile.
    """
    must_edit(actor, policy.region, Permission.MANAGE_DEADLINES)
    errors = _length_problems(policy.clock, amount, unit, yellow_amount, yellow_unit)
    errors += _period_problems(valid_from, policy.valid_to, at)
    if not errors and valid_from <= policy.valid_from:
        message = f"该期限自 {policy.valid_from} 起启用，新期限须从之后的日子开始。"
        errors.append(FieldError("valid_from", "not_after_current", message))
    if errors:
        raise Invalid(errors)
    note = clean_text(note, max_length=200, field="note", label="说明", multiline=False)
    snapshot.touch()
    now = _unchanged(policy)
    siblings = list(LimitPolicy.objects.filter(key=now.key).order_by("version"))
    _refuse_overlap([row for row in siblings if row.pk != now.pk], valid_from, now.valid_to)
    following = LimitPolicy(
        key=now.key,
        clock=now.clock,
        appeal_type=now.appeal_type,
        urgency=now.urgency,
        difficult=now.difficult,
        region_id=now.region_id,
        amount=amount,
        unit=unit,
        yellow_amount=yellow_amount,
        yellow_unit=yellow_unit,
        valid_from=valid_from,
        valid_to=now.valid_to,
        version=siblings[-1].version + 1,
        note=note,
        created_at=at,
        created_by=actor.name,
    )
    _end(now, valid_from)
    following.save(force_insert=True)
    _record("deadlines.limit_replaced", following, actor, at, replaces=now.pk)
    transaction.on_commit(snapshot.forget)
    return following


@transaction.atomic
def end_policy(
    policy: LimitPolicy, *, valid_to: dt.date, actor: Actor, at: dt.datetime
) -> LimitPolicy:
    """End a limit: ``valid_to`` is the first day it no longer holds.

    Refuses a day in the past, a day before it began, and when it changed meanwhile.
    """
    must_edit(actor, policy.region, Permission.MANAGE_DEADLINES)
    errors = []
    if valid_to < day_of(at):
        errors.append(
            FieldError("valid_to", "ends_in_the_past", "停用日期不能早于今天，过去的日子不能改变。")
        )
    elif valid_to <= policy.valid_from:
        message = f"停用日期须晚于启用日期 {policy.valid_from}；尚未启用的期限请直接撤销。"
        errors.append(FieldError("valid_to", "ends_before_it_begins", message))
    elif policy.valid_to is not None and valid_to > policy.valid_to:
        message = f"该期限已定于 {policy.valid_to} 停用，不能延后；需要时请新增期限。"
        errors.append(FieldError("valid_to", "ends_later_than_before", message))
    if errors:
        raise Invalid(errors)
    snapshot.touch()
    now = _unchanged(policy)
    _end(now, valid_to)
    _record("deadlines.limit_ended", now, actor, at)
    transaction.on_commit(snapshot.forget)
    return now


@transaction.atomic
def cancel_policy(policy: LimitPolicy, *, actor: Actor, at: dt.datetime) -> None:
    """Take back a limit that has not begun; the one it was to replace goes on.

    Refuses once it has begun: then it is ended or replaced.
    """
    must_edit(actor, policy.region, Permission.MANAGE_DEADLINES)
    if policy.valid_from <= day_of(at):
        raise NotAllowedNow(
            "该期限已经启用，不能撤销；请停用或以新期限替换。", code="limit_has_begun"
        )
    snapshot.touch()
    now = _unchanged(policy)
    before = LimitPolicy.objects.filter(
        key=now.key, version=now.version - 1, valid_to=now.valid_from
    ).first()
    _record("deadlines.limit_cancelled", now, actor, at)
    LimitPolicy.objects.filter(pk=now.pk).delete()
    if before:
        before.valid_to = now.valid_to
        before.save(update_fields=["valid_to"])
    transaction.on_commit(snapshot.forget)


# -- inside ------------------------------------------------------------------------------------


def _code_problems(table: Table, code: str, on: dt.date) -> tuple[FieldError, ...]:
    if code:
        try:
            codes.check(table, code, on)
        except Invalid as refusal:
            return refusal.errors
    return ()


def _length_problems(
    clock: str,
    amount: Decimal | int,
    unit: str,
    yellow_amount: Decimal | int | None,
    yellow_unit: str,
) -> list[FieldError]:
    errors = _amount_problems("期限", "amount", amount, "unit", unit)
    if yellow_amount is None and not yellow_unit:
        return errors
    if yellow_amount is None or not yellow_unit:
        message = "黄牌提前量请把数量和单位都填上，或都留空。"
        return [*errors, FieldError("yellow_amount", "yellow_incomplete", message)]
    errors += _amount_problems(
        "黄牌提前量", "yellow_amount", yellow_amount, "yellow_unit", yellow_unit
    )
    if errors or clock == ClockKind.JOINT:  # its amount is no length, it counts back from the lead
        return errors
    if _surely_as_long(Budget(yellow_amount, Unit(yellow_unit)), amount, unit):
        message = "黄牌提前量须短于期限，否则一开始就是黄牌。"
        errors.append(FieldError("yellow_amount", "yellow_too_long", message))
    return errors


def _amount_problems(
    label: str, amount_field: str, amount: Decimal | int, unit_field: str, unit: str
) -> list[FieldError]:
    if unit not in set(Unit):
        names = "、".join(UNIT_NAMES.values())
        return [FieldError(unit_field, "unknown_unit", f"{label}的单位请选择{names}之一。")]
    value = Decimal(amount)
    if not value.is_finite() or value <= 0:
        return [FieldError(amount_field, "not_positive", f"{label}须大于 0。")]
    if value != round(value, 2):
        return [FieldError(amount_field, "too_precise", f"{label}最多保留两位小数。")]
    longest = LONGEST[Unit(unit)]
    if value > longest:
        message = f"{label}最长为 {longest} {UNIT_NAMES[Unit(unit)]}，请核对。"
        return [FieldError(amount_field, "too_long", message)]
    return []


def _surely_as_long(yellow: Budget, amount: Decimal | int, unit: str) -> bool:
    """Whether the yellow mark is at least as long as the limit, as far as can be known."""
    limit = Budget(amount, Unit(unit))
    if (yellow.unit.is_natural and limit.unit.is_natural) or yellow.unit is limit.unit:
        return yellow.span.amount >= limit.span.amount
    return False


def _period_problems(
    valid_from: dt.date, valid_to: dt.date | None, at: dt.datetime
) -> list[FieldError]:
    if valid_from < day_of(at):
        return [
            FieldError(
                "valid_from",
                "starts_in_the_past",
                "启用日期最早为今天，过去的日子不能改变。",
            )
        ]
    if valid_to is not None and valid_to <= valid_from:
        return [FieldError("valid_to", "ends_before_it_begins", "停用日期须晚于启用日期。")]
    return []


def _refuse_overlap(
    siblings: list[LimitPolicy], valid_from: dt.date, valid_to: dt.date | None
) -> None:
    for row in siblings:
        if (row.valid_to is None or valid_from < row.valid_to) and (
            valid_to is None or row.valid_from < valid_to
        ):
            until = f"至 {row.valid_to} 前" if row.valid_to else "起长期"
            raise invalid(
                "valid_from",
                f"同一范围已有期限（第 {row.version} 版，{row.budget.words}，"
                f"{row.valid_from} {until}有效），请改为替换该期限，或换一个启用日期。",
                "overlaps",
            )


def _unchanged(policy: LimitPolicy) -> LimitPolicy:
    """The policy as it stands, if it stands as the caller saw it."""
    now = LimitPolicy.objects.filter(pk=policy.pk).first()
    if now is None:
        raise NotFound
    if now.valid_to != policy.valid_to:
        raise ChangedMeanwhile(_STALE)
    return now


def _end(policy: LimitPolicy, valid_to: dt.date) -> None:
    policy.valid_to = valid_to
    policy.save(update_fields=["valid_to"])


def _record(kind: str, policy: LimitPolicy, actor: Actor, at: dt.datetime, **more: Any) -> None:
    facts: dict[str, Any] = {
        "clock": policy.clock,
        "clock_name": CLOCK_NAMES[ClockKind(policy.clock)],
        "appeal_type": policy.appeal_type,
        "urgency": policy.urgency,
        "difficult": policy.difficult,
        "region": policy.region.code if policy.region else "",
        "limit": policy.budget.words,
        "yellow": policy.yellow.words if policy.yellow else "",
        "valid_from": policy.valid_from,
        "valid_to": policy.valid_to,
        "version": policy.version,
        "note": policy.note,
    }
    audit.record(kind, actor=actor, at=at, subject=f"limit:{policy.pk}", data=facts | more)
