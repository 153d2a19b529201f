"""Hand-checked examples: what an official with a paper calendar would say (2024 to 2026)."""

import datetime as dt
import time
from decimal import Decimal

import pytest
from tests.deadlines.conftest import CALENDAR, DAYS, OFFICE, YEARS, at

from jiesu.deadlines.worktime import (
    Budget,
    Calendar,
    DatedHours,
    DueAt,
    Hours,
    HoursMissing,
    Unit,
    YearMissing,
    due_words,
    remaining_words,
)

FROM_RECEIPT = CALENDAR.with_rules(from_next_day=False, due_at=DueAt.CLOSE)
MIDNIGHT = CALENDAR.with_rules(from_next_day=True, due_at=DueAt.MIDNIGHT)
SAME_TIME = CALENDAR.with_rules(from_next_day=False, due_at=DueAt.SAME_TIME)


def days(amount: int | Decimal) -> Budget:
    return Budget(amount, Unit.WORK_DAYS)


def hours(amount: int | Decimal) -> Budget:
    return Budget(amount, Unit.WORK_HOURS)


@pytest.mark.parametrize(
    ("start", "amount", "due"),
    [
        # an ordinary week, 2026-03
        ("2026-03-02 10:00", 1, "2026-03-03 17:30"),
        ("2026-03-02 10:00", 5, "2026-03-09 17:30"),
        ("2026-03-06 17:29", 1, "2026-03-09 17:30"),
        ("2026-03-06 23:00", 1, "2026-03-09 17:30"),
        ("2026-03-07 12:00", 1, "2026-03-09 17:30"),
        ("2026-03-08 23:59", 1, "2026-03-09 17:30"),
        ("2026-03-09 00:00", 1, "2026-03-10 17:30"),
        # New Year 2026: 1–3 January off, Sunday the 4th works
        ("2025-12-31 15:00", 1, "2026-01-04 17:30"),
        ("2025-12-31 15:00", 2, "2026-01-05 17:30"),
        ("2026-01-02 09:00", 1, "2026-01-04 17:30"),
        ("2026-01-04 09:00", 1, "2026-01-05 17:30"),
        # Spring Festival 2026: Saturday 14 February works, 15–23 off, Saturday the 28th works
        ("2026-02-13 10:00", 1, "2026-02-14 17:30"),
        ("2026-02-13 10:00", 2, "2026-02-24 17:30"),
        ("2026-02-14 10:00", 1, "2026-02-24 17:30"),
        ("2026-02-18 10:00", 1, "2026-02-24 17:30"),
        ("2026-02-23 10:00", 5, "2026-02-28 17:30"),
        ("2026-02-27 10:00", 1, "2026-02-28 17:30"),
        ("2026-02-27 10:00", 2, "2026-03-02 17:30"),
        # 清明 2026: 4–6 April off
        ("2026-04-03 10:00", 1, "2026-04-07 17:30"),
        # Labour Day 2026: 1–5 May off, Saturday the 9th works
        ("2026-04-30 10:00", 3, "2026-05-08 17:30"),
        ("2026-04-30 10:00", 4, "2026-05-09 17:30"),
        ("2026-05-08 10:00", 1, "2026-05-09 17:30"),
        ("2026-05-09 10:00", 1, "2026-05-11 17:30"),
        # National Day 2026: Sunday 20 September works, 25–27 off, 1–7 October off, 10 October works
        ("2026-09-18 10:00", 1, "2026-09-20 17:30"),
        ("2026-09-18 10:00", 2, "2026-09-21 17:30"),
        ("2026-09-24 10:00", 1, "2026-09-28 17:30"),
        ("2026-09-30 10:00", 1, "2026-10-08 17:30"),
        ("2026-09-30 10:00", 3, "2026-10-10 17:30"),
        ("2026-09-30 10:00", 4, "2026-10-12 17:30"),
        ("2026-09-30 10:00", 10, "2026-10-20 17:30"),
        # Spring Festival 2025: Sunday 26 January works, 28 January–4 February off, 8 February works
        ("2025-01-24 10:00", 1, "2025-01-26 17:30"),
        ("2025-01-24 10:00", 3, "2025-02-05 17:30"),
        ("2025-01-27 10:00", 4, "2025-02-08 17:30"),
        # National Day and 中秋 2025: Sunday 28 September works, 1–8 October off, 11 October works
        ("2025-09-26 10:00", 1, "2025-09-28 17:30"),
        ("2025-09-30 10:00", 3, "2025-10-11 17:30"),
        ("2025-09-30 10:00", 4, "2025-10-13 17:30"),
        # Spring Festival 2024: Sunday 4 February works, 10–17 off, Sunday the 18th works
        ("2024-02-02 10:00", 1, "2024-02-04 17:30"),
        ("2024-02-09 10:00", 1, "2024-02-18 17:30"),
        ("2024-02-09 10:00", 2, "2024-02-19 17:30"),
        # 清明 2024: 4–6 April off, Sunday the 7th works; then 29 September and 12 October work
        ("2024-04-03 10:00", 1, "2024-04-07 17:30"),
        ("2024-09-27 10:00", 1, "2024-09-29 17:30"),
        ("2024-09-30 10:00", 5, "2024-10-12 17:30"),
    ],
)
def test_working_days_skip_holidays_and_count_make_up_days(start, amount, due):
    assert CALENDAR.due(at(start), days(amount)) == at(due)


@pytest.mark.parametrize(
    "day", ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]
)
def test_each_make_up_day_of_2026_is_worked_though_it_is_a_weekend(day):
    date = dt.date.fromisoformat(day)

    assert date.weekday() >= 5
    assert CALENDAR.is_workday(date)
    assert CALENDAR.is_office_time(at(f"{day} 10:00"))


@pytest.mark.parametrize(("year", "workdays"), [(2024, 251), (2025, 248), (2026, 248)])
def test_a_year_has_the_working_days_the_ministry_counts(year, workdays):
    first = dt.date(year, 1, 1)
    length = (dt.date(year + 1, 1, 1) - first).days

    worked = sum(CALENDAR.is_workday(first + dt.timedelta(days=n)) for n in range(length))

    assert worked == workdays


@pytest.mark.parametrize(
    ("start", "amount", "due"),
    [
        ("2026-03-02 08:30", 4, "2026-03-02 15:00"),
        ("2026-03-02 07:00", 4, "2026-03-02 15:00"),
        ("2026-03-02 10:00", 2, "2026-03-02 12:00"),  # at lunch, not when the office reopens
        ("2026-03-02 12:30", 1, "2026-03-02 15:30"),
        ("2026-03-02 16:00", 4, "2026-03-03 11:00"),
        ("2026-03-06 16:00", 4, "2026-03-09 11:00"),
        ("2026-03-07 10:00", 4, "2026-03-09 15:00"),
        ("2026-02-14 16:00", 4, "2026-02-24 11:00"),
        ("2026-02-27 17:00", 1, "2026-02-28 09:00"),
        ("2026-03-02 08:30", Decimal("6.5"), "2026-03-02 17:30"),
        ("2026-03-02 08:30", 13, "2026-03-03 17:30"),
        ("2026-03-02 08:30", Decimal("0.25"), "2026-03-02 08:45"),
    ],
)
def test_working_hours_run_while_the_office_is_open(start, amount, due):
    assert CALENDAR.due(at(start), hours(amount)) == at(due)


def test_natural_time_runs_through_nights_and_holidays():
    start = at("2026-02-16 23:50")

    assert CALENDAR.due(start, Budget(15, Unit.MINUTES)) == at("2026-02-17 00:05")
    assert CALENDAR.due(start, Budget(24, Unit.HOURS)) == at("2026-02-17 23:50")


@pytest.mark.parametrize(
    ("calendar", "start", "due"),
    [
        (FROM_RECEIPT, "2026-03-02 10:00", "2026-03-03 17:30"),  # today is the first of two days
        (FROM_RECEIPT, "2026-03-02 17:31", "2026-03-04 17:30"),  # today is over
        (FROM_RECEIPT, "2026-03-07 10:00", "2026-03-10 17:30"),
        (MIDNIGHT, "2026-03-02 10:00", "2026-03-05 00:00"),
        (MIDNIGHT, "2026-03-05 10:00", "2026-03-10 00:00"),
        (SAME_TIME, "2026-03-02 10:00", "2026-03-04 10:00"),
        (SAME_TIME, "2026-03-05 15:00", "2026-03-09 15:00"),
        (SAME_TIME, "2026-03-06 20:00", "2026-03-10 17:30"),
        (SAME_TIME, "2026-03-07 10:00", "2026-03-10 17:30"),
    ],
)
def test_two_working_days_under_each_rule_of_counting(calendar, start, due):
    assert calendar.due(at(start), days(2)) == at(due)


def test_seasonal_hours_hold_from_their_day():
    summer = Hours.parse("08:00-12:00 15:00-18:00")
    rows = [DatedHours(dt.date(2026, 1, 1), OFFICE), DatedHours(dt.date(2026, 6, 1), summer)]
    calendar = Calendar(DAYS, YEARS, rows)

    assert calendar.due(at("2026-05-28 10:00"), days(1)) == at("2026-05-29 17:30")
    assert calendar.due(at("2026-05-29 10:00"), days(1)) == at("2026-06-01 18:00")
    assert calendar.due(at("2026-05-29 17:00"), hours(1)) == at("2026-06-01 08:30")
    assert calendar.hours_on(dt.date(2020, 1, 1)) == OFFICE  # the first row also stands before it


def test_a_pause_over_the_spring_festival_costs_only_the_days_worked():
    # Five working days from Tuesday the 10th: 11, 12, 13, 14, 24.
    due = CALENDAR.due(at("2026-02-10 10:00"), days(5))
    assert due == at("2026-02-24 17:30")

    # Stood still from the last minute before the feast until the first after it: nothing lost.
    assert (
        CALENDAR.resumed(due, at("2026-02-14 17:30"), at("2026-02-24 08:30"), Unit.WORK_DAYS) == due
    )

    # From the morning of the 12th to the morning of the 25th: 12, 13, 14, 24 were lost.
    moved = CALENDAR.resumed(due, at("2026-02-12 08:30"), at("2026-02-25 08:30"), Unit.WORK_DAYS)
    assert moved == at("2026-02-28 17:30")


def test_a_pause_does_not_lose_the_midnight():
    due = MIDNIGHT.due(at("2026-03-02 10:00"), days(3))
    assert due == at("2026-03-06 00:00")

    moved = MIDNIGHT.resumed(due, at("2026-03-03 20:00"), at("2026-03-04 20:00"), Unit.WORK_DAYS)

    assert moved == at("2026-03-07 00:00")


def test_a_joint_unit_and_the_yellow_mark_stand_one_working_day_before():
    lead = CALENDAR.due(at("2026-02-10 10:00"), days(5))

    assert CALENDAR.subtract(lead, days(1)) == at("2026-02-14 17:30")
    assert CALENDAR.subtract(at("2026-03-06 00:00"), days(1)) == at("2026-03-05 00:00")
    assert CALENDAR.subtract(at("2026-03-07 10:00"), days(1)) == at("2026-03-06 08:30")


def test_red_begins_the_first_working_day_after_due():
    assert CALENDAR.red_from(at("2026-02-14 17:30")) == at("2026-02-24 08:30")
    assert CALENDAR.red_from(at("2026-03-06 00:00")) == at("2026-03-06 08:30")  # 24:00 of the 5th


def test_an_extension_adds_whole_days_to_the_due_time():
    due = CALENDAR.due(at("2026-09-21 10:00"), days(5))
    assert due == at("2026-09-29 17:30")

    assert CALENDAR.add(due, days(10)) == at("2026-10-19 17:30")
    assert MIDNIGHT.add(at("2026-09-30 00:00"), days(1)) == at("2026-10-01 00:00")


@pytest.mark.parametrize(
    ("now", "due", "unit", "words"),
    [
        ("2026-03-02 10:00", "2026-03-04 17:30", Unit.WORK_DAYS, "剩 2 工作日"),
        ("2026-03-03 17:30", "2026-03-04 17:30", Unit.WORK_DAYS, "剩 1 工作日"),
        ("2026-03-04 10:00", "2026-03-04 17:30", Unit.WORK_DAYS, "剩 5 工时"),
        ("2026-03-04 17:05", "2026-03-04 17:30", Unit.WORK_DAYS, "剩 25 分钟"),
        ("2026-03-04 18:00", "2026-03-05 00:00", Unit.WORK_DAYS, "剩 6 小时"),
        ("2026-03-04 17:30", "2026-03-04 17:30", Unit.WORK_DAYS, "到期"),
        ("2026-03-04 17:55", "2026-03-04 17:30", Unit.WORK_DAYS, "超 25 分钟"),
        ("2026-03-04 20:30", "2026-03-04 17:30", Unit.WORK_DAYS, "超 3 小时"),
        ("2026-03-08 17:30", "2026-03-06 17:30", Unit.WORK_DAYS, "超 48 小时"),
        ("2026-03-11 18:00", "2026-03-09 17:30", Unit.WORK_DAYS, "超 2 工作日"),
        ("2026-02-14 09:00", "2026-02-24 17:30", Unit.WORK_DAYS, "剩 1 工作日"),
        ("2026-03-02 10:00", "2026-03-02 15:40", Unit.WORK_HOURS, "剩 3 工时"),
        ("2026-03-02 10:00", "2026-03-02 10:00:30", Unit.MINUTES, "剩不足 1 分钟"),
        ("2026-03-02 10:00", "2026-03-03 11:00", Unit.HOURS, "剩 25 小时"),
        ("2026-03-02 13:59", "2026-03-02 10:00", Unit.HOURS, "超 3 小时"),
        ("2026-03-12 13:59", "2026-03-02 10:00", Unit.MINUTES, "超 10 天"),
        ("2027-01-12 09:00", "2027-01-12 17:30", Unit.WORK_DAYS, "剩 8 小时"),  # year missing
    ],
)
def test_the_limit_badge_says_what_is_really_left(now, due, unit, words):
    assert remaining_words(CALENDAR, at(now), at(due), unit) == words


def test_midnight_is_told_as_the_end_of_its_day():
    assert due_words(at("2026-03-05 00:00")) == "3月4日 24:00"
    assert due_words(at("2026-03-04 17:30")) == "3月4日 17:30"


def test_a_missing_year_is_refused_loudly_and_says_what_to_do():
    with pytest.raises(YearMissing) as refusal:
        CALENDAR.due(at("2026-12-30 10:00"), days(2))

    assert refusal.value.code == "year_missing"
    assert refusal.value.year == 2027
    assert "2027 年的工作日历尚未载入" in refusal.value.message
    assert "管理—日历" in refusal.value.message


@pytest.mark.parametrize(
    "call",
    [
        lambda: CALENDAR.due(at("2027-01-04 10:00"), days(1)),
        lambda: CALENDAR.due(at("2026-12-31 16:00"), hours(4)),
        lambda: CALENDAR.add(at("2026-12-31 16:00"), days(2)),
        lambda: SAME_TIME.due(at("2026-12-31 16:00"), days(1)),
        lambda: CALENDAR.subtract(at("2007-01-04 10:00"), days(9)),
        lambda: CALENDAR.next_workday(dt.date(2026, 12, 31)),
        lambda: CALENDAR.red_from(at("2026-12-31 17:30")),
        lambda: CALENDAR.is_workday(dt.date(2030, 1, 1)),
        lambda: CALENDAR.remaining(at("2026-12-31 10:00"), at("2027-01-04 10:00"), Unit.WORK_DAYS),
    ],
)
def test_every_answer_that_needs_a_missing_year_is_refused(call):
    with pytest.raises(YearMissing):
        call()


def test_a_gap_between_loaded_years_is_not_counted_over():
    calendar = Calendar(DAYS, {2018, 2024, 2025}, OFFICE)

    assert calendar.due(at("2018-06-01 10:00"), days(1)) == at("2018-06-04 17:30")
    with pytest.raises(YearMissing, match="2019"):
        calendar.due(at("2018-12-28 10:00"), days(5))
    with pytest.raises(YearMissing, match="2019"):
        calendar.elapsed(at("2018-12-28 10:00"), at("2024-03-01 10:00"), Unit.WORK_DAYS)


def test_the_last_day_of_the_last_year_can_still_be_a_due_day():
    due = MIDNIGHT.due(at("2026-12-30 10:00"), days(1))

    assert due == at("2027-01-01 00:00")
    assert MIDNIGHT.remaining(at("2026-12-30 10:00"), due, Unit.WORK_DAYS).amount > 1
    assert MIDNIGHT.subtract(due, days(1)) == at("2026-12-31 00:00")
    assert (
        MIDNIGHT.resumed(due, at("2026-12-31 09:00"), at("2026-12-31 09:00"), Unit.WORK_DAYS) == due
    )


def test_natural_limits_need_neither_years_nor_hours():
    empty = Calendar({}, (), ())

    assert empty.due(at("2031-01-01 10:00"), Budget(2, Unit.HOURS)) == at("2031-01-01 12:00")
    with pytest.raises(HoursMissing):
        empty.due(at("2031-01-01 10:00"), days(1))


@pytest.mark.parametrize(
    "text",
    ["", "8-12", "09:00", "12:00-09:00", "09:00-12:00 11:00-17:00", "09:00-25:00", "09:60-10:00",
     "09:00-12:00 12:00-13:00", "九点-12:00"],
)  # fmt: skip
def test_office_hours_that_make_no_sense_are_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Hours.parse(text)


def test_office_hours_are_written_as_they_are_read():
    assert str(Hours.parse("8:30-12:00  14:30-24:00")) == "08:30-12:00 14:30-24:00"


@pytest.mark.parametrize("amount", [0, -1, Decimal("-0.5")])
def test_a_budget_is_positive(amount):
    with pytest.raises(ValueError, match="positive"):
        Budget(amount, Unit.WORK_DAYS)


def test_a_budget_says_itself():
    assert Budget(Decimal("3.00"), Unit.WORK_DAYS).words == "3 个工作日"
    assert Budget(Decimal("0.50"), Unit.WORK_DAYS).words == "0.5 个工作日"
    assert Budget(15, Unit.MINUTES).words == "15 分钟"
    assert Budget(20, Unit.WORK_HOURS).words == "20 个工时"


def test_an_answer_takes_microseconds():
    start = at("2026-02-10 10:00").astimezone(dt.UTC)
    few = [days(3), hours(4), Budget(15, Unit.MINUTES)]

    began = time.perf_counter()
    for _ in range(2_000):
        for budget in few:
            CALENDAR.due(start, budget)
    each = (time.perf_counter() - began) / 6_000

    assert each < 20e-6 * 5  # the budget is 20 µs; five times that on a busy machine
