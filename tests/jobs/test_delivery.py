"""Delivery: each event to its followers once, none held up by another's trouble."""

import datetime as dt

import pytest
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.appeals.models import Appeal, Event
from jiesu.jobs import delivery, subscriptions
from jiesu.jobs.models import Undelivered
from jiesu.notifications.models import Notice

LATER = MONDAY + dt.timedelta(hours=1)


def deliver_all(at: dt.datetime = LATER) -> int:
    count = 0
    while (done := delivery.deliver(at)).delivered:
        count += done.delivered
    return count


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A follower of "dispatch" that writes something and then fails."""
    seen: list[int] = []

    def fails(event: Event, appeal: Appeal, at: dt.datetime) -> None:
        seen.append(event.pk)
        Appeal.objects.filter(pk=appeal.pk).update(tags=["half done"])
        raise RuntimeError("nobody at home")

    monkeypatch.setitem(subscriptions.FOLLOWERS, "dispatch", (fails,))
    return seen


def test_every_event_is_delivered_once(world: World) -> None:
    make.dispatched(world)
    events = Event.objects.count()

    first, second = deliver_all(), deliver_all()

    assert (first, second) == (events, 0)
    assert not Event.objects.undelivered().exists()


def test_a_follower_that_fails_leaves_nothing_behind_and_holds_nobody_up(
    world: World, broken: list[int]
) -> None:
    appeal = make.dispatched(world)

    deliver_all()

    appeal.refresh_from_db()
    assert appeal.tags == []
    left = Event.objects.undelivered().get()
    assert (left.kind, broken) == ("dispatch", [left.pk])


def test_a_failed_event_is_tried_again_later_and_later(world: World, broken: list[int]) -> None:
    make.dispatched(world)
    deliver_all()

    deliver_all(LATER + dt.timedelta(seconds=59))
    too_early = len(broken)
    deliver_all(LATER + dt.timedelta(seconds=61))
    deliver_all(LATER + dt.timedelta(seconds=122))

    assert (too_early, len(broken)) == (1, 2)


def test_a_failed_event_is_parked_after_the_last_try_and_can_be_let_go(
    world: World, broken: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    make.dispatched(world)
    for n in range(20):
        deliver_all(LATER + n * dt.timedelta(days=1))
    parked = Undelivered.objects.get()
    monkeypatch.setitem(subscriptions.FOLLOWERS, "dispatch", ())
    at = LATER + dt.timedelta(days=30)
    untouched = deliver_all(at)

    delivery.unpark(at)
    deliver_all(at)

    assert (parked.next_at, parked.tries, len(broken)) == (None, delivery.TRIES, delivery.TRIES)
    assert untouched == 0
    assert not Event.objects.undelivered().exists()
    assert not Undelivered.objects.exists()


def test_a_notice_is_not_written_twice_when_delivery_is_repeated(world: World) -> None:
    make.dispatched(world)
    deliver_all()
    before = Notice.objects.count()

    deliver_all()

    assert before == Notice.objects.count() > 0
