"""What is written in bulk is what the use cases would have left."""

import datetime as dt
from collections import Counter
from typing import Any

import orjson
import pytest
from django.db import models
from hypothesis import given
from hypothesis import strategies as st

from jiesu.access import SYSTEM
from jiesu.appeals.actions import reply_gate
from jiesu.appeals.lifecycle import APPEAL_MOVES, ASSIGNMENT_MOVES, ENDED, Status
from jiesu.appeals.models import (
    Appeal,
    Application,
    Assignment,
    Callback,
    Clock,
    Contact,
    Event,
    Reply,
)
from jiesu.cli.demo import world as demo
from jiesu.cli.demo.tree import SHOWN_COUNTIES
from jiesu.cli.simulation import planner, player, province
from jiesu.cli.simulation.bulk import generate, run, tables, times
from jiesu.cli.simulation.bulk.generate import Chunk, Frame
from jiesu.cli.simulation.bulk.state import OrderState
from jiesu.cli.simulation.bulk.walk import Walk
from jiesu.cli.simulation.limits import Limits
from jiesu.cli.simulation.plan import Plan
from jiesu.cli.simulation.province import Province
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.crypto import keyring
from jiesu.journal import chain

NOW = dt.datetime(2026, 11, 20, 15, 20, tzinfo=BEIJING)
LIVES = 260
SEED = "alike"


@pytest.fixture
def fujian(db: None) -> Province:
    """The demo's province, most of it happening where bureaus have sections."""
    demo.plant(NOW)
    where = province.read(NOW)
    for centre in where.centres:
        shown = [p for p in centre.places if p.code[:6] in SHOWN_COUNTIES]
        centre.weight = 8.0 if shown else 0.3
        centre.places = shown or centre.places
    return where


def plans(where: Province) -> list[Plan]:
    """Lives of the last sixty days, with more turns than usual."""
    come = planner.arrivals(LIVES, 60, NOW, where, SEED)
    return [planner.plan_family(family, where, SEED) for family in planner.families(come)]


@pytest.fixture
def _restless(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is rare happens often, so that two hundred lives see all of it."""
    for name in (
        "RETURNED", "EXTENDED", "SUSPENDED", "SENT_BACK", "INNER_REJECTED", "BAD", "JOINT", "LATE",
        "WITHDRAWN", "LISTED", "MERGED", "REFUSED", "HANDED_OVER", "URGED", "FACTS",
    ):  # fmt: skip
        monkeypatch.setattr(planner, name, 0.22)
    monkeypatch.setattr(planner, "ANSWERED", 0.3)
    # Whether a reply is a copy depends on what else the database holds: bulk asks no gate.
    monkeypatch.setattr(reply_gate, "check", lambda appeal, text, at: [])


@pytest.mark.usefixtures("_restless")
def test_every_life_in_bulk_moves_as_the_lifecycle_allows_and_leaves_no_limit_running(
    fujian: Province,
) -> None:
    ids = [(1, 1), (2, 101), (3, 201), (4, 301), (5, 401)]

    for plan in plans(fujian):
        walk = Walk(fujian, ids[: plan.orders], [f"{n:019d}" for n in range(plan.orders)])
        for order in walk.walk(plan, NOW):  # raises LifeBroken at a move the tables do not have
            running = [c["kind"] for c in order.clocks if c["stopped_at"] is None]
            assert not (running and Status(order.row["status"]) in ENDED)
            leads = [a for a in order.live() if a["nature"] == "lead" and a["depth"] == 0]
            assert len(leads) <= 1
            assert [e["seq"] for e in order.events] == list(range(1, len(order.events) + 1))


@pytest.mark.slow
@pytest.mark.usefixtures("_restless")
def test_lives_in_bulk_leave_column_by_column_what_the_use_cases_leave(fujian: Province) -> None:
    lives = plans(fujian)
    lives.sort(key=lambda plan: plan.sorted()[0].at)
    casts: list[player.Cast] = []

    played = player.play(lives, until=NOW, tick=False, keep=casts.append)
    walked = [walk_like(plan, cast, fujian) for plan, cast in zip(lives, casts, strict=True)]

    assert played.refused == Counter()
    seen: Counter[str] = Counter()
    for orders in walked:
        for order in orders:
            assert_same(order)
            seen.update(event["kind"] for event in order.events)
    missing = (set(APPEAL_MOVES) | set(ASSIGNMENT_MOVES)) - set(seen) - NOT_SIMULATED
    assert not missing, f"no life of this test makes the moves {missing}"


@pytest.mark.slow
def test_two_builders_write_the_same_tables_as_one(
    fujian: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    come = planner.arrivals(LIVES, 60, NOW, fujian, SEED)
    numbers, _ = run.number(come, fujian)
    monkeypatch.setattr(run, "CHUNK", 20)
    generate.prepare(Frame(fujian, SEED, NOW, 1, 1, tables.for_sqlite))

    alone, together = (
        list(generate.chunks(run._chunked(run._families(come, numbers)), builders))
        for builders in (1, 2)
    )

    assert sum(chunk.orders for chunk in alone) == LIVES
    assert len(alone) > 10
    for table in tables.TABLES:
        assert opened(table, alone) == opened(table, together), table.name


def opened(table: tables.Table, chunks: list[Chunk]) -> list[tuple[Any, ...]]:
    """A table's rows in order, with clear personal text: the same text is never sealed alike."""
    rows = [list(row) for chunk in chunks for row in chunk.data[table.name]]
    for row in rows:
        for place in table.secret:
            assert not row[place] or row[place].startswith("k1:")
            row[place] = keyring().decrypt(row[place]) if row[place] else ""
    return [tuple(row) for row in rows]


@given(
    st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2100, 1, 1)),  # noqa: DTZ001 - given a zone below
    st.sampled_from([BEIJING, dt.UTC, dt.timezone(dt.timedelta(hours=-7))]),
)
def test_a_moment_is_written_quickly_as_it_is_written_slowly(
    at: dt.datetime, zone: dt.tzinfo
) -> None:
    there = at.replace(tzinfo=zone)

    assert times.utc(there) == there.astimezone(dt.UTC).replace(tzinfo=None).isoformat(" ")
    assert times.instant(there) == chain.instant(there)


def test_a_moment_without_a_zone_is_refused_in_bulk_too() -> None:
    with pytest.raises(TypeError, match="time zone"):
        times.instant(dt.datetime(2026, 11, 20))  # noqa: DTZ001 - that is the point


# What an event tells of: text, codes, whole numbers, yes and no, lists of these.
told = st.recursive(
    st.text() | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans() | st.none()
    | st.sampled_from(Status),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple)
    | st.dictionaries(st.text(), inner),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.text(), told, max_size=6))
def test_an_event_in_bulk_is_written_and_hashed_as_the_journal_does(data: dict[str, Any]) -> None:
    order = OrderState(1, 1, Limits())
    order.row = {"number": "3501002611200000017", "event_seq": 0, "event_hash": ""}
    order.begin(SYSTEM, NOW)

    order.record("urge", dict(data))
    order.record("urge", dict(data))

    first, second = order.events
    assert first["data"].encode() == chain.canonical(data)
    assert first["hash"] == chain.next_hash(
        chain.START, subject="3501002611200000017", seq=1, kind="urge", at=NOW, actor=SYSTEM,
        data=data,
    )  # fmt: skip
    assert second["hash"] == chain.next_hash(
        first["hash"], subject="3501002611200000017", seq=2, kind="urge", at=NOW, actor=SYSTEM,
        data=data,
    )  # fmt: skip


# Moves that leave no event of their own name, and those that the simulation does not make.
NOT_SIMULATED = {
    "recuse", "reclassify", "unmerge", "add_joint", "reassign", "terminate", "unlist", "consult",
    "reopen", "assign_lead", "assign_joint", "cancel", "assign_below", "take_over", "recall",
    "work_again", "finish",
}  # fmt: skip


def walk_like(plan: Plan, cast: player.Cast, where: Province) -> list[OrderState]:
    """The same life in memory, with the numbers the real one was given."""
    pks = [cast.appeals.get(order, 0) for order in range(plan.orders)]
    numbers = dict(Appeal.objects.filter(pk__in=pks).values_list("pk", "number"))
    ids = [(pk, 1_000_000 + 100 * n) for n, pk in enumerate(pks)]
    return Walk(where, ids, [numbers.get(pk, "") for pk in pks]).walk(plan, NOW)


def assert_same(order: OrderState) -> None:
    """Every column of every row, but for ids."""
    real = list(Assignment.objects.filter(appeal=order.pk).order_by("pk").values())
    assert len(real) == len(order.assignments)
    called = {a["id"]: number for number, a in enumerate(real)}
    called |= {a["id"]: number for number, a in enumerate(order.assignments)}
    compare(order, Appeal, [order.row], {}, key="pk")
    compare(order, Assignment, order.assignments, called)
    compare(order, Clock, order.clocks, called)
    compare(order, Event, order.events, called)
    compare(order, Reply, order.replies, called)
    compare(order, Contact, order.contacts, called)
    compare(order, Callback, order.callbacks, called)
    compare(order, Application, order.applications, called)


def compare(
    order: OrderState, model: type[models.Model], rows: list[dict[str, Any]],
    called: dict[int, int], key: str = "appeal",
) -> None:  # fmt: skip
    real = list(model._default_manager.filter(**{key: order.pk}).order_by("pk").values())
    assert len(real) == len(rows), (model.__name__, order.row["number"])
    for there, here in zip(real, rows, strict=True):
        for name, value in there.items():
            if name == "id" and model is not Appeal:
                continue
            mine = here[name]
            if model is Event and name == "data":
                mine = orjson.loads(mine)  # held as it is written
            if name in ("assignment_id", "parent_id") and value is not None:
                value, mine = called[value], called[mine]
            assert mine == value, f"{model.__name__}.{name} of {order.row['number']} {order.row}"
