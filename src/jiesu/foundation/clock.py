"""The wall clock, read only by the doors. Use cases are told the time."""

import datetime as dt
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


def now() -> dt.datetime:
    """The present moment, aware, in Beijing time."""
    return dt.datetime.now(BEIJING)
