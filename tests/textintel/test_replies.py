"""What is wrong with a reply, where, and at which gate."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiesu.cli.text.tasks.replies import evaluate
from jiesu.textintel.redact import Personal, find, redact
from jiesu.textintel.replies import Defect, Gate, check_reply

GOOD = "您好，经现场核实，幸福路3盏路灯因线路老化不亮，11月20日已全部修复，现已正常照明。"


def defects(reply, title="幸福路路灯不亮"):
    return set(check_reply(reply, title=title).defects)


def test_an_empty_reply_has_four_reasons():
    reply = "您好，您反映的问题已转相关部门处理，请联系0898-12345"

    verdict = check_reply(reply, title="幸福路路灯不亮")

    assert set(verdict.defects) == {
        Defect.PERFUNCTORY, Defect.NO_MEASURE, Defect.PUSHES_AWAY, Defect.NO_FACT
    }  # fmt: skip
    assert verdict.score == 0
    away = next(f for f in verdict.flaws if f.defect is Defect.PUSHES_AWAY)
    assert reply[away.start : away.end].startswith("请联系")


def test_a_good_reply_passes_all_five_gates():
    verdict = check_reply(GOOD, title="幸福路路灯不亮")

    assert verdict.defects == ()
    assert verdict.score == 4
    assert list(verdict.gates()) == list(Gate)


@pytest.mark.parametrize(
    ("reply", "defect"),
    [
        ("经核查，路灯问题已解决，待资金到位后再更换路灯。", Defect.UNSOLVED_AS_DONE),
        ("我局将尽快安排人员对幸福路路灯进行维修。", Defect.UNDATED_PROMISE),
        ("此事不属于我局职责范围，请向供电公司反映。", Defect.PUSHES_AWAY),
        ("你不要再打电话了，这是无理取闹。", Defect.BAD_MANNER),
        ("投诉人王小明（电话13812345678）反映的路灯，11月2日已全部修复。", Defect.PERSONAL_DATA),
        (
            "经现场核查，三家餐饮店油烟净化器未开启，11月3日已责令整改并罚款二千元。",
            Defect.OFF_TOPIC,
        ),
        ("根据《合同法》第六十条，路灯维修单位已于11月3日全部修复路灯。", Defect.REPEALED_LAW),
    ],
)
def test_each_defect_is_found(reply, defect):
    assert defect in defects(reply)


def test_a_dated_promise_is_no_defect():
    assert Defect.UNDATED_PROMISE not in defects("经核实路灯电缆被盗，将于12月10日前完成更换。")


def test_a_copied_reply_is_found():
    assert Defect.COPIED in set(check_reply(GOOD, earlier=[GOOD + "感谢。"]).defects)


def test_personal_data_is_covered_by_its_kind():
    text = (
        "联系人：李建国，身份证号11010519491231002X，车牌琼A12345，"
        "住3栋2单元401室，电话138 1234 5678。"
    )

    assert {piece.kind for piece in find(text)} == {
        Personal.NAME, Personal.IDENTITY, Personal.PLATE, Personal.ADDRESS, Personal.PHONE
    }  # fmt: skip
    assert "李建国" not in redact(text)
    assert "5678" not in redact(text)


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(codec=None), max_size=200))
def test_any_reply_is_answered(text):
    verdict = check_reply(text, title=text[::-1], detail=text)

    assert 0 <= verdict.score <= 4
    assert all(0 <= f.start <= f.end <= len(text) for f in verdict.flaws)
    redact(text)


@pytest.mark.parametrize("piece", ["的", "1", "请联系", "已", "，", "将尽快"])
def test_a_very_long_reply_does_not_stall(piece):
    before = time.process_time()

    check_reply(piece * (50_000 // len(piece)), title="路灯", detail=piece * 20_000)
    redact(piece * (50_000 // len(piece)))

    assert time.process_time() - before < 4


@pytest.mark.parametrize(
    "reply",
    [
        "现将有关情况答复如下：经核实，该路灯属幸福里小区，11月20日已修复。",
        "幸福路居委会干部到场调查处理，路灯11月20日已修复。",
        "因您未及时将凭证送至我中心办理，路灯费用未退，11月20日已补退。",
    ],
)
def test_what_only_looks_like_a_promise_is_none(reply):
    assert Defect.UNDATED_PROMISE not in defects(reply)


def test_a_promise_that_names_no_act_is_also_empty():
    found = defects("我们将尽快协调解决。")

    assert {Defect.PERFUNCTORY, Defect.NO_MEASURE, Defect.UNDATED_PROMISE} <= found


def test_a_reply_about_another_matter_is_off_topic_however_short():
    assert Defect.OFF_TOPIC in defects("健身房已退款。")
    assert Defect.OFF_TOPIC not in defects("昨晚抢修人员更换了5只灯头，已恢复照明。")


def test_the_annotated_sample_is_judged_as_the_annotator_did():
    """Not the measured figure (docs/text/replies.md): it must not fall without being noticed."""
    metrics, _ = evaluate(Path(__file__).parents[2] / "bench/text/replies.csv", None)

    assert metrics["rows"] >= 300
    assert metrics["macro_f1"] >= 0.9
    assert min(metrics["f1"].values()) >= 0.8
