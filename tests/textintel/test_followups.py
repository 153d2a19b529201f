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
    assert ranked[0][1] > 2 * ranked[1][1]


def test_a_title_that_fits_many_means_the_one_told_last() -> None:
    months_ago = Earlier("20260101000001", "市民来电反映：出租车绕道，投诉司机。", day=1)
    yesterday = Earlier("20260502000001", "市民来电反映：乘坐出租车，司机绕路收费28元。", day=122)
    others = [
        Earlier(f"2026010100001{n}", f"市民来电反映：{place}路灯不亮。", day=1)
        for n, place in enumerate(["金榕路", "学军路", "海甸", "白沙门", "府城", "新埠岛"])
    ]

    ranked = Pool([months_ago, yesterday, *others]).rank("关于投诉出租车绕道的问题", day=123)

    assert ranked[0][0] == yesterday.key


def test_of_the_same_text_twice_on_one_day_the_first_is_meant() -> None:
    text = "市民来电反映：白沙门公园门口违停。"
    pool = Pool([Earlier("20260502000009", text, day=5), Earlier("20260502000004", text, day=5)])

    assert pool.rank("关于白沙门公园门口违停的问题", day=6)[0][0] == "20260502000004"


def test_what_an_earlier_follow_up_quotes_is_told_of_the_order_it_cites() -> None:
    meant = Earlier("20260501000001", "市民来电反映：其学费一直未退，认为不合理。", day=10)
    follow_up = Earlier(
        "20260502000002", "来电反馈：工单号20260501000001《关于政通驾校不退款的问题》结果。", day=11
    )
    other = Earlier("20260501000003", "市民来电反映：驾校不让预约考试。", day=10)

    ranked = Pool([meant, follow_up, other]).rank("关于政通驾校不退款的问题", day=12)

    assert ranked[0][0] == meant.key


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
