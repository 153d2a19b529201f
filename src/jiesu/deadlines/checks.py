"""System checks: the calendar must reach far enough (``check --database default``)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Warning
from django.db import DatabaseError

from jiesu.deadlines.models import CalendarYear, OfficeHours
from jiesu.foundation.clock import BEIJING, now

MISSING = "deadlines.W001"
_NOTICE_MONTH = 11  # the notice for a year appears the November before


def calendar_problems(at: dt.datetime) -> list[CheckMessage]:
    """What an administrator must know about the calendar, in Chinese: for checks and banners."""
    day = at.astimezone(BEIJING).date()
    years = dict(
        CalendarYear.objects.filter(year__in=(day.year, day.year + 1)).values_list(
            "year", "provisional"
        )
    )
    found: list[CheckMessage] = []
    for year in (day.year, day.year + 1):
        if year not in years:
            if year == day.year or day.month >= _NOTICE_MONTH - 2:
                found.append(
                    Warning(
                        f"{year} 年的工作日历尚未载入，涉及该年的期限将无法计算。",
                        hint="在“管理—日历”中载入国务院办公厅的放假通知，或启用临时日历。",
                        id=MISSING,
                    )
                )
        elif years[year] and (year == day.year or day.month >= _NOTICE_MONTH):
            found.append(
                Warning(
                    f"{year} 年使用的是临时日历（不含调休），期限可能变动。",
                    hint=f"国务院办公厅 {year} 年放假通知公布后，请在“管理—日历”中载入。",
                    id="deadlines.W002",
                )
            )
    if not OfficeHours.objects.exists():
        found.append(
            Warning(
                "办公时间尚未设置，以工作日、工时计算的期限将无法计算。",
                hint="在“管理—日历”中设置办公时间。",
                id="deadlines.W003",
            )
        )
    return found


def check_calendar(*, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """``calendar_problems`` as a database check; silent before the tables exist.

    Missing years are told by the installation's own check (``config.checks``).
    """
    if not databases or "default" not in databases:
        return []
    try:
        return [problem for problem in calendar_problems(now()) if problem.id != MISSING]
    except DatabaseError:
        return []
