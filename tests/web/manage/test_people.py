"""People, posts and keys: what is shown once, and what the three administrators may not be."""

import re
from collections.abc import Callable

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from tests.factories.world import World

from jiesu.accounts import api_clients
from jiesu.accounts.models import ApiClient, Post, User
from jiesu.foundation import clock

At = Callable[[str], Client]


def words(answer: HttpResponse) -> str:
    return answer.content.decode()


def secret(page: str) -> str:
    return re.findall(r'<code class="secret">([^<]+)</code>', page)[-1]


def new_person(top: World, **more: str) -> dict[str, str]:
    return {
        "username": "linxia",
        "name": "林夏",
        "unit": str(top.units["urban"].pk),
        "role": "clerk",
        **more,
    }


def test_a_new_person_gets_a_password_shown_once_that_opens_and_must_be_changed(
    at: At, top: World
) -> None:
    answer = at("top_security").post(reverse("manage:person-new"), new_person(top))

    password = secret(words(answer))
    user = User.objects.get(username="linxia")
    assert answer.status_code == 200
    assert "no-cache" in answer.headers["Cache-Control"]
    assert user.check_password(password)
    assert user.must_change_password


def test_a_taken_name_is_said_at_its_field(at: At, top: World) -> None:
    answer = at("top_security").post(
        reverse("manage:person-new"), new_person(top, username="clerk")
    )

    assert answer.status_code == 422
    assert "已被使用" in words(answer)
    assert 'value="林夏"' in words(answer)


def test_the_three_administrators_stay_three_people(at: At, top: World) -> None:
    user = top.posts["top_system"].user

    answer = at("top_security").post(
        reverse("manage:post-new", args=[user.pk]),
        {"unit": top.units["province_centre"].pk, "role": "audit_admin"},
    )

    page = words(answer)
    assert answer.status_code == 422
    assert "三员必须分立" in page
    assert page.index("三员必须分立") > page.index('name="role"')
    assert Post.objects.filter(user=user).count() == 1


def test_nobody_gives_themselves_a_post(at: At, top: World) -> None:
    own = top.posts["top_security"].user

    answer = at("top_security").post(
        reverse("manage:post-new", args=[own.pk]),
        {"unit": top.units["urban"].pk, "role": "clerk"},
    )

    assert answer.status_code == 403
    assert Post.objects.filter(user=own).count() == 1


def test_a_post_is_added_made_the_default_and_ended(at: At, top: World) -> None:
    client = at("top_security")
    user = top.posts["clerk"].user
    client.post(
        reverse("manage:post-new", args=[user.pk]),
        {"unit": top.units["urban_section"].pk, "role": "clerk"},
    )
    post = Post.objects.get(user=user, unit=top.units["urban_section"])

    client.post(reverse("manage:post-default", args=[post.pk]))
    client.post(reverse("manage:post-end", args=[top.posts["clerk"].pk]), {})

    page = words(client.get(reverse("manage:person", args=[user.pk])))
    post.refresh_from_db()
    assert post.is_default
    assert "曾任 1 个岗位" in page


def test_a_person_is_disabled_with_a_reason_and_let_in_again(at: At, top: World) -> None:
    client = at("top_security")
    user = top.posts["clerk"].user

    unsaid = client.post(reverse("manage:person-disable", args=[user.pk]), {"reason": ""})
    client.post(reverse("manage:person-disable", args=[user.pk]), {"reason": "离职"})
    shown = words(client.get(reverse("manage:people"), {"state": "disabled"}))
    client.post(reverse("manage:person-enable", args=[user.pk]))

    user.refresh_from_db()
    assert unsaid.status_code == 422
    assert "周敏" in shown
    assert user.is_active


def test_a_reset_shows_another_password_once(at: At, top: World) -> None:
    user = top.posts["clerk"].user

    answer = at("top_security").post(reverse("manage:person-reset", args=[user.pk]))

    user.refresh_from_db()
    assert user.check_password(secret(words(answer)))


def test_the_list_narrows_to_a_unit_and_what_lies_below_it(at: At, top: World) -> None:
    page = words(at("top_security").get(reverse("manage:people"), {"unit": top.units["urban"].pk}))

    assert "周敏" in page
    assert "沈市容" in page
    assert "林小满" not in page


def test_a_city_s_administrator_sees_nobody_of_another_city(at: At, top: World) -> None:
    client = at("security_admin")

    page = words(client.get(reverse("manage:people")))
    other = client.get(reverse("manage:person", args=[top.posts["xiamen_agent"].user_id]))

    assert "许鹭" not in page
    assert other.status_code == 404


def test_a_key_is_shown_once_opens_and_can_be_rotated_and_revoked(at: At, top: World) -> None:
    client = at("top_security")
    form = {
        "name": "鼓楼城管平台", "unit": top.units["urban"].pk, "kind": "unit",
        "per_minute": "120", "idempotency_key": "k1",
    }  # fmt: skip
    key = secret(words(client.post(reverse("manage:api-client-new"), form)))
    made = ApiClient.objects.get()
    opened = api_clients.authenticate(key, at=clock.now())

    page = words(client.get(reverse("manage:api-client", args=[made.pk])))
    rotated = words(
        client.post(reverse("manage:api-client-rotate", args=[made.pk]), {"grace": "0"})
    )
    client.post(reverse("manage:api-client-revoke", args=[made.pk]))

    assert opened == made
    assert key not in page
    assert secret(rotated) != key
    assert api_clients.authenticate(secret(rotated), at=clock.now()) is None


def test_a_double_click_makes_one_client(at: At, top: World) -> None:
    client = at("top_security")
    form = {
        "name": "平台", "unit": top.units["urban"].pk, "kind": "channel", "per_minute": "60",
        "idempotency_key": "once",
    }  # fmt: skip

    client.post(reverse("manage:api-client-new"), form)
    again = client.post(reverse("manage:api-client-new"), form)

    assert ApiClient.objects.count() == 1
    assert "已经建立" in words(again)
