"""What this process remembers of the calendar and the limits.

A change writes a fresh stamp in its own transaction; a process looks at the stamp at most every
two seconds, so a change elsewhere is seen within that time and the warm path asks the database
nothing. The stamp is random, not a number: a rolled-back change can never look like a later one.
"""

import datetime as dt
import secrets
import threading
import time
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field

from jiesu.deadlines.models import (
    CalendarDay,
    CalendarRules,
    CalendarYear,
    DeadlineVersion,
    LimitPolicy,
    OfficeHours,
)
from jiesu.deadlines.worktime import Budget, Calendar, DatedHours, DueAt
from jiesu.organizations.paths import is_below

RECHECK_SECONDS = 2.0
MAX_AGE_SECONDS = 600.0  # region paths belong to another app, which leaves no stamp here
_MEMO_SIZE = 50_000
_ROW = "deadlines"

_MemoKey = tuple[str, str, str, bool, str, dt.date]


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit that applies: which policy said so, how long, and when it turns yellow."""

    policy_id: int
    policy_version: int
    budget: Budget
    yellow: Budget | None


@dataclass(frozen=True, slots=True)
class _Policy:
    appeal_type: str
    urgency: str
    difficult: bool | None
    region_path: str
    valid_from: dt.date
    valid_to: dt.date | None
    limit: Limit

    def applies(
        self, appeal_type: str, urgency: str, difficult: bool, region_path: str, day: dt.date
    ) -> bool:
        return (
            self.valid_from <= day
            and (self.valid_to is None or day < self.valid_to)
            and self.appeal_type in ("", appeal_type)
            and self.urgency in ("", urgency)
            and self.difficult in (None, difficult)
            and is_below(region_path, self.region_path)
        )


def _specificity(row: LimitPolicy) -> tuple[bool, bool, int, bool, dt.date, int, int]:
    """Most specific last; see ``policies.limit_for``."""
    return (
        row.difficult is not None,
        bool(row.urgency),
        len(row.region.path) if row.region else 0,
        bool(row.appeal_type),
        row.valid_from,
        row.version,
        row.pk,
    )


@dataclass(slots=True)
class Snapshot:
    """The calendar and the limits as they were read at one moment."""

    stamp: str
    read_at: float
    rule_starts: list[dt.date]
    calendars: list[Calendar]  # one more than rule_starts: the first for before them
    policies: dict[str, list[_Policy]]
    memo: dict[_MemoKey, Limit | None] = field(default_factory=dict)

    def calendar_on(self, day: dt.date) -> Calendar:
        """The calendar under the rules of counting in force on that day."""
        return self.calendars[bisect_right(self.rule_starts, day)]

    def limit(
        self,
        clock: str,
        appeal_type: str,
        urgency: str,
        difficult: bool,
        region_path: str,
        day: dt.date,
    ) -> Limit | None:
        """The most specific limit in force on that day, or None."""
        key = (clock, appeal_type, urgency, difficult, region_path, day)
        try:
            return self.memo[key]
        except KeyError:
            pass
        found = next(
            (
                policy.limit
                for policy in self.policies.get(clock, ())
                if policy.applies(appeal_type, urgency, difficult, region_path, day)
            ),
            None,
        )
        if len(self.memo) >= _MEMO_SIZE:
            self.memo.clear()
        self.memo[key] = found
        return found


_lock = threading.Lock()
_snapshot: Snapshot | None = None
_looked_at = float("-inf")


def current() -> Snapshot:
    """What this process remembers, at most two seconds older than the database."""
    global _snapshot, _looked_at
    snapshot = _snapshot
    now = time.monotonic()
    if snapshot is not None and now - _looked_at < RECHECK_SECONDS:
        return snapshot
    with _lock:
        snapshot = _snapshot
        stamp = _read_stamp()
        if snapshot is None or snapshot.stamp != stamp or now - snapshot.read_at >= MAX_AGE_SECONDS:
            snapshot = _read(stamp, now)
        _snapshot, _looked_at = snapshot, now
    return snapshot


def touch() -> None:
    """Write a fresh stamp: first in the transaction of every change, which also queues changes."""
    DeadlineVersion.objects.update_or_create(name=_ROW, defaults={"stamp": secrets.token_hex(16)})
    forget()


def forget() -> None:
    """Drop what this process remembers; the next reading asks the database."""
    global _snapshot, _looked_at
    with _lock:
        _snapshot, _looked_at = None, float("-inf")


def _read_stamp() -> str:
    stamps = DeadlineVersion.objects.filter(name=_ROW).values_list("stamp", flat=True)
    return stamps.first() or ""


def read_calendar() -> Calendar:
    """The calendar as it stands in the database, under the default rules of counting."""
    years = dict(CalendarYear.objects.values_list("year", "provisional"))
    return Calendar(
        dict(CalendarDay.objects.values_list("date", "is_workday")),
        years,
        [DatedHours(row.valid_from, row.hours) for row in OfficeHours.objects.all()],
        provisional=[year for year, provisional in years.items() if provisional],
    )


def _read(stamp: str, now: float) -> Snapshot:
    calendar = read_calendar()
    calendars = [calendar]
    starts = []
    for rules in CalendarRules.objects.order_by("valid_from"):
        starts.append(rules.valid_from)
        calendars.append(
            calendar.with_rules(from_next_day=rules.from_next_day, due_at=DueAt(rules.due_at))
        )
    policies: defaultdict[str, list[_Policy]] = defaultdict(list)
    rows = LimitPolicy.objects.select_related("region")
    for row in sorted(rows, key=_specificity, reverse=True):
        policies[row.clock].append(
            _Policy(
                appeal_type=row.appeal_type,
                urgency=row.urgency,
                difficult=row.difficult,
                region_path=row.region.path if row.region else "",
                valid_from=row.valid_from,
                valid_to=row.valid_to,
                limit=Limit(row.pk, row.version, row.budget, row.yellow),
            )
        )
    return Snapshot(stamp, now, starts, calendars, dict(policies))
