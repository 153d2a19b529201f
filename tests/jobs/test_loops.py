"""The loops: they turn, say that they are alive, stop when told, and take up what others left."""

import datetime as dt
import logging
import threading

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.appeals.models import Event
from jiesu.config import health
from jiesu.exports import requests as exports
from jiesu.exports.models import Export
from jiesu.foundation import clock
from jiesu.jobs import beats, gauges, tasks
from jiesu.jobs.loops import LOOPS, Loop, Runner, Turn

RAN: list[int] = []


@task()
def remember(number: int) -> int:
    RAN.append(number)
    return number


@task()
def fail() -> None:
    raise RuntimeError("no")


@pytest.fixture(autouse=True)
def _forget() -> None:
    RAN.clear()


def test_every_loop_there_is_runs_by_default() -> None:
    assert sorted(settings.JIESU_LOOPS) == sorted(LOOPS)


@pytest.mark.parametrize("name", sorted(LOOPS))
@pytest.mark.django_db
def test_every_loop_turns_once_on_an_empty_database_and_beats(name: str) -> None:
    call_command("loop", name, once=True)

    assert name in beats.last_beats()


def test_the_delivery_loop_goes_on_until_nothing_is_left(world: World) -> None:
    for n in range(40):
        make.accepted(world, phone=f"1381234{n:04d}")

    call_command("loop", "delivery", once=True)

    assert not Event.objects.undelivered().exists()


@pytest.mark.django_db
def test_a_loop_stops_after_its_turn_when_told(caplog: pytest.LogCaptureFixture) -> None:
    turns: list[dt.datetime] = []

    def turn(at: dt.datetime, worker: str) -> Turn:
        turns.append(at)
        runner.stop()
        return Turn("did a thing", more=True)

    runner = Runner(Loop("deadlines", 0.01, turn))
    with caplog.at_level(logging.INFO):
        runner.run()

    assert len(turns) == 1
    assert "did a thing" in caplog.text


@pytest.mark.django_db
def test_a_turn_that_fails_does_not_end_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []
    monkeypatch.setattr("jiesu.jobs.loops.LONGEST_PAUSE", 0.01)

    def turn(at: dt.datetime, worker: str) -> Turn:
        turns.append(1)
        if len(turns) == 1:
            raise RuntimeError("bad day")
        runner.stop()
        return Turn()

    runner = Runner(Loop("deadlines", 0.01, turn))
    runner.run()

    assert len(turns) == 2
    with pytest.raises(CommandError):
        call_command("loop", "deadlines", once=True, every=-1)


@pytest.mark.django_db
def test_readyz_sees_loops_that_beat_and_warns_of_silent_ones() -> None:
    now = clock.now()
    beats.beat("deadlines", "host:1:a", now)
    beats.beat("delivery", "host:2:b", now - dt.timedelta(minutes=10))

    states = {c.name: c.state for c in health._loops(now)}

    assert (states["loop deadlines"], states["loop delivery"]) == ("ok", "warn")


def test_the_metrics_tell_how_late_the_clocks_are(world: World) -> None:
    make.dispatched(world, MONDAY - dt.timedelta(days=600))

    told = {name: value for name, _, value in gauges.gauges()}

    assert told["jiesu_deadline_lag_seconds"] > 0
    assert told["jiesu_events_undelivered"] > 0
    assert told["jiesu_events_parked"] == 0


@pytest.mark.django_db(transaction=True)  # the backend's worker closes connections
def test_waiting_tasks_run_and_a_failing_one_does_not_stop_the_rest() -> None:
    fail.enqueue()
    remember.enqueue(1)
    remember.enqueue(2)

    call_command("loop", "tasks", once=True)

    assert RAN == [1, 2]
    assert DBTaskResult.objects.failed().count() == 1


@pytest.mark.django_db
def test_a_task_whose_worker_died_is_begun_anew_and_given_up_in_the_end() -> None:
    now = timezone.now()
    long_ago = now - dt.timedelta(minutes=10)
    remember.enqueue(7)
    rows = DBTaskResult.objects.all()
    rows.update(status="RUNNING", started_at=long_ago, worker_ids=["dead:1:x"])

    first = tasks.reap(now)
    again = rows.get().status
    rows.update(status="RUNNING", started_at=long_ago, worker_ids=["dead"] * tasks.TRIES)
    tasks.reap(now)

    assert (first, again) == (1, "READY")
    assert rows.get().status == "FAILED"


def test_an_export_whose_workers_were_killed_each_time_says_that_it_failed(world: World) -> None:
    now = timezone.now()
    export = exports.request_export(world.actor("dispatcher"), at=now)
    Export.objects.update(state=Export.State.RUNNING)
    DBTaskResult.objects.update(
        status="RUNNING", started_at=now - dt.timedelta(minutes=10),
        worker_ids=["dead"] * tasks.TRIES,
    )  # fmt: skip

    tasks.reap(now)

    export.refresh_from_db()
    assert export.state == Export.State.FAILED
    assert "重新导出" in export.problem


@pytest.mark.django_db
def test_a_long_task_of_a_living_worker_is_left_alone() -> None:
    now = timezone.now()
    beats.beat("tasks", "alive:1:x", now)
    remember.enqueue(7)
    DBTaskResult.objects.update(
        status="RUNNING", started_at=now - dt.timedelta(hours=3), worker_ids=["alive:1:x"]
    )

    assert tasks.reap(now) == 0


@pytest.mark.django_db(transaction=True)
def test_a_worker_busy_with_a_task_says_that_it_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beats, "EVERY", dt.timedelta(seconds=0.02))
    said = threading.Event()
    monkeypatch.setattr(beats, "beat", lambda *a: said.set())

    with tasks._beating("me:1:x"):
        assert said.wait(5)
