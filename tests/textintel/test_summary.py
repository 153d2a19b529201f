"""Title and summary are the text's own words, in its order."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiesu.textintel.summary import LINE, TITLE, summarize

LETTER = (
    "尊敬的领导：您好！我是幸福小区的一名业主。幸福小区3栋楼下的烧烤店每天营业到凌晨三点，油烟直接排到居民窗口，"
    "家里老人咳嗽了两个月。我们向物业反映过，物业说管不了。店里的音响开得很大，孩子没法写作业。"
    "上个月城管来过一次，第二天又照旧。希望相关部门责令烧烤店安装油烟净化设备，并且晚上十点以后停止营业。谢谢！"
)


def plain(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_the_title_says_what_it_is_about_in_words_of_the_text() -> None:
    title = summarize(LETTER).title

    assert "烧烤店" in title
    assert len(title) <= TITLE
    assert all(piece in LETTER for piece in title.split("，"))


def test_a_title_whose_clause_names_no_place_begins_with_it() -> None:
    said = summarize(
        "我住在金榕路榕苑小区3号楼。最近地下车库积水很严重，物业一直不管。希望尽快处理。"
    )

    assert said.title.startswith("金榕路榕苑小区3号楼")
    assert "车库积水" in said.title


def test_three_lines_in_the_order_of_the_text_one_of_them_what_is_wanted() -> None:
    said = summarize(LETTER)

    places = [LETTER.index(line.rstrip("…")) for line in said.lines]
    assert len(said.lines) == 3
    assert places == sorted(places)
    assert "希望" in said.lines[said.wanted]
    assert not any("您好" in line for line in said.lines)


def test_speech_without_full_stops_is_parted_at_its_commas() -> None:
    said = summarize("我们村的路修了两年还没修好，" * 3 + "下雨全是泥，孩子上学不方便，" * 8)

    assert said.lines
    assert all(len(line) <= LINE for line in said.lines)


@pytest.mark.parametrize("text", ["", " ", "？", "12345", "hello", "的", "😀" * 30])
def test_a_text_that_says_nothing_has_no_lines_or_only_itself(text) -> None:
    said = summarize(text)

    assert len(said.title) <= TITLE
    assert all(line.rstrip("…") in text for line in said.lines)


@settings(max_examples=60)
@given(st.text(st.characters(codec=None), max_size=400))
def test_any_text_is_answered_with_its_own_words(text) -> None:
    said = summarize(text)

    assert len(said.title) <= TITLE
    assert all(plain(line.rstrip("…")) in plain(text) for line in said.lines)


@pytest.mark.parametrize("piece", ["路灯坏了。", "路", "，", "a b ", "希望修路，"])
def test_fifty_thousand_characters_do_not_stall(piece) -> None:
    before = time.process_time()

    summarize(piece * (50_000 // len(piece)))

    assert time.process_time() - before < 3


def test_the_area_that_stands_in_its_own_field_takes_no_room_in_the_title() -> None:
    said = summarize("福州市鼓楼区东街街道幸福小区3栋楼下的烧烤店每天营业到凌晨三点，太吵。")

    assert said.title.startswith("幸福小区3栋楼下的烧烤店")
