"""Brings events to their followers: each once, none held up by another's trouble.

Any number of processes may deliver at once. A batch is one transaction: the events are claimed
(``SKIP LOCKED``; SQLite has one writer anyway), their followers run, the mark is set. Killed in the
middle, nothing has happened.
"""

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from jiesu.appeals.models import Appeal, Event
from jiesu.foundation.fields import encrypted_fields
from jiesu.jobs.models import Undelivered
from jiesu.jobs.subscriptions import Follower, followers_of

log = logging.getLogger(__name__)

BATCH = 100  # events a transaction: on SQLite nobody else writes while it runs
TRIES = 8  # over about four hours
FIRST_PAUSE = dt.timedelta(minutes=1)
NOT_READ = ("public_reply", "aim", "local_answers", *encrypted_fields(Appeal))


@dataclass
class Delivered:
    """What one batch did; ``full``: there is more."""

    delivered: int = 0
    failed: int = 0
    full: bool = False

    def __str__(self) -> str:
        said = f"delivered {self.delivered}" if self.delivered else ""
        return said + (f", FAILED {self.failed}" if self.failed else "")


def deliver(at: dt.datetime, batch: int = BATCH) -> Delivered:
    """This will bring the oldest undelivered events to their followers."""
    done = Delivered()
    later = Undelivered.objects.filter(event_id=OuterRef("pk")).filter(
        Q(next_at__isnull=True) | Q(next_at__gt=at)
    )
    waiting = Event.objects.undelivered().filter(~Exists(later))
    if not waiting.exists():  # looked at every second: no transaction, which locks out writers
        return done
    with transaction.atomic():
        claimed = waiting.select_for_update(skip_locked=True, of=("self",))[:batch]
        events = cast(list[Event], list(claimed))
        delivered = [event.pk for event in _bring(events, at)]
        Event.objects.filter(pk__in=delivered).update(delivered_at=at)
        if len(delivered) < len(events) or Undelivered.objects.exists():
            Undelivered.objects.filter(event_id__in=delivered).delete()
    done.delivered = len(delivered)
    done.failed = len(events) - len(delivered)
    done.full = len(events) == batch
    return done


def _bring(events: Sequence[Event], at: dt.datetime) -> list[Event]:
    """Run the followers of these events; those events whose followers all went through.

    All together; when one fails nothing of it stands, and each event is brought by itself.
    """
    follower: Follower | None = None
    try:
        with transaction.atomic():
            _read_appeals(events)
            for follower, wanted in followers_of(events):
                follower(wanted, at)
    except Exception as trouble:  # noqa: BLE001 - one follower's defect must not hold up the rest
        if len(events) > 1:
            return [one for event in events for one in _bring([event], at)]
        _note(events[0], follower, trouble, at)
        return []
    return list(events)


def _read_appeals(events: Sequence[Event]) -> None:
    """Let each event that has a follower know its appeal as it stands now; one statement."""
    followed = {event.pk: event for _, wanted in followers_of(events) for event in wanted}
    appeals = (
        Appeal.objects.select_related("category", "region", "lead_unit")
        .defer(*NOT_READ)
        .in_bulk({event.appeal_id for event in followed.values()})
    )
    for event in followed.values():
        event.appeal = appeals[event.appeal_id]


def _note(event: Event, follower: Follower | None, trouble: Exception, at: dt.datetime) -> None:
    """Remember a failure: again later, each time twice as late; parked after the last try."""
    name = getattr(follower, "__qualname__", "?")
    row = Undelivered.objects.filter(event=event).first() or Undelivered(event=event)
    row.tries += 1
    parked = row.tries >= TRIES
    row.next_at = None if parked else at + FIRST_PAUSE * 2 ** (row.tries - 1)
    row.error = f"{name}: {type(trouble).__name__}"[:300]
    row.save()
    log.error(
        "event %d (%s) was not delivered by %s, try %d%s", event.pk, event.kind, name, row.tries,
        ": PARKED" if parked else "", exc_info=trouble,
    )  # fmt: skip


def unpark(at: dt.datetime) -> int:
    """This will let every parked event be tried again, after a defect was mended; how many."""
    return Undelivered.objects.filter(next_at__isnull=True).update(tries=0, next_at=at)
