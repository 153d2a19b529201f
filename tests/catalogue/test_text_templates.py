"""Ready-made texts: filled safely, offered to those they are for."""

import pytest
from tests.catalogue.conftest import AT, Corner

from jiesu.access import SYSTEM, Role
from jiesu.catalogue import templates
from jiesu.catalogue.models import TextTemplate
from jiesu.foundation.errors import Forbidden, Invalid


def test_places_are_filled_and_missing_ones_leave_a_visible_blank() -> None:
    text = templates.fill(
        "{称呼}您好，工单{编号}由{承办单位}办理。", {"称呼": "陈女士", "编号": "35"}
    )

    assert text == "陈女士您好，工单35由＿＿＿办理。"
    assert templates.blanks(text)


def test_what_is_filled_in_is_never_filled_again_nor_formatted() -> None:
    text = templates.fill("{标题}{0.__class__}{未知}", {"标题": "{编号}", "编号": "35"})

    assert text == "{编号}{0.__class__}{未知}"


def test_unknown_places_are_refused_when_saving() -> None:
    with pytest.raises(Invalid) as caught:
        templates.check("unit", "答复", "您好{姓名}")

    assert caught.value.errors[0].code == "unknown_placeholder"
    assert "{姓名}" in caught.value.message
    assert "{称呼}" in caught.value.message


def test_a_person_is_offered_their_units_texts_those_above_and_everybodys(corner: Corner) -> None:
    for title, unit in (
        ("本单位", corner.gulou_office),
        ("上级", corner.centre),
        ("全体", None),
        ("别家", corner.housing),
    ):
        templates.add("unit", title, "好", unit=unit, actor=SYSTEM, at=AT)
    templates.add("seat", "受理", "好", actor=SYSTEM, at=AT)

    offered = templates.for_desk("unit", corner.gulou_office)

    assert {template.title for template in offered} == {"本单位", "上级", "全体"}


def test_a_clerk_edits_their_units_texts_and_no_others(corner: Corner) -> None:
    clerk = corner.actor(corner.gulou_office, Role.CLERK)

    mine = templates.add("unit", "答复", "好", unit=corner.gulou_office, actor=clerk, at=AT)
    templates.change(mine, "答复", "很好", order=5, actor=clerk, at=AT)

    assert TextTemplate.objects.get().body == "很好"
    for unit in (None, corner.housing, corner.centre):
        with pytest.raises(Forbidden):
            templates.add("unit", "x", "好", unit=unit, actor=clerk, at=AT)
    with pytest.raises(Forbidden):
        templates.remove(mine, actor=corner.actor(corner.housing, Role.CLERK), at=AT)
    templates.remove(mine, actor=corner.editor, at=AT)


def test_a_title_is_given_once_per_desk_and_unit(corner: Corner) -> None:
    templates.add("unit", "答复", "好", actor=SYSTEM, at=AT)
    templates.add("unit", "答复", "好", unit=corner.housing, actor=SYSTEM, at=AT)

    with pytest.raises(Invalid) as caught:
        templates.add("unit", "答复", "好", actor=SYSTEM, at=AT)

    assert caught.value.errors[0].field == "title"
