"""Whoever has an interest in a matter leaves it to others 回避; what is overruled is on record."""

import pytest
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.appeals.actions import dispatch, exposure, intake, recusal
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.actions.handling import Plea, apply_for
from jiesu.appeals.models import Appeal
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, Invalid, NotAllowedNow
from jiesu.journal import sealing

LATER = MONDAY + make.minutes(120)


def test_whoever_stepped_aside_reads_on_but_does_nothing_and_reveals_nobody(world: World) -> None:
    appeal = make.accepted(world)
    dispatcher = world.actor("dispatcher")

    recusal.step_aside(appeal, "诉求人是我的亲属", actor=dispatcher, at=LATER)

    again = Appeal.objects.select_related("region", "category", "centre").get(pk=appeal.pk)
    with pytest.raises(Forbidden, match="回避"):
        dispatch.assign(again, Order(lead=world.units["urban"]), actor=dispatcher, at=LATER)
    with pytest.raises(Forbidden, match="回避"):
        exposure.reveal(again, "核对联系电话", actor=dispatcher, at=LATER)
    assert Appeal.objects.visible_to(dispatcher).filter(pk=appeal.pk).exists()


def test_another_person_goes_on_where_one_stepped_aside(world: World) -> None:
    appeal = make.accepted(world)
    recusal.step_aside(appeal, "利害关系", actor=world.actor("dispatcher"), at=LATER)
    colleague = world.another("dispatcher", "陈二")

    again = Appeal.objects.select_related("region", "category", "centre").get(pk=appeal.pk)
    dispatch.assign(again, Order(lead=world.units["urban"]), actor=colleague, at=LATER)

    assert again.status == "dispatched"


def test_stepping_aside_needs_its_reason(world: World) -> None:
    with pytest.raises(Invalid):
        recusal.step_aside(make.accepted(world), " ", actor=world.actor("dispatcher"), at=LATER)


def test_accepting_with_another_class_leaves_what_it_was_and_what_it_is(world: World) -> None:
    appeal = make.registered(world)

    intake.accept(appeal, actor=world.actor("agent"), at=LATER, urgency="2")

    facts = appeal.events.get(kind="accept").data
    assert (facts["before"], facts["after"]) == ({"urgency": "3"}, {"urgency": "2"})


def test_a_page_drawn_before_the_class_was_corrected_is_stale(world: World) -> None:
    appeal = make.accepted(world)
    stale = Appeal.objects.select_related("region", "category", "centre").get(pk=appeal.pk)

    intake.reclassify(appeal, actor=world.actor("dispatcher"), at=LATER, urgency="2")

    with pytest.raises(ChangedMeanwhile):
        dispatch.assign(
            stale, Order(lead=world.units["urban"]), actor=world.actor("dispatcher"), at=LATER
        )


def test_nothing_is_listed_as_difficult_over_an_application_that_waits(world: World) -> None:
    assignment = make.signed(world)
    plea = Plea(
        kind="extension", reason_code="several_departments", reason="需多部门会商",
        plan="两周内完成", citizen_told="已电话告知", days=5,
    )  # fmt: skip
    apply_for(assignment, plea, actor=world.actor("clerk"), at=LATER)
    appeal = Appeal.objects.select_related("region", "category", "centre").get(
        pk=assignment.appeal_id
    )

    with pytest.raises(NotAllowedNow, match="1 项申请"):
        dispatch.list_difficult(appeal, "历史遗留", actor=world.actor("dispatcher"), at=LATER)


def test_the_register_event_says_nothing_of_the_petitioner(world: World) -> None:
    appeal = make.registered(world, confidentiality="2")

    facts = str([event.data for event in appeal.events.all()])

    assert "陈" not in facts
    assert "138" not in facts


def test_whoever_stepped_aside_from_a_matter_still_takes_the_callers_next_one(world: World) -> None:
    first = make.accepted(world)
    agent = world.actor("agent")
    recusal.step_aside(first, "诉求人是我的亲属", actor=agent, at=LATER)

    again = intake.register(
        make.intake_form(repeat_of=first.number), actor=agent, at=LATER + make.minutes(5)
    )

    assert again.repeat_of_id == first.pk
    assert first.events.filter(kind="repeated").count() == 1
    assert sealing.verify().is_clean
