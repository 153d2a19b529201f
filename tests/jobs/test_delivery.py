"""Delivery: each event to its followers once, none held up by another's trouble."""

import datetime as dt
from collections.abc import Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.appeals import lookups, rules
from jiesu.appeals.models import Appeal, Event
from jiesu.catalogue import versions
from jiesu.inspection import clues, sampling
from jiesu.jobs import delivery, subscriptions
from jiesu.jobs.deadlines import tick
from jiesu.jobs.models import Undelivered
from jiesu.notifications import notices
from jiesu.notifications.models import Notice
from jiesu.suggestions import following, registry
from jiesu.warnings import raising

LATER = MONDAY + dt.timedelta(hours=1)


def deliver_all(at: dt.datetime = LATER) -> int:
    count = 0
    while (done := delivery.deliver(at)).delivered:
        count += done.delivered
    return count


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A follower of "dispatch" that writes something and then fails."""

    def fails(events: Sequence[Event], at: dt.datetime) -> None:
        Appeal.objects.filter(pk__in=[e.appeal_id for e in events]).update(tags=["half done"])
        raise RuntimeError("nobody at home")

    monkeypatch.setattr(subscriptions, "WISHES", ((fails, ("dispatch",)),))


def test_every_event_is_delivered_once(world: World) -> None:
    make.dispatched(world)
    events = Event.objects.count()

    first, second = deliver_all(), deliver_all()

    assert (first, second) == (events, 0)
    assert not Event.objects.undelivered().exists()


def test_a_follower_that_fails_leaves_nothing_behind_and_holds_nobody_up(
    world: World, broken: None
) -> None:
    appeal = make.dispatched(world)

    deliver_all()

    appeal.refresh_from_db()
    assert appeal.tags == []
    left = Event.objects.undelivered().get()
    assert (left.kind, Undelivered.objects.get().tries) == ("dispatch", 1)


def test_a_failed_event_is_tried_again_later_and_later(world: World, broken: None) -> None:
    make.dispatched(world)
    deliver_all()

    deliver_all(LATER + dt.timedelta(seconds=59))
    too_early = Undelivered.objects.get().tries
    deliver_all(LATER + dt.timedelta(seconds=61))
    deliver_all(LATER + dt.timedelta(seconds=122))

    assert (too_early, Undelivered.objects.get().tries) == (1, 2)


def test_a_failed_event_is_parked_after_the_last_try_and_can_be_let_go(
    world: World, broken: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.dispatched(world)
    for n in range(20):
        deliver_all(LATER + n * dt.timedelta(days=1))
    parked = Undelivered.objects.get()
    monkeypatch.setattr(subscriptions, "WISHES", ())
    at = LATER + dt.timedelta(days=30)
    untouched = deliver_all(at)

    delivery.unpark(at)
    deliver_all(at)

    assert (parked.next_at, parked.tries) == (None, delivery.TRIES)
    assert untouched == 0
    assert not Event.objects.undelivered().exists()
    assert not Undelivered.objects.exists()


def test_a_notice_is_not_written_twice_when_delivery_is_repeated(world: World) -> None:
    make.dispatched(world)
    deliver_all()
    before = Notice.objects.count()

    deliver_all()

    assert before == Notice.objects.count() > 0


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is dated (rules, lists, models) is not looked at again, however slow the machine is."""
    for module, seconds in (
        (versions, "RECHECK_SECONDS"), (rules, "_TTL_SECONDS"), (registry, "RECHECK_SECONDS"),
        (lookups, "_KEPT_SECONDS"),
    ):  # fmt: skip
        monkeypatch.setattr(module, seconds, 1e9)


def statements_of(world: World, orders: int) -> tuple[int, int]:
    """How many statements a batch with all limits of so many new orders takes, and its events."""
    for _ in range(orders):
        make.dispatched(world)
    while tick(MONDAY + dt.timedelta(days=60)).counts:
        pass
    events = Event.objects.undelivered().count()
    with CaptureQueriesContext(connection) as seen:
        done = delivery.deliver(MONDAY + dt.timedelta(days=60), batch=1000)
    assert (done.delivered, done.failed) == (events, 0)
    return len(seen), events


@pytest.mark.usefixtures("unhurried")
def test_followers_ask_and_write_once_for_a_whole_batch(world: World) -> None:
    statements_of(world, 3)

    few, _ = statements_of(world, 4)
    many, events = statements_of(world, 20)

    assert events > 150
    # whom the history of its class names is asked for each new order
    assert many <= few + 2 * 16
    assert many < events / 2


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(
    ("follower", "most"),
    [
        (notices.tell, 8), (sampling.look_at_registration, 3), (sampling.look_at_reply, 3),
        (clues.note_breach, 13), (clues.note_repeat, 0), (following.note_class, 1),
        (following.note_unit, 1), (raising.raise_on_registration, 0),
        (following.dispatch_alone, 0),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)  # fmt: skip
def test_a_follower_takes_no_more_statements_for_more_events(
    world: World, monkeypatch: pytest.MonkeyPatch, follower: subscriptions.Follower, most: int
) -> None:
    spent: list[int] = []

    def counted(events: Sequence[Event], at: dt.datetime) -> None:
        with CaptureQueriesContext(connection) as seen:
            follower(events, at)
        spent.append(len(seen))

    stage = make.dispatched if follower is clues.note_breach else make.answered
    wishes = [(counted, kinds) for one, kinds in subscriptions.WISHES if one is follower]
    monkeypatch.setattr(subscriptions, "WISHES", wishes)
    for orders in (2, 12):
        for _ in range(orders):
            stage(world)
        while tick(MONDAY + dt.timedelta(days=60)).counts:
            pass
        delivery.deliver(MONDAY + dt.timedelta(days=60), batch=1000)

    assert spent[-1] <= most  # and no more for six times the orders
