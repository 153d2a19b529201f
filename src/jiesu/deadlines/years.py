"""The calendar's use cases: years, office hours, rules of counting; and what must be recounted.

A change that moves working days leaves a ``CalendarChange`` in its own transaction. The hook: the
deadline loop asks ``pending_changes()`` at each tick, has ``appeals`` count every open or paused
limit in working time that is due on or after ``first_day`` anew with ``worktime.due_after`` under
``policies.calendar(started_at)``, then calls ``mark_recomputed``. Counting from the beginning
gives the same answer however often it is done, so a killed loop simply starts again.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from django.db import transaction

from jiesu.access import Actor, Permission
from jiesu.catalogue.editing import must_edit
from jiesu.deadlines import draft, snapshot
from jiesu.deadlines.draft import DayRow
from jiesu.deadlines.models import (
    CalendarChange,
    CalendarDay,
    CalendarRules,
    CalendarYear,
    OfficeHours,
)
from jiesu.deadlines.worktime import DueAt, Hours
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import FieldError, Invalid, NotAllowedNow, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.organizations.checks import day_of

FIRST_YEAR = 2007
_MUST_BE_OFF = ((1, 1, "元旦"), (5, 1, "劳动节"), (10, 1, "国庆节"), (10, 2, "国庆节"))


@dataclass(frozen=True, slots=True)
class YearLoaded:
    """What loading a year did: the days whose working changed, and the recount it asks for."""

    year: CalendarYear
    changed: tuple[dt.date, ...]
    recount: CalendarChange | None


def load_year(
    rows: Iterable[DayRow], *, year: int, notice: str, actor: Actor, at: dt.datetime
) -> YearLoaded:
    """Load a year's days off and make-up workdays from the State Council's notice.

    Replaces the year, draft or not, as a whole. Refuses days outside the year and the December
    before it, a day named twice, and a list that lacks days every notice has off.
    """
    must_edit(actor, None, Permission.MANAGE_DEADLINES)
    days = sorted(rows)
    notice = clean_text(notice, max_length=200, field="notice", label="通知文号", multiline=False)
    errors = _problems(days, year, at)
    if not notice:
        errors.append(FieldError("notice", "required", "请填写放假通知的名称或文号。"))
    if errors:
        raise Invalid(errors)
    return _replace(days, year=year, notice=notice, provisional=False, actor=actor, at=at)


def load_provisional_year(year: int, *, actor: Actor, at: dt.datetime) -> YearLoaded:
    """Load a draft of a year whose notice is not out yet.

    Refuses when the year is already loaded from a notice, or lies beyond what can be drafted.
    """
    must_edit(actor, None, Permission.MANAGE_DEADLINES)
    if not day_of(at).year <= year <= draft.LAST_YEAR:
        raise invalid(
            "year",
            f"临时日历只能为今年至 {draft.LAST_YEAR} 年启用，请核对年份。",
            "year_out_of_range",
        )
    if CalendarYear.objects.filter(year=year, provisional=False).exists():
        raise NotAllowedNow(
            f"{year} 年已按正式通知载入，不需要临时日历。", code="year_is_official", field="year"
        )
    return _replace(
        draft.draft(year), year=year, notice=draft.SOURCE, provisional=True, actor=actor, at=at
    )


def draft_missing_years(*, actor: Actor, at: dt.datetime) -> list[YearLoaded]:
    """Load a draft of this year and the next where there is nothing: for a daily job.

    Idempotent; one statement when nothing is missing.
    """
    this = day_of(at).year
    present = set(
        CalendarYear.objects.filter(year__in=(this, this + 1)).values_list("year", flat=True)
    )
    return [
        load_provisional_year(year, actor=actor, at=at)
        for year in (this, this + 1)
        if year not in present and year <= draft.LAST_YEAR
    ]


@transaction.atomic
def set_office_hours(
    intervals: str, *, valid_from: dt.date, actor: Actor, at: dt.datetime, note: str = ""
) -> OfficeHours:
    """Set the office hours from a day on, as ``08:30-12:00 14:30-17:30``.

    A row that has not begun is replaced. Refuses a day in the past: what held then stays.
    """
    must_edit(actor, None, Permission.MANAGE_DEADLINES)
    try:
        hours = Hours.parse(intervals.replace("：", ":").replace("—", "-").replace("–", "-"))
    except ValueError:
        raise invalid(
            "intervals",
            "办公时间请按“08:30-12:00 14:30-17:30”填写，各段从早到晚、互不重叠，最晚到 24:00。",
            "office_hours_format",
        ) from None
    if len(str(hours)) > 64:
        raise invalid("intervals", "办公时间最多分为五段，请合并后重试。", "too_many_intervals")
    note = clean_text(note, max_length=200, field="note", label="说明", multiline=False)
    snapshot.touch()
    present = list(OfficeHours.objects.order_by("valid_from"))
    if present:
        _not_past(valid_from, at)
    before = [[row.valid_from, row.intervals] for row in present]
    row, _ = OfficeHours.objects.update_or_create(
        valid_from=valid_from, defaults={"intervals": str(hours), "note": note}
    )
    data = {"valid_from": valid_from, "intervals": str(hours), "before": before}
    audit.record("deadlines.hours_set", actor=actor, at=at, subject="calendar:hours", data=data)
    if present:
        CalendarChange.objects.create(
            at=at, what=f"办公时间自 {valid_from} 起调整", first_day=valid_from, data=data
        )
    transaction.on_commit(snapshot.forget)
    return row


@transaction.atomic
def set_rules(
    *,
    from_next_day: bool,
    due_at: str,
    valid_from: dt.date,
    actor: Actor,
    at: dt.datetime,
    note: str = "",
) -> CalendarRules:
    """Set how limits in working days that begin from a day on are counted.

    Limits already running keep the rules they began under. Refuses a day in the past.
    """
    must_edit(actor, None, Permission.MANAGE_DEADLINES)
    if due_at not in set(DueAt):
        raise invalid("due_at", "请选择截止时刻：下班时间、24:00 或同一时刻。", "unknown_due_at")
    note = clean_text(note, max_length=200, field="note", label="说明", multiline=False)
    snapshot.touch()
    if CalendarRules.objects.exists():
        _not_past(valid_from, at)
    row, _ = CalendarRules.objects.update_or_create(
        valid_from=valid_from,
        defaults={"from_next_day": from_next_day, "due_at": due_at, "note": note},
    )
    audit.record(
        "deadlines.rules_set",
        actor=actor,
        at=at,
        subject="calendar:rules",
        data={"valid_from": valid_from, "from_next_day": from_next_day, "due_at": due_at},
    )
    transaction.on_commit(snapshot.forget)
    return row


def pending_changes() -> Sequence[CalendarChange]:
    """The calendar changes after which open limits have not been counted anew, oldest first."""
    return list(CalendarChange.objects.filter(recomputed_at__isnull=True).order_by("pk"))


def mark_recomputed(changes: Iterable[CalendarChange], *, at: dt.datetime) -> None:
    """Note that open limits were counted anew after these changes."""
    CalendarChange.objects.filter(
        pk__in=[change.pk for change in changes], recomputed_at__isnull=True
    ).update(recomputed_at=at)


def recompute_from(changes: Iterable[CalendarChange]) -> dt.datetime | None:
    """The first due time these changes can have moved; None when there are none."""
    first = min((change.first_day for change in changes), default=None)
    return None if first is None else dt.datetime.combine(first, dt.time(), tzinfo=BEIJING)


# -- inside ------------------------------------------------------------------------------------


def _not_past(valid_from: dt.date, at: dt.datetime) -> None:
    if valid_from <= day_of(at):
        raise invalid(
            "valid_from", "启用日期最早为明天，已经过去的日子不能改变。", "starts_in_the_past"
        )


def _problems(days: Sequence[DayRow], year: int, at: dt.datetime) -> list[FieldError]:
    if not FIRST_YEAR <= year <= day_of(at).year + 2:
        message = f"年份须在 {FIRST_YEAR} 年至 {day_of(at).year + 2} 年之间，请核对。"
        return [FieldError("year", "year_out_of_range", message)]
    errors = []
    seen: set[dt.date] = set()
    for day in days:
        if not (day.date.year == year or (day.date.year, day.date.month) == (year - 1, 12)):
            errors.append(
                FieldError(
                    "rows",
                    "day_outside_year",
                    f"{day.date} 不在 {year} 年的通知范围内（{year} 年全年及上年 12 月），请核对。",
                )
            )
        if day.date in seen:
            errors.append(FieldError("rows", "day_twice", f"{day.date} 出现了两次，请删去一行。"))
        if not 0 < len(day.name.strip()) <= 32:
            message = f"请填写 {day.date} 的节日名称，最多 32 个字。"
            errors.append(FieldError("rows", "name_length", message))
        seen.add(day.date)
    off = {day.date for day in days if not day.is_workday}
    for month, number, name in _MUST_BE_OFF:
        day_off = dt.date(year, month, number)
        if day_off not in off:
            message = f"缺少{name} {day_off} 放假，请核对这是不是 {year} 年的完整通知。"
            errors.append(FieldError("rows", "statutory_day_missing", message))
    return errors


def _works(day: dt.date, exceptions: dict[dt.date, bool]) -> bool:
    return exceptions.get(day, day.weekday() < 5)


@transaction.atomic
def _replace(
    days: Sequence[DayRow],
    *,
    year: int,
    notice: str,
    provisional: bool,
    actor: Actor,
    at: dt.datetime,
) -> YearLoaded:
    """Replace a year's exceptions as a whole, and say what that changed."""
    snapshot.touch()
    known = set(CalendarYear.objects.values_list("year", flat=True))
    dates = [day.date for day in days]
    touched = CalendarDay.objects.filter(year__year=year) | CalendarDay.objects.filter(
        date__in=dates
    )
    before = dict(touched.values_list("date", "is_workday"))
    after = {day.date: day.is_workday for day in days}
    changed = tuple(
        day
        for day in sorted(set(chain(before, after)))
        if day.year in known and _works(day, before) != _works(day, after)
    )
    CalendarDay.objects.filter(pk__in=list(touched.values_list("pk", flat=True))).delete()
    row, _ = CalendarYear.objects.update_or_create(
        year=year, defaults={"notice": notice, "provisional": provisional, "loaded_at": at}
    )
    CalendarDay.objects.bulk_create(
        CalendarDay(
            date=day.date, is_workday=day.is_workday, name=day.name, source=notice, year=row
        )
        for day in days
    )
    data = {
        "year": year,
        "notice": notice,
        "provisional": provisional,
        "before": {str(day): works for day, works in sorted(before.items())},
        "after": {str(day): works for day, works in sorted(after.items())},
    }
    audit.record("deadlines.year_loaded", actor=actor, at=at, subject=f"calendar:{year}", data=data)
    recount = None
    if changed:
        recount = CalendarChange.objects.create(
            at=at,
            what=f"{year} 年日历{'（临时）' if provisional else ''}载入，{len(changed)} 天有变",
            first_day=changed[0],
            data=data,
        )
    transaction.on_commit(snapshot.forget)
    return YearLoaded(row, changed, recount)
