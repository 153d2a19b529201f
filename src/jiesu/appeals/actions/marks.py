"""What the deadline loop does to limits: mark yellow, mark breached, count anew.

A breach is an event, not a status (design §1). Each function takes a batch of appeals and is one
transaction; killed in the middle it leaves nothing, run twice it does nothing the second time.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import F

from jiesu.access import SYSTEM
from jiesu.appeals.actions import clocks
from jiesu.appeals.actions.clocks import NEVER_BREACHED
from jiesu.appeals.actions.many import changing_many
from jiesu.appeals.actions.rows import write_each
from jiesu.appeals.actions.transition import Change
from jiesu.appeals.models import Clock
from jiesu.appeals.queries import ClockQuerySet
from jiesu.deadlines.kinds import ClockKind
from jiesu.deadlines.worktime import HoursMissing, YearMissing


@dataclass
class Marked:
    """What one batch did; ``left_out`` are appeals that somebody was changing."""

    breached: int = 0
    yellow: int = 0
    lapsed: int = 0
    moved: int = 0
    left_out: set[int] = field(default_factory=set)


def due(at: dt.datetime) -> ClockQuerySet:
    """Running limits that have passed and are not marked (partial index ``clock_to_breach``)."""
    return Clock.objects.to_breach(at).order_by("due_at", "pk")


def turning_yellow(at: dt.datetime) -> ClockQuerySet:
    """Running limits to mark yellow (partial index ``clock_to_mark_yellow``)."""
    return Clock.objects.to_mark_yellow(at).order_by("yellow_at", "pk")


def mark(appeal_pks: Collection[int], *, at: dt.datetime) -> Marked:
    """This will mark what is due or yellow among the limits of these appeals, each mark once.

    A limit that passed unseen is marked breached only; the end of a right (退单) passes in silence.
    """
    done = Marked()
    with changing_many(appeal_pks, actor=SYSTEM, at=at) as changes:
        done.left_out = set(appeal_pks) - set(changes)
        here = list(changes)
        lapsed, breached, yellow = [], [], []
        for clock in Clock.objects.to_breach(at).filter(appeal_id__in=here).order_by("due_at"):
            if clock.kind in NEVER_BREACHED:
                lapsed.append(clock.pk)
                continue
            breached.append(clock.pk)
            changes[clock.appeal_id].record_breach(clock)
        early = Clock.objects.to_mark_yellow(at).filter(appeal_id__in=here, due_at__gte=at)
        for clock in early.order_by("yellow_at"):
            yellow.append(clock.pk)
            if clock.kind not in NEVER_BREACHED:
                changes[clock.appeal_id].record_clock("clock_yellow", clock, due_at=clock.due_at)
        # As ``ClockBoard.stop`` does: breached when it was due, however late that is noticed.
        if breached:
            Clock.objects.filter(pk__in=breached).update(breached_at=F("due_at"))
        if lapsed:
            Clock.objects.filter(pk__in=lapsed).update(stopped_at=F("due_at"))
        if yellow:
            Clock.objects.filter(pk__in=yellow).update(yellow_marked_at=at)
    done.breached, done.yellow, done.lapsed = len(breached), len(yellow), len(lapsed)
    return done


def recount(appeal_pks: Collection[int], *, at: dt.datetime) -> Marked:
    """This will tell the open limits of these appeals again under the present calendar.

    What moved leaves an event with both due times; a breach that the right calendar does not know
    is taken back. Limits that reach into a year that is not loaded stay as they are.
    """
    done = Marked()
    with changing_many(appeal_pks, actor=SYSTEM, at=at) as changes:
        done.left_out = set(appeal_pks) - set(changes)
        rows: dict[int, list[Clock]] = {pk: [] for pk in changes}
        for clock in Clock.objects.filter(appeal_id__in=list(changes), stopped_at=None).order_by(
            "pk"
        ):
            rows[clock.appeal_id].append(clock)
        moved = [
            clock for pk, change in changes.items() for clock in _recount_one(change, rows[pk], at)
        ]
        if moved:
            write_each(moved, ["due_at", "yellow_at", "breached_at", "yellow_marked_at"])
    done.moved = len(moved)
    return done


def _recount_one(change: Change, rows: list[Clock], at: dt.datetime) -> list[Clock]:
    """The clocks of one appeal that moved, with what lists show brought in line."""
    moved: list[Clock] = []
    # A joint unit's limit hangs on its lead's, so it comes last.
    for clock in sorted(rows, key=lambda c: c.kind == ClockKind.JOINT):
        before, was_breached = clock.due_at, clock.breached_at is not None
        if not _moves(clock, moved, at):
            continue
        moved.append(clock)
        revoked = was_breached and clock.breached_at is None
        if revoked:
            change.change_appeal(breach_count=max(change.appeal.breach_count - 1, 0))
        change.record_clock(
            "clock_recounted", clock, before=before, after=clock.due_at, revoked=revoked
        )
    if moved:
        change.clocks.use(rows)
        change.show_due()
    return moved


def _moves(clock: Clock, moved: list[Clock], at: dt.datetime) -> bool:
    try:
        if clock.kind != ClockKind.JOINT:
            return clocks.recompute(clock, at)
        lead = next((c for c in moved if c.kind == ClockKind.HANDLE), None)
        return lead is not None and clocks.rejoin(clock, lead, at)
    except (YearMissing, HoursMissing):
        return False
