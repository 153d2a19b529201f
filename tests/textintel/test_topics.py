"""Topics: one matter told by many stands together, other matters stay apart."""

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from jiesu.textintel.similar import terms
from jiesu.textintel.topics import Board, closeness, phrase

DAY = dt.datetime(2026, 5, 4, 9, tzinfo=dt.UTC)
TOLD = [
    ("榕苑小区旁搅拌站噪音扰民", "榕苑小区旁边新建搅拌站，夜里机器轰鸣，灰尘很大，老人睡不着。"),
    ("搅拌站灰尘大影响榕苑小区", "榕苑小区业主，搅拌站扬尘严重，窗户不敢开，噪音也大。"),
    ("榕苑小区附近建搅拌站合理吗", "离榕苑小区不到百米建搅拌站，噪音粉尘污染严重，请查处。"),
    ("咨询公积金提取", "买了二手房，想咨询公积金提取需要哪些材料。"),
    ("三坊巷路灯不亮", "三坊巷整条巷子路灯坏了一周，晚上出门看不见。"),
    ("榕苑小区电梯故障", "榕苑小区3号楼电梯停了三天，老人上下楼困难。"),
]


def vectors() -> list[dict[str, float]]:
    counted = [terms.counts(title, text) for title, text in TOLD]
    others = [
        ["夜市"],
        ["公交"],
        ["榕苑", "社保"],
        ["小区", "占道"],
        ["水管"],
    ] * 8  # a centre hears of more
    frequencies = terms.Counted([*counted, *others])
    return [terms.vector(c, frequencies) for c in counted]


def test_one_matter_told_by_several_is_one_topic_and_another_at_the_same_place_is_not() -> None:
    board = Board()

    topics = [board.take_in(i, v, DAY) for i, v in enumerate(vectors())]

    assert topics[0] == topics[1] == topics[2]
    assert len({topics[0], *topics[3:]}) == 4


def test_a_topic_is_named_by_the_title_nearest_to_all() -> None:
    board, found = Board(), vectors()
    topic = max(board.take_in(i, v, DAY) for i, v in enumerate(found[:3]))

    name = phrase([title for title, _ in TOLD[:3]], found[:3], board.clusters[topic])

    assert "搅拌站" in name
    assert "榕苑" in name


def test_what_was_silent_for_long_begins_a_new_topic() -> None:
    board, found = Board(), vectors()

    first = board.take_in(0, found[0], DAY)
    much_later = board.take_in(1, found[1], DAY + dt.timedelta(days=400))

    assert first != much_later


def test_clusters_that_come_near_each_other_are_united_and_keep_their_members() -> None:
    board, found = Board(join=0.99), vectors()
    for index in (0, 0, 1, 1):
        board.take_in(index, found[index], DAY)
    assert len(board.clusters) == 2

    board.unite = 0.2
    gone = board.settle()

    assert gone == 1
    assert sorted(*board.members.values()) == [0, 0, 1, 1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=80), max_size=6))
def test_any_texts_are_clustered_each_once(texts: list[str]) -> None:
    counted = [terms.counts(text, text) for text in texts]
    frequencies = terms.Counted(counted)
    board = Board()

    for index, one in enumerate(counted):
        vector = terms.vector(one, frequencies)
        topic = board.take_in(index, vector, DAY)
        assert 0 <= closeness(vector, board.clusters[topic]) <= 1.000001

    assert sorted(m for members in board.members.values() for m in members) == list(
        range(len(texts))
    )
