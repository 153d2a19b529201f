"""A bulletin is written from what was published, approved by another, and stands."""

import datetime as dt

import pytest
from tests.scoring.conftest import AFTER, Office

from jiesu.bulletins import cases, figures, lifecycle, paper, reading, templates, wording, writing
from jiesu.bulletins.lifecycle import State
from jiesu.bulletins.models import Bulletin
from jiesu.documents import word
from jiesu.documents.paper import Heading, Picture, Table
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import (
    ChangedMeanwhile,
    Forbidden,
    Invalid,
    NotAllowedNow,
    NotFound,
)
from jiesu.journal.models import AuditRecord
from jiesu.scoring import faults, periods
from jiesu.scoring.definitions import Every
from jiesu.scoring.models import Period

pytestmark = pytest.mark.django_db

PUBLIC = AFTER + dt.timedelta(days=10)
SAID = dt.datetime(2026, 11, 16, 9, tzinfo=BEIJING)


@pytest.fixture
def october(office: Office) -> Period:
    """Published on 12 November: one bureau, good and late orders."""
    for _ in range(3):
        office.good()
    office.late()
    period = office.frozen()
    periods.publish(period, actor=office.first, at=PUBLIC, version=period.version)
    period.refresh_from_db()
    return Period.objects.select_related("scheme__region").get(pk=period.pk)


def drafted(office: Office, period: Period) -> Bulletin:
    return reading.get_for(
        office.first,
        writing.draft(period.scheme, Every.MONTH, period.first, actor=office.first, at=SAID).pk,
    )


def corrected(office: Office, period: Period) -> None:
    """A fault of October comes to light, and October is counted again."""
    faults.record(
        office.world.units["urban"], "knowledge_base", dt.date(2026, 10, 20), "知识库没有更新。",
        actor=office.first, at=SAID,
    )  # fmt: skip
    periods.correct(period, "补记过错。", actor=office.first, at=SAID, version=period.version)


def test_a_draft_names_the_figures_of_the_published_period(office: Office, october: Period) -> None:
    mine = drafted(office, october)

    assert mine.title == "关于2026年10月12345热线工单办理情况的通报"
    assert "本期纳入考核的工单4件" in mine.text
    rate = mine.inputs["figures"]["按时办结率"]
    assert rate == "75.00%"
    assert mine.inputs["figures"]["按时办结率上期"] == "上期无可比数据"
    assert ["按时办结率", "75.00%", "—", "—"] in mine.inputs["rates"]
    assert not wording.NAME.findall(mine.text)


def test_the_paper_has_headings_tables_and_charts_and_is_the_same_twice(
    office: Office, october: Period
) -> None:
    mine = drafted(office, october)

    made = paper.paper_of(mine)

    kinds = [type(block) for block in made.body]
    assert kinds.count(Table) >= 2
    assert kinds.count(Picture) >= 1
    assert Heading("一、总体情况", 1) in made.body
    assert word.render(made)[:2] == b"PK"
    assert paper.paper_of(mine) == made


def test_another_person_approves_and_then_nothing_in_it_changes(
    office: Office, october: Period
) -> None:
    mine = drafted(office, october)
    leader = office.world.actor("leader")

    submitted = writing.submit(mine, actor=office.first, at=SAID)
    approved = writing.approve(submitted, actor=leader, at=SAID)
    out = writing.publish(approved, actor=office.first, at=SAID)

    assert (out.state, out.approved_by) == (State.PUBLISHED, leader.name)
    assert out.number.endswith("通〔2026〕1号")
    with pytest.raises(NotAllowedNow):
        writing.edit(out, "改", "改", [], actor=office.first, at=SAID)
    kinds = AuditRecord.objects.filter(subject=f"bulletin:{mine.pk}").values_list("kind", flat=True)
    assert [kind.split(".")[1] for kind in kinds.order_by("pk")] == [
        "drafted", "submit", "approve", "publish",
    ]  # fmt: skip


def test_a_refused_draft_comes_back_with_what_is_wanted(office: Office, october: Period) -> None:
    submitted = writing.submit(drafted(office, october), actor=office.first, at=SAID)

    back = writing.refuse(
        submitted, "补充黑榜单位的原因。", actor=office.world.actor("leader"), at=SAID
    )

    assert (back.state, back.remark) == (State.DRAFT, "补充黑榜单位的原因。")
    with pytest.raises(ChangedMeanwhile):
        writing.submit(submitted, actor=office.first, at=SAID)


def test_an_office_without_a_leader_lets_out_by_a_second_person(
    office: Office, october: Period
) -> None:
    submitted = writing.submit(drafted(office, october), actor=office.first, at=SAID)
    with pytest.raises(Forbidden, match="另一位同事"):
        writing.approve(submitted, actor=office.first, at=SAID)

    approved = writing.approve(submitted, actor=office.second, at=SAID)
    out = writing.publish(approved, actor=office.second, at=SAID)

    assert (out.state, out.drafted_by, out.approved_by) == (State.PUBLISHED, "孙效", "钱核")


def test_who_changed_a_word_of_a_draft_does_not_approve_it(office: Office, october: Period) -> None:
    mine = drafted(office, october)
    edited = writing.edit(mine, mine.title, mine.text, [], actor=office.second, at=SAID)
    submitted = writing.submit(edited, actor=office.first, at=SAID)

    for writer in (office.first, office.second):
        assert lifecycle.APPROVE not in reading.moves_for(submitted, writer)
        with pytest.raises(Forbidden, match="改过稿"):
            writing.approve(submitted, actor=writer, at=SAID)
    assert lifecycle.APPROVE in reading.moves_for(submitted, office.world.actor("leader"))


def test_free_words_that_look_personal_are_shown_and_stay(office: Office, october: Period) -> None:
    mine = drafted(office, october)
    assert reading.looks_personal(mine) == []
    said = f"{mine.text}\n诉求人王小明，电话13812345678。"

    edited = writing.edit(mine, mine.title, said, [], actor=office.first, at=SAID)

    assert reading.looks_personal(edited) == [("王小明", "姓名"), ("13812345678", "电话")]
    assert "13812345678" in edited.text


def test_a_period_has_one_bulletin_until_it_is_corrected(office: Office, october: Period) -> None:
    mine = drafted(office, october)
    with pytest.raises(NotAllowedNow, match="已有通报"):
        writing.draft(october.scheme, Every.MONTH, october.first, actor=office.second, at=SAID)
    approved = writing.approve(
        writing.submit(mine, actor=office.first, at=SAID),
        actor=office.world.actor("leader"), at=SAID,
    )  # fmt: skip
    out = writing.publish(approved, actor=office.first, at=SAID)

    corrected(office, october)
    second = writing.draft(october.scheme, Every.MONTH, october.first, actor=office.second, at=SAID)

    assert second.corrects == out
    assert second.title.endswith("（更正）")
    assert second.revisions.get().number == out.revisions.get().number + 1


def test_a_draft_is_not_let_out_over_a_correction(office: Office, october: Period) -> None:
    approved = writing.approve(
        writing.submit(drafted(office, october), actor=office.first, at=SAID),
        actor=office.world.actor("leader"), at=SAID,
    )  # fmt: skip
    corrected(office, october)

    with pytest.raises(NotAllowedNow, match="已经更正"):
        writing.publish(approved, actor=office.first, at=SAID)

    writing.drop(approved, actor=office.first, at=SAID)
    assert (
        writing.draft(
            october.scheme, Every.MONTH, october.first, actor=office.first, at=SAID
        ).corrects
        is None
    )


def test_what_is_not_published_has_no_bulletin(office: Office) -> None:
    office.good()
    period = office.frozen()

    with pytest.raises(NotAllowedNow, match="2026年10月没有公布"):
        writing.draft(period.scheme, Every.MONTH, period.first, actor=office.first, at=SAID)


def test_typical_cases_come_from_the_black_list_and_are_covered(
    office: Office, october: Period
) -> None:
    late = office.made[-1]
    late.content = "诉求人王小明反映，电话13812345678，路灯不亮。"
    late.save()
    mine = drafted(office, october)

    chosen = writing.choose_cases(mine, [late.number], actor=office.first, at=SAID)

    case = chosen.cases[0]
    assert case["number"] == late.number
    assert "13812345678" not in case["text"]
    assert "王小明" not in case["text"]
    with pytest.raises(NotFound):
        writing.choose_cases(chosen, ["3502002611160000019"], actor=office.first, at=SAID)
    assert late.number in [one.appeal.number for one in cases.suggested(mine)]


def test_what_is_typed_into_a_case_is_covered_too(office: Office, october: Period) -> None:
    mine = drafted(office, october)
    typed = {"number": office.made[-1].number, "title": "路灯不亮",
             "text": "诉求人王小明，电话13812345678。"}  # fmt: skip

    edited = writing.edit(mine, mine.title, mine.text, [typed], actor=office.first, at=SAID)

    assert "13812345678" not in edited.cases[0]["text"]
    assert "王小明" not in edited.cases[0]["text"]


def test_a_telephone_at_the_cut_of_a_case_leaves_no_digit(office: Office, october: Period) -> None:
    late = office.made[-1]
    late.content = "路" * (cases.READ - 6) + "13812345678"
    late.save()

    told = cases.written([late.number], drafted(office, october), office.first)[0]["text"]

    assert "138123" not in told


def test_an_order_under_confidentiality_is_no_case(office: Office, october: Period) -> None:
    late = office.made[-1]
    late.confidentiality = "1"
    late.save()
    mine = drafted(office, october)

    assert late.number not in [one.appeal.number for one in cases.suggested(mine)]
    with pytest.raises(Invalid, match="已保密"):
        writing.choose_cases(mine, [late.number], actor=office.first, at=SAID)


def test_units_read_what_was_let_out_and_nothing_before(office: Office, october: Period) -> None:
    mine = drafted(office, october)
    clerk, elsewhere = office.world.actor("section_head"), office.world.actor("leader")

    with pytest.raises(NotFound):
        reading.get_for(clerk, mine.pk)
    assert reading.get_for(elsewhere, mine.pk) == mine
    approved = writing.approve(
        writing.submit(mine, actor=office.first, at=SAID), actor=elsewhere, at=SAID
    )
    writing.publish(approved, actor=office.first, at=SAID)

    assert list(reading.visible_to(clerk)) == [mine]


def test_a_template_is_dated_words_and_refuses_names_nobody_knows(office: Office) -> None:
    region = office.world.regions["350100"]

    with pytest.raises(Invalid) as wrong:
        templates.set_template(
            region, "month", "{考核期}通报", "按时办结率{按时办洁率}。\n[表：没有]",
            actor=office.first, at=SAID,
        )  # fmt: skip
    templates.set_template(
        region, "month", "{考核期}通报", "按时办结率{按时办结率}，{按时办结率变化}。",
        actor=office.first, at=SAID,
    )  # fmt: skip

    assert "{按时办洁率}、[表：没有]" in wrong.value.errors[0].message
    assert wrong.value.errors[0].field == "text"
    day = SAID.date()
    assert templates.held(region, "month", day).title == "{考核期}通报"
    assert templates.held(region, "month", day - dt.timedelta(1)) == templates.shipped()
    assert templates.held(region, "quarter", day) == templates.shipped()
    below = office.world.regions["350102"]
    assert templates.held(below, "month", day).set_by == office.first.name


def test_without_a_case_the_paper_has_no_place_for_cases(office: Office, october: Period) -> None:
    mine = drafted(office, october)
    late = office.made[-1]

    bare = [block.text for block in paper.paper_of(mine).body if isinstance(block, Heading)]
    chosen = writing.choose_cases(mine, [late.number], actor=office.first, at=SAID)
    full = [block.text for block in paper.paper_of(chosen).body if isinstance(block, Heading)]

    assert bare == ["一、总体情况", "二、单位成绩", "三、红黑榜", "四、工作要求"]
    assert full[3:] == ["四、典型案例", f"（一）{late.title}", "五、工作要求"]


def test_a_heading_with_words_below_it_stays_without_cases() -> None:
    said = list(wording.lines("# 四、典型案例\n[典型案例]\n以上案例，各单位引以为戒。\n# 五、要求"))

    assert [one.text for one in wording.without_cases(said)] == [
        "四、典型案例", "以上案例，各单位引以为戒。", "五、要求",
    ]  # fmt: skip


def test_a_figure_without_a_value_reads_as_a_sentence(office: Office, october: Period) -> None:
    figures_ = drafted(office, october).inputs["figures"]

    assert figures_["解决率"] == "本方案无此项指标"
    assert figures_["上期"] == "上期无可比数据"
    assert figures_["红榜"] == "本期无单位上榜"
    assert "承办工单多的先入榜" in figures_["入榜规则"]
    assert "—" not in figures_.values()


def test_the_shipped_template_names_only_what_is_known() -> None:
    words = templates.shipped()

    assert wording.unknown(words.title + "\n" + words.text, figures.names()) == []
