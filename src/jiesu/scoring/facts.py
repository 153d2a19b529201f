"""The frozen inputs of a period: compact rows of what was due, closed and taken in.

Times are microseconds since 1970 in UTC, 0 = never. ``subject`` is the unit that is scored for
the row (a section's row is its bureau's), 0 = nobody; ``unit`` is who had it. Sheets are sorted by
subject, so that one unit's rows lie in one or two blocks, and are kept column by column.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from jiesu.deadlines.kinds import ClockKind

if TYPE_CHECKING:  # numpy is loaded where rows are read: the start of the web does not wait for it
    import numpy.typing as npt

Rows: TypeAlias = "npt.NDArray[Any]"  # a structured array of one sheet

BLOCK_ROWS = 20_000


class Sheet(StrEnum):
    """What the rows of a sheet are."""

    DUTIES = "duties"  # a unit's limits that ended in the period, by the day they were due
    CLOSED = "closed"  # orders closed in the period, by the day they were closed
    INTAKE = "intake"  # orders received in the period, by the day they came


class End(IntEnum):
    """How a unit's assignment ended."""

    LIVE = 0
    RETURNED = 1
    CANCELLED = 2
    DONE = 3


class Outcome(IntEnum):
    """How an order ended."""

    OTHER = 0  # refused, handed over, withdrawn, terminated: no unit's answer
    ANSWERED = 1  # a unit answered: closed after the call-back, unreachable, or with a finding
    DIRECT = 2  # answered at the desk


class Solved(IntEnum):
    """What the citizen says."""

    UNKNOWN = 0
    YES = 1
    NO = 2


KINDS: dict[ClockKind, int] = {
    ClockKind.OPEN: 1,
    ClockKind.SIGN: 2,
    ClockKind.CONTACT: 3,
    ClockKind.HANDLE: 4,
    ClockKind.JOINT: 5,
    ClockKind.RETURN: 6,
}

_WHOSE = [("subject", "<i8"), ("unit", "<i8"), ("appeal", "<i8")]
COLUMNS: dict[Sheet, list[tuple[str, str]]] = {
    Sheet.DUTIES: [
        *_WHOSE, ("kind", "u1"), ("due", "<i8"), ("done", "<i8"), ("end", "u1"),
        ("ended", "<i8"), ("paused", "u1"), ("owes_reply", "u1"), ("replied", "<i8"),
        ("not_contacted", "u1"), ("returns", "u1"), ("refused", "u1"),
    ],
    Sheet.CLOSED: [
        *_WHOSE, ("closed", "<i8"), ("outcome", "u1"), ("satisfaction", "u1"),
        ("solved", "u1"), ("redo", "u1"), ("is_repeat", "u1"), ("repeated", "<i8"),
    ],
    Sheet.INTAKE: [*_WHOSE, ("outcome", "u1"), ("effective", "u1")],
}  # fmt: skip
_ORDER = {
    Sheet.DUTIES: ["subject", "kind", "due", "appeal", "unit"],
    Sheet.CLOSED: ["subject", "closed", "appeal"],
    Sheet.INTAKE: ["subject", "appeal"],
}


def empty(sheet: Sheet, rows: int = 0) -> Rows:
    """Rows of a sheet, all zero."""
    import numpy as np

    return np.zeros(rows, COLUMNS[sheet])


@dataclass(frozen=True)
class Facts:
    """All sheets of one period, sorted."""

    sheets: Mapping[Sheet, Rows] = field(default_factory=dict)

    def __getitem__(self, sheet: Sheet) -> Rows:
        return self.sheets.get(sheet, empty(sheet))

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(map(len, self.sheets.values()))

    def of(self, subject: int) -> "Facts":
        """The rows of one scored unit."""
        return Facts({s: rows[rows["subject"] == subject] for s, rows in self.sheets.items()})


def in_order(sheet: Sheet, rows: Rows) -> Rows:
    """The rows as they are kept: by subject, and always the same for the same rows."""
    import numpy as np

    keys = [rows[name] for name in reversed(_ORDER[sheet])]
    return rows[np.lexsort(keys)]


@dataclass(frozen=True)
class Block:
    """Some rows as they are stored: columns one after the other, compressed."""

    sheet: Sheet
    number: int
    rows: int
    first_subject: int
    last_subject: int
    data: bytes


def blocks(facts: Facts) -> Iterator[Block]:
    """The sheets as blocks; the same facts give the same bytes."""
    for sheet in Sheet:
        rows = facts[sheet]
        for number, start in enumerate(range(0, len(rows), BLOCK_ROWS)):
            part = rows[start : start + BLOCK_ROWS]
            columns = b"".join(part[name].tobytes() for name, _ in COLUMNS[sheet])
            first, last = int(part["subject"][0]), int(part["subject"][-1])
            yield Block(sheet, number, len(part), first, last, zlib.compress(columns, 3))


def unpack(sheet: Sheet, count: int, data: bytes) -> Rows:
    """The rows of one block."""
    import numpy as np

    columns, rows, at = zlib.decompress(data), empty(sheet, count), 0
    for name, _ in COLUMNS[sheet]:
        size = rows.dtype[name].itemsize * count
        rows[name] = np.frombuffer(columns[at : at + size], rows.dtype[name])
        at += size
    return rows
