"""Every desk opens for its people, shows its work, and does it."""

from typing import Any

import pytest
from tests.factories import appeals as make
from tests.factories.appeals import lead_of
from tests.factories.world import World
from tests.web.signed_in import client_of

from jiesu.appeals.models import Appeal, IntakeDraft

MAX_STATEMENTS = 12
DESKS = [
    ("agent", "/seat/mine/"),
    ("dispatcher", "/dispatch/"),
    ("dispatcher", "/dispatch/applications/"),
    ("clerk", "/unit/"),
    ("unit_leader", "/unit/"),
    ("reviewer", "/review/"),
    ("callback", "/callback/"),
]
TYPED = {
    "content": "东街口地铁站C口有商贩长期占道经营，影响通行。", "appeal_type": "03", "urgency": "3",
    "category_code": "0105", "region_code": "350102001", "phone": "13812342046", "name": "陈小满",
    "petitioner_kind": "person", "channel": "phone", "confidentiality": "0", "reply_wanted": "on",
    "upload_key": "u1",
}  # fmt: skip


@pytest.mark.parametrize(("username", "url"), DESKS)
def test_an_empty_desk_opens_and_says_what_to_do(world: World, username: str, url: str) -> None:
    response = client_of(world, username).get(url)

    assert response.status_code == 200
    assert "没有" in response.content.decode() or "还没有" in response.content.decode()


@pytest.mark.parametrize(("username", "url"), DESKS)
def test_a_full_desk_costs_at_most_twelve_statements(
    world: World, username: str, url: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        make.registered(world, title=f"登记 {number}")
        make.accepted(world, title=f"受理 {number}")
        make.dispatched(world, title=f"派单 {number}")
        make.reported(world, title=f"答复 {number}")
        make.answered(world, title=f"回访 {number}")
    client = client_of(world, username)
    client.get(url)

    with django_assert_max_num_queries(MAX_STATEMENTS):
        response = client.get(url)

    assert response.status_code == 200


def test_people_of_one_desk_are_refused_at_another(world: World) -> None:
    for username, url in (("agent", "/review/"), ("clerk", "/dispatch/"), ("leader", "/seat/")):
        assert client_of(world, username).get(url).status_code == 403


def test_an_agent_registers_and_a_double_click_makes_one(world: World) -> None:
    client = client_of(world, "agent")
    typed = {**TYPED, "then": "dispatch", "idempotency_key": "k1"}

    first = client.post("/seat/", typed)
    second = client.post("/seat/", typed)

    assert (first.status_code, second.status_code) == (302, 302)
    appeal = Appeal.objects.get()
    assert appeal.status == "accepted"
    assert appeal.phone == "13812342046"


def test_an_agent_answers_at_once_or_is_told_what_is_missing(world: World) -> None:
    client = client_of(world, "agent")

    without = client.post("/seat/", {**TYPED, "then": "answer", "idempotency_key": "k2"})
    given = client.post(
        "/seat/", {**TYPED, "then": "answer", "answer": "请拨打……", "idempotency_key": "k3"}
    )

    assert without.status_code == 422
    assert "请填写答复内容" in without.content.decode()
    assert given.status_code == 302
    assert Appeal.objects.get().outcome == "answered_directly"


def test_wrong_input_comes_back_at_its_field_with_the_text(world: World) -> None:
    client = client_of(world, "agent")

    answer = client.post("/seat/", {**TYPED, "phone": "12", "then": "dispatch"})

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "东街口地铁站C口有商贩" in shown
    assert not Appeal.objects.exists()


def test_a_draft_is_kept_and_found_again(world: World) -> None:
    client = client_of(world, "agent")
    fields = '{"content": ["路灯坏了"], "phone": ["13812342046"]}'

    client.post("/seat/draft/", {"key": "seat-1", "fields": fields})

    assert "路灯坏了" in client.get("/seat/mine/").content.decode()
    assert "路灯坏了" in client.get("/seat/?draft=seat-1").content.decode()
    draft = IntakeDraft.objects.get()
    assert draft.title == "路灯坏了"


def test_the_callers_history_appears_by_number(world: World) -> None:
    make.closed(world)

    shown = (
        client_of(world, "agent").post("/seat/caller/", {"phone": "13812342046"}).content.decode()
    )

    assert "东街口地铁站C口占道经营" in shown
    assert "13812342046" not in shown


def test_a_dispatcher_sends_and_goes_on_to_the_next(world: World) -> None:
    appeal = make.accepted(world)
    following = make.accepted(world, title="下一件")
    client = client_of(world, "dispatcher")
    page = client.get(f"/dispatch/work/{appeal.number}/").content.decode()

    answer = client.post(
        f"/dispatch/work/{appeal.number}/",
        {"lead": world.units["urban"].pk, "version": appeal.version},
    )

    assert "鼓楼区城市管理局" in page
    assert answer.headers["Location"] == f"/dispatch/work/{following.number}/"
    assert lead_of(appeal).unit == world.units["urban"]


def test_bulk_dispatch_sends_what_the_catalogue_names_and_tells_of_the_rest(world: World) -> None:
    named = make.accepted(world)
    unnamed = make.accepted(world, category_code="0801", title="没有目录")
    client = client_of(world, "dispatcher")

    shown = client.post(
        "/dispatch/bulk/", {"picked": [named.number, unnamed.number]}, follow=True
    ).content.decode()

    assert "已派单 1 件" in shown
    assert unnamed.number in shown


def test_a_unit_signs_several_and_answers_one(world: World) -> None:
    appeal = make.dispatched(world)
    client = client_of(world, "clerk")
    lead = lead_of(appeal)

    client.post("/unit/sign/", {"picked": [lead.pk]})
    lead = lead_of(appeal)
    client.post(
        f"/orders/{appeal.number}/a/{lead.pk}/contact/",
        {"way": "phone", "reached": "yes", "note": "已联系"},
    )
    answer = client.post(
        f"/unit/{appeal.number}/report/{lead.pk}/",
        {"version": lead.version, "public_reply": "您好，我局已到现场清理占道摊点，并加强巡查。",
         "handling_report": "已清理。", "solved": "yes"},
    )  # fmt: skip

    assert answer.status_code == 302
    assert lead_of(appeal).state == "inner_review"


def test_a_reviewer_sends_back_with_a_reason_only(world: World) -> None:
    appeal = make.reported(world)
    client = client_of(world, "reviewer")
    url = f"/review/work/{appeal.number}/"
    reply = {"public_reply": "您好，已处理完毕，谢谢您的来电反映。", "version": appeal.version}

    without = client.post(url, {**reply, "verdict": "send_back", "note": ""})
    given = client.post(url, {**reply, "verdict": "send_back", "note": "没有核查结果"})

    assert without.status_code == 422
    assert given.status_code == 302
    assert lead_of(appeal).round == 2


def test_a_callback_closes_a_content_citizens_appeal(world: World) -> None:
    appeal = make.answered(world)
    client = client_of(world, "callback")

    client.post(
        f"/callback/work/{appeal.number}/",
        {"reached": "yes", "solved": "yes", "satisfaction": "5", "version": appeal.version},
    )

    appeal.refresh_from_db()
    assert appeal.status == "closed"
