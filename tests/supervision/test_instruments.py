"""Instruments of supervision: from draft to result, over an order or over none."""

import datetime as dt
import io
from typing import Any

import docx
import pytest
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import Permission
from jiesu.appeals.models import Appeal
from jiesu.documents import word
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, Invalid, NotAllowedNow, NotFound
from jiesu.jobs import delivery
from jiesu.journal import chain
from jiesu.notifications.models import Notice
from jiesu.organizations.models import Unit
from jiesu.supervision import instruments, letters, lifecycle, linked, numbers
from jiesu.supervision.instruments import Answer, Draft
from jiesu.supervision.models import Instrument

AT = MONDAY + dt.timedelta(hours=3)
LATER = AT + dt.timedelta(days=1)


def order(world: World, **changes: Any) -> Draft:
    said: dict[str, Any] = {
        "kind": "order", "unit": world.units["urban"], "matter": "东街口占道经营反复出现",
        "demands": "明确责任人，一周内整治到位。", "limit_days": 5,
    }  # fmt: skip
    return Draft(**{**said, **changes})


def issued(world: World, appeal: Appeal | None = None, **changes: Any) -> Instrument:
    return instruments.issue_new(
        order(world, **changes), actor=world.actor("supervisor"), at=AT, appeal=appeal
    )


def kinds(appeal: Appeal) -> list[str]:
    return list(appeal.events.order_by("seq").values_list("kind", flat=True))


def test_an_issued_order_is_numbered_due_in_working_days_and_stands_in_the_orders_history(
    world: World,
) -> None:
    appeal = make.dispatched(world)

    first = issued(world, appeal)
    second = issued(world, matter="知识库逾期未更新")

    assert (first.number, second.number) == ("市效能办督〔2026〕1号", "市效能办督〔2026〕2号")
    assert first.due_at is not None
    assert first.due_at.date() == dt.date(2026, 11, 23)
    assert second.appeal is None
    appeal.refresh_from_db()
    assert kinds(appeal)[-1] == "supervision_issued"
    assert chain.verify([]) == []
    assert appeal.status == "dispatched"


def test_the_unit_is_told_and_answers_and_the_office_is_told_and_judges(world: World) -> None:
    appeal = make.dispatched(world)
    supervisor, clerk = world.actor("supervisor"), world.actor("clerk")
    mine = issued(world, appeal)
    while delivery.deliver(AT).full:
        pass

    mine = instruments.answer(
        mine,
        Answer("已清理并安排早晚巡查。", measures="增派两人", person="周敏"),
        actor=clerk,
        at=LATER,
    )
    mine = instruments.return_answer(mine, "没有说明长效措施", actor=supervisor, at=LATER)
    mine = instruments.answer(mine, Answer("已建立长效巡查。"), actor=clerk, at=LATER)
    mine = instruments.accept(mine, "同意办结", actor=supervisor, at=LATER)
    while delivery.deliver(LATER).full:
        pass

    assert mine.state == "done"
    assert [s.move for s in mine.steps.order_by("pk")] == [
        "draft", "issue", "answer", "return", "answer", "accept",
    ]  # fmt: skip
    told = set(Notice.objects.values_list("user__username", "kind"))
    assert ("clerk", "supervised") in told
    assert ("supervisor", "supervision_news") in told
    assert kinds(appeal)[-4:] == [
        "supervision_answered", "supervision_returned", "supervision_answered", "supervision_done",
    ]  # fmt: skip


def test_listed_supervision_needs_a_leader_who_did_not_draft_it(world: World) -> None:
    listed = issued(world, kind="listed", colour="red")

    with pytest.raises(NotAllowedNow):
        instruments.issue(listed, actor=world.actor("supervisor"), at=AT)
    signed = instruments.approve(listed, "从严督办", actor=world.actor("leader"), at=AT)

    assert listed.number == ""
    assert signed.number == "市效能办挂〔2026〕1号"
    assert signed.signed_by == "李市长"


def test_whoever_drafted_it_cannot_approve_it_even_with_the_permission(world: World) -> None:
    listed = issued(world, kind="listed", colour="red")
    both = world.actor("supervisor")
    both = type(both)(
        **{**both.__dict__, "permissions": both.permissions | {Permission.SUPERVISION_APPROVE}}
    )

    with pytest.raises(NotAllowedNow, match="拟稿人"):
        instruments.approve(listed, actor=both, at=AT)


def test_a_leader_sends_a_draft_back_and_it_is_changed_and_comes_again(world: World) -> None:
    supervisor, leader = world.actor("supervisor"), world.actor("leader")
    listed = issued(world, kind="listed", colour="red")

    back = instruments.refuse(listed, "先约谈", actor=leader, at=AT)
    changed = instruments.edit(
        back, order(world, kind="talk", meets_at=LATER, place="三楼会议室"), actor=supervisor, at=AT
    )
    again = instruments.submit(changed, actor=supervisor, at=AT)
    talk = instruments.approve(again, actor=leader, at=AT)
    done = instruments.conclude(talk, "已约谈分管领导，承诺周五前办结", actor=supervisor, at=LATER)

    assert back.state == "draft"
    assert talk.number.startswith("市效能办谈")
    assert done.state == "done"


def test_one_matter_is_not_supervised_twice_at_once(world: World) -> None:
    appeal = make.dispatched(world)
    issued(world, appeal)

    with pytest.raises(NotAllowedNow, match="不重复督办") as refusal:
        issued(world, appeal)

    assert refusal.value.code == "already_supervised"
    assert Instrument.objects.count() == 1


def test_a_double_click_makes_one(world: World) -> None:
    made = [
        instruments.issue_new(
            order(world), actor=world.actor("supervisor"), at=AT, idempotency_key="once"
        )
        for _ in range(2)
    ]

    assert made[0].pk == made[1].pk
    assert Instrument.objects.count() == 1


def test_what_is_under_inspection_or_petition_is_linked_and_not_supervised_again(
    world: World,
) -> None:
    appeal = make.dispatched(world)
    supervisor = world.actor("supervisor")
    link = linked.link(appeal, "petition", "信访2026-118", actor=supervisor, at=AT)

    with pytest.raises(NotAllowedNow, match="信访2026-118"):
        issued(world, appeal)
    urged = issued(world, appeal, kind="urge")
    linked.unlink(link.pk, appeal, actor=supervisor, at=LATER)
    after = issued(world, appeal)

    assert urged.state == after.state == "issued"
    assert "linked_elsewhere" in kinds(appeal)
    with pytest.raises(NotAllowedNow, match="已经登记过"):
        linked.link(appeal, "petition", "信访2026-118", actor=supervisor, at=AT)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"matter": " "}, "matter"),
        ({"demands": ""}, "demands"),
        ({"kind": "listed", "colour": "blue"}, "colour"),
        ({"kind": "talk"}, "meets_at"),
        ({"kind": "raised", "new_level": "市级"}, "old_level"),
        ({"kind": "nothing"}, "kind"),
        ({"limit_days": 61}, "limit_days"),
        ({"matter": "长" * 201}, "matter"),
    ],
)
def test_wrong_input_is_refused_at_its_field(
    world: World, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        issued(world, **changes)

    assert field in {e.field for e in refusal.value.errors}
    assert not Instrument.objects.exists()


def test_a_unit_elsewhere_or_one_that_ended_is_refused(world: World) -> None:
    Unit.objects.filter(pk=world.units["street"].pk).update(valid_to=dt.date(2026, 11, 1))
    ended = Unit.objects.select_related("region").get(pk=world.units["street"].pk)

    for unit, code in ((world.units["siming_urban"], "out_of_area"), (ended, "unit_ended")):
        with pytest.raises(Invalid) as refusal:
            issued(world, unit=unit)
        assert refusal.value.errors[0].code == code


def test_another_unit_neither_sees_nor_answers_it_and_a_draft_is_seen_by_no_unit(
    world: World,
) -> None:
    mine = issued(world)
    pending = issued(world, kind="listed", colour="red", matter="另一件")

    with pytest.raises(NotFound):
        instruments.get_for(world.actor("environment_clerk"), mine.pk)
    with pytest.raises(Forbidden):
        instruments.answer(mine, Answer("代答"), actor=world.actor("environment_clerk"), at=AT)
    with pytest.raises(NotFound):
        instruments.get_for(world.actor("clerk"), pending.pk)
    with pytest.raises(Forbidden):
        instruments.accept(mine, actor=world.actor("dispatcher"), at=AT)
    assert instruments.get_for(world.actor("clerk"), mine.pk) == mine


def test_two_people_on_one_instrument_the_second_is_told(world: World) -> None:
    mine = issued(world)
    instruments.answer(mine, Answer("已办"), actor=world.actor("clerk"), at=LATER)

    with pytest.raises(ChangedMeanwhile):
        instruments.cancel(mine, "重复", actor=world.actor("supervisor"), at=LATER)


def test_a_letter_says_who_what_and_until_when(world: World) -> None:
    appeal = make.dispatched(world)
    numbers.set_head(
        "福州市效能办文件", "榕效", "福州市效能办", actor=world.actor("supervisor"), at=AT
    )
    mine = issued(world, appeal, basis="<b>超期</b> 3 日", person="周敏")

    text = "\n".join(
        p.text
        for p in docx.Document(io.BytesIO(word.render(letters.paper_of(mine, AT)))).paragraphs
    )

    for said in (
        "福州市效能办文件", "榕效督〔2026〕1号", "关于“东街口占道经营反复出现”的督办单",
        "鼓楼区城市管理局：",
        "<b>超期</b> 3 日", "请于2026年11月23日", "2026年11月16日",
    ):  # fmt: skip
        assert said in text


def test_the_machine_has_no_dead_ends() -> None:
    reached = {lifecycle.State.DRAFT}
    for _ in lifecycle.State:
        reached |= {m.to for m in lifecycle.MOVES.values() if m.from_ & reached}

    assert reached == set(lifecycle.State)
    leaving = {state for m in lifecycle.MOVES.values() for state in m.from_}
    assert leaving == set(lifecycle.State) - lifecycle.ENDED
