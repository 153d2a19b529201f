"""Appeals in any status, reached through the real use cases."""

import datetime as dt
from typing import Any

from tests.factories.world import MONDAY, World

from jiesu.appeals.actions import callback, dispatch, handling, intake, review
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.actions.handling import Answer
from jiesu.appeals.actions.intake_form import Intake
from jiesu.appeals.models import Appeal, Assignment

TEXT = "来电人反映东街口地铁站C口附近有商贩长期占道经营，影响通行，要求尽快处理并答复。"
GOOD_ANSWER = Answer(
    handling_report="执法人员于当日到场核查，发现三处占道摊点，已劝离并登记。",
    public_reply="您好，我局已于当日到东街口现场核查，劝离占道摊点三处，并安排早晚巡查。",
    found_true=True,
    solved=True,
    legal_basis="《城市市容和环境卫生管理条例》第十四条",
)


def minutes(n: float) -> dt.timedelta:
    """So many minutes."""
    return dt.timedelta(minutes=n)


def intake_form(**changes: Any) -> Intake:
    """What an agent typed, complete and right; named fields differ."""
    fields: dict[str, Any] = {
        "content": TEXT, "title": "东街口地铁站C口占道经营", "region_code": "350102001",
        "channel": "phone", "appeal_type": "03", "category_code": "0105", "name": "陈小满",
        "phone": "13812342046", "urgency": "3",
    }  # fmt: skip
    return Intake(**{**fields, **changes})


def registered(world: World, at: dt.datetime = MONDAY, **changes: Any) -> Appeal:
    """待受理: registered by Fuzhou's agent."""
    return intake.register(intake_form(**changes), actor=world.actor("agent"), at=at)


def accepted(world: World, at: dt.datetime = MONDAY, **changes: Any) -> Appeal:
    """待派单"""
    return intake.register(intake_form(**changes), actor=world.actor("agent"), at=at, accept=True)


def dispatched(
    world: World, at: dt.datetime = MONDAY, *, joint: tuple[str, ...] = (), designate: bool = False,
    **changes: Any,
) -> Appeal:  # fmt: skip
    """承办中: sent to Gulou's urban management half an hour later."""
    appeal = accepted(world, at, **changes)
    order = Order(
        lead=world.units["urban"], joint=[world.units[k] for k in joint], designate=designate
    )
    return dispatch.assign(appeal, order, actor=world.actor("dispatcher"), at=at + minutes(30))


def lead_of(appeal: Appeal) -> Assignment:
    """The newest lead assignment, freshly read with its appeal."""
    return (
        Assignment.objects.select_related("appeal", "unit", "appeal__region", "appeal__category")
        .filter(appeal=appeal, nature="lead", depth=0)
        .latest("pk")
    )


def signed(world: World, at: dt.datetime = MONDAY, **changes: Any) -> Assignment:
    """办理中: signed by 周敏 an hour after it came in."""
    appeal = dispatched(world, at, **changes)
    handling.sign(lead_of(appeal), actor=world.actor("clerk"), at=at + minutes(60))
    return lead_of(appeal)


def reported(world: World, at: dt.datetime = MONDAY, **changes: Any) -> Appeal:
    """待审核: contacted, answered, and passed by the unit's inner review."""
    return report(world, signed(world, at, **changes), at + minutes(90))


def report(
    world: World, assignment: Assignment, at: dt.datetime, answer: Answer = GOOD_ANSWER
) -> Appeal:
    """Hand in an answer for an assignment in hand, through contact and inner review."""
    clerk = world.actor("clerk")
    handling.contact(
        lead_of(assignment.appeal), way="phone", reached=True, note="已电话联系，说明处理安排。",
        actor=clerk, at=at,
    )  # fmt: skip
    handling.report(lead_of(assignment.appeal), answer, actor=clerk, at=at + minutes(10))
    handling.inner_approve(
        lead_of(assignment.appeal), "同意", actor=world.actor("section_head"), at=at + minutes(20)
    )
    return Appeal.objects.get(pk=assignment.appeal_id)


def answered(world: World, at: dt.datetime = MONDAY, **changes: Any) -> Appeal:
    """待回访"""
    appeal = reported(world, at, **changes)
    return review.approve(appeal, actor=world.actor("reviewer"), at=at + minutes(180))


def closed(world: World, at: dt.datetime = MONDAY, **changes: Any) -> Appeal:
    """已办结: called back, solved and satisfied."""
    appeal = answered(world, at, **changes)
    callback.record(
        appeal, Said(reached=True, solved=True, satisfaction=5, note="满意"),
        actor=world.actor("callback"), at=at + minutes(240),
    )  # fmt: skip
    return Appeal.objects.get(pk=appeal.pk)
