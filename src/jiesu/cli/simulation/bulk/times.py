"""How moments are written, quickly: a life holds sixty of them."""

import datetime as dt

from jiesu.foundation.clock import BEIJING
from jiesu.journal import chain

_EIGHT_HOURS_SINCE = 1992  # before, Beijing's time had summers
_CLOCK = [f" {hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60)]
_SECONDS = [f"{second:02d}" for second in range(60)]
_days: dict[int, str] = {}


def utc(at: dt.datetime) -> str:
    """The moment in UTC as ``2026-11-20 07:20:00``, with its microseconds if it has any."""
    if at.tzinfo is not BEIJING or at.year < _EIGHT_HOURS_SINCE:
        return at.astimezone(dt.UTC).isoformat(" ").removesuffix("+00:00")
    day, minute = at.toordinal(), at.hour * 60 + at.minute - 480
    if minute < 0:
        day, minute = day - 1, minute + 1440
    date = _days.get(day)
    if date is None:
        date = _days[day] = dt.date.fromordinal(day).isoformat()
    micros = at.microsecond
    if micros:
        return f"{date}{_CLOCK[minute]}{_SECONDS[at.second]}.{micros:06d}"
    return date + _CLOCK[minute] + _SECONDS[at.second]


def instant(at: dt.datetime) -> str:
    """``chain.instant``"""
    if at.tzinfo is None:
        return chain.instant(at)  # refuses
    text = utc(at)
    return f"{text[:10]}T{text[11:]}{'Z' if len(text) > 19 else '.000000Z'}"
