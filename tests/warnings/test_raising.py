"""A threat rings within seconds of being registered, with its clock running."""

import datetime as dt

import pytest
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.appeals.models import Event
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, Invalid, NotFound
from jiesu.jobs import delivery
from jiesu.notifications.models import Notice, NoticeKind
from jiesu.warnings import raising
from jiesu.warnings.models import Warning

SOON = MONDAY + dt.timedelta(seconds=3)


def threat(world: World) -> Warning:
    make.registered(world, content="路灯一直不亮。再不处理我就从你们大楼跳下去，你们看着办！谢谢。")
    deliver()
    return Warning.objects.get()


def deliver() -> None:
    while delivery.deliver(SOON).full:
        pass


def test_a_threat_rings_with_its_words_and_two_minutes(world: World) -> None:
    row = threat(world)

    assert row.kind == Warning.Kind.EXTREME
    assert "跳下去" in row.quote
    assert "路灯" not in row.quote
    assert row.act_by == MONDAY + dt.timedelta(minutes=2)
    assert list(raising.visible_to(world.actor("supervisor"))) == [row]


def test_an_ordinary_complaint_does_not_ring(world: World) -> None:
    make.registered(world)
    deliver()

    assert not Warning.objects.exists()


def test_what_was_done_stops_the_clock_and_stands_in_the_history(world: World) -> None:
    row = threat(world)

    raising.act(row.pk, "police", "已一键转110", actor=world.actor("supervisor"), at=SOON)

    kinds = list(Event.objects.filter(appeal=row.appeal).values_list("kind", flat=True))
    assert kinds.count("warning") == kinds.count("warning_acted") == 1
    with pytest.raises(ChangedMeanwhile):
        raising.act(row.pk, "reported", actor=world.actor("supervisor"), at=SOON)


def test_a_false_alarm_needs_a_reason_and_an_agent_may_not_act(world: World) -> None:
    row = threat(world)

    with pytest.raises(Invalid):
        raising.act(row.pk, "false_alarm", actor=world.actor("supervisor"), at=SOON)
    with pytest.raises(Forbidden):
        raising.act(row.pk, "police", actor=world.actor("agent"), at=SOON)
    with pytest.raises(NotFound):
        raising.act(row.pk + 1, "police", actor=world.actor("supervisor"), at=SOON)


def test_rising_anger_over_one_persons_orders_rings_once(world: World) -> None:
    make.registered(world, content="请问楼下烧烤店油烟归谁管？谢谢。")
    make.registered(world, content="忍无可忍！你们就是踢皮球、推诿，太过分了，没人管！！")
    deliver()

    row = Warning.objects.get(kind=Warning.Kind.RISING)

    assert "平静" in row.quote
    assert "忍无可忍" in row.words
    assert row.act_by == MONDAY + dt.timedelta(minutes=120)


def test_one_angry_order_alone_is_no_rise(world: World) -> None:
    make.registered(world, content="忍无可忍！你们就是踢皮球、推诿，太过分了，没人管！！")
    deliver()

    assert not Warning.objects.filter(kind=Warning.Kind.RISING).exists()


def test_sensitive_classes_stand_on_the_order_with_their_words(world: World) -> None:
    appeal = make.registered(world, content="老板拖欠工资三个月了，我是退役军人。")
    deliver()

    appeal.refresh_from_db()
    assert appeal.sensitive == ["欠薪", "涉军退役"]
    assert Event.objects.get(appeal=appeal, kind="sensitive").data["classes"]["欠薪"] == "拖欠工资"


def test_a_threat_is_told_to_the_shift_and_to_the_nearest_supervisor(world: World) -> None:
    threat(world)
    deliver()  # the warning is an event of its own

    told = Notice.objects.filter(kind=NoticeKind.WARNED)

    names = {"韩班长", "陈默", "孙效"}
    assert {world.posts[k].user.name for k in ("shift_lead", "dispatcher", "supervisor")} == names
    assert set(told.values_list("user_id", flat=True)) == {
        world.posts[k].user_id for k in ("shift_lead", "dispatcher", "supervisor")
    }
    assert all("扬言极端" in one.text for one in told)
