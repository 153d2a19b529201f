"""Warnings are read from context, never from a word alone."""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiesu.textintel.warnings import Kind, Level, builtin_model, read_warnings
from jiesu.textintel.warnings.sensitive import sensitive_classes
from jiesu.textintel.wordlists import WordList

SET = Path(__file__).parents[2] / "bench/text/warnings.csv"


def kinds(text):
    return [one.kind for one in read_warnings(text).found]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("药都准备好了，今天不给答复我就喝下去", Kind.EXTREME),
        ("我站在天台上，你们看着办", Kind.EXTREME),
        ("我要跳\u200b 樓了", Kind.EXTREME),
        ("楼道里全是燃气味，快来人看看", Kind.SUDDEN_DANGER),
        ("电梯卡住了，我们三个人被困在里面出不来", Kind.SUDDEN_DANGER),
        ("五十多个工人堵在公司门口拉横幅要工资", Kind.MASS),
        ("我们老兵约好下周进京上访", Kind.STABILITY),
        ("再不处理我就发到抖音上曝光你们", Kind.OPINION),
    ],
)
def test_what_calls_for_an_act_is_found_with_its_class(text, kind):
    assert kinds(text)[:1] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "商场门口写着跳楼价甩卖，我买了以后发现是假货",
        "气死我了，路灯坏了一个月没人修",
        "我想咨询一下上访的流程是什么",
        "请问煤气罐年检去哪里",
        "去年我们小区着过火，消防通道到现在还是被占",
        "药都准备好了，请问志愿者什么时候来取捐赠的药品",
        "表扬一个消防员，昨天从火场救出了我奶奶",
        "早餐店油烟扰民，希望尽快处理",
    ],
)
def test_harmless_talk_does_not_warn(text):
    assert kinds(text) == []


def test_a_warning_shows_the_words_as_they_were_written():
    text = "路灯坏了没人修。我要跳\u200b 樓了，你们看着办！谢谢"

    found = read_warnings(text).found[0]

    assert found.level == Level.CRITICAL
    assert "跳\u200b 樓" in text[found.start : found.end]
    assert found.words
    assert "路灯" not in text[found.start : found.end]


def test_speech_without_punctuation_is_judged_piece_by_piece():
    text = "喂你好我是住在幸福小区的那个物业一直不管我们的事情打了好多次电话都没有人来" * 3
    assert kinds(text) == []

    assert kinds(text + "我跟你说再不来人我就从楼上跳下去大家都别想好过") == [Kind.EXTREME]


def test_a_centres_own_list_is_sure_outside_its_harmless_words():
    own = WordList("本地名单", "mass", ("堵桥头",), harmless=("堵桥头小吃",))

    found = read_warnings("他们说去堵桥头", lists=[own]).found
    assert [w.kind for w in found if w.source == "本地名单"] == [Kind.MASS]
    assert not read_warnings("堵桥头小吃店的油烟", lists=[own]).found


def test_sensitive_classes_are_named_with_their_words():
    assert sensitive_classes("老板拖欠工资三个月，我是退伍老兵") == {
        "欠薪": "拖欠工资",
        "涉军退役": "退伍",
    }


def test_the_held_out_sentences_are_told_as_the_docs_say():
    with SET.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] == "test"]
    pressing = [r for r in rows if r["label"] in ("extreme", "sudden_danger")]
    line = builtin_model().threshold

    recall = sum(read_warnings(r["text"]).score > line for r in pressing) / len(pressing)

    assert len(pressing) > 100
    assert recall >= 0.97


@settings(deadline=None, max_examples=80)
@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_is_answered(text):
    reading = read_warnings(text)

    assert 0 <= reading.score <= 1
    assert all(0 <= one.start <= one.end <= len(text) for one in reading.found)


@pytest.mark.parametrize("piece", ["", "的", "1", "我要跳楼", "a b ", "😀", "，", "。", "着火"])
def test_fifty_thousand_characters_are_answered_in_time(piece):
    before = time.process_time()

    read_warnings(piece * (50_000 // max(len(piece), 1)))

    assert time.process_time() - before < 1
