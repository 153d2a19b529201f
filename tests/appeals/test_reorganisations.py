"""What a reorganisation does to appeals: paths follow, open orders find their heir."""

import datetime as dt

import pytest
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import SYSTEM
from jiesu.appeals.actions import handling
from jiesu.appeals.models import Appeal, Assignment
from jiesu.foundation.errors import NotAllowedNow
from jiesu.jobs.deadlines import tick
from jiesu.journal import sealing
from jiesu.organizations import changes, region_changes
from jiesu.organizations.models import Region, Unit

AT = MONDAY + dt.timedelta(hours=2)


def test_a_unit_that_moves_takes_its_orders_paths_along(world: World) -> None:
    appeal = make.dispatched(world)

    changes.move_unit(
        world.units["urban"], world.units["fuzhou"], actor=SYSTEM, at=AT, effective=AT.date()
    )

    path = Unit.objects.get(pk=world.units["urban"].pk).path
    appeal.refresh_from_db()
    assert path != world.units["urban"].path
    assert appeal.lead_unit_path == make.lead_of(appeal).unit_path == path


def test_a_region_that_moves_takes_its_appeals_along(world: World) -> None:
    appeal = make.dispatched(world)
    Unit.objects.filter(pk=world.units["street"].pk).update(valid_to=AT.date())

    region_changes.move_region(
        world.regions["350102001"], world.regions["350103"], actor=SYSTEM, at=AT
    )

    appeal.refresh_from_db()
    assert appeal.region_path == Region.objects.get(pk=appeal.region_id).path


def test_the_heir_of_a_merged_unit_goes_on_with_its_open_orders(world: World) -> None:
    appeal = make.dispatched(world)
    done = make.closed(world, phone="13812340002")

    changes.merge_units(
        [world.units["urban"]], world.units["environment"], actor=SYSTEM, at=AT,
        effective=AT.date(),
    )  # fmt: skip

    appeal.refresh_from_db()
    done.refresh_from_db()
    lead = make.lead_of(appeal)
    assert (lead.unit_name, appeal.lead_unit_name) == ("鼓楼生态环境局", "鼓楼生态环境局")
    assert done.lead_unit_name == "鼓楼区城管局"
    assert appeal.events.filter(kind="inherited").get().data["from"] == "鼓楼区城管局"
    handling.sign(lead, actor=world.actor("environment_clerk"), at=AT + dt.timedelta(minutes=5))
    assert sealing.verify().is_clean


def test_a_unit_with_open_orders_is_not_closed_without_an_heir(world: World) -> None:
    make.dispatched(world)
    Unit.objects.filter(pk=world.units["urban_section"].pk).update(valid_to=AT.date())

    with pytest.raises(NotAllowedNow, match="1 件在办工单"):
        changes.close_unit(world.units["urban"], actor=SYSTEM, at=AT, effective=AT.date())


def test_a_planned_merger_is_carried_out_by_the_tick_on_its_day(world: World) -> None:
    appeal = make.dispatched(world)
    changes.merge_units(
        [world.units["urban"]], world.units["environment"], actor=SYSTEM, at=AT,
        effective=(AT + dt.timedelta(days=3)).date(),
    )  # fmt: skip

    tick(AT + dt.timedelta(days=2))
    before = make.lead_of(appeal).unit_name
    done = tick(AT + dt.timedelta(days=3))

    assert before == "鼓楼区城管局"
    assert done.counts["applied"] == 1
    assert Assignment.objects.get(pk=make.lead_of(appeal).pk).unit_name == "鼓楼生态环境局"
    assert Appeal.objects.get(pk=appeal.pk).lead_unit_name == "鼓楼生态环境局"


def test_heirs_of_a_merger_or_split_see_what_their_predecessor_closed(world: World) -> None:
    done = make.closed(world)
    heir = world.actor("environment_clerk")
    assert not Appeal.objects.visible_to(heir).filter(pk=done.pk).exists()

    changes.merge_units(
        [world.units["urban"]], world.units["environment"], actor=SYSTEM, at=AT,
        effective=AT.date(),
    )  # fmt: skip

    assert Appeal.objects.visible_to(heir).filter(pk=done.pk).exists()
    assert not Appeal.objects.visible_to(world.actor("siming_clerk")).filter(pk=done.pk).exists()
