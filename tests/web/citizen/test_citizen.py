"""A citizen tells, asks, adds, urges, withdraws and rates, on a cheap phone."""

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.factories import appeals as make
from tests.factories.world import World

from jiesu.access import citizen
from jiesu.appeals.actions import callback, closure, intake
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.models import Appeal, Attachment
from jiesu.foundation import clock

TYPED = {
    "content": "小区门口路灯坏了一周，晚上看不清路，希望尽快修好。", "appeal_type": "02",
    "region_code": "350102001", "address": "东街 12 号", "phone": "13812342046", "name": "陈女士",
    "petitioner_kind": "person", "confidentiality": "0", "reply_wanted": "on",
    "upload_key": "u1", "idempotency_key": "c1",
}  # fmt: skip


def knowing(appeal: Appeal, proof: str = "") -> Client:
    client = Client()
    client.post("/query/", {"number": appeal.number, "proof": proof or appeal.query_code})
    return client


def test_a_citizen_submits_and_sees_where_it_stands(world: World) -> None:
    client = Client()

    answer = client.post("/submit/", TYPED, follow=True)

    appeal = Appeal.objects.get()
    shown = answer.content.decode()
    assert appeal.number in shown
    assert appeal.query_code in shown
    assert appeal.centre == world.units["fuzhou_centre"]
    progress = client.get(f"/progress/{appeal.number}/").content.decode()
    assert "已收到" in progress
    assert "13812342046" not in progress


def test_a_double_click_makes_one(world: World) -> None:
    client = Client()

    client.post("/submit/", TYPED)
    client.post("/submit/", TYPED)

    assert Appeal.objects.count() == 1


def test_what_is_wrong_is_said_at_its_field_and_the_text_stays(world: World) -> None:
    answer = Client().post("/submit/", {**TYPED, "phone": "12"})

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "路灯坏了一周" in shown
    assert not Appeal.objects.exists()


def test_only_number_and_proof_together_open_the_page(world: World) -> None:
    appeal = make.dispatched(world)
    stranger = Client()

    wrong = stranger.post("/query/", {"number": appeal.number, "proof": "0000"})

    assert wrong.status_code == 404
    asked = stranger.get(f"/progress/{appeal.number}/")
    assert asked.headers["Location"] == f"/query/?number={appeal.number}"
    assert stranger.get("/progress/3501002611169999990/").headers["Location"].startswith("/query/")
    assert knowing(appeal).get(f"/progress/{appeal.number}/").status_code == 200


def test_guessing_is_stopped(world: World) -> None:
    appeal = make.dispatched(world)
    client = Client()

    answers = [
        client.post("/query/", {"number": appeal.number, "proof": f"{n:04d}"}) for n in range(11)
    ]

    assert "查询次数太多" in answers[-1].content.decode()


def test_a_citizen_adds_urges_once_a_day_and_withdraws(world: World) -> None:
    appeal = make.dispatched(world)
    client = knowing(appeal)
    base = f"/progress/{appeal.number}/"

    client.post(base + "facts/", {"text": "今天又来了"})
    client.post(base + "urge/", {})
    again = client.post(base + "urge/", {})
    client.post(base + "withdraw/", {})

    appeal.refresh_from_db()
    assert appeal.urge_count == 1
    assert "今天已经催办过" in again.content.decode()
    assert appeal.status == "withdrawn"


def test_a_content_citizen_closes_and_a_bad_rating_waits_for_a_call(world: World) -> None:
    good, bad = make.answered(world), make.answered(world)

    knowing(good).post(f"/progress/{good.number}/rate/", {"solved": "yes", "satisfaction": "5"})
    knowing(bad).post(f"/progress/{bad.number}/rate/", {"solved": "no", "satisfaction": "1"})

    good.refresh_from_db()
    bad.refresh_from_db()
    assert good.status == "closed"
    assert bad.status == "callback"
    assert bad.satisfaction == 1


@pytest.mark.parametrize("page", ["facts", "urge", "withdraw"])
def test_whoever_only_knows_the_phone_is_asked_for_the_code_before_anything(
    world: World, page: str
) -> None:
    appeal = make.dispatched(world)
    before = appeal.event_seq

    tried = knowing(appeal, appeal.phone[-4:]).post(
        f"/progress/{appeal.number}/{page}/", {"text": "快一点", "reason": "不用了"}
    )

    appeal.refresh_from_db()
    assert tried.headers["Location"].startswith("/query/?")
    assert appeal.event_seq == before


def test_whoever_only_knows_the_phone_reads_but_does_not_rate(world: World) -> None:
    appeal = make.answered(world)
    unit = knowing(appeal, appeal.phone[-4:])
    rate = f"/progress/{appeal.number}/rate/"

    seen = unit.get(f"/progress/{appeal.number}/")
    tried = unit.post(rate, {"solved": "yes", "satisfaction": "5"})
    again = unit.post(tried.headers["Location"], {"number": appeal.number, "proof": "2046"})
    right = unit.post(
        tried.headers["Location"], {"number": appeal.number, "proof": appeal.query_code}
    )

    appeal.refresh_from_db()
    assert seen.status_code == 200
    assert tried.headers["Location"].startswith("/query/?")
    assert again.status_code == 404
    assert right.headers["Location"].startswith(rate)
    assert appeal.satisfaction is None


def test_forms_with_files_are_limited_before_anything_is_stored(world: World) -> None:
    client = Client()
    picture = b"\xff\xd8\xff\xe0" + b"0" * 64

    for _ in range(31):
        file = SimpleUploadedFile("a.jpg", picture, "image/jpeg")
        answer = client.post("/submit/", {**TYPED, "content": "", "files": file})

    assert "上传太频繁了" in answer.content.decode()
    assert Attachment.objects.count() <= 9


def test_published_answers_are_open_to_all_and_others_are_not(world: World) -> None:
    appeal = make.answered(world)

    hidden = Client().get(f"/answers/{appeal.number}/")
    Appeal.objects.filter(pk=appeal.pk).update(published_at=appeal.replied_at)
    shown = Client().get(f"/answers/{appeal.number}/")

    assert hidden.status_code == 404
    assert appeal.title in shown.content.decode()


def test_an_answer_after_reopening_can_be_rated_on_the_page(world: World) -> None:
    at = clock.now()
    appeal = make.answered(world, at=at - dt.timedelta(days=1))
    citizen_ = knowing(appeal, appeal.query_code)
    good = Said(reached=True, way="web", solved=True, satisfaction=5)
    callback.rate(appeal, good, actor=citizen(), at=at - dt.timedelta(hours=2))
    before = citizen_.get(f"/progress/{appeal.number}/").content.decode()

    closed = Appeal.objects.select_related("region", "category", "master").get(pk=appeal.pk)
    closure.reopen(closed, "问题反弹", actor=world.actor("reviewer"), at=at)
    intake.answer_directly(closed, "已再次清理。", actor=world.actor("agent"), at=at)
    after = citizen_.get(f"/progress/{appeal.number}/").content.decode()

    assert "评价这次办理" not in before
    assert "评价这次办理" in after


def test_published_answers_are_walked_by_their_index_page_by_page(world: World) -> None:
    for number in range(17):
        appeal = make.registered(world, phone=f"1381234{number:04d}")
        Appeal.objects.filter(pk=appeal.pk).update(
            published_at=clock.now() - dt.timedelta(hours=number)
        )
    client = Client()

    with CaptureQueriesContext(connection) as captured:
        first = client.get("/answers/").content.decode()
        said = [query["sql"] for query in captured.captured_queries]
    after = re.search(r"after=([\w-]+)", first)
    assert after is not None
    second = client.get(f"/answers/?after={after[1]}").content.decode()

    assert len(said) == 1
    assert "NULLS LAST" not in said[0]
    numbers = [set(re.findall(r"/answers/(\d{19})/", page)) for page in (first, second)]
    assert [len(found) for found in numbers] == [15, 2]
    assert not numbers[0] & numbers[1]
