"""How the web lets people in and says no."""

import json
from collections.abc import Iterator

import pytest
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path
from tests.factories.world import World

from jiesu.access import Permission
from jiesu.foundation.errors import (
    ChangedMeanwhile,
    FieldError,
    Forbidden,
    Invalid,
    NotAllowedNow,
    NotFound,
    UseCaseError,
)
from jiesu.web import doors
from jiesu.web.doors import DeskRequest, desk_view

REFUSALS: dict[str, UseCaseError] = {
    "changed": ChangedMeanwhile(),
    "not-now": NotAllowedNow("待派单时不能签收。"),
    "absent": NotFound(),
    "forbidden": Forbidden(),
    "invalid": Invalid([FieldError("title", "short", "标题太短。")]),
    "other": UseCaseError("没有办公时间。", code="office_hours_missing"),
}


@desk_view(Permission.HANDLING_SIGN, Permission.INTAKE_REGISTER)
def guarded(request: DeskRequest) -> HttpResponse:
    return HttpResponse(f"{request.actor.name}|{request.post.unit.region.name}|{request.user}")


@desk_view()
def refusing(request: DeskRequest, why: str) -> HttpResponse:
    raise REFUSALS[why]


@desk_view()
def form(request: DeskRequest) -> HttpResponse:
    from django.shortcuts import render

    return render(request, "base_desk.html")


def open_to_all(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.actor.kind))  # type: ignore[attr-defined]  # set by the middleware


urlpatterns = [
    path("", include("jiesu.web.urls")),
    path("t/guarded/", guarded),
    path("t/refusing/<str:why>/", refusing),
    path("t/form/", form),
    path("t/open/", open_to_all),
]


@pytest.fixture(autouse=True)
def _pages() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def client() -> Client:
    return Client()


def sign_in(client: Client, world: World, username: str) -> None:
    post = world.posts[username]
    client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["post_id"] = post.pk
    session.save()


def test_a_person_at_a_post_passes_with_one_statement_besides_the_session(
    client: Client, world: World, django_assert_num_queries: object
) -> None:
    sign_in(client, world, "clerk")
    client.get("/t/guarded/")  # the first visit notes when the session was last used

    with django_assert_num_queries(2):  # type: ignore[operator]  # a fixture without a type
        answer = client.get("/t/guarded/")

    assert answer.content.decode() == "周敏|鼓楼区|周敏"


@pytest.mark.django_db
def test_a_page_open_to_all_asks_the_database_nothing(
    client: Client, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]  # a fixture without a type
        answer = client.get("/t/open/")

    assert answer.content.decode() == "citizen"


@pytest.mark.django_db
def test_a_stranger_is_led_to_the_sign_in_page_and_back(client: Client) -> None:
    answer = client.get("/t/guarded/?tab=2")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/account/sign-in/?next=%2Ft%2Fguarded%2F%3Ftab%3D2"


@pytest.mark.django_db
def test_a_form_that_htmx_sends_leads_to_the_sign_in_page_and_is_kept(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/t/form/?tab=2"}

    answer = client.post("/t/guarded/", {"reply": "x"}, headers=headers)

    assert answer.status_code == 204
    where = answer.headers["HX-Redirect"]
    assert where.startswith("/account/sign-in/?next=%2Ft%2Fform%2F%3Ftab%3D2%26restored%3D")


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["get", "draft"])
def test_what_a_page_asks_in_the_background_moves_nobody_away(client: Client, way: str) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/t/form/?tab=2"}

    if way == "get":
        answer = client.get("/t/guarded/", headers=headers)
    else:
        answer = client.post("/t/guarded/", {"fields": "{}"}, headers={**headers, "X-Draft": "1"})

    assert answer.status_code == 401
    assert answer.headers["X-Sign-In"] == "/account/sign-in/?next=%2Ft%2Fform%2F%3Ftab%3D2"
    assert "HX-Redirect" not in answer.headers


@pytest.mark.django_db
def test_the_way_back_never_leads_to_another_site(client: Client) -> None:
    headers = {"Referer": "http://elsewhere.example/t/form/"}

    answer = client.post("/t/guarded/", {"title": "x"}, headers=headers)

    assert answer.headers["Location"].startswith("/account/sign-in/?next=%2F%3Frestored%3D")


def test_a_post_without_the_permission_is_told_so(client: Client, world: World) -> None:
    sign_in(client, world, "reviewer")

    answer = client.get("/t/guarded/")

    assert answer.status_code == 403
    assert "您的岗位没有这项权限" in answer.content.decode()


def test_a_post_that_has_ended_opens_nothing(client: Client, world: World) -> None:
    import datetime as dt

    sign_in(client, world, "clerk")
    post = world.posts["clerk"]
    post.valid_to = dt.date(2020, 1, 1)
    post.save()

    assert client.get("/t/guarded/").status_code == 302
    assert client.get("/t/open/").content.decode() == "citizen"


def test_nobody_sits_at_another_persons_post(client: Client, world: World) -> None:
    sign_in(client, world, "reviewer")
    session = client.session
    session["post_id"] = world.posts["clerk"].pk
    session.save()

    assert client.get("/t/guarded/").status_code == 302


def test_a_password_changed_elsewhere_ends_this_session(client: Client, world: World) -> None:
    sign_in(client, world, "clerk")
    user = world.posts["clerk"].user
    user.set_password("another-one-2026")
    user.save()

    assert client.get("/t/guarded/").status_code == 302


@pytest.mark.parametrize(
    ("why", "status"),
    [("changed", 409), ("not-now", 409), ("absent", 404), ("forbidden", 403), ("invalid", 422),
     ("other", 422)],
)  # fmt: skip
def test_a_refusal_that_rises_becomes_a_page_with_its_words(
    client: Client, world: World, why: str, status: int
) -> None:
    sign_in(client, world, "clerk")

    answer = client.get(f"/t/refusing/{why}/")

    assert answer.status_code == status
    assert REFUSALS[why].message in answer.content.decode()


def test_htmx_gets_a_refusal_as_a_message_and_swaps_nothing(client: Client, world: World) -> None:
    sign_in(client, world, "clerk")

    answer = client.post("/t/refusing/changed/", headers={"HX-Request": "true"})

    assert answer.status_code == 409
    assert answer.headers["HX-Reswap"] == "none"
    said = json.loads(answer.headers["HX-Trigger"])["toast"]
    assert said == {"text": ChangedMeanwhile().message, "tone": "red"}
    assert answer.headers["HX-Trigger"].isascii()


def test_what_was_typed_comes_back_after_a_refusal(client: Client, world: World) -> None:
    sign_in(client, world, "clerk")
    typed = {"reply": "已到现场核查，11 月 20 日前拆除。", "idempotency_key": "k", "version": "3"}
    headers = {"Referer": "http://testserver/t/form/?tab=2"}

    answer = client.post("/t/refusing/changed/", typed, headers=headers)
    back = answer.context["back"]
    page = client.get(back).content.decode()

    assert back.startswith("/t/form/?tab=2&restored=")
    assert "您刚才填写的内容已恢复" in page
    kept = json.loads(page.split('id="restored-form" type="application/json">')[1].split("<")[0])
    assert kept == {"action": "/t/refusing/changed/", "fields": {"reply": [typed["reply"]]}}


def test_what_was_typed_comes_back_after_the_session_ran_out(client: Client, world: World) -> None:
    typed = {"reply": "已到现场核查。", "password": "secret", "one_time_code": "123456"}
    headers = {"Referer": "http://testserver/t/form/"}

    answer = client.post("/t/guarded/", typed, headers=headers)
    from urllib.parse import parse_qs, urlsplit

    back = parse_qs(urlsplit(answer.headers["Location"]).query)["next"][0]
    sign_in(client, world, "clerk")
    page = client.get(back).content.decode()

    assert "\\u5df2\\u5230\\u73b0\\u573a\\u6838\\u67e5" in page
    assert "secret" not in page
    assert "123456" not in page


def test_a_kept_form_belongs_to_whoever_opened_it_first(client: Client, world: World) -> None:
    sign_in(client, world, "clerk")
    headers = {"Referer": "http://testserver/t/form/"}
    answer = client.post("/t/refusing/changed/", {"reply": "x"}, headers=headers)
    back = answer.context["back"]
    assert "restored-form" in client.get(back).content.decode()

    sign_in(client, world, "reviewer")

    assert "restored-form" not in client.get(back).content.decode()


def test_a_kept_form_is_not_readable_in_the_database(client: Client, world: World) -> None:
    from django.contrib.sessions.models import Session

    sign_in(client, world, "clerk")
    client.post("/t/refusing/changed/", {"phone": "13812342046"})

    kept = [s.get_decoded() for s in Session.objects.all()]

    forms = [data["form"] for data in kept if "form" in data]
    assert len(forms) == 1
    assert "13812342046" not in forms[0]
    assert all(SESSION_KEY not in data for data in kept if "form" in data)


def test_a_stale_form_of_our_own_page_is_shown_again(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, world, "clerk")
    headers = {"Referer": "http://testserver/t/form/", "Origin": "http://testserver"}

    with override_settings(CSRF_FAILURE_VIEW="jiesu.web.errors.csrf_failure"):
        answer = client.post("/t/guarded/", {"reply": "x"}, headers=headers)
        foreign = client.post(
            "/t/guarded/", {"reply": "x"}, headers={"Origin": "http://evil.example"}
        )

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/t/form/?restored=")
    assert foreign.status_code == 403


def test_errors_stand_at_the_fields_they_name_and_the_rest_above_the_form() -> None:
    from django import forms

    class Titled(forms.Form):
        title = forms.CharField()

    form = Titled({"title": "x"})
    error = Invalid([FieldError("title", "a", "太短。"), FieldError("place", "b", "没有地点。")])

    form.is_valid()
    doors.add_errors(form, error)

    assert form.errors["title"] == ["太短。"]
    assert form.non_field_errors() == ["没有地点。"]
