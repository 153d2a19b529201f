"""What ``deadlines`` answers, remembered for one run: a million orders ask the same."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from jiesu.deadlines import policies
from jiesu.deadlines.kinds import ClockKind
from jiesu.deadlines.models import LimitPolicy
from jiesu.deadlines.policies import Limit
from jiesu.deadlines.worktime import Calendar, DueAt, Unit
from jiesu.organizations.paths import ancestors

_Key = tuple[ClockKind, str, str, bool, str, int]
_MOST = 20_000  # limits remembered; a day and a kind of order have one


class Counted:
    """A limit as it is counted on one day: when it is due, and the columns of its clocks."""

    def __init__(self, limit: Limit, calendar: Calendar) -> None:
        self.budget, self.calendar, self._yellow = limit.budget, calendar, limit.yellow
        # In whole days from the next, or to the day's end: the time of day makes no difference.
        self._by_day = (
            limit.budget.unit is Unit.WORK_DAYS and calendar.from_next_day
            and calendar.due_at is not DueAt.SAME_TIME
        )  # fmt: skip
        self._dues: dict[int, tuple[dt.datetime, dt.datetime | None]] = {}
        self.row: dict[str, Any] = {
            "policy_id": limit.policy_id, "policy_version": limit.policy_version,
            "amount": limit.budget.amount, "unit": limit.budget.unit.value,
            "yellow_amount": limit.yellow.amount if limit.yellow else None,
            "yellow_unit": limit.yellow.unit.value if limit.yellow else "",
        }  # fmt: skip

    def due(self, begun: dt.datetime) -> tuple[dt.datetime, dt.datetime | None]:
        """When it is due that began then, and so much earlier as it turns yellow."""
        if not self._by_day:
            return self.with_yellow(self.calendar.due(begun, self.budget))
        day = begun.toordinal()
        found = self._dues.get(day)
        if found is None:
            due = self.calendar.due(begun, self.budget)
            found = self._dues[day] = self.with_yellow(due)
        return found

    def with_yellow(self, due: dt.datetime) -> tuple[dt.datetime, dt.datetime | None]:
        """A due time with the moment it turns yellow."""
        return due, self.calendar.subtract(due, self._yellow) if self._yellow else None


@dataclass
class Limits:
    """The limits and the calendar of one run."""

    paths: frozenset[str] = frozenset()  # of the regions that some policy names
    _limits: dict[_Key, Counted | None] = field(default_factory=dict)
    _calendars: dict[int, Calendar] = field(default_factory=dict)

    def calendar(self, at: dt.datetime) -> Calendar:
        """``policies.calendar``"""
        day = at.toordinal()
        found = self._calendars.get(day)
        if found is None:
            found = self._calendars[day] = policies.calendar(at)
        return found

    def limit(
        self, kind: ClockKind, appeal_type: str, urgency: str, difficult: bool, path: str,
        at: dt.datetime,
    ) -> Counted | None:  # fmt: skip
        """``policies.limit_for``; a region no policy names is like the one above it."""
        if self.paths:
            path = next((p for p in reversed(ancestors(path)) if p in self.paths), "")
        else:
            path = ""
        key = (kind, appeal_type, urgency, difficult, path, at.toordinal())
        try:
            return self._limits[key]
        except KeyError:
            pass
        limit = policies.limit_for(
            kind, appeal_type=appeal_type, urgency=urgency, difficult=difficult, region_path=path,
            at=at,
        )  # fmt: skip
        if len(self._limits) >= _MOST:
            self._limits.clear()
        found = self._limits[key] = Counted(limit, self.calendar(at)) if limit else None
        return found


def read() -> Limits:
    """What the policies say about regions."""
    named = LimitPolicy.objects.exclude(region=None).values_list("region__path", flat=True)
    return Limits(frozenset(named))
