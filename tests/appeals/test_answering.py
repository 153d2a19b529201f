"""From the centre's review to the end: call-back, ratings, redo, merging, reopening."""

import datetime as dt
from dataclasses import replace

import pytest
from tests.factories import appeals as make
from tests.factories.appeals import lead_of, minutes
from tests.factories.world import MONDAY, World

from jiesu.access import Permission, citizen
from jiesu.appeals import gate
from jiesu.appeals.actions import (
    callback,
    closure,
    conferring,
    dispatch,
    exposure,
    intake,
    review,
    triage,
)
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Clock, Consultation, Opinion
from jiesu.catalogue import codes
from jiesu.foundation.errors import (
    ChangedMeanwhile,
    Forbidden,
    Invalid,
    NotAllowedNow,
    NotFound,
)
from jiesu.journal.models import AuditRecord
from jiesu.organizations.models import Unit

BAD = {"reached": True, "solved": False, "satisfaction": 2}


def bad(**changes: object) -> Said:
    reason = codes.items("dissatisfied_reason", MONDAY)[0].code
    return Said(**{**BAD, "dissatisfied_reason": reason, **changes})  # type: ignore[arg-type]


def fresh(appeal: Appeal) -> Appeal:
    return Appeal.objects.select_related("region", "category", "master").get(pk=appeal.pk)


def test_who_wants_no_reply_is_closed_without_a_call(world: World) -> None:
    appeal = make.answered(world, reply_wanted=False)

    assert appeal.where is Status.CLOSED
    assert not Clock.objects.filter(appeal=appeal, stopped_at=None).exists()


def test_publishing_needs_the_citizens_consent(world: World) -> None:
    appeal = make.reported(world)

    with pytest.raises(Invalid, match="不同意公开"):
        review.approve(appeal, publish=True, actor=world.actor("reviewer"), at=MONDAY)


def test_not_reached_is_tried_again_and_closed_after_the_last_try(world: World) -> None:
    appeal = make.answered(world)
    caller = world.actor("callback")

    for number in range(3):
        callback.record(
            fresh(appeal), Said(reached=False, note="无人接听"), actor=caller,
            at=MONDAY + minutes(300 + number),
        )  # fmt: skip

    ended = fresh(appeal)
    assert ended.where is Status.CLOSED
    assert ended.outcome == "unreachable"
    assert ended.satisfaction is None


def test_an_unreached_call_is_not_closed_too_early(world: World) -> None:
    appeal = make.answered(world)

    with pytest.raises(Invalid, match="未满 3 次"):
        callback.record(
            appeal, Said(reached=False, decision="close"), actor=world.actor("callback"),
            at=MONDAY + minutes(300),
        )  # fmt: skip


def test_dissatisfaction_needs_a_reason_and_a_decision(world: World) -> None:
    appeal = make.answered(world)
    caller = world.actor("callback")

    with pytest.raises(Invalid) as reason:
        callback.record(appeal, Said(**BAD), actor=caller, at=MONDAY + minutes(300))  # type: ignore[arg-type]
    with pytest.raises(Invalid) as decision:
        callback.record(appeal, bad(), actor=caller, at=MONDAY + minutes(300))

    assert reason.value.errors[0].field == "dissatisfied_reason"
    assert decision.value.errors[0].field == "decision"


def test_a_third_redo_is_refused_and_a_finding_closes(world: World) -> None:
    appeal = make.answered(world)
    Appeal.objects.filter(pk=appeal.pk).update(redo_count=2)
    caller = world.actor("callback")

    with pytest.raises(NotAllowedNow, match="转督办"):
        callback.record(fresh(appeal), bad(decision="redo"), actor=caller, at=MONDAY + minutes(300))
    callback.record(
        fresh(appeal), bad(decision="finding", finding="经核查已按规定处理，附现场照片。"),
        actor=caller, at=MONDAY + minutes(310),
    )  # fmt: skip

    ended = fresh(appeal)
    assert (ended.where, ended.outcome, ended.solved) == (Status.CLOSED, "finding", False)


def test_a_redo_has_a_limit_of_its_own_and_the_citizens_clock_goes_on(world: World) -> None:
    appeal = make.answered(world)
    total = Clock.objects.get(appeal=appeal, kind="total")

    callback.record(
        appeal, bad(decision="redo"), actor=world.actor("callback"),
        at=MONDAY + dt.timedelta(days=2),
    )  # fmt: skip

    running = Clock.objects.get(appeal=appeal, kind="handle", stopped_at=None)
    assert running.started_at == MONDAY + dt.timedelta(days=2)
    assert running.round == 2
    again = Clock.objects.get(pk=total.pk)
    assert (again.due_at, again.stopped_at) == (total.due_at, None)


def test_a_citizen_rates_once_and_a_bad_rating_is_called_back(world: World) -> None:
    appeal = make.answered(world)
    reason = codes.items("dissatisfied_reason", MONDAY)[0].code
    rating = Said(reached=True, way="web", solved=False, satisfaction=1, dissatisfied_reason=reason)

    callback.rate(appeal, rating, actor=citizen(), at=MONDAY + minutes(200))
    with pytest.raises(NotAllowedNow, match="已经评价"):
        callback.rate(fresh(appeal), rating, actor=citizen(), at=MONDAY + minutes(210))

    waiting = fresh(appeal)
    assert waiting.where is Status.CALLBACK
    assert waiting in Appeal.objects.awaiting_callback(MONDAY + minutes(220))


def test_every_caller_of_a_merged_matter_is_answered(world: World) -> None:
    master = make.dispatched(world)
    second = make.accepted(world, phone="13812342047")
    third = make.accepted(world, phone="13812342048")
    for other in (second, third):
        triage.merge(other, fresh(master), "同一事项", actor=world.actor("dispatcher"), at=MONDAY)
    from jiesu.appeals.actions import handling

    handling.sign(lead_of(master), actor=world.actor("clerk"), at=MONDAY + minutes(60))
    make.report(world, lead_of(master), MONDAY + minutes(90))
    review.approve(fresh(master), actor=world.actor("reviewer"), at=MONDAY + minutes(180))

    for appeal in (master, second, third):
        answered = fresh(appeal)
        assert answered.where is Status.CALLBACK
        assert "劝离占道摊点" in answered.public_reply


def test_a_merged_matter_whose_caller_is_dissatisfied_gets_a_unit_of_its_own(
    world: World,
) -> None:
    master = make.dispatched(world)
    other = make.accepted(world, phone="13812342047")
    triage.merge(other, fresh(master), "", actor=world.actor("dispatcher"), at=MONDAY)
    from jiesu.appeals.actions import handling

    handling.sign(lead_of(master), actor=world.actor("clerk"), at=MONDAY + minutes(60))
    make.report(world, lead_of(master), MONDAY + minutes(90))
    review.approve(fresh(master), actor=world.actor("reviewer"), at=MONDAY + minutes(180))

    callback.record(
        fresh(other), bad(decision="redo", note="我家门口还有"), actor=world.actor("callback"),
        at=MONDAY + minutes(200),
    )  # fmt: skip

    assert fresh(other).where is Status.ACCEPTED
    assert fresh(other).master is None
    parted = fresh(master)
    assert parted.merged_count == 0
    assert parted.events.filter(kind="parted", data__number=other.number).count() == 1


def test_merging_refuses_itself_a_merged_master_and_a_master_of_others(world: World) -> None:
    one, two, three = (make.accepted(world) for _ in range(3))
    judge = world.actor("dispatcher")
    triage.merge(two, fresh(one), "", actor=judge, at=MONDAY)

    with pytest.raises(Invalid):
        triage.merge(fresh(one), fresh(one), "", actor=judge, at=MONDAY)
    with pytest.raises(Invalid, match="已并入"):
        triage.merge(three, fresh(two), "", actor=judge, at=MONDAY)
    with pytest.raises(NotAllowedNow, match="主单"):
        triage.merge(fresh(one), fresh(three), "", actor=judge, at=MONDAY)
    triage.unmerge(fresh(two), "不是同一件", actor=judge, at=MONDAY)

    assert fresh(two).where is Status.ACCEPTED
    assert fresh(one).merged_count == 0


def test_reopening_takes_up_the_citizens_clock_from_its_first_start(world: World) -> None:
    appeal = make.closed(world)
    total = Clock.objects.get(appeal=appeal, kind="total")

    closure.reopen(
        appeal, "问题反弹", actor=world.actor("reviewer"), at=MONDAY + dt.timedelta(days=3)
    )

    again = Clock.objects.get(appeal=appeal, kind="total")
    assert (again.started_at, again.due_at) == (total.started_at, total.due_at)
    assert again.stopped_at is None
    reopened = fresh(appeal)
    assert reopened.where is Status.ACCEPTED
    dispatch.assign(
        reopened, Order(lead=world.units["urban"]), actor=world.actor("dispatcher"),
        at=MONDAY + dt.timedelta(days=3, hours=1),
    )  # fmt: skip


def test_the_long_term_list_stands_still_and_goes_on(world: World) -> None:
    appeal = make.signed(world).appeal
    judge = world.actor("dispatcher")

    dispatch.list_difficult(appeal, "历史遗留，需市里统筹", actor=judge, at=MONDAY + minutes(80))
    assert not Clock.objects.filter(appeal=appeal, stopped_at=None, paused_at=None).exists()
    dispatch.unlist(fresh(appeal), "方案已定", actor=judge, at=MONDAY + dt.timedelta(days=14))

    assert fresh(appeal).where is Status.DISPATCHED
    assert Clock.objects.get(appeal=appeal, kind="handle").paused_at is None


def test_units_confer_and_only_the_invited_speak(world: World) -> None:
    appeal = make.signed(world).appeal
    consultation = conferring.consult(
        appeal, "夜间执法由谁牵头", [world.units["environment"]], actor=world.actor("dispatcher"),
        at=MONDAY + minutes(80),
    )  # fmt: skip
    opinion = consultation.opinions.get()

    with pytest.raises(Forbidden):
        conferring.give_opinion(opinion, "我来", actor=world.actor("clerk"), at=MONDAY)
    conferring.give_opinion(
        opinion, "由城管牵头", actor=world.actor("environment_clerk"), at=MONDAY + minutes(90)
    )
    consultation.appeal = fresh(appeal)
    conferring.conclude(
        consultation, "城管牵头", actor=world.actor("dispatcher"), at=MONDAY + minutes(100)
    )

    kinds = set(appeal.events.values_list("kind", flat=True))
    assert {"consult", "opinion", "concluded"} <= kinds


def test_absent_and_out_of_scope_look_alike(world: World) -> None:
    appeal = make.signed(world).appeal

    with pytest.raises(NotFound) as hidden:
        gate.get_appeal_for(world.actor("siming_clerk"), appeal.number)
    with pytest.raises(NotFound) as absent:
        gate.get_appeal_for(world.actor("siming_clerk"), "3502002611160000017")

    assert hidden.value.message == absent.value.message
    for username in ("clerk", "gulou_clerk", "supervisor", "province_dispatcher", "leader"):
        assert gate.get_appeal_for(world.actor(username), appeal.number) == appeal


def test_a_confidential_reporter_is_hidden_from_the_unit_complained_of(world: World) -> None:
    appeal = make.dispatched(world, confidentiality="1")
    full = make.dispatched(world, confidentiality="2")

    assert exposure.person_of(appeal, world.actor("clerk")).name == exposure.HIDDEN
    assert exposure.person_of(appeal, world.actor("dispatcher")).name == "陈**"
    assert exposure.person_of(full, world.actor("dispatcher")).name == exposure.HIDDEN
    with pytest.raises(Forbidden):
        exposure.reveal(appeal, "想看看是谁", actor=world.actor("clerk"), at=MONDAY)


def test_a_reveal_is_written_down(world: World) -> None:
    appeal = make.dispatched(world)

    person = exposure.reveal(
        appeal, "回访前核对", actor=world.actor("dispatcher"), at=MONDAY, ip="10.0.0.1"
    )

    assert person.phone == "13812342046"
    row = AuditRecord.objects.get(kind="reveal")
    assert (row.subject, row.data["reason"]) == (appeal.number, "回访前核对")


def test_a_due_call_back_is_reason_enough_and_is_written_down(world: World) -> None:
    due, handled = make.answered(world), make.dispatched(world)
    caller = world.actor("callback")

    person = exposure.reveal_to_call(due, actor=caller, at=MONDAY, ip="10.0.0.1")

    assert person.phone == "13812342046"
    assert AuditRecord.objects.get(kind="reveal").data["reason"] == "回访拨打电话"
    with pytest.raises(NotAllowedNow, match="不在回访队列"):
        exposure.reveal_to_call(handled, actor=caller, at=MONDAY)


def merged_pair(world: World) -> tuple[Appeal, Appeal]:
    """A master in hand at its unit, and another caller's appeal under it."""
    master = make.dispatched(world)
    other = make.accepted(world, phone="13812342047")
    triage.merge(other, fresh(master), "", actor=world.actor("dispatcher"), at=MONDAY)
    return fresh(master), fresh(other)


def test_a_withdrawn_master_lets_the_other_callers_go_on_alone(world: World) -> None:
    master, other = merged_pair(world)

    intake.withdraw(master, "自行解决", actor=world.actor("agent"), at=MONDAY + minutes(60))

    alone = fresh(other)
    assert (alone.where, alone.master) == (Status.ACCEPTED, None)
    assert Clock.objects.filter(appeal=other, kind="dispatch", stopped_at=None).exists()
    assert fresh(master).merged_count == 0


def test_whoever_withdraws_from_under_a_master_is_counted_no_longer(world: World) -> None:
    master, other = merged_pair(world)

    intake.withdraw(other, "自行解决", actor=world.actor("agent"), at=MONDAY + minutes(60))

    gone = fresh(other)
    assert (gone.where, gone.master, gone.lead_unit) == (Status.WITHDRAWN, None, None)
    left = fresh(master)
    assert (left.where, left.merged_count) == (Status.DISPATCHED, 0)
    assert left.events.filter(kind="parted", data__number=other.number).count() == 1


def test_whoever_is_taken_up_again_is_counted_no_longer(world: World) -> None:
    master = make.accepted(world)
    other = make.accepted(world, phone="13812342047", reply_wanted=False)
    triage.merge(other, master, "", actor=world.actor("dispatcher"), at=MONDAY)
    intake.answer_directly(
        fresh(master), "该路段将于本周五完成整治。", actor=world.actor("agent"),
        at=MONDAY + minutes(60),
    )  # fmt: skip

    closure.reopen(
        fresh(other), "问题又出现", actor=world.actor("reviewer"), at=MONDAY + minutes(120)
    )

    assert (fresh(other).where, fresh(other).master) == (Status.ACCEPTED, None)
    assert fresh(master).merged_count == 0


def test_a_master_answered_at_the_desk_answers_the_other_callers(world: World) -> None:
    master = make.accepted(world)
    other = make.accepted(world, phone="13812342047")
    triage.merge(other, master, "", actor=world.actor("dispatcher"), at=MONDAY)

    intake.answer_directly(
        fresh(master), "该路段将于本周五完成整治。", actor=world.actor("agent"),
        at=MONDAY + minutes(60),
    )  # fmt: skip

    assert fresh(other).where is Status.CALLBACK
    assert fresh(other).public_reply == "该路段将于本周五完成整治。"


def test_nobody_is_merged_under_a_matter_that_has_been_answered(world: World) -> None:
    master = make.answered(world)
    other = make.accepted(world, phone="13812342047")

    with pytest.raises(Invalid, match="已经答复"):
        triage.merge(other, fresh(master), "", actor=world.actor("dispatcher"), at=MONDAY)


def test_two_agents_who_merge_at_once_both_count(world: World) -> None:
    master = make.dispatched(world)
    second, third = (make.accepted(world) for _ in range(2))
    seen_by_one, seen_by_other = fresh(master), fresh(master)

    triage.merge(second, seen_by_one, "", actor=world.actor("agent"), at=MONDAY)
    triage.merge(third, seen_by_other, "", actor=world.actor("dispatcher"), at=MONDAY)

    assert fresh(master).merged_count == 2


def test_one_call_back_sent_twice_counts_once(world: World) -> None:
    appeal = make.answered(world)
    said = Said(reached=False, note="无人接听")
    again = fresh(appeal)

    callback.record(fresh(appeal), said, actor=world.actor("callback"), at=MONDAY + minutes(300))
    with pytest.raises(ChangedMeanwhile):
        callback.record(again, said, actor=world.actor("callback"), at=MONDAY + minutes(300))

    assert fresh(appeal).callback_tries == 1


def test_an_answer_after_reopening_can_be_rated_too(world: World) -> None:
    appeal = make.answered(world)
    good = Said(reached=True, way="web", solved=True, satisfaction=5)
    callback.rate(appeal, good, actor=citizen(), at=MONDAY + minutes(200))
    later = MONDAY + dt.timedelta(days=1)
    closure.reopen(fresh(appeal), "问题反弹", actor=world.actor("reviewer"), at=later)
    intake.answer_directly(
        fresh(appeal), "已再次清理。", actor=world.actor("agent"), at=later + minutes(10)
    )

    callback.rate(fresh(appeal), good, actor=citizen(), at=later + minutes(20))

    assert appeal.callbacks.count() == 2


def test_another_centre_neither_withdraws_nor_archives_nor_rates(world: World) -> None:
    open_, ended = make.dispatched(world), make.closed(world)
    agent = replace(world.actor("province_dispatcher"), permissions=frozenset(Permission))

    with pytest.raises(Forbidden, match="其他热线中心"):
        intake.withdraw(open_, "撤", actor=agent, at=MONDAY + minutes(300))
    with pytest.raises(Forbidden, match="其他热线中心"):
        closure.archive(ended, actor=agent, at=MONDAY + minutes(300))
    with pytest.raises(Forbidden, match="其他热线中心"):
        callback.rate(
            ended, Said(reached=True, way="web", solved=True, satisfaction=5), actor=agent,
            at=MONDAY + minutes(300),
        )  # fmt: skip


def test_a_unit_that_was_invited_to_confer_may_read_the_appeal(world: World) -> None:
    appeal = make.dispatched(world)
    invited = world.actor("siming_clerk")
    with pytest.raises(NotFound):
        gate.get_appeal_for(invited, appeal.number)

    conferring.consult(
        appeal, "跨区摊点由谁处理", [world.units["siming_urban"]],
        actor=world.actor("dispatcher"), at=MONDAY + minutes(80),
    )  # fmt: skip

    assert gate.get_appeal_for(invited, appeal.number) == appeal
    assert appeal not in Appeal.objects.visible_to(invited)


def test_a_unit_that_ended_is_not_asked_to_confer(world: World) -> None:
    appeal = make.dispatched(world)
    Unit.objects.filter(pk=world.units["environment"].pk).update(valid_to=MONDAY.date())
    ended = Unit.objects.get(pk=world.units["environment"].pk)

    with pytest.raises(Invalid, match="撤销"):
        conferring.consult(
            appeal, "由谁牵头", [ended], actor=world.actor("dispatcher"), at=MONDAY + minutes(80)
        )


def test_a_consultation_is_concluded_once_and_hears_nobody_after_it(world: World) -> None:
    appeal = make.signed(world).appeal
    judge = world.actor("dispatcher")
    consultation = conferring.consult(
        appeal, "由谁牵头", [world.units["environment"]], actor=judge, at=MONDAY + minutes(80)
    )
    shown = Consultation.objects.select_related("appeal").get()  # another page of the same
    opinion = Opinion.objects.select_related("consultation__appeal").get()
    conferring.conclude(consultation, "城管牵头", actor=judge, at=MONDAY + minutes(90))

    with pytest.raises(NotAllowedNow):
        conferring.conclude(shown, "环保牵头", actor=judge, at=MONDAY + minutes(91))
    with pytest.raises(NotAllowedNow):
        conferring.give_opinion(
            opinion, "我有意见", actor=world.actor("environment_clerk"), at=MONDAY + minutes(92)
        )

    assert Consultation.objects.get().conclusion == "城管牵头"


def test_a_published_answer_that_is_taken_up_again_is_published_no_longer(world: World) -> None:
    redone, reopened = (
        review.approve(
            make.reported(world, may_publish=True, phone=phone), publish=True,
            actor=world.actor("reviewer"), at=MONDAY + minutes(180),
        )
        for phone in ("13812340001", "13812340002")
    )  # fmt: skip
    assert Appeal.objects.published().count() == 2

    callback.record(
        redone, bad(decision="redo"), actor=world.actor("callback"), at=MONDAY + minutes(200)
    )
    callback.record(
        reopened, Said(reached=True, solved=True, satisfaction=5), actor=world.actor("callback"),
        at=MONDAY + minutes(200),
    )  # fmt: skip
    closure.reopen(
        fresh(reopened), "问题反弹", actor=world.actor("reviewer"), at=MONDAY + minutes(300)
    )

    assert not Appeal.objects.published().exists()
