"""A limit counted for many orders at once is the limit counted for each."""

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiesu.cli.simulation.limits import Counted
from jiesu.deadlines.policies import Limit
from jiesu.deadlines.worktime import Budget, Calendar, DueAt, Hours, Unit
from jiesu.foundation.clock import BEIJING

CITY = Calendar(
    {dt.date(2026, 10, 1): False, dt.date(2026, 10, 10): True}, [2025, 2026, 2027],
    Hours.parse("08:30-12:00 14:30-17:30"),
)  # fmt: skip
SPAN = dt.datetime(2026, 9, 20), dt.datetime(2026, 10, 20)  # noqa: DTZ001 - given a zone below


@pytest.mark.parametrize("from_next_day", [True, False])
@pytest.mark.parametrize("due_at", list(DueAt))
@given(
    unit=st.sampled_from(Unit), amount=st.integers(1, 15),
    begun=st.lists(
        st.datetimes(*SPAN), min_size=1, max_size=8
    ),
)  # fmt: skip
def test_orders_that_share_a_limit_are_due_as_each_alone(
    due_at: DueAt, from_next_day: bool, unit: Unit, amount: int, begun: Sequence[dt.datetime]
) -> None:
    calendar = CITY.with_rules(from_next_day=from_next_day, due_at=due_at)
    budget, yellow = Budget(amount, unit), Budget(1, Unit.WORK_HOURS)
    counted = Counted(Limit(1, 1, budget, yellow), calendar)

    for naive in begun:
        at = naive.replace(tzinfo=BEIJING)
        due = calendar.due(at, budget)
        assert counted.due(at) == (due, calendar.subtract(due, yellow))


def test_a_limit_without_a_warning_never_turns_yellow() -> None:
    counted = Counted(Limit(1, 1, Budget(2, Unit.WORK_DAYS), None), CITY)

    _, yellow = counted.due(dt.datetime(2026, 10, 20, 9, 0, tzinfo=BEIJING))

    assert yellow is None
