"""Regions and units from sheets: every row judged, all or none let in."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from tests.factories.world import World
from tests.organizations.conftest import NOW, administrator

from jiesu.access import SYSTEM, Actor
from jiesu.journal.models import AuditRecord
from jiesu.organizations import imports, units
from jiesu.organizations.models import ALWAYS, Region, Unit, UnitChange
from jiesu.organizations.sheet_rows import ImportReport, Outcome, numbered


def take_regions(*rows: Mapping[str, object], **more: Any) -> ImportReport:
    return imports.import_regions(numbered(rows), actor=more.pop("actor", SYSTEM), at=NOW, **more)


def take_units(*rows: Mapping[str, object], **more: Any) -> ImportReport:
    actor: Actor = more.pop("actor", SYSTEM)
    return imports.import_units(numbered(rows), actor=actor, at=NOW, **more)


def row(code: object, name: str, **more: object) -> dict[str, object]:
    return {"区划代码": code, "区划名称": name, **more}


def unit(code: str, name: str, parent: object = "gulou", **more: object) -> dict[str, object]:
    return {
        "单位编码": code,
        "单位名称": name,
        "类型": "部门",
        "区划代码": "350102",
        "上级编码": parent,
        **more,
    }


def reasons(report: ImportReport) -> dict[int, list[str]]:
    return {r.number: [e.code for e in r.errors] for r in report.refused}


class TestRegions:
    def test_the_code_tells_level_and_parent(self, world: World) -> None:
        report = take_regions(
            row("350104001", "仓前街道"), row("350104", "仓山区"), row("350104001002", "某社区")
        )

        village = Region.objects.select_related("parent__parent__parent").get(code="350104001002")
        assert report.applied
        assert [r.outcome for r in report.rows] == [Outcome.NEW] * 3
        assert village.level == Region.Level.VILLAGE
        assert village.parent is not None
        assert village.parent.parent is not None
        assert village.parent.parent.parent == world.regions["350100"]
        assert village.path.startswith(world.regions["350100"].path)
        assert village.valid_from == ALWAYS

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("36", "360000"), ("3601", "360100"), ("360000000000", "360000"), (360102, "360102"),
            (360102.0, "360102"), ("360102001000", "360102001"), (" 360102 ", "360102"),
            ("360102\x00", "360102"),
        ],
    )  # fmt: skip
    def test_codes_of_any_usual_length_are_one(self, db: None, given: object, kept: str) -> None:
        parents = [row("36", "江西省")] if kept != "360000" else []
        parents += [row("3601", "南昌市")] if kept not in ("360000", "360100") else []
        parents += [row("360102", "东湖区")] if len(kept) == 9 else []

        report = take_regions(*parents, row(given, "某地"))

        assert report.applied, reasons(report)
        assert Region.objects.get(name="某地").code == kept

    def test_a_zone_may_hold_a_countys_code(self, world: World) -> None:
        take_regions(
            row("350128", "平潭综合实验区", 层级="市", 上级代码="350000"),
            row("350128103", "苏澳镇"),
        )

        zone = Region.objects.get(code="350128")
        assert (zone.level, zone.parent) == (Region.Level.CITY, world.regions["350000"])
        assert Region.objects.get(code="350128103").parent == zone

    def test_a_known_zone_stays_where_it_is_when_the_sheet_does_not_say(self, world: World) -> None:
        take_regions(row("350128", "平潭综合实验区", 层级="市", 上级代码="350000"))

        report = take_regions(row("350128", "平潭综合实验区"))

        assert [r.outcome for r in report.rows] == [Outcome.SAME]

    def test_a_new_name_renames_and_a_new_parent_moves(self, world: World) -> None:
        report = take_regions(
            row("350102001", "新东街街道"), row("350103", "台江区", 上级代码="350000", 层级="市")
        )

        moved = Region.objects.get(code="350103")
        assert [r.outcome for r in report.rows] == [Outcome.CHANGED] * 2
        assert Region.objects.get(code="350102001").former_names[0]["name"] == "东街街道"
        assert (moved.level, moved.parent) == (Region.Level.CITY, world.regions["350000"])

    def test_what_is_new_below_a_region_that_moves_gets_a_path_that_holds(
        self, world: World
    ) -> None:
        report = take_regions(
            row("350103001", "瀛洲街道"), row("350103", "台江区", 上级代码="350000", 层级="市")
        )

        street = Region.objects.select_related("parent").get(code="350103001")
        assert report.applied
        assert street.parent is not None
        assert street.path.startswith(street.parent.path)

    def test_every_wrong_row_is_told_with_its_reason_and_nothing_enters(self, world: World) -> None:
        before = Region.objects.count()

        report = take_regions(
            row("350104", "仓山区"),
            row("35010", "短码区"),
            row("", "无码区"),
            row("350104", "又一个仓山区"),
            row("350105", ""),
            row("350105001", "上级有误街道"),
            row("369901", "无上级区"),
            row("350106", "高于上级", 层级="省"),
            row("350107", "甲", 上级代码="350108"),
            row("350108", "乙", 上级代码="350107"),
            {},
            row("350109", "名" * 65),
        )

        assert not report.applied
        assert reasons(report) == {
            3: ["bad_code", "unknown_level"],
            4: ["required"],
            5: ["duplicate"],
            6: ["required"],
            7: ["parent_refused"],
            8: ["unknown_parent"],
            9: ["level_mismatch"],
            10: ["loop"],
            11: ["parent_refused"],
            13: ["too_long"],
        }
        assert all(e.message for r in report.refused for e in r.errors)
        assert Region.objects.count() == before

    def test_a_dry_run_tells_the_same_and_keeps_nothing(self, world: World) -> None:
        rows = [row("350104", "仓山区"), row("350103", "新台江区")]

        trial = take_regions(*rows, dry_run=True)

        assert [r.outcome for r in trial.rows] == [Outcome.NEW, Outcome.CHANGED]
        assert not trial.applied
        assert not Region.objects.filter(code="350104").exists()
        assert take_regions(*rows).applied

    def test_new_roots_get_different_paths(self, world: World) -> None:
        take_regions(row("36", "江西省"), row("37", "山东省"))

        paths = Region.objects.filter(parent=None).values_list("path", flat=True)
        assert len(set(paths)) == 3

    def test_an_administrator_imports_only_below_their_region(self, world: World) -> None:
        report = take_regions(
            row("350104", "仓山区"),
            row("350204", "湖里区"),
            actor=administrator(world.regions["350100"]),
        )

        assert reasons(report) == {3: ["forbidden"]}

    def test_an_empty_sheet_is_no_error(self, world: World) -> None:
        assert take_regions().rows == []


class TestUnits:
    def test_rows_may_come_in_any_order(self, world: World) -> None:
        report = take_units(
            unit("GL-YL-1", "一科", "GL-YL", 类型="科室"),
            unit(
                "GL-YL", "鼓楼区园林中心", 简称="园林中心", 值班电话="0591-87654321", 内审级数=2.0
            ),
        )

        made = Unit.objects.get(code="GL-YL")
        assert report.applied, reasons(report)
        assert made.parent == world.units["gulou"]
        assert (made.kind, made.phone, made.inner_review_steps) == (
            "department", "0591-87654321", 2,
        )  # fmt: skip
        assert Unit.objects.get(code="GL-YL-1").path.startswith(made.path)
        assert UnitChange.objects.filter(kind="create").count() == 2
        assert [hit.unit for hit in units.search("ylzx")] == [made]

    def test_field_names_serve_as_headings_too(self, world: World) -> None:
        report = take_units(
            {
                "code": "A1",
                "name": "甲局",
                "kind": "department",
                "region": 350102,
                "parent": "gulou",
            }
        )

        assert report.applied, reasons(report)

    def test_a_known_unit_is_renamed_moved_and_corrected(self, world: World) -> None:
        report = take_units(
            unit("urban", "鼓楼区城市管理委员会", "fuzhou", 值班电话="12345"),
            document="榕编〔2026〕2号",
        )

        urban = Unit.objects.get(code="urban")
        section = Unit.objects.get(code="urban_section")
        assert [r.outcome for r in report.rows] == [Outcome.CHANGED]
        assert (urban.name, urban.parent, urban.phone) == (
            "鼓楼区城市管理委员会", world.units["fuzhou"], "12345",
        )  # fmt: skip
        assert urban.short_name == "鼓楼区城管局"
        assert section.path.startswith(urban.path)
        assert set(UnitChange.objects.values_list("kind", "document")) == {
            ("rename", "榕编〔2026〕2号"),
            ("move", "榕编〔2026〕2号"),
        }

    def test_what_is_new_below_a_unit_that_moves_gets_a_path_that_holds(self, world: World) -> None:
        report = take_units(
            unit("NEW", "新科", "urban_section", 类型="科室"),
            unit("urban", "鼓楼区城市管理局", "fuzhou"),
        )

        new = Unit.objects.select_related("parent").get(code="NEW")
        assert report.applied, reasons(report)
        assert new.parent is not None
        assert new.path.startswith(new.parent.path)

    def test_a_row_that_says_what_is_so_changes_nothing(self, world: World) -> None:
        report = take_units(unit("urban", "鼓楼区城市管理局", 类型="department"))

        assert [r.outcome for r in report.rows] == [Outcome.SAME]
        assert not UnitChange.objects.exists()

    def test_every_wrong_row_is_told_with_its_reason_and_nothing_enters(self, world: World) -> None:
        before = Unit.objects.count()

        report = take_units(
            unit("OK", "好单位"),
            unit("编码", "坏编码"),
            unit("A2", "坏类型", 类型="铺子"),
            unit("A3", "无区划", 区划代码=""),
            unit("A4", "无此区划", 区划代码="999999"),
            unit("A5", "区划不合", 区划代码="350203"),
            unit("A6", "无上级", "NOBODY"),
            unit("A7", "坏级数", 内审级数="三"),
            unit("A8", "鼓楼区城市管理局"),
            unit("A9", "同名"),
            unit("A10", "同名"),
            unit("OK", "重复"),
        )

        assert not report.applied
        assert reasons(report) == {
            3: ["bad_code"],
            4: ["unknown_kind"],
            5: ["required"],
            6: ["unknown_region"],
            7: ["region_mismatch"],
            8: ["unknown_parent"],
            9: ["out_of_range"],
            10: ["name_taken"],
            12: ["name_taken"],
            13: ["duplicate"],
        }
        assert Unit.objects.count() == before

    def test_a_unit_is_not_put_below_itself(self, world: World) -> None:
        report = take_units(unit("gulou", "鼓楼区人民政府", "urban", 类型="政府"))

        assert reasons(report) == {2: ["loop"]}

    def test_a_closed_units_code_is_not_taken_up_again(self, world: World) -> None:
        Unit.objects.filter(code="urban_section").update(valid_to=dt.date(2026, 1, 1))

        report = take_units(unit("urban_section", "市容科", "urban"))

        assert reasons(report) == {2: ["not_in_force"]}

    def test_a_thousand_units_take_few_statements(
        self, world: World, django_assert_max_num_queries: Any
    ) -> None:
        rows = [unit(f"N{n}", f"第{n}单位") for n in range(1000)]

        with django_assert_max_num_queries(80):
            report = take_units(*rows)

        assert report.count(Outcome.NEW) == 1000

    def test_the_import_is_audited_once(self, world: World) -> None:
        take_units(unit("A1", "甲局"), actor=administrator(world.regions["350100"]))

        audited = AuditRecord.objects.get(kind="unit_import")
        assert audited.data == {"new": 1, "changed": 0, "same": 0, "refused": 0}

    def test_an_administrator_of_another_city_imports_nothing(self, world: World) -> None:
        report = take_units(
            unit("A1", "甲局"),
            unit("urban", "新名"),
            actor=administrator(world.regions["350200"]),
        )

        assert reasons(report) == {2: ["forbidden"], 3: ["forbidden"]}
