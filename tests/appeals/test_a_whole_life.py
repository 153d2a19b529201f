"""An appeal walks from the first ring to the archive."""

from tests.factories import appeals as make
from tests.factories.appeals import lead_of, minutes
from tests.factories.world import MONDAY, World

from jiesu.access import SYSTEM
from jiesu.appeals.actions import callback, closure, dispatch, handling, review
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.actions.handling import Answer, Plea
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Application, Clock
from jiesu.journal import sealing


def fresh(appeal: Appeal) -> Appeal:
    return Appeal.objects.select_related("region", "category").get(pk=appeal.pk)


def test_a_phone_appeal_reaches_the_archive_the_straight_way(world: World) -> None:
    appeal = make.closed(world)

    closure.archive(appeal, actor=SYSTEM, at=MONDAY + minutes(60 * 24 * 40))

    appeal = fresh(appeal)
    assert appeal.where is Status.ARCHIVED
    assert appeal.solved is True
    assert appeal.satisfaction == 5
    assert not Clock.objects.filter(appeal=appeal, stopped_at=None).exists()
    kinds = list(appeal.events.order_by("seq").values_list("kind", flat=True))
    assert kinds == [
        "register", "accept", "dispatch", "sign", "contact", "submit", "inner_approve", "report",
        "approve", "call_back", "close", "archive",
    ]  # fmt: skip


def test_an_appeal_goes_through_every_turn_and_still_ends(world: World) -> None:
    at = MONDAY
    clerk, dispatcher = world.actor("clerk"), world.actor("dispatcher")
    appeal = make.dispatched(world, at)

    # the unit returns it; the centre accepts and sends it to the environment bureau's neighbour
    handling.apply_for(
        lead_of(appeal),
        Plea(kind="return", reason_code=_first("return_reason"), reason="不属于我局职责",
             basis="《三定方案》", suggested_unit=world.units["environment"]),
        actor=clerk, at=at + minutes(60),
    )  # fmt: skip
    plea = Application.objects.select_related("appeal", "suggested_unit").get(appeal=appeal)
    dispatch.judge_return(plea, accept=True, decision="同意", actor=dispatcher, at=at + minutes(90))
    appeal = fresh(appeal)
    assert appeal.where is Status.ACCEPTED
    dispatch.assign(
        appeal, Order(lead=world.units["environment"], reason="原单位退单，改派"),
        actor=dispatcher, at=at + minutes(100),
    )  # fmt: skip

    # it is re-dispatched, signed and extended
    dispatch.reassign(
        fresh(appeal),
        Order(lead=world.units["urban"], reason="经会商由城管局承办", designate=True),
        actor=dispatcher, at=at + minutes(120),
    )  # fmt: skip
    handling.sign(lead_of(appeal), actor=clerk, at=at + minutes(130))
    due = lead_of(appeal).due_at
    handling.apply_for(
        lead_of(appeal),
        Plea(kind="extension", reason_code=_first("extension_reason"), reason="需跨部门联合整治",
             plan="三日内联合执法", citizen_told="电话告知，诉求人同意", days=3),
        actor=clerk, at=at + minutes(140),
    )  # fmt: skip
    plea = Application.objects.select_related("appeal").get(appeal=appeal, kind="extension")
    dispatch.judge_extension(
        plea, accept=True, decision="同意", actor=dispatcher, at=at + minutes(150)
    )
    assert due is not None
    assert lead_of(appeal).due_at > due

    # the centre rejects the first answer, then lets the second go
    appeal = make.report(world, lead_of(appeal), at + minutes(200))
    review.send_back(
        appeal, "没有写明核查结果", actor=world.actor("reviewer"), at=at + minutes(300)
    )
    appeal = make.report(world, lead_of(appeal), at + minutes(400))
    review.approve(appeal, actor=world.actor("reviewer"), at=at + minutes(500))

    # dissatisfied twice: two redos; then content
    for round_ in (1, 2):
        callback.record(
            fresh(appeal),
            Said(reached=True, solved=False, satisfaction=2, decision="redo", note="摊贩又回来了",
                 dissatisfied_reason=_first("dissatisfied_reason")),
            actor=world.actor("callback"), at=at + minutes(600 * round_),
        )  # fmt: skip
        again = Answer(
            handling_report="再次整治。", solved=True,
            public_reply="您好，我局已再次清理，并设置隔离桩，安排专人值守至月底。",
        )  # fmt: skip
        appeal = make.report(world, lead_of(appeal), at + minutes(600 * round_ + 60), again)
        review.approve(
            appeal, "属实，放行", actor=world.actor("reviewer"), at=at + minutes(600 * round_ + 120)
        )
    callback.record(
        fresh(appeal), Said(reached=True, solved=True, satisfaction=4),
        actor=world.actor("callback"), at=at + minutes(2000),
    )  # fmt: skip
    closure.archive(fresh(appeal), actor=SYSTEM, at=at + minutes(60 * 24 * 40))

    appeal = fresh(appeal)
    assert appeal.where is Status.ARCHIVED
    assert (appeal.redo_count, appeal.send_back_count, appeal.return_count) == (2, 1, 1)
    assert appeal.events.count() == appeal.event_seq
    assert sealing  # the chain itself is checked in tests/journal
    total = Clock.objects.filter(appeal=appeal, kind="total")
    assert total.count() == 1, "the citizen's total clock never restarts"


def _first(table: str) -> str:
    from jiesu.catalogue import codes

    return codes.items(table, MONDAY)[0].code
