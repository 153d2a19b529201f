"""Finding regions and units, calling them, and changing the divisions."""

import datetime as dt
from typing import Any

import pytest
from tests.factories.world import World
from tests.organizations.conftest import NOW, TODAY, administrator

from jiesu.access import SYSTEM
from jiesu.foundation.errors import Forbidden, Invalid, NotAllowedNow
from jiesu.organizations import region_changes, regions, seed, units
from jiesu.organizations.changes import close_unit, rename_unit
from jiesu.organizations.checks import NewRegion
from jiesu.organizations.models import PathMove, Region, Unit
from jiesu.organizations.names import initials
from jiesu.organizations.sheet_rows import Outcome


@pytest.fixture
def fujian(world: World) -> None:
    """All divisions of the province."""
    seed.load_fujian(at=NOW)


def names(hits: list[regions.RegionHit]) -> list[str]:
    return [hit.full_name for hit in hits]


class TestSeed:
    def test_the_province_has_nine_cities_one_zone_and_all_below(self, world: World) -> None:
        report = seed.load_fujian(at=NOW)

        province = Region.objects.get(code="350000")
        cities = province.children.filter(level=Region.Level.CITY)
        assert report.applied, report.refused
        assert cities.count() == 10
        zone = cities.get(code="350128")
        assert zone.children.filter(level=Region.Level.STREET).count() == 7
        assert Region.objects.filter(level=Region.Level.COUNTY).count() == 83
        assert Region.objects.filter(level=Region.Level.STREET).count() > 1100

    def test_a_second_load_changes_nothing(self, world: World) -> None:
        first = seed.load_fujian(at=NOW)
        paths = dict(Region.objects.values_list("code", "path"))

        second = seed.load_fujian(at=NOW)

        assert second.count(Outcome.SAME) == len(first.rows)
        assert dict(Region.objects.values_list("code", "path")) == paths

    def test_it_takes_few_statements(
        self, world: World, django_assert_max_num_queries: Any
    ) -> None:
        with django_assert_max_num_queries(60):
            seed.load_fujian(at=NOW)


class TestCalling:
    def test_a_full_name_runs_from_the_city_down(self, world: World) -> None:
        assert regions.full_name(world.regions["350102001"]) == "福州市鼓楼区东街街道"
        assert regions.full_name(world.regions["350100"]) == "福州市"
        assert regions.full_name(world.regions["350000"]) == "福建省"

    def test_a_municipality_is_said_with_its_name_and_without_its_stand_in(self, db: None) -> None:
        beijing = Region.objects.create(code="110000", name="北京市", level="province", path="0090")
        area = Region.objects.create(
            code="110100", name="市辖区", level="city", path="00900001", parent=beijing
        )
        east = Region.objects.create(
            code="110101", name="东城区", level="county", path="009000010001", parent=area
        )

        assert regions.full_name(east) == "北京市东城区"

    def test_many_full_names_take_one_statement(
        self, fujian: None, django_assert_num_queries: Any
    ) -> None:
        streets = list(Region.objects.filter(level=Region.Level.STREET)[:100])

        with django_assert_num_queries(1):
            assert len(regions.full_names(streets)) == 100

    def test_a_units_full_name_skips_the_root(self, world: World) -> None:
        assert units.full_name(world.units["urban_section"]) == (
            "福州市政府 › 鼓楼区政府 › 鼓楼区城管局 › 鼓楼区城市管理局市容科"
        )
        assert units.full_name(world.units["province"]) == "福建省人民政府"

    @pytest.mark.parametrize(
        ("name", "letters"),
        [
            ("鼓楼区", "glq"),
            ("长乐区", "clq"),
            ("12345热线中心", "12345rxzx"),
            ("", ""),
            ("😀", ""),
        ],
    )
    def test_initials_are_what_one_types(self, name: str, letters: str) -> None:
        assert initials(name) == letters


class TestSearchingRegions:
    @pytest.mark.parametrize(
        "q", ["水部街道", "sbjd", "SBJD", "350102008", "水部", "鼓楼 水部", "福州 sbj"]
    )
    def test_a_street_is_found_by_name_initials_code_or_several_words(
        self, fujian: None, q: str
    ) -> None:
        assert "福州市鼓楼区水部街道" in names(regions.search(q, limit=20))

    def test_the_closest_match_and_the_higher_region_come_first(self, fujian: None) -> None:
        assert names(regions.search("鼓楼"))[0] == "福州市鼓楼区"
        assert names(regions.search("3502"))[0] == "厦门市"

    def test_a_scope_holds(self, world: World, fujian: None) -> None:
        xiamen = world.regions["350200"].path

        assert regions.search("鼓楼", within_path=xiamen) == []
        assert all(
            n.startswith("厦门市") for n in names(regions.search("街道", within_path=xiamen))
        )

    @pytest.mark.parametrize(
        "q", ["", "   ", "\x00", "%", "_", "'", "不存在的地方", "😀", "x" * 5000, "鼓 楼 区 东 街"]
    )
    def test_odd_questions_get_an_answer(self, fujian: None, q: str) -> None:
        assert len(regions.search(q, limit=5)) <= 5

    def test_a_percent_sign_is_no_wildcard(self, fujian: None) -> None:
        assert regions.search("%") == []

    def test_it_takes_two_statements(self, fujian: None, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(2):
            regions.search("街道", limit=20)

    def test_an_abolished_region_is_found_only_for_its_time(self, world: World) -> None:
        street = region_changes.create_region(
            NewRegion("350103001", "瀛洲街道", "street", world.regions["350103"]),
            actor=SYSTEM, at=NOW, effective=dt.date(2000, 1, 1),
        )  # fmt: skip
        region_changes.close_region(street, actor=SYSTEM, at=NOW)

        assert regions.search("瀛洲") == []
        assert names(regions.search("瀛洲", on=dt.date(2020, 1, 1))) == ["福州市台江区瀛洲街道"]


class TestSearchingUnits:
    def test_a_unit_is_found_by_its_short_name_too(self, world: World) -> None:
        hits = units.search("鼓楼区城管局")

        assert hits[0].unit == world.units["urban"]
        assert hits[0].full_name == "福州市政府 › 鼓楼区政府 › 鼓楼区城市管理局"

    def test_a_renamed_unit_is_found_by_its_new_initials(self, world: World) -> None:
        rename_unit(world.units["urban"], "鼓楼区城市综合局", actor=SYSTEM, at=NOW)

        assert [hit.unit for hit in units.search("glqcszhj")] == [world.units["urban"]]

    def test_scope_by_unit_and_by_region_holds(self, world: World) -> None:
        gulou = world.units["gulou"]

        within = {hit.unit for hit in units.search("城市管理局", within_path=gulou.path)}
        in_region = {
            hit.unit for hit in units.search("城市管理局", region_path=world.regions["350203"].path)
        }

        assert within == {world.units["urban"], world.units["urban_section"]}
        assert in_region == {world.units["siming_urban"]}

    def test_a_closed_unit_is_not_offered(self, world: World) -> None:
        close_unit(world.units["urban_section"], actor=SYSTEM, at=NOW)

        assert world.units["urban_section"] not in [h.unit for h in units.search("市容科")]
        assert world.units["urban_section"] in [
            h.unit for h in units.search("市容科", on=dt.date(2020, 1, 1))
        ]

    def test_it_takes_two_statements(self, world: World, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(2):
            for hit in units.search("局", limit=20):
                assert hit.unit.region.name


class TestChangingDivisions:
    def test_a_county_becomes_a_zone_of_the_province(self, world: World) -> None:
        county = region_changes.create_region(
            NewRegion("350128", "平潭县", "county", world.regions["350100"]), actor=SYSTEM, at=NOW
        )
        town = region_changes.create_region(
            NewRegion("350128103", "苏澳镇", "street", county), actor=SYSTEM, at=NOW
        )

        move = region_changes.move_region(
            county, world.regions["350000"], level="city", actor=SYSTEM, at=NOW
        )

        county.refresh_from_db()
        town.refresh_from_db()
        assert move is not None
        assert move.old_prefix.startswith(world.regions["350100"].path)
        assert move.new_prefix == county.path
        assert town.path.startswith(county.path)
        assert regions.full_name(town) == "平潭县苏澳镇"
        assert PathMove.objects.get().tree == PathMove.Tree.REGION

    def test_a_new_name_keeps_the_old_for_older_days(self, world: World) -> None:
        region = region_changes.rename_region(
            world.regions["350103"], "新台江区", actor=SYSTEM, at=NOW
        )

        assert regions.name_at(region, TODAY) == "新台江区"
        assert regions.name_at(region, dt.date(2020, 1, 1)) == "台江区"

    def test_an_abolished_county_hands_its_streets_and_units_over(self, world: World) -> None:
        gulou, taijiang = world.regions["350102"], world.regions["350103"]

        region_changes.close_region(gulou, successor=taijiang, actor=SYSTEM, at=NOW)

        gulou.refresh_from_db()
        assert regions.successor_of(gulou, TODAY) == taijiang
        assert regions.successor_of(gulou, dt.date(2020, 1, 1)) == gulou
        assert Region.objects.get(code="350102001").parent == taijiang
        assert Unit.objects.get(pk=world.units["urban"].pk).region == taijiang

    def test_a_county_with_streets_and_units_is_not_simply_abolished(self, world: World) -> None:
        with pytest.raises(NotAllowedNow, match="1 个下级区划、4 个单位"):
            region_changes.close_region(world.regions["350102"], actor=SYSTEM, at=NOW)

    def test_units_are_not_left_outside_their_parents_region(self, world: World) -> None:
        with pytest.raises(NotAllowedNow, match="不管辖"):
            region_changes.move_region(
                world.regions["350102"], world.regions["350200"], actor=SYSTEM, at=NOW
            )

    def test_a_loop_is_refused(self, world: World) -> None:
        with pytest.raises(NotAllowedNow):
            region_changes.move_region(
                world.regions["350103"], world.regions["350103"], actor=SYSTEM, at=NOW
            )

    def test_a_change_of_tomorrow_is_entered_tomorrow(self, world: World) -> None:
        with pytest.raises(Invalid, match="生效当日"):
            region_changes.rename_region(
                world.regions["350103"], "新名", actor=SYSTEM, at=NOW,
                effective=TODAY + dt.timedelta(days=1),
            )  # fmt: skip

    @pytest.mark.parametrize(
        ("code", "name", "level", "field"),
        [
            ("350104", "", "county", "name"),
            ("3501", "仓山区", "county", "code"),
            ("３５０１０４", "仓山区", "county", "code"),
            ("350104", "仓山区", "省", "level"),
            ("350104", "仓山区", "province", "level"),
            ("350103", "仓山区", "county", "code"),
        ],
    )
    def test_wrong_fields_are_named(
        self, world: World, code: str, name: str, level: str, field: str
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            region_changes.create_region(
                NewRegion(code, name, level, world.regions["350100"]), actor=SYSTEM, at=NOW
            )

        assert refusal.value.field == field

    def test_another_citys_administrator_is_refused(self, world: World) -> None:
        with pytest.raises(Forbidden):
            region_changes.rename_region(
                world.regions["350103"], "新名", at=NOW,
                actor=administrator(world.regions["350200"]),
            )  # fmt: skip
