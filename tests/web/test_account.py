"""Coming in, sitting at a post, going out."""

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from tests.factories.world import PASSWORD, World

from jiesu.access import Role
from jiesu.accounts import totp
from jiesu.accounts.models import Post, User
from jiesu.foundation import clock
from jiesu.journal.models import AuditRecord

SIGN_IN = "/account/sign-in/"


@pytest.fixture(autouse=True)
def _no_kept_counts() -> None:
    cache.clear()


def come_in(client: Client, username: str, password: str = PASSWORD, **more: str) -> HttpResponse:
    return client.post(SIGN_IN, {"username": username, "password": password, **more})


def with_second_factor(world: World, username: str) -> tuple[User, str]:
    actor = world.actor(username)
    user = world.posts[username].user
    now = clock.now()
    secret = totp.enrol(user, actor=actor, at=now).secret
    earlier = now - dt.timedelta(minutes=5)
    totp.confirm(user, pyotp.TOTP(secret).at(earlier), actor=actor, at=earlier)
    return user, secret


def test_a_person_comes_in_and_sits_at_their_post(client: Client, world: World) -> None:
    answer = come_in(client, "Clerk")  # however it is written

    assert answer.status_code == 302
    assert client.session["post_id"] == world.posts["clerk"].pk
    assert AuditRecord.objects.filter(kind="sign_in", actor_name="周敏").count() == 1
    assert "周敏" in client.get("/account/settings/").content.decode()


def test_a_wrong_password_is_said_once_and_the_name_stays_typed(
    client: Client, world: World
) -> None:
    answer = come_in(client, "clerk", "wrong")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "登录名或密码不正确" in page
    assert 'value="clerk"' in page
    assert "wrong" not in page
    assert "post_id" not in client.session


def test_after_five_wrong_passwords_the_right_one_waits_too(client: Client, world: World) -> None:
    for _ in range(5):
        come_in(client, "clerk", "wrong")

    answer = come_in(client, "clerk")

    assert "账号已锁定" in answer.content.decode()


def test_the_sign_in_leads_back_to_the_page_but_never_to_another_site(
    client: Client, world: World
) -> None:
    back = come_in(client, "clerk", next="/account/settings/")
    client.post("/account/sign-out/")
    away = come_in(client, "clerk", next="https://evil.example/")

    assert back.headers["Location"] == "/account/settings/"
    assert "evil" not in away.headers["Location"]


def test_the_session_gets_a_new_key_so_that_nobody_plants_one(client: Client, world: World) -> None:
    session = client.session
    session["planted"] = "yes"
    session.save()
    before = session.session_key

    come_in(client, "clerk")

    assert client.session.session_key != before


def test_with_a_second_factor_the_password_alone_opens_nothing(
    client: Client, world: World
) -> None:
    _, secret = with_second_factor(world, "clerk")

    first = come_in(client, "clerk", next="/account/settings/")
    between = client.get("/account/settings/")
    wrong = client.post("/account/code/", {"code": "000000"})
    right = client.post("/account/code/", {"code": pyotp.TOTP(secret).now()})

    assert first.headers["Location"] == "/account/code/"
    assert between.status_code == 302
    assert wrong.status_code == 422
    assert "不正确" in wrong.content.decode()
    assert right.headers["Location"] == "/account/settings/"
    assert client.get("/account/settings/").status_code == 200


def test_the_second_step_is_open_for_five_minutes(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = with_second_factor(world, "clerk")
    come_in(client, "clerk")
    later = clock.now() + dt.timedelta(minutes=6)
    monkeypatch.setattr(clock, "now", lambda: later)

    answer = client.post("/account/code/", {"code": pyotp.TOTP(secret).at(later)})

    assert answer.headers["Location"] == SIGN_IN


def test_a_temporary_password_must_be_changed_before_anything_else(
    client: Client, world: World
) -> None:
    user = world.posts["clerk"].user
    user.must_change_password = True
    user.save()

    come_in(client, "clerk", next="/account/menu/")
    kept_out = client.get("/account/settings/")
    refused = client.post("/account/password/", {"old": PASSWORD, "new": "short", "again": "short"})
    changed = client.post(
        "/account/password/",
        {"old": PASSWORD, "new": "Gulou-2026-autumn", "again": "Gulou-2026-autumn"},
    )

    assert kept_out.headers["Location"] == "/account/password/"
    assert "密码至少 10 位" in refused.content.decode()
    assert changed.headers["Location"] == "/account/menu/"
    assert client.get("/account/settings/").status_code == 200


def test_two_different_new_passwords_are_refused_at_the_second(
    client: Client, world: World
) -> None:
    come_in(client, "clerk")

    answer = client.post(
        "/account/password/", {"old": PASSWORD, "new": "Gulou-2026-a", "again": "Gulou-2026-b"}
    )

    assert answer.status_code == 422
    assert "两次输入的新密码不一样" in answer.content.decode()


def test_who_leaves_is_out_and_a_second_click_is_no_error(client: Client, world: World) -> None:
    come_in(client, "clerk")

    first = client.post("/account/sign-out/")
    second = client.post("/account/sign-out/")

    assert first.headers["Location"] == second.headers["Location"] == SIGN_IN
    assert client.get("/account/settings/").status_code == 302
    assert AuditRecord.objects.filter(kind="sign_out").count() == 1


def test_nobody_is_signed_out_by_a_link(client: Client, world: World) -> None:
    come_in(client, "clerk")

    assert client.get("/account/sign-out/").status_code == 405
    assert client.get("/account/settings/").status_code == 200


def test_a_person_with_two_posts_changes_seats(client: Client, world: World) -> None:
    user = world.posts["clerk"].user
    other = Post.objects.create(user=user, unit=world.units["street"], role=Role.CLERK)
    come_in(client, "clerk")

    menu = client.get("/account/menu/").content.decode()
    answer = client.post("/account/posts/switch/", {"post": str(other.pk)})

    assert "东街街道" in menu
    assert answer.status_code == 302
    assert client.session["post_id"] == other.pk


@pytest.mark.parametrize("post", ["", "x", "9" * 30, "theirs", "ended"])
def test_nobody_takes_a_seat_that_is_not_theirs(client: Client, world: World, post: str) -> None:
    user = world.posts["clerk"].user
    ended = Post.objects.create(
        user=user, unit=world.units["street"], role=Role.CLERK, valid_to=dt.date(2020, 1, 1)
    )
    seats = {"theirs": str(world.posts["reviewer"].pk), "ended": str(ended.pk)}
    come_in(client, "clerk")

    answer = client.post("/account/posts/switch/", {"post": seats.get(post, post)})

    assert answer.status_code == 404
    assert client.session["post_id"] == world.posts["clerk"].pk


def test_a_post_that_ends_while_one_works_leads_to_the_others(client: Client, world: World) -> None:
    user = world.posts["clerk"].user
    Post.objects.create(user=user, unit=world.units["street"], role=Role.CLERK)
    come_in(client, "clerk")
    Post.objects.filter(pk=world.posts["clerk"].pk).update(valid_to=dt.date(2020, 1, 1))

    turned_away = client.get("/account/settings/")
    sign_in = client.get(turned_away.headers["Location"])
    choose = client.get(sign_in.headers["Location"])

    assert sign_in.headers["Location"].startswith("/account/posts/")
    assert "东街街道办事处" in choose.content.decode()


def test_who_holds_no_post_is_told_whom_to_ask(client: Client, world: World) -> None:
    Post.objects.filter(pk=world.posts["clerk"].pk).update(valid_to=dt.date(2020, 1, 1))

    answer = come_in(client, "clerk")

    assert "没有在任岗位" in answer.content.decode()


def test_the_second_factor_is_turned_on_by_scanning_and_gives_codes_once(
    client: Client, world: World
) -> None:
    come_in(client, "clerk")

    enrol = client.post("/account/second-factor/").content.decode()
    secret = User.objects.get(username="clerk").totp_secret
    htmx = {"HX-Request": "true"}
    wrong = client.post("/account/second-factor/confirm/", {"code": "1"}, headers=htmx)
    code = pyotp.TOTP(secret).now()
    right = client.post("/account/second-factor/confirm/", {"code": code}, headers=htmx)

    assert "data:image/svg+xml" in enrol
    assert wrong.status_code == 422
    assert right.content.decode().count("<li>") == 10
    assert "只显示这一次" in right.content.decode()
    assert totp.is_on(User.objects.get(username="clerk"))


def test_the_second_factor_is_turned_off_with_a_code(client: Client, world: World) -> None:
    user, secret = with_second_factor(world, "clerk")
    come_in(client, "clerk")
    codes = pyotp.TOTP(secret)
    client.post("/account/code/", {"code": codes.at(clock.now() - dt.timedelta(seconds=30))})

    refused = client.post("/account/second-factor/off/", {"code": "000000"})
    off = client.post("/account/second-factor/off/", {"code": codes.now()})

    assert refused.status_code == 422
    assert off.status_code == 302
    assert not totp.is_on(User.objects.get(pk=user.pk))


def test_notices_by_mail_need_an_address(client: Client, world: World) -> None:
    come_in(client, "clerk")

    refused = client.post("/account/settings/", {"email": "", "wants_email": "on"})
    saved = client.post("/account/settings/", {"email": "zhou@fuzhou.example", "wants_email": "on"})

    assert "请先填写邮箱" in refused.content.decode()
    assert saved.status_code == 302
    assert User.objects.get(username="clerk").email == "zhou@fuzhou.example"


def test_pages_of_a_signed_in_person_stay_in_no_store(client: Client, world: World) -> None:
    come_in(client, "clerk")

    assert "no-store" in client.get("/account/settings/").headers["Cache-Control"]


def test_the_frames_small_answers_are_there(client: Client, world: World) -> None:
    come_in(client, "clerk")

    assert client.get("/account/counts/").json() is not None
    assert "通知" in client.get("/account/notices/").content.decode()


def test_a_session_that_ran_out_while_typing_is_said_on_the_sign_in_page(
    client: Client, world: World
) -> None:
    sent = client.post(
        "/account/settings/", {"email": "a@b.example"},
        headers={"Referer": "http://testserver/account/settings/"},
    )  # fmt: skip
    where = sent.headers["Location"]

    page = client.get(where).content.decode()
    answer = come_in(client, "clerk", next=parse_qs(urlsplit(where).query)["next"][0])
    again = client.get(answer.headers["Location"]).content.decode()

    assert "您填写的内容已保留" in page
    assert "您刚才填写的内容已恢复" in again
    assert "a@b.example" in again
