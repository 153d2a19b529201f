"""What ``deadlines`` answers, remembered for one run: a million orders ask the same."""

import datetime as dt
from dataclasses import dataclass, field

from jiesu.deadlines import policies
from jiesu.deadlines.kinds import ClockKind
from jiesu.deadlines.models import LimitPolicy
from jiesu.deadlines.policies import Limit
from jiesu.deadlines.worktime import Budget, Calendar
from jiesu.organizations.paths import ancestors

_Key = tuple[ClockKind, str, str, bool, str, dt.date]


@dataclass
class Limits:
    """The limits and the calendar of one run."""

    paths: frozenset[str]  # of the regions that some policy names
    _limits: dict[_Key, Limit | None] = field(default_factory=dict)
    _calendars: dict[dt.date, Calendar] = field(default_factory=dict)
    _yellow: dict[tuple[int, dt.datetime, Budget], dt.datetime] = field(default_factory=dict)

    def calendar(self, at: dt.datetime) -> Calendar:
        """``policies.calendar``"""
        day = at.date()
        found = self._calendars.get(day)
        if found is None:
            found = self._calendars[day] = policies.calendar(at)
        return found

    def limit(
        self, kind: ClockKind, appeal_type: str, urgency: str, difficult: bool, path: str,
        at: dt.datetime,
    ) -> Limit | None:  # fmt: skip
        """``policies.limit_for``; a region no policy names is like the one above it."""
        if self.paths:
            path = next((p for p in reversed(ancestors(path)) if p in self.paths), "")
        else:
            path = ""
        key = (kind, appeal_type, urgency, difficult, path, at.date())
        try:
            return self._limits[key]
        except KeyError:
            found = self._limits[key] = policies.limit_for(
                kind, appeal_type=appeal_type, urgency=urgency, difficult=difficult,
                region_path=path, at=at,
            )  # fmt: skip
            return found

    def before(self, calendar: Calendar, due: dt.datetime, yellow: Budget) -> dt.datetime:
        """``calendar.subtract``; many limits end when the same office closes."""
        key = (id(calendar), due, yellow)
        found = self._yellow.get(key)
        if found is None:
            if len(self._yellow) > 200_000:
                self._yellow.clear()
            found = self._yellow[key] = calendar.subtract(due, yellow)
        return found


def read() -> Limits:
    """What the policies say about regions."""
    named = LimitPolicy.objects.exclude(region=None).values_list("region__path", flat=True)
    return Limits(frozenset(named))
