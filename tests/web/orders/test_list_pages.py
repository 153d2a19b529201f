"""What every list offers beside its rows: news, bulk actions, columns, kept filters, exports."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from tests.factories import appeals as make
from tests.factories.appeals import lead_of
from tests.factories.world import World
from tests.web.signed_in import client_of

from jiesu.appeals.actions import intake
from jiesu.appeals.models import Appeal, Assignment
from jiesu.exports import requests
from jiesu.exports.models import Export
from jiesu.foundation import clock
from jiesu.jobs import delivery
from jiesu.journal.models import AuditRecord
from jiesu.listing.models import SavedFilter
from jiesu.notifications.models import Notice
from jiesu.web import lists

MAX_STATEMENTS = 12


def shown(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def news_url(page: str) -> str:
    return re.findall(r'data-poll-url="([^"]*/news/[^"]*)"', page)[0].replace("&amp;", "&")


# --- what is filtered by day ----------------------------------------------------------------------


@pytest.mark.parametrize("query", ["from=2020-01-01", "region=350102"])
def test_a_period_and_a_region_are_shown_by_registration_page_after_page(
    world: World, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: orders taken over later than others that were registered after them
    made = [make.accepted(world).number for _ in range(5)]
    for days, number in enumerate(made):
        appeal = Appeal.objects.get(number=number)
        early = appeal.registered_at - make.minutes(days // 2)
        Appeal.objects.filter(pk=appeal.pk).update(registered_at=early)
    monkeypatch.setattr(lists, "PAGE_SIZE", 2)
    client = client_of(world, "dispatcher")

    seen: list[str] = []
    after = "first"
    while after:
        page = client.get(f"/orders/?{query}&after={after}").context["table"].page
        seen += [row.number for row in page]
        after = page.next

    assert seen == [made[1], made[0], made[3], made[2], made[4]]


# --- news -----------------------------------------------------------------------------------------


def test_a_list_that_is_up_to_date_has_no_news(world: World) -> None:
    make.accepted(world)
    client = client_of(world, "dispatcher")
    url = news_url(shown(client, "/dispatch/"))

    told = client.get(url).json()

    assert told["news"] == {"text": "", "red": False}
    assert told["accepted"]["text"] == "1"


def test_an_order_that_came_meanwhile_is_told_without_reloading(world: World) -> None:
    client = client_of(world, "dispatcher")
    url = news_url(shown(client, "/dispatch/"))

    make.accepted(world)
    told = client.get(url).json()

    assert "工单新到或有变化" in told["news"]["text"]
    assert told["accepted"]["text"] == "1"


def test_a_limit_that_lapses_meanwhile_is_told_in_red(world: World) -> None:
    appeal = make.accepted(world)
    now = clock.now()
    Appeal.objects.filter(pk=appeal.pk).update(due_at=now + make.minutes(1))
    client = client_of(world, "dispatcher")
    url = news_url(shown(client, "/dispatch/"))

    drawn = float(re.findall(r"since=([\d.]+)", url)[0])
    Appeal.objects.filter(pk=appeal.pk).update(
        due_at=clock.dt.datetime.fromtimestamp(drawn, clock.BEIJING) + make.minutes(0.0001)
    )
    told = client.get(url).json()

    assert "1 件刚刚超期" in told["news"]["text"]
    assert told["news"]["red"]


@pytest.mark.parametrize(
    ("who", "url"),
    [("dispatcher", "/dispatch/"), ("clerk", "/unit/"), ("reviewer", "/review/"),
     ("callback", "/callback/")],
)  # fmt: skip
def test_news_cost_at_most_twelve_statements(
    world: World, who: str, url: str, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        make.accepted(world)
        make.dispatched(world)
        make.reported(world)
        make.answered(world)
    client = client_of(world, who)
    poll = news_url(shown(client, url))

    with django_assert_max_num_queries(MAX_STATEMENTS):
        client.get(poll)


# --- several at once ------------------------------------------------------------------------------


def test_several_are_accepted_and_what_cannot_be_is_told_by_number(world: World) -> None:
    good = make.registered(world, channel="web", reply_wanted=True)
    already = make.accepted(world)

    page = client_of(world, "dispatcher").post(
        "/dispatch/accept/", {"picked": [good.number, already.number]}, follow=True
    ).content.decode()  # fmt: skip

    assert "已受理 1 件" in page
    assert already.number in page
    assert Appeal.objects.get(pk=good.pk).status == "accepted"


def test_several_are_passed_down_and_handed_to_one_colleague(world: World) -> None:
    passed, handed = make.signed(world), make.signed(world)
    client = client_of(world, "section_head")

    client.post("/unit/pass/", {"picked": [passed.pk], "unit": world.units["urban_section"].pk})
    client.post(
        "/unit/hand/", {"picked": [handed.pk], "handler": world.posts["section_head"].user_id}
    )

    assert Assignment.objects.get(pk=passed.pk).state == "passed_down"
    assert Assignment.objects.get(pk=handed.pk).handler_name == "吴科"


def test_nothing_chosen_is_said_and_others_orders_are_not_touched(world: World) -> None:
    assignment = lead_of(make.dispatched(world))

    nothing = client_of(world, "clerk").post("/unit/sign/", {}, follow=True).content.decode()
    client_of(world, "siming_clerk").post("/unit/sign/", {"picked": [assignment.pk]})

    assert "请先勾选工单" in nothing
    assert lead_of(assignment.appeal).state == "assigned"


def test_signing_several_twice_signs_each_once_and_says_so(world: World) -> None:
    picked = [lead_of(make.dispatched(world)).pk for _ in range(2)]
    client = client_of(world, "clerk")

    first = client.post("/unit/sign/", {"picked": picked}, follow=True).content.decode()
    again = client.post("/unit/sign/", {"picked": picked}, follow=True).content.decode()

    assert "已签收 2 件" in first
    assert "已签收" not in again
    for assignment in Assignment.objects.filter(pk__in=picked):
        assert assignment.appeal.events.filter(kind="sign").count() == 1


# --- columns and kept filters ---------------------------------------------------------------------


def test_a_person_chooses_columns_and_takes_the_choice_back(world: World) -> None:
    make.accepted(world, address="东街口8号")
    client = client_of(world, "dispatcher")

    client.post("/orders/lists/dispatch/columns/", {"columns": ["order", "matter", "registered"]})
    chosen = re.findall(r"<th[^>]*>(?:<[^>]+>)*([^<]*)", shown(client, "/dispatch/"))
    client.post("/orders/lists/dispatch/columns/", {"reset": "1"})
    back = re.findall(r"<th[^>]*>(?:<[^>]+>)*([^<]*)", shown(client, "/dispatch/"))

    assert "登记时间" in chosen
    assert "剩余时限" not in chosen
    assert "剩余时限" in back


def test_a_filter_is_kept_once_under_a_name_and_can_be_dropped(world: World) -> None:
    client = client_of(world, "dispatcher")
    kept = {"name": "紧急的", "query": "urgency=2", "tab": "accepted"}

    for _ in range(2):
        client.post("/orders/lists/dispatch/keep/", kept)
    pk = SavedFilter.objects.get().pk
    client_of(world, "reviewer").post(f"/orders/lists/drop/{pk}/", {"desk": "dispatch"})
    assert SavedFilter.objects.exists()
    client.post(f"/orders/lists/drop/{pk}/", {"desk": "dispatch"})

    assert not SavedFilter.objects.exists()


def test_a_filter_without_a_name_is_refused_with_a_sentence(world: World) -> None:
    page = client_of(world, "dispatcher").post(
        "/orders/lists/dispatch/keep/", {"name": " ", "query": "urgency=2"}, follow=True
    ).content.decode()  # fmt: skip

    assert "名称" in page
    assert not SavedFilter.objects.exists()


# --- exports --------------------------------------------------------------------------------------


def test_a_list_leads_to_an_export_of_just_its_rows(world: World) -> None:
    make.accepted(world, urgency="2")
    make.accepted(world)
    client = client_of(world, "dispatcher")
    page = shown(client, "/dispatch/?tab=accepted&urgency=2")
    url = re.findall(r'href="(/orders/export/\?[^"]+)"', page)[0].replace("&amp;", "&")
    asked = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown(client, url)))

    client.post("/orders/export/", {**asked, "title": "紧急", "format": "csv", "columns": "number"})
    export = Export.objects.get()
    requests.produce(export.pk, at=clock.now())

    answer = client.get(f"/orders/exports/{export.pk}/file/")
    text = answer.getvalue().decode("utf-8-sig")  # type: ignore[attr-defined]  # a file
    assert len(text.splitlines()) == 3  # heading, one row, who made it
    assert "福州市热线中心 陈默" in text
    assert AuditRecord.objects.filter(kind="export_fetched").count() == 1


def test_an_export_shows_how_far_it_is_and_can_be_cancelled(world: World) -> None:
    export = requests.request_export(world.actor("dispatcher"), at=clock.now(), format="csv")
    Export.objects.filter(pk=export.pk).update(state=Export.State.RUNNING, rows=40, total=100)
    client = client_of(world, "dispatcher")

    running = shown(client, f"/orders/exports/{export.pk}/state/")
    client.post(f"/orders/exports/{export.pk}/cancel/")
    again = client.post(f"/orders/exports/{export.pk}/cancel/", headers={"HX-Request": "true"})

    assert "正在生成" in running
    assert 'hx-trigger="every 3s"' in running
    assert Export.objects.get().state == Export.State.CANCELLED
    assert again.status_code == 409
    assert "不能取消" in json.loads(again.headers["HX-Trigger"])["toast"]["text"]


def test_anothers_export_looks_absent(world: World) -> None:
    export = requests.request_export(world.actor("dispatcher"), at=clock.now(), format="csv")
    client = client_of(world, "reviewer")

    for url in ("state", "file"):
        assert client.get(f"/orders/exports/{export.pk}/{url}/").status_code == 404
    assert client.post(f"/orders/exports/{export.pk}/cancel/").status_code == 404


def test_wrong_wishes_come_back_at_their_fields(world: World) -> None:
    client = client_of(world, "dispatcher")

    none = client.post("/orders/export/", {"title": "", "format": "csv"})
    open_ = client.post(
        "/orders/export/",
        {"title": "工单", "format": "csv", "columns": "phone", "reveal": "on", "reason": ""},
    )

    assert none.status_code == open_.status_code == 422
    assert "请至少选择一列" in none.content.decode()
    assert "须写明事由" in open_.content.decode()


# --- notices --------------------------------------------------------------------------------------


def test_a_notice_is_shown_counted_opened_once_and_leads_to_its_order(world: World) -> None:
    appeal = make.dispatched(world, clock.now())
    delivery.deliver(clock.now())
    client = client_of(world, "clerk")
    notice = Notice.objects.filter(user_id=world.posts["clerk"].user_id).latest("pk")

    page = shown(client, "/notices/")
    opened = client.get(f"/notices/{notice.pk}/")

    assert appeal.title in page
    assert opened.headers["Location"] == f"/orders/{appeal.number}/"
    assert Notice.objects.get(pk=notice.pk).read_at is not None
    assert client_of(world, "reviewer").get(f"/notices/{notice.pk}/").status_code == 404


def test_all_are_marked_read_up_to_the_newest_one_that_was_shown(world: World) -> None:
    make.dispatched(world, clock.now())
    delivery.deliver(clock.now())
    client = client_of(world, "clerk")
    mine = Notice.objects.filter(user_id=world.posts["clerk"].user_id)
    shown_up_to = mine.latest("pk").pk
    later = make.dispatched(world, clock.now(), title="后来的")
    delivery.deliver(clock.now())

    client.post("/notices/read/", {"up_to": shown_up_to})

    assert {n.number for n in mine.filter(read_at=None)} == {later.number}
    assert "后来的" in shown(client, "/notices/?tab=unread")


def test_nobody_is_told_of_what_they_did_themselves_on_an_empty_page(world: World) -> None:
    intake.register(make.intake_form(), actor=world.actor("agent"), at=clock.now())
    delivery.deliver(clock.now())

    assert "还没有通知" in shown(client_of(world, "agent"), "/notices/")
