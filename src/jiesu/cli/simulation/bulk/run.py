"""A bulk simulation from its arrivals to the last index."""

import datetime as dt
import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db import connections, transaction
from django.db.models import Max

from jiesu.appeals.models import Appeal, Assignment, NumberSequence
from jiesu.cli.simulation import planner
from jiesu.cli.simulation.bulk import generate, writers
from jiesu.cli.simulation.bulk.generate import Family, Frame
from jiesu.cli.simulation.planner import Arrival
from jiesu.cli.simulation.province import Province
from jiesu.foundation import identifiers

CHUNK = 1_000  # families


@dataclass
class Written:
    """What was written."""

    orders: int = 0
    rows: int = 0


def write(
    province: Province, *, orders: int, days: int, seed: str, until: dt.datetime,
    processes: int = 0, tell: Callable[[int], None] = lambda _: None,
) -> Written:  # fmt: skip
    """Write so many lives; ``tell`` hears how many orders are there."""
    come = planner.arrivals(orders, days, until, province, seed)
    numbered, last = number(come, province)
    newest = Appeal.objects.aggregate(top=Max("pk"))["top"] or 0
    assignment = Assignment.objects.aggregate(top=Max("pk"))["top"] or 0
    out = writers.writer()
    generate.prepare(Frame(province, seed, until, newest + 1, assignment + 1, out.form))
    done = Written()
    connections.close_all()  # a forked process must not speak on our connection
    ready = generate.chunks(_chunked(_families(come, numbered)), processes or generate.cores())
    gc.disable()  # millions of tuples pass through, without a cycle among them
    try:
        with out.whole(fresh=newest == 0):
            for chunk in ready:
                out.write(chunk)
                done.orders += chunk.orders
                done.rows += chunk.rows
                tell(done.orders)
            _remember_numbers(last)
    finally:
        gc.enable()
    return done


def number(
    come: Iterable[Arrival], province: Province
) -> tuple[list[str], dict[tuple[str, dt.date], int]]:
    """The number of each arrival, in the order in which they came, after those already given."""
    last: Counter[tuple[str, dt.date]] = Counter()
    for row in NumberSequence.objects.all():
        last[row.area, row.day] = row.last
    areas = [centre.area for centre in province.centres]
    numbers = []
    for arrival in come:
        key = (areas[arrival.centre], arrival.at.date())
        last[key] += 1
        numbers.append(identifiers.order_number(*key, last[key]))
    return numbers, dict(last)


def _families(come: list[Arrival], numbers: list[str]) -> Iterator[Family]:
    for family in planner.families(come):
        yield [(arrival, numbers[arrival.index]) for arrival in family]


def _chunked(families: Iterator[Family]) -> Iterator[list[Family]]:
    while some := list(islice(families, CHUNK)):
        yield some


def _remember_numbers(last: dict[tuple[str, dt.date], int]) -> None:
    with transaction.atomic():
        for start in range(0, len(last), 500):
            part = list(last.items())[start : start + 500]
            NumberSequence.objects.bulk_create(
                [NumberSequence(area=area, day=day, last=n) for (area, day), n in part],
                update_conflicts=True, unique_fields=["area", "day"], update_fields=["last"],
            )  # fmt: skip
