"""A class is learned from examples, honest about how sure it is, and explained by words."""

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiesu.textintel import learn, segment, store, vectors
from jiesu.textintel.asked import Text
from jiesu.textintel.figures import coverage, figures_of
from jiesu.textintel.linear import Linear
from jiesu.textintel.vectors import Spans

MATTERS = {
    "路灯照明": ["路灯不亮", "灯杆歪了路灯不亮", "整条街的路灯熄灭", "路灯白天还亮着", "路灯闪烁"],
    "施工噪声": ["工地半夜施工吵", "凌晨打桩噪声大", "工地噪声扰民", "夜间施工太吵", "打桩机噪声"],
    "拖欠工资": ["老板拖欠工资", "工资三个月没发", "欠薪不给", "工厂拖欠工资", "离职不结工资"],
}
PLACES = ["解放路", "人民广场", "花园小区", "火车站", "市医院旁"]
ODD = ["", " ", "的", "1", "138" * 40, "the street lamp is broken", "路燈不亮，請儘快修復",
       "😀🚧👷‍♀️",
       "路\u200b灯\u200b不亮", "\ud800", "\x00", "路灯" * 25_000]  # fmt: skip


def told() -> tuple[list[Text], list[str]]:
    texts = [
        (Text(f"{place}{words}，请处理。"), label)
        for label, many in MATTERS.items() for words in many for place in PLACES
    ]  # fmt: skip
    return [text for text, _ in texts], [label for _, label in texts]


@pytest.fixture(scope="module")
def model() -> Linear:
    return learn.learn(*told()).model


def test_it_knows_the_class_and_says_which_words_spoke_for_it(model: Linear) -> None:
    best = model.answers(Text("东湖路的路灯一个星期不亮了"))

    assert best[0].label == "路灯照明"
    assert any("路灯" in word for word in best[0].words)
    assert [a.probability for a in best] == sorted((a.probability for a in best), reverse=True)


def test_a_text_it_knows_nothing_of_gets_no_answer(model: Linear) -> None:
    assert model.answers(Text("")) == []
    assert model.answers(Text("zzqqxx")) == []


def test_of_a_text_that_holds_little_it_has_met_it_is_less_sure(model: Linear) -> None:
    known, mixed = Text("路灯不亮，请处理。"), Text("路灯不亮，请处理。" + "鼗醯璺墦缱爨黻" * 6)

    scores = model.scores([known, mixed])

    assert (scores.argmax(axis=1) == model.labels.index("路灯照明")).all()
    assert scores[1].max() < scores[0].max() * 0.8
    assert model.probabilities([mixed]).max() < model.probabilities([known]).max()


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_get_a_sane_answer_at_once(model: Linear, text: str) -> None:
    began = time.process_time()

    answers = model.answers(Text(text, text[:64]))

    assert time.process_time() - began < 1
    assert all(0 <= a.probability <= 1 for a in answers)


@given(st.text(st.characters(), max_size=300), st.text(st.characters(), max_size=40))
def test_no_text_is_too_odd(body: str, title: str) -> None:
    model = _plain()

    answers = model.answers(Text(body, title))

    assert len(answers) <= 3
    assert all(0 <= a.probability <= 1 for a in answers)
    assert "".join(segment.words(body)) == body


_kept: list[Linear] = []


def _plain() -> Linear:
    if not _kept:
        _kept.append(learn.learn(*told()).model)
    return _kept[0]


def test_the_same_texts_teach_the_same_model(model: Linear) -> None:
    again = learn.learn(*told()).model

    np.testing.assert_array_equal(again.weights, model.weights)
    np.testing.assert_array_equal(again.calibration.trust, model.calibration.trust)


def test_a_batch_answers_as_one_text_does(model: Linear) -> None:
    texts, _ = told()

    together = model.probabilities(texts)
    alone = np.vstack([model.probabilities([text]) for text in texts[:7]])

    np.testing.assert_allclose(together[:7], alone, rtol=1e-4)


def test_near_duplicates_do_not_flatter_the_held_out_figures() -> None:
    # given: labels by chance, every text told four times
    chance = np.random.default_rng(3)
    texts = [Text("".join(chance.choice(list("甲乙丙丁戊己庚辛"), 12))) for _ in range(60)] * 4
    labels = [str(x) for x in chance.integers(0, 2, 60)] * 4
    groups = [str(i) for i in range(60)] * 4

    grouped = learn.learn(texts, labels, groups).figures["accuracy"]
    naive = learn.learn(texts, labels).figures["accuracy"]

    assert naive > 0.9
    assert grouped < 0.7


def test_one_label_teaches_nothing() -> None:
    with pytest.raises(learn.TooLittle):
        learn.learn([Text("路灯"), Text("路灯不亮")], ["甲", "甲"])


def test_what_is_taken_for_another_label_is_learned_from_what_was_held_out() -> None:
    # given: whatever scores highest for the second label belongs to the third, a rare one
    chance = np.random.default_rng(5)
    y = np.array([0] * 60 + [2] * 30)
    scores = np.zeros((90, 3), dtype=np.float32)
    scores[:60, 0] = scores[60:, 1] = 0.6
    scores += chance.normal(0, 0.05, scores.shape).astype(np.float32)
    side = np.arange(90) % 3

    calibration, probable, sure = learn.calibrate(scores, side, y)

    assert (scores.argmax(axis=1) == y).mean() < 0.7
    assert (probable.argmax(axis=1) == y).all()
    np.testing.assert_allclose(calibration.probabilities(scores).sum(axis=1), 1, rtol=1e-5)
    assert (sure > 0.5).all()


def test_each_span_of_characters_counts_once_per_place() -> None:
    counted = vectors.counts([Text("啊啊啊"), Text(""), Text("乙", "甲")], Spans(chars=2, words=0))

    assert counted.sum(axis=1).tolist() == [[5.0], [0.0], [2.0]]
    assert counted[0].nnz == 2


def test_coverage_is_the_largest_share_that_is_precise_enough() -> None:
    right = np.array([True] * 97 + [False] * 3 + [False] * 100)
    sure = np.linspace(1, 0, 200)

    assert coverage(right, sure) == 0.5
    assert coverage(~right, sure) == 0.0


def test_figures_of_nothing_are_a_count_of_nothing() -> None:
    assert figures_of([], ["甲"], np.zeros((0, 1)), np.zeros(0)) == {"count": 0}


def test_a_stored_model_answers_as_before(model: Linear, tmp_path: Path) -> None:
    checksum = store.save(model, tmp_path / "m.npz")

    again = store.load(tmp_path / "m.npz", checksum)

    texts = told()[0]
    before, after = model.probabilities(texts), again.probabilities(texts)
    np.testing.assert_array_equal(after.argmax(axis=1), before.argmax(axis=1))
    np.testing.assert_allclose(after, before, atol=0.01)


@pytest.mark.parametrize("harm", ["missing", "cut", "changed", "other format"])
def test_a_file_that_is_not_whole_is_told(
    model: Linear, tmp_path: Path, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "m.npz"
    checksum = store.save(model, file)
    content = file.read_bytes()
    match harm:
        case "missing":
            file.unlink()
        case "cut":
            file.write_bytes(content[: len(content) // 2])
            checksum = ""
        case "changed":
            file.write_bytes(content[:-30] + b"x" * 30)
        case "other format":
            monkeypatch.setattr(store, "FORMAT", 99)

    with pytest.raises(store.WrongModel, match="模型文件"):
        store.load(file, checksum)


def test_an_ngram_that_tells_labels_apart_weighs_more_than_one_as_rare_that_does_not():
    texts = [Text(f"路灯{n}请问甲") for n in range(4)] + [Text(f"井盖{n}请问甲") for n in range(4)]
    # 夜 stands in as many texts as 灯, of both labels alike
    texts = [Text(text.body + ("夜" if n % 2 else "")) for n, text in enumerate(texts)]
    features = learn.learn(texts, ["路灯"] * 4 + ["井盖"] * 4).model.features

    def weight(gram: str) -> float:
        read = vectors.read([Text(gram)], Spans(chars=1, words=0))
        return float(features.idf[features.column_of(read.bucket)[0]])

    assert weight("灯") > 1.5 * weight("夜")


def test_texts_that_are_all_near_duplicates_teach_nothing() -> None:
    texts, labels = told()

    with pytest.raises(learn.TooLittle, match="近似重复"):
        learn.learn(texts, labels, ["one"] * len(texts))
