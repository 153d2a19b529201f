"""Starts, stops, pauses, extends and recomputes the limits of an appeal.

Called by ``transition.py`` inside a change, and by the deadline loop. The sums are
``deadlines.worktime``'s, the limits ``deadlines.policies``'.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from jiesu.appeals.actions.rows import insert_each, write_each
from jiesu.appeals.lifecycle import STATE_CLOCKS, STATUS_CLOCK, State, Status
from jiesu.appeals.models import Appeal, Assignment, Clock
from jiesu.deadlines import policies, worktime
from jiesu.deadlines.kinds import ClockKind
from jiesu.deadlines.worktime import Budget, Unit

NEVER_BREACHED = frozenset({ClockKind.RETURN})  # the end of a right, not of a duty


class ClockBoard:
    """The clocks of one appeal during one change: read once, written once."""

    def __init__(self, appeal: Appeal, at: dt.datetime) -> None:
        self.appeal = appeal
        self.at = at
        self.lapsed: list[Clock] = []  # found breached while being stopped
        self.revoked: list[Clock] = []  # breached once, and due later after all
        self._rows: list[Clock] | None = [] if appeal.pk is None else None
        self._new: list[Clock] = []
        self._touched: set[int] = set()
        self._as_read: dict[int, tuple[tuple[str, Any], ...]] = {}

    @property
    def rows(self) -> list[Clock]:
        """All clocks of the appeal that have not stopped, and those this change stopped."""
        if self._rows is None:
            unstopped = Clock.objects.filter(appeal=self.appeal, stopped_at=None)
            self._rows = list(unstopped.order_by("pk"))
            self._as_read.update((clock.pk, _stored(clock)) for clock in self._rows)
        return [*self._rows, *self._new]

    def use(self, rows: list[Clock]) -> None:
        """Take over the clocks that a caller has read for many appeals at once."""
        self._rows = rows

    @property
    def changed(self) -> bool:
        """Whether anything was started, stopped or moved."""
        return bool(self._new or self._touched)

    def running(self, kind: ClockKind, assignment: Assignment | None = None) -> Clock | None:
        """The running or paused clock of a kind (of one assignment)."""
        for clock in self.rows:
            if (
                clock.kind == kind
                and clock.stopped_at is None
                and (assignment is None or clock.assignment_id == assignment.pk)
            ):
                return clock
        return None

    # --- moves ------------------------------------------------------------------------------------

    def start(self, kind: ClockKind, assignment: Assignment | None = None) -> Clock | None:
        """Start a clock under the policy in force; None where no limit is set for it."""
        appeal = self.appeal
        limit = policies.limit_for(
            kind,
            appeal_type=appeal.appeal_type,
            urgency=appeal.urgency,
            difficult=appeal.is_difficult,
            region_path=appeal.region_path,
            at=self.at,
        )
        if limit is None:
            return None
        calendar = policies.calendar(self.at)
        start = appeal.received_at if kind is ClockKind.TOTAL else self.at
        if kind is ClockKind.JOINT:
            due = self._joint_due(calendar, limit.budget)
        else:
            due = calendar.due(start, limit.budget)
        clock = Clock(
            assignment=assignment,
            kind=kind,
            round=assignment.round if assignment is not None else 1,
            policy_id=limit.policy_id,
            policy_version=limit.policy_version,
            amount=limit.budget.amount,
            unit=limit.budget.unit,
            yellow_amount=limit.yellow.amount if limit.yellow else None,
            yellow_unit=limit.yellow.unit if limit.yellow else "",
            started_at=start,
            due_at=due,
        )
        clock.yellow_at = yellow_of(calendar, clock)
        self._new.append(clock)
        return clock

    def _joint_due(self, calendar: worktime.Calendar, before: Budget) -> dt.datetime:
        """A joint unit is due so much before the lead; never before now."""
        lead = self.running(ClockKind.HANDLE)
        if lead is None:
            return calendar.due(self.at, before)
        earlier = calendar.subtract(lead.due_at, before)
        return earlier if earlier > self.at else lead.due_at

    def stop(self, kinds: Iterable[ClockKind], assignment: Assignment | None = None) -> None:
        """Stop the running clocks of these kinds (only the assignment's, if one is given)."""
        wanted = frozenset(kinds)
        if not wanted:
            return
        for clock in self.rows:
            if (
                clock.stopped_at is None
                and clock.kind in wanted
                and (assignment is None or clock.assignment_id == assignment.pk)
            ):
                if clock.paused_at is not None:
                    self._go_on(clock)
                clock.stopped_at = self.at
                if (
                    clock.due_at < self.at
                    and clock.breached_at is None
                    and clock.kind not in NEVER_BREACHED
                ):
                    clock.breached_at = clock.due_at
                    self.lapsed.append(clock)
                self._touch(clock)

    def pause(self) -> None:
        """Pause everything that runs."""
        for clock in self.rows:
            if clock.is_running:
                clock.paused_at = self.at
                self._touch(clock)

    def resume(self) -> None:
        """Let everything that was paused go on where it stood."""
        for clock in self.rows:
            if clock.paused_at is not None and clock.stopped_at is None:
                self._go_on(clock)
                self._touch(clock)

    def reopen(self, kind: ClockKind, assignment: Assignment | None = None) -> Clock | None:
        """Let the last stopped clock of a kind go on; the time it stood still is a pause.

        The citizen's total clock is reopened without a pause: it never restarts and never waits.
        """
        clock = self._last_stopped(kind, assignment)
        if clock is None:
            return None
        if kind is not ClockKind.TOTAL:
            clock.paused_at = clock.stopped_at
        clock.stopped_at = None
        if clock.paused_at is not None:
            self._go_on(clock)
        self._touch(clock)
        return clock

    def _last_stopped(self, kind: ClockKind, assignment: Assignment | None) -> Clock | None:
        whose = assignment.pk if assignment is not None else None
        for clock in reversed(self.rows):  # stopped a moment ago, and perhaps not yet written
            if clock.kind == kind and clock.assignment_id == whose and clock.stopped_at is not None:
                return clock
        stopped = Clock.objects.filter(
            appeal=self.appeal, kind=kind, assignment=assignment, stopped_at__isnull=False
        )
        found = stopped.order_by("-pk").first()
        if found is not None and self._rows is not None:
            self._as_read[found.pk] = _stored(found)
            self._rows.append(found)
        return found

    def extend(self, kinds: Iterable[ClockKind], days: int) -> None:
        """Lengthen the unstopped clocks of these kinds by so many working days."""
        wanted = frozenset(kinds)
        calendar = policies.calendar(self.at)
        for clock in self.rows:
            if clock.stopped_at is None and clock.kind in wanted:
                clock.due_at = calendar.add(clock.due_at, Budget(days, Unit.WORK_DAYS))
                clock.happenings = [*clock.happenings, ["extend", self.at.isoformat(), days]]
                self._moved_due(calendar, clock)
                self._touch(clock)

    def _go_on(self, clock: Clock) -> None:
        if clock.paused_at is None:
            return
        calendar = policies.calendar(self.at)
        clock.due_at = calendar.resumed(clock.due_at, clock.paused_at, self.at, Unit(clock.unit))
        clock.happenings = [
            *clock.happenings,
            ["pause", clock.paused_at.isoformat(), self.at.isoformat()],
        ]
        clock.paused_at = None
        self._moved_due(calendar, clock)

    def _moved_due(self, calendar: worktime.Calendar, clock: Clock) -> None:
        clock.yellow_at = yellow_of(calendar, clock)
        if clock.due_at > self.at:
            if clock.breached_at is not None:
                self.revoked.append(clock)
            clock.breached_at = None
        if clock.yellow_at is not None and clock.yellow_at > self.at:
            clock.yellow_marked_at = None

    def _touch(self, clock: Clock) -> None:
        if clock.pk is not None:
            self._touched.add(clock.pk)

    # --- what lists show --------------------------------------------------------------------------

    def shown_for_appeal(self) -> dict[str, Any]:
        """``due_at`` and its company for the appeal's row, by where it stands."""
        status = Status(self.appeal.status)
        kind = STATUS_CLOCK.get(status)
        clock = self.running(kind) if kind else None
        if clock is None and kind is not None:
            clock = self.running(ClockKind.TOTAL)
        return shown(clock)

    def shown_for_assignment(self, assignment: Assignment) -> dict[str, Any]:
        """The same for one assignment; one passed down is due when its superior is."""
        for kind in STATE_CLOCKS.get(State(assignment.state), ()):
            clock = self.running(kind, assignment)
            if clock is None and assignment.parent_id is not None and kind is ClockKind.HANDLE:
                clock = self.running(kind)
            if clock is not None:
                return shown(clock)
        return shown(None)

    def write(self) -> None:
        """Store what changed: one insert, and one update for clocks that changed alike."""
        for clock in self._new:
            clock.appeal = self.appeal
        if self._new:
            Clock.objects.bulk_create(self._new)
        alike: dict[str, tuple[dict[str, Any], list[int]]] = {}
        for clock in self._moved():
            before = self._as_read.get(clock.pk, ())
            changes = dict(set_ for set_ in _stored(clock) if set_ not in before)
            if changes:
                alike.setdefault(repr(changes), (changes, []))[1].append(clock.pk)
        for changes, pks in alike.values():
            Clock.objects.filter(pk__in=pks).update(**changes)
        if self._rows is not None:  # the board may go on being used
            self._rows += self._new
            self._as_read = {clock.pk: _stored(clock) for clock in self._rows}
        self._new, self._touched = [], set()

    def _moved(self) -> list[Clock]:
        return [clock for clock in self._rows or () if clock.pk in self._touched]


def write_boards(boards: Sequence[ClockBoard]) -> None:
    """Store what changed on many boards: one insert, and one prepared update sent many times."""
    new = []
    for board in boards:
        for clock in board._new:
            clock.appeal = board.appeal
            new.append(clock)
    insert_each(new)
    moved = [clock for board in boards for clock in board._moved()]
    if moved:
        write_each(moved, [name for name, _ in _stored(moved[0])])


def _stored(clock: Clock) -> tuple[tuple[str, Any], ...]:
    """What of a clock a move may change."""
    return (
        ("due_at", clock.due_at), ("yellow_at", clock.yellow_at), ("paused_at", clock.paused_at),
        ("stopped_at", clock.stopped_at), ("happenings", clock.happenings),
        ("breached_at", clock.breached_at), ("yellow_marked_at", clock.yellow_marked_at),
    )  # fmt: skip


def shown(clock: Clock | None) -> dict[str, Any]:
    """The denormalised due time of a row that lists show."""
    return {
        "due_at": clock.due_at if clock else None,
        "yellow_at": clock.yellow_at if clock else None,
        "due_kind": clock.kind if clock else "",
        "due_unit": clock.unit if clock else "",
        "is_paused": clock is not None and clock.paused_at is not None,
    }


def yellow_of(calendar: worktime.Calendar, clock: Clock) -> dt.datetime | None:
    """When the clock turns yellow: so much before it is due (山东: one working day)."""
    if clock.yellow_amount is None:
        return None
    early = calendar.subtract(clock.due_at, Budget(clock.yellow_amount, Unit(clock.yellow_unit)))
    return max(early, clock.started_at)


def recompute(clock: Clock, at: dt.datetime) -> bool:
    """Tell an open clock's due time again from its story under the present calendar.

    For when a year's calendar is loaded or corrected. Counted under the rules of the day it began.
    Whether it moved; the caller saves it. A joint unit's limit follows its lead's: ``rejoin``.
    """
    if clock.kind == ClockKind.JOINT:
        return False
    calendar = policies.calendar(clock.started_at)
    story: list[worktime.Pause | worktime.Extension] = []
    for what, when, value in clock.happenings:
        began = dt.datetime.fromisoformat(when)
        if what == "pause":
            story.append(worktime.Pause(began, dt.datetime.fromisoformat(value)))
        else:
            story.append(worktime.Extension(began, Budget(value, Unit.WORK_DAYS)))
    due = worktime.due_after(
        calendar, clock.started_at, Budget(clock.amount, Unit(clock.unit)), story
    )
    if due == clock.due_at:
        return False
    _put(clock, calendar, due, at)
    return True


def rejoin(clock: Clock, lead: Clock, at: dt.datetime) -> bool:
    """Bring a joint unit's limit in line with its lead's, which moved. Whether it moved, too."""
    calendar = policies.calendar(clock.started_at)
    due = calendar.subtract(lead.due_at, Budget(clock.amount, Unit(clock.unit)))
    if due <= clock.started_at:
        due = lead.due_at
    if due == clock.due_at:
        return False
    _put(clock, calendar, due, at)
    return True


def _put(clock: Clock, calendar: worktime.Calendar, due: dt.datetime, at: dt.datetime) -> None:
    """Set another due time, and take back the marks it no longer deserves."""
    clock.due_at = due
    clock.yellow_at = yellow_of(calendar, clock)
    if due > at:
        clock.breached_at = None
    if clock.yellow_at is not None and clock.yellow_at > at:
        clock.yellow_marked_at = None
