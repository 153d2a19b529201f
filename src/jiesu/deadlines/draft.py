"""A draft of a year's days off for the weeks before the State Council's notice is out. Pure.

The notice for a year appears the November before; limits that begin in December already need it.
The draft holds what the law itself settles (全国年节及纪念日放假办法, revised 10 November 2024):
the statutory holidays (article 2) and, where one falls on a weekend, its day in lieu on the next
working day (article 6). What only the notice can settle, longer breaks with make-up workdays 调休,
is left out, and nothing here passes for official: a draft year is flagged wherever it is used and
replaced whole when the notice is loaded.
"""

import datetime as dt
from typing import NamedTuple

SOURCE = "按《全国年节及纪念日放假办法》推算的临时日历，不含调休，以国务院办公厅通知为准"

# Gregorian month-day of the first day of the first lunar month, of 端午 and of 中秋.
_LUNAR: dict[int, tuple[str, str, str]] = {
    2025: ("01-29", "05-31", "10-06"),
    2026: ("02-17", "06-19", "09-25"),
    2027: ("02-06", "06-09", "09-15"),
    2028: ("01-26", "05-28", "10-03"),
    2029: ("02-13", "06-16", "09-22"),
    2030: ("02-03", "06-05", "09-12"),
    2031: ("01-23", "06-24", "10-01"),
    2032: ("02-11", "06-12", "09-19"),
    2033: ("01-31", "06-01", "09-08"),
    2034: ("02-19", "06-20", "09-27"),
    2035: ("02-08", "06-10", "09-16"),
}
LAST_YEAR = max(_LUNAR)


class DayRow(NamedTuple):
    """An exception to Monday–Friday: a day off, or a make-up workday."""

    date: dt.date
    is_workday: bool
    name: str


def statutory(year: int) -> list[tuple[dt.date, str]]:
    """The statutory holidays of a year (article 2), in order; KeyError past ``LAST_YEAR``."""
    spring, boat, moon = (dt.date.fromisoformat(f"{year}-{day}") for day in _LUNAR[year])
    day = dt.timedelta(days=1)
    found = [
        (dt.date(year, 1, 1), "元旦"),
        *((spring + n * day, "春节") for n in (-1, 0, 1, 2)),
        (dt.date(year, 4, _qingming(year)), "清明节"),
        (dt.date(year, 5, 1), "劳动节"),
        (dt.date(year, 5, 2), "劳动节"),
        (boat, "端午节"),
        (moon, "中秋节"),
        *((dt.date(year, 10, n), "国庆节") for n in (1, 2, 3)),
    ]
    return sorted(found)


def draft(year: int) -> list[DayRow]:
    """The draft of a year: statutory holidays and their days in lieu, no make-up workdays."""
    off = dict(statutory(year))
    for day, name in statutory(year):
        if day.weekday() < 5:
            continue
        lieu = day
        while lieu.weekday() >= 5 or lieu in off:
            lieu += dt.timedelta(days=1)
        off[lieu] = f"{name}补假"
    return [DayRow(day, False, name) for day, name in sorted(off.items())]


def _qingming(year: int) -> int:
    """The day of April of 清明 in this century."""
    short = year % 100
    return int(short * 0.2422 + 4.81) - short // 4
