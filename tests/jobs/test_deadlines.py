"""The tick: marks, recounts, archives; late perhaps, never twice."""

import datetime as dt

import pytest
from django.db import connection
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import SYSTEM
from jiesu.appeals.actions import handling, marks
from jiesu.appeals.models import Appeal, Clock, Event
from jiesu.deadlines import years
from jiesu.deadlines.draft import DayRow
from jiesu.deadlines.models import CalendarDay
from jiesu.jobs import deadlines
from jiesu.jobs.deadlines import tick
from jiesu.journal import sealing

DAY = dt.timedelta(days=1)


def kinds(appeal: Appeal) -> list[str]:
    return list(appeal.events.order_by("seq").values_list("kind", flat=True))


def test_a_limit_that_passes_is_marked_breached_once(world: World) -> None:
    appeal = make.dispatched(world)
    sign = Clock.objects.get(appeal=appeal, kind="sign")
    late = sign.due_at + dt.timedelta(seconds=30)

    first, second = tick(late), tick(late)

    sign.refresh_from_db()
    assert sign.breached_at == sign.due_at
    told = [e.data["clock"] for e in appeal.events.filter(kind="clock_breached")]
    assert told.count("sign") == 1
    assert first.counts["breached"] == len(told)
    assert "breached" not in second.counts
    appeal.refresh_from_db()
    assert appeal.breach_count == len(told)
    assert sealing.verify().is_clean


def test_a_breach_names_the_unit_whose_limit_it_was(world: World) -> None:
    appeal = make.dispatched(world)
    sign = Clock.objects.get(appeal=appeal, kind="sign")

    tick(sign.due_at + DAY)

    event = appeal.events.filter(kind="clock_breached", data__clock="sign").get()
    assert event.data["unit"] == "鼓楼区城管局"
    assert event.assignment_id == make.lead_of(appeal).pk


def test_a_limit_turns_yellow_once_and_before_it_is_breached(world: World) -> None:
    assignment = make.signed(world)
    handle = Clock.objects.get(appeal=assignment.appeal, kind="handle")
    assert handle.yellow_at is not None

    tick(handle.yellow_at)
    tick(handle.yellow_at + dt.timedelta(seconds=15))

    yellow = assignment.appeal.events.filter(kind="clock_yellow", data__clock="handle")
    assert yellow.count() == 1
    assert not assignment.appeal.events.filter(kind="clock_breached", data__clock="handle").exists()


def test_after_a_long_silence_a_limit_is_breached_without_turning_yellow_first(
    world: World,
) -> None:
    assignment = make.signed(world)
    handle = Clock.objects.get(appeal=assignment.appeal, kind="handle")

    tick(handle.due_at + 3 * DAY)

    told = assignment.appeal.events.filter(data__clock="handle").values_list("kind", flat=True)
    assert list(told) == ["clock_breached"]


def test_the_end_of_the_right_to_return_passes_in_silence(world: World) -> None:
    appeal = make.dispatched(world)
    right = Clock.objects.get(appeal=appeal, kind="return")

    done = tick(right.due_at + dt.timedelta(seconds=1))

    right.refresh_from_db()
    assert done.counts["lapsed"] == 1
    assert right.stopped_at == right.due_at
    assert not appeal.events.filter(data__clock="return").exists()


def test_a_unit_that_signs_after_the_breach_was_marked_breaches_it_no_second_time(
    world: World,
) -> None:
    appeal = make.dispatched(world)
    sign = Clock.objects.get(appeal=appeal, kind="sign")
    tick(sign.due_at + dt.timedelta(minutes=1))

    handling.sign(
        make.lead_of(appeal), actor=world.actor("clerk"), at=sign.due_at + dt.timedelta(minutes=2)
    )

    assert appeal.events.filter(kind="clock_breached", data__clock="sign").count() == 1


def test_paused_limits_are_not_marked(world: World) -> None:
    assignment = make.signed(world)
    Clock.objects.filter(appeal=assignment.appeal).update(paused_at=MONDAY)

    done = tick(MONDAY + 60 * DAY)

    assert "breached" not in done.counts


def test_many_limits_are_marked_in_batches(world: World) -> None:
    found = [make.dispatched(world, phone=f"1381234{n:04d}") for n in range(7)]

    done = tick(MONDAY + 20 * DAY, batch=2)

    events = Event.objects.filter(kind="clock_breached")
    assert done.counts["breached"] == events.count()
    assert {e.appeal_id for e in events} == {a.pk for a in found}
    assert not marks.due(MONDAY + 20 * DAY).exists()
    assert sealing.verify().is_clean


def test_one_appeal_that_cannot_be_marked_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make.dispatched(world), make.dispatched(world, phone="13812340002")
    real = marks.mark

    def mark(pks: list[int], *, at: dt.datetime) -> marks.Marked:
        if bad.pk in pks:
            raise RuntimeError("damaged")
        return real(pks, at=at)

    monkeypatch.setattr(marks, "mark", mark)

    done = tick(MONDAY + 20 * DAY)

    assert f"appeal {bad.pk}" in done.trouble
    assert good.events.filter(kind="clock_breached").exists()
    assert not bad.events.filter(kind="clock_breached").exists()


def test_the_tick_finds_its_work_by_the_partial_indexes(world: World) -> None:
    make.dispatched(world)
    at = MONDAY + DAY
    wanted = [
        (marks.due(at), "clock_to_breach"),
        (marks.turning_yellow(at), "clock_to_mark_yellow"),
        (Appeal.objects.to_archive(at), "appeal_ended"),
    ]

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")

    for rows, index in wanted:
        plan = rows[:500].explain()
        assert index in plan
        assert "TEMP B-TREE" not in plan


def test_when_a_calendar_changes_open_limits_move_and_lists_show_it(world: World) -> None:
    assignment = make.signed(world)
    handle = Clock.objects.get(appeal=assignment.appeal, kind="handle")
    before = handle.due_at
    tomorrow = (MONDAY + DAY).date()
    rows = [
        DayRow(date=d.date, is_workday=d.is_workday, name=d.name)
        for d in CalendarDay.objects.filter(year__year=2026)
    ]
    years.load_year(
        [*rows, DayRow(date=tomorrow, is_workday=False, name="台风停工")],
        year=2026, notice="福建省防指通知", actor=SYSTEM, at=MONDAY + 2 * make.minutes(60),
    )  # fmt: skip
    at = MONDAY + make.minutes(180)

    done = tick(at)

    handle.refresh_from_db()
    assert handle.due_at == before + DAY
    assignment.refresh_from_db()
    appeal = Appeal.objects.get(pk=assignment.appeal_id)
    assert appeal.due_at == assignment.due_at == handle.due_at
    told = appeal.events.filter(kind="clock_recounted", data__clock="handle").get()
    assert told.data["before"] < told.data["after"]
    assert done.counts["calendar changes"] == 1
    assert "moved" not in tick(at).counts
    assert not years.pending_changes()
    assert sealing.verify().is_clean


def test_an_appeal_is_archived_when_it_ended_long_enough_ago(world: World) -> None:
    appeal = make.closed(world)

    tick(MONDAY + 20 * DAY)
    appeal.refresh_from_db()
    early = appeal.status
    tick(MONDAY + 32 * DAY)

    appeal.refresh_from_db()
    assert (early, appeal.status) == ("closed", "archived")


def test_a_chore_that_fails_keeps_the_clocks_going(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    appeal = make.dispatched(world)

    def broken(at: dt.datetime) -> int:
        raise RuntimeError("broken")

    monkeypatch.setattr(deadlines.idempotency, "purge", broken)

    done = tick(MONDAY + 20 * DAY)

    assert done.trouble == ["keys"]
    assert "clock_breached" in kinds(appeal)
