"""Warnings while typing, word lists edited with a trial, the reply gate overruled with a reason."""

import gzip
import time
from typing import Any

import pytest
from django.test import Client
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World
from tests.web.signed_in import client_of

from jiesu.appeals.actions import review
from jiesu.appeals.models import Event
from jiesu.catalogue.models import WordList
from jiesu.foundation import clock
from jiesu.foundation.errors import Invalid
from jiesu.textintel.warnings import reading
from jiesu.warnings import raising

LIST = {
    "what": "warning/mass", "name": "堵桥", "words": "堵桥头", "harmless": "堵桥头小吃",
    "must_hit": "他们说明天去堵桥头。", "must_not_hit": "堵桥头小吃店油烟大。", "owner": "孙效",
    "region": "350100", "hint": "", "effective": "", "reason": "去年发生过",
}  # fmt: skip


def seat_says(world: World, content: str) -> str:
    shown = client_of(world, "agent").post(
        "/seat/warn/", {"content": content, "urgency": "3", "region_code": "350102"}
    )
    assert shown.status_code == 200
    return shown.content.decode()


def test_while_typing_a_threat_shows_its_class_words_and_minutes(world: World) -> None:
    page = seat_says(world, "路灯不亮。再不处理我就从你们大楼跳下去，你们看着办！")

    assert "扬言极端" in page
    assert "2 分钟内处置" in page
    assert "跳下去" in page.split("<mark>")[1].split("</mark>")[0]


def test_an_ordinary_complaint_shows_nothing(world: World) -> None:
    assert "预警" not in seat_says(world, "路灯坏了三天没人修。")


@pytest.mark.parametrize(
    "text",
    ["", "的", "12345", "please help", "跳\u200b楼" * 3, "煤气洩漏", "😀" * 50, "路" * 50_000],
)
def test_any_text_is_answered_at_the_seat_without_a_stall(world: World, text: str) -> None:
    before = time.process_time()

    seat_says(world, text)

    assert time.process_time() - before < 5


def test_what_an_invisible_character_parts_is_found_all_the_same(world: World) -> None:
    assert "扬言极端" in seat_says(world, "我要跳\u200b 樓了，你们看着办")


def test_a_list_is_tried_on_the_last_month_before_it_holds(world: World) -> None:
    make.registered(world, clock.now(), content="有人说明天去堵桥头，请处理。")
    make.registered(world, clock.now(), content="路灯坏了三天没人修。")
    client = client_of(world, "supervisor")

    tried = client.post("/warnings/words/new/", {**LIST, "then": "save"})

    page = tried.content.decode()
    assert '看了 <b class="number">2</b> 件工单，会命中 <b class="number">1</b> 件' in page
    assert "堵桥头</mark>" in page
    assert not WordList.objects.filter(name="堵桥").exists()

    digest = _digest(tried)
    changed = client.post(
        "/warnings/words/new/",
        {**LIST, "words": "堵桥头\n封桥", "must_hit": "去堵桥头。\n要封桥。", "then": "save",
         "tried": digest},
    )  # fmt: skip
    assert "内容改过，已重新试算" in changed.content.decode()
    for _ in range(2):  # a double click
        saved = client.post(
            "/warnings/words/new/",
            {**LIST, "then": "save", "tried": digest, "idempotency_key": "k" * 32},
        )
        assert saved.status_code == 302
    assert WordList.objects.filter(name="堵桥").count() == 1
    assert "群体聚集" in seat_says(world, "他们说明天去堵桥头")


def test_two_people_at_one_list_the_second_is_told(world: World) -> None:
    client = client_of(world, "supervisor")
    digest = _digest(client.post("/warnings/words/new/", LIST))
    client.post("/warnings/words/new/", {**LIST, "then": "save", "tried": digest})
    address = f"/warnings/words/{WordList.objects.get(name='堵桥').key}/"
    seen = client.get(address).content.decode().split('name="seen" value="')[1].split('"')[0]
    first, second = {**LIST, "reason": "先到"}, {**LIST, "reason": "后到", "seen": seen}
    for said in (first, second):
        said["tried"] = _digest(client.post(address, said))

    client.post(address, {**first, "then": "save", "seen": seen})
    refused = client.post(address, {**second, "then": "save"})

    assert refused.status_code == 409
    assert "已被他人修改" in refused.content.decode()
    assert WordList.objects.get(name="堵桥").reason == "先到"


def _digest(answer: Any) -> str:
    return answer.content.decode().split('name="tried" value="')[1].split('"')[0]


def test_a_list_whose_sentences_fail_is_refused_at_the_field(world: World) -> None:
    client = client_of(world, "supervisor")

    refused = client.post("/warnings/words/new/", {**LIST, "must_not_hit": "明天去堵桥头。"})

    assert refused.status_code == 422
    assert "误命中例句" in refused.content.decode()


def test_the_trial_of_a_reply_list_reads_replies(world: World) -> None:
    make.answered(world, clock.now())
    client = client_of(world, "supervisor")

    tried = client.post(
        "/warnings/words/new/",
        {**LIST, "what": "reply/bad_manner", "words": "堵桥头", "then": "try"},
    )

    assert '看了 <b class="number">1</b> 件答复' in tried.content.decode()


def test_who_does_not_keep_the_lists_does_not_see_them(world: World) -> None:
    assert client_of(world, "agent").get("/warnings/words/").status_code == 403
    page = client_of(world, "supervisor").get("/warnings/words/?use=sensitive").content.decode()
    assert "欠薪" in page
    assert "由上级维护" in page


def test_a_reply_with_a_flaw_goes_only_with_a_reason(world: World) -> None:
    appeal = make.reported(world)
    bad = "经核查，占道经营情况属实，已当场劝离并罚款200元，此事不归我们管，由城管局每日巡查。"
    reviewer = world.actor("reviewer")

    with pytest.raises(Invalid) as refused:
        review.approve(appeal, public_reply=bad, actor=reviewer, at=MONDAY)
    review.approve(appeal, "已与单位核实", public_reply=bad, actor=reviewer, at=MONDAY)

    assert refused.value.errors[0].field == "note"
    assert "overruled" in Event.objects.get(appeal=appeal, kind="approve").data


LONG = (
    "尊敬的领导：您好！幸福小区3栋楼下的烧烤店每天营业到凌晨三点，油烟直接排到居民窗口，家里老人咳嗽了两个月。"
    "我们向物业反映过，物业说管不了。店里的音响开得很大，孩子没法写作业。上个月城管来过一次，第二天又照旧。"
    "希望相关部门责令烧烤店安装油烟净化设备，并且晚上十点以后停止营业。谢谢！"
) * 3  # fmt: skip


def test_a_long_text_is_offered_a_title_and_a_summary_at_the_seat(world: World) -> None:
    agent = client_of(world, "agent")

    page = agent.post("/seat/summary/", {"content": LONG, "title": ""}).content.decode()
    titled = agent.post("/seat/summary/", {"content": LONG, "title": "油烟"}).content.decode()
    short = agent.post("/seat/summary/", {"content": "路灯坏了", "title": ""}).content.decode()

    assert 'data-fills="title"' in page
    assert "烧烤店" in page.split('data-fill="')[1].split('"')[0]
    assert "摘要" in page
    assert 'data-fills="title"' not in titled
    assert short.strip() == ""


def test_a_long_order_is_shown_with_its_summary(world: World) -> None:
    appeal = make.registered(world, content=LONG)

    page = client_of(world, "dispatcher").get(f"/orders/{appeal.number}/").content.decode()

    assert "系统摘自原文" in page


def test_rising_anger_shows_at_the_seat_and_on_the_order(world: World) -> None:
    make.registered(world, clock.now(), content="请问楼下烧烤店油烟归谁管？谢谢。")
    angry = make.registered(
        world, clock.now(), content="忍无可忍！你们就是踢皮球、推诿，太过分了，没人管！！"
    )
    agent = client_of(world, "agent")

    called = agent.post("/seat/caller/", {"phone": angry.phone}).content.decode()
    page = agent.get(f"/orders/{angry.number}/").content.decode()

    assert "情绪在升级" in called
    assert "愤怒" in called
    assert "同一人情绪在升级" in page


@pytest.mark.parametrize("how", ["missing", "cut short", "of another make"])
def test_without_the_warnings_model_the_desk_works_on_and_readyz_tells(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    whole = reading.model_file()

    def file() -> bytes:
        if how == "missing":
            raise FileNotFoundError("model.json.gz")
        return whole[:2000] if how == "cut short" else gzip.compress(b'{"version": "9"}')

    monkeypatch.setattr(reading, "model_file", file)
    reading.builtin_model.cache_clear()
    reading.model_trouble.cache_clear()
    try:
        page = seat_says(world, "再不处理我就从你们大楼跳下去")
        checks = Client().get("/readyz").json()["checks"]
    finally:
        monkeypatch.undo()
        reading.builtin_model.cache_clear()
        reading.model_trouble.cache_clear()

    assert "预警模型暂不可用" in page
    assert checks["text models"].startswith("warn")


def test_the_warnings_of_a_desk_are_not_found_by_gathering_all_its_orders(world: World) -> None:
    rows = raising.visible_to(world.actor("dispatcher")).filter(acted_at=None).order_by("act_by")

    assert "EXISTS" in str(rows[:31].query)
    assert " IN (SELECT" not in str(rows[:31].query)
