"""One form for a text, and where each of its characters stood."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiesu.textintel.normalize import normalize


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("我要跳\u200b樓", "我要跳楼"),
        ("煤氣洩漏，開門後發現", "煤气泄漏，开门后发现"),
        ("ＴＮＴ１２３", "TNT123"),
        ("①号楼㎡", "1号楼m2"),
        ("火乍弓单", "炸弹"),
        ("ТNТ", "TNT"),  # two Cyrillic letters
        ("汽\u0335油\u0336", "汽油"),
        ("⽕灾", "火灾"),  # a radical that looks like 火
        ("𝟏𝟏𝟎", "110"),
        ("发生火灾然后起火然后报警", "发生火灾然后起火然后报警"),
    ],
)
def test_what_dodges_a_word_list_by_its_looks_is_undone(written, read):
    assert normalize(written).text == read


@pytest.mark.parametrize("written", ["我要跳 楼", "我要跳*楼", "我要跳\u200b-楼", "我 要 跳 楼"])
def test_signs_put_between_characters_fall_away_in_the_tight_form(written):
    assert normalize(written).tight().text == "我要跳楼"


def test_a_span_is_shown_as_it_was_written():
    text = normalize("他说：\u200b㎡我要跳\u200b 樓了").tight()

    start = text.text.index("跳楼")

    assert text.quoted(start, start + 2) == "跳\u200b 樓"


def test_punctuation_that_cuts_sentences_stays():
    assert normalize("好，行。吗？").tight().text == "好，行。吗？"


@given(st.text(st.characters(codec=None), max_size=200))
def test_every_character_knows_where_it_stood(text):
    for form in (normalize(text), normalize(text).tight()):
        spans = [form.span(i, i + 1) for i in range(len(form.text))]

        assert all(0 <= a < b <= len(text) for a, b in spans)
        assert spans == sorted(spans)
        if form.text:
            assert form.span(0, len(form.text)) == (spans[0][0], spans[-1][1])


@pytest.mark.parametrize("piece", ["跳\u200b", "①", "跳 楼*", "木仓", "\ud800"])
def test_fifty_thousand_characters_take_no_time(piece):
    before = time.process_time()

    normalize(piece * 50_000).tight()

    assert time.process_time() - before < 1
