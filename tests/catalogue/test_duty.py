"""The duty catalogue: who answers, and why; entering and changing it."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.catalogue.conftest import AT, TODAY, Corner

from jiesu.access import SYSTEM, Role
from jiesu.catalogue import duty
from jiesu.catalogue.models import DutyEntry, FallbackUnit, TextTemplate
from jiesu.catalogue.reorganisations import CatalogueFollower
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, Invalid, NotAllowedNow
from jiesu.organizations.followers import Happened
from jiesu.organizations.models import Unit

DAY = dt.timedelta(1)


def enter(corner: Corner, code: str, region: str, unit: Unit, basis: str = "") -> DutyEntry:
    return duty.add_entry(
        corner.category(code), getattr(corner, region), unit, legal_basis=basis, actor=SYSTEM, at=AT
    )


def answering(corner: Corner, code: str, region: str, at: dt.datetime = AT) -> str:
    hit = duty.find(corner.category(code), getattr(corner, region), at)
    return hit.unit.code if hit else ""


def test_an_entry_for_the_very_class_and_area_answers_with_its_basis(corner: Corner) -> None:
    entry = enter(corner, "0501", "gulou", corner.gulou_office, "《噪声污染防治法》第八条")

    hit = duty.find(corner.category("0501"), corner.gulou, AT)

    assert hit is not None
    assert (hit.unit, hit.entry, hit.is_fallback) == (corner.gulou_office, entry, False)
    assert hit.basis == "《噪声污染防治法》第八条"
    assert hit.reason == (
        "权属目录：施工噪声 × 鼓楼区，依据《噪声污染防治法》第八条，由鼓楼区城市管理局承办。"
    )


def test_the_nearest_area_wins_over_the_nearest_class(corner: Corner) -> None:
    enter(corner, "0501", "city", corner.housing)
    enter(corner, "05", "gulou", corner.gulou_office)

    assert answering(corner, "0501", "street") == "GLCG"
    assert answering(corner, "0501", "cangshan") == "GLZJ"
    hit = duty.find(corner.category("0501"), corner.street, AT)
    assert hit is not None
    assert "按上级分类、上级区域" in hit.reason


def test_within_an_area_the_nearest_class_wins(corner: Corner) -> None:
    enter(corner, "05", "gulou", corner.gulou_office)
    enter(corner, "0501", "gulou", corner.housing)

    assert answering(corner, "0501", "gulou") == "GLZJ"
    assert answering(corner, "0502", "gulou") == "GLCG"


def test_what_nobody_answers_for_goes_to_the_nearest_fallback_unit(corner: Corner) -> None:
    duty.set_fallback(corner.province, corner.centre, actor=SYSTEM, at=AT)
    duty.set_fallback(corner.gulou, corner.gulou_office, actor=SYSTEM, at=AT)

    hit = duty.find(corner.category("0101"), corner.street, AT)

    assert hit is not None
    assert hit.is_fallback
    assert hit.entry is None
    assert hit.reason == "权属目录未列明城乡规划 × 东街街道，由鼓楼区兜底单位鼓楼区城市管理局承接。"
    assert answering(corner, "0101", "cangshan") == "FJ12345"


def test_nobody_at_all_is_none(corner: Corner) -> None:
    assert duty.find(corner.category("0101"), corner.gulou, AT) is None


def test_entries_hold_on_their_days_and_ended_units_are_passed_over(corner: Corner) -> None:
    entry = enter(corner, "0501", "gulou", corner.gulou_office)
    enter(corner, "0501", "city", corner.cangshan_office)
    duty.replace_entry(entry, corner.housing, effective=TODAY + 5 * DAY, actor=SYSTEM, at=AT)

    assert answering(corner, "0501", "gulou", AT + 4 * DAY) == "GLCG"
    assert answering(corner, "0501", "gulou", AT + 5 * DAY) == "GLZJ"
    Unit.objects.filter(pk=corner.housing.pk).update(valid_to=TODAY + 7 * DAY)
    assert answering(corner, "0501", "gulou", AT + 7 * DAY) == "CSCG"
    assert answering(corner, "0501", "gulou", AT - DAY) == ""


def test_finding_takes_two_statements_at_most(corner: Corner) -> None:
    enter(corner, "0501", "gulou", corner.gulou_office)
    duty.set_fallback(corner.province, corner.centre, actor=SYSTEM, at=AT)
    category, other = corner.category("0501"), corner.category("0101")
    duty.find(category, corner.street, AT)  # warm

    with CaptureQueriesContext(connection) as hit:
        duty.find(category, corner.street, AT)
    with CaptureQueriesContext(connection) as miss:
        found = duty.find(other, corner.street, AT)
        assert found
        assert found.unit.region.name  # nothing is fetched late

    assert (len(hit), len(miss)) == (1, 2)


def test_one_place_has_one_unit(corner: Corner) -> None:
    enter(corner, "0501", "gulou", corner.gulou_office)

    with pytest.raises(Invalid) as caught:
        enter(corner, "0501", "gulou", corner.housing)

    assert caught.value.errors[0].code == "duplicate"
    assert "鼓楼区城市管理局" in caught.value.message


def test_an_ended_unit_and_a_retired_class_take_no_entry(corner: Corner) -> None:
    Unit.objects.filter(pk=corner.housing.pk).update(valid_to=TODAY)
    corner.housing.refresh_from_db()
    category = corner.category("0501")
    category.is_retired, category.retired_on = True, TODAY

    with pytest.raises(Invalid) as caught:
        duty.add_entry(category, corner.gulou, corner.housing, actor=SYSTEM, at=AT)

    assert {error.field for error in caught.value.errors} == {"unit", "category"}


def test_the_past_is_not_changed_and_editors_do_not_overwrite_each_other(
    corner: Corner,
) -> None:
    entry = enter(corner, "0501", "gulou", corner.gulou_office)
    stale = DutyEntry.objects.get(pk=entry.pk)

    with pytest.raises(Invalid) as past:
        duty.end_entry(entry, effective=TODAY - DAY, actor=SYSTEM, at=AT)
    duty.replace_entry(entry, corner.housing, actor=SYSTEM, at=AT)
    with pytest.raises(ChangedMeanwhile):
        duty.end_entry(stale, actor=SYSTEM, at=AT)

    assert past.value.errors[0].code == "past_day"
    assert answering(corner, "0501", "gulou") == "GLZJ"


def test_an_editor_edits_their_own_area_only(corner: Corner) -> None:
    local = corner.actor(corner.gulou_office)

    duty.add_entry(corner.category("0501"), corner.street, corner.housing, actor=local, at=AT)

    for region, actor in (
        (corner.city, local),
        (corner.cangshan, local),
        (corner.gulou, corner.actor(corner.gulou_office, Role.CLERK)),
    ):
        with pytest.raises(Forbidden):
            duty.add_entry(corner.category("0502"), region, corner.housing, actor=actor, at=AT)
        with pytest.raises(Forbidden):
            duty.set_fallback(region, corner.housing, actor=actor, at=AT)


def test_a_fallback_unit_is_replaced_from_a_day_and_can_end(corner: Corner) -> None:
    duty.set_fallback(corner.gulou, corner.gulou_office, actor=SYSTEM, at=AT)
    second = duty.set_fallback(
        corner.gulou, corner.housing, effective=TODAY + DAY, actor=SYSTEM, at=AT
    )

    assert answering(corner, "0101", "gulou") == "GLCG"
    assert answering(corner, "0101", "gulou", AT + DAY) == "GLZJ"
    with pytest.raises(NotAllowedNow):
        duty.set_fallback(corner.gulou, corner.housing, actor=SYSTEM, at=AT)
    duty.end_fallback(second, effective=TODAY + 2 * DAY, actor=SYSTEM, at=AT)
    assert answering(corner, "0101", "gulou", AT + 2 * DAY) == ""


def test_the_heir_of_a_unit_answers_from_the_day_of_the_reorganisation(corner: Corner) -> None:
    enter(corner, "0501", "gulou", corner.gulou_office, "依据")
    duty.set_fallback(corner.gulou, corner.gulou_office, actor=SYSTEM, at=AT)
    for unit in (corner.gulou_office, corner.housing):
        TextTemplate.objects.create(desk="unit", title="已解决", body="…", unit=unit)
    follower = CatalogueFollower()

    obstacles = follower.obstacles(corner.gulou_office, TODAY)
    follower.follow(
        Happened(
            TODAY + DAY, AT, SYSTEM, "榕编〔2026〕1号", (), ((corner.gulou_office, corner.housing),)
        )
    )

    assert obstacles == ["1 条权属目录条目", "1 个区域的兜底职责"]
    assert answering(corner, "0501", "gulou") == "GLCG"
    assert answering(corner, "0501", "gulou", AT + DAY) == "GLZJ"
    assert DutyEntry.objects.get(unit=corner.housing).legal_basis == "依据"
    assert FallbackUnit.objects.get(unit=corner.housing).valid_from == TODAY + DAY
    titles = TextTemplate.objects.filter(unit=corner.housing).values_list("title", flat=True)
    assert sorted(titles) == ["已解决", "已解决（原鼓楼区城市管理局）"]
