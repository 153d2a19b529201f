"""Laws of working time, for any start, budget, pause and rule (design §2, example 6)."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.deadlines.conftest import DAYS, OFFICE, YEARS

from jiesu.deadlines.worktime import (
    DAY,
    Budget,
    Calendar,
    DatedHours,
    DueAt,
    Extension,
    Hours,
    Pause,
    Span,
    Unit,
    due_after,
)
from jiesu.foundation.clock import BEIJING

SEASONS = [
    DatedHours(dt.date(2007, 1, 1), OFFICE),
    DatedHours(dt.date(2025, 6, 1), Hours.parse("08:00-12:00 15:00-18:00")),
    DatedHours(dt.date(2025, 10, 1), OFFICE),
    DatedHours(dt.date(2026, 3, 2), Hours.parse("09:00-17:00")),
    DatedHours(dt.date(2026, 6, 1), Hours.parse("00:00-24:00")),
]
RULES = [(nxt, due_at) for nxt in (True, False) for due_at in DueAt]
_BASES = [Calendar(DAYS, YEARS, OFFICE), Calendar(DAYS, YEARS, SEASONS)]
CALENDARS = [
    base.with_rules(from_next_day=nxt, due_at=due_at) for base in _BASES for nxt, due_at in RULES
]

calendars = st.sampled_from(CALENDARS)
office_calendars = st.sampled_from(CALENDARS[: len(RULES)])
instants = st.builds(
    lambda micros: dt.datetime(2024, 1, 1, tzinfo=BEIJING) + dt.timedelta(microseconds=micros),
    st.integers(0, 900 * DAY),
) | st.builds(
    lambda day, minute: (
        dt.datetime(2024, 1, 1, tzinfo=BEIJING) + dt.timedelta(days=day, minutes=minute)
    ),
    st.integers(0, 880),
    # the edges of the office's day, where mistakes live
    st.sampled_from([0, 510, 511, 719, 720, 721, 800, 869, 870, 871, 1049, 1050, 1051, 1439]),
)
units = st.sampled_from(list(Unit))
whole_budgets = st.builds(Budget, st.integers(1, 40), units)


def budgets_in(unit: Unit) -> st.SearchStrategy[Budget]:
    amounts = st.integers(1, 40) | st.decimals("0.01", "40", places=2, allow_nan=False)
    return st.builds(Budget, amounts, st.just(unit))


budgets = units.flatmap(budgets_in)
budget_pairs = units.flatmap(lambda unit: st.tuples(budgets_in(unit), budgets_in(unit)))
working_budgets = st.builds(
    Budget, st.integers(1, 40), st.sampled_from([Unit.WORK_HOURS, Unit.WORK_DAYS])
)
WORKDAYS = [
    day
    for day in (dt.date(2024, 1, 1) + dt.timedelta(days=n) for n in range(880))
    if CALENDARS[0].is_workday(day)
]
office_instants = st.builds(
    lambda day, minute: dt.datetime.combine(day, dt.time(), BEIJING) + dt.timedelta(minutes=minute),
    st.sampled_from(WORKDAYS),
    st.integers(511, 720) | st.integers(871, 1050),  # not the opening: the evening before is as far
)


def error(unit: Unit) -> Fraction:
    """What rounding up to the microsecond may cost where days differ in length."""
    return Fraction(3, OFFICE.total) if unit is Unit.WORK_DAYS else Fraction(0)


def plus(one: Budget, other: Budget) -> Budget:
    return Budget(Decimal(one.amount) + Decimal(other.amount), one.unit)


@given(calendars, instants, whole_budgets)
def test_a_limit_lasts_exactly_its_budget_of_working_time(calendar, start, budget):
    due = calendar.due(start, budget)

    given_time = calendar.elapsed(calendar.counted_from(start, budget.unit), due, budget.unit)

    too_much = given_time.amount - budget.span.amount
    assert 0 <= too_much <= error(budget.unit)
    assert replace(given_time, amount=budget.span.amount) == budget.span


@given(calendars, instants, budgets)
def test_a_limit_in_parts_of_days_is_never_short_and_never_a_day_too_long(calendar, start, budget):
    due = calendar.due(start, budget)

    given_time = calendar.elapsed(
        calendar.counted_from(start, budget.unit), due, budget.unit
    ).amount

    assert budget.span.amount <= given_time
    if budget.unit is Unit.WORK_DAYS:
        assert given_time < budget.span.amount + 1
    else:
        assert given_time == budget.span.amount


@given(calendars, instants, budget_pairs)
def test_more_budget_is_never_due_earlier(calendar, start, pair):
    budget, more = pair

    assert calendar.due(start, plus(budget, more)) >= calendar.due(start, budget)


@given(calendars, instants, instants, budgets)
def test_a_later_start_is_never_due_earlier(calendar, one, other, budget):
    early, late = sorted((one, other))

    assert calendar.due(early, budget) <= calendar.due(late, budget)


@given(calendars, instants, budgets)
def test_nothing_is_due_before_it_starts(calendar, start, budget):
    assert calendar.due(start, budget) >= start


@given(calendars, instants, instants, units)
def test_what_remains_taken_up_at_the_same_instant_is_due_at_the_same_instant(
    calendar, now, due, unit
):
    # Any due time at all, also on a Sunday, at lunch, at midnight, or long past.
    assert calendar.resume(now, calendar.remaining(now, due, unit)) == due


@given(calendars, instants, budgets, instants, instants)
def test_a_pause_moves_the_due_time_by_exactly_the_working_time_paused(
    calendar, start, budget, one, other
):
    paused, resumed = sorted((one, other))
    assume(resumed - paused < dt.timedelta(days=60))
    due = calendar.due(start, budget)
    assume(abs(due - paused) < dt.timedelta(days=60))

    moved = calendar.resumed(due, paused, resumed, budget.unit)

    stood = calendar.elapsed(paused, resumed, budget.unit).amount
    shift = calendar.elapsed(due, moved, budget.unit).amount
    assert 0 <= shift - stood <= error(budget.unit)
    assert moved >= due


@given(calendars, instants, budgets, instants, instants, instants)
def test_a_longer_pause_is_never_due_earlier(calendar, start, budget, one, two, three):
    paused, early, late = sorted((one, two, three))
    assume(late - paused < dt.timedelta(days=60))
    due = calendar.due(start, budget)
    assume(abs(due - paused) < dt.timedelta(days=60))

    assert calendar.resumed(due, paused, early, budget.unit) <= calendar.resumed(
        due, paused, late, budget.unit
    )


@given(calendars, instants, budgets, instants, instants, instants)
def test_two_pauses_cost_what_they_cost_together(calendar, start, budget, one, two, three):
    first, second, third = sorted((one, two, three))
    assume(third - first < dt.timedelta(days=60))
    due = calendar.due(start, budget)
    assume(abs(due - first) < dt.timedelta(days=60))

    once = calendar.resumed(due, first, third, budget.unit)
    twice = calendar.resumed(
        calendar.resumed(due, first, second, budget.unit), second, third, budget.unit
    )

    apart = abs(calendar.elapsed(once, twice, budget.unit).amount)
    assert apart <= 2 * error(budget.unit)


@given(calendars, instants, budgets)
def test_subtracting_inverts_adding(calendar, start, budget):
    back = calendar.subtract(calendar.add(start, budget), budget)

    apart = abs(calendar.elapsed(start, back, budget.unit).amount)
    assert apart <= error(budget.unit)


@given(office_calendars, office_instants, working_budgets)
def test_subtracting_gives_the_very_instant_back_within_office_time(calendar, start, budget):
    assert calendar.subtract(calendar.add(start, budget), budget) == start


@given(calendars, instants, budget_pairs)
def test_adding_twice_is_adding_the_sum(calendar, start, pair):
    one, other = pair

    step_by_step = calendar.add(calendar.add(start, one), other)
    at_once = calendar.add(start, plus(one, other))

    apart = abs(calendar.elapsed(at_once, step_by_step, one.unit).amount)
    assert apart <= 2 * error(one.unit)


@given(calendars, instants, budgets)
def test_the_yellow_mark_stands_a_working_day_of_work_before_the_due_time(calendar, start, budget):
    day = Budget(1, Unit.WORK_DAYS)
    due = calendar.due(start, budget)

    yellow = calendar.subtract(due, day)

    assert yellow < due
    left = calendar.elapsed(yellow, due, Unit.WORK_DAYS).amount
    assert abs(left - 1) <= error(Unit.WORK_DAYS)


@given(calendars, instants, budgets)
def test_a_lapsed_limit_turns_red_on_the_next_working_day(calendar, start, budget):
    due = calendar.due(start, budget)

    red = calendar.red_from(due)

    assert red >= due  # at once only where the office never closes
    assert calendar.is_workday(red.date())
    assert calendar.is_office_time(red)


@given(calendars, instants, units)
def test_a_span_is_read_back_as_it_was_written(calendar, now, unit):
    span = calendar.remaining(now, calendar.due(now, Budget(3, unit)), unit)

    assert Span.parse(str(span)) == span


@given(calendars, instants, budgets, instants, instants, st.integers(1, 10))
def test_a_limit_told_from_its_beginning_ends_where_it_did_step_by_step(
    calendar, start, budget, one, other, days
):
    began, ended = sorted((one, other))
    assume(began >= start and ended - start < dt.timedelta(days=60))
    more = Budget(days, Unit.WORK_DAYS)

    lived = calendar.add(
        calendar.resumed(calendar.due(start, budget), began, ended, budget.unit), more
    )

    story = [Extension(ended + dt.timedelta(seconds=1), more), Pause(began, ended)]
    assert due_after(calendar, start, budget, story) == lived


@given(calendars, instants, budgets, instants)
def test_a_standing_pause_leaves_the_due_time_alone(calendar, start, budget, began):
    assert due_after(calendar, start, budget, [Pause(began)]) == calendar.due(start, budget)


@given(calendars, instants, budgets)
def test_any_time_zone_says_the_same_instant(calendar, start, budget):
    assert calendar.due(start.astimezone(dt.UTC), budget) == calendar.due(start, budget)


@pytest.mark.parametrize("method", ["add", "subtract", "due"])
def test_a_time_without_a_zone_is_a_defect(method):
    with pytest.raises(ValueError, match="time zone"):
        getattr(CALENDARS[0], method)(dt.datetime(2026, 1, 5, 9), Budget(1, Unit.WORK_DAYS))  # noqa: DTZ001
