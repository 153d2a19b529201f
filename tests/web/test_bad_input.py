"""What people really type at the two front doors: a sentence at its field, and nothing lost."""

import re
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from tests.factories.world import World
from tests.web.signed_in import client_of

from jiesu.appeals.models import Appeal

pytestmark = pytest.mark.django_db

MATTER = "小区门口路灯坏了一周，晚上看不清路，希望尽快修好。"
TYPED = {
    "content": MATTER, "appeal_type": "02", "urgency": "3", "region_code": "350102001",
    "address": "东街 12 号", "phone": "13812342046", "name": "陈女士", "petitioner_kind": "person",
    "confidentiality": "0", "reply_wanted": "on", "channel": "phone", "idempotency_key": "b1",
}  # fmt: skip

WRONG = [
    ("content", "　\u200b ", "诉求内容|发生了什么"),
    ("content", "长" * 50_000, "20000|20,000|2 万"),
    ("content", f"{MATTER}\x00", "看不见的空字符"),
    ("phone", "12", "电话|号码"),
    ("phone", "１３８１２３４", "11 位"),
    ("appeal_type", "99", "选择"),
    ("region_code", "999999", "区县|街道|区域|区划"),
]


def at_seat(world: World, typed: dict[str, Any]) -> HttpResponse:
    return client_of(world, "agent").post(reverse("seat:home"), typed)


def at_home(_: World, typed: dict[str, Any]) -> HttpResponse:
    return Client().post(reverse("citizen:submit"), typed)


DOORS = {"seat": at_seat, "citizen": at_home}


def beside(page: str, field: str) -> str:
    """The sentence that stands at a field."""
    found = re.search(rf'id="id_{field}_error"[^>]*>(.*?)</', page, re.DOTALL)
    return re.sub(r"<[^>]+>", "", found[1]).strip() if found else ""


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("field", "value", "words"), WRONG)
def test_what_is_wrong_stands_at_its_field_and_the_text_stays(
    world: World, door: str, field: str, value: str, words: str
) -> None:
    answer = DOORS[door](world, {**TYPED, field: value})

    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert re.search(words, beside(page, field)), beside(page, field)
    assert field == "content" or MATTER in page
    assert field != "content" or value.strip() in page  # 50,000 characters are not cut either
    assert not Appeal.objects.exists()


@pytest.mark.parametrize("door", DOORS)
def test_emoji_stay_and_control_characters_go(world: World, door: str) -> None:
    answer = DOORS[door](world, {**TYPED, "content": f"{MATTER}\x07\u202e👮🏻‍♀️"})

    assert answer.status_code in (200, 302)
    assert Appeal.objects.get().content == f"{MATTER}👮🏻‍♀️"


@pytest.mark.parametrize(("field", "value"), [("received_at", "2999-01-01T08:00"),
                                              ("category_code", "0000")])  # fmt: skip
def test_a_time_to_come_and_an_unknown_class_are_refused_at_the_seat(
    world: World, field: str, value: str
) -> None:
    answer = at_seat(world, {**TYPED, field: value})

    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert beside(page, field)
    assert MATTER in page
    assert not Appeal.objects.exists()
