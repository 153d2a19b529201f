"""Lives become rows: done by several processes, none of which asks the database anything."""

import datetime as dt
import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.pool import AsyncResult, Pool
from typing import Any

from jiesu.cli.simulation import planner
from jiesu.cli.simulation.bulk import tables
from jiesu.cli.simulation.bulk.steps.parts import remember_labels
from jiesu.cli.simulation.bulk.tables import TABLES, Rows
from jiesu.cli.simulation.bulk.walk import Walk
from jiesu.cli.simulation.planner import Arrival
from jiesu.cli.simulation.province import Province
from jiesu.deadlines import snapshot
from jiesu.foundation.crypto import keyring

ASSIGNMENTS_EACH = 16  # ids set aside for each order's assignments
Family = list[tuple[Arrival, str]]  # arrivals with the numbers they are given
Form = Callable[[Rows], dict[str, Any]]


@dataclass(frozen=True)
class Frame:
    """What every process needs to know, handed down when it is forked."""

    province: Province
    seed: str
    until: dt.datetime
    first_appeal: int
    first_assignment: int
    form: Form


@dataclass(frozen=True)
class Chunk:
    """Rows ready to be written, by table, and how many orders they tell of."""

    orders: int
    rows: int
    data: dict[str, Any]


_frame: Frame | None = None


def prepare(frame: Frame) -> None:
    """Read everything that is read lazily, so that the processes inherit it."""
    global _frame
    _frame = frame
    remember_labels()
    snapshot.current()
    keyring()


def _frozen() -> None:
    """In a process of its own: the limits stay those of the beginning.

    Rows hold no cycles, so nothing is collected but by counting; what was inherited is not even
    looked at, which would copy it.
    """
    snapshot.RECHECK_SECONDS = float("inf")
    gc.freeze()
    gc.disable()


def chunk(families: list[Family]) -> Chunk:
    """The rows of some families."""
    frame = _frame
    if frame is None:
        raise RuntimeError("prepare first")
    rows: Rows = {table: [] for table in TABLES}
    orders = 0
    for family in families:
        plan = planner.plan_family([arrival for arrival, _ in family], frame.province, frame.seed)
        ids = [
            (frame.first_appeal + a.index, frame.first_assignment + a.index * ASSIGNMENTS_EACH)
            for a, _ in family
        ]
        for order in Walk(frame.province, ids, [n for _, n in family]).walk(plan, frame.until):
            if len(order.assignments) > ASSIGNMENTS_EACH:
                raise RuntimeError(f"{order.row['number']} has too many assignments")
            orders += 1
            for event in order.events:
                event["delivered_at"] = frame.until  # an invented past is told to nobody
            for table, made in (
                (tables.APPEALS, [order.row]), (tables.ASSIGNMENTS, order.assignments),
                (tables.CLOCKS, order.clocks), (tables.EVENTS, order.events),
                (tables.REPLIES, order.replies), (tables.CONTACTS, order.contacts),
                (tables.CALLBACKS, order.callbacks), (tables.APPLICATIONS, order.applications),
            ):  # fmt: skip
                rows[table].extend(made)
    count = sum(map(len, rows.values()))
    return Chunk(orders, count, frame.form(rows))


def chunks(families: Iterable[list[Family]], processes: int) -> Iterator[Chunk]:
    """Chunks in order, made ahead by several processes; only a few wait to be written."""
    if processes < 2:
        for one in families:
            yield chunk(one)
        return
    context = multiprocessing.get_context("fork")
    with context.Pool(processes, initializer=_frozen) as pool:
        yield from _ahead(pool, families, processes * 2)


def _ahead(pool: Pool, families: Iterable[list[Family]], most: int) -> Iterator[Chunk]:
    waiting: deque[AsyncResult[Chunk]] = deque()
    for one in families:
        waiting.append(pool.apply_async(chunk, (one,)))
        if len(waiting) >= most:
            yield waiting.popleft().get()
    while waiting:
        yield waiting.popleft().get()


def cores() -> int:
    """How many processes may work at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
