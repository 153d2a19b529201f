"""Loading years, drafts, office hours; what must be counted anew."""

import datetime as dt

import pytest
from django.core.checks import run_checks
from django.core.checks.registry import Tags
from tests.deadlines.conftest import at

from jiesu.access import SYSTEM
from jiesu.deadlines import checks, draft, limits, policies, seed, years
from jiesu.deadlines.draft import DayRow
from jiesu.deadlines.models import (
    CalendarChange,
    CalendarDay,
    CalendarYear,
    LimitPolicy,
    OfficeHours,
)
from jiesu.deadlines.worktime import Budget, Unit, YearMissing
from jiesu.foundation.errors import Forbidden, Invalid, NotAllowedNow
from jiesu.journal.models import AuditRecord

NOW = at("2026-11-22 09:00")
NOTICE = "国办发明电〔2026〕X号（测试）"


def notice_2027() -> list[DayRow]:
    """An invented notice: the statutory days, the whole week of the feast, one make-up day."""
    days = {day.date: day for day in draft.draft(2027)}
    for number in (5, 8, 9, 10, 11, 12):
        day = dt.date(2027, 2, number)
        days[day] = DayRow(day, False, "春节")
    days[dt.date(2027, 2, 20)] = DayRow(dt.date(2027, 2, 20), True, "春节")
    return list(days.values())


def load(editor, rows=None, year=2027, notice=NOTICE):
    rows = notice_2027() if rows is None else rows
    return years.load_year(rows, year=year, notice=notice, actor=editor, at=NOW)


def due(start: str, amount: int) -> dt.datetime:
    return policies.calendar(at(start)).due(at(start), Budget(amount, Unit.WORK_DAYS))


def test_a_december_limit_reaches_into_the_draft_of_the_next_year(world):
    calendar = policies.calendar(NOW)

    assert due("2026-12-30 10:00", 2) == at("2027-01-04 17:30")
    assert calendar.provisional == {2027}
    assert calendar.is_provisional(due("2026-12-30 10:00", 2))
    assert not calendar.is_provisional(due("2026-12-01 10:00", 2))


def test_without_even_a_draft_it_is_refused_loudly(world):
    CalendarDay.objects.filter(year__year=2027).delete()
    CalendarYear.objects.filter(year=2027).delete()
    policies.forget()

    with pytest.raises(YearMissing, match="2027"):
        due("2026-12-30 10:00", 2)


def test_the_draft_holds_what_the_law_settles_and_nothing_more():
    off = [str(day.date) for day in draft.draft(2027)]

    # Article 2, and article 6: a holiday on a weekend is given back on the next working day.
    assert off == [
        "2027-01-01",
        "2027-02-05", "2027-02-06", "2027-02-07", "2027-02-08", "2027-02-09", "2027-02-10",
        "2027-04-05",
        "2027-05-01", "2027-05-02", "2027-05-03", "2027-05-04",
        "2027-06-09",
        "2027-09-15",
        "2027-10-01", "2027-10-02", "2027-10-03", "2027-10-04", "2027-10-05",
    ]  # fmt: skip
    assert not any(day.is_workday for day in draft.draft(2027))


@pytest.mark.parametrize("year", range(2025, draft.LAST_YEAR + 1))
def test_every_draft_is_a_year_of_thirteen_holidays_without_doubles(year):
    names = [name for _, name in draft.statutory(year)]
    days = [row.date for row in draft.draft(year)]

    assert len(names) == 13
    assert len(days) == len(set(days))
    assert all(day.year == year for day in days)


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_statutory_days_are_all_off_in_the_notices_there_are(year):
    off = {day.date for day in seed.packaged_years()[year] if not day.is_workday}

    assert {day for day, _ in draft.statutory(year)} <= off


def test_the_notice_replaces_the_draft_and_leaves_a_recount(world, editor):
    before = due("2027-02-04 10:00", 1)

    loaded = load(editor)

    assert before == at("2027-02-11 17:30")
    assert due("2027-02-04 10:00", 1) == at("2027-02-15 17:30")
    assert due("2027-02-19 10:00", 1) == at("2027-02-20 17:30")
    assert loaded.changed == (dt.date(2027, 2, 11), dt.date(2027, 2, 12), dt.date(2027, 2, 20))
    assert not policies.calendar(NOW).provisional
    assert [change.pk for change in years.pending_changes()] == [loaded.recount.pk]
    assert years.recompute_from(years.pending_changes()) == at("2027-02-11 00:00")


def test_a_recount_is_done_once_it_is_marked(world, editor):
    load(editor)

    years.mark_recomputed(years.pending_changes(), at=NOW)

    assert years.pending_changes() == []
    assert years.recompute_from([]) is None


def test_a_notice_that_changes_nothing_asks_for_no_recount(world, editor):
    load(editor)

    assert load(editor).recount is None


def test_loading_a_year_is_in_the_audit_with_what_stood_before(world, editor):
    load(editor)

    record = AuditRecord.objects.get(kind="deadlines.year_loaded", actor_name="钱历")
    assert record.subject == "calendar:2027"
    assert record.data["before"]["2027-02-09"] is False
    assert record.data["after"]["2027-02-20"] is True


def test_a_notice_may_name_days_of_the_december_before(world, editor):
    rows = [*notice_2027(), DayRow(dt.date(2026, 12, 31), False, "元旦")]

    loaded = load(editor, rows)

    assert loaded.changed[0] == dt.date(2026, 12, 31)
    assert due("2026-12-30 10:00", 1) == at("2027-01-04 17:30")


@pytest.mark.parametrize(
    ("rows", "year", "notice", "field", "code"),
    [
        ([], 2027, NOTICE, "rows", "statutory_day_missing"),
        (None, 2027, " ", "notice", "required"),
        (None, 2027, "长" * 201, "notice", "too_long"),
        (None, 2026, NOTICE, "rows", "day_outside_year"),
        (None, 2031, NOTICE, "year", "year_out_of_range"),
        (None, 1999, NOTICE, "year", "year_out_of_range"),
    ],
)
def test_a_notice_that_cannot_be_one_is_refused(world, editor, rows, year, notice, field, code):
    with pytest.raises(Invalid) as refusal:
        load(editor, rows, year, notice)

    assert (field, code) in [(error.field, error.code) for error in refusal.value.errors]
    assert CalendarYear.objects.get(year=2027).provisional


def test_a_day_named_twice_is_refused_and_told(world, editor):
    rows = [*notice_2027(), DayRow(dt.date(2027, 1, 1), True, "元旦")]

    with pytest.raises(Invalid, match="2027-01-01 出现了两次"):
        load(editor, rows)


@pytest.mark.parametrize("name", ["", "  ", "节" * 33])
def test_a_day_has_a_name_that_fits(world, editor, name):
    rows = [*notice_2027(), DayRow(dt.date(2027, 3, 1), False, name)]

    with pytest.raises(Invalid, match="2027-03-01 的节日名称"):
        load(editor, rows)


def test_a_draft_is_for_years_without_a_notice(world, editor):
    with pytest.raises(NotAllowedNow, match="2026"):
        years.load_provisional_year(2026, actor=editor, at=NOW)
    with pytest.raises(Invalid, match="2035"):
        years.load_provisional_year(2036, actor=editor, at=NOW)
    with pytest.raises(Invalid):
        years.load_provisional_year(2025, actor=editor, at=NOW)
    with pytest.raises(Forbidden):
        years.load_provisional_year(2028, actor=world.actor("catalogue_editor"), at=NOW)

    years.load_provisional_year(2028, actor=editor, at=NOW)

    assert policies.calendar(NOW).provisional == {2027, 2028}


def test_a_daily_job_drafts_the_next_year_once(world):
    new_year = at("2027-01-01 03:00")

    assert [done.year.year for done in years.draft_missing_years(actor=SYSTEM, at=new_year)] == [
        2028
    ]
    assert years.draft_missing_years(actor=SYSTEM, at=new_year) == []


def test_new_office_hours_hold_from_their_day_and_leave_a_recount(world, editor):
    years.set_office_hours(
        "8:00—12:00 15:00-18:00", valid_from=dt.date(2026, 12, 1), actor=editor, at=NOW, note="夏季"
    )

    assert due("2026-11-27 10:00", 1) == at("2026-11-30 17:30")
    assert due("2026-11-30 10:00", 1) == at("2026-12-01 18:00")
    assert years.recompute_from(years.pending_changes()) == at("2026-12-01 00:00")


@pytest.mark.parametrize(
    ("intervals", "day", "field"),
    [
        ("九点到五点", "2026-12-01", "intervals"),
        ("12:00-09:00", "2026-12-01", "intervals"),
        ("", "2026-12-01", "intervals"),
        ("01:00-02:00 03:00-04:00 05:00-06:00 07:00-08:00 09:00-10:00 11:00-12:00", "2026-12-01",
         "intervals"),
        ("09:00-17:00", "2026-11-22", "valid_from"),
    ],
)  # fmt: skip
def test_office_hours_that_cannot_be_are_refused(world, editor, intervals, day, field):
    with pytest.raises(Invalid) as refusal:
        years.set_office_hours(
            intervals, valid_from=dt.date.fromisoformat(day), actor=editor, at=NOW
        )

    assert refusal.value.field == field
    assert OfficeHours.objects.count() == 1


def test_rules_hold_from_tomorrow_at_the_earliest(world, editor):
    with pytest.raises(Invalid) as refusal:
        years.set_rules(
            from_next_day=True, due_at="close", valid_from=NOW.date(), actor=editor, at=NOW
        )
    assert refusal.value.field == "valid_from"
    with pytest.raises(Invalid) as refusal:
        years.set_rules(
            from_next_day=True, due_at="noon", valid_from=dt.date(2026, 12, 1), actor=editor, at=NOW
        )
    assert refusal.value.field == "due_at"


def test_the_seed_is_loaded_once(world):
    days = CalendarDay.objects.count()

    again = seed.load_defaults(NOW)

    assert again == seed.Loaded(years=0, drafts=0, limits=0)
    assert CalendarDay.objects.count() == days
    assert CalendarYear.objects.filter(provisional=False).count() == 20
    assert not CalendarChange.objects.exists()


def test_a_packaged_notice_replaces_a_draft(world):
    CalendarDay.objects.filter(year__year=2026).delete()
    CalendarYear.objects.filter(year=2026).delete()
    years.load_provisional_year(2026, actor=SYSTEM, at=NOW)

    assert seed.load_defaults(NOW).years == 1

    assert not CalendarYear.objects.get(year=2026).provisional
    assert years.pending_changes()


def test_a_limit_somebody_ended_is_not_loaded_again(world):
    policy = LimitPolicy.objects.get(clock="callback")
    limits.end_policy(policy, valid_to=dt.date(2026, 11, 23), actor=SYSTEM, at=NOW)

    assert seed.load_defaults(NOW).limits == 0


def test_a_draft_in_use_is_warned_of(world):
    found = run_checks(tags=[Tags.database], databases=["default"])

    assert [problem.id for problem in checks.calendar_problems(NOW)] == ["deadlines.W002"]
    assert "2027" in checks.calendar_problems(NOW)[0].msg
    assert "deadlines.W001" not in [problem.id for problem in found]
    assert checks.calendar_problems(at("2026-06-01 09:00")) == []


def test_a_missing_year_and_missing_hours_are_warned_of(world):
    OfficeHours.objects.all().delete()

    problems = checks.calendar_problems(at("2027-09-01 09:00"))

    assert [problem.id for problem in problems] == [
        "deadlines.W002",  # 2027 itself is a draft
        "deadlines.W001",  # 2028
        "deadlines.W003",
    ]
    assert checks.check_calendar(databases=None) == []
