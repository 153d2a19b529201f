"""That a loop is alive, for /readyz, /metrics and the reaper of dead workers' tasks."""

import datetime as dt
import os
import secrets
import socket
from collections.abc import Mapping

from django.db.models import Max

from jiesu.jobs.models import Beat

EVERY = dt.timedelta(seconds=20)
DEAD_AFTER = dt.timedelta(minutes=2)  # six beats missed
KEPT = dt.timedelta(days=1)


def worker_name() -> str:
    """A name for this process that no other process bears or will bear."""
    return f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}"


def beat(loop: str, worker: str, at: dt.datetime) -> None:
    """Say that this loop of this process is alive."""
    if not Beat.objects.filter(loop=loop, worker=worker).update(at=at):
        Beat.objects.update_or_create(loop=loop, worker=worker, defaults={"at": at})
        Beat.objects.filter(at__lt=at - KEPT).exclude(worker=worker).delete()


def last_beats() -> Mapping[str, dt.datetime]:
    """When each loop last said it was alive, on whichever host."""
    rows = Beat.objects.values("loop").annotate(last=Max("at")).order_by("loop")
    return {row["loop"]: row["last"] for row in rows}


def alive(loop: str, at: dt.datetime) -> set[str]:
    """The workers of a loop that were heard lately."""
    rows = Beat.objects.filter(loop=loop, at__gte=at - DEAD_AFTER)
    return set(rows.values_list("worker", flat=True))
