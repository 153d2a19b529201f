"""Facts written down by hand, for tests of pure functions."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
from tests.factories.world import BEIJING

from jiesu.deadlines.kinds import ClockKind
from jiesu.scoring.facts import KINDS, Facts, Outcome, Rows, Sheet, Solved, empty, in_order


def micros(at: dt.datetime | None) -> int:
    """A moment as facts keep it."""
    return 0 if at is None else round(at.timestamp() * 1_000_000)


def on(day: int, hour: int = 12, *, month: int = 10) -> int:
    """A moment of 2026 in Beijing."""
    return micros(dt.datetime(2026, month, day, hour, tzinfo=BEIJING))


def sheet(kind: Sheet, rows: Sequence[dict[str, Any]]) -> Rows:
    """Rows of a sheet from what differs from zero."""
    made = empty(kind, len(rows))
    for place, row in enumerate(rows):
        for name, value in row.items():
            made[name][place] = value
    made["unit"] = np.where(made["unit"] == 0, made["subject"], made["unit"])
    return in_order(kind, made)


def duty(
    appeal: int, *, subject: int = 1, kind: ClockKind = ClockKind.HANDLE, due: int = 0,
    done: int = 0, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """A limit that was due on 10 October, done a day earlier unless told otherwise."""
    return {
        "subject": subject, "appeal": appeal, "kind": KINDS[kind], "due": due or on(10),
        "done": done, "owes_reply": 1, **more,
    }  # fmt: skip


def closed(appeal: int, *, subject: int = 1, **more: Any) -> dict[str, Any]:
    """An order a unit answered, closed on 12 October, very satisfied and solved."""
    return {
        "subject": subject, "appeal": appeal, "closed": on(12), "outcome": Outcome.ANSWERED,
        "satisfaction": 5, "solved": Solved.YES, **more,
    }  # fmt: skip


def facts(*, duties: Sequence[dict[str, Any]] = (), closings: Sequence[dict[str, Any]] = (),
          intake: Sequence[dict[str, Any]] = ()) -> Facts:  # fmt: skip
    """Facts of all three sheets."""
    return Facts(
        {
            Sheet.DUTIES: sheet(Sheet.DUTIES, duties),
            Sheet.CLOSED: sheet(Sheet.CLOSED, closings),
            Sheet.INTAKE: sheet(Sheet.INTAKE, intake),
        }
    )


def some_duties(good: int, bad: int, kind: ClockKind, **more: Any) -> list[dict[str, Any]]:
    """So many kept and so many missed limits."""
    first = KINDS[kind] * 100_000
    return [
        duty(first + n, kind=kind, done=on(9) if n < good else on(11), **more)
        for n in range(good + bad)
    ]
