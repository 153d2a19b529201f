import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from jiesu.deadlines import policies, seed
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
def defaults(db: None) -> Callable[[], None]:
    """The packaged calendar and limits, loaded on 22 November 2026."""
    seed.load_defaults(at("2026-11-22 09:00"))
    return policies.forget
