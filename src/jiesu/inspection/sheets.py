"""Score sheets, sample shares and clue rules as dated rows: what held on a day stays."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from jiesu.access import Actor, Permission
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import FieldError, Forbidden, Invalid, NotAllowedNow, invalid
from jiesu.foundation.text import clean_text
from jiesu.inspection.models import ClueKind, ClueRule, SampleRule, ScoreSheet, Subject
from jiesu.journal import audit

LEAST_SHARE = Decimal(3)  # 3% by people (domain §8)


def day_of(at: dt.datetime) -> dt.date:
    """The day in Beijing."""
    return at.astimezone(BEIJING).date()


def sheet_for(subject: str, day: dt.date) -> ScoreSheet:
    """The sheet in force on a day. Refuses with NotAllowedNow where none is."""
    rows = ScoreSheet.objects.filter(subject=subject, valid_from__lte=day)
    found = rows.order_by("-valid_from").first()
    if found is None or (found.valid_to is not None and found.valid_to <= day):
        label = Subject(subject).label
        raise NotAllowedNow(f"{day} 没有启用的{label}质检评分表，请先在“评分表”里设置。")
    return found


def sample_rule(subject: str, day: dt.date) -> SampleRule | None:
    """The share in force on a day; None where nobody set one."""
    rows = SampleRule.objects.filter(subject=subject, valid_from__lte=day)
    return rows.order_by("-valid_from").first()


def clue_rule(kind: str, day: dt.date) -> ClueRule | None:
    """The clue rule in force on a day; None where nobody set one."""
    rows = ClueRule.objects.filter(kind=kind, valid_from__lte=day)
    return rows.order_by("-valid_from").first()


@transaction.atomic
def set_sheet(
    subject: str, name: str, items: Sequence[dict[str, Any]], fatal: Sequence[dict[str, str]],
    pass_mark: int, *, valid_from: dt.date, actor: Actor, at: dt.datetime,
) -> ScoreSheet:  # fmt: skip
    """This will let another sheet hold from a day on; marked inspections keep theirs.

    Refuses points that do not add up to 100, items twice, a pass mark out of 0–100, a past day.
    """
    _must_set(actor)
    errors: list[FieldError] = []
    title = clean_text(name, max_length=64, field="name", label="名称", multiline=False)
    if not title:
        errors.append(FieldError("name", "required", "请填写评分表名称。"))
    total = sum(int(item["points"]) for item in items)
    if total != 100:
        errors.append(
            FieldError("items", "sum", f"各项分值合计应为 100 分，现在是 {total} 分，请调整。")
        )
    names = [item["name"] for item in items]
    if len(set(names)) != len(names):
        errors.append(FieldError("items", "twice", "有两个项目同名，请改名或合并。"))
    if not 0 <= pass_mark <= 100:
        errors.append(FieldError("pass_mark", "out_of_range", "合格分应在 0 到 100 之间。"))
    errors += _past(valid_from, at)
    if errors:
        raise Invalid(errors)
    ScoreSheet.objects.filter(subject=subject, valid_from=valid_from).delete()
    ScoreSheet.objects.filter(subject=subject, valid_to=None, valid_from__lt=valid_from).update(
        valid_to=valid_from
    )
    row = ScoreSheet.objects.create(
        subject=Subject(subject), name=title, items=list(items), fatal=list(fatal),
        pass_mark=pass_mark, valid_from=valid_from, set_by=actor.name,
    )  # fmt: skip
    audit.record(
        "inspection.sheet_set", actor=actor, at=at, subject=f"sheet:{subject}",
        data={"name": title, "from": valid_from.isoformat(), "items": len(items)},
    )  # fmt: skip
    return row


@transaction.atomic
def set_sample(
    subject: str, share: Decimal, weighted: Decimal, *, valid_from: dt.date, actor: Actor,
    at: dt.datetime,
) -> SampleRule:  # fmt: skip
    """This will let another share be drawn from a day on. Refuses less than 3%, a past day."""
    _must_set(actor)
    errors = _past(valid_from, at)
    if not LEAST_SHARE <= share <= 100:
        errors.append(
            FieldError("share", "out_of_range", f"抽检比例应在 {LEAST_SHARE}% 到 100% 之间。")
        )
    if not 0 <= weighted <= 100:
        errors.append(FieldError("weighted", "out_of_range", "按风险抽取的部分应在 0 到 100%。"))
    if errors:
        raise Invalid(errors)
    row, _ = SampleRule.objects.update_or_create(
        subject=Subject(subject), valid_from=valid_from,
        defaults={"share": share, "weighted": weighted, "set_by": actor.name},
    )  # fmt: skip
    audit.record(
        "inspection.sample_set", actor=actor, at=at, subject=f"sample:{subject}",
        data={"share": str(share), "weighted": str(weighted), "from": valid_from.isoformat()},
    )  # fmt: skip
    return row


@transaction.atomic
def set_clue_rule(
    kind: str, count: int, days: int, *, valid_from: dt.date, actor: Actor, at: dt.datetime
) -> ClueRule:
    """This will let a kind of fault be a clue after another number of orders, from a day on."""
    _must_set(actor)
    errors = _past(valid_from, at)
    if not 1 <= count <= 1000:
        errors.append(FieldError("count", "out_of_range", "件数应在 1 到 1000 之间。"))
    if not 1 <= days <= 366:
        errors.append(FieldError("days", "out_of_range", "天数应在 1 到 366 之间。"))
    if errors:
        raise Invalid(errors)
    row, _ = ClueRule.objects.update_or_create(
        kind=ClueKind(kind), valid_from=valid_from,
        defaults={"count": count, "days": days, "set_by": actor.name},
    )  # fmt: skip
    audit.record(
        "inspection.clue_rule_set", actor=actor, at=at, subject=f"clue_rule:{kind}",
        data={"count": count, "days": days, "from": valid_from.isoformat()},
    )  # fmt: skip
    return row


def _must_set(actor: Actor) -> None:
    if not actor.may(Permission.QUALITY_JUDGE):
        raise Forbidden


def _past(valid_from: dt.date, at: dt.datetime) -> list[FieldError]:
    if valid_from < day_of(at):
        return [FieldError("valid_from", "past", "启用日期不能早于今天：已经评过的不追溯。")]
    return []


def points_of(text: str) -> list[dict[str, Any]]:
    """Items as a person writes them, one a line: 名称 分值 说明. Refuses a line without points."""
    items: list[dict[str, Any]] = []
    for number, line in enumerate(filter(None, (one.strip() for one in text.splitlines())), 1):
        name, _, rest = line.partition(" ")
        points, _, hint = rest.strip().partition(" ")
        if not points.isdecimal() or not name:
            raise invalid(
                "items", f"第 {number} 行应为“项目 分值 说明”，例如“服务态度 15 耐心礼貌”。", "line"
            )
        items.append(
            {"code": f"i{number}", "name": name[:32], "points": int(points), "hint": hint[:100]}
        )
    return items
