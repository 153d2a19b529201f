"""Search: what one may see, nothing else; an index that is lost comes back by itself."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.appeals.actions import dispatch
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.models import Appeal, Assignment
from jiesu.organizations.models import PathMove
from jiesu.search import finding, indexing, store, words
from jiesu.search.indexing import Indexer

PIPE = {
    "title": "温泉公园自来水管爆裂",
    "content": "温泉公园旁自来水管爆裂，路面积水，居民家中停水。",
    "category_code": "0201",
}


@pytest.fixture
def indexer(settings: Any, tmp_path: Path) -> Iterator[Indexer]:
    """An indexer with a folder of its own."""
    settings.JIESU_VAR = tmp_path
    store.reader.forget()
    yield Indexer()
    store.reader.forget()


def settle(indexer: Indexer) -> None:
    """Turn until the index is there and up to date, and look at it anew."""
    while store.current() is None:
        indexer.catch_up()
    indexer.catch_up()
    store.reader.forget()


def test_words_of_title_content_address_class_and_unit_find_an_appeal(
    world: World, indexer: Indexer
) -> None:
    appeal = make.dispatched(world, address="五一北路158号")
    make.accepted(world, **PIPE)
    settle(indexer)
    agent = world.actor("agent")

    for query in ("占道经营", "商贩", "五一北路", "城管局", "东街口 商贩", "鼓楼区 占道"):
        assert finding.find(query, agent) == [appeal.number], query
    assert finding.find("不存在的东西xyz", agent) == []


def test_nobody_finds_what_is_out_of_scope(world: World, indexer: Indexer) -> None:
    appeal = make.dispatched(world)
    settle(indexer)

    who = {
        name: finding.find("占道经营", world.actor(name))
        for name in ("clerk", "gulou_clerk", "supervisor", "province_dispatcher",
                     "environment_clerk", "xiamen_agent", "siming_clerk", "system_admin")
    }  # fmt: skip

    assert {name for name, found in who.items() if found == [appeal.number]} == {
        "clerk", "gulou_clerk", "supervisor", "province_dispatcher"
    }  # fmt: skip
    assert not any(
        who[n] for n in ("environment_clerk", "xiamen_agent", "siming_clerk", "system_admin")
    )


def test_a_stale_index_shows_nobody_what_they_may_no_longer_see(
    world: World, indexer: Indexer
) -> None:
    appeal = make.dispatched(world)
    settle(indexer)
    Assignment.objects.filter(appeal=appeal).update(unit_path="9999")

    assert finding.find("占道经营", world.actor("clerk")) == []


def test_an_order_is_found_by_its_number_or_the_beginning_of_it(
    world: World, indexer: Indexer
) -> None:
    appeal = make.accepted(world)
    agent = world.actor("agent")

    assert finding.find(appeal.number, agent) == [appeal.number]
    assert finding.find(appeal.number[:12], agent) == [appeal.number]
    assert finding.find(appeal.number, world.actor("xiamen_agent")) == []


def test_a_telephone_finds_appeals_only_for_those_who_may_know_whose_it_is(
    world: World, indexer: Indexer
) -> None:
    open_one = make.dispatched(world)
    make.dispatched(world, confidentiality="2", phone="13812342046")
    settle(indexer)

    assert len(finding.find("138 1234 2046", world.actor("agent"))) == 2  # she took both in
    assert finding.find("13812342046", world.actor("dispatcher")) == [open_one.number]
    assert finding.find("13812342046", world.actor("leader")) == []


def test_nothing_personal_is_in_the_index(world: World, indexer: Indexer, settings: Any) -> None:
    make.dispatched(world, name="欧阳明镜", phone="13812342046", home_address="仓山区金榕路")
    settle(indexer)

    for secret in ("欧阳明镜", "欧阳", "金榕路"):
        assert finding.find(secret, world.actor("agent")) == []
    files = b"".join(f.read_bytes() for f in Path(settings.JIESU_VAR).rglob("*") if f.is_file())
    assert b"13812342046" not in files
    assert "欧阳".encode() not in files


def test_a_new_appeal_and_a_change_are_seen_at_the_next_turn(
    world: World, indexer: Indexer
) -> None:
    first = make.accepted(world)
    settle(indexer)
    second = make.accepted(world, **PIPE)
    dispatch.assign(
        Appeal.objects.get(pk=first.pk), Order(lead=world.units["urban"]),
        actor=world.actor("dispatcher"), at=MONDAY + dt.timedelta(hours=1),
    )  # fmt: skip

    taken = indexer.catch_up()
    again = indexer.catch_up()
    store.reader.forget()

    assert (taken, again) == (2, 0)
    assert finding.find("水管", world.actor("agent")) == [second.number]
    assert finding.find("占道", world.actor("clerk")) == [first.number]


def test_without_an_index_titles_are_searched_and_it_is_built_by_itself(
    world: World, indexer: Indexer
) -> None:
    appeal = make.accepted(world)
    agent = world.actor("agent")

    before = finding.find("占道经营", agent), finding.find("商贩", agent)
    settle(indexer)

    assert before == ([appeal.number], [])
    assert finding.find("商贩", agent) == [appeal.number]


def test_an_index_that_is_not_there_yet_is_no_warning_a_damaged_one_is(
    world: World, indexer: Indexer, caplog: pytest.LogCaptureFixture
) -> None:
    make.accepted(world)
    store.reader._complained = -float("inf")

    finding.find("占道经营", world.actor("agent"))
    settle(indexer)
    before = [record for record in caplog.records if record.levelname == "WARNING"]
    folder = store.current()
    assert folder is not None
    (folder / "meta.json").write_bytes(b"rubbish")
    finding.find("占道经营", world.actor("agent"))

    assert before == []
    assert "the search index cannot be read" in caplog.text


def test_a_damaged_index_is_built_anew(world: World, indexer: Indexer) -> None:
    appeal = make.accepted(world)
    settle(indexer)
    folder = store.current()
    assert folder is not None
    for file in folder.glob("*.*"):
        if file.suffix != ".json" or file.name == "meta.json":
            file.write_bytes(b"rubbish")
    store.reader.forget()
    while_damaged = finding.find("占道经营", world.actor("agent"))
    other = Indexer()
    other.catch_up()

    settle(other)

    assert while_damaged == [appeal.number]
    assert finding.find("商贩", world.actor("agent")) == [appeal.number]


def test_an_index_that_was_deleted_under_a_running_loop_comes_back(
    world: World, indexer: Indexer
) -> None:
    appeal = make.accepted(world)
    settle(indexer)
    shutil.rmtree(store.home())
    store.reader.forget()

    settle(indexer)

    assert finding.find("商贩", world.actor("agent")) == [appeal.number]


def test_readyz_warns_while_there_are_orders_and_no_index(world: World, indexer: Indexer) -> None:
    def told() -> str:
        store.reader.forget()
        answer = Client().get("/readyz").json()
        return str(answer["checks"]["search index"])

    with_no_order = told()
    make.accepted(world)
    before = told()
    settle(indexer)
    built = told()
    folder = store.current()
    assert folder is not None
    (folder / "meta.json").write_bytes(b"rubbish")
    damaged = told()
    shutil.rmtree(store.home())
    lost = told()

    assert (with_no_order, built) == ("ok", "ok")
    assert before == damaged == lost
    assert lost.startswith("warn: none that can be read")


def test_an_interrupted_build_goes_on_where_it_stopped(world: World, indexer: Indexer) -> None:
    for n in range(5):
        make.accepted(world, phone=f"1381234000{n}")
    run = indexing.build(chunk=2)
    next(run)
    run.close()
    del run

    reached = [pk for pk, _ in indexing.build(chunk=2)]
    store.reader.forget()

    assert len(reached) == 2
    assert len(finding.find("占道经营", world.actor("agent"))) == 5


def test_when_a_unit_moves_its_people_still_find_their_orders(
    world: World, indexer: Indexer
) -> None:
    appeal = make.dispatched(world)
    settle(indexer)
    unit = world.units["urban"]
    old, new = unit.path, "00010099"
    type(unit).objects.filter(pk=unit.pk).update(path=new)
    Assignment.objects.filter(appeal=appeal).update(unit_path=new)
    PathMove.objects.create(tree="unit", old_prefix=old, new_prefix=new, at=MONDAY)
    clerk = World(
        world.regions,
        world.units,
        {
            p.user.username: p
            for p in type(world.posts["clerk"]).objects.select_related("user", "unit__region")
        },
    ).actor("clerk")

    indexer.catch_up()
    store.reader.forget()

    assert finding.find("占道经营", clerk) == [appeal.number]


def test_long_words_are_found_by_their_parts() -> None:
    assert {"地铁", "地铁站"} <= set(words.cut("东街口地铁站"))
