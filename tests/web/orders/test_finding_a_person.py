"""A telephone somebody searches for stands in no address."""

from django.urls import reverse
from tests.factories import appeals as make
from tests.factories.world import World
from tests.web.signed_in import client_of

from jiesu.listing.filters import OrderFilter

PHONE = "13812342046"


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
