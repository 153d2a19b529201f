"""How angry a text sounds, by its words; and whether one person's tone rises."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiesu.textintel.emotion import Mood, emotion, rising


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("请问公积金怎么提取？谢谢", Mood.CALM),
        ("路灯坏了三天没人修，希望尽快处理。", Mood.CALM),
        ("反映多次还是没解决。", Mood.DISCONTENT),
        ("你们就是踢皮球，推诿，太不负责任。", Mood.ANGRY),
        ("忍无可忍！一帮狗官，再不处理我就上访曝光你们", Mood.FURIOUS),
    ],
)
def test_the_tone_is_told_by_its_words(text, mood) -> None:
    felt = emotion(text)

    assert felt.mood is mood
    assert all(word in text for word in felt.words)


def test_the_words_are_shown_as_written_even_with_invisible_characters() -> None:
    assert "忍無可\u200b忍" in emotion("忍無可\u200b忍，太过分").words


def test_saying_a_word_again_does_not_make_it_angrier() -> None:
    assert emotion("推诿" * 20).score == emotion("推诿").score


@pytest.mark.parametrize(
    ("scores", "rises"),
    [
        ([], False),
        ([0.9], False),
        ([0.1, 0.2, 0.7], True),
        ([0.1, 0.5], False),
        ([0.8, 0.8, 0.85], False),
        ([0.8, 0.1, 0.85], False),
        ([0.7, 0.2, 0.1], False),
    ],
)
def test_a_tone_rises_only_to_anger_and_only_from_calmer_texts(scores, rises) -> None:
    assert rising(scores) is rises


@settings(max_examples=60)
@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_has_a_tone(text) -> None:
    assert 0 <= emotion(text).score <= 1


@pytest.mark.parametrize("piece", ["", "推诿", "！", "a", "😀"])
def test_fifty_thousand_characters_take_no_longer_than_a_page(piece) -> None:
    before = time.process_time()

    emotion(piece * 50_000)

    assert time.process_time() - before < 1
