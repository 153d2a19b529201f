"""Who is told of what: the right people, once, and nobody else."""

import datetime as dt

from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import Role
from jiesu.accounts.models import Post, User
from jiesu.appeals.actions import callback, conferring, dispatch, handling, intake, review, triage
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.actions.handling import Plea
from jiesu.appeals.models import Appeal, Clock
from jiesu.jobs import delivery
from jiesu.jobs.deadlines import tick
from jiesu.notifications.models import Notice

HOUR = dt.timedelta(hours=1)


def told(at: dt.datetime = MONDAY + HOUR) -> set[tuple[str, str]]:
    """Deliver; the (person, kind) of every notice that came of it."""
    before = Notice.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    while delivery.deliver(at).delivered:
        pass
    new = Notice.objects.filter(pk__gt=before)
    return set(new.values_list("user__username", "kind"))


def test_a_new_order_is_told_to_the_clerks_of_its_units_only(world: World) -> None:
    make.dispatched(world, joint=("environment",))

    assert told() == {("clerk", "assigned"), ("environment_clerk", "assigned")}


def test_an_ordinary_appeal_is_told_to_nobody_when_it_comes_in(world: World) -> None:
    make.registered(world)

    assert told() == set()


def test_an_extremely_urgent_appeal_is_told_to_dispatchers_and_shift_leads_once(
    world: World,
) -> None:
    make.accepted(world, urgency="1")

    assert told() == {("dispatcher", "extreme"), ("shift_lead", "extreme")}
    assert Notice.objects.count() == 2


def test_a_post_that_ended_is_told_nothing(world: World) -> None:
    Post.objects.filter(user__username="clerk").update(valid_to=MONDAY.date())
    make.dispatched(world)

    assert told() == {("section_head", "assigned")}


def test_a_person_who_holds_two_posts_in_the_unit_is_told_once(world: World) -> None:
    clerk = User.objects.get(username="clerk")
    Post.objects.create(user=clerk, unit=world.units["environment"], role=Role.CLERK)
    make.dispatched(world, joint=("environment",))

    told()

    assert Notice.objects.filter(user=clerk).count() == 1


def test_a_return_is_told_to_the_centres_dispatchers_and_its_verdict_to_the_applicant(
    world: World,
) -> None:
    make.dispatched(world)
    assignment = make.lead_of(Appeal.objects.get())
    told()
    plea = Plea(
        kind="return", reason_code="not_our_duty", reason="不属于本单位职责", basis="三定方案",
        suggested_unit=world.units["environment"],
    )  # fmt: skip
    asked = handling.apply_for(assignment, plea, actor=world.actor("clerk"), at=MONDAY + HOUR)
    of_return = told(MONDAY + HOUR)

    asked = type(asked).objects.select_related("appeal").get(pk=asked.pk)
    dispatch.judge_return(
        asked, accept=False, decision="属于你单位职责", actor=world.actor("dispatcher"),
        at=MONDAY + 2 * HOUR,
    )  # fmt: skip

    assert of_return == {("dispatcher", "application")}
    assert told(MONDAY + 2 * HOUR) == {("clerk", "judged")}


def test_a_reply_goes_to_inner_review_then_to_the_reviewers_and_back_to_its_writer(
    world: World,
) -> None:
    assignment = make.signed(world)
    told()
    appeal = make.report(world, assignment, MONDAY + 2 * HOUR)
    on_the_way = told(MONDAY + 3 * HOUR)

    review.send_back(appeal, "答复过于简单", actor=world.actor("reviewer"), at=MONDAY + 4 * HOUR)

    assert on_the_way == {("section_head", "inner_review"), ("reviewer", "review")}
    assert told(MONDAY + 4 * HOUR) == {("clerk", "sent_back"), ("section_head", "sent_back")}


def test_a_redo_is_told_to_the_handler_and_the_section_head(world: World) -> None:
    appeal = make.answered(world)
    told()

    callback.record(
        appeal,
        Said(reached=True, solved=False, satisfaction=1, dissatisfied_reason="not_solved",
             note="又来了", decision="redo"),
        actor=world.actor("callback"), at=MONDAY + 6 * HOUR,
    )  # fmt: skip

    assert told(MONDAY + 6 * HOUR) == {("clerk", "redo"), ("section_head", "redo")}


def test_an_urge_and_new_facts_reach_whoever_has_the_appeal_now(world: World) -> None:
    waiting = make.accepted(world)
    intake.urge(waiting, "请尽快派单", actor=world.actor("agent"), at=MONDAY + HOUR)
    undispatched = told()
    handled = make.signed(world, phone="13812340002").appeal
    told(MONDAY + HOUR)

    intake.add_facts(
        Appeal.objects.get(pk=handled.pk), "今早又来摆摊了", actor=world.actor("agent"),
        at=MONDAY + 2 * HOUR,
    )  # fmt: skip

    assert undispatched == {("dispatcher", "urged")}
    assert told(MONDAY + 2 * HOUR) == {("clerk", "facts")}


def test_a_merged_appeal_is_told_to_the_unit_that_loses_it_and_to_the_masters_handler(
    world: World,
) -> None:
    master = make.signed(world).appeal
    other = make.dispatched(world, phone="13812340002")
    told()

    triage.merge(
        Appeal.objects.get(pk=other.pk), Appeal.objects.get(pk=master.pk), "同一事项",
        actor=world.actor("shift_lead"), at=MONDAY + 2 * HOUR,
    )  # fmt: skip

    assert told(MONDAY + 2 * HOUR) == {("clerk", "taken_back"), ("clerk", "merged")}


def test_a_breach_is_told_to_handler_section_head_and_the_nearest_supervisor(
    world: World,
) -> None:
    assignment = make.signed(world)
    told()
    handle = Clock.objects.get(appeal=assignment.appeal, kind="handle")
    Clock.objects.exclude(pk=handle.pk).update(stopped_at=MONDAY)
    at = handle.due_at + HOUR

    tick(at)

    assert told(at) == {
        ("clerk", "breached"), ("section_head", "breached"), ("supervisor", "breached")
    }  # fmt: skip


def test_a_breach_at_the_centres_desk_is_told_to_that_desk(world: World) -> None:
    appeal = make.accepted(world)
    told()
    clock = Clock.objects.get(appeal=appeal, kind="dispatch")
    Clock.objects.exclude(pk=clock.pk).update(stopped_at=MONDAY)

    tick(clock.due_at + HOUR)

    assert told(clock.due_at + HOUR) == {
        ("dispatcher", "breached"), ("supervisor", "breached")
    }  # fmt: skip


def test_whoever_did_it_is_not_told_of_it(world: World) -> None:
    reviewer = User.objects.get(username="reviewer")
    unit = world.units["urban"]
    Post.objects.create(user=reviewer, unit=unit, role=Role.SECTION_HEAD)
    appeal = make.reported(world)
    told()

    review.send_back(appeal, "不够具体", actor=world.actor("reviewer"), at=MONDAY + 4 * HOUR)

    assert ("reviewer", "sent_back") not in told(MONDAY + 4 * HOUR)


def test_nobody_who_may_not_see_the_appeal_is_told_of_it(world: World) -> None:
    appeal = make.dispatched(world)
    conferring.consult(
        appeal, "谁来管", [world.units["siming_urban"]], actor=world.actor("dispatcher"),
        at=MONDAY + HOUR,
    )  # fmt: skip

    people = {person for person, _ in told()}

    visible = Appeal.objects.visible_to(world.actor("siming_clerk")).filter(pk=appeal.pk)
    assert ("siming_clerk" in people) == visible.exists()


def test_nobody_of_another_city_is_ever_told(world: World) -> None:
    make.closed(world, urgency="1")
    tick(MONDAY + 40 * 24 * HOUR)

    people = {person for person, _ in told(MONDAY + 40 * 24 * HOUR)}

    assert people
    assert not people & {"xiamen_agent", "xiamen_dispatcher", "siming_clerk"}
