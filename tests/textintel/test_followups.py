"""Follow-ups: the order that a text speaks of is found, laws and laughter are not taken for one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiesu.textintel.similar.followups import Earlier, Pool, cited

ORDERS = [
    Earlier("20260501000001", "市民来电反映：金榕路与学军路口红绿灯不亮，早高峰混乱。", day=10),
    Earlier("20260501000002", "市民来电反映：金榕路夜市占道经营，油烟大。", day=10),
    Earlier("20260502000003", "市民来电反映：榕苑小区3号楼外墙渗水。", day=11),
    Earlier("20260503000004", "反馈：《关于金榕路与学军路口红绿灯不亮的问题》结果。", day=12),
]  # fmt: skip


def test_the_order_with_the_quoted_title_comes_first_and_not_another_follow_up_of_it() -> None:
    ranked = Pool(ORDERS).rank("关于金榕路与学军路口红绿灯不亮的问题", day=13)

    assert ranked[0][0] == "20260501000001"
    assert ranked[0][1] > 0.7


def test_what_came_later_and_the_asking_order_itself_are_never_meant() -> None:
    pool = Pool(ORDERS)

    assert pool.rank("关于榕苑小区3号楼外墙渗水的问题", day=10) == [] or (
        pool.rank("关于榕苑小区3号楼外墙渗水的问题", day=10)[0][0] != "20260502000003"
    )
    found = pool.rank("关于金榕路夜市占道经营的问题", key="20260501000002", day=10)
    assert "20260501000002" not in [key for key, _ in found]


def test_numbers_titles_and_not_for_the_first_time_are_read() -> None:
    said = cited("工单号２０１８０６２４２６２３９１《关于长香路尽头排放污水的问题》，上次反映")

    assert said.numbers == ("20180624262391",)
    assert said.titles == ("关于长香路尽头排放污水的问题",)
    assert said.again


@pytest.mark.parametrize(
    "text",
    ["根据《中华人民共和国物权法》要求物业公开账目", "手机号13812345678，想咨询社保", "", "😀"],
)
def test_a_law_a_telephone_and_nothing_are_no_citation(text: str) -> None:
    said = cited(text)

    assert not said.titles
    assert not said.numbers


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_answered(title: str, text: str) -> None:
    ranked = Pool([*ORDERS, Earlier("x", text, title)]).rank(title, text)

    assert all(0 <= score <= 1 for _, score in ranked)
    cited(text)


def test_fifty_thousand_characters_do_not_stall() -> None:
    long = "金榕路路灯不亮。" * 6_250

    assert Pool([*ORDERS, Earlier("long", long)]).rank(long, long)
    cited("《" * 50_000)
