"""At the seat, while typing: the same matter told before, and where it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.factories import appeals as make
from tests.factories.world import World
from tests.web.signed_in import client_of

from jiesu.search import places, store
from jiesu.search.indexing import Indexer

MIXER = {
    "title": "榕苑小区旁搅拌站噪音扰民", "address": "榕苑小区", "category_code": "0105",
    "content": "榕苑小区旁边新建搅拌站，夜里机器轰鸣，灰尘很大，老人睡不着，要求处理。",
}  # fmt: skip
TYPED = "我住榕苑小区，旁边的搅拌站夜里噪音大得睡不着，灰尘也大"


@pytest.fixture
def indexer(settings: Any, tmp_path: Path) -> Iterator[Indexer]:
    """An indexer with a folder of its own."""
    settings.JIESU_VAR = tmp_path
    store.reader.forget()
    places.forget()
    yield Indexer()
    store.reader.forget()
    places.forget()


def settle(indexer: Indexer) -> None:
    while store.current() is None:
        indexer.catch_up()
    indexer.catch_up()
    store.reader.forget()


def asked(client: Client, **typed: str) -> str:
    return client.post("/seat/similar/", typed).content.decode()


def test_others_who_told_of_it_are_shown_with_reasons_and_no_other_matter(
    world: World, indexer: Indexer
) -> None:
    for phone in ("13812340001", "13812340002"):
        make.dispatched(world, phone=phone, **MIXER)
    make.dispatched(world, phone="13812340003")  # stalls at a station
    settle(indexer)

    page = asked(client_of(world, "agent"), content=TYPED, region_code="350102001")

    assert page.count("榕苑小区旁搅拌站噪音扰民</a>") == 2
    assert "另有 2 件他人反映" in page
    assert "同一地点 榕苑小区" in page
    assert "占道" not in page


def test_the_callers_own_open_order_is_offered_first_for_appending(
    world: World, indexer: Indexer
) -> None:
    own = make.dispatched(world, phone="13812340001", **MIXER)
    make.dispatched(world, phone="13812340002", **MIXER)
    settle(indexer)

    page = asked(client_of(world, "agent"), content=TYPED, phone="13812340001")

    assert "同一来电人" in page
    assert page.index(f'data-sets="merge_into" data-value="{own.number}"') < page.index("挂到这件")


def test_a_cited_number_and_the_words_not_for_the_first_time_give_the_order(world: World) -> None:
    appeal = make.dispatched(world, phone="13812340001", **MIXER)
    client = client_of(world, "agent")

    by_number = asked(client, content=f"我要催一下{appeal.number}这个单子")
    by_person = asked(client, content="上次反映的到现在没人管", phone="13812340001")

    assert "提到了这个编号" in by_number
    assert "上次" in by_person
    assert appeal.title in by_person


def test_a_quoted_title_gives_the_order_though_little_else_is_told(
    world: World, indexer: Indexer
) -> None:
    meant = make.dispatched(world, phone="13812340001", **MIXER)
    for phone in ("13812340002", "13812340003"):
        make.dispatched(world, phone=phone, **MIXER | {"title": "榕苑小区旁搅拌站扬尘"})
    settle(indexer)
    client = client_of(world, "agent")

    page = asked(client, content="《关于榕苑小区旁搅拌站噪音扰民的问题》处理得怎么样了")
    law = asked(client, content="榕苑小区旁搅拌站噪音扰民违反《榕苑小区旁搅拌站噪音扰民管理办法》")

    assert page.count("引用了这件的标题") == 1
    assert page.index("引用了这件的标题") < page.index("搅拌站扬尘")
    assert f'data-sets="repeat_of" data-value="{meant.number}"' in page
    assert "引用了这件的标题" not in law


def test_what_another_city_was_told_is_not_shown(world: World, indexer: Indexer) -> None:
    make.dispatched(world, **MIXER)
    settle(indexer)

    page = asked(client_of(world, "xiamen_agent"), content=TYPED)

    assert "搅拌站噪音扰民" not in page


def test_without_an_index_the_open_orders_of_class_and_area_are_shown(world: World) -> None:
    appeal = make.dispatched(world)

    page = asked(client_of(world, "agent"), category_code="0105", region_code="350102001")

    assert "同类同区在办" in page
    assert appeal.title in page


def test_the_panel_costs_few_statements_however_many_fit(
    world: World, indexer: Indexer, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make.dispatched(world, phone=f"138123400{number:02}", **MIXER)
    settle(indexer)
    client = client_of(world, "agent")
    asked(client, content=TYPED)

    with django_assert_max_num_queries(8):
        asked(client, content=TYPED, phone="13812340001", region_code="350102001")


def test_the_place_told_is_offered_with_region_and_address_by_one_key(
    world: World, indexer: Indexer
) -> None:
    page = client_of(world, "agent").post(
        "/seat/place/", {"content": "鼓楼区东街街道五一北路158号门口有人占道"}
    )

    said = page.content.decode()
    assert 'data-picks="region_code" data-value="350102001"' in said
    assert 'data-fill="五一北路158号门口"' in said
    assert 'data-key="alt+l"' in said


@pytest.mark.parametrize("text", ["", "a", "😀" * 300, "1" * 50_000, "《" * 9_000, "\x00\u200b"])
def test_odd_texts_get_an_empty_panel_and_no_error(
    world: World, indexer: Indexer, text: str
) -> None:
    client = client_of(world, "agent")

    assert client.post("/seat/similar/", {"content": text}).status_code == 200
    assert client.post("/seat/place/", {"content": text}).status_code == 200
