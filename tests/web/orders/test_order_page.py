"""An order's page: who sees it, what they may do, and doing it."""

import datetime as dt

from django.test import Client
from tests.factories import appeals as make
from tests.factories.appeals import lead_of
from tests.factories.world import World
from tests.web.signed_in import client_of

from jiesu.access import SYSTEM
from jiesu.appeals.actions import overlays
from jiesu.appeals.models import Appeal, Assignment
from jiesu.foundation import clock
from jiesu.jobs import deadlines

MAX_STATEMENTS = 15


def page(client: Client, appeal: Appeal) -> str:
    response = client.get(f"/orders/{appeal.number}/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_unit_that_has_the_order_sees_it_and_what_it_may_do(world: World) -> None:
    assignment = make.signed(world)

    shown = page(client_of(world, "clerk"), assignment.appeal)

    assert assignment.appeal.title in shown
    assert "写答复" in shown
    assert "申请退单" in shown
    assert "13812342046" not in shown
    assert "138****2046" in shown


def test_another_citys_people_find_nothing(world: World) -> None:
    assignment = make.signed(world)

    for username in ("xiamen_agent", "siming_clerk"):
        response = client_of(world, username).get(f"/orders/{assignment.appeal.number}/")
        assert response.status_code == 404


def test_looking_at_a_new_order_opens_it_once(world: World) -> None:
    appeal = make.dispatched(world)
    client = client_of(world, "clerk")

    page(client, appeal)
    page(client, appeal)

    assert lead_of(appeal).state == "opened"
    assert appeal.events.filter(kind="open").count() == 1


def test_signing_by_the_dialog_moves_the_order_and_a_stale_page_is_told(world: World) -> None:
    appeal = make.dispatched(world)
    client = client_of(world, "clerk")
    page(client, appeal)
    lead = lead_of(appeal)
    url = f"/orders/{appeal.number}/a/{lead.pk}/sign/"

    first = client.post(url, {"version": lead.version})
    second = client.post(url, {"version": lead.version})

    assert first.status_code == 302
    assert second.status_code == 409
    assert "已被他人处理" in second.content.decode()
    assert Assignment.objects.get(pk=lead.pk).state == "handling"


def test_a_reveal_needs_a_reason_and_leaves_an_audit_record(world: World) -> None:
    assignment = make.signed(world)
    client = client_of(world, "clerk")
    url = f"/orders/{assignment.appeal.number}/reveal/"

    without = client.post(url, {"reason": ""})
    given = client.post(url, {"reason": "联系诉求人核实地点"})

    assert without.status_code == 422
    assert "13812342046" in given.content.decode()


def test_the_page_costs_at_most_fifteen_statements(
    world: World, django_assert_max_num_queries: object
) -> None:
    appeal = make.reported(world, joint=("environment",))
    client = client_of(world, "reviewer")
    page(client, appeal)

    with django_assert_max_num_queries(MAX_STATEMENTS):  # type: ignore[operator]
        page(client, appeal)


def test_a_right_to_return_that_has_ended_is_not_offered_and_says_why(world: World) -> None:
    assignment = make.signed(world, at=clock.now() - dt.timedelta(days=30))
    deadlines.tick(clock.now())

    shown = page(client_of(world, "clerk"), assignment.appeal)

    assert "已超过退单时限" in shown
    assert "/request_return/" not in shown
    assert "已过" in shown


def test_a_leaders_note_stands_in_the_story_without_its_number(world: World) -> None:
    appeal = make.dispatched(world)
    overlays.lay(
        appeal, "note_written", {"text": "请抓紧解决。", "note": 98765}, actor=SYSTEM,
        at=clock.now(),
    )  # fmt: skip

    shown = page(client_of(world, "dispatcher"), appeal)

    assert "请抓紧解决。" in shown
    assert "98765" not in shown
