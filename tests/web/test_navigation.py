"""Every place leads somewhere, counts what it says, and is shown to whom it belongs."""

import re
from importlib.util import find_spec

import pytest
from django.urls import reverse
from django.utils.module_loading import import_string
from tests.factories.world import MONDAY, World
from tests.web.signed_in import client_of

from jiesu.access import Permission, citizen
from jiesu.web import urls
from jiesu.web.navigation import PLACES, Count, Place, counts_for, places_for


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_place_leads_to_its_desk(place: Place) -> None:
    desk = place.url.split(":")[0]
    if not find_spec(f"jiesu.web.{desk}"):
        pytest.skip("this desk is not built yet")

    assert reverse(place.url).startswith("/")


@pytest.mark.parametrize("place", [p for p in PLACES if p.count], ids=lambda place: place.name)
def test_a_count_is_a_function(place: Place) -> None:
    assert callable(import_string(place.count))


def test_every_desk_stands_in_the_list_of_addresses() -> None:
    for place in PLACES:
        assert place.url.split(":")[0] in urls.DESKS


def test_a_citizen_sees_no_desk_though_they_may_register() -> None:
    assert citizen().may(Permission.INTAKE_REGISTER)

    assert places_for(citizen()) == []


def test_a_clerk_sees_neither_dispatch_nor_management(world: World) -> None:
    shown = {place.name for place in places_for(world.actor("clerk"))}

    assert not shown & {"dispatch", "review", "callback", "manage", "seat"}


def test_counts_are_kept_a_moment_so_that_polling_stays_cheap(
    world: World, django_assert_num_queries: object
) -> None:
    actor = world.actor("dispatcher")
    first = counts_for(actor, MONDAY)

    with django_assert_num_queries(0):  # type: ignore[operator]  # a fixture without a type
        assert counts_for(actor, MONDAY) == first


@pytest.mark.parametrize(("waiting", "text"), [(0, ""), (7, "7"), (1000, "999+")])
def test_a_count_stays_narrow(waiting: int, text: str) -> None:
    assert Count(waiting).text == text


@pytest.mark.parametrize(("who", "address", "place"), [
    ("leader", "/supervision/leader/", "今日要事"), ("supervisor", "/efficiency/patrols/", "巡查"),
    ("supervisor", "/supervision/ledgers/", "督办"),
])  # fmt: skip
def test_the_place_one_stands_in_is_marked(
    world: World, who: str, address: str, place: str
) -> None:
    page = client_of(world, who).get(address).content.decode()

    assert re.findall(r'aria-current="true"[^>]*><span>([^<]+)', page) == [place]
