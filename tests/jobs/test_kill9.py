"""Loops are killed outright, again and again, while people work: nothing lost, nothing twice.

Real processes on a real database: SQLite by default, PostgreSQL where JIESU_DATABASE_URL says so.
"""

import contextlib
import datetime as dt
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from django.db import connections
from tests.factories import appeals as make
from tests.factories.world import World

from jiesu.appeals.models import Appeal, Clock, Event
from jiesu.exports import requests
from jiesu.exports.models import Export
from jiesu.foundation import clock
from jiesu.foundation.errors import NotAllowedNow
from jiesu.jobs import delivery, tasks
from jiesu.jobs.deadlines import tick
from jiesu.journal import sealing
from jiesu.journal.models import AuditRecord, SealedBatch
from jiesu.notifications.models import Mail, Notice

KILLS = 45
FIRST = 30
LOOPS = ("deadlines", "delivery", "mail", "sealing", "tasks")

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class Nursery:
    """Real loop processes, begun and ended at will (tests/jobs/nursery.py)."""

    def __init__(self, environment: dict[str, str], log: IO[bytes]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("nursery.py"))],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        self.pids: dict[str, int] = {}
        assert self._answer() == "ready"

    def start(self, name: str) -> None:
        """Begin a loop."""
        self.pids[name] = int(self._ask(f"start {name}"))

    def end(self, name: str, number: int) -> int:
        """Send a signal to a loop and wait for its end; its exit code."""
        pid = self.pids.pop(name)
        os.kill(pid, number)
        return int(self._ask(f"wait {pid}"))

    def close(self) -> None:
        """Leave nothing behind."""
        for name in list(self.pids):
            self.end(name, signal.SIGKILL)
        self._process.kill()
        self._process.communicate()

    def _ask(self, line: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@pytest.fixture
def nursery(other_process: dict[str, str], tmp_path: Path) -> Iterator[Nursery]:
    """Starts loops; whatever is left in the end is killed."""
    with (tmp_path / "loops.log").open("ab") as log:
        made = Nursery(other_process, log)
        yield made
        made.close()


def some_appeals(world: World, count: int, number: int) -> None:
    """People work: appeals from a month ago, whose limits have all passed by now."""
    long_ago = clock.now() - dt.timedelta(days=30)
    for n in range(count):
        make.dispatched(world, long_ago, phone=f"138{number:04d}{n:04d}")


def test_loops_killed_at_any_point_lose_nothing_and_do_nothing_twice(
    world: World, nursery: Nursery
) -> None:
    dice = random.Random(20_261_116)
    clerk = world.posts["clerk"].user
    type(clerk).objects.filter(pk=clerk.pk).update(email="zhou@example.cn", wants_email=True)
    some_appeals(world, FIRST, 0)
    for name in LOOPS:
        nursery.start(name)

    for kill in range(1, KILLS + 1):
        some_appeals(world, 2, kill)
        with contextlib.suppress(NotAllowedNow):  # three of one person wait already
            requests.request_export(world.actor("dispatcher"), at=clock.now(), format="csv")
        time.sleep(dice.uniform(0.0, 0.4))
        name = LOOPS[kill % len(LOOPS)]
        assert nursery.end(name, signal.SIGKILL) == -signal.SIGKILL
        nursery.start(name)
    time.sleep(1)
    ended = [nursery.end(name, signal.SIGTERM) for name in LOOPS]

    connections.close_all()
    by_the_loops = Event.objects.filter(kind="clock_breached", delivered_at__isnull=False).count()
    tick(clock.now())
    while delivery.deliver(clock.now()).delivered:
        pass
    exported_by_the_loops = Export.objects.filter(state=Export.State.DONE).count()
    sealed_by_the_loops = SealedBatch.objects.count()
    tasks.reap(clock.now() + dt.timedelta(hours=1))
    while tasks.run_ready("the last worker"):
        pass
    assert ended == [0] * len(LOOPS)
    assert by_the_loops > FIRST  # they were at work when they were killed
    assert Appeal.objects.count() == FIRST + 2 * KILLS
    every_breach_is_recorded_once()
    every_event_is_delivered_and_every_notice_written_once()
    assert exported_by_the_loops > 3
    every_export_is_made_once()
    assert sealed_by_the_loops > 3
    sealing.seal(clock.now() + dt.timedelta(hours=1), settled=dt.timedelta(0))
    sealing.seal(clock.now() + dt.timedelta(hours=3), settled=dt.timedelta(0))
    assert sealing.verify().is_clean
    assert Mail.objects.filter(state="sent").count() > 0
    assert (
        Mail.objects.filter(state="stuck").count() + Mail.objects.filter(state="sending").count()
        <= KILLS
    )  # at most one a kill is in doubt, none is sent again


def every_export_is_made_once() -> None:
    assert set(Export.objects.values_list("state", flat=True)) == {Export.State.DONE}
    audited = AuditRecord.objects.filter(kind="export_made").values_list("subject", flat=True)
    assert Counter(audited) == {
        f"export:{pk}": 1 for pk in Export.objects.values_list("pk", flat=True)
    }


def every_breach_is_recorded_once() -> None:
    breached = Counter(
        (appeal, kind)
        for appeal, kind in Clock.objects.filter(breached_at__isnull=False).values_list(
            "appeal_id", "kind"
        )
    )
    recorded = Counter(
        (event.appeal_id, event.data["clock"])
        for event in Event.objects.filter(kind="clock_breached")
    )
    assert breached == recorded
    assert len(breached) > Appeal.objects.count()
    counts = Counter(appeal for appeal, _ in recorded.elements())
    assert counts == dict(Appeal.objects.values_list("pk", "breach_count"))


def every_event_is_delivered_and_every_notice_written_once() -> None:
    assert not Event.objects.undelivered().exists()
    told = Counter(Notice.objects.values_list("event_id", "user_id"))
    assert set(told.values()) == {1}
    assigned = Notice.objects.filter(kind="assigned", user__username="clerk")
    assert assigned.count() == Appeal.objects.count()
    of_clerk = Notice.objects.filter(user__username="clerk")
    assert Mail.objects.count() == of_clerk.count()


def test_a_loop_ends_cleanly_when_it_is_told_to(
    world: World, other_process: dict[str, str]
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "jiesu", "loop", "deadlines"], env=other_process,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if "begins" in line:
            break
    process.send_signal(signal.SIGTERM)

    said, _ = process.communicate(timeout=20)

    assert process.returncode == 0
    assert "ends" in said
