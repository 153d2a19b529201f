"""One order in memory: its rows, its clocks, its chain of events, and the moves it makes.

The same rules as ``appeals.actions.transition.Change`` and ``clocks.ClockBoard``, on plain rows.
"""

import datetime as dt
import functools
from collections.abc import Collection
from typing import Any

import orjson

from jiesu.access import Actor
from jiesu.appeals import lifecycle as life
from jiesu.appeals.actions.clocks import NEVER_BREACHED
from jiesu.appeals.lifecycle import (
    ENDED,
    GONE,
    LIVE,
    STATE_CLOCKS,
    STATUS_CLOCK,
    Move,
    State,
    Status,
)
from jiesu.cli.simulation.bulk import times
from jiesu.cli.simulation.bulk.signatures import signature_of
from jiesu.cli.simulation.bulk.tables import Row
from jiesu.cli.simulation.limits import Limits
from jiesu.deadlines.kinds import ClockKind
from jiesu.deadlines.worktime import Budget, Calendar, Unit
from jiesu.journal import chain

_NO_CLOCK: Row = {
    "due_at": None, "yellow_at": None, "due_kind": "", "due_unit": "", "is_paused": False
}  # fmt: skip
_NEVER = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
_VERSIONED = frozenset({"state", "round", "handler_id"})


class LifeBroken(Exception):
    """A plan makes a move that the lifecycle's tables do not have."""


class OrderState:
    """An order between its first step and its last."""

    def __init__(self, pk: int, first_assignment: int, limits: Limits) -> None:
        self.pk, self.limits = pk, limits
        self.next_assignment = first_assignment
        self.row: Row = {}
        self.assignments: list[Row] = []
        self.clocks: list[Row] = []
        self.events: list[Row] = []
        self.replies: list[Row] = []
        self.contacts: list[Row] = []
        self.callbacks: list[Row] = []
        self.applications: list[Row] = []
        self.query_code = ""
        self.hash = chain.START
        # of the change in progress
        self.actor: Actor | None = None
        self.at, self._instant = _NEVER, ""
        self.is_new = False
        self._moved = False
        self._lapsed: list[Row] = []
        self._revoked: list[Row] = []
        self._touched: dict[int, set[str]] = {}

    # --- a change ---------------------------------------------------------------------------------

    def begin(self, actor: Actor, at: dt.datetime) -> None:
        """One use case begins."""
        self.actor, self.at, self._instant = actor, at, times.instant(at)
        self._moved = False
        self._lapsed, self._revoked, self._touched = [], [], {}

    def finish(self) -> None:
        """It ends: lapsed limits are told, versions count."""
        row = self.row
        for clock in self._lapsed:
            row["breach_count"] += 1
            self._record_clock("clock_breached", clock, due_at=times.instant(clock["due_at"]))
        if self._revoked:
            row["breach_count"] = max(row["breach_count"] - len(self._revoked), 0)
            for clock in self._revoked:
                after = times.instant(clock["due_at"])
                self._record_clock("clock_recounted", clock, after=after, revoked=True)
        if self.is_new:
            self.is_new = False
            return
        if self._moved:
            row["version"] += 1
        self._flush()

    def _record_clock(self, kind: str, clock: Row, **facts: Any) -> None:
        whose = next((a for a in self.assignments if a["id"] == clock["assignment_id"]), None)
        named: Row = {} if whose is not None else {"unit": ""}
        self.record(kind, {"clock": clock["kind"], **named, **facts}, whose)

    def _flush(self) -> None:
        for assignment in self.assignments:
            fields = self._touched.pop(assignment["id"], None)
            if fields and fields & _VERSIONED:
                assignment["version"] += 1

    def show(self) -> None:
        """Bring what lists show in line with the clocks; once is enough, at the end."""
        status = Status(self.row["status"])
        kind = STATUS_CLOCK.get(status)
        clock = self.running(kind) if kind else None
        if clock is None and kind is not None:
            clock = self.running(ClockKind.TOTAL)
        self.row |= _shown(clock)
        for assignment in self.assignments:
            assignment |= self._shown_for(assignment)

    def _shown_for(self, assignment: Row) -> Row:
        for kind in STATE_CLOCKS.get(State(assignment["state"]), ()):
            clock = self.running(kind, assignment)
            if clock is None and assignment["parent_id"] is not None and kind is ClockKind.HANDLE:
                clock = self.running(kind)
            if clock is not None:
                return _shown(clock)
        return _NO_CLOCK

    # --- moves ------------------------------------------------------------------------------------

    def move(
        self, name: str, data: Row, assignment: Row | None = None, to: Status | None = None,
        **changes: Any,
    ) -> None:  # fmt: skip
        """One move of the appeal, as the table has it."""
        move = life.APPEAL_MOVES[name]
        before = self.row["status"]
        if before:
            _check(move, before)
        target = _target(move, to)
        if target is not None:
            if target != before:
                self._moved = True
            self.row["status"] = target.value
        self.row.update(changes)
        self.stop(move.stops)
        if move.pauses:
            self.pause()
        if move.resumes:
            self.resume()
        if target is None or target not in ENDED:
            for kind in move.starts:
                self.start(kind)
        self.record(name, data, assignment)
        if target in ENDED and target is not Status.ARCHIVED:
            for other in self.live():
                self.move_assignment(other, "cancel", None)

    def move_assignment(
        self, assignment: Row, name: str, data: Row | None, to: State | None = None, **changes: Any
    ) -> None:
        """One move of an assignment; without ``data`` it leaves no event."""
        move = life.ASSIGNMENT_MOVES[name]
        _check(move, assignment["state"])
        target = _target(move, to)
        if target is not None:
            changes["state"] = target.value
            if target in GONE:
                changes.setdefault("ended_at", self.at)
        self.change(assignment, **changes)
        if target in GONE:
            self.lapse(assignment)
        self.stop(move.stops, assignment)
        if data is not None:
            self.record(name, data, assignment)

    def add(self, name: str, assignment: Row) -> Row:
        """A new assignment, with its clocks."""
        move = life.ASSIGNMENT_MOVES[name]
        self._flush()
        assignment["id"] = self.next_assignment
        assignment["appeal_id"] = self.pk
        assignment["state"] = move.to[0].value
        self.next_assignment += 1
        self.assignments.append(assignment)
        for kind in move.starts:
            self.start(kind, assignment)
        self._moved = True
        return assignment

    def change(self, assignment: Row, **changes: Any) -> None:
        """Set fields of an assignment."""
        assignment.update(changes)
        self._touched.setdefault(assignment["id"], set()).update(changes)

    def live(self) -> list[Row]:
        """The assignments that have not ended."""
        return [a for a in self.assignments if a["state"] in LIVE]

    def lead(self) -> Row:
        """The live lead at the top."""
        for assignment in self.live():
            if assignment["nature"] == "lead" and assignment["depth"] == 0:
                return assignment
        raise LifeBroken("no unit has it")

    def of_unit(self, unit: int) -> Row:
        """The newest live assignment of a unit."""
        for assignment in reversed(self.assignments):
            if assignment["unit_id"] == unit and assignment["state"] in LIVE:
                return assignment
        raise LifeBroken(f"unit {unit} does not have it")

    def lapse(self, assignment: Row) -> None:
        """What an assignment applied for ends with it."""
        if self.row["pending_applications"]:
            for application in self.applications:
                if (
                    application["assignment_id"] == assignment["id"]
                    and application["verdict"] == "pending"
                ):
                    application["verdict"], application["decided_at"] = "lapsed", self.at
                    self.row["pending_applications"] -= 1

    def outdate(self) -> None:
        """A new version, though it stays where it is."""
        self._moved = True

    def record(self, kind: str, data: Row, assignment: Row | None = None) -> None:
        """One event, chained; ``data`` must be plain already (``chain.plain`` leaves it as it is).

        The row holds its data written, which is what the hash reads, too.
        """
        actor = self.actor
        if actor is None:
            raise LifeBroken("nobody acts")
        if assignment is not None:
            data.setdefault("unit", assignment["unit_name"])
            data.setdefault("nature", assignment["nature"])
        seq = self.row["event_seq"] + 1
        signature = signature_of(actor)
        text = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)
        event_hash = chain.hash_of_parts(
            self.hash, self.row["number"], seq, kind, self._instant, signature.text, text
        )
        self.events.append(
            {
                **signature.row, "kind": kind, "at": self.at, "data": text.decode(),
                "hash": event_hash, "seq": seq, "prev_hash": self.hash, "delivered_at": None,
                "appeal_id": self.pk,
                "assignment_id": assignment["id"] if assignment is not None else None,
            }
        )  # fmt: skip
        self.hash = event_hash
        self.row["event_seq"], self.row["event_hash"] = seq, event_hash

    # --- clocks -----------------------------------------------------------------------------------

    def running(self, kind: ClockKind, assignment: Row | None = None) -> Row | None:
        """The clock of a kind that has not stopped."""
        wanted = kind.value
        for clock in self.clocks:
            if (
                clock["kind"] == wanted
                and clock["stopped_at"] is None
                and (assignment is None or clock["assignment_id"] == assignment["id"])
            ):
                return clock
        return None

    def start(self, kind: ClockKind, assignment: Row | None = None) -> None:
        """Start a clock under the policy in force."""
        row, at = self.row, self.at
        limit = self.limits.limit(
            kind, row["appeal_type"], row["urgency"], row["is_difficult"], row["region_path"], at
        )
        if limit is None:
            return
        begun = row["received_at"] if kind is ClockKind.TOTAL else at
        if kind is ClockKind.JOINT:
            due, yellow = limit.with_yellow(self._joint_due(limit.calendar, limit.budget))
        else:
            due, yellow = limit.due(begun)
        self.clocks.append(
            {
                "appeal_id": self.pk, "assignment_id": assignment["id"] if assignment else None,
                "kind": kind.value, "round": assignment["round"] if assignment else 1, **limit.row,
                "started_at": begun, "due_at": due,
                "yellow_at": begun if yellow is not None and yellow < begun else yellow,
                "paused_at": None, "happenings": [], "stopped_at": None, "yellow_marked_at": None,
                "breached_at": None,
            }
        )  # fmt: skip

    def _joint_due(self, calendar: Calendar, before: Budget) -> dt.datetime:
        lead = self.running(ClockKind.HANDLE)
        if lead is None:
            return calendar.due(self.at, before)
        due: dt.datetime = lead["due_at"]
        earlier = calendar.subtract(due, before)
        return earlier if earlier > self.at else due

    def stop(self, kinds: Collection[ClockKind], assignment: Row | None = None) -> None:
        """Stop the running clocks of these kinds."""
        if not kinds:
            return
        for clock in self.clocks:
            if (
                clock["stopped_at"] is None
                and clock["kind"] in kinds
                and (assignment is None or clock["assignment_id"] == assignment["id"])
            ):
                if clock["paused_at"] is not None:
                    self._go_on(clock)
                clock["stopped_at"] = self.at
                if (
                    clock["due_at"] < self.at
                    and clock["breached_at"] is None
                    and clock["kind"] not in NEVER_BREACHED
                ):
                    clock["breached_at"] = clock["due_at"]
                    self._lapsed.append(clock)

    def pause(self) -> None:
        """Pause everything that runs."""
        for clock in self.clocks:
            if clock["stopped_at"] is None and clock["paused_at"] is None:
                clock["paused_at"] = self.at

    def resume(self) -> None:
        """Let what was paused go on."""
        for clock in self.clocks:
            if clock["stopped_at"] is None and clock["paused_at"] is not None:
                self._go_on(clock)

    def reopen(self, kind: ClockKind, assignment: Row) -> None:
        """Let the last stopped clock of a kind go on; it stood still meanwhile."""
        for clock in reversed(self.clocks):
            if (
                clock["kind"] == kind.value
                and clock["assignment_id"] == assignment["id"]
                and clock["stopped_at"] is not None
            ):
                clock["paused_at"], clock["stopped_at"] = clock["stopped_at"], None
                self._go_on(clock)
                return

    def extend(self, kinds: Collection[ClockKind], days: int) -> None:
        """Lengthen the clocks of these kinds."""
        calendar = self.limits.calendar(self.at)
        for clock in self.clocks:
            if clock["stopped_at"] is None and clock["kind"] in kinds:
                clock["due_at"] = calendar.add(clock["due_at"], Budget(days, Unit.WORK_DAYS))
                clock["happenings"] = [*clock["happenings"], ["extend", self.at.isoformat(), days]]
                self._moved_due(calendar, clock)

    def _go_on(self, clock: Row) -> None:
        calendar = self.limits.calendar(self.at)
        paused: dt.datetime = clock["paused_at"]
        clock["due_at"] = calendar.resumed(clock["due_at"], paused, self.at, Unit(clock["unit"]))
        began = paused.astimezone(dt.UTC)  # as a use case reads it back
        clock["happenings"] = [
            *clock["happenings"], ["pause", began.isoformat(), self.at.isoformat()]
        ]  # fmt: skip
        clock["paused_at"] = None
        self._moved_due(calendar, clock)

    def _yellow(self, calendar: Calendar, clock: Row) -> dt.datetime | None:
        if clock["yellow_amount"] is None:
            return None
        yellow = _budget(clock["yellow_amount"], clock["yellow_unit"])
        early = calendar.subtract(clock["due_at"], yellow)
        begun: dt.datetime = clock["started_at"]
        return max(early, begun)

    def _moved_due(self, calendar: Calendar, clock: Row) -> None:
        clock["yellow_at"] = self._yellow(calendar, clock)
        if clock["due_at"] > self.at:
            if clock["breached_at"] is not None:
                self._revoked.append(clock)
            clock["breached_at"] = None


def _check(move: Move[Any], where: str) -> None:
    if move.from_ and where not in move.from_:
        raise LifeBroken(f"{move.name} does not start at {where}")


def _target(move: Move[Any], to: Any) -> Any:
    target = to or (move.to[0] if move.to else None)
    if target is not None and target not in move.to:
        raise LifeBroken(f"{move.name} does not lead to {target}")
    return target


def _shown(clock: Row | None) -> Row:
    if clock is None:
        return _NO_CLOCK
    return {
        "due_at": clock["due_at"], "yellow_at": clock["yellow_at"], "due_kind": clock["kind"],
        "due_unit": clock["unit"], "is_paused": clock["paused_at"] is not None,
    }  # fmt: skip


@functools.cache
def _budget(amount: Any, unit: str) -> Budget:
    return Budget(amount, Unit(unit))
