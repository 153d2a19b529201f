"""A quarter of a monthly scheme is told from what its three months published."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from tests.scoring.conftest import FOUR, Office

from jiesu.bulletins import cases, reading, writing
from jiesu.bulletins.models import Bulletin
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import NotAllowedNow
from jiesu.scoring import faults, periods, publication, schemes
from jiesu.scoring.definitions import Every
from jiesu.scoring.models import Period, UnitScore
from jiesu.scoring.points import cents

pytestmark = pytest.mark.django_db

JULY, AUGUST, SEPTEMBER = (dt.date(2026, month, 6) for month in (7, 8, 9))
SAID = dt.datetime(2026, 10, 20, 9, tzinfo=BEIJING)


@pytest.fixture
def office(office: Office) -> Office:
    """The office scores by a scheme that holds since July."""
    office.scheme = schemes.create_scheme(
        "福州市四率（夏）", office.world.regions["350100"], replace(FOUR, apply_days=0),
        actor=office.first, at=dt.datetime(2026, 7, 1, 9, tzinfo=BEIJING),
        valid_from=dt.date(2026, 7, 1),
    )  # fmt: skip
    return office


def published(office: Office, day: dt.date, *, good: int = 0, late: int = 0) -> Period:
    """A month with so many good and late orders, published on the 5th of the next but one."""
    at = dt.datetime.combine(day, dt.time(9), BEIJING)
    for _ in range(good):
        office.good(at)
    for _ in range(late):
        office.late(at)
    period = office.period(day, SAID)
    office.counted(period, SAID)
    periods.freeze(period, actor=office.first, at=SAID, version=period.version)
    period.refresh_from_db()
    periods.publish(period, actor=office.first, at=SAID, version=period.version)
    period.refresh_from_db()
    return period


def quarter(office: Office, day: dt.date = JULY) -> Bulletin:
    made = writing.draft(office.scheme, Every.QUARTER, day, actor=office.first, at=SAID)
    return reading.get_for(office.first, made.pk)


def counted(month: Sequence[Period], code: str) -> tuple[int, int]:
    """What was met and due in these months by their own published scores."""
    rows = UnitScore.objects.filter(revision__period__in=month, revision__number=1)
    measures = [m for row in rows for m in row.measures if m["code"] == code]
    return sum(m["num"] for m in measures), sum(m["den"] for m in measures)


def test_a_quarters_rate_is_all_that_was_met_over_all_that_was_due(office: Office) -> None:
    months = [
        published(office, JULY, good=3), published(office, AUGUST, good=1, late=1),
        published(office, SEPTEMBER, late=1),
    ]  # fmt: skip

    mine = quarter(office)

    met, due = counted(months, "closed_in_time")
    assert mine.name == "2026年第3季度"
    assert mine.title == "关于2026年第3季度12345热线工单办理情况的通报"
    assert mine.inputs["figures"]["按时办结率"] == f"{cents(Fraction(100 * met, due))}%"
    assert (met, due) == (4, 6)  # an average of 100, 50 and 0 would be 50
    assert [one.period_id for one in mine.revisions.order_by("period__first")] == [
        one.pk for one in months
    ]


def test_a_units_points_of_the_quarter_come_from_its_sums(office: Office) -> None:
    published(office, JULY, good=3)
    published(office, AUGUST, good=1, late=1)
    published(office, SEPTEMBER)
    faults.record(
        office.world.units["urban"], "knowledge_base", AUGUST, "知识库没有更新。",
        actor=office.first, at=SAID,
    )  # fmt: skip
    august = Period.objects.get(scheme=office.scheme, first=dt.date(2026, 8, 1))
    periods.correct(august, "补记过错。", actor=office.first, at=SAID, version=august.version)

    told = publication.published(office.scheme, Every.QUARTER, JULY)

    # opened 5/5, closed 4/5 (−0.5 × 20), replied 4 or 5 of 5, satisfied 4/5; one fault −0.5
    first = told.standings[0]
    replied = next(one for one in told.summary[0]["measures"].items() if one[0] == "replied")[1]
    short = Fraction(100) - Fraction(100 * replied["num"], replied["den"])
    expected = Fraction(100) - 10 - short / 2 - 10 - Fraction(1, 2)
    assert first.name == office.world.units["urban"].name
    assert Decimal(first.total) == cents(expected)


def test_a_month_that_is_missing_or_not_published_is_named(office: Office) -> None:
    published(office, JULY, good=1)
    published(office, SEPTEMBER, good=1)

    with pytest.raises(NotAllowedNow, match=r"第3季度还不能通报：2026年8月没有公布") as wrong:
        quarter(office)
    office.period(AUGUST, SAID)
    with pytest.raises(NotAllowedNow, match="2026年8月没有公布"):
        quarter(office)

    assert wrong.value.code == "not_published"
    waiting = {one.days.name: one.lacking for one in reading.wanted(office.first, SAID)}
    assert waiting["2026年第3季度"] == ["2026年8月"]
    assert "2026年7月" in waiting


def test_a_scheme_that_changed_midway_has_no_quarter(office: Office) -> None:
    published(office, JULY, good=1)
    published(office, AUGUST, good=1)
    office.scheme.refresh_from_db()
    schemes.set_version(
        office.scheme, replace(FOUR, apply_days=0, fault_each=Decimal(1)), actor=office.first,
        at=SAID, valid_from=dt.date(2026, 9, 1), version=office.scheme.version,
    )  # fmt: skip
    published(office, SEPTEMBER, good=1)

    with pytest.raises(NotAllowedNow, match="中间改过"):
        quarter(office)


def test_a_scheme_that_only_cut_its_lists_otherwise_has_its_quarter(office: Office) -> None:
    published(office, JULY, good=1)
    published(office, AUGUST, good=1)
    office.scheme.refresh_from_db()
    schemes.set_version(
        office.scheme, replace(FOUR, apply_days=0, red=3), actor=office.first, at=SAID,
        valid_from=dt.date(2026, 9, 1), version=office.scheme.version,
    )  # fmt: skip
    published(office, SEPTEMBER, good=1)

    assert "红榜取前3名" in quarter(office).inputs["figures"]["入榜规则"]


def test_a_quarter_is_compared_with_the_quarter_before(office: Office) -> None:
    for month in (7, 8, 9):
        published(office, dt.date(2026, month, 6), good=1, late=month == 7)
    writing_before = publication.published(office.scheme, Every.QUARTER, JULY)
    assert writing_before.before is None

    later = dt.datetime(2027, 1, 20, 9, tzinfo=BEIJING)
    for month in (10, 11, 12):
        at = dt.datetime(2026, month, 8, 9, tzinfo=BEIJING)
        office.good(at)
        period = office.period(at.date(), later)
        office.counted(period, later)
        periods.freeze(period, actor=office.first, at=later, version=period.version)
        period.refresh_from_db()
        periods.publish(period, actor=office.first, at=later, version=period.version)
    mine = writing.draft(
        office.scheme, Every.QUARTER, dt.date(2026, 12, 31), actor=office.first, at=later
    )

    figures = mine.inputs["figures"]
    assert (figures["上期"], figures["按时办结率上期"]) == ("2026年第3季度", "75.00%")
    assert figures["按时办结率变化"] == "上升25.00个百分点"
    assert mine.inputs["ranks"][0]["rows"][0][3] == "持平"


def test_a_corrected_month_asks_for_a_quarter_that_corrects(office: Office) -> None:
    for day in (JULY, AUGUST, SEPTEMBER):
        published(office, day, good=1)
    mine = quarter(office)
    with pytest.raises(NotAllowedNow, match="已有通报"):
        quarter(office)
    approved = writing.approve(
        writing.submit(mine, actor=office.first, at=SAID), actor=office.world.actor("leader"),
        at=SAID,
    )  # fmt: skip
    out = writing.publish(approved, actor=office.first, at=SAID)
    faults.record(
        office.world.units["urban"], "knowledge_base", JULY, "知识库没有更新。",
        actor=office.first, at=SAID,
    )  # fmt: skip
    july = Period.objects.get(scheme=office.scheme, first=dt.date(2026, 7, 1))
    periods.correct(july, "补记过错。", actor=office.first, at=SAID, version=july.version)

    assert reading.is_outdated(out)
    second = quarter(office)
    assert second.corrects == out
    assert "2026年第3季度" in second.title


def test_cases_of_a_quarter_come_from_all_of_its_months(office: Office) -> None:
    published(office, JULY, good=1, late=1)
    published(office, AUGUST, good=1)
    published(office, SEPTEMBER, good=1, late=1)

    found = cases.suggested(quarter(office))

    late = {one.number for one in office.made if one.satisfaction == 2}
    assert {one.appeal.number for one in found} == late
