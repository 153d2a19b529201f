"""Clocks that change alike are written together."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import appeals as make
from tests.factories.appeals import lead_of, minutes
from tests.factories.world import MONDAY, World

from jiesu.appeals.actions import handling
from jiesu.appeals.models import Clock

pytestmark = pytest.mark.django_db


def test_limits_that_stop_together_take_one_update(world: World) -> None:
    assignment = lead_of(make.dispatched(world))

    with CaptureQueriesContext(
        connection,
    ) as asked:
        handling.sign(assignment, actor=world.actor("clerk"), at=MONDAY + minutes(60))

    updates = [q for q in asked if q["sql"].startswith('UPDATE "appeals_clock"')]
    stopped = Clock.objects.filter(assignment=assignment, stopped_at=MONDAY + minutes(60))
    assert len(updates) == 1
    assert {clock.kind for clock in stopped} == {"open", "sign"}


def test_a_limit_that_stops_late_is_breached_and_its_neighbour_is_not(world: World) -> None:
    assignment = lead_of(make.dispatched(world))

    handling.sign(assignment, actor=world.actor("clerk"), at=MONDAY + minutes(440))

    clocks = {clock.kind: clock for clock in Clock.objects.filter(assignment=assignment)}
    assert clocks["open"].breached_at == clocks["open"].due_at
    assert clocks["sign"].breached_at is None
    assert clocks["open"].stopped_at == clocks["sign"].stopped_at == MONDAY + minutes(440)
