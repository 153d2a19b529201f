"""Facts for /metrics that live in the database. Each is read through a partial index."""

from collections.abc import Iterator

from jiesu.appeals.models import Clock, Event
from jiesu.foundation import clock
from jiesu.jobs.models import Undelivered
from jiesu.notifications import mail

_MOST = 10_000  # counting further says nothing more


def gauges() -> Iterator[tuple[str, str, float]]:
    """(name, help, value) of each."""
    at = clock.now()
    oldest = Clock.objects.to_breach(at).order_by("due_at").values_list("due_at", flat=True).first()
    late = (at - oldest).total_seconds() if oldest else 0.0
    yield "jiesu_deadline_lag_seconds", "How long the oldest unmarked limit has been due", late
    waiting = Event.objects.undelivered().values("pk")[:_MOST].count()
    yield (
        "jiesu_events_undelivered",
        "Events whose followers have not run (at most 10,000)",
        waiting,
    )
    first = Event.objects.undelivered().values_list("at", flat=True).first()
    behind = (at - first).total_seconds() if first else 0.0
    yield "jiesu_delivery_lag_seconds", "Age of the oldest undelivered event", behind
    parked = Undelivered.objects.filter(next_at__isnull=True).count()
    yield "jiesu_events_parked", "Events that will not be tried again by themselves", parked
    yield "jiesu_mails_waiting", "Mails to be sent (at most 10,000)", mail.waiting_count(_MOST)
    yield "jiesu_mails_stuck", "Mails of which nobody knows whether they went", mail.stuck_count()
