"""No list reads or sorts all orders to show a page: what the database plans says so."""

import pytest
from django.db import connection
from tests.factories.world import MONDAY, World

from jiesu.appeals.models import Appeal
from jiesu.listing.filters import FLAGS, NEWEST, OrderFilter
from jiesu.web.callback import views as callback
from jiesu.web.dispatch import views as dispatch
from jiesu.web.lists import light
from jiesu.web.review import views as review
from jiesu.web.unit import views as unit

pytestmark = pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="PostgreSQL plans by statistics that a test has not"
)
assert connection is not None

WISHES = [
    *({"flag": flag} for flag in FLAGS if flag != "applied"),  # few at any time: its own index
    {"status": "closed"}, {"channel": "web"}, {"urgency": "1"}, {"type": "03"}, {"own": "1"},
    {"region": "350100"}, {},
]  # fmt: skip
PERIOD = {"from": "2026-03-01", "to": "2026-03-31"}
COUNTY = {"region": "350102"}
CLASS = {"category": "0106"}
BY_DAY = [
    CLASS, {**CLASS, **PERIOD}, {**CLASS, "status": "closed,archived"}, {"category": "01"},
    PERIOD, COUNTY, {"to": "2025-12-31"}, {"region": "350102001"}, {**PERIOD, **COUNTY},
    *({**by, **wish} for by in (PERIOD, COUNTY)
      for wish in ({"status": "closed,archived"}, {"channel": "phone"}, {"urgency": "3"},
                   {"type": "03"}, {"own": "1"}, {"category": "01"}, {"flag": "redo"})),
]  # fmt: skip


def _sorts(plan: str) -> bool:
    return "TEMP B-TREE FOR ORDER BY" in plan


@pytest.mark.parametrize("wish", WISHES, ids=str)
def test_the_newest_of_a_city_are_walked_not_sorted_whatever_is_filtered(
    world: World, wish: dict[str, str]
) -> None:
    actor = world.actor("dispatcher")
    rows = OrderFilter.read(wish).apply(light(Appeal.objects.visible_to(actor)), actor, MONDAY)

    plan = rows.order_by("-id")[:26].explain()

    assert not _sorts(plan), plan


@pytest.mark.parametrize("wish", BY_DAY, ids=str)
def test_the_newest_of_a_period_a_county_or_a_class_are_walked_by_registration(
    world: World, wish: dict[str, str]
) -> None:
    actor = world.actor("dispatcher")
    asked = OrderFilter.read(wish)
    rows = asked.apply(light(Appeal.objects.visible_to(actor)), actor, MONDAY)

    plan = rows.order_by(*asked.order(NEWEST))[:26].explain()

    index = "county" if "region" in wish else "class" if "0106" in wish.values() else "registered"
    assert f"USING INDEX appeal_{index}" in plan, plan
    assert not _sorts(plan), plan


def test_what_is_due_in_a_county_is_walked_by_when_it_is_due(world: World) -> None:
    actor = world.actor("dispatcher")
    rows = Appeal.objects.visible_to(actor).overdue(MONDAY)
    asked = OrderFilter.read(COUNTY).apply(light(rows), actor, MONDAY, newest_first=False)

    plan = asked.order_by("due_at", "id")[:26].explain()

    assert "appeal_due" in plan
    assert not _sorts(plan), plan


@pytest.mark.parametrize("flag", [f for f in FLAGS if f != "applied"])
def test_a_rare_flag_is_found_by_its_own_index(world: World, flag: str) -> None:
    actor = world.actor("province_dispatcher")
    rows = OrderFilter.read({"flag": flag}).apply(Appeal.objects.visible_to(actor), actor, MONDAY)

    plan = rows.order_by("-id")[:26].explain()

    assert "USING" in plan
    assert "INDEX appeal_" in plan


@pytest.mark.parametrize(
    ("desk", "who"),
    [(dispatch, "dispatcher"), (review, "reviewer"), (callback, "callback"), (unit, "clerk")],
)
def test_no_tab_of_a_desk_reads_all_orders(world: World, desk: object, who: str) -> None:
    for tab in desk.tabs(world.actor(who), MONDAY):  # type: ignore[attr-defined]
        plan = light(tab.rows).order_by(*tab.order)[:26].explain()
        first = plan.splitlines()[0]

        assert "SCAN appeals_" not in first, (tab.name, plan)
