"""Trigger rules as dated data: what held on a day is never overwritten."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from jiesu.access import Actor, Permission
from jiesu.appeals.models.event import TRIGGERING
from jiesu.catalogue import dated
from jiesu.catalogue.editing import starting
from jiesu.deadlines.kinds import ClockKind
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import FieldError, Forbidden, Invalid, NotAllowedNow, NotFound
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.organizations.models import Region, Unit
from jiesu.supervision.conditions import QUESTIONS, Condition
from jiesu.supervision.models import TriggerRule


@dataclass(frozen=True)
class Wish:
    """What a rule says."""

    name: str
    condition: str
    action: str
    text: str
    clock: str = ""
    amount: int = 0
    days: int = 0
    event: str = ""
    answered_by: str = ""
    region: Region | None = None
    urgencies: Collection[str] = ()
    appeal_types: Collection[str] = ()
    limit_days: int = 3
    is_on: bool = True


def in_force(day: dt.date, office: Unit | None = None) -> list[TriggerRule]:
    """The versions that hold on a day and are switched on, by office and name."""
    rows = TriggerRule.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day, is_on=True
    )
    if office is not None:
        rows = rows.filter(office=office)
    return list(rows.select_related("office__region", "region").order_by("office_id", "name"))


def versions(office_id: int) -> dict[str, list[TriggerRule]]:
    """Every version of an office's rules, oldest first, by key."""
    found: dict[str, list[TriggerRule]] = {}
    rows = TriggerRule.objects.filter(office_id=office_id).select_related("region")
    for row in rows.order_by("name", "key", "valid_from"):
        found.setdefault(row.key, []).append(row)
    return found


def get_for(actor: Actor, key: str) -> list[TriggerRule]:
    """The versions of one rule of the actor's area, oldest first. Refusal: NotFound."""
    rows = list(
        TriggerRule.objects.filter(key=key)
        .select_related("office__region", "region")
        .order_by("valid_from")
    )
    if not rows or not rows[0].office.region.path.startswith(actor.region_path or "?"):
        raise NotFound("没有找到这条规则，或不在您的查看范围内。")
    return rows


@transaction.atomic
def set_rule(
    wish: Wish, *, actor: Actor, at: dt.datetime, key: str = "", effective: dt.date | None = None
) -> TriggerRule:
    """This will let a rule hold from a day on: a new one, or another version of ``key``.

    Refusals: Forbidden; NotFound; Invalid at each wrong field.
    """
    if not actor.may(Permission.SUPERVISION_RULES) or actor.unit_id is None:
        raise Forbidden
    day = starting(effective, at)
    checked = _checked(wish)
    if key:
        _locked(key, actor)
    row = dated.let_hold(
        TriggerRule.objects.all(), key, day,
        {**checked, "office_id": actor.unit_id, "set_by": actor.name, "set_at": at},
    )  # fmt: skip
    _audit("set", row, actor, at)
    return row


@transaction.atomic
def end_rule(key: str, *, actor: Actor, at: dt.datetime) -> None:
    """This will let a rule hold no longer, from tomorrow on; versions to come are dropped."""
    if not actor.may(Permission.SUPERVISION_RULES):
        raise Forbidden
    rows = _locked(key, actor)
    tomorrow = at.astimezone(BEIJING).date() + dt.timedelta(days=1)
    if not dated.let_end(TriggerRule.objects.all(), key, tomorrow):
        raise NotAllowedNow("这条规则已经停用。")
    _audit("ended", rows[0], actor, at)


def _locked(key: str, actor: Actor) -> list[TriggerRule]:
    """The versions of one of the actor's own rules, locked. Refusal: NotFound."""
    rows = TriggerRule.objects.select_for_update().filter(key=key, office_id=actor.unit_id)
    found = list(rows.order_by("valid_from"))
    if not found:
        raise NotFound("没有找到这条规则，或它属于其他效能办。")
    return found


def _checked(wish: Wish) -> dict[str, object]:
    bad: list[FieldError] = []
    if wish.condition not in set(Condition):
        raise Invalid([FieldError("condition", "unknown", "请选择触发条件。")])
    question = QUESTIONS[Condition(wish.condition)]
    texts: dict[str, str] = {}
    for field, value, label, longest in (
        ("name", wish.name, "名称", 64), ("text", wish.text, "文字", 500),
    ):  # fmt: skip
        try:
            texts[field] = clean_text(value, max_length=longest, field=field, label=label)
        except Invalid as error:
            bad += error.errors
        else:
            if not texts[field]:
                bad.append(FieldError(field, "required", f"请填写{label}。"))
    if wish.action not in set(TriggerRule.Action):
        bad.append(FieldError("action", "unknown", "请选择处置方式。"))
    if question.clock and wish.clock and wish.clock not in set(ClockKind):
        bad.append(FieldError("clock", "unknown", "请选择时限。"))
    most = 10_080 if question.event else 100
    if question.amount and not 1 <= wish.amount <= most:
        bad.append(
            FieldError("amount", "out_of_range", f"{question.amount}应在 1 至 {most} 之间。")
        )
    if not 0 <= wish.days <= 366:
        bad.append(FieldError("days", "out_of_range", "天数应在 0（不限）至 366 之间。"))
    if wish.condition == Condition.REPEATED and not wish.days:
        bad.append(FieldError("days", "required", "请填写在多少天内反复。"))
    if not 0 <= wish.limit_days <= 60:
        bad.append(FieldError("limit_days", "out_of_range", "反馈时限应在 0 至 60 个工作日之间。"))
    if question.event:
        if wish.event not in TRIGGERING:
            bad.append(FieldError("event", "unknown", "没有这种事件，请从列表中选择。"))
        if not wish.answered_by.strip():
            bad.append(FieldError("answered_by", "required", "请填写视为已处置的事件。"))
    if bad:
        raise Invalid(bad)
    return {
        **texts, "condition": wish.condition, "action": wish.action,
        "clock": wish.clock if question.clock else "",
        "amount": wish.amount if question.amount else 0,
        "days": wish.days if question.days else 0,
        "event": wish.event if question.event else "",
        "answered_by": ",".join(w.strip() for w in wish.answered_by.split(",") if w.strip())
        if question.event else "",
        "region": wish.region, "urgencies": list(wish.urgencies),
        "appeal_types": list(wish.appeal_types), "limit_days": wish.limit_days,
        "is_on": wish.is_on,
    }  # fmt: skip


def _audit(kind: str, row: TriggerRule, actor: Actor, at: dt.datetime) -> None:
    audit.record(
        f"supervision.rule_{kind}", actor=actor, at=at, subject=f"trigger_rule:{row.key}",
        data={
            "name": row.name, "condition": row.condition, "clock": row.clock, "amount": row.amount,
            "days": row.days, "action": row.action, "on": row.is_on,
            "from": row.valid_from.isoformat(),
        },
    )  # fmt: skip
