"""Working time: when something is due, how much of its limit is left, and what a pause costs.

Pure: no Django, no clock, no database. A ``Calendar`` knows working days and office hours; every
answer is exact to the microsecond and given in Beijing time.

The idea is one coordinate. Working time up to an instant is a *position*: whole working days plus
the share of the present day's office hours already gone (or, for working hours, office time since
the first loaded day). Everything is adding to a position and turning it back into an instant.
Nights, lunch breaks, weekends and holidays have a length in nature but none in position; where
several instants share a position, an answer is the earliest of them, so a limit that ends with
the day ends when the office closes, not when it opens again.

How days are counted follows articles 201 and 203 of the Civil Code 民法典: a period in days does
not count the day it begins; it ends at 24:00 of its last day, or when business closes. Both are
switches, because cities differ: ``from_next_day`` and ``due_at``. Periods in hours or minutes
run from the moment itself (article 201, second paragraph).
"""

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import UseCaseError

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_MICROSECOND = dt.timedelta(microseconds=1)


class Unit(StrEnum):
    """What a limit is counted in. Minutes and hours are natural time, day and night."""

    MINUTES = "minutes"
    HOURS = "hours"
    WORK_HOURS = "work_hours"
    WORK_DAYS = "work_days"

    @property
    def is_natural(self) -> bool:
        """Whether nights and holidays count."""
        return self in (Unit.MINUTES, Unit.HOURS)


UNIT_NAMES: dict[Unit, str] = {
    Unit.MINUTES: "分钟",
    Unit.HOURS: "小时",
    Unit.WORK_HOURS: "工时",
    Unit.WORK_DAYS: "工作日",
}
_MICROS = {Unit.MINUTES: MINUTE, Unit.HOURS: HOUR, Unit.WORK_HOURS: HOUR}


class DueAt(StrEnum):
    """At what time of its last day a limit in working days ends."""

    CLOSE = "close"  # when the office closes
    MIDNIGHT = "midnight"  # at 24:00
    SAME_TIME = "same_time"  # after exactly so much office time


class YearMissing(UseCaseError):
    """The calendar of a year this answer needs is not loaded; guessing would be wrong in law."""

    code = "year_missing"

    def __init__(self, year: int) -> None:
        super().__init__(
            f"{year} 年的工作日历尚未载入，无法计算期限。请管理员在“管理—日历”中载入国务院办公厅"
            f"关于 {year} 年放假安排的通知；通知未公布的，请先启用 {year} 年临时日历。"
        )
        self.year = year


class HoursMissing(UseCaseError):
    """No office hours are set, so working time has no meaning."""

    code = "office_hours_missing"

    def __init__(self) -> None:
        super().__init__("办公时间尚未设置，无法计算期限。请管理员在“管理—日历”中设置办公时间。")


@dataclass(frozen=True, slots=True)
class Span:
    """A length of working or natural time, exact; negative when something is overdue.

    ``amount`` is working days for ``WORK_DAYS`` and microseconds for every other unit. ``tail``
    is the part without working time after it (to 24:00 when a limit ends at midnight).
    """

    amount: Fraction
    unit: Unit
    tail: dt.timedelta = dt.timedelta()

    @property
    def in_units(self) -> Fraction:
        """The length in its own unit: days, hours or minutes."""
        return self.amount / _MICROS.get(self.unit, 1)

    def __str__(self) -> str:
        """A text that ``Span.parse`` reads back exactly, for storing."""
        tail = self.tail // _MICROSECOND
        return f"{self.unit}:{self.amount}" + (f"+{tail}" if tail else "")

    @classmethod
    def parse(cls, text: str) -> "Span":
        """The span ``str()`` wrote."""
        unit, _, rest = text.partition(":")
        amount, _, tail = rest.partition("+")
        return cls(Fraction(amount), Unit(unit), dt.timedelta(microseconds=int(tail or 0)))


@dataclass(frozen=True, slots=True)
class Budget:
    """How much time there is: a positive amount of a unit."""

    amount: Decimal | int
    unit: Unit
    _exact: Fraction = field(init=False, repr=False, compare=False)
    _whole: int = field(init=False, repr=False, compare=False)  # the same, or -1 if not whole

    def __post_init__(self) -> None:
        unit = Unit(self.unit)
        exact = Fraction(self.amount) * _MICROS.get(unit, 1)
        if exact <= 0:
            raise ValueError(f"a budget is positive, not {self.amount}")
        if unit is not Unit.WORK_DAYS:
            exact = Fraction(ceil(exact))  # to the microsecond, in the citizen's favour
        object.__setattr__(self, "unit", unit)
        object.__setattr__(self, "_exact", exact)
        object.__setattr__(self, "_whole", exact.numerator if exact.denominator == 1 else -1)

    @property
    def span(self) -> Span:
        """The same length as an exact span."""
        return Span(self._exact, self.unit)

    @property
    def words(self) -> str:
        """``3 个工作日``, ``15 分钟``."""
        amount = f"{Decimal(self.amount).normalize():f}"
        return f"{amount} {'个' if not self.unit.is_natural else ''}{UNIT_NAMES[self.unit]}"


class Hours:
    """The office hours of a working day: one or more stretches, in order, apart from each other.

    ``Hours.parse("08:30-12:00 14:30-17:30")``; a stretch may end at 24:00.
    """

    __slots__ = ("close", "close_delta", "intervals", "open", "total")

    def __init__(self, intervals: Iterable[tuple[int, int]]) -> None:
        """Takes (open, close) in minutes of the day; ValueError unless ascending and apart."""
        minutes = tuple(intervals)
        last = -1
        for opens, closes in minutes:
            if not last < opens < closes <= 24 * 60:
                raise ValueError("office hours must be ascending and apart")
            last = closes
        if not minutes:
            raise ValueError("office hours must not be empty")
        gone = 0
        built = []
        for opens, closes in minutes:
            built.append((opens * MINUTE, closes * MINUTE, gone))
            gone += (closes - opens) * MINUTE
        self.intervals = tuple(built)  # (open, close, office time before it), in microseconds
        self.total = gone
        self.open = built[0][0]
        self.close = built[-1][1]
        self.close_delta = dt.timedelta(microseconds=self.close)

    @classmethod
    def parse(cls, text: str) -> "Hours":
        """Hours from ``08:30-12:00 14:30-17:30``; ValueError when that is not what it says."""
        intervals = []
        for stretch in text.split():
            opens, dash, closes = stretch.partition("-")
            if not dash:
                raise ValueError(f"not a stretch of office hours: {stretch}")
            intervals.append((_minutes(opens), _minutes(closes)))
        return cls(intervals)

    def __str__(self) -> str:
        return " ".join(
            f"{a // HOUR:02}:{a % HOUR // MINUTE:02}-{b // HOUR:02}:{b % HOUR // MINUTE:02}"
            for a, b, _ in self.intervals
        )

    def __repr__(self) -> str:
        return f"Hours.parse({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hours) and self.intervals == other.intervals

    def __hash__(self) -> int:
        return hash(self.intervals)

    def used(self, time: int) -> int:
        """Office time gone by this time of day."""
        for opens, closes, before in reversed(self.intervals):
            if time >= opens:
                return before + min(time, closes) - opens
        return 0

    def earliest(self, used: int) -> int:
        """The earliest time of day by which so much (more than none) has gone."""
        for opens, closes, before in self.intervals:
            if used <= before + closes - opens:
                return opens + used - before
        raise ValueError("more than a day's office time")

    def latest(self, used: int) -> int:
        """The latest time of day by which no more than so much (less than all) has gone."""
        for opens, closes, before in self.intervals:
            if used < before + closes - opens:
                return opens + used - before
        raise ValueError("a day's office time or more")


def _minutes(text: str) -> int:
    hours, colon, minutes = text.partition(":")
    if not (colon and len(minutes) == 2 and hours.isdecimal() and minutes.isdecimal()):
        raise ValueError(f"not a time of day: {text}")
    if int(minutes) > 59:
        raise ValueError(f"not a time of day: {text}")
    return int(hours) * 60 + int(minutes)


class DatedHours(NamedTuple):
    """Office hours from a day on, until the next row. The first row also stands for before it."""

    valid_from: dt.date
    hours: Hours


class _HoursAt:
    """Finds the office hours of a day among dated rows."""

    __slots__ = ("rows", "starts")

    def __init__(self, rows: Sequence[DatedHours]) -> None:
        self.rows = sorted(rows)
        self.starts = [row.valid_from for row in self.rows]

    def __call__(self, day: dt.date) -> Hours:
        return self.rows[max(bisect_left(self.starts, day + dt.timedelta(days=1)) - 1, 0)].hours


class _Run:
    """An unbroken run of loaded years, indexed so that every look-up is direct or one bisect."""

    __slots__ = ("before", "cumulative", "end", "first", "hours", "last_year", "midnights", "start")

    def __init__(
        self, first_year: int, last_year: int, days: Mapping[dt.date, bool], hours: _HoursAt
    ) -> None:
        start = dt.date(first_year, 1, 1).toordinal()
        end = dt.date(last_year + 1, 1, 1).toordinal()
        self.first = start
        self.last_year = last_year
        self.start = dt.datetime(first_year, 1, 1, tzinfo=BEIJING)
        self.end = dt.datetime(last_year + 1, 1, 1, tzinfo=BEIJING)
        self.before = [0]  # working days before each day of the run, and one past the end
        self.midnights: list[dt.datetime] = []  # 00:00 of each working day
        self.hours: list[Hours] = []  # its office hours
        self.cumulative = [0]  # office time before each working day, and one past the end
        exceptions = {day.toordinal(): works for day, works in days.items()}
        for ordinal in range(start, end):
            if exceptions.get(ordinal, ordinal % 7 not in (6, 0)):  # ordinal 1 was a Monday
                day = dt.date.fromordinal(ordinal)
                these = hours(day)
                self.midnights.append(dt.datetime(day.year, day.month, day.day, tzinfo=BEIJING))
                self.hours.append(these)
                self.cumulative.append(self.cumulative[-1] + these.total)
            self.before.append(len(self.midnights))

    def day_and_used(self, local: dt.datetime) -> tuple[int, int]:
        """Index of the working day an instant stands in or before, and the office time used."""
        here = local.toordinal() - self.first
        before = self.before
        index = before[here]
        if len(before) == here + 1 or before[here + 1] == index:
            return index, 0
        hours = self.hours[index]
        time = (local.hour * 60 + local.minute) * MINUTE + local.second * SECOND + local.microsecond
        used = hours.used(time)
        return (index, used) if used < hours.total else (index + 1, 0)

    def position(self, local: dt.datetime, unit: Unit) -> Fraction:
        index, used = self.day_and_used(local)
        if unit is Unit.WORK_HOURS:
            return Fraction(self.cumulative[index] + used)
        return Fraction(index) if not used else index + Fraction(used, self.hours[index].total)

    def split(self, position: Fraction | int, unit: Unit) -> tuple[int, int]:
        """Index and office time used (more than none) for a position above zero.

        Raises YearMissing for a position outside the run.
        """
        if position <= 0:
            raise YearMissing(self.start.year - 1)
        if unit is Unit.WORK_HOURS:
            index = bisect_left(self.cumulative, position) - 1
        else:
            index = ceil(position) - 1
        if index >= len(self.midnights):
            raise YearMissing(self.last_year + 1)
        if unit is Unit.WORK_HOURS:
            return index, ceil(position) - self.cumulative[index]
        return index, ceil((position - index) * self.hours[index].total)

    def earliest(self, position: Fraction, unit: Unit) -> dt.datetime:
        """The first instant with this position."""
        index, used = self.split(position, unit)
        return self.midnights[index] + self.hours[index].earliest(used) * _MICROSECOND

    def earliest_hour(self, position: int) -> dt.datetime:
        """``earliest`` for working hours, without fractions."""
        cumulative = self.cumulative
        index = bisect_left(cumulative, position) - 1
        if index >= len(self.midnights):
            raise YearMissing(self.last_year + 1)
        used = position - cumulative[index]
        return self.midnights[index] + self.hours[index].earliest(used) * _MICROSECOND

    def latest(self, position: Fraction, unit: Unit) -> dt.datetime:
        """The last instant with this position, as far as the run reaches."""
        return self.last_of(*self.normal(position, unit))

    def normal(self, position: Fraction | int, unit: Unit) -> tuple[int, int]:
        """Index and office time used (less than all) for a position; see ``day_and_used``."""
        if position == 0:
            return 0, 0
        index, used = self.split(position, unit)
        return (index, used) if used < self.hours[index].total else (index + 1, 0)

    def first_of(self, index: int, used: int) -> dt.datetime:
        """The first instant at which this much is used; YearMissing outside the run."""
        if used == 0:
            index -= 1
            used = -1
        if index < 0:
            raise YearMissing(self.start.year - 1)
        if index >= len(self.midnights):
            raise YearMissing(self.last_year + 1)
        hours = self.hours[index]
        if used < 0:
            return self.midnights[index] + hours.close_delta
        return self.midnights[index] + hours.earliest(used) * _MICROSECOND

    def last_of(self, index: int, used: int) -> dt.datetime:
        """The last instant at which no more is used, as far as the run reaches."""
        if index == len(self.midnights):
            return self.end
        return self.midnights[index] + self.hours[index].latest(used) * _MICROSECOND

    def tail(self, local: dt.datetime, index: int, used: int) -> dt.timedelta:
        """Natural time since the first instant with the same position."""
        return local - (self.first_of(index, used) if index or used else self.start)

    def instant(self, index: int, used: int, tail: dt.timedelta) -> dt.datetime:
        """The first instant with this position, plus as much of the tail as holds no work."""
        first = self.first_of(index, used)
        if not tail:
            return first
        return min(first + tail, self.last_of(index, used))


class Calendar:
    """Working days, office hours, and how a limit in days is counted. Immutable.

    ``days`` are the exceptions to Monday–Friday ({date: is_workday}); ``years`` are the years they
    are complete for, and a year outside raises ``YearMissing``. ``provisional`` years are a draft
    that will be replaced.
    """

    __slots__ = ("_hours", "_runs", "due_at", "from_next_day", "provisional", "years")

    def __init__(
        self,
        days: Mapping[dt.date, bool],
        years: Iterable[int],
        hours: Hours | Sequence[DatedHours],
        *,
        from_next_day: bool = True,
        due_at: DueAt = DueAt.CLOSE,
        provisional: Iterable[int] = (),
    ) -> None:
        self.years = frozenset(years)
        self.provisional = frozenset(provisional) & self.years
        self.from_next_day = from_next_day
        self.due_at = DueAt(due_at)
        rows = [DatedHours(dt.date.min, hours)] if isinstance(hours, Hours) else list(hours)
        self._hours = _HoursAt(rows) if rows else None
        self._runs: dict[int, _Run] = {}
        if self._hours:
            for first, last in _unbroken(self.years):
                run = _Run(first, last, days, self._hours)
                self._runs.update(dict.fromkeys(range(first, last + 1), run))

    def with_rules(self, *, from_next_day: bool, due_at: DueAt) -> "Calendar":
        """The same days and hours under other rules of counting; shares the index."""
        twin = object.__new__(Calendar)
        twin.years, twin.provisional, twin._hours = self.years, self.provisional, self._hours
        twin._runs = self._runs
        twin.from_next_day, twin.due_at = from_next_day, DueAt(due_at)
        return twin

    # -- limits ------------------------------------------------------------------------------

    def due(self, start: dt.datetime, budget: Budget) -> dt.datetime:
        """When a limit that starts now ends, under the rules of counting."""
        unit = budget.unit
        local = _local(start)
        if unit is not Unit.WORK_DAYS:
            if unit is not Unit.WORK_HOURS:
                return local + budget._whole * _MICROSECOND
            run = self._run(local)
            index, used = run.day_and_used(local)
            return run.earliest_hour(run.cumulative[index] + used + budget._whole)
        run = self._run(local)
        whole = budget._whole
        if self.due_at is DueAt.SAME_TIME:
            begun = self._begun(run, local)
            return run.earliest(begun + budget._exact, unit)
        # Whole days: the last of them is all that matters.
        if self.from_next_day:
            begun_index = run.before[min(local.toordinal() - run.first + 1, len(run.before) - 1)]
        else:
            begun_index = run.day_and_used(local)[0]
        last = begun_index + (whole if whole > 0 else ceil(budget._exact)) - 1
        if last >= len(run.midnights):
            raise YearMissing(run.last_year + 1)
        if self.due_at is DueAt.CLOSE:
            return run.midnights[last] + run.hours[last].close_delta
        return run.midnights[last] + _ONE_DAY

    def counted_from(self, start: dt.datetime, unit: Unit) -> dt.datetime:
        """The instant the counting of a limit begins: its start, or when work next begins."""
        local = _local(start)
        if unit.is_natural:
            return local
        run = self._run(local)
        if unit is Unit.WORK_HOURS:
            return run.latest(run.position(local, unit), unit)
        return run.latest(self._begun(run, local), unit)

    def add(self, at: dt.datetime, budget: Budget) -> dt.datetime:
        """This much later in working time, whatever the rules of counting: for an extension."""
        return self._shift(at, budget, 1)

    def subtract(self, at: dt.datetime, budget: Budget) -> dt.datetime:
        """This much earlier in working time: the yellow mark, a joint unit's due time."""
        return self._shift(at, budget, -1)

    # -- pauses ------------------------------------------------------------------------------

    def remaining(self, at: dt.datetime, due: dt.datetime, unit: Unit) -> Span:
        """What is left of a limit; negative when overdue. ``resume`` takes it up again exactly."""
        at, due = _local(at), _local(due)
        if unit.is_natural:
            return Span(Fraction((due - at) // _MICROSECOND), unit)
        run = self._run_of_both(at, due)
        left = run.position(due, unit) - run.position(at, unit)
        return Span(left, unit, run.tail(due, *run.day_and_used(due)))

    def resume(self, at: dt.datetime, span: Span) -> dt.datetime:
        """When a limit is due of which so much was left, taken up again now."""
        local = _local(at)
        if span.unit.is_natural:
            return local + int(span.amount) * _MICROSECOND
        run = self._run(local)
        position = run.position(local, span.unit) + span.amount
        return run.instant(*run.normal(position, span.unit), span.tail)

    def resumed(
        self, due: dt.datetime, paused: dt.datetime, at: dt.datetime, unit: Unit
    ) -> dt.datetime:
        """The new due time of a limit paused then and taken up again now."""
        return self.resume(at, self.remaining(paused, due, unit))

    def elapsed(self, start: dt.datetime, end: dt.datetime, unit: Unit) -> Span:
        """The working (or natural) time between two instants."""
        start, end = _local(start), _local(end)
        if unit.is_natural:
            return Span(Fraction((end - start) // _MICROSECOND), unit)
        run = self._run_of_both(start, end)
        return Span(run.position(end, unit) - run.position(start, unit), unit)

    # -- days --------------------------------------------------------------------------------

    def is_workday(self, day: dt.date) -> bool:
        """Whether the office works that day."""
        run = self._run_of_year(day.year)
        here = day.toordinal() - run.first
        return run.before[here + 1] > run.before[here]

    def is_office_time(self, at: dt.datetime) -> bool:
        """Whether the office is open at this instant."""
        local = _local(at)
        run = self._run(local)
        position = run.position(local, Unit.WORK_HOURS)
        return run.latest(position, Unit.WORK_HOURS) == local < run.end

    def hours_on(self, day: dt.date) -> Hours:
        """The office hours of that day, were it a working day."""
        if self._hours is None:
            raise HoursMissing
        return self._hours(day)

    def next_workday(self, day: dt.date) -> dt.date:
        """The first working day after this one."""
        run = self._run_of_year(day.year)
        index = run.before[day.toordinal() - run.first + 1]
        if index >= len(run.midnights):
            raise YearMissing(run.last_year + 1)
        return run.midnights[index].date()

    def red_from(self, due: dt.datetime) -> dt.datetime:
        """When a lapsed limit turns red: the office opens on the first working day after it."""
        local = _local(due)
        if local.time() == dt.time():  # 24:00 belongs to the day it ends
            local -= _MICROSECOND
        run = self._run(local)
        index = run.before[local.toordinal() - run.first + 1]
        if index >= len(run.midnights):
            raise YearMissing(run.last_year + 1)
        return run.midnights[index] + run.hours[index].open * _MICROSECOND

    def is_provisional(self, due: dt.datetime) -> bool:
        """Whether this due time rests on a draft year and may yet move."""
        local = _local(due)
        return local.year in self.provisional

    # -- inside ------------------------------------------------------------------------------

    def _shift(self, at: dt.datetime, budget: Budget, sign: int) -> dt.datetime:
        local = _local(at)
        unit, whole = budget.unit, sign * budget._whole
        if unit is not Unit.WORK_DAYS and unit is not Unit.WORK_HOURS:
            return local + whole * _MICROSECOND
        run = self._run(local)
        index, used = run.day_and_used(local)
        tail = run.tail(local, index, used)
        if unit is Unit.WORK_DAYS and budget._whole > 0:
            other = index + whole
            if used == 0 or (0 <= other < len(run.hours) and run.hours[other] is run.hours[index]):
                return run.instant(other, used, tail)  # alike days: no fractions needed
        if unit is Unit.WORK_HOURS:
            hours = run.cumulative[index] + used + whole  # whole microseconds: no fractions
            return run.instant(*run.normal(hours, unit), tail)
        position = run.position(local, unit) + sign * budget._exact
        return run.instant(*run.normal(position, unit), tail)

    def _begun(self, run: _Run, local: dt.datetime) -> Fraction:
        """The position a limit in working days is counted from."""
        if self.from_next_day:
            return Fraction(run.before[min(local.toordinal() - run.first + 1, len(run.before) - 1)])
        if self.due_at is DueAt.SAME_TIME:
            return run.position(local, Unit.WORK_DAYS)
        return Fraction(run.day_and_used(local)[0])

    def _run(self, local: dt.datetime) -> _Run:
        run = self._runs.get(local.year)
        if run is not None:
            return run
        if local.month == 1 and local.day == 1 and local.time() == dt.time():
            run = self._runs.get(local.year - 1)  # 24:00 of the last loaded day
            if run is not None:
                return run
        return self._run_of_year(local.year)

    def _run_of_year(self, year: int) -> _Run:
        if self._hours is None:
            raise HoursMissing
        run = self._runs.get(year)
        if run is None:
            raise YearMissing(year)
        return run

    def _run_of_both(self, one: dt.datetime, other: dt.datetime) -> _Run:
        run = self._run(min(one, other))
        if self._run(max(one, other)) is not run:
            raise YearMissing(run.last_year + 1)
        return run


_ONE_DAY = dt.timedelta(days=1)


def _local(at: dt.datetime) -> dt.datetime:
    """The instant in Beijing time; ValueError when it is naive."""
    if at.tzinfo is BEIJING:
        return at
    if at.tzinfo is None:
        raise ValueError("a datetime without a time zone")
    return at.astimezone(BEIJING)


def _unbroken(years: Iterable[int]) -> list[tuple[int, int]]:
    """The unbroken runs among years, as (first, last)."""
    runs: list[tuple[int, int]] = []
    for year in sorted(years):
        if runs and runs[-1][1] == year - 1:
            runs[-1] = (runs[-1][0], year)
        else:
            runs.append((year, year))
    return runs


# -- a limit's whole story -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pause:
    """A limit stood still from ``began`` until ``ended`` (None while it still does)."""

    began: dt.datetime
    ended: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """A limit was lengthened by a budget."""

    at: dt.datetime
    budget: Budget


def due_after(
    calendar: Calendar,
    start: dt.datetime,
    budget: Budget,
    happenings: Iterable[Pause | Extension] = (),
) -> dt.datetime:
    """The due time of a limit told from its beginning: for recomputing it under a new calendar.

    ``happenings`` in any order: each takes effect when it did, a pause when it ended. One that has
    not ended leaves the due time alone. The rules of counting are those of ``calendar``, so give
    the calendar of the day the limit began.
    """
    due = calendar.due(start, budget)
    for event in sorted(happenings, key=_takes_effect):
        if isinstance(event, Extension):
            due = calendar.add(due, event.budget)
        elif event.ended is not None:
            due = calendar.resumed(due, event.began, event.ended, budget.unit)
    return due


def _takes_effect(event: Pause | Extension) -> dt.datetime:
    return (event.ended or event.began) if isinstance(event, Pause) else event.at


# -- words ---------------------------------------------------------------------------------------


def remaining_words(calendar: Calendar, at: dt.datetime, due: dt.datetime, unit: Unit) -> str:
    """The limit badge: ``剩 2 工作日``, ``剩 3 工时``, ``剩 25 分钟``, ``超 3 小时``, ``到期``.

    Rounded down: what is said to be left is really left. Working time is told while there is any,
    else natural time, so a lapsed limit says how late it is on a Sunday too. Where a year is
    missing, natural time is told rather than nothing: a list must open.
    """
    at, due = _local(at), _local(due)
    if at == due:
        return "到期"
    late = at > due
    sign = "超" if late else "剩"
    if not unit.is_natural:
        try:
            amount = abs(calendar.remaining(at, due, Unit.WORK_DAYS).amount)
            if unit is Unit.WORK_DAYS and amount >= 1:
                return f"{sign} {int(amount)} 工作日"
            micros = int(abs(calendar.remaining(at, due, Unit.WORK_HOURS).amount))
        except (YearMissing, HoursMissing):
            micros = 0
        if micros and not late:
            return (
                f"{sign} {micros // HOUR} 工时" if micros >= HOUR else _minutes_words(sign, micros)
            )
    micros = abs(due - at) // _MICROSECOND
    if micros >= 3 * DAY:
        return f"{sign} {micros // DAY} 天"
    return f"{sign} {micros // HOUR} 小时" if micros >= HOUR else _minutes_words(sign, micros)


def _minutes_words(sign: str, micros: int) -> str:
    if micros >= MINUTE:
        return f"{sign} {micros // MINUTE} 分钟"
    return "刚到期" if sign == "超" else f"{sign}不足 1 分钟"


def due_words(due: dt.datetime) -> str:
    """``11月22日 24:00`` for the midnight that ends a day, else ``11月23日 17:30``."""
    local = _local(due)
    if local.time() == dt.time():
        local -= _MICROSECOND
        return f"{local.month}月{local.day}日 24:00"
    return f"{local.month}月{local.day}日 {local:%H:%M}"
