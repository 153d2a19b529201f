"""The list of all orders: scope, filters, what a person keeps."""

from typing import Any

from tests.factories import appeals as make
from tests.factories.world import World
from tests.web.signed_in import client_of

from jiesu.listing.models import SavedFilter

MAX_STATEMENTS = 12


def test_each_person_sees_their_own_scope(world: World) -> None:
    appeal = make.dispatched(world)

    seen = client_of(world, "reviewer").get("/orders/").content.decode()
    unseen = client_of(world, "siming_clerk").get("/orders/").content.decode()

    assert appeal.title in seen
    assert appeal.title not in unseen
    assert "还没有工单" in unseen


def test_a_filter_narrows_and_its_chip_takes_it_off(world: World) -> None:
    make.dispatched(world)
    make.accepted(world, title="路灯不亮", urgency="2")

    shown = client_of(world, "dispatcher").get("/orders/?urgency=2").content.decode()

    assert "路灯不亮" in shown
    assert "占道经营</a>" not in shown
    assert "紧急程度：" in shown


def test_a_kept_filter_is_the_persons_own(world: World) -> None:
    client = client_of(world, "dispatcher")

    client.post("/orders/lists/orders/keep/", {"name": "紧急的", "query": "urgency=2"})

    assert SavedFilter.objects.get().name == "紧急的"
    assert "紧急的" in client.get("/orders/").content.decode()
    assert "紧急的" not in client_of(world, "reviewer").get("/orders/").content.decode()


def test_a_full_list_costs_at_most_twelve_statements(
    world: World, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        make.dispatched(world, title=f"第 {number} 件")
    client = client_of(world, "reviewer")
    client.get("/orders/")

    with django_assert_max_num_queries(MAX_STATEMENTS):
        client.get("/orders/")
