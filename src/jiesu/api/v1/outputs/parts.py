"""What answers are made of: moments, codes with their names, a page, a limit."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from jiesu.appeals.lifecycle import (
    STATE_NAMES,
    STATUS_NAMES,
    State,
    Status,
)
from jiesu.appeals.models import (
    Appeal,
    Assignment,
)
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.deadlines.kinds import CLOCK_NAMES, ClockKind
from jiesu.foundation.clock import BEIJING
from jiesu.organizations.models import Unit

T = TypeVar("T")


def when(moment: dt.datetime | None) -> dt.datetime | None:
    """A moment in Beijing time."""
    return None if moment is None else moment.astimezone(BEIJING)


def in_beijing(moment: dt.datetime) -> dt.datetime:
    """A moment in Beijing time."""
    return moment.astimezone(BEIJING)


@dataclass(slots=True)
class Named:
    """A code and what it is called"""

    code: str
    name: str


def named(table: Table, code: str) -> Named:
    """A code of a table with its label."""
    return Named(code, codes.label(table, code) if code else "")


@lru_cache(maxsize=256)
def named_status(status: str) -> Named:
    """待派单 …"""
    return Named(status, STATUS_NAMES[Status(status)])


@lru_cache(maxsize=256)
def named_state(state: str) -> Named:
    """待签收 …"""
    return Named(state, STATE_NAMES[State(state)])


def named_unit(unit: Unit | None) -> Named | None:
    """A unit by its code and short name."""
    return None if unit is None else Named(unit.code, unit.short_name or unit.name)


@dataclass(slots=True)
class Page(Generic[T]):
    """一页；next 为下一页的 after，最后一页为 null"""

    items: list[T]
    next: str | None

    @classmethod
    def of(cls, rows: Iterable[Any], next_: str | None, make: Callable[[Any], T]) -> "Page[T]":
        """A page of rows, each made into what is shown."""
        return cls([make(row) for row in rows], next_)


@dataclass(slots=True)
class Due:
    """当前时限"""

    at: dt.datetime
    yellow_at: dt.datetime | None
    kind: Named
    is_paused: bool
    is_overdue: bool


def due_of(row: Appeal | Assignment, at: dt.datetime) -> Due | None:
    """The limit under which a row now stands."""
    if row.due_at is None:
        return None
    kind = ClockKind(row.due_kind)
    return Due(
        in_beijing(row.due_at), when(row.yellow_at), Named(kind, CLOCK_NAMES[kind]), row.is_paused,
        row.due_at < at and not row.is_paused,
    )  # fmt: skip


def named_or_none(table: Table, code: str) -> Named | None:
    """A code with its label; None where there is no code."""
    return named(table, code) if code else None
