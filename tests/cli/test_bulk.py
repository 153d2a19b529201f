"""What is written in bulk is what the use cases would have left."""

import datetime as dt
from collections import Counter
from typing import Any

import orjson
import pytest
from django.db import models

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
from jiesu.cli.simulation.bulk.state import OrderState
from jiesu.cli.simulation.bulk.walk import Walk
from jiesu.cli.simulation.plan import Plan
from jiesu.cli.simulation.province import Province
from jiesu.foundation.clock import BEIJING

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
