"""Text as people send it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiesu.foundation.errors import Invalid
from jiesu.foundation.text import clean_text, tidy


def test_control_and_zero_width_characters_go_and_the_words_stay() -> None:
    text = "\ufeff停\u200b水\x00三\u202e天\u00ad了\x07\ud800"

    assert tidy(text) == "停水三天了"


def test_lines_are_kept_where_lines_make_sense_and_joined_where_not() -> None:
    text = "  第一行\r\n第二行\u2028第三行\t末　"

    assert tidy(text) == "第一行\n第二行\n第三行\t末"
    assert tidy(text, multiline=False) == "第一行 第二行 第三行 末"


def test_emoji_stay_whole() -> None:
    family = "👨\u200d👩\u200d👧谢谢❤️👍🏽"

    assert tidy(family) == family
    assert tidy("张\u200d三") == "张三"


def test_mongolian_keeps_the_shapes_of_its_letters() -> None:
    assert tidy("ᠭ\u180eᠠ停\u180b水") == "ᠭ\u180eᠠ停水"


def test_too_long_a_text_is_refused_with_both_lengths_and_nothing_else() -> None:
    with pytest.raises(Invalid) as refused:
        clean_text("长" * 50_000, max_length=5_000, field="content", label="诉求内容")

    error = refused.value.errors[0]
    assert (error.field, error.code) == ("content", "too_long")
    assert error.message == "诉求内容最多 5000 个字，现在有 50000 个字，请删减后再提交。"


def test_a_text_is_measured_after_it_is_tidied() -> None:
    assert clean_text(" 好\u200b ", max_length=1, field="f", label="标题") == "好"


@given(st.text())
def test_tidying_is_stable_and_leaves_what_any_database_can_store(text: str) -> None:
    tidied = tidy(text)

    assert tidy(tidied) == tidied
    assert unicodedata.is_normalized("NFC", tidied)
    assert "\x00" not in tidied
    tidied.encode()
