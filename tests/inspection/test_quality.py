"""Quality inspection: looked at by machine, drawn by rule, marked, contested, final."""

import datetime as dt
from decimal import Decimal

import pytest
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.appeals.models import Appeal
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, Invalid, NotAllowedNow
from jiesu.inspection import marking, prechecks, sampling, sheets
from jiesu.inspection.lifecycle import Mark
from jiesu.inspection.marking import Marks
from jiesu.inspection.models import Inspection, Precheck, Subject, Training
from jiesu.jobs import delivery

TUESDAY = MONDAY + dt.timedelta(days=1)
LATER = MONDAY + dt.timedelta(days=8)


def deliver() -> None:
    while delivery.deliver(TUESDAY).full:
        pass


def opened(world: World, **changes: object) -> Inspection:
    """An inspection of an agent's registration, drawn the day after."""
    appeal = make.dispatched(world, **changes)
    return sampling.inspect_by_hand(
        appeal, Subject.ORDER, actor=world.actor("shift_lead"), at=TUESDAY
    )


def marked(world: World, lost: str = "30") -> Inspection:
    row = opened(world)
    given = Marks(lost={"elements": Decimal(lost)}, notes={"elements": "没有问时间"})
    return marking.mark(row, given, actor=world.actor("shift_lead"), at=TUESDAY)


def test_every_dispatched_registration_and_every_reply_let_go_is_looked_at_once(
    world: World,
) -> None:
    make.answered(world)

    deliver()
    deliver()

    seen = {row.subject: row for row in Precheck.objects.all()}
    assert set(seen) == {"order", "reply"}
    assert seen["order"].person_name == "林小满"
    assert seen["reply"].unit == world.units["urban"]


def test_a_short_registration_without_a_place_is_risky() -> None:
    bare = prechecks.Registration(
        title="占道", content="占道", address="", appeal_type="03", category_level=1, urgency="3"
    )

    codes = {one.code for one in prechecks.check_registration(bare)}

    assert codes == {"title_short", "title_same", "content_short", "no_address", "class_shallow"}


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("您好，您反映的问题已转相关部门处理。", "perfunctory"),
        ("请联系0591-12345咨询。", "pushes_away"),
        ("好的。", "reply_short"),
    ],
)
def test_a_reply_that_says_nothing_is_found(reply: str, code: str) -> None:
    found = prechecks.check_reply(
        reply, title="路灯不亮", content="小区门口路灯不亮", contacted=True, solved=None
    )

    assert code in {one.code for one in found}


def test_a_days_sample_is_at_least_three_percent_and_the_riskiest_are_likelier() -> None:
    rows = [(pk, 20 if pk <= 50 else 1) for pk in range(1, 1001)]

    chosen = sampling.choose(rows, 30, 15, seed="fuzhou|order|2026-11-16")

    by_risk = [pk for pk, origin in chosen.items() if origin == Inspection.Origin.RISK]
    assert len(chosen) == 30
    assert len(by_risk) == 15
    assert sum(pk <= 50 for pk in by_risk) >= 4  # 5% of the orders carry half of the weight
    assert chosen == sampling.choose(rows, 30, 15, seed="fuzhou|order|2026-11-16")
    assert chosen != sampling.choose(rows, 30, 15, seed="fuzhou|order|2026-11-17")


def test_nothing_is_drawn_twice_and_nothing_without_risk_is_drawn_by_risk() -> None:
    rows = [(pk, 0) for pk in range(1, 11)]

    chosen = sampling.choose(rows, 4, 2, seed="x")

    assert len(chosen) == 4
    assert set(chosen.values()) == {Inspection.Origin.RANDOM}


def test_a_day_is_drawn_once_and_only_when_it_is_over(world: World) -> None:
    make.dispatched(world)
    deliver()
    centre, lead = world.units["fuzhou_centre"], world.actor("shift_lead")

    with pytest.raises(NotAllowedNow):
        sampling.draw(centre, Subject.ORDER, MONDAY.date(), actor=lead, at=MONDAY)
    first = sampling.draw(centre, Subject.ORDER, MONDAY.date(), actor=lead, at=TUESDAY)
    again = sampling.draw(centre, Subject.ORDER, MONDAY.date(), actor=lead, at=TUESDAY)

    assert len(first) == 1
    assert again == []


def test_the_loop_draws_yesterdays_samples_once(world: World) -> None:
    make.dispatched(world)
    deliver()

    drawn = sampling.draw_due(TUESDAY)

    assert drawn == 1
    assert sampling.draw_due(TUESDAY + dt.timedelta(hours=1)) == 0


def test_marks_take_points_off_the_sheet_and_a_fatal_item_takes_all(world: World) -> None:
    row = opened(world)
    lead = world.actor("shift_lead")

    row = marking.mark(row, Marks(lost={"elements": Decimal("10.5")}), actor=lead, at=TUESDAY)
    assert (row.score, row.passed) == (Decimal("89.5"), True)
    row = marking.mark(
        row, Marks(fatal=["urgent_missed"], comment="燃气泄漏未标特急"), actor=lead, at=TUESDAY
    )

    assert (row.score, row.passed) == (Decimal(0), False)


def test_an_item_cannot_lose_more_than_it_has_and_a_fatal_one_needs_words(world: World) -> None:
    row = opened(world)
    lead = world.actor("shift_lead")

    with pytest.raises(Invalid) as refused:
        marking.mark(
            row, Marks(lost={"title": Decimal(11)}, fatal=["leak"]), actor=lead, at=TUESDAY
        )

    assert [e.field for e in refused.value.errors] == ["lost_title", "comment"]


def test_the_one_inspected_may_contest_and_somebody_else_decides(world: World) -> None:
    row = marked(world)

    row = marking.contest(
        row, "来电人当时不愿说时间，录音里有。", actor=world.actor("agent"), at=TUESDAY
    )
    row = marking.judge(
        row, "录音属实，改为不扣分", score=Decimal(100), actor=world.actor("supervisor"), at=TUESDAY
    )

    assert (row.state, row.score, row.first_score) == (Mark.FINAL, Decimal(100), Decimal(70))
    assert not Training.objects.exists()


def test_whoever_marked_does_not_decide_the_contest(world: World) -> None:
    row = opened(world)
    supervisor = world.actor("supervisor")
    row = marking.mark(row, Marks(lost={"place": Decimal(15)}), actor=supervisor, at=TUESDAY)
    row = marking.contest(row, "地点已经写明到路口了。", actor=world.actor("agent"), at=TUESDAY)

    with pytest.raises(Forbidden):
        marking.judge(row, "维持", score=None, actor=supervisor, at=TUESDAY)
    kept = marking.judge(
        row, "维持", score=None, actor=world.another("supervisor", "钱督"), at=TUESDAY
    )

    assert kept.state == Mark.FINAL


def test_nobody_marks_their_own_work_or_contests_anothers(world: World) -> None:
    row = marked(world)

    with pytest.raises(Forbidden):
        marking.contest(row, "我替她说一句，评得太重了。", actor=world.actor("clerk"), at=TUESDAY)


def test_a_mark_that_nobody_contests_becomes_final_and_a_failed_one_leads_to_training(
    world: World,
) -> None:
    row = marked(world)

    assert marking.settle_due(TUESDAY + dt.timedelta(days=4)) == 0
    assert marking.settle_due(LATER) == 1

    row.refresh_from_db()
    training = Training.objects.get()
    assert row.state == Mark.FINAL
    assert (training.person_name, training.weak) == ("林小满", ["要素齐全"])


def test_a_mark_is_contested_within_five_days(world: World) -> None:
    row = marked(world)

    with pytest.raises(NotAllowedNow):
        marking.contest(row, "过了这么久才看到这个结果。", actor=world.actor("agent"), at=LATER)


def test_two_inspectors_on_one_inspection_find_out(world: World) -> None:
    row = opened(world)
    other = Inspection.objects.get(pk=row.pk)
    marking.mark(row, Marks(), actor=world.actor("shift_lead"), at=TUESDAY)

    with pytest.raises(ChangedMeanwhile):
        marking.mark(other, Marks(), actor=world.actor("supervisor"), at=TUESDAY)


def test_an_inspection_is_seen_by_its_centre_by_its_judges_and_by_whoever_is_inspected(
    world: World,
) -> None:
    row = opened(world)
    waiting = {
        name: marking.visible_to(world.actor(name)).filter(pk=row.pk).exists()
        for name in ("shift_lead", "supervisor", "agent", "xiamen_agent", "clerk", "leader")
    }
    marking.mark(row, Marks(), actor=world.actor("shift_lead"), at=TUESDAY)

    assert waiting == {
        "shift_lead": True, "supervisor": True, "agent": False, "xiamen_agent": False,
        "clerk": False, "leader": False,
    }  # fmt: skip
    assert marking.visible_to(world.actor("agent")).filter(pk=row.pk).exists()
    assert not marking.visible_to(world.actor("xiamen_agent")).filter(pk=row.pk).exists()


def test_a_sheet_must_add_up_to_a_hundred_and_holds_from_its_day(world: World) -> None:
    supervisor = world.actor("supervisor")
    with pytest.raises(Invalid) as refused:
        sheets.set_sheet(
            Subject.ORDER, "新表", sheets.points_of("要素 60\n分类 30"), [], 80,
            valid_from=TUESDAY.date(), actor=supervisor, at=MONDAY,
        )  # fmt: skip
    new = sheets.set_sheet(
        Subject.ORDER, "新表", sheets.points_of("要素 60 时间地点\n分类 40"), [], 80,
        valid_from=TUESDAY.date(), actor=supervisor, at=MONDAY,
    )  # fmt: skip

    assert "90 分" in refused.value.message
    assert sheets.sheet_for(Subject.ORDER, MONDAY.date()) != new
    assert sheets.sheet_for(Subject.ORDER, TUESDAY.date()) == new


def test_less_than_three_percent_is_refused(world: World) -> None:
    with pytest.raises(Invalid):
        sheets.set_sample(
            Subject.ORDER, Decimal(2), Decimal(50), valid_from=TUESDAY.date(),
            actor=world.actor("supervisor"), at=MONDAY,
        )  # fmt: skip


def test_a_citizens_own_registration_is_nobodys_to_inspect(world: World) -> None:
    appeal = make.dispatched(world)
    Appeal.objects.filter(pk=appeal.pk).update(agent_id=None)
    appeal.refresh_from_db()

    with pytest.raises(Invalid):
        sampling.inspect_by_hand(appeal, Subject.ORDER, actor=world.actor("shift_lead"), at=TUESDAY)
