"""Measure the deadline tick over really open clocks; the last line printed is the figures as JSON.

The installation is three days of orders, so most are still under way. After everything that is due
already has been marked, so many clocks are made to fall due within the coming minute, then very
many at one instant, as all limits in working days do when the office closes.
"""

import datetime as dt
import json
import os
import statistics
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiesu.config.settings")

import django

django.setup()

from bench.measure import Counter, database_cpu
from jiesu.appeals.models import Clock
from jiesu.foundation import clock
from jiesu.jobs import deadlines

MINUTE = dt.timedelta(minutes=1)
IN_A_MINUTE = 1_000
AT_ONCE = 20_000
IDLE_ROUNDS = 7


def ticked(at: dt.datetime) -> tuple[dict[str, int], dict[str, float]]:
    """What one tick did, and its statements, CPU (application and database) and wall seconds."""
    with Counter() as counter:
        began, cpu = time.perf_counter(), time.process_time() + database_cpu()
        done = deadlines.tick(at)
        spent = time.process_time() + database_cpu() - cpu
    if done.trouble:
        raise SystemExit(f"the tick failed: {done.trouble}")
    return done.counts, {
        "statements": counter.count, "cpu_s": round(spent, 3),
        "wall_s": round(time.perf_counter() - began, 3),
    }  # fmt: skip


def plant(count: int, first: dt.datetime, within: dt.timedelta) -> None:
    """Let so many running clocks fall due from ``first`` on, evenly within that time."""
    running = Clock.objects.running().filter(breached_at=None, due_at__gt=first + within)
    pks = list(running.filter(kind__in=("handle", "total")).values_list("pk", flat=True)[:count])
    if len(pks) < count:
        raise SystemExit(f"only {len(pks)} clocks are open: fill more orders")
    slots = 60 if within else 1  # so many different instants are enough
    for slot in range(slots):
        some = pks[slot::slots]
        for start in range(0, len(some), 5_000):
            Clock.objects.filter(pk__in=some[start : start + 5_000]).update(
                due_at=first + within * slot / slots, yellow_at=None
            )


def measure() -> dict[str, Any]:
    """An idle tick, a minute in which many fall due, and one instant in which very many do."""
    at = clock.now()
    while deadlines.tick(at).counts:
        pass  # what the bulk loading left due, and a few hundred archived at a time
    running = Clock.objects.running()
    figures: dict[str, Any] = {
        "running": running.count(), "running_unmarked": running.filter(breached_at=None).count(),
        "appeals": running.values("appeal").distinct().count(),
    }  # fmt: skip
    rounds = [ticked(at)[1] for _ in range(IDLE_ROUNDS)]
    figures["idle"] = {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}
    plant(IN_A_MINUTE, at, MINUTE)
    counts, spent = ticked(at + MINUTE)
    figures["minute"] = {**spent, "counts": counts}
    plant(AT_ONCE, at + 2 * MINUTE, dt.timedelta())
    counts, spent = ticked(at + 2 * MINUTE + dt.timedelta(seconds=1))
    figures["instant"] = {**spent, "counts": counts}
    return figures


if __name__ == "__main__":
    print(json.dumps(measure()))
