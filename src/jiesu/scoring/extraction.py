"""Reads a period's facts from orders and clocks: streams of key-paged statements into arrays.

Each sheet walks an index range of its own period and nothing else. What happened after ``at`` has
not happened: the facts are those of one moment, though reading takes a while and others write.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from jiesu.appeals.lifecycle import State
from jiesu.appeals.models import Appeal, Application, Assignment, Clock
from jiesu.deadlines.kinds import ClockKind
from jiesu.scoring.definitions import Definition
from jiesu.scoring.facts import (
    KINDS,
    End,
    Facts,
    Outcome,
    Rows,
    Sheet,
    Solved,
    empty,
    in_order,
)
from jiesu.scoring.indicators import INDICATORS
from jiesu.scoring.subjects import Attribution

PAGE = 40_000
_NEVER = "1970-01-01 00:00:00"
_ENDS = {State.RETURNED: End.RETURNED, State.CANCELLED: End.CANCELLED, State.DONE: End.DONE}
_OUTCOMES = {
    "handled": Outcome.ANSWERED, "unreachable": Outcome.ANSWERED, "finding": Outcome.ANSWERED,
    "answered_directly": Outcome.DIRECT,
}  # fmt: skip
_NOT_EFFECTIVE = ("refused", "handed_over", "withdrawn")
_NOT_CONTACTED = "not_contacted"  # catalogue code of 未与本人联系

Tell = Callable[[int], None]
Records = Sequence[Sequence[Any]]
_appeal, _assignment = Appeal._meta.db_table, Assignment._meta.db_table
_clock, _application = Clock._meta.db_table, Application._meta.db_table


def extract(
    definition: Definition, attribution: Attribution, since: dt.datetime, until: dt.datetime,
    at: dt.datetime, tell: Tell = lambda _: None,
) -> Facts:  # fmt: skip
    """The facts of [since, until) as of ``at``; ``tell`` hears how many rows were read."""
    until = min(until, at)
    used = [INDICATORS[code] for code in definition.codes]
    needs = frozenset[str]().union(*(one.needs for one in used))
    clocks = sorted({kind for one in used for kind in one.clocks})
    sheets = {one.sheet for one in used}
    told = _Counter(tell)
    found: dict[Sheet, list[Rows]] = {sheet: [] for sheet in Sheet}
    for kind in clocks:
        for page in _duties(kind, needs, since, until):
            found[Sheet.DUTIES].append(told(_duty_rows(kind, page, at)))
    if Sheet.CLOSED in sheets:
        for page in _closed("repeated" in needs, since, until):
            found[Sheet.CLOSED].append(told(_closed_rows(page)))
    if Sheet.INTAKE in sheets:
        for page in _intake(since, until):
            found[Sheet.INTAKE].append(told(_intake_rows(page)))
    whose = _lookup(attribution)
    facts = {}
    for sheet in sheets:
        rows = np.concatenate(found.pop(sheet)) if found[sheet] else empty(sheet)
        unit = rows["unit"]
        rows["subject"] = whose[np.where(unit < len(whose), unit, 0)]
        facts[sheet] = in_order(sheet, rows[rows["subject"] > 0])
    return Facts(facts)


class _Counter:
    """Hears of every page and tells the sum."""

    def __init__(self, tell: Tell) -> None:
        self.read, self.tell = 0, tell

    def __call__(self, rows: Rows) -> Rows:
        self.read += len(rows)
        self.tell(self.read)
        return rows


def _lookup(attribution: Attribution) -> NDArray[np.int64]:
    """The scored unit at the place of each unit's id; 0 for nobody."""
    table = np.zeros(max(attribution.whose, default=0) + 1, np.int64)
    for unit, subject in attribution.whose.items():
        table[unit] = subject
    return table


# --- statements -----------------------------------------------------------------------------------


def _micros(column: str) -> str:
    """A moment as microseconds on PostgreSQL, as text (parsed by the column) on SQLite."""
    if connection.vendor == "postgresql":
        return f"COALESCE((EXTRACT(EPOCH FROM {column}) * 1000000)::bigint, 0)"
    return f"COALESCE({column}, '{_NEVER}')"


def _never() -> str:
    return "0" if connection.vendor == "postgresql" else f"'{_NEVER}'"


def _pages(
    select: str, source: str, key: tuple[str, str], where: str, values: Sequence[Any],
    since: dt.datetime, until: dt.datetime,
) -> Iterator[Records]:  # fmt: skip
    """Pages of a statement along ``key`` (moment, id); each row begins with moment and id."""
    moment, row_id = key
    adapt = connection.ops.adapt_datetimefield_value
    after: tuple[Any, int] = (adapt(since), -1)
    sql = (
        f"SELECT {moment}, {row_id}, {select} FROM {source} WHERE {where}"  # noqa: S608 - ours
        f" ({moment}, {row_id}) > (%s, %s) AND {moment} < %s"
        f" ORDER BY {moment}, {row_id} LIMIT {PAGE}"
    )
    while True:
        with connection.cursor() as cursor:
            cursor.execute(sql, [*values, *after, adapt(until)])
            rows: Records = cursor.fetchall()
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        after = (rows[-1][0], rows[-1][1])


def _duties(
    kind: ClockKind, needs: frozenset[str], since: dt.datetime, until: dt.datetime
) -> Iterator[Records]:
    """One kind of limit by due date, with its assignment and what the indicators need beside."""
    replies = "reply" in needs and kind is ClockKind.HANDLE
    returns = "returns" in needs and kind is ClockKind.RETURN
    source = f"{_clock} c JOIN {_assignment} a ON a.id = c.assignment_id"
    if replies:
        source += f" JOIN {_appeal} p ON p.id = c.appeal_id"
    asked = (
        f"(SELECT COUNT(*) FROM {_application} r WHERE r.assignment_id = a.id"  # noqa: S608 - ours
        " AND r.kind = 'return'{more})"
    )
    select = ", ".join(
        [
            "a.unit_id", "c.appeal_id", _micros("c.due_at"), _micros("c.stopped_at"), "a.state",
            _micros("a.ended_at"), "c.paused_at IS NOT NULL",
            "p.reply_wanted AND NOT p.is_anonymous" if replies else "FALSE",
            _micros("p.replied_at") if replies else _never(),
            f"p.dissatisfied_reason = '{_NOT_CONTACTED}'" if replies else "FALSE",
            asked.format(more="") if returns else "0",
            asked.format(more=" AND r.verdict = 'refused'") if returns else "0",
        ]
    )  # fmt: skip
    yield from _pages(
        select, source, ("c.due_at", "c.id"), "c.kind = %s AND", [str(kind)], since, until
    )


def _closed(repeats: bool, since: dt.datetime, until: dt.datetime) -> Iterator[Records]:
    """Closed orders; one answered with its master is its master's unit's."""
    first = f"SELECT MIN(r.received_at) FROM {_appeal} r WHERE r.repeat_of_id = p.id"  # noqa: S608
    again = _micros(f"({first})")
    select = ", ".join(
        [
            "COALESCE(p.lead_unit_id, m.lead_unit_id, 0)", _micros("p.closed_at"), "p.outcome",
            "COALESCE(p.satisfaction, 0)", "p.solved", "p.redo_count",
            "p.repeat_of_id IS NOT NULL", again if repeats else _never(),
        ]
    )  # fmt: skip
    source = f"{_appeal} p LEFT JOIN {_appeal} m ON m.id = p.master_id"
    yield from _pages(select, source, ("p.closed_at", "p.id"), "", [], since, until)


def _intake(since: dt.datetime, until: dt.datetime) -> Iterator[Records]:
    select = "p.centre_id, p.outcome"
    yield from _pages(
        select, f"{_appeal} p", ("p.received_at", "p.id"), "", [], since, until
    )  # fmt: skip


# --- rows -----------------------------------------------------------------------------------------


def _moments(values: Sequence[Any]) -> NDArray[np.int64]:
    if values and isinstance(values[0], str):
        return np.array(values, "datetime64[us]").astype(np.int64)
    return np.array(values, np.int64)


def _until(moments: NDArray[np.int64], at: dt.datetime) -> NDArray[np.int64]:
    """What happened after ``at`` has not happened."""
    last = int(at.timestamp()) * 1_000_000 + at.microsecond
    return np.where(moments > last, 0, moments)


def _duty_rows(kind: ClockKind, page: Records, at: dt.datetime) -> Rows:
    (_, _, unit, appeal, due, done, state, ended, paused, owes, replied, silent, returns,
     refused) = zip(*page, strict=True)  # fmt: skip
    rows = empty(Sheet.DUTIES, len(page))
    rows["unit"], rows["appeal"], rows["kind"] = unit, appeal, KINDS[kind]
    rows["due"], rows["done"] = _moments(due), _until(_moments(done), at)
    rows["ended"] = _until(_moments(ended), at)
    rows["end"] = [_ENDS.get(one, End.LIVE) for one in state]
    rows["end"][rows["ended"] == 0] = End.LIVE
    rows["paused"], rows["owes_reply"], rows["not_contacted"] = paused, owes, silent
    rows["replied"] = _until(_moments(replied), at)
    rows["returns"], rows["refused"] = np.minimum(returns, 255), np.minimum(refused, 255)
    return rows


def _closed_rows(page: Records) -> Rows:
    _, appeal, unit, closed, outcome, satisfaction, solved, redo, is_repeat, repeated = zip(
        *page, strict=True
    )
    rows = empty(Sheet.CLOSED, len(page))
    rows["unit"], rows["appeal"], rows["closed"] = unit, appeal, _moments(closed)
    rows["outcome"] = [_OUTCOMES.get(one, Outcome.OTHER) for one in outcome]
    rows["satisfaction"] = satisfaction
    rows["solved"] = [
        Solved.UNKNOWN if one is None else Solved.YES if one else Solved.NO for one in solved
    ]
    rows["redo"] = np.minimum(redo, 255)
    rows["is_repeat"], rows["repeated"] = is_repeat, _moments(repeated)
    return rows


def _intake_rows(page: Records) -> Rows:
    _, appeal, centre, outcome = zip(*page, strict=True)
    rows = empty(Sheet.INTAKE, len(page))
    rows["unit"], rows["appeal"] = centre, appeal
    rows["outcome"] = [_OUTCOMES.get(one, Outcome.OTHER) for one in outcome]
    rows["effective"] = [one not in _NOT_EFFECTIVE for one in outcome]
    return rows
