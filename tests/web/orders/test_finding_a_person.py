"""A telephone somebody searches for stands in no address."""

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from tests.factories import appeals as make
from tests.factories.world import World
from tests.web.signed_in import client_of

from jiesu.listing.filters import OrderFilter

PHONE = "13812342046"
IDENTITY = "350102199003071234"
WHO = {"seat": "agent", "dispatch": "dispatcher", "unit": "clerk", "review": "reviewer",
       "callback": "callback", "supervision": "supervisor", "orders": "dispatcher"}  # fmt: skip


def lists_of_orders() -> Iterator[tuple[str, str]]:
    """(name of the page, its path) of every page that reads an order filter from its address."""
    for namespace, (_prefix, inner) in get_resolver().namespace_dict.items():
        for pattern in inner.url_patterns:
            callback: Any = getattr(pattern, "callback", None)
            if callback is None:
                continue
            source = inspect.getsource(inspect.unwrap(callback))
            if "list_context(" in source or "OrderFilter.read(asked)" in source:
                name = f"{namespace}:{pattern.name}"
                yield name, reverse(name)


def test_a_telephone_typed_into_the_search_box_leads_to_an_address_without_it(
    world: World,
) -> None:
    appeal = make.dispatched(world)
    make.dispatched(world, phone="13900001111", title="另一个人的事")
    client = client_of(world, "agent")

    led = client.post(reverse("orders:find"), {"q": "138 1234 2046"})
    shown = client.get(led.headers["Location"]).content.decode()

    assert PHONE not in led.headers["Location"]
    assert "2046" not in led.headers["Location"]
    assert appeal.number[6:] in shown
    assert "另一个人的事" not in shown
    assert "同一电话" in shown


def test_whoever_may_not_learn_who_it_is_finds_nobody_by_telephone(world: World) -> None:
    make.dispatched(world)
    client = client_of(world, "leader")

    led = client.post(reverse("orders:find"), {"q": PHONE})

    assert "没有符合条件的工单" in client.get(led.headers["Location"]).content.decode()


def test_a_filter_never_keeps_a_telephone(world: World) -> None:
    wishes = OrderFilter.read({"q": PHONE, "status": "accepted"})

    assert PHONE not in wishes.query()
    assert len(wishes.get("person")) == 64


def test_other_words_are_searched_as_words_at_the_desk_they_were_typed_at(world: World) -> None:
    client = client_of(world, "dispatcher")

    led = client.post(
        reverse("orders:find"), {"q": "占道", "desk": "dispatch", "tab": "waiting", "due": "today"}
    )

    assert led.headers["Location"].startswith(f"{reverse('dispatch:home')}?tab=waiting&q=")
    assert "due=today" in led.headers["Location"]


def test_every_list_of_a_desk_is_known_here() -> None:
    assert {name for name, _ in lists_of_orders()} == {
        "seat:mine", "dispatch:home", "unit:home", "review:home", "callback:home",
        "supervision:orders", "orders:home", "orders:export",
    }  # fmt: skip


@pytest.mark.parametrize("typed", [PHONE, "+86 138-1234-2046", f"占道 {PHONE}", IDENTITY])
def test_no_list_answers_under_an_address_that_holds_a_number(world: World, typed: str) -> None:
    for name, path in lists_of_orders():
        client = client_of(world, WHO[name.split(":")[0]])

        with CaptureQueriesContext(connection) as asked:
            led = client.get(path, {"tab": "open", "q": typed})

        assert led.status_code == 302, name
        to = led.headers["Location"]
        assert to.startswith(f"{path}?tab=open&"), to
        assert "person=" in to
        assert "2046" not in to
        assert IDENTITY not in to
        assert ("q=" in to) is ("占道" in typed)
        assert not any("appeals_" in one["sql"] for one in asked), name


def test_a_number_among_several_values_is_seen_too(world: World) -> None:
    led = client_of(world, "agent").get(f"{reverse('orders:home')}?q={PHONE}&q=x")

    assert led.status_code == 302
    assert PHONE not in led.headers["Location"]


def test_who_is_not_signed_in_gets_neither_the_number_nor_its_hash() -> None:
    led = Client().get(reverse("orders:home"), {"q": PHONE})

    assert led.headers["Location"] == reverse("orders:home")


def test_a_person_is_found_by_identity_number_and_what_else_was_typed_bounds_it(
    world: World,
) -> None:
    found = make.registered(world, document_kind="id_card", document_number=IDENTITY)
    make.registered(world, phone="13900001111")
    client = client_of(world, "agent")

    shown = client.get(reverse("orders:home"), {"q": IDENTITY.lower()}, follow=True)
    bounded = client.get(reverse("orders:home"), {"q": f"{IDENTITY} 一句没人说过的话"}, follow=True)

    assert [row.number for row in shown.context["table"].page] == [found.number]
    assert not bounded.context["table"].page.items
