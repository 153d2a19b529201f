"""The only writer of a status: one change of one appeal, locked, checked, written.

Every use case opens ``changing(appeal, actor=…, at=…)``, performs moves, and leaves. On leaving,
the clocks, the appeal row and the events are written; an exception leaves nothing behind.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models, transaction

from jiesu.access import Actor, ActorKind
from jiesu.access.recusal import why_step_aside
from jiesu.appeals.actions import held as held_
from jiesu.appeals.actions.clocks import ClockBoard
from jiesu.appeals.actions.held import Held
from jiesu.appeals.lifecycle import (
    CANCEL,
    ENDED,
    LIVE,
    STATE_NAMES,
    STATUS_NAMES,
    Move,
    State,
    Status,
)
from jiesu.appeals.models import Appeal, Application, Assignment, Clock, Event, Reply
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, NotAllowedNow
from jiesu.journal import chain
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import is_below


def check_permission(actor: Actor, move: Move[Any]) -> None:
    """Refuse with Forbidden when the actor lacks the move's permission."""
    if not actor.may(move.needs):
        raise Forbidden(f"您的岗位不能{move.label}。请切换岗位或联系管理员。")


def check_centre(actor: Actor, appeal: Appeal) -> None:
    """Refuse when the appeal belongs to another centre; citizens and the system have none."""
    if actor.kind in (ActorKind.SYSTEM, ActorKind.CITIZEN):
        return
    if appeal.centre_id != actor.unit_id:
        raise Forbidden("该工单由其他热线中心管理，您只能查看。")


def check_unit(actor: Actor, assignment: Assignment) -> None:
    """Refuse when the assignment is another unit's; a unit acts also for its own sections."""
    if actor.kind is ActorKind.SYSTEM or assignment.unit_id == actor.unit_id:
        return
    if (
        actor.unit_path
        and is_below(assignment.unit_path, actor.unit_path)
        and assignment.unit.kind == Unit.Kind.SECTION
    ):
        return
    raise Forbidden("这件工单由其他单位承办，您不能代办。")


def check_from(move: Move[Any], where: Status | State) -> None:
    """Refuse when the move does not start where the appeal or assignment stands."""
    if move.from_ and where not in move.from_:
        names: dict[Any, str] = {**STATUS_NAMES, **STATE_NAMES}
        raise NotAllowedNow(f"当前状态为“{names[where]}”，不能{move.label}。请刷新查看最新进展。")


class Change:
    """One change in progress; made by ``changing``."""

    def __init__(
        self, appeal: Appeal, actor: Actor, at: dt.datetime, held: Held | None = None
    ) -> None:
        self.appeal = appeal
        self.actor = actor
        self.at = at
        self.clocks = ClockBoard(appeal, at)
        self._events: list[Event] = []
        self._assignments: list[Assignment] | None = None
        self._replies: list[Reply] | None = None
        self._dirty: set[str] = set()
        self._touched: dict[int, set[str]] = {}
        self._held = held
        self._kept: dict[int, set[str]] = {}  # touched by earlier use cases of a ``holding``
        self._is_new = appeal.pk is None
        self._moved = False

    def _again(self, appeal: Appeal, actor: Actor, at: dt.datetime) -> "Change":
        """The same change for a further use case, which must work on the same object."""
        if appeal is not self.appeal:
            raise ValueError("within holding() an appeal is one object")
        self.actor, self.at, self.clocks.at = actor, at, at
        return self

    # --- what is there ------------------------------------------------------------------------
    @property
    def assignments(self) -> list[Assignment]:
        """All assignments of the appeal, oldest first, read once."""
        if self._assignments is None:
            self._assignments = (
                []
                if self._is_new
                else list(
                    Assignment.objects.select_related("unit")
                    .filter(appeal=self.appeal)
                    .order_by("pk")
                )
            )
            for assignment in self._assignments:
                assignment.appeal = self.appeal
        return self._assignments

    @property
    def replies(self) -> list[Reply]:
        """All that the units wrote as replies, oldest first, read once."""
        if self._replies is None:
            found = Reply.objects.select_related("assignment").filter(appeal=self.appeal)
            self._replies = list(found.order_by("pk"))
        return self._replies

    def live(self) -> list[Assignment]:
        """The assignments that have not ended."""
        return [a for a in self.assignments if a.where in LIVE]

    def lead(self) -> Assignment | None:
        """The live lead at the top: the unit that answers to the centre."""
        for a in self.live():
            if a.nature == Assignment.Nature.LEAD and a.depth == 0:
                return a
        return None

    def mine(self, assignment: Assignment) -> Assignment:
        """This change's own object of an assignment the gate gave; checks its version."""
        for a in self.assignments:
            if a.pk == assignment.pk:
                if a.version != assignment.version:
                    raise ChangedMeanwhile
                return a
        raise ChangedMeanwhile

    # --- moves --------------------------------------------------------------------------------
    def move(
        self, move: Move[Status], *, to: Status | None = None, data: dict[str, Any] | None = None,
        assignment: Assignment | None = None, **changes: Any,
    ) -> None:  # fmt: skip
        """Perform one move of the appeal, with the fields it changes and the facts it leaves."""
        check_permission(self.actor, move)
        self.follow(move, to=to, data=data, assignment=assignment, **changes)

    def follow(
        self, move: Move[Status], *, to: Status | None = None, data: dict[str, Any] | None = None,
        assignment: Assignment | None = None, **changes: Any,
    ) -> None:  # fmt: skip
        """A move that follows from another one, whose permission was already checked."""
        if not self._is_new or self.appeal.status:
            check_from(move, self.appeal.where)
        target = to or (move.to[0] if move.to else None)
        if target is not None:
            if target not in move.to:
                raise ValueError(f"{move.name} does not lead to {target}")
            if target != self.appeal.status:
                self._moved = True
            changes["status"] = target
        self.change_appeal(**changes)
        self.clocks.stop(move.stops)
        if move.pauses:
            self.clocks.pause()
        if move.resumes:
            self.clocks.resume()
        if target is None or target not in ENDED:
            for kind in move.starts:
                self.clocks.start(kind)
        self.record(move.name, data, assignment)
        if target in ENDED and target != Status.ARCHIVED:
            self._end_assignments()

    def move_assignment(
        self, assignment: Assignment, move: Move[State], *, to: State | None = None,
        data: dict[str, Any] | None = None, record: bool = True, **changes: Any,
    ) -> None:  # fmt: skip
        """Perform one move of an assignment; whose it is the use case has checked."""
        check_permission(self.actor, move)
        self.follow_assignment(assignment, move, to=to, data=data, record=record, **changes)

    def follow_assignment(
        self, assignment: Assignment, move: Move[State], *, to: State | None = None,
        data: dict[str, Any] | None = None, record: bool = True, **changes: Any,
    ) -> None:  # fmt: skip
        """An assignment's move that follows from another one."""
        check_from(move, assignment.where)
        target = to or (move.to[0] if move.to else None)
        if target is not None:
            if target not in move.to:
                raise ValueError(f"{move.name} does not lead to {target}")
            changes["state"] = target
            if target not in LIVE:
                changes.setdefault("ended_at", self.at)
        self.change_assignment(assignment, **changes)
        self.clocks.stop(move.stops, assignment)
        if target is not None and target not in LIVE:
            self._lapse_applications(assignment)
        if record:
            self.record(move.name, data, assignment)

    def add_assignment(self, assignment: Assignment, move: Move[State]) -> Assignment:
        """Store a new assignment and start its clocks."""
        known = self.assignments  # read before the new one is there
        self._write_assignments()  # whoever had it before must be out first
        self.store(assignment)
        known.append(assignment)
        for kind in move.starts:
            self.clocks.start(kind, assignment)
        self._moved = True
        return assignment

    def store(self, row: models.Model, *fields: str) -> None:
        """Store a new row that belongs to the appeal, or these fields of one that is there."""
        if row.pk is None and self._held is not None:
            self._held.add(row)
        elif row.pk is None or not row._state.adding:
            row.save(update_fields=fields or None)

    def unwritten(self, model: type[models.Model]) -> Iterator[models.Model]:
        """The appeal's new rows of a kind that ``holding`` has yet to write, the newest first."""
        waiting = self._held.rows[model] if self._held is not None else []
        return (row for row in reversed(waiting) if row.appeal_id == self.appeal.pk)

    def outdate(self) -> None:
        """Make pages drawn before this change stale, though the appeal stays where it is."""
        self._moved = True

    def change_appeal(self, **changes: Any) -> None:
        """Set fields of the appeal, to be written on leaving."""
        for field, value in changes.items():
            setattr(self.appeal, field, value)
            self._dirty.add(field)

    def change_assignment(self, assignment: Assignment, **changes: Any) -> None:
        """Set fields of an assignment, to be written on leaving."""
        for field, value in changes.items():
            setattr(assignment, field, value)
        self._touched.setdefault(assignment.pk, set()).update(changes)

    def record(
        self, kind: str, data: dict[str, Any] | None = None, assignment: Assignment | None = None
    ) -> None:
        """Append one event with its facts; chained on leaving."""
        appeal, actor = self.appeal, self.actor
        facts = dict(data or {})
        if assignment is not None:
            facts.setdefault("unit", assignment.unit_name)
            facts.setdefault("nature", assignment.nature)
        event = Event(
            seq=appeal.event_seq + 1,
            kind=kind,
            at=self.at,
            actor_kind=actor.kind,
            actor_name=actor.name,
            actor_role=actor.role,
            actor_user_id=actor.user_id,
            actor_unit_id=actor.unit_id,
            actor_unit_name=actor.unit_name,
            data=facts,
            prev_hash=appeal.event_hash,
            assignment_id=assignment.pk if assignment is not None else None,
        )
        event.hash = chain.next_hash(
            appeal.event_hash, subject=appeal.number, seq=event.seq, kind=kind, at=self.at,
            actor=actor, data=facts,
        )  # fmt: skip
        self.change_appeal(event_seq=event.seq, event_hash=event.hash)
        self._events.append(event)

    def record_breach(self, clock: Clock) -> None:
        """Append the event of a limit that was not kept; late by a missed run, never wrong."""
        self.change_appeal(breach_count=self.appeal.breach_count + 1)
        self.record_clock("clock_breached", clock, due_at=clock.due_at)

    def record_clock(self, kind: str, clock: Clock, **facts: Any) -> None:
        """Append an event about one clock; it names the unit whose limit it is."""
        whose = next((a for a in self.assignments if a.pk == clock.assignment_id), None)
        named = {} if whose is not None else {"unit": ""}
        self.record(kind, {"clock": clock.kind, **named, **facts}, whose)

    # --- the end of a life ----------------------------------------------------------------------
    def _end_assignments(self) -> None:
        """Cancel what is still alive of an ended appeal."""
        for assignment in self.live():
            self.follow_assignment(assignment, CANCEL, record=False)

    def _lapse_applications(self, assignment: Assignment) -> None:
        """What an assignment applied for ends with it: nobody is left to judge it for."""
        waiting = self.appeal.pending_applications
        if not waiting:
            return
        lapsed = Application.objects.filter(
            assignment=assignment, verdict=Application.Verdict.PENDING
        ).update(verdict=Application.Verdict.LAPSED, decided_at=self.at)
        if lapsed:
            self.change_appeal(pending_applications=max(waiting - lapsed, 0))

    # --- writing --------------------------------------------------------------------------------
    def _settle(self) -> None:
        """Bring in line what follows from the moves: breaches, due times, the version."""
        for clock in self.clocks.lapsed:
            self.record_breach(clock)
        if self.clocks.revoked:  # an extension that was asked for in time and granted late
            breaches = self.appeal.breach_count - len(self.clocks.revoked)
            self.change_appeal(breach_count=max(breaches, 0))
            for clock in self.clocks.revoked:
                self.record_clock("clock_recounted", clock, after=clock.due_at, revoked=True)
        self.clocks.lapsed, self.clocks.revoked = [], []
        if self.clocks.changed or "status" in self._dirty or self._touched:
            self.show_due()
        if self._moved and not self._is_new:
            self.change_appeal(version=self.appeal.version + 1)
        self._moved = False

    def _write(self) -> None:
        self._settle()
        if self._is_new:
            self.appeal.save(force_insert=True)
        elif self._dirty:
            self.appeal.save(update_fields=sorted(self._dirty))
        self._write_assignments()
        self.clocks.write()
        for event in self._events:
            event.appeal = self.appeal
        Event.objects.bulk_create(self._events)

    def _keep(self) -> None:
        """Leave what changed in memory, for the next use case and for ``_write_many``."""
        self._settle()
        if self._is_new:
            self.store(self.appeal)
            self._is_new, self._assignments, self._replies = False, [], []
        self._write_assignments()

    def _write_assignments(self) -> None:
        for assignment, fields in self._take_touched():
            if self._held is None:
                assignment.save(update_fields=sorted(fields))
            else:
                self._kept.setdefault(assignment.pk, set()).update(fields)

    def _take_touched(self) -> Iterator[tuple[Assignment, set[str]]]:
        """What changed in the assignments; a move or a new round is a new version."""
        for assignment in self.assignments if self._touched else ():
            fields = self._touched.pop(assignment.pk, set())
            if fields & {"state", "round", "handler_id"}:
                assignment.version += 1
                fields.add("version")
            if fields:
                yield assignment, fields

    def show_due(self) -> None:
        """Bring the due times that lists show in line with the clocks."""
        shown = self.clocks.shown_for_appeal()
        for field, value in shown.items():
            if getattr(self.appeal, field) != value:
                self.change_appeal(**{field: value})
        if self._is_new:
            return
        for assignment in self.assignments:
            shown = self.clocks.shown_for_assignment(assignment)
            wrong = {f: v for f, v in shown.items() if getattr(assignment, f) != v}
            if wrong:
                self.change_assignment(assignment, **wrong)


@contextmanager
def changing(appeal: Appeal, *, actor: Actor, at: dt.datetime) -> Iterator[Change]:
    """One change of one appeal in one transaction.

    Locks the row and refuses with ChangedMeanwhile when the appeal moved since it was loaded, with
    Forbidden when the actor stepped aside from it 回避. A new
    appeal needs no savepoint of its own: what it comes in with fails as a whole. Within ``holding``
    what an earlier use case changed is taken up in memory and written later.
    """
    held = held_.current.get()
    if held is not None and appeal.pk in held.changes:
        change = held.changes[appeal.pk]._again(appeal, actor, at)
        yield change
        change._keep()
        return
    with transaction.atomic(savepoint=appeal.pk is not None):
        if appeal.pk is not None:
            locked = (
                Appeal.objects.select_for_update()
                .filter(pk=appeal.pk)
                .values("version", "event_seq", "event_hash", "status", "urge_count",
                        "pending_applications", "breach_count", "extension_count",
                        "callback_tries", "merged_count", "satisfaction", "recused")
                .get()
            )  # fmt: skip
            if locked["version"] != appeal.version:
                raise ChangedMeanwhile
            for field, value in locked.items():
                setattr(appeal, field, value)
            if why := why_step_aside(actor, appeal.recused):
                raise Forbidden(why)
        change = Change(appeal, actor, at, held)
        yield change
        if held is None:
            change._write()
        else:
            change._keep()
            held.changes[appeal.pk] = change
