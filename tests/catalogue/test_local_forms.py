"""Local questions: which apply, what may be answered, which schemas make sense."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.catalogue.conftest import AT, TODAY, Corner

from jiesu.access import SYSTEM
from jiesu.catalogue import local_forms
from jiesu.catalogue.models import LocalForm
from jiesu.catalogue.questions import Kind
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, Invalid

DAY = dt.timedelta(1)


def q(key: str, kind: str, **settings: Any) -> dict[str, Any]:
    return {"key": key, "label": f"问{key}", "type": kind, **settings}


def form(*questions: dict[str, Any]) -> LocalForm:
    """A form as it would be stored, without a database."""
    checked = local_forms.check_questions(list(questions))
    return LocalForm(title="表", questions=[question.to_json() for question in checked])


def problems(forms: LocalForm, answers: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        local_forms.clean(forms, answers, AT)
    return {error.field: error.code for error in caught.value.errors}


CHOICES = ["甲", {"value": "b", "label": "乙"}, "丙"]


@pytest.mark.parametrize(
    ("question", "given", "kept"),
    [
        (q("a", "text"), " 工地\u200b ", "工地"),
        (q("a", "text"), "两\n行", "两 行"),
        (q("a", "long_text"), "两\r\n行", "两\n行"),
        (q("a", "integer"), "１２", 12),
        (q("a", "integer"), 12, 12),
        (q("a", "integer"), "1,200", 1200),
        (q("a", "decimal"), "12.50", "12.50"),
        (q("a", "decimal"), 0.1, "0.1"),
        (q("a", "date"), "2026年3月1日", "2026-03-01"),
        (q("a", "date", max="today"), "2026-03-10", "2026-03-10"),
        (q("a", "choice", choices=CHOICES), "b", "b"),
        (q("a", "choice", choices=CHOICES), "乙", "b"),
        (q("a", "multi_choice", choices=CHOICES), ["丙", "b", "b"], ["b", "丙"]),
        (q("a", "multi_choice", choices=CHOICES), "甲", ["甲"]),
        (q("a", "boolean"), "on", True),
        (q("a", "boolean"), False, False),
        (q("a", "boolean"), "否", False),
        (q("a", "phone"), "+86 138-1234-2046", "13812342046"),
    ],
)
def test_answers_are_brought_to_one_form(question: dict[str, Any], given: Any, kept: Any) -> None:
    assert local_forms.clean(form(question), {"a": given}, AT) == {"a": kept}


@pytest.mark.parametrize(
    ("question", "given", "code"),
    [
        (q("a", "text", required=True), "  ", "required"),
        (q("a", "text", required=True), None, "required"),
        (q("a", "text", max=3), "四个字啊", "too_long"),
        (q("a", "text", min=3), "两字", "too_short"),
        (q("a", "long_text"), "长" * 50_000, "too_long"),
        (q("a", "integer"), "12.5", "invalid"),
        (q("a", "integer"), "很多", "invalid"),
        (q("a", "integer"), "9" * 400, "invalid"),
        (q("a", "integer", min=1), "0", "too_small"),
        (q("a", "decimal", max="9.9"), "10", "too_large"),
        (q("a", "decimal"), "NaN", "invalid"),
        (q("a", "decimal"), "1e9", "invalid"),
        (q("a", "date"), "2026-02-30", "invalid"),
        (q("a", "date", max="today"), "2026-03-11", "too_large"),
        (q("a", "date", min="2026-01-01"), "2025-12-31", "too_small"),
        (q("a", "choice", choices=CHOICES), "丁", "unknown_choice"),
        (q("a", "multi_choice", choices=CHOICES), ["甲", "丁"], "unknown_choice"),
        (q("a", "multi_choice", choices=CHOICES, max=1), ["甲", "丙"], "too_many"),
        (q("a", "multi_choice", choices=CHOICES, min=2), ["甲"], "too_few"),
        (q("a", "multi_choice", choices=CHOICES), [{"x": 1}], "invalid"),
        (q("a", "boolean"), "也许", "invalid"),
        (q("a", "boolean", required=True), "", "required"),
        (q("a", "phone"), "12345678901234", "bad_phone"),
        (q("a", "text"), ["x"], "invalid"),
        (q("a", "text"), {"x": "y"}, "invalid"),
    ],
)
def test_wrong_answers_are_refused_at_their_field(
    question: dict[str, Any], given: Any, code: str
) -> None:
    assert problems(form(question), {"a": given}) == {"answers.a": code}


def test_every_wrong_answer_is_told_at_once_and_unknown_ones_too() -> None:
    asked = form(q("a", "integer", required=True), q("b", "date"), q("c", "text"))

    assert problems(asked, {"b": "?", "c": "好", "zz": "x", "blank": ""}) == {
        "answers.a": "required",
        "answers.b": "invalid",
        "answers.zz": "unknown_question",
    }


def test_optional_blanks_are_left_out() -> None:
    asked = form(q("a", "text"), q("b", "multi_choice", choices=CHOICES), q("c", "boolean"))

    assert local_forms.clean(asked, {"a": "", "b": [], "c": None}) == {}


@pytest.mark.django_db
def test_a_region_must_exist_and_is_shown_by_name(corner: Corner) -> None:
    asked = form(q("a", "region"), q("b", "region"))

    assert local_forms.clean(asked, {"a": "350102"}) == {"a": "350102"}
    assert problems(asked, {"a": "350102", "b": "999999"}) == {"answers.b": "unknown_region"}
    assert local_forms.shown(asked, {"a": "350102"})[0].text == "鼓楼区"


def test_answers_are_shown_in_words_and_orphans_are_kept_masked() -> None:
    asked = form(
        q("a", "choice", choices=CHOICES),
        q("b", "multi_choice", choices=CHOICES),
        q("c", "boolean"),
        q("d", "phone"),
    )

    shown = local_forms.shown(
        asked, {"old": "旧", "d": "13812342046", "c": False, "b": ["b", "丙"], "a": "b"}
    )

    assert [(s.label, s.text, s.personal) for s in shown] == [
        ("问a", "乙", False),
        ("问b", "乙、丙", False),
        ("问c", "否", False),
        ("问d", "13812342046", True),
        ("old", "旧", True),
    ]


def test_personal_answers_are_parted_for_encryption() -> None:
    asked = form(q("a", "text"), q("b", "phone"), q("c", "text", personal=True))

    plain, personal = local_forms.split_personal(asked, {"a": "1", "b": "2", "c": "3"})

    assert (plain, personal) == ({"a": "1"}, {"b": "2", "c": "3"})


@pytest.mark.parametrize(
    ("questions", "field"),
    [
        ([], "questions"),
        ("text", "questions"),
        ([q(f"k{n}", "text") for n in range(41)], "questions"),
        ([q("A", "text")], "questions.0.key"),
        ([q("a", "text"), q("a", "date")], "questions.1.key"),
        ([{**q("a", "text"), "label": " "}], "questions.0.label"),
        ([q("a", "colour")], "questions.0.type"),
        ([q("a", "choice")], "questions.0.choices"),
        ([q("a", "choice", choices=["x", "x"])], "questions.0.choices"),
        ([q("a", "text", choices=["x"])], "questions.0.choices"),
        ([q("a", "integer", min=5, max=1)], "questions.0.max"),
        ([q("a", "integer", min="many")], "questions.0.min"),
        ([q("a", "integer", min="today")], "questions.0.min"),
        ([q("a", "date", min="soon")], "questions.0.min"),
        ([q("a", "boolean", max=1)], "questions.0.min"),
        ([q("a", "text", max=100_000)], "questions.0.max"),
        ([q("a", "long_text", filterable=True)], "questions.0.filterable"),
        ([q("a", "phone", show_in_list=True)], "questions.0.personal"),
        ([q("a", "text", personal=True, filterable=True)], "questions.0.personal"),
        ([q("a", "text", required="yes")], "questions.0.required"),
        ([q("a", "text", colour="red")], "questions.0.colour"),
    ],
)
def test_a_schema_that_makes_no_sense_is_refused_at_its_place(questions: Any, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        local_forms.check_questions(questions)

    assert field in {error.field for error in caught.value.errors}


def test_every_kind_of_question_survives_being_stored() -> None:
    asked = form(
        *(
            q(f"k{n}", kind, choices=CHOICES if "choice" in kind else [])
            for n, kind in enumerate(Kind)
        )
    )

    read = local_forms.questions(asked)

    assert [question.to_json() for question in read] == asked.questions
    assert [section["title"] for section in local_forms.describe([asked])] == ["表"]


def test_forms_of_class_and_area_apply_most_general_first_and_the_specific_replaces(
    corner: Corner,
) -> None:
    def add(title: str, category: str | None, region: Any, *questions: dict[str, Any]) -> None:
        local_forms.add(
            title,
            list(questions),
            category=corner.category(category) if category else None,
            region=region,
            actor=SYSTEM,
            at=AT,
        )

    add("鼓楼施工", "0501", corner.gulou, q("site", "text", required=True))
    add("全省", None, None, q("site", "text"), q("grid", "text"))
    add("环境", "05", None, q("level", "integer"))
    add("仓山", None, corner.cangshan, q("other", "text"))

    category = corner.category("0501")
    local_forms.for_(category, corner.street, AT)  # warm
    with CaptureQueriesContext(connection) as queries:
        forms = local_forms.for_(category, corner.street, AT)
        sections = local_forms.describe(forms)

    assert [f.title for f in forms] == ["全省", "环境", "鼓楼施工"]
    assert len(queries) == 1
    assert {question.key: question.required for question in local_forms.questions(forms)} == {
        "site": True, "grid": False, "level": False,
    }  # fmt: skip
    assert [len(section["questions"]) for section in sections] == [2, 1]
    assert [f.title for f in local_forms.for_(None, corner.cangshan, AT)] == ["全省", "仓山"]


def test_a_form_changes_from_a_day_on_and_the_old_one_stays_for_what_was_answered(
    corner: Corner,
) -> None:
    old = local_forms.add("旧", [q("a", "text")], category=None, region=corner.gulou,
                          actor=SYSTEM, at=AT)  # fmt: skip
    stale = LocalForm.objects.get(pk=old.pk)
    local_forms.replace(old, "新", [q("b", "text")], effective=TODAY + DAY, actor=SYSTEM, at=AT)

    assert [f.title for f in local_forms.for_(None, corner.gulou, AT)] == ["旧"]
    assert [f.title for f in local_forms.for_(None, corner.gulou, AT + DAY)] == ["新"]
    with pytest.raises(ChangedMeanwhile):
        local_forms.end(stale, actor=SYSTEM, at=AT)
    new = LocalForm.objects.get(title="新")
    local_forms.end(new, effective=TODAY + 2 * DAY, actor=SYSTEM, at=AT)
    assert local_forms.for_(None, corner.gulou, AT + 2 * DAY) == []


def test_lists_are_told_which_questions_they_may_show(corner: Corner) -> None:
    for region, key in ((corner.gulou, "g"), (corner.cangshan, "c"), (None, "all")):
        local_forms.add(
            "表",
            [q(key, "text", filterable=True), q(f"{key}_x", "text")],
            category=None,
            region=region,
            actor=SYSTEM,
            at=AT,
        )

    assert [one.key for one in local_forms.marked(AT, corner.gulou)] == ["all", "g"]
    assert [one.key for one in local_forms.marked(AT, corner.city)] == ["all", "g", "c"]


def test_a_countys_editor_asks_in_their_county_only(corner: Corner) -> None:
    local = corner.actor(corner.gulou_office)

    local_forms.add(
        "本区", [q("a", "text")], category=None, region=corner.street, actor=local, at=AT
    )

    for region in (None, corner.city, corner.cangshan):
        with pytest.raises(Forbidden):
            local_forms.add(
                "别处", [q("a", "text")], category=None, region=region, actor=local, at=AT
            )
