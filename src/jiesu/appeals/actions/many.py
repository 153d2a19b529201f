"""Changes of many appeals at once: the system's own, and whole histories that are taken over."""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import F

from jiesu.access import Actor
from jiesu.appeals.actions import held as held_
from jiesu.appeals.actions import numbers
from jiesu.appeals.actions.clocks import write_boards
from jiesu.appeals.actions.held import Held
from jiesu.appeals.actions.rows import insert_each, write_each
from jiesu.appeals.actions.transition import Change
from jiesu.appeals.models import Appeal, Assignment


@contextmanager
def holding() -> Iterator[Held]:
    """Let use cases follow one another on the same appeals with one lock, one read, one write.

    For taking over whole histories: what they change stays in memory and is written when the block
    ends, for all appeals in a handful of statements; the rules are the use cases' own. What may be
    refused the caller puts into an ``attempt()``. ``changing_many`` knows nothing of what is held.
    """
    with transaction.atomic():
        held = Held()
        token = held_.current.set(held)
        try:
            yield held
        finally:
            held_.current.reset(token)
        numbers.store(held.numbers)
        changes = list(held.changes.values())
        for change in changes:
            change._touched = change._kept
        _write_many(changes, held)
        write_boards([change.clocks for change in changes])


# What changing_many reads of an appeal: neither its texts nor anything that must be decrypted.
_ROW = (
    "number", "version", "event_seq", "event_hash", "status", "centre", "breach_count", "due_at",
    "urge_count",
    "yellow_at", "due_kind", "due_unit", "is_paused", "lead_unit", "lead_unit_name",
    "lead_unit_path",
)  # fmt: skip


# The order in which many are locked: a master before those merged under it (``families``).
MASTERS_FIRST = (F("master").asc(nulls_first=True), "pk")


@contextmanager
def changing_many(
    pks: Collection[int], *, actor: Actor, at: dt.datetime, wait: bool = False
) -> Iterator[dict[int, Change]]:
    """The same kind of change for many appeals in one transaction and a handful of statements.

    For the system's own work: it makes no moves. Gives {appeal's pk: change}; an appeal that
    somebody is changing at this moment is left out, so the caller comes back for it, or waited
    for with ``wait``.
    """
    with transaction.atomic():
        rows = Appeal.objects.select_for_update(skip_locked=not wait)
        rows = rows.filter(pk__in=pks).only(*_ROW)
        changes = {appeal.pk: Change(appeal, actor, at) for appeal in rows.order_by(*MASTERS_FIRST)}
        for change in changes.values():
            change._assignments = []
        for assignment in Assignment.objects.filter(appeal_id__in=list(changes)).order_by("pk"):
            changes[assignment.appeal_id].assignments.append(assignment)
        yield changes
        _write_many(list(changes.values()))


def _write_many(changes: list[Change], held: Held | None = None) -> None:
    """What is there first, so that whoever had an order is out; then what is new, whole."""
    dirty = [change for change in changes if change._dirty and not change.appeal._state.adding]
    if dirty:
        fields = sorted(set().union(*(change._dirty for change in dirty)))
        write_each([change.appeal for change in dirty], fields)
    touched = [
        (assignment, change._touched[assignment.pk])
        for change in changes
        for assignment in change.assignments
        if assignment.pk in change._touched and not assignment._state.adding
    ]
    if touched:
        fields = sorted(set().union(*(names for _, names in touched)))
        write_each([assignment for assignment, _ in touched], fields)
    if held is not None:
        held.insert()
    events = []
    for change in changes:
        for event in change._events:
            event.appeal = change.appeal
            events.append(event)
    insert_each(events)
