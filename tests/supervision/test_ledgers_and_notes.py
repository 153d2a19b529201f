"""Ledgers: entered, struck off by three people, fallen back. Leaders' notes: split and answered."""

import datetime as dt
import io
from typing import Any

import pytest
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.appeals.actions import intake
from jiesu.appeals.models import Appeal
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, Invalid, NotAllowedNow, NotFound
from jiesu.jobs import delivery
from jiesu.notifications.models import Notice
from jiesu.organizations.models import Unit
from jiesu.supervision import ledgers, notes
from jiesu.supervision.files import Upload
from jiesu.supervision.ledgers import Line
from jiesu.supervision.models import Closing, LedgerEntry, Note
from jiesu.supervision.notes import Words

AT = MONDAY + dt.timedelta(hours=3)
LATER = AT + dt.timedelta(days=2)


def line(world: World, **changes: Any) -> Line:
    said: dict[str, Any] = {
        "ledger": "key", "matter": "东街口占道经营", "unit": world.units["urban"],
        "person": "周敏", "target_date": dt.date(2026, 12, 1), "source": "媒体曝光",
    }  # fmt: skip
    return Line(**{**said, **changes})


def entered(world: World, appeal: Appeal | None = None, **changes: Any) -> LedgerEntry:
    return ledgers.enter(
        line(world, **changes), actor=world.actor("supervisor"), at=AT, appeal=appeal
    )


def struck_off(world: World, appeal: Appeal | None = None) -> LedgerEntry:
    entry = entered(world, appeal)
    closing = ledgers.apply_for_closing(entry, "已清理", actor=world.actor("clerk"), at=LATER)
    ledgers.check_closing(
        closing, solved=True, note="诉求人确认已解决", actor=world.actor("callback"), at=LATER
    )
    ledgers.decide_closing(
        closing, accept=True, decision="同意", actor=world.actor("supervisor"), at=LATER
    )
    return LedgerEntry.objects.get(pk=entry.pk)


def test_an_entry_has_a_number_and_is_struck_off_by_three_people(world: World) -> None:
    entry = struck_off(world)

    assert entry.number == "市效能办重点-2026-0001"
    assert (entry.status, entry.closed_on) == ("closed", dt.date(2026, 11, 18))


def test_two_people_approving_as_one_are_refused(world: World) -> None:
    supervisor = world.actor("supervisor")
    entry = entered(world)

    applied = ledgers.apply_for_closing(entry, "效能办代为申请", actor=supervisor, at=LATER)
    with pytest.raises(NotAllowedNow, match="不同的人") as refusal:
        ledgers.check_closing(applied, solved=True, note="已解决", actor=supervisor, at=LATER)
    checked = ledgers.check_closing(
        applied, solved=True, note="已解决", actor=world.actor("callback"), at=LATER
    )
    with pytest.raises(NotAllowedNow, match="不同的人"):
        ledgers.decide_closing(checked, accept=True, decision="", actor=supervisor, at=LATER)

    assert refusal.value.code == "same_person"
    assert Closing.objects.get().state == "checked"


def test_what_the_callback_heard_is_unsolved_is_not_struck_off(world: World) -> None:
    entry = entered(world)
    closing = ledgers.apply_for_closing(entry, "已处理", actor=world.actor("clerk"), at=LATER)
    ledgers.check_closing(
        closing, solved=False, note="摊贩又回来了", actor=world.actor("callback"), at=LATER
    )
    supervisor = world.actor("supervisor")

    with pytest.raises(NotAllowedNow, match="未解决"):
        ledgers.decide_closing(closing, accept=True, decision="", actor=supervisor, at=LATER)
    with pytest.raises(Invalid):
        ledgers.decide_closing(closing, accept=False, decision="", actor=supervisor, at=LATER)
    ledgers.decide_closing(closing, accept=False, decision="继续整治", actor=supervisor, at=LATER)

    entry.refresh_from_db()
    assert entry.status == "open"


def test_a_repeat_of_the_order_takes_a_struck_off_entry_up_again(world: World) -> None:
    appeal = make.closed(world)
    entry = struck_off(world, appeal)

    again = intake.register(
        make.intake_form(repeat_of=appeal.number), actor=world.actor("agent"), at=LATER
    )
    while delivery.deliver(LATER).full:
        pass

    entry.refresh_from_db()
    assert (entry.status, entry.relapse_count, entry.closed_on) == ("relapsed", 1, None)
    assert again.number in entry.progress.get().text
    kinds = set(appeal.events.values_list("kind", flat=True))
    assert {"ledger_entered", "ledger_closed", "ledger_relapsed"} <= kinds


def test_the_office_takes_an_entry_up_again_by_hand_once(world: World) -> None:
    entry = struck_off(world)

    back = ledgers.relapse(entry, "巡查发现反弹", actor=world.actor("supervisor"), at=LATER)

    assert back.status == "relapsed"
    with pytest.raises(NotAllowedNow, match="未销号"):
        ledgers.relapse(back, "又", actor=world.actor("supervisor"), at=LATER)


def test_an_entry_for_a_unit_that_ended_is_refused_with_its_day(world: World) -> None:
    Unit.objects.filter(pk=world.units["street"].pk).update(valid_to=dt.date(2026, 11, 1))
    ended = Unit.objects.select_related("region").get(pk=world.units["street"].pk)

    with pytest.raises(Invalid, match="2026-11-01") as refusal:
        entered(world, unit=ended, person="", target_date=dt.date(2026, 1, 1))

    assert {e.field for e in refusal.value.errors} == {"unit", "person", "target_date"}


def test_an_order_stands_on_a_ledger_once(world: World) -> None:
    appeal = make.dispatched(world)
    entered(world, appeal)

    with pytest.raises(NotAllowedNow) as refusal:
        entered(world, appeal)
    other = entered(world, appeal, ledger="difficult")

    assert refusal.value.code == "already_listed"
    assert other.number.startswith("市效能办疑难")


def test_progress_is_told_by_the_unit_or_the_office_and_by_nobody_else(world: World) -> None:
    entry = entered(world)

    ledgers.tell_progress(
        entry,
        "已约谈摊主",
        actor=world.actor("clerk"),
        at=LATER,
        measures="早晚巡查",
        person="吴科",
    )
    with pytest.raises(ChangedMeanwhile):
        ledgers.tell_progress(entry, "旧页面", actor=world.actor("supervisor"), at=LATER)
    entry.refresh_from_db()
    with pytest.raises(Forbidden):
        ledgers.tell_progress(entry, "别人", actor=world.actor("environment_clerk"), at=LATER)
    with pytest.raises(NotFound):
        ledgers.get_for(world.actor("environment_clerk"), entry.pk)

    assert (entry.measures, entry.person) == ("早晚巡查", "吴科")


# --- notes ---------------------------------------------------------------------------------------


def test_a_leader_writes_a_note_and_sees_its_answer(world: World) -> None:
    appeal = make.dispatched(world)
    note = notes.write(
        Words(text="请城管局本周内解决。", units=[world.units["urban"]], limit_days=3),
        actor=world.actor("leader"), at=AT, appeal=appeal,
    )  # fmt: skip
    while delivery.deliver(AT).full:
        pass

    notes.answer(note.tasks.get(), "已清理并长效巡查", actor=world.actor("clerk"), at=LATER)
    note.refresh_from_db()
    answered = note.state
    notes.close(note, "已向市长报告", actor=world.actor("supervisor"), at=LATER)

    assert (note.leader, note.office.name) == ("李市长", "福州市效能办")
    assert answered == "answered"
    assert Note.objects.visible_to(world.actor("leader")).get().state == "closed"
    kinds = list(appeal.events.order_by("seq").values_list("kind", flat=True))
    assert kinds[-3:] == ["note_written", "note_answered", "note_closed"]
    assert ("clerk", "noted") in set(Notice.objects.values_list("user__username", "kind"))


def test_the_office_records_a_sheet_and_splits_it(world: World) -> None:
    supervisor = world.actor("supervisor")
    png = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 40
    note = notes.write(
        Words(leader="王省长", report="第三季度热线分析报告", noted_on=dt.date(2026, 11, 15)),
        actor=supervisor, at=AT, sheets=[Upload(io.BytesIO(png), "批示件.png", len(png))],
    )  # fmt: skip

    notes.split(
        note, [world.units["urban"], world.units["water"]], "一周内反馈", actor=supervisor, at=AT
    )
    note.refresh_from_db()

    assert note.files.get().name == "批示件.png"
    assert note.tasks.count() == 2
    with pytest.raises(NotAllowedNow, match="尚未反馈"):
        notes.close(note, "完", actor=supervisor, at=LATER)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": ""}, "text"),
        ({"report": ""}, "report"),
        ({"noted_on": dt.date(2026, 12, 1)}, "noted_on"),
        ({"leader": ""}, "leader"),
    ],
)
def test_a_note_without_words_reader_or_day_is_refused(
    world: World, changes: dict[str, Any], field: str
) -> None:
    said: dict[str, Any] = {"text": "请办理", "leader": "王省长", "report": "月报"}

    with pytest.raises(Invalid) as refusal:
        notes.write(Words(**{**said, **changes}), actor=world.actor("supervisor"), at=AT)

    assert field in {e.field for e in refusal.value.errors}


def test_a_clerk_writes_no_note_and_another_unit_answers_none(world: World) -> None:
    note = notes.write(
        Words(text="请办理", report="月报", units=[world.units["urban"]]),
        actor=world.actor("leader"), at=AT,
    )  # fmt: skip

    with pytest.raises(Forbidden):
        notes.write(Words(text="x", report="y"), actor=world.actor("clerk"), at=AT)
    with pytest.raises(Forbidden):
        notes.answer(note.tasks.get(), "代答", actor=world.actor("environment_clerk"), at=AT)
    with pytest.raises(NotFound):
        notes.get_for(world.actor("environment_clerk"), note.pk)
