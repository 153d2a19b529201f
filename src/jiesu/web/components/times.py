"""Times as people say them: “今天 09:20”; the exact one stands in the title."""

import datetime as dt

from jiesu.foundation.clock import BEIJING

WEEKDAYS = "一二三四五六日"
_PARTS = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))


def when_words(at: dt.datetime | dt.date, now: dt.datetime) -> str:
    """How near a moment is, in words; the year only when it is another one."""
    if not isinstance(at, dt.datetime):
        days = (at - now.astimezone(BEIJING).date()).days
        return _day(at, days, now.astimezone(BEIJING).year)
    local, today = at.astimezone(BEIJING), now.astimezone(BEIJING)
    days = (local.date() - today.date()).days
    return f"{_day(local.date(), days, today.year)} {local:%H:%M}"


def _day(day: dt.date, days: int, year: int) -> str:
    if days in (-2, -1, 0, 1, 2):
        return {-2: "前天", -1: "昨天", 0: "今天", 1: "明天", 2: "后天"}[days]
    return f"{day:%m-%d}" if day.year == year else f"{day:%Y-%m-%d}"


def exact(at: dt.datetime | dt.date) -> str:
    """2026-11-21 09:14:05 星期六."""
    if not isinstance(at, dt.datetime):
        return f"{at:%Y-%m-%d} 星期{WEEKDAYS[at.weekday()]}"
    local = at.astimezone(BEIJING)
    return f"{local:%Y-%m-%d %H:%M:%S} 星期{WEEKDAYS[local.weekday()]}"


def citizen_time(at: dt.datetime) -> str:
    """11月26日下午2点 — as one would say it on the phone."""
    local = at.astimezone(BEIJING)
    if local.hour == 0 and local.minute == 0:
        before = local - dt.timedelta(days=1)
        return f"{before.month}月{before.day}日24点"
    part = next(name for before, name in _PARTS if local.hour < before)
    hour = local.hour - 12 if local.hour > 12 else local.hour
    minute = "半" if local.minute == 30 else f"{local.minute}分" if local.minute else ""
    return f"{local.month}月{local.day}日{part}{hour}点{minute}"
