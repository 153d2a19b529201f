"""Reorganisations: what they do to names, paths and heirs, and what they refuse."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from django.test import override_settings
from tests.factories.world import World
from tests.organizations.conftest import NOW, TODAY, administrator

from jiesu.access import SYSTEM, Role
from jiesu.foundation.errors import (
    ChangedMeanwhile,
    Forbidden,
    Invalid,
    NotAllowedNow,
    NotFound,
    UseCaseError,
)
from jiesu.journal.models import AuditRecord
from jiesu.organizations import changes, units
from jiesu.organizations.changes import NewUnit
from jiesu.organizations.followers import Happened
from jiesu.organizations.models import PathMove, Unit, UnitChange

LATER = TODAY + dt.timedelta(days=30)
LONG_AGO = dt.date(2020, 1, 1)


def fresh(unit: Unit) -> Unit:
    return Unit.objects.select_related("region", "parent").get(pk=unit.pk)


def new(code: str, name: str, world: World, **more: Any) -> NewUnit:
    return NewUnit(
        code,
        name,
        "department",
        world.regions["350102"],
        more.pop("parent", world.units["gulou"]),
        **more,
    )


class Recorder:
    """A follower that remembers what it was told, and keeps posts nobody may leave behind."""

    told: list[Happened] = []
    holding: dict[int, str] = {}

    def obstacles(self, unit: Unit, day: dt.date) -> Sequence[str]:
        return [self.holding[unit.pk]] if unit.pk in self.holding else []

    def follow(self, happened: Happened) -> None:
        self.told.append(happened)


@pytest.fixture
def recorder() -> Any:
    Recorder.told, Recorder.holding = [], {}
    with override_settings(JIESU_TREE_FOLLOWERS=[f"{__name__}.Recorder"]):
        yield Recorder


class TestSettingUp:
    def test_a_new_unit_lies_below_its_parent_and_is_found_by_initials(self, world: World) -> None:
        unit = changes.create_unit(new("FZ-YL", "鼓楼区园林中心", world), actor=SYSTEM, at=NOW)

        assert unit.path.startswith(world.units["gulou"].path)
        assert unit.valid_from == TODAY
        assert unit.pinyin == "glqylzx"

    def test_every_wrong_field_is_named_at_once(self, world: World) -> None:
        wrong = NewUnit(
            "编码", " ", "铺子", world.regions["350100"], world.units["xiamen"], "短" * 33
        )
        wrong = NewUnit(**{**wrong.__dict__, "inner_review_steps": 5})

        with pytest.raises(Invalid) as refusal:
            changes.create_unit(wrong, actor=SYSTEM, at=NOW)

        assert {e.field for e in refusal.value.errors} == {
            "code", "name", "kind", "short_name", "inner_review_steps", "region",
        }  # fmt: skip
        assert not Unit.objects.filter(code="编码").exists()

    def test_a_code_is_given_once(self, world: World) -> None:
        with pytest.raises(Invalid, match="已被使用"):
            changes.create_unit(new("urban", "另一个单位", world), actor=SYSTEM, at=NOW)

    def test_siblings_have_different_names(self, world: World) -> None:
        with pytest.raises(Invalid, match="已有名为"):
            changes.create_unit(
                new("FZ-CG2", world.units["urban"].name, world), actor=SYSTEM, at=NOW
            )

    def test_two_parents_may_have_sections_of_one_name(self, world: World) -> None:
        unit = changes.create_unit(
            new(
                "FZ-HW-ZF",
                world.units["urban_section"].name,
                world,
                parent=world.units["environment"],
            ),
            actor=SYSTEM,
            at=NOW,
        )

        assert unit.name == world.units["urban_section"].name

    @pytest.mark.parametrize("role", [Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.DISPATCHER])
    def test_who_does_not_manage_organizations_is_refused(self, world: World, role: Role) -> None:
        with pytest.raises(Forbidden):
            changes.create_unit(
                new("X", "某单位", world),
                actor=administrator(world.regions["350000"], role),
                at=NOW,
            )

    def test_an_administrator_of_another_city_is_refused(self, world: World) -> None:
        with pytest.raises(Forbidden):
            changes.create_unit(
                new("X", "某单位", world), actor=administrator(world.regions["350200"]), at=NOW
            )

    def test_a_refused_creation_leaves_no_record(self, world: World) -> None:
        before = UnitChange.objects.count()

        with pytest.raises(Invalid):
            changes.create_unit(new("urban", "另一个单位", world), actor=SYSTEM, at=NOW)

        assert UnitChange.objects.count() == before

    def test_it_is_audited(self, world: World) -> None:
        actor = administrator(world.regions["350100"])

        changes.create_unit(new("FZ-YL", "园林中心", world), actor=actor, at=NOW)

        row = AuditRecord.objects.get(kind="unit_create", actor_name="林管理")
        assert row.data["after"][0]["code"] == "FZ-YL"

    def test_a_year_mistyped_is_refused(self, world: World) -> None:
        with pytest.raises(Invalid, match="日期"):
            changes.create_unit(
                new("X", "某单位", world), actor=SYSTEM, at=NOW, effective=dt.date(202, 1, 1)
            )


class TestEditing:
    def test_what_has_no_history_is_corrected_and_audited(self, world: World) -> None:
        unit = changes.edit_unit(
            world.units["urban"], phone="0591-87654321", inner_review_steps=2, actor=SYSTEM, at=NOW
        )

        assert (unit.phone, unit.inner_review_steps) == ("0591-87654321", 2)
        assert AuditRecord.objects.get(kind="unit_edit").data["after"] == {
            "phone": "0591-87654321",
            "inner_review_steps": 2,
        }

    def test_a_region_that_leaves_the_units_below_outside_is_refused(self, world: World) -> None:
        with pytest.raises(Invalid) as refused:
            changes.edit_unit(
                world.units["gulou"], region=world.regions["350103"], actor=SYSTEM, at=NOW
            )

        assert refused.value.errors[0].code == "region_mismatch"
        assert fresh(world.units["gulou"]).region == world.regions["350102"]

    def test_a_stale_page_is_refused(self, world: World) -> None:
        old = world.units["urban"].version
        changes.edit_unit(world.units["urban"], phone="12345", actor=SYSTEM, at=NOW, version=old)

        with pytest.raises(ChangedMeanwhile, match="单位"):
            changes.edit_unit(
                world.units["urban"], phone="96166", actor=SYSTEM, at=NOW, version=old
            )

    def test_saving_an_unchanged_form_changes_nothing(self, world: World) -> None:
        unit = changes.edit_unit(world.units["urban"], phone="", actor=SYSTEM, at=NOW)

        assert unit.version == world.units["urban"].version
        assert not AuditRecord.objects.filter(kind="unit_edit").exists()

    def test_a_region_outside_the_parents_is_refused(self, world: World) -> None:
        with pytest.raises(Invalid, match="不在上级单位"):
            changes.edit_unit(
                world.units["urban"], region=world.regions["350200"], actor=SYSTEM, at=NOW
            )

    def test_a_deleted_or_invented_unit_is_not_found(self, world: World) -> None:
        with pytest.raises(NotFound):
            changes.edit_unit(Unit(pk=10**6), phone="1", actor=SYSTEM, at=NOW)


class TestRenaming:
    def test_older_days_keep_the_old_name(self, world: World) -> None:
        changes.rename_unit(world.units["urban"], "福州市城市管理局", actor=SYSTEM, at=NOW)

        unit = fresh(world.units["urban"])
        assert unit.name == "福州市城市管理局"
        assert units.name_at(unit, TODAY) == "福州市城市管理局"
        assert units.name_at(unit, TODAY - dt.timedelta(days=1)) == "鼓楼区城市管理局"

    def test_each_of_several_names_has_its_time(self, world: World) -> None:
        for day, name in [(2020, "甲局"), (2022, "乙局"), (2024, "丙局")]:
            changes.rename_unit(
                world.units["urban"], name, actor=SYSTEM, at=NOW, effective=dt.date(day, 1, 1)
            )

        unit = fresh(world.units["urban"])
        assert [units.name_at(unit, dt.date(y, 6, 1)) for y in (2019, 2021, 2023, 2025)] == [
            "鼓楼区城市管理局", "甲局", "乙局", "丙局",
        ]  # fmt: skip

    def test_a_name_corrected_the_same_day_leaves_no_trace_of_an_hour(self, world: World) -> None:
        changes.rename_unit(world.units["urban"], "错名", actor=SYSTEM, at=NOW)

        changes.rename_unit(world.units["urban"], "对名", actor=SYSTEM, at=NOW)

        former = fresh(world.units["urban"]).former_names
        assert [past["name"] for past in former] == ["鼓楼区城市管理局"]

    def test_a_day_before_the_last_renaming_is_refused(self, world: World) -> None:
        changes.rename_unit(world.units["urban"], "甲局", actor=SYSTEM, at=NOW)

        with pytest.raises(Invalid, match="不能早于"):
            changes.rename_unit(
                world.units["urban"], "乙局", actor=SYSTEM, at=NOW, effective=LONG_AGO
            )

    @pytest.mark.parametrize("name", ["", "  ", "名" * 65, "鼓楼生态环境局", "鼓楼区城市管理局"])
    def test_an_empty_long_taken_or_equal_name_is_refused(self, world: World, name: str) -> None:
        with pytest.raises(Invalid):
            changes.rename_unit(world.units["urban"], name, actor=SYSTEM, at=NOW)


class TestMoving:
    def test_the_whole_subtree_gets_the_new_path(self, world: World, recorder: Any) -> None:
        old = world.units["urban"].path

        changes.move_unit(world.units["urban"], world.units["province"], actor=SYSTEM, at=NOW)

        moved, below = fresh(world.units["urban"]), fresh(world.units["urban_section"])
        assert moved.parent == world.units["province"]
        assert moved.path.startswith(world.units["province"].path)
        assert not moved.path.startswith(old)
        assert below.path == moved.path + world.units["urban_section"].path[len(old) :]
        assert [(m.old_prefix, m.new_prefix) for m in recorder.told[0].moves] == [(old, moved.path)]

    def test_a_path_once_borne_is_never_given_again(self, world: World) -> None:
        last = changes.create_unit(new("FZ-A", "甲局", world), actor=SYSTEM, at=NOW)
        changes.move_unit(last, world.units["province"], actor=SYSTEM, at=NOW)

        after = changes.create_unit(new("FZ-B", "乙局", world), actor=SYSTEM, at=NOW)

        assert after.path != last.path

    def test_a_roots_path_is_never_given_again_either(self, world: World) -> None:
        root = NewUnit("R1", "另一棵树", "government", world.regions["350000"])
        moved = changes.create_unit(root, actor=SYSTEM, at=NOW)
        changes.move_unit(moved, world.units["province"], actor=SYSTEM, at=NOW)

        again = NewUnit("R2", "又一棵树", "government", world.regions["350000"])
        assert changes.create_unit(again, actor=SYSTEM, at=NOW).path != moved.path

    @pytest.mark.parametrize("target", ["urban", "urban_section"])
    def test_a_loop_is_refused(self, world: World, target: str) -> None:
        with pytest.raises(NotAllowedNow, match="之下"):
            changes.move_unit(world.units["urban"], world.units[target], actor=SYSTEM, at=NOW)

    def test_a_parent_that_does_not_govern_the_region_is_refused(self, world: World) -> None:
        with pytest.raises(Invalid, match="区划"):
            changes.move_unit(world.units["urban"], world.units["xiamen"], actor=SYSTEM, at=NOW)

    def test_its_own_parent_is_refused(self, world: World) -> None:
        with pytest.raises(Invalid, match="无需"):
            changes.move_unit(world.units["urban"], world.units["gulou"], actor=SYSTEM, at=NOW)

    def test_a_tree_too_deep_is_refused_in_chinese(self, world: World) -> None:
        parent = world.units["urban_section"]
        for level in range(11):
            parent = changes.create_unit(
                new(f"D{level}", "下级", world, parent=parent), actor=SYSTEM, at=NOW
            )

        with pytest.raises(NotAllowedNow, match="层级过深"):
            changes.create_unit(new("D99", "下级", world, parent=parent), actor=SYSTEM, at=NOW)
        with pytest.raises(NotAllowedNow, match="层级过深"):
            changes.move_unit(
                world.units["urban"], world.units["environment"], actor=SYSTEM, at=NOW
            )

    def test_moving_takes_no_more_statements_for_a_large_subtree(
        self, world: World, django_assert_num_queries: Any
    ) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as small:
            changes.move_unit(world.units["urban"], world.units["province"], actor=SYSTEM, at=NOW)
        for n in range(20):
            changes.create_unit(
                new(f"S{n}", f"{n}科", world, parent=world.units["urban"]), actor=SYSTEM, at=NOW
            )

        with django_assert_num_queries(len(small)):
            changes.move_unit(
                world.units["urban"], world.units["environment"], actor=SYSTEM, at=NOW
            )

    def test_the_moves_can_be_followed_later_in_order(self, world: World) -> None:
        changes.move_unit(world.units["urban"], world.units["province"], actor=SYSTEM, at=NOW)
        seen = units.path_moves()[-1].pk

        changes.move_unit(world.units["urban"], world.units["environment"], actor=SYSTEM, at=NOW)

        assert [m.new_prefix for m in units.path_moves(after_id=seen)] == [
            fresh(world.units["urban"]).path
        ]


class TestMerging:
    def test_the_heir_answers_and_the_ended_units_keep_name_and_path(
        self, world: World, recorder: Any
    ) -> None:
        heir = new("FZ-CH", "福州市城市环境局", world)

        changes.merge_units(
            [world.units["urban"], world.units["environment"]],
            heir,
            actor=SYSTEM,
            at=NOW,
            document="榕编〔2026〕1号",
        )

        ended, made = fresh(world.units["urban"]), Unit.objects.get(code="FZ-CH")
        assert (ended.name, ended.path) == (world.units["urban"].name, world.units["urban"].path)
        assert ended.valid_to == TODAY
        assert units.successor_of(ended, TODAY) == made
        assert units.successor_of(ended, TODAY - dt.timedelta(days=1)) == ended
        assert fresh(world.units["urban_section"]).parent == made
        assert [(old.pk, to.pk) for old, to in recorder.told[0].inherited] == [
            (world.units["urban"].pk, made.pk),
            (world.units["environment"].pk, made.pk),
        ]
        assert UnitChange.objects.get(kind="merge").document == "榕编〔2026〕1号"

    def test_heirs_of_heirs_answer(self, world: World) -> None:
        changes.merge_units(
            [world.units["urban"]],
            world.units["environment"],
            actor=SYSTEM,
            at=NOW,
            effective=LONG_AGO,
        )
        changes.merge_units(
            [world.units["environment"]], world.units["fuzhou_centre"], actor=SYSTEM, at=NOW
        )

        ended = fresh(world.units["urban"])
        assert units.successor_of(ended, TODAY) == world.units["fuzhou_centre"]
        assert units.successor_of(ended, dt.date(2023, 1, 1)) == world.units["environment"]

    def test_a_unit_and_its_own_section_may_be_merged_together(self, world: World) -> None:
        changes.merge_units(
            [world.units["urban"], world.units["urban_section"]],
            world.units["environment"],
            actor=SYSTEM,
            at=NOW,
        )

        assert fresh(world.units["urban_section"]).valid_to == TODAY
        assert (
            units.successor_of(fresh(world.units["urban_section"]), TODAY)
            == world.units["environment"]
        )

    def test_merging_into_itself_or_into_its_section_is_refused(self, world: World) -> None:
        with pytest.raises(Invalid, match="同一单位"):
            changes.merge_units(
                [world.units["urban"], world.units["environment"]],
                world.units["environment"],
                actor=SYSTEM,
                at=NOW,
            )
        with pytest.raises(NotAllowedNow, match="下级"):
            changes.merge_units(
                [world.units["urban"]], world.units["urban_section"], actor=SYSTEM, at=NOW
            )
        with pytest.raises(Invalid, match="请选择"):
            changes.merge_units([], world.units["urban_section"], actor=SYSTEM, at=NOW)

    def test_an_ended_unit_is_not_merged_again(self, world: World) -> None:
        changes.merge_units(
            [world.units["urban"]], world.units["environment"], actor=SYSTEM, at=NOW
        )

        with pytest.raises(NotAllowedNow, match="已于 2026-03-02 撤销"):
            changes.merge_units(
                [world.units["urban"]], world.units["fuzhou_centre"], actor=SYSTEM, at=NOW
            )

    def test_a_refusal_half_way_leaves_all_as_it_was(self, world: World) -> None:
        with pytest.raises(UseCaseError):
            changes.merge_units(
                [world.units["environment"], world.units["urban"]],
                world.units["urban_section"],
                actor=SYSTEM,
                at=NOW,
            )

        assert fresh(world.units["environment"]).valid_to is None
        assert not UnitChange.objects.filter(kind="merge").exists()


class TestSplitting:
    def test_several_carry_on_and_one_is_the_main_heir(self, world: World) -> None:
        changes.split_unit(
            world.units["urban"],
            [new("FZ-A", "甲局", world), new("FZ-B", "乙局", world)],
            main=1,
            actor=SYSTEM,
            at=NOW,
        )

        ended, a, b = fresh(world.units["urban"]), *Unit.objects.filter(code__in=["FZ-A", "FZ-B"])
        assert units.successors_of(ended) == [b, a]
        assert units.successor_of(ended, TODAY) == b
        assert fresh(world.units["urban_section"]).parent == b

    def test_a_unit_may_give_off_another_and_go_on(self, world: World) -> None:
        changes.split_unit(
            world.units["urban"], [new("FZ-A", "甲局", world)], keep=True, actor=SYSTEM, at=NOW
        )

        assert fresh(world.units["urban"]).valid_to is None
        assert units.successor_of(world.units["urban"], TODAY) == world.units["urban"]
        assert Unit.objects.filter(code="FZ-A").exists()

    @pytest.mark.parametrize("main", [0, 5])
    def test_too_few_heirs_or_no_main_one_are_refused(self, world: World, main: int) -> None:
        heirs = (
            [world.units["environment"]]
            if main == 0
            else [world.units["environment"], world.units["fuzhou_centre"]]
        )

        with pytest.raises(Invalid):
            changes.split_unit(world.units["urban"], heirs, main=main, actor=SYSTEM, at=NOW)

    def test_the_unit_itself_is_no_heir(self, world: World) -> None:
        with pytest.raises(Invalid, match="承接单位"):
            changes.split_unit(
                world.units["urban"],
                [world.units["environment"], world.units["urban"]],
                actor=SYSTEM,
                at=NOW,
            )


class TestClosing:
    def test_a_unit_without_anything_below_closes(self, world: World) -> None:
        changes.close_unit(world.units["urban_section"], actor=SYSTEM, at=NOW)

        unit = fresh(world.units["urban_section"])
        assert unit.valid_to == TODAY
        assert units.successor_of(unit, TODAY) is None
        assert unit not in units.at(TODAY)
        assert unit in units.at(TODAY - dt.timedelta(days=1))

    def test_open_sections_or_posts_hold_it(self, world: World, recorder: Any) -> None:
        recorder.holding[world.units["urban"].pk] = "3 个在任岗位"

        with pytest.raises(NotAllowedNow, match="1 个下级单位、3 个在任岗位"):
            changes.close_unit(world.units["urban"], actor=SYSTEM, at=NOW)

    def test_a_successor_takes_everything_over(self, world: World, recorder: Any) -> None:
        recorder.holding[world.units["urban"].pk] = "3 个在任岗位"

        changes.close_unit(
            world.units["urban"], successor=world.units["environment"], actor=SYSTEM, at=NOW
        )

        assert fresh(world.units["urban_section"]).parent == world.units["environment"]
        assert recorder.told[0].inherited == ((world.units["urban"], world.units["environment"]),)

    def test_a_successor_who_cannot_take_the_sections_is_refused(self, world: World) -> None:
        with pytest.raises(Invalid, match="区划"):
            changes.close_unit(
                world.units["urban"], successor=world.units["xiamen"], actor=SYSTEM, at=NOW
            )

    def test_it_cannot_succeed_itself(self, world: World) -> None:
        with pytest.raises(Invalid, match="自己"):
            changes.close_unit(
                world.units["urban_section"],
                successor=world.units["urban_section"],
                actor=SYSTEM,
                at=NOW,
            )


class TestPlanning:
    def test_nothing_happens_before_the_day_and_everything_on_it(self, world: World) -> None:
        change = changes.merge_units(
            [world.units["urban"]],
            world.units["environment"],
            actor=SYSTEM,
            at=NOW,
            effective=LATER,
        )

        assert change.applied_at is None
        assert fresh(world.units["urban"]).valid_to is None
        assert changes.apply_due_changes(NOW) == []

        on_the_day = NOW + dt.timedelta(days=30)
        assert changes.apply_due_changes(on_the_day) == [change]
        assert fresh(world.units["urban"]).valid_to == LATER
        assert changes.apply_due_changes(on_the_day) == []

    def test_a_missed_run_is_late_but_not_wrong(self, world: World) -> None:
        changes.rename_unit(world.units["urban"], "新名", actor=SYSTEM, at=NOW, effective=LATER)

        changes.apply_due_changes(NOW + dt.timedelta(days=90))

        unit = fresh(world.units["urban"])
        assert units.name_at(unit, LATER) == "新名"
        assert units.name_at(unit, LATER - dt.timedelta(days=1)) == world.units["urban"].name

    def test_a_plan_that_could_not_be_carried_out_is_refused_at_once(self, world: World) -> None:
        with pytest.raises(NotAllowedNow):
            changes.close_unit(world.units["urban"], actor=SYSTEM, at=NOW, effective=LATER)

        assert not UnitChange.objects.filter(kind="close").exists()

    def test_planning_a_new_unit_sets_nothing_up_yet(self, world: World) -> None:
        changes.split_unit(
            world.units["urban"],
            [new("FZ-A", "甲局", world), new("FZ-B", "乙局", world)],
            actor=SYSTEM,
            at=NOW,
            effective=LATER,
        )

        assert not Unit.objects.filter(code="FZ-A").exists()
        assert not PathMove.objects.exists()

        changes.apply_due_changes(NOW + dt.timedelta(days=31))
        assert Unit.objects.get(code="FZ-A").valid_from == LATER

    def test_a_plan_overtaken_by_events_stays_and_says_why(self, world: World) -> None:
        change = changes.rename_unit(
            world.units["urban_section"], "新名", actor=SYSTEM, at=NOW, effective=LATER
        )
        changes.close_unit(world.units["urban_section"], actor=SYSTEM, at=NOW)

        for _ in range(2):
            assert changes.apply_due_changes(NOW + dt.timedelta(days=31)) == []

        change.refresh_from_db()
        assert "撤销" in change.problem
        assert AuditRecord.objects.filter(kind="unit_change_failed").count() == 1
        assert changes.planned_changes() == [change]

    def test_a_plan_may_be_dropped_once(self, world: World) -> None:
        change = changes.rename_unit(
            world.units["urban_section"], "新名", actor=SYSTEM, at=NOW, effective=LATER
        )

        changes.cancel_change(change, actor=SYSTEM, at=NOW)

        assert changes.apply_due_changes(NOW + dt.timedelta(days=31)) == []
        with pytest.raises(NotAllowedNow, match="已取消"):
            changes.cancel_change(change, actor=SYSTEM, at=NOW)

    def test_another_citys_administrator_does_not_drop_it(self, world: World) -> None:
        change = changes.rename_unit(
            world.units["urban_section"], "新名", actor=SYSTEM, at=NOW, effective=LATER
        )

        with pytest.raises(Forbidden):
            changes.cancel_change(change, actor=administrator(world.regions["350200"]), at=NOW)
