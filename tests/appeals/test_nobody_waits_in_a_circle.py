"""Two people who change a master and what is merged under it wait for each other in one order."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import SYSTEM
from jiesu.appeals.actions import intake, triage
from jiesu.appeals.actions.families import parting
from jiesu.appeals.actions.many import changing_many
from jiesu.appeals.actions.transition import changing
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal
from jiesu.foundation.errors import UseCaseError

pytestmark = [
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer"),
    pytest.mark.django_db(transaction=True),
]
AT = MONDAY + make.minutes(30)
assert connection is not None


class Other(threading.Thread):
    """Somebody else, on a connection of their own."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self.work = work
        self.came_of: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self.work()
        except (UseCaseError, OperationalError) as trouble:
            self.came_of = trouble
        finally:
            connections.close_all()

    def until_it_waits(self) -> None:
        """Return when the other is kept waiting by a lock of ours."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity"
                    " WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
                )
                if cursor.fetchone()[0]:
                    return
            assert self.is_alive(), self.came_of
            time.sleep(0.05)
        pytest.fail("nobody waits")


def fresh(appeal: Appeal) -> Appeal:
    return Appeal.objects.get(pk=appeal.pk)


@pytest.fixture
def pair(world: World) -> tuple[Appeal, Appeal]:
    """(master, child); the child is the older, so that by number it would come first."""
    child, master = make.accepted(world), make.accepted(world, phone="13812342047")
    triage.merge(child, master, "", actor=world.actor("dispatcher"), at=MONDAY)
    return fresh(master), fresh(child)


def test_who_parts_an_appeal_and_who_merges_it_again(
    world: World, pair: tuple[Appeal, Appeal]
) -> None:
    master, child = pair
    judge = world.actor("dispatcher")
    theirs = fresh(child), fresh(master)

    with parting(child, actor=judge, at=AT):
        other = Other(lambda: triage.merge(*theirs, "", actor=judge, at=AT))
        other.until_it_waits()
        with changing(child, actor=judge, at=AT) as change:
            change.record("told", {})
    other.join()

    assert isinstance(other.came_of, UseCaseError)
    assert fresh(child).events.filter(kind="told").exists()


def test_two_who_merge_the_same_two_the_other_way_round(world: World) -> None:
    one, two = make.accepted(world), make.accepted(world, phone="13812342047")
    judge = world.actor("dispatcher")
    theirs = fresh(two), fresh(one)

    with transaction.atomic():
        triage.merge(one, fresh(two), "", actor=judge, at=AT)
        other = Other(lambda: triage.merge(*theirs, "", actor=judge, at=AT))
        other.until_it_waits()
    other.join()

    assert isinstance(other.came_of, UseCaseError)
    assert (fresh(one).where, fresh(two).where) == (Status.MERGED, Status.ACCEPTED)


def test_who_answers_a_master_and_what_the_system_does_to_many(
    world: World, pair: tuple[Appeal, Appeal]
) -> None:
    master, child = pair
    judge = world.actor("dispatcher")

    def many() -> None:
        with changing_many([child.pk, master.pk], actor=SYSTEM, at=AT, wait=True) as changes:
            for change in changes.values():
                change.record("told", {})

    with changing(master, actor=judge, at=AT):
        other = Other(many)
        other.until_it_waits()
        with changing(child, actor=judge, at=AT) as change:
            change.record("told", {})
    other.join()

    assert other.came_of is None
    assert fresh(child).events.filter(kind="told").count() == 2


def test_a_caller_who_rings_again_while_the_master_is_being_answered(
    world: World, pair: tuple[Appeal, Appeal]
) -> None:
    master, child = pair
    again = make.intake_form(repeat_of=child.number)
    theirs, agent = fresh(master), world.actor("agent")

    with changing(master, actor=world.actor("dispatcher"), at=AT):
        other = Other(lambda: intake.register_and_merge(again, theirs, actor=agent, at=AT))
        other.until_it_waits()
        with changing(child, actor=world.actor("dispatcher"), at=AT) as change:
            change.record("told", {})
    other.join()

    assert other.came_of is None
    assert [e.kind for e in fresh(child).events.order_by("seq")][-2:] == ["told", "repeated"]
    assert fresh(master).merged_count == 2
