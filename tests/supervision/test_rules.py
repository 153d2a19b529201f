"""Trigger rules: dated, found once per cause, acted on once, tried dry before."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from tests.factories import appeals as make
from tests.factories.appeals import lead_of
from tests.factories.world import MONDAY, World

from jiesu.appeals.actions import callback, dispatch, handling, intake, review
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.actions.handling import Plea
from jiesu.appeals.models import Appeal
from jiesu.appeals.models.event import TRIGGERING
from jiesu.foundation.errors import Forbidden, Invalid, NotAllowedNow
from jiesu.jobs import deadlines
from jiesu.supervision import conditions, defaults, engine, linked, rules
from jiesu.supervision.conditions import Condition
from jiesu.supervision.models import Hit, Instrument, TriggerRule
from jiesu.supervision.rules import Wish

DAY = dt.timedelta(days=1)
SET = MONDAY - DAY


def rule(world: World, condition: str, action: str = "urge", **changes: Any) -> TriggerRule:
    wish = Wish(f"规则 {condition} {action}", condition, action, "请抓紧办理。", **changes)
    return rules.set_rule(wish, actor=world.actor("supervisor"), at=SET)


def hits(**by: Any) -> list[Hit]:
    return list(Hit.objects.filter(**by).order_by("pk"))


def dissatisfied(world: World, at: dt.datetime) -> Appeal:
    appeal = make.answered(world, at)
    callback.record(
        appeal,
        Said(reached=True, solved=False, satisfaction=1, dissatisfied_reason="not_solved",
             note="没解决", decision="redo"),
        actor=world.actor("callback"), at=at + make.minutes(240),
    )  # fmt: skip
    return Appeal.objects.get(pk=appeal.pk)


def test_a_yellow_limit_is_urged_once_however_often_and_by_however_many_rules(
    world: World,
) -> None:
    first = rule(world, "yellow", clock="handle")
    rule(world, "yellow", clock="")
    appeal = make.signed(world).appeal
    clock = appeal.clocks.get(kind="handle")
    at = clock.yellow_at + make.minutes(1)
    deadlines.tick(at)

    ran = engine.run(at + make.minutes(1))
    again = engine.run(at + make.minutes(2))

    appeal.refresh_from_db()
    assert appeal.urge_count == 1
    assert again.found == 0
    assert ran.acted >= 2
    states = {h.state for h in hits(cause__in=[h.cause for h in hits(rule=first)])}
    assert states == {"done", "already"}


def test_overdue_by_days_is_hit_when_the_days_are_full_and_not_before(world: World) -> None:
    rule(world, "overdue", "reminder", clock="handle", amount=1)
    appeal = make.signed(world).appeal
    due = appeal.clocks.get(kind="handle").due_at

    early = engine.run(due + dt.timedelta(hours=20))
    full = engine.run(due + dt.timedelta(days=4))
    again = engine.run(due + dt.timedelta(days=5))

    assert (early.found, full.found, again.found) == (0, 1, 0)
    letter = Instrument.objects.get()
    assert (letter.kind, letter.state, letter.source) == ("reminder", "issued", "rule")
    assert letter.unit == world.units["urban"]
    assert letter.number.startswith("市效能办函〔2026〕")


def test_what_was_answered_in_time_is_not_hit(world: World) -> None:
    rule(world, "overdue", "reminder", clock="handle", amount=1)
    make.reported(world)

    assert engine.run(MONDAY + 40 * DAY).found == 0


def test_the_second_dissatisfaction_drafts_a_supervision_order(world: World) -> None:
    rule(world, "dissatisfied", "order_draft", amount=2)
    appeal = dissatisfied(world, MONDAY)
    first = engine.run(MONDAY + make.minutes(300))
    make.report(world, lead_of(appeal), MONDAY + DAY)
    appeal = Appeal.objects.get(pk=appeal.pk)
    appeal = review.approve(appeal, actor=world.actor("reviewer"), at=MONDAY + DAY * 1.2)
    callback.record(
        appeal,
        Said(reached=True, solved=False, satisfaction=2, dissatisfied_reason="not_solved",
             note="还是没解决", decision="redo"),
        actor=world.actor("callback"), at=MONDAY + DAY * 1.3,
    )  # fmt: skip

    second = engine.run(MONDAY + 2 * DAY)

    assert (first.found, second.found) == (0, 1)
    draft = Instrument.objects.get()
    assert (draft.kind, draft.state, draft.number) == ("order", "draft", "")


def test_a_refused_return_is_a_clue_that_waits_for_the_inspection(world: World) -> None:
    rule(world, "improper_return", "clue", amount=1)
    appeal = make.dispatched(world)
    asked = handling.apply_for(
        lead_of(appeal),
        Plea(kind="return", reason_code="not_our_duty", reason="不属于本单位职责范围，建议改派。",
             basis="三定方案", suggested_unit=world.units["environment"]),
        actor=world.actor("clerk"), at=MONDAY + make.minutes(40),
    )  # fmt: skip
    dispatch.judge_return(
        asked, accept=False, decision="目录明确", actor=world.actor("dispatcher"),
        at=MONDAY + make.minutes(50),
    )  # fmt: skip

    engine.run(MONDAY + DAY)

    found = hits()[0]
    assert (found.state, found.appeal_id, found.action) == ("clue", appeal.pk, "clue")
    assert not Instrument.objects.exists()


def test_three_reports_in_thirty_days_supervise_the_newest(world: World) -> None:
    rule(world, "repeated", "order", amount=3, days=30)
    first = make.dispatched(world)
    second = intake.register(
        make.intake_form(repeat_of=first.number), actor=world.actor("agent"), at=MONDAY + DAY
    )
    none_yet = engine.run(MONDAY + DAY * 1.5)
    third = intake.register(
        make.intake_form(repeat_of=second.number), actor=world.actor("agent"), at=MONDAY + 2 * DAY
    )

    engine.run(MONDAY + 3 * DAY)

    assert none_yet.found == 0
    assert [h.appeal_id for h in hits()] == [third.pk]
    assert Instrument.objects.get().appeal_id == third.pk


def test_a_matter_handled_elsewhere_is_linked_and_not_supervised(world: World) -> None:
    rule(world, "overdue", "order", clock="handle", amount=1)
    appeal = make.signed(world).appeal
    linked.link(appeal, "inspection", "督查9", actor=world.actor("supervisor"), at=MONDAY)

    engine.run(MONDAY + 40 * DAY)

    assert [h.state for h in hits()] == ["linked"]
    assert not Instrument.objects.exists()


def test_a_rule_reaches_no_further_than_its_offices_area_and_its_own(world: World) -> None:
    rule(world, "overdue", "clue", clock="handle", amount=1, region=world.regions["350103"])
    narrow = rule(world, "overdue", "clue", clock="handle", amount=2, urgencies=["1"])
    make.signed(world)

    engine.run(MONDAY + 40 * DAY)

    assert hits() == []
    assert narrow.office.name == "福州市效能办"


def test_a_dry_run_counts_orders_by_unit_and_changes_nothing(world: World) -> None:
    tried = rule(world, "overdue", "order", clock="handle", amount=1)
    make.signed(world)
    make.signed(world, phone="13812340009")

    said = engine.dry_run(tried, MONDAY, MONDAY + 30 * DAY)

    assert said.orders == 2
    assert said.units == [("鼓楼区城管局", 2)]
    assert not Hit.objects.exists()


def test_a_new_version_holds_from_its_day_and_the_old_one_until_then(world: World) -> None:
    first = rule(world, "overdue", "clue", clock="handle", amount=1)
    changed = rules.set_rule(
        Wish("超期 2 日", "overdue", "clue", "…", clock="handle", amount=2),
        actor=world.actor("supervisor"), at=SET, key=first.key,
        effective=(MONDAY + 3 * DAY).date(),
    )  # fmt: skip
    first.refresh_from_db()

    assert first.valid_to == changed.valid_from
    assert [r.amount for r in rules.in_force(MONDAY.date())] == [1]
    assert [r.amount for r in rules.in_force((MONDAY + 5 * DAY).date())] == [2]
    with pytest.raises(Invalid, match="不能早于今天"):
        rules.set_rule(
            Wish("昨天", "redo", "clue", "…", amount=2), actor=world.actor("supervisor"), at=SET,
            key=first.key, effective=(SET - DAY).date(),
        )  # fmt: skip


def test_an_ended_rule_hits_no_more(world: World) -> None:
    made = rule(world, "overdue", "clue", clock="handle", amount=1)
    rules.end_rule(made.key, actor=world.actor("supervisor"), at=SET)
    make.signed(world)

    assert engine.run(MONDAY + 40 * DAY).found == 0
    with pytest.raises(NotAllowedNow):
        rules.end_rule(made.key, actor=world.actor("supervisor"), at=SET + 3 * DAY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"condition": "full_moon"}, "condition"),
        ({"action": "punish"}, "action"),
        ({"amount": 0}, "amount"),
        ({"text": " "}, "text"),
        ({"days": 400}, "days"),
        ({"condition": "repeated", "days": 0}, "days"),
        ({"condition": "not_acted_on", "event": "register", "answered_by": "x"}, "event"),
        ({"condition": "not_acted_on", "event": "warning", "answered_by": ""}, "answered_by"),
    ],
)
def test_a_wrong_rule_is_refused_at_its_field(
    world: World, changes: dict[str, Any], field: str
) -> None:
    said: dict[str, Any] = {
        "name": "规则", "condition": "redo", "action": "clue", "text": "…", "amount": 2,
    }  # fmt: skip

    with pytest.raises(Invalid) as refusal:
        rules.set_rule(Wish(**{**said, **changes}), actor=world.actor("supervisor"), at=SET)

    assert field in {e.field for e in refusal.value.errors}


def test_only_the_office_edits_rules(world: World) -> None:
    with pytest.raises(Forbidden):
        rules.set_rule(
            Wish("规则", "redo", "clue", "…", amount=2), actor=world.actor("clerk"), at=SET
        )


def test_the_default_rules_are_given_once(world: World) -> None:
    supervisor = world.actor("supervisor")

    given = [defaults.load(supervisor, SET), defaults.load(supervisor, SET)]

    assert given == [len(defaults.DEFAULTS), 0]


def test_a_turn_without_news_asks_few_questions(
    world: World, django_assert_max_num_queries: Any
) -> None:
    for amount in range(1, 6):
        rule(world, "redo", "clue", amount=amount)
    make.signed(world)
    engine.run(MONDAY + DAY)

    with django_assert_max_num_queries(5 * 12 + 5):
        engine.run(MONDAY + DAY + make.minutes(1))


def test_a_hit_is_laid_aside_with_a_reason_once(world: World) -> None:
    rule(world, "overdue", "clue", clock="handle", amount=1)
    make.signed(world)
    engine.run(MONDAY + 40 * DAY)
    supervisor = world.actor("supervisor")

    engine.dismiss(hits()[0].pk, "台风停工", actor=supervisor, at=MONDAY + 41 * DAY)

    assert hits()[0].state == "dismissed"
    with pytest.raises(NotAllowedNow):
        engine.dismiss(hits()[0].pk, "再次", actor=supervisor, at=MONDAY + 41 * DAY)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads so small a table whole")
@pytest.mark.parametrize("condition", [c for c in Condition if c is not Condition.OVERDUE])
def test_a_turn_reads_the_increment_by_its_index(world: World, condition: str) -> None:
    event = {"event": "redo", "answered_by": "send_back"} if condition == "not_acted_on" else {}
    made = rule(world, condition, amount=2, days=30 if condition == "repeated" else 0, **event)

    plan = conditions.find(made, MONDAY, MONDAY + dt.timedelta(minutes=1)).rows.explain()

    assert "USING INDEX event_triggering (kind=? AND at>? AND at<?)" in plan


def test_the_index_of_triggers_has_no_list_and_serves_the_question(world: World) -> None:
    # given: what a province's rule asks; PostgreSQL would rather read so small a table whole
    made = rule(world, "dissatisfied", amount=1)
    made.office.region.path = "0001"
    question = conditions.find(made, MONDAY, MONDAY + dt.timedelta(minutes=1)).rows

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(
                "SELECT pg_get_indexdef(indexrelid) FROM pg_index"
                " WHERE indexrelid = 'event_triggering'::regclass"
            )
        else:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'event_triggering'")
        written = cursor.fetchone()[0]

    # then: for IN or ANY SQLite would build a table of the kinds at each row written
    condition = written.partition(" WHERE ")[2]
    assert condition.count(" OR ") == len(TRIGGERING) - 1
    assert not re.search(r"\b(IN|ANY)\b", condition)
    assert "event_triggering" in question.explain()
