"""Dispatch and the unit's work: guards, returns, applications, passing down, joint units."""

import datetime as dt

import pytest
from django.db import connection
from tests.factories import appeals as make
from tests.factories.appeals import GOOD_ANSWER, lead_of, minutes
from tests.factories.world import MONDAY, World

from jiesu.appeals import options, rules
from jiesu.appeals.actions import dispatch, handling, intake, marks, review, triage
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.actions.handling import Answer, Plea
from jiesu.appeals.lifecycle import State, Status
from jiesu.appeals.models import Appeal, Application, Assignment, Clock, ProcessRule, Reply
from jiesu.catalogue import codes
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, Invalid, NotAllowedNow
from jiesu.organizations.models import Unit


def code(table: str) -> str:
    return codes.items(table, MONDAY)[0].code


def return_plea(world: World) -> Plea:
    return Plea(
        kind="return", reason_code=code("return_reason"), reason="不属于我局职责",
        basis="《三定方案》第三条", suggested_unit=world.units["environment"],
    )  # fmt: skip


def extension_plea(days: int = 3) -> Plea:
    return Plea(
        kind="extension", reason_code=code("extension_reason"), reason="需联合整治", days=days,
        plan="三日内联合执法", citizen_told="已电话告知",
    )  # fmt: skip


def pending(appeal: Appeal) -> Application:
    return Application.objects.select_related("appeal", "suggested_unit").get(
        appeal=appeal, verdict="pending"
    )


# --- dispatch ---------------------------------------------------------------------------------


def test_another_unit_than_the_catalogues_needs_a_reason(world: World) -> None:
    appeal = make.accepted(world)
    order = Order(lead=world.units["environment"])

    with pytest.raises(Invalid) as error:
        dispatch.assign(appeal, order, actor=world.actor("dispatcher"), at=MONDAY)

    assert error.value.errors[0].code == "reason_required"


def test_an_unclassified_appeal_is_not_dispatched(world: World) -> None:
    appeal = make.accepted(world, category_code="")

    with pytest.raises(Invalid) as error:
        dispatch.assign(
            appeal, Order(lead=world.units["urban"], reason="试"),
            actor=world.actor("dispatcher"), at=MONDAY,
        )  # fmt: skip

    assert error.value.errors[0].code == "unclassified"


def test_the_same_unit_is_not_lead_and_joint(world: World) -> None:
    appeal = make.accepted(world)
    order = Order(lead=world.units["urban"], joint=[world.units["urban"]])

    with pytest.raises(Invalid):
        dispatch.assign(appeal, order, actor=world.actor("dispatcher"), at=MONDAY)


def test_another_centre_may_not_dispatch(world: World) -> None:
    appeal = make.accepted(world)

    with pytest.raises(Forbidden):
        dispatch.assign(
            appeal, Order(lead=world.units["urban"]),
            actor=world.actor("xiamen_dispatcher"), at=MONDAY,
        )  # fmt: skip


def test_two_dispatchers_on_one_order_the_second_is_told(world: World) -> None:
    appeal = make.accepted(world)
    stale = Appeal.objects.select_related("category", "region").get(pk=appeal.pk)
    order = Order(lead=world.units["urban"])
    dispatch.assign(appeal, order, actor=world.actor("dispatcher"), at=MONDAY)

    with pytest.raises(ChangedMeanwhile):
        dispatch.assign(stale, order, actor=world.actor("dispatcher"), at=MONDAY)

    assert Assignment.objects.filter(appeal=appeal).count() == 1


def test_redispatch_starts_the_new_units_clocks_anew_and_never_the_citizens(world: World) -> None:
    appeal = make.dispatched(world)
    total = Clock.objects.get(appeal=appeal, kind="total")
    later = MONDAY + dt.timedelta(days=2)

    dispatch.reassign(
        appeal, Order(lead=world.units["environment"], reason="职责不符"),
        actor=world.actor("dispatcher"), at=later,
    )  # fmt: skip

    handle = Clock.objects.get(appeal=appeal, kind="handle", stopped_at=None)
    assert handle.started_at == later
    assert Clock.objects.get(pk=total.pk).due_at == total.due_at
    states = dict(Assignment.objects.filter(appeal=appeal).values_list("unit_name", "state"))
    assert states == {"鼓楼区城管局": "cancelled", "鼓楼生态环境局": "assigned"}


# --- returns ----------------------------------------------------------------------------------


def test_an_accepted_return_waits_for_dispatch_again(world: World) -> None:
    appeal = make.dispatched(world)
    handling.apply_for(
        lead_of(appeal), return_plea(world), actor=world.actor("clerk"), at=MONDAY + minutes(60)
    )

    dispatch.judge_return(
        pending(appeal), accept=True, decision="同意", actor=world.actor("dispatcher"),
        at=MONDAY + minutes(90),
    )  # fmt: skip

    appeal.refresh_from_db()
    assert appeal.where is Status.ACCEPTED
    assert appeal.lead_unit is None
    assert appeal.return_count == 1
    assert lead_of(appeal).where is State.RETURNED


def test_a_refused_return_keeps_the_original_clock_and_records_it_as_improper(
    world: World,
) -> None:
    assignment = make.signed(world)
    appeal = assignment.appeal
    due = Clock.objects.get(appeal=appeal, kind="handle").due_at
    handling.apply_for(
        lead_of(appeal), return_plea(world), actor=world.actor("clerk"), at=MONDAY + minutes(70)
    )

    dispatch.judge_return(
        pending(appeal), accept=False, decision="属于贵局职责", designate=True,
        actor=world.actor("dispatcher"), at=MONDAY + minutes(300),
    )  # fmt: skip

    appeal.refresh_from_db()
    assert Clock.objects.get(appeal=appeal, kind="handle").due_at == due
    assert appeal.improper_return_count == 1
    assert lead_of(appeal).where is State.HANDLING
    assert lead_of(appeal).is_designated


def test_a_designated_unit_and_one_that_returned_before_may_not_return(world: World) -> None:
    designated = make.dispatched(world, designate=True)
    with pytest.raises(NotAllowedNow, match="指定"):
        handling.apply_for(
            lead_of(designated), return_plea(world), actor=world.actor("clerk"), at=MONDAY
        )

    appeal = make.signed(world).appeal
    handling.apply_for(
        lead_of(appeal), return_plea(world), actor=world.actor("clerk"), at=MONDAY + minutes(70)
    )
    dispatch.judge_return(
        pending(appeal), accept=False, decision="属于贵局", actor=world.actor("dispatcher"),
        at=MONDAY + minutes(80),
    )  # fmt: skip
    with pytest.raises(NotAllowedNow, match="已退单"):
        handling.apply_for(
            lead_of(appeal), return_plea(world), actor=world.actor("clerk"),
            at=MONDAY + minutes(90),
        )  # fmt: skip


def test_a_return_after_its_limit_is_refused(world: World) -> None:
    appeal = make.dispatched(world)

    with pytest.raises(NotAllowedNow, match="超过退单时限"):
        handling.apply_for(
            lead_of(appeal), return_plea(world), actor=world.actor("clerk"),
            at=MONDAY + dt.timedelta(days=7),
        )  # fmt: skip


def test_a_return_needs_basis_and_a_suggested_unit(world: World) -> None:
    appeal = make.dispatched(world)
    plea = Plea(kind="return", reason_code=code("return_reason"), reason="不归我们管")

    with pytest.raises(Invalid) as error:
        handling.apply_for(lead_of(appeal), plea, actor=world.actor("clerk"), at=MONDAY)

    assert {e.field for e in error.value.errors} == {"basis", "suggested_unit"}


def test_two_judges_the_second_finds_it_decided(world: World) -> None:
    appeal = make.dispatched(world)
    handling.apply_for(
        lead_of(appeal), return_plea(world), actor=world.actor("clerk"), at=MONDAY + minutes(60)
    )
    first, second = pending(appeal), pending(appeal)
    judge = world.actor("dispatcher")
    dispatch.judge_return(first, accept=False, decision="不同意", actor=judge, at=MONDAY)

    with pytest.raises(ChangedMeanwhile):
        dispatch.judge_return(second, accept=True, decision="同意", actor=judge, at=MONDAY)


# --- extension, suspension, ending --------------------------------------------------------------


def test_an_extension_lengthens_the_units_and_the_citizens_limit_once(world: World) -> None:
    appeal = make.signed(world).appeal
    before = {c.kind: c.due_at for c in Clock.objects.filter(appeal=appeal)}
    handling.apply_for(
        lead_of(appeal), extension_plea(), actor=world.actor("clerk"), at=MONDAY + minutes(70)
    )
    dispatch.judge_extension(
        pending(appeal), accept=True, decision="同意", actor=world.actor("dispatcher"),
        at=MONDAY + minutes(80),
    )  # fmt: skip

    after = {c.kind: c.due_at for c in Clock.objects.filter(appeal=appeal)}
    assert after["handle"] > before["handle"]
    assert after["total"] > before["total"]
    with pytest.raises(NotAllowedNow, match="不能再延"):
        handling.apply_for(
            lead_of(appeal), extension_plea(), actor=world.actor("clerk"),
            at=MONDAY + minutes(90),
        )  # fmt: skip


def test_a_lapsed_limit_is_not_extended(world: World) -> None:
    appeal = make.signed(world).appeal

    with pytest.raises(NotAllowedNow, match="时限已过"):
        handling.apply_for(
            lead_of(appeal), extension_plea(), actor=world.actor("clerk"),
            at=MONDAY + dt.timedelta(days=30),
        )  # fmt: skip


def test_a_suspension_pauses_every_clock_and_they_go_on_where_they_stood(world: World) -> None:
    appeal = make.signed(world).appeal
    due = Clock.objects.get(appeal=appeal, kind="handle").due_at
    plea = Plea(kind="suspension", reason_code="lawsuit", reason="等待判决", citizen_told="已告知")
    handling.apply_for(lead_of(appeal), plea, actor=world.actor("clerk"), at=MONDAY + minutes(70))
    dispatch.judge_suspension(
        pending(appeal), accept=True, decision="同意", actor=world.actor("dispatcher"),
        at=MONDAY + minutes(80),
    )  # fmt: skip
    appeal.refresh_from_db()
    assert appeal.where is Status.SUSPENDED
    assert appeal.is_paused
    assert not Clock.objects.filter(appeal=appeal, stopped_at=None, paused_at=None).exists()

    dispatch.resume(
        appeal, "判决已下", actor=world.actor("dispatcher"),
        at=MONDAY + minutes(80) + dt.timedelta(days=7),
    )  # fmt: skip

    resumed = Clock.objects.get(appeal=appeal, kind="handle")
    assert resumed.paused_at is None
    assert resumed.due_at == due + dt.timedelta(days=7)  # five working days later, and a weekend


def test_unreachable_needs_tries_on_three_days(world: World) -> None:
    appeal = make.signed(world).appeal
    plea = Plea(
        kind="suspension", reason_code="unreachable", reason="联系不上", citizen_told="无法告知"
    )
    clerk = world.actor("clerk")

    with pytest.raises(NotAllowedNow, match="3 天"):
        handling.apply_for(lead_of(appeal), plea, actor=clerk, at=MONDAY + minutes(70))
    for day in range(3):
        handling.contact(
            lead_of(appeal), way="phone", reached=False, note="", actor=clerk,
            at=MONDAY + dt.timedelta(days=day, hours=2),
        )  # fmt: skip
    handling.apply_for(
        lead_of(appeal), plea, actor=clerk, at=MONDAY + dt.timedelta(days=2, hours=3)
    )

    assert pending(appeal).kind == "suspension"


def test_an_ending_needs_the_centre(world: World) -> None:
    appeal = make.signed(world).appeal
    plea = Plea(kind="ending", reason_code=code("ending_reason"), reason="诉求人已搬离")
    handling.apply_for(lead_of(appeal), plea, actor=world.actor("clerk"), at=MONDAY + minutes(70))

    dispatch.judge_ending(
        pending(appeal), accept=True, decision="同意终止", actor=world.actor("dispatcher"),
        at=MONDAY + minutes(80),
    )  # fmt: skip

    appeal.refresh_from_db()
    assert appeal.where is Status.TERMINATED
    assert not Clock.objects.filter(appeal=appeal, stopped_at=None).exists()


# --- handling ---------------------------------------------------------------------------------


def test_another_units_clerk_may_not_sign(world: World) -> None:
    appeal = make.dispatched(world)

    with pytest.raises(Forbidden):
        handling.sign(lead_of(appeal), actor=world.actor("environment_clerk"), at=MONDAY)


def test_an_answer_needs_a_contact_words_and_a_verdict(world: World) -> None:
    assignment = make.signed(world)

    with pytest.raises(Invalid) as error:
        handling.report(
            assignment, Answer(handling_report="", public_reply="已处理。"),
            actor=world.actor("clerk"), at=MONDAY + minutes(70),
        )  # fmt: skip

    told = {e.field for e in error.value.errors}
    assert told == {"handling_report", "public_reply", "solved", "contact"}


def test_nobody_passes_their_own_answer(world: World) -> None:
    assignment = make.signed(world)
    head = world.actor("section_head")
    handling.contact(
        assignment, way="phone", reached=True, note="已联系", actor=head, at=MONDAY + minutes(61)
    )
    handling.report(lead_of(assignment.appeal), GOOD_ANSWER, actor=head, at=MONDAY + minutes(70))

    with pytest.raises(Forbidden, match="自己"):
        handling.inner_approve(lead_of(assignment.appeal), "", actor=head, at=MONDAY + minutes(80))


def test_an_order_passed_down_comes_back_up_and_stays_the_superiors(world: World) -> None:
    assignment = make.signed(world)
    appeal = assignment.appeal
    child = handling.pass_down(
        assignment, world.units["urban_section"], "请现场核查", actor=world.actor("clerk"),
        at=MONDAY + minutes(70),
    )  # fmt: skip
    section = world.actor("section_clerk")
    child = Assignment.objects.select_related("appeal", "unit").get(pk=child.pk)
    assert child.due_at is not None
    handling.sign(child, actor=section, at=MONDAY + minutes(80))
    child = Assignment.objects.select_related("appeal", "unit").get(pk=child.pk)
    handling.report(
        child, Answer(handling_report="现场已清理。", solved=True), actor=section,
        at=MONDAY + minutes(90),
    )  # fmt: skip

    assert lead_of(appeal).where is State.HANDLING
    assert Assignment.objects.get(pk=child.pk).where is State.REPORTED
    appeal.refresh_from_db()
    assert appeal.where is Status.DISPATCHED
    assert appeal.lead_unit == world.units["urban"]


def test_passing_down_goes_below_only_and_is_recalled(world: World) -> None:
    assignment = make.signed(world)
    clerk = world.actor("clerk")
    with pytest.raises(Invalid):
        handling.pass_down(
            assignment, world.units["environment"], "", actor=clerk, at=MONDAY + minutes(70)
        )

    handling.pass_down(
        assignment, world.units["urban_section"], "", actor=clerk, at=MONDAY + minutes(70)
    )
    handling.recall(lead_of(assignment.appeal), "自办", actor=clerk, at=MONDAY + minutes(80))

    assert lead_of(assignment.appeal).where is State.HANDLING
    assert Assignment.objects.get(depth=1).where is State.CANCELLED


def test_a_section_may_give_an_order_back_to_its_bureau(world: World) -> None:
    assignment = make.signed(world)
    child = handling.pass_down(
        assignment, world.units["urban_section"], "", actor=world.actor("clerk"),
        at=MONDAY + minutes(70),
    )  # fmt: skip
    child = Assignment.objects.select_related("appeal", "unit").get(pk=child.pk)
    handling.apply_for(
        child, return_plea(world), actor=world.actor("section_clerk"), at=MONDAY + minutes(80)
    )

    dispatch.judge_return(
        pending(assignment.appeal), accept=True, decision="收回", actor=world.actor("clerk"),
        at=MONDAY + minutes(90),
    )  # fmt: skip

    assert lead_of(assignment.appeal).where is State.HANDLING
    assert assignment.appeal.events.filter(kind="take_back").count() == 0


def test_a_joint_unit_reports_for_itself_before_the_lead_is_due(world: World) -> None:
    appeal = make.dispatched(world, joint=("environment",))
    joint = Assignment.objects.select_related("appeal", "unit").get(nature="joint")
    lead_due = Clock.objects.get(appeal=appeal, kind="handle").due_at
    joint_due = Clock.objects.get(appeal=appeal, kind="joint").due_at
    clerk = world.actor("environment_clerk")
    handling.sign(joint, actor=clerk, at=MONDAY + minutes(60))
    joint = Assignment.objects.select_related("appeal", "unit").get(pk=joint.pk)

    handling.report(
        joint, Answer(handling_report="噪声监测未超标。"), actor=clerk, at=MONDAY + minutes(90)
    )

    assert joint_due < lead_due
    assert Assignment.objects.get(pk=joint.pk).where is State.REPORTED
    appeal.refresh_from_db()
    assert appeal.where is Status.DISPATCHED


def test_a_reply_sent_back_takes_up_the_clock_where_it_stood(world: World) -> None:
    appeal = make.reported(world)
    handed_in = Clock.objects.get(appeal=appeal, kind="handle")
    review.send_back(
        appeal, "不具体", actor=world.actor("reviewer"),
        at=MONDAY + dt.timedelta(days=1, minutes=110),
    )  # fmt: skip

    again = Clock.objects.get(appeal=appeal, kind="handle")
    assert again.stopped_at is None
    assert again.due_at == handed_in.due_at + dt.timedelta(days=1)
    assert lead_of(appeal).round == 2


def test_a_limit_stopped_late_leaves_a_breach_even_when_no_loop_ran(world: World) -> None:
    appeal = make.dispatched(world)

    handling.sign(lead_of(appeal), actor=world.actor("clerk"), at=MONDAY + dt.timedelta(days=5))

    appeal.refresh_from_db()
    breached = {e.data["clock"] for e in appeal.events.filter(kind="clock_breached")}
    assert breached == {"open", "sign"}
    assert appeal.breach_count == 2


def test_withdrawing_takes_everything_back(world: World) -> None:
    appeal = make.dispatched(world, joint=("environment",))
    handling.apply_for(
        lead_of(appeal), return_plea(world), actor=world.actor("clerk"), at=MONDAY + minutes(60)
    )
    appeal.refresh_from_db()

    intake.withdraw(appeal, "已解决", actor=world.actor("agent"), at=MONDAY + minutes(90))

    assert set(Assignment.objects.values_list("state", flat=True)) == {"cancelled"}
    assert Application.objects.get().verdict == "lapsed"
    assert not Clock.objects.filter(stopped_at=None).exists()


def test_what_a_recalled_section_applied_for_lapses_and_is_not_counted(world: World) -> None:
    assignment = make.signed(world)
    clerk = world.actor("clerk")
    child = handling.pass_down(
        assignment, world.units["urban_section"], "", actor=clerk, at=MONDAY + minutes(70)
    )
    child = Assignment.objects.select_related("appeal", "unit").get(pk=child.pk)
    handling.apply_for(
        child, return_plea(world), actor=world.actor("section_clerk"), at=MONDAY + minutes(80)
    )

    handling.recall(lead_of(assignment.appeal), "自办", actor=clerk, at=MONDAY + minutes(90))

    assert Application.objects.get().verdict == "lapsed"
    assert Appeal.objects.get().pending_applications == 0


def test_what_a_merged_orders_unit_applied_for_lapses(world: World) -> None:
    master, other = make.dispatched(world), make.dispatched(world)
    handling.apply_for(
        lead_of(other), return_plea(world), actor=world.actor("clerk"), at=MONDAY + minutes(60)
    )

    triage.merge(
        Appeal.objects.get(pk=other.pk), master, "", actor=world.actor("dispatcher"),
        at=MONDAY + minutes(70),
    )  # fmt: skip

    assert Application.objects.get().verdict == "lapsed"
    assert Appeal.objects.get(pk=other.pk).pending_applications == 0


def test_a_joint_unit_hands_in_what_it_owes_after_the_lead_has_answered(world: World) -> None:
    appeal = make.reported(world, joint=("environment",))
    clerk = world.actor("environment_clerk")
    mine = Assignment.objects.select_related("appeal", "unit").filter(nature="joint")

    handling.sign(mine.get(), actor=clerk, at=MONDAY + minutes(120))
    handling.report(
        mine.get(), Answer(handling_report="噪声监测未超标。"), actor=clerk,
        at=MONDAY + minutes(130),
    )  # fmt: skip

    assert mine.get().where is State.REPORTED
    assert not Clock.objects.filter(appeal=appeal, kind="joint", stopped_at=None).exists()


def test_a_unit_of_another_area_gets_no_order(world: World) -> None:
    appeal = make.accepted(world)
    judge = world.actor("dispatcher")

    for order in (
        Order(lead=world.units["siming_urban"], reason="同名单位"),
        Order(lead=world.units["urban"], joint=[world.units["siming_urban"]]),
    ):
        with pytest.raises(Invalid, match="不在本热线中心的辖区内"):
            dispatch.assign(appeal, order, actor=judge, at=MONDAY + minutes(30))


def test_an_extension_granted_late_takes_back_the_breach_it_covers(world: World) -> None:
    assignment = make.signed(world)
    appeal = assignment.appeal
    handling.apply_for(
        assignment, extension_plea(), actor=world.actor("clerk"), at=MONDAY + minutes(90)
    )
    due = Clock.objects.get(appeal=appeal, kind="handle").due_at
    marks.mark([appeal.pk], at=due + minutes(1))
    before = Appeal.objects.get().breach_count

    dispatch.judge_extension(
        pending(Appeal.objects.get()), accept=True, decision="同意",
        actor=world.actor("dispatcher"), at=due + minutes(2),
    )  # fmt: skip

    clock = Clock.objects.get(appeal=appeal, kind="handle")
    assert clock.breached_at is None
    assert Appeal.objects.get().breach_count == before - 1
    assert appeal.events.filter(kind="clock_recounted", data__revoked=True).count() == 1


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL sees it by itself")
@pytest.mark.django_db
def test_a_caller_is_found_by_index() -> None:
    by_phone = Appeal.objects.by_phone("0" * 64).explain()
    by_person = Appeal.objects.by_person("0" * 64).explain()

    assert "appeal_phone" in by_phone
    assert "appeal_document" in by_person
    assert "SCAN" not in by_phone + by_person


def test_whoever_rewrites_an_answer_has_written_it(world: World) -> None:
    assignment = make.signed(world)
    clerk, head = world.actor("clerk"), world.actor("section_head")
    handling.contact(
        assignment, way="phone", reached=True, note="已联系", actor=clerk, at=MONDAY + minutes(61)
    )
    handling.save_draft(
        lead_of(assignment.appeal), GOOD_ANSWER, actor=clerk, at=MONDAY + minutes(65)
    )
    handling.report(lead_of(assignment.appeal), GOOD_ANSWER, actor=head, at=MONDAY + minutes(70))

    with pytest.raises(Forbidden, match="自己"):
        handling.inner_approve(lead_of(assignment.appeal), "", actor=head, at=MONDAY + minutes(80))


def test_a_draft_saved_from_a_stale_page_does_not_change_what_was_handed_in(world: World) -> None:
    assignment = make.signed(world)
    make.report(world, assignment, MONDAY + minutes(70))

    with pytest.raises(ChangedMeanwhile):
        handling.save_draft(
            assignment, Answer(handling_report="旧稿"), actor=world.actor("clerk"),
            at=MONDAY + minutes(95),
        )  # fmt: skip

    reply = Reply.objects.get(assignment=assignment)
    assert reply.stage == Reply.Stage.SUBMITTED
    assert reply.handling_report == GOOD_ANSWER.handling_report


def test_two_steps_of_inner_review_are_two_people(world: World) -> None:
    Unit.objects.filter(pk=world.units["urban"].pk).update(inner_review_steps=2)
    assignment = make.signed(world)
    make.report(world, assignment, MONDAY + minutes(70))

    with pytest.raises(Forbidden, match="上一级内审"):
        handling.inner_approve(
            lead_of(assignment.appeal), "", actor=world.actor("section_head"),
            at=MONDAY + minutes(95),
        )  # fmt: skip
    handling.inner_approve(
        lead_of(assignment.appeal), "", actor=world.actor("unit_leader"), at=MONDAY + minutes(96)
    )

    assert lead_of(assignment.appeal).where is State.REPORTED


def test_a_rule_that_lets_a_unit_return_twice_is_offered_twice(world: World) -> None:
    ProcessRule.objects.create(
        key="max_returns_per_unit", value=2, valid_from=dt.date(2026, 1, 1), set_by="冯系统"
    )
    rules.forget()
    appeal = make.signed(world).appeal
    clerk = world.actor("clerk")

    for turn in range(2):
        at = MONDAY + minutes(70 + 10 * turn)
        handling.apply_for(lead_of(appeal), return_plea(world), actor=clerk, at=at)
        dispatch.judge_return(
            pending(appeal), accept=False, decision="属于贵局", actor=world.actor("dispatcher"),
            at=at + minutes(5),
        )  # fmt: skip
    with pytest.raises(NotAllowedNow, match="已退单 2 次"):
        handling.apply_for(
            lead_of(appeal), return_plea(world), actor=clerk, at=MONDAY + minutes(90)
        )


def test_tries_before_and_after_eight_in_the_morning_are_one_day(world: World) -> None:
    appeal = make.signed(world).appeal
    clerk = world.actor("clerk")
    tuesday = (MONDAY + dt.timedelta(days=1)).astimezone(dt.UTC)
    for hours in (-2, 0, 2):  # at seven, nine and eleven in Beijing
        handling.contact(
            lead_of(appeal), way="phone", reached=False, note="", actor=clerk,
            at=tuesday + dt.timedelta(hours=hours),
        )  # fmt: skip
    plea = Plea(
        kind="suspension", reason_code="unreachable", reason="联系不上", citizen_told="无法告知"
    )

    with pytest.raises(NotAllowedNow, match="现有记录 1 天"):
        handling.apply_for(
            lead_of(appeal), plea, actor=clerk, at=tuesday + dt.timedelta(hours=3)
        )  # fmt: skip


def test_a_unit_that_is_not_yet_in_force_gets_no_order(world: World) -> None:
    tomorrow = MONDAY.date() + dt.timedelta(days=1)
    Unit.objects.filter(pk=world.units["environment"].pk).update(valid_from=tomorrow)
    order = Order(lead=Unit.objects.get(pk=world.units["environment"].pk), reason="试派")

    with pytest.raises(Invalid, match="才启用"):
        dispatch.assign(make.accepted(world), order, actor=world.actor("dispatcher"), at=MONDAY)
    appeal = make.accepted(world, at=MONDAY + dt.timedelta(days=1))
    dispatch.assign(
        appeal, order, actor=world.actor("dispatcher"), at=MONDAY + dt.timedelta(hours=15)
    )  # midnight in Beijing

    assert lead_of(appeal).unit_id == order.lead.pk


def test_nothing_is_applied_for_on_the_long_term_list(world: World) -> None:
    appeal = make.signed(world).appeal
    dispatch.list_difficult(
        appeal, "历史遗留", actor=world.actor("dispatcher"), at=MONDAY + minutes(65)
    )
    listed, mine = Appeal.objects.get(pk=appeal.pk), lead_of(appeal)

    offered = {
        o.name: o.why_not for o in options.assignment_options(listed, mine, world.actor("clerk"))
    }
    with pytest.raises(NotAllowedNow, match="疑难挂账"):
        handling.apply_for(
            mine, extension_plea(), actor=world.actor("clerk"), at=MONDAY + minutes(70)
        )

    assert "疑难挂账" in offered["apply"]
    assert "疑难挂账" in offered["request_return"]
    assert not Application.objects.exists()
