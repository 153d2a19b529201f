"""Topics: a matter told by many gathers by itself, within the county; lone orders have none."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World
from tests.web.signed_in import client_of

from jiesu.appeals.models import Appeal
from jiesu.search import store
from jiesu.search.indexing import Indexer
from jiesu.topics import reading, sorting
from jiesu.topics.models import Member, Topic

MIXER = [
    (
        "榕苑小区旁搅拌站噪音扰民",
        "榕苑小区旁边新建搅拌站，夜里机器轰鸣噪音大，灰尘很大，老人睡不着。",
    ),
    (
        "搅拌站噪音灰尘影响榕苑小区",
        "榕苑小区业主反映，搅拌站扬尘灰尘严重，夜里噪音也大，窗户不敢开。",
    ),
    ("榕苑小区附近建搅拌站合理吗", "离榕苑小区不到百米建搅拌站，噪音灰尘污染严重，夜里也开工。"),
]
LATER = MONDAY + dt.timedelta(minutes=5)


@pytest.fixture
def indexer(settings: Any, tmp_path: Path) -> Iterator[Indexer]:
    """An indexer with a folder of its own."""
    settings.JIESU_VAR = tmp_path
    store.reader.forget()
    yield Indexer()
    store.reader.forget()


def settle(indexer: Indexer) -> None:
    while store.current() is None:
        indexer.catch_up()
    indexer.catch_up()
    store.reader.forget()


def told(world: World, number: int, **changes: Any) -> None:
    title, content = MIXER[number % 3]
    make.accepted(world, title=title, content=content, phone=f"1381234000{number}", **changes)


def test_orders_that_tell_of_one_matter_make_a_topic_and_another_matter_stays_alone(
    world: World, indexer: Indexer
) -> None:
    for number in range(3):
        told(world, number)
    for spare in range(6):
        make.accepted(world, title=f"五一北路{spare}号占道经营", phone="13812340009")
    settle(indexer)

    sorting.sort_new(LATER)

    mixer = Topic.objects.get(phrase__contains="搅拌站")
    assert mixer.count == 3
    assert mixer.members.count() == 3
    assert not Member.objects.filter(topic=mixer, appeal__title__contains="占道").exists()


def test_a_later_order_joins_and_sorting_again_changes_nothing(
    world: World, indexer: Indexer
) -> None:
    told(world, 0)
    told(world, 1)
    settle(indexer)
    sorting.sort_new(LATER)
    told(world, 2)
    settle(indexer)

    read = sorting.sort_new(LATER)
    again = sorting.sort_new(LATER)

    assert (read, again) == (1, 0)
    assert Topic.objects.get().count == 3


def test_another_county_has_a_topic_of_its_own(world: World, indexer: Indexer) -> None:
    told(world, 0)
    told(world, 1)
    told(world, 2, region_code="350103")
    settle(indexer)

    sorting.sort_new(LATER)

    assert Topic.objects.get().count == 2


def test_what_was_just_registered_waits_for_the_index_and_without_one_nothing_is_lost(
    world: World, indexer: Indexer
) -> None:
    told(world, 0)
    told(world, 1)

    assert sorting.sort_new(LATER) == 0  # no index yet
    settle(indexer)
    assert sorting.sort_new(MONDAY) == 0  # too fresh
    assert sorting.sort_new(LATER) == 2
    assert Topic.objects.get().count == 2


def test_the_page_lists_topics_of_ones_region_with_their_growth(
    world: World, indexer: Indexer, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        told(world, number)
    settle(indexer)
    sorting.sort_new(LATER)

    (row,) = reading.growing(world.actor("dispatcher"), LATER)
    assert (row.topic.count, row.week, row.week_before) == (3, 3, 0)
    assert reading.growing(world.actor("xiamen_dispatcher"), LATER) == []
    assert reading.growing(world.actor("clerk"), LATER) == []
    client = client_of(world, "dispatcher")
    client.get("/topics/")
    with django_assert_max_num_queries(8):
        client.get("/topics/")


def test_beside_an_order_stands_how_many_others_told_of_it(world: World, indexer: Indexer) -> None:
    for number in range(3):
        told(world, number)
    settle(indexer)
    sorting.sort_new(LATER)
    member = Member.objects.select_related("appeal", "topic").first()
    assert member is not None

    dispatcher = client_of(world, "dispatcher")
    beside = dispatcher.get(f"/topics/of/{member.appeal.number}/").content.decode()
    page = dispatcher.get(f"/topics/{member.topic_id}/").content.decode()
    elsewhere = client_of(world, "xiamen_dispatcher").get(f"/topics/{member.topic_id}/")

    assert "另有 2 件反映同一件事" in beside
    assert page.count("<tr>") == 4
    assert elsewhere.status_code == 404


def test_the_same_words_of_two_roads_are_two_matters(world: World, indexer: Indexer) -> None:
    for road in ("青年路", "翠屏路", "荔园路"):
        for caller in range(2):
            make.accepted(
                world, title=f"{road}井盖缺失", address=f"{road}{20 + caller}号",
                content=f"{road}步行街口人行道上一个井盖不见了，洞口很深，旁边没有警示标志。",
                phone=f"1381234000{caller}",
            )  # fmt: skip
    for spare in range(6):
        make.accepted(world, title=f"五一北路{spare}号占道经营", phone="13812340009")
    settle(indexer)

    sorting.sort_new(LATER)

    covers = Topic.objects.filter(phrase__contains="井盖")
    assert sorted(covers.values_list("phrase", "count")) == [
        ("翠屏路井盖缺失", 2), ("荔园路井盖缺失", 2), ("青年路井盖缺失", 2),
    ]  # fmt: skip


def test_the_merge_dialog_offers_what_tells_of_the_same_matter(
    world: World, indexer: Indexer
) -> None:
    for number in range(3):
        told(world, number)
    for spare in range(6):
        make.accepted(world, title=f"五一北路{spare}号占道经营", phone="13812340009")
    settle(indexer)
    sorting.sort_new(LATER)
    first, second, third = Appeal.objects.filter(title__contains="搅拌站").order_by("pk")

    dialog = client_of(world, "dispatcher").get(
        reverse("orders:move", args=[third.number, "merge"])
    ).content.decode()  # fmt: skip

    assert re.findall(r'data-fills="master" data-fill="(\d+)"', dialog) == [
        second.number, first.number,
    ]  # fmt: skip
