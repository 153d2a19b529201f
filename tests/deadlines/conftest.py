import datetime as dt
import time
from collections.abc import Callable, Iterator

import pytest

from jiesu.access import Actor, ActorKind, Permission, Role
from jiesu.deadlines import policies, seed, snapshot
from jiesu.deadlines.worktime import Calendar, Hours
from jiesu.foundation.clock import BEIJING

OFFICE = Hours.parse("08:30-12:00 14:30-17:30")
DAYS = {day.date: day.is_workday for days in seed.packaged_years().values() for day in days}
YEARS = frozenset(seed.packaged_years())
CALENDAR = Calendar(DAYS, YEARS, OFFICE)


def at(text: str) -> dt.datetime:
    """A Beijing time from ``2026-02-13 10:00``."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """A rolled-back test leaves nothing in the process's memory."""
    policies.forget()
    yield
    policies.forget()


@pytest.fixture
def editor() -> Actor:
    """Who keeps the calendar and the limits of the whole province."""
    return Actor(
        kind=ActorKind.PERSON,
        name="钱历",
        role=Role.CATALOGUE_EDITOR,
        region_path="0001",
        permissions=frozenset({Permission.MANAGE_DEADLINES}),
    )


@pytest.fixture
def clock_of_process(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the process's monotonic clock, by which memory is looked after."""
    moved = {"by": 0.0}
    real = time.monotonic
    monkeypatch.setattr(snapshot.time, "monotonic", lambda: real() + moved["by"])

    def advance(seconds: float) -> None:
        moved["by"] += seconds

    return advance
