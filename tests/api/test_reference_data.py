"""Reference data kept in step by another system: all rows or none; the same again is nothing."""

import io

import pytest
from tests.api.conftest import Issue
from tests.factories.world import World

from jiesu.access import Permission
from jiesu.accounts.api_clients import CENTRE_SYSTEM, REFERENCE_SYSTEM
from jiesu.catalogue.models import DutyEntry
from jiesu.organizations.models import Region, Unit

pytestmark = pytest.mark.django_db
HEADINGS = "分类编码,区划代码,单位编码,法律依据\n"


def sheet(text: str, name: str = "duty.csv", encoding: str = "utf-8") -> io.BytesIO:
    file = io.BytesIO(text.encode(encoding))
    file.name = name
    return file


def test_a_duty_sheet_is_looked_at_taken_and_taken_again(world: World, issue: Issue) -> None:
    register = issue("province_centre", REFERENCE_SYSTEM)
    text = HEADINGS + "0801,350102,environment,《大气污染防治法》第五条\n"
    before = DutyEntry.objects.count()

    looked = register.upload(sheet(text), "/catalogue/sheets/duty?dry_run=true").data
    untouched = DutyEntry.objects.count()
    taken = register.upload(sheet(text), "/catalogue/sheets/duty").data
    again = register.upload(sheet(text), "/catalogue/sheets/duty").data

    assert (looked["applied"], looked["added"], untouched) == (False, 1, before)
    assert (taken["applied"], taken["added"], taken["errors"]) == (True, 1, [])
    assert (again["added"], again["unchanged"]) == (0, 1)
    assert DutyEntry.objects.count() == before + 1


def test_one_wrong_row_keeps_the_whole_sheet_out_and_is_named(world: World, issue: Issue) -> None:
    register = issue("province_centre", REFERENCE_SYSTEM)
    text = HEADINGS + "0801,350102,environment,甲法第一条\n9999,350102,nobody,乙法第二条\n"
    before = DutyEntry.objects.count()

    told = register.upload(sheet(text, encoding="gb18030"), "/catalogue/sheets/duty").data

    assert not told["applied"]
    assert {error["row"] for error in told["errors"]} == {3}
    assert DutyEntry.objects.count() == before


def test_what_is_given_out_can_be_taken_back_unchanged(world: World, issue: Issue) -> None:
    register = issue("province_centre", REFERENCE_SYSTEM)

    for kind in ("duty", "fallbacks", "codes", "classes"):
        given = register.get(f"/catalogue/sheets/{kind}").content.decode("utf-8-sig")
        back = register.upload(sheet(given, f"{kind}.csv"), f"/catalogue/sheets/{kind}").data
        assert (back["errors"], back["rows"]) == ([], back["unchanged"]), kind


def test_what_is_no_sheet_is_refused_with_a_sentence(world: World, issue: Issue) -> None:
    register = issue("province_centre", REFERENCE_SYSTEM)

    answer = register.upload(sheet("MZ", "duty.exe"), "/catalogue/sheets/duty")

    assert (answer.status, answer.code) == (422, "invalid")
    assert register.upload(sheet("x"), "/catalogue/sheets/people").status == 422


def test_units_are_set_up_renamed_and_left_alone(world: World, issue: Issue) -> None:
    register = issue("province_centre", REFERENCE_SYSTEM)
    rows = [
        {"code": "garden", "name": "鼓楼区园林中心", "kind": "部门", "region": "350102",
         "parent": "gulou"},
        {"code": "urban", "name": "鼓楼区城市管理和综合执法局"},
    ]  # fmt: skip

    taken = register.post("/units/import", {"rows": rows}).data
    again = register.post("/units/import", {"rows": rows}).data

    assert (taken["applied"], taken["added"], taken["changed"]) == (True, 1, 1), taken
    assert again["unchanged"] == 2
    assert Unit.objects.get(code="urban").name == "鼓楼区城市管理和综合执法局"
    assert Unit.objects.get(code="garden").parent == world.units["gulou"]


def test_regions_are_kept_in_step(world: World, issue: Issue) -> None:
    register = issue("province_centre", REFERENCE_SYSTEM)

    told = register.post("/regions/import", {"rows": [{"code": "350104", "name": "仓山区"}]}).data

    assert told["applied"], told
    assert Region.objects.get(code="350104").parent == world.regions["350100"]


def test_a_city_keeps_its_hands_off_what_holds_everywhere(world: World, issue: Issue) -> None:
    city = issue("fuzhou_centre", REFERENCE_SYSTEM)

    answer = city.upload(sheet("代码表,代码,名称\n来源渠道,fax,传真\n"), "/catalogue/sheets/codes")

    assert answer.status == 403


def test_a_register_sees_no_appeal_and_a_centre_keeps_no_register(
    world: World, issue: Issue
) -> None:
    assert issue("province_centre", REFERENCE_SYSTEM).get("/appeals").status == 403
    centre = issue("province_centre", CENTRE_SYSTEM)
    assert centre.post("/units/import", {"rows": [{"code": "x", "name": "x"}]}).status == 403
    assert Permission.MANAGE_PEOPLE not in REFERENCE_SYSTEM
