"""Which limit applies, and which calendar counts it: what the rest of the house asks.

    limit = policies.limit_for(ClockKind.HANDLE, appeal_type="03", urgency="3",
                               region_path=path, at=at)
    calendar = policies.calendar(at)              # the rules of the day the limit begins
    due_at = calendar.due(at, limit.budget)
    yellow_at = calendar.subtract(due_at, limit.yellow) if limit.yellow else None

A limit keeps the rules of counting of the day it began: ask ``calendar(started_at)`` for whatever
is done with it later (``resumed`` after a pause, ``add`` for an extension, ``subtract``).
"""

import datetime as dt

from jiesu.deadlines import snapshot
from jiesu.deadlines.snapshot import Limit
from jiesu.deadlines.worktime import Calendar
from jiesu.foundation.clock import BEIJING

__all__ = ["Limit", "calendar", "forget", "limit_for"]

forget = snapshot.forget


def calendar(at: dt.datetime) -> Calendar:
    """The calendar, under the rules of counting in force on the day of ``at``."""
    return snapshot.current().calendar_on(at.astimezone(BEIJING).date())


def limit_for(
    clock: str,
    *,
    appeal_type: str,
    urgency: str,
    region_path: str,
    at: dt.datetime,
    difficult: bool = False,
) -> Limit | None:
    """The limit in force on the day of ``at``; None where there is none for this kind of clock.

    Of the policies that apply, the most specific wins. Compared in this order, first difference
    decides: says whether difficult; names the urgency; names the deeper region; names the type.
    What was judged about this very appeal thus outranks where it lies, and where it lies outranks
    its type: a county that sets ten days for everything does not lengthen the two hours of a
    matter of life. Policies alike in all four differ in time only and never overlap.
    """
    day = at.astimezone(BEIJING).date()
    return snapshot.current().limit(clock, appeal_type, urgency, difficult, region_path, day)
