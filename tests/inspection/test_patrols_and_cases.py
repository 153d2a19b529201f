"""Patrols, clues by rule and by hand, and a case from clue to outcome."""

import datetime as dt

import pytest
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.appeals.actions import callback, dispatch, handling, review
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.actions.handling import Plea
from jiesu.appeals.models import Appeal
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, Invalid, NotAllowedNow, NotFound
from jiesu.inspection import cases, clues, patrols, sheets
from jiesu.inspection.cases import Opening
from jiesu.inspection.lifecycle import Stage
from jiesu.inspection.models import Case, Clue, ClueFact, ClueKind
from jiesu.inspection.patrols import Seen
from jiesu.jobs import delivery
from jiesu.scoring.models import Fault
from jiesu.supervision.models import Hit, TriggerRule

TUESDAY = MONDAY + dt.timedelta(days=1)


def deliver(at: dt.datetime = TUESDAY) -> None:
    while delivery.deliver(at).full:
        pass


def improper_return(world: World, at: dt.datetime = MONDAY) -> Appeal:
    """An order whose unit asked to return it and was refused."""
    appeal = make.dispatched(world, at)
    plea = Plea(
        kind="return", reason_code="not_our_duty", reason="不属于本单位职责范围，建议改派。",
        basis="三定方案", suggested_unit=world.units["environment"],
    )  # fmt: skip
    asked = handling.apply_for(
        make.lead_of(appeal), plea, actor=world.actor("clerk"), at=at + make.minutes(40)
    )
    return dispatch.judge_return(
        asked, accept=False, decision="目录明确由你局承办", actor=world.actor("dispatcher"),
        at=at + make.minutes(60),
    )  # fmt: skip


def case_of(world: World, **changes: object) -> Case:
    given = Opening(
        kind=Case.Kind.INSPECTION, unit=world.units["urban"], title="多次不当退单",
        matter="三个月内三次退单均被驳回。", **changes,
    )  # fmt: skip
    return cases.open_case(given, actor=world.actor("supervisor"), at=TUESDAY)


def test_as_many_improper_returns_as_the_rule_says_make_one_clue_with_its_orders(
    world: World,
) -> None:
    for hours in (0, 1):
        improper_return(world, MONDAY + dt.timedelta(hours=hours))
    deliver()
    assert not Clue.objects.exists()

    improper_return(world, MONDAY + dt.timedelta(hours=2))
    deliver()
    improper_return(world, MONDAY + dt.timedelta(hours=3))
    deliver()

    clue = Clue.objects.get()
    assert (clue.kind, clue.count, clue.unit) == ("improper_return", 4, world.units["urban"])
    assert clue.facts.count() == 4


def test_facts_older_than_the_window_make_no_clue(world: World) -> None:
    sheets.set_clue_rule(
        ClueKind.IMPROPER_RETURN, 2, 1, valid_from=MONDAY.date(), actor=world.actor("supervisor"),
        at=MONDAY,
    )  # fmt: skip
    improper_return(world, MONDAY)
    improper_return(world, MONDAY + dt.timedelta(days=2))

    deliver(MONDAY + dt.timedelta(days=3))

    assert ClueFact.objects.count() == 2
    assert not Clue.objects.exists()


def test_an_answer_called_solved_that_the_citizen_calls_unsolved_is_a_fact(world: World) -> None:
    appeal = make.answered(world)
    said = Said(
        reached=True, solved=False, satisfaction=2, dissatisfied_reason="not_solved",
        decision="redo", note="摊点还在",
    )  # fmt: skip
    callback.record(appeal, said, actor=world.actor("callback"), at=MONDAY + make.minutes(240))

    deliver()

    assert ClueFact.objects.filter(kind=ClueKind.FALSE_REPORT).count() == 1


def test_a_reply_sent_back_speaks_of_quality(world: World) -> None:
    appeal = make.reported(world)
    review.send_back(
        appeal, "没有写现场情况", actor=world.actor("reviewer"), at=MONDAY + make.minutes(200)
    )

    deliver()

    assert ClueFact.objects.get(kind=ClueKind.BAD_QUALITY).unit == world.units["urban"]


def test_a_clue_laid_by_hand_names_orders_that_exist(world: World) -> None:
    appeal = make.dispatched(world)
    supervisor = world.actor("supervisor")

    with pytest.raises(Invalid):
        clues.lay(
            ClueKind.SLOW, world.units["urban"], ["350100999999999999"], "拖延", actor=supervisor,
            at=TUESDAY,
        )  # fmt: skip
    clue = clues.lay(
        ClueKind.SLOW, world.units["urban"], [appeal.number], "拖延", actor=supervisor, at=TUESDAY
    )

    assert clue.count == 1


def test_only_the_offices_of_the_region_see_clues_and_cases(world: World) -> None:
    case = case_of(world)

    assert cases.visible_to(world.actor("leader")).filter(pk=case.pk).exists()
    for name in ("clerk", "dispatcher", "agent", "system_admin"):
        with pytest.raises(NotFound):
            cases.get_for(world.actor(name), case.number)
    assert not clues.visible_to(world.actor("dispatcher")).exists()


def test_a_case_runs_from_its_clues_to_an_outcome_that_another_person_approved(
    world: World,
) -> None:
    appeal = make.dispatched(world)
    one, other = world.actor("supervisor"), world.another("supervisor", "钱督")
    clue = clues.lay(
        ClueKind.SHIRKING, world.units["urban"], [appeal.number], "推诿", actor=one, at=TUESDAY
    )
    case = case_of(world, clues=[clue])
    case = cases.examine(case, actor=one, at=TUESDAY)
    case = cases.propose(
        case, findings="经核查，三次退单均无依据。", basis="《机关效能建设条例》第二十条",
        is_true=True, outcome="criticism", actor=one, at=TUESDAY,
    )  # fmt: skip

    with pytest.raises(Forbidden):
        cases.decide(case, "同意", accept=True, actor=one, at=TUESDAY)
    case = cases.decide(case, "同意", accept=True, actor=other, at=TUESDAY)
    case = cases.close(case, "已印发通报", actor=one, at=TUESDAY)

    clue.refresh_from_db()
    fault = Fault.objects.get()
    assert (fault.unit, fault.kind, fault.source) == (case.unit, "shirking", f"case:{case.pk}")
    assert (case.stage, clue.state, clue.case) == (Stage.CLOSED, Clue.State.IN_CASE, case)
    assert [s.name for s in case.steps.order_by("pk")] == [
        "open", "examine", "propose", "decide", "close",
    ]  # fmt: skip


def test_the_same_matter_is_not_opened_twice_unless_said_to_be_another(world: World) -> None:
    first = case_of(world)

    with pytest.raises(NotAllowedNow) as refused:
        case_of(world)
    second = case_of(world, beside=True)

    assert first.number in refused.value.message
    assert first.number != second.number
    assert second.number == "效督〔2026〕350100-2"


def test_a_clue_cannot_go_into_two_cases(world: World) -> None:
    appeal = make.dispatched(world)
    supervisor = world.actor("supervisor")
    clue = clues.lay(
        ClueKind.SLOW, world.units["urban"], [appeal.number], "拖延", actor=supervisor, at=TUESDAY
    )
    case_of(world, clues=[clue])

    with pytest.raises(ChangedMeanwhile):
        case_of(world, clues=[clue], beside=True)


def test_a_consequence_needs_a_basis_and_fits_what_was_found(world: World) -> None:
    case = cases.examine(case_of(world), actor=world.actor("supervisor"), at=TUESDAY)

    with pytest.raises(Invalid) as refused:
        cases.propose(
            case, findings="经核查反映不属实，退单有依据。", basis="", is_true=False,
            outcome="talk", actor=world.actor("supervisor"), at=TUESDAY,
        )  # fmt: skip

    assert [e.field for e in refused.value.errors] == ["outcome", "basis"]


def test_a_patrol_with_a_fault_demands_an_answer_before_it_is_closed(world: World) -> None:
    supervisor = world.actor("supervisor")
    appeal = make.dispatched(world)
    seen = Seen(
        kind="unannounced", unit=world.units["urban"], day=MONDAY.date(), people="孙效、钱督",
        found="现场仍有摊点占道。", is_fault=True, demand="三日内清理", due=TUESDAY.date(),
        orders=[appeal.number],
    )  # fmt: skip
    patrol = patrols.record(seen, actor=supervisor, at=TUESDAY)

    with pytest.raises(NotAllowedNow):
        patrols.settle(patrol, actor=supervisor, at=TUESDAY)
    patrol = patrols.answer(patrol, "已清理完毕。", actor=world.actor("clerk"), at=TUESDAY)
    patrol = patrols.settle(patrol, actor=supervisor, at=TUESDAY)

    assert patrol.settled_by == "孙效"
    assert list(patrol.appeals.all()) == [appeal]


def test_a_patrol_names_everything_that_is_wrong_at_once(world: World) -> None:
    seen = Seen(
        kind="on_site", unit=world.units["siming_urban"], day=TUESDAY.date(), people="",
        found="", is_fault=True, orders=["350100260000000001"],
    )  # fmt: skip

    with pytest.raises(Invalid) as refused:
        patrols.record(seen, actor=world.actor("supervisor"), at=MONDAY)

    assert [e.field for e in refused.value.errors] == [
        "found", "people", "day", "demand", "due", "unit", "orders",
    ]  # fmt: skip


def test_a_patrol_is_answered_by_the_unit_it_looked_at(world: World) -> None:
    seen = Seen(
        kind="on_site", unit=world.units["urban"], day=MONDAY.date(), people="孙效", found="正常"
    )
    patrol = patrols.record(seen, actor=world.actor("supervisor"), at=TUESDAY)

    assert patrols.visible_to(world.actor("clerk")).filter(pk=patrol.pk).exists()
    assert not patrols.visible_to(world.actor("siming_clerk")).exists()
    with pytest.raises(Forbidden):
        patrols.answer(patrol, "好的", actor=world.actor("siming_clerk"), at=TUESDAY)


def test_what_a_supervision_rule_marks_as_a_clue_is_taken_in_once(world: World) -> None:
    appeal = make.dispatched(world)
    office = world.units["fuzhou_office"]
    rule = TriggerRule.objects.create(
        key="late", office=office, name="超期三天", condition="overdue", action="clue", text="线索",
        valid_from=MONDAY.date(), set_by="孙效", set_at=MONDAY,
    )  # fmt: skip
    Hit.objects.create(
        rule=rule, rule_key="late", office_id=office.pk, appeal=appeal, cause="clock:1",
        action="clue", state=Hit.State.CLUE, happened_at=MONDAY, found_at=MONDAY,
    )  # fmt: skip

    assert clues.take_hits(TUESDAY) == 1
    assert clues.take_hits(TUESDAY) == 0

    fact = ClueFact.objects.get()
    assert (fact.kind, fact.unit, fact.words) == ("slow", world.units["urban"], "超期三天")
