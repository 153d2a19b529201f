"""Use cases that follow one another in memory leave what they leave one by one."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import SYSTEM
from jiesu.appeals.actions import dispatch, handling, review
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.actions.many import holding
from jiesu.appeals.models import Appeal, Assignment, Clock, Event
from jiesu.foundation.errors import NotAllowedNow
from jiesu.journal import sealing

LATER = MONDAY + dt.timedelta(days=30)  # every limit has passed by then


def live(world: World, appeal: Appeal, lead: Callable[[], Any]) -> None:
    """Sent, signed, sent back, answered late and let go."""
    dispatch.assign(appeal, Order(lead=world.units["urban"]), actor=SYSTEM, at=MONDAY)
    handling.sign(lead(), actor=SYSTEM, at=MONDAY + make.minutes(20))
    handling.contact(lead(), way="phone", reached=True, note="已联系。", actor=SYSTEM, at=LATER)
    handling.report(lead(), make.GOOD_ANSWER, actor=SYSTEM, at=LATER)
    handling.inner_approve(lead(), "同意", actor=SYSTEM, at=LATER)
    review.send_back(appeal, "请写明结果。", actor=SYSTEM, at=LATER + make.minutes(5))
    handling.report(lead(), make.GOOD_ANSWER, actor=SYSTEM, at=LATER + make.minutes(9))
    handling.inner_approve(lead(), "同意", actor=SYSTEM, at=LATER + make.minutes(10))
    review.approve(appeal, actor=SYSTEM, at=LATER + make.minutes(15))


def stored_lead(appeal: Appeal) -> Assignment:
    """The lead as a page would have read it."""
    found = Assignment.objects.select_related("unit").get(appeal=appeal)
    found.appeal = appeal
    return found


def left_by(appeal: Appeal) -> dict[str, Any]:
    """All that is stored of an appeal, but for numbers and hashes."""
    own = {"id", "number", "event_hash", "query_code", "query_hash", "query_code_hash"}
    row = Appeal.objects.filter(pk=appeal.pk).values().get()
    clocks = Clock.objects.filter(appeal=appeal).order_by("kind", "pk")
    assignment = Assignment.objects.filter(appeal=appeal).values().get()
    return {
        "appeal": {k: v for k, v in row.items() if k not in own and not isinstance(v, bytes)},
        "assignment": {k: v for k, v in assignment.items() if k not in {"id", "appeal_id"}},
        "clocks": [
            {k: v for k, v in one.items() if k not in {"id", "appeal_id", "assignment_id"}}
            | {"happenings": [_moments(story) for story in one["happenings"]]}
            for one in clocks.values()
        ],
        "events": list(
            Event.objects.filter(appeal=appeal).order_by("seq").values_list("kind", "at", "data")
        ),
    }


def _moments(story: list[Any]) -> list[Any]:
    """A pause or an extension; the same moment may be written in two time zones."""
    return [dt.datetime.fromisoformat(x) if "T" in str(x) else x for x in story]


def test_what_is_done_within_holding_is_what_is_done_one_by_one(world: World) -> None:
    apart, together = make.accepted(world), make.accepted(world)

    live(world, apart, lambda: stored_lead(apart))
    with holding() as held:
        live(world, together, lambda: held.changes[together.pk].lead())

    assert left_by(together) == left_by(apart)
    assert sealing.verify().is_clean


def test_within_holding_each_row_is_written_once(world: World) -> None:
    apart, together = make.accepted(world), make.accepted(world)

    with CaptureQueriesContext(connection) as many:
        live(world, apart, lambda: stored_lead(apart))
    with CaptureQueriesContext(connection) as few, holding() as held:
        live(world, together, lambda: held.changes[together.pk].lead())

    written = [q["sql"] for q in few if 'UPDATE "appeals_appeal"' in q["sql"]]
    assert len(written) == 1
    assert len(few) < len(many) / 2


def test_what_was_refused_within_holding_leaves_nothing(world: World) -> None:
    good, bad = make.accepted(world), make.accepted(world)
    before = Event.objects.filter(appeal=bad).count()

    with holding() as held:
        dispatch.assign(good, Order(lead=world.units["urban"]), actor=SYSTEM, at=MONDAY)
        with pytest.raises(NotAllowedNow), held.attempt():  # noqa: PT012 - one row's use cases
            dispatch.assign(bad, Order(lead=world.units["urban"]), actor=SYSTEM, at=MONDAY)
            dispatch.assign(bad, Order(lead=world.units["urban"]), actor=SYSTEM, at=MONDAY)

    assert Event.objects.filter(appeal=bad).count() == before
    assert not Assignment.objects.filter(appeal=bad).exists()
    assert Assignment.objects.filter(appeal=good).exists()
    assert sealing.verify().is_clean


def test_within_holding_an_appeal_is_one_object(world: World) -> None:
    appeal = make.accepted(world)

    with holding():
        dispatch.assign(appeal, Order(lead=world.units["urban"]), actor=SYSTEM, at=MONDAY)
        again = Appeal.objects.get(pk=appeal.pk)

        with pytest.raises(ValueError, match="one object"):
            dispatch.assign(again, Order(lead=world.units["urban"]), actor=SYSTEM, at=MONDAY)
