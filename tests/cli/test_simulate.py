"""A simulated province: the same for the same seed, and as good as a real one."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from jiesu.access import Role
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post
from jiesu.appeals.actions import handling
from jiesu.appeals.lifecycle import State
from jiesu.appeals.models import Appeal, Assignment, Event, NumberSequence
from jiesu.cli.simulation import planner, province
from jiesu.foundation.clock import BEIJING
from jiesu.journal.sealing import verify
from jiesu.scoring.models import ScoreScheme

UNTIL = "2026-11-20T18:00"
NOW = dt.datetime(2026, 11, 20, 18, 0, tzinfo=BEIJING)


def simulate(*options: str) -> str:
    out = StringIO()
    call_command("simulate", "--until", UNTIL, *options, stdout=out, stderr=out)
    return out.getvalue()


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        return {
            f"{table}.{name}"
            for table in connection.introspection.table_names(cursor)
            if table.startswith("appeals_")
            for name in connection.introspection.get_constraints(cursor, table)
        }


def assert_sound() -> None:
    """Foreign keys, conditions on columns and indexes hold, and are checked again from now on."""
    connection.check_constraints()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            for name, value in {"foreign_keys": 1, "ignore_check_constraints": 0}.items():
                assert cursor.execute(f"PRAGMA {name}").fetchone() == (value,)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_bulk_simulation_leaves_orders_that_people_can_go_on_with() -> None:
    before = indexes()

    simulate("--orders", "400", "--days", "20", "--seed", "7", "--bulk")

    assert indexes() == before
    assert Appeal.objects.count() == 400
    verdict = verify()
    assert verdict.is_clean
    assert_sound()
    assert not Event.objects.filter(delivered_at=None).exists()
    waiting = Assignment.objects.select_related("unit", "appeal").filter(state=State.OPENED).first()
    assert waiting is not None
    clerk = Post.objects.select_related("user", "unit", "unit__region").filter(
        unit=waiting.unit, role=Role.CLERK
    )[0]
    handling.sign(waiting, actor=actor_for(clerk), at=NOW + dt.timedelta(minutes=5))
    waiting.refresh_from_db()
    assert waiting.state == State.HANDLING
    person = Appeal.objects.exclude(name_hash="").first()
    assert person is not None
    assert person.phone.startswith("194")
    assert person.query_code.isdecimal()
    schemes = ScoreScheme.objects.order_by("pk").values_list("region__code", "versions__valid_from")
    assert list(schemes) == [
        ("350100", dt.date(2026, 10, 1)), ("350100", dt.date(2026, 10, 1)),
        ("350000", dt.date(2026, 10, 1)),
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_second_bulk_simulation_numbers_on_and_keeps_the_indexes() -> None:
    simulate("--orders", "60", "--days", "3", "--seed", "7", "--bulk")
    first = set(Appeal.objects.values_list("number", flat=True))

    simulate("--orders", "60", "--days", "3", "--seed", "8", "--bulk")

    numbers = set(Appeal.objects.values_list("number", flat=True))
    assert len(numbers) == 120
    assert first < numbers
    given = sum(NumberSequence.objects.values_list("last", flat=True))
    assert given == 120
    assert verify().is_clean


@pytest.mark.slow
@pytest.mark.django_db
def test_the_same_seed_lives_the_same_lives() -> None:
    simulate("--orders", "40", "--days", "10", "--seed", "3")
    told = list(Appeal.objects.order_by("number").values_list("number", "title", "status"))
    codes = sorted(Appeal.objects.values_list("number", "event_seq"))
    where = province.read(NOW)

    again = planner.arrivals(40, 10, NOW, where, "3")

    assert [a.at for a in again] == [a.at for a in planner.arrivals(40, 10, NOW, where, "3")]
    assert len(told) == len(codes) == 40
    plans = [planner.plan_family(f, where, "3") for f in planner.families(again)]
    titles = sorted(
        s.what["intake"].title for plan in plans for s in plan.steps if s.do == "register"
    )
    assert titles == sorted(title for _, title, _ in told)
    known = {a.query_code for a in Appeal.objects.all()}
    assert known == {
        s.what["query_code"] for plan in plans for s in plan.steps if s.do == "register"
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    "options",
    [("--orders", "0"), ("--days", "0"), ("--days", "99999")],
)
def test_a_simulation_refuses_what_makes_no_sense(options: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"工单数|时间跨度"):
        simulate(*options)


@pytest.mark.django_db
def test_a_simulation_does_not_reach_into_the_future() -> None:
    with pytest.raises(CommandError, match="不能晚于现在"):
        call_command("simulate", "--until", "2126-01-01")


def test_calls_come_by_day_and_seldom_at_night_or_on_sundays() -> None:
    where = province.Province([], {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
    where.centres = [province.Centre(None, {}, [], 1.0)]  # type: ignore[arg-type]  # never asked

    come = planner.arrivals(20_000, 84, NOW, where, "rhythm")

    by_hour = [sum(a.at.hour == h for a in come) for h in range(24)]
    by_day = [sum(a.at.weekday() == d for a in come) for d in range(7)]
    assert by_hour[9] > 10 * by_hour[3]
    assert by_day[0] > 1.4 * by_day[6]
    assert [a.at for a in come] == sorted(a.at for a in come)
    assert all(a.at < NOW for a in come)
    assert any(a.master >= 0 for a in come)
