"""The hash chain of one subject's events: pure, no database.

An event's hash is the SM3 of its canonical JSON, which includes the hash of the event before it:
``{"actor", "at", "data", "kind", "prev", "seq", "subject"}``, keys sorted, UTF-8, no blanks, times
as UTC with microseconds. Whoever edits, removes, swaps or slips in an event breaks the chain there.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

import orjson

from jiesu.access import Actor
from jiesu.foundation.crypto import sm3

START = ""  # the hash before a subject's first event
_EXACT = 2**53  # above it, JSON readers and databases disagree about numbers


def instant(at: dt.datetime) -> str:
    """The one way a moment is written: UTC, microseconds, Z. Refuses a naive one."""
    if at.tzinfo is None:
        raise TypeError("a moment in the journal needs its time zone")
    utc = at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return utc.removesuffix("+00:00") + "Z"


def plain(value: Any) -> Any:
    """The value as JSON knows it, the same after any database has kept it.

    Moments become UTC text, dates and decimals text, enumerations their values, tuples lists, whole
    floats integers. Refuses with ``TypeError`` what would not come back the same.
    """
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is int:
        if -_EXACT < value < _EXACT:
            return value
        raise TypeError("a number in the journal has at most 53 bits; write it as text")
    if kind is dict or isinstance(value, Mapping):
        return {k if type(k) is str else _key(k): plain(v) for k, v in value.items()}
    if kind is list or isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):  # a kind of text that a template or a translation made
        return str.__str__(value)
    if isinstance(value, dt.datetime):
        return instant(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"{kind.__name__} cannot be written in the journal")


def _key(key: Any) -> str:
    if isinstance(key, Enum):
        key = key.value
    if not isinstance(key, str):
        raise TypeError("a name in the journal's data is text")
    return str.__str__(key)


def _number(value: float) -> int | float:
    if value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if value.is_integer() or not math.isfinite(value):
        raise TypeError("a number in the journal has at most 53 bits; write it as text")
    return value


def actor_facts(actor: Actor) -> dict[str, Any]:
    """The columns that say who acted, as plain values: ``actor_kind`` … ``actor_unit_name``."""
    return {
        "actor_kind": str(actor.kind),
        "actor_name": actor.name,
        "actor_role": str(actor.role),
        "actor_user_id": actor.user_id,
        "actor_unit_id": actor.unit_id,
        "actor_unit_name": actor.unit_name,
    }


def next_hash(
    prev_hash: str,
    *,
    subject: str | int,
    seq: int,
    kind: str,
    at: dt.datetime,
    actor: Actor,
    data: Mapping[str, Any],
) -> str:
    """The hash of the event that follows ``prev_hash`` (``START`` before the first)."""
    return content_hash(
        prev_hash,
        str(subject),
        seq,
        kind,
        at,
        actor.kind,
        actor.name,
        actor.role,
        actor.user_id,
        actor.unit_id,
        actor.unit_name,
        data,
    )


def content_hash(
    prev_hash: str,
    subject: str,
    seq: int,
    kind: str,
    at: dt.datetime,
    actor_kind: str,
    actor_name: str,
    actor_role: str,
    actor_user_id: int | None,
    actor_unit_id: int | None,
    actor_unit_name: str,
    data: Mapping[str, Any],
) -> str:
    """The hash an event of this content has; for events read back from the database."""
    actor = actor_text(
        actor_kind, actor_name, actor_role, actor_user_id, actor_unit_id, actor_unit_name
    )
    return hash_of_parts(prev_hash, subject, seq, str(kind), instant(at), actor, canonical(data))


def actor_text(
    actor_kind: str,
    actor_name: str,
    actor_role: str,
    actor_user_id: int | None,
    actor_unit_id: int | None,
    actor_unit_name: str,
) -> bytes:
    """Who acted as an event's hash reads it: canonical JSON of ``actor_facts``."""
    record = {  # in the order of the keys
        "kind": str(actor_kind),
        "name": actor_name,
        "role": str(actor_role),
        "unit_id": actor_unit_id,
        "unit_name": actor_unit_name,
        "user_id": actor_user_id,
    }
    return orjson.dumps(record)


def canonical(data: Mapping[str, Any]) -> bytes:
    """An event's data as its hash reads them: canonical JSON of their plain values."""
    return orjson.dumps(plain(data), option=orjson.OPT_SORT_KEYS)


def hash_of_parts(
    prev_hash: str, subject: str, seq: int, kind: str, at: str, actor: bytes, data: bytes
) -> str:
    """The hash of an event whose moment, actor and data are already written as they are hashed."""
    record = {  # in the order of the keys
        "actor": orjson.Fragment(actor),
        "at": at,
        "data": orjson.Fragment(data),
        "kind": kind,
        "prev": prev_hash,
        "seq": seq,
        "subject": subject,
    }
    return sm3(orjson.dumps(record)).hex()


@dataclass(frozen=True)
class ChainedEvent:
    """One event as it is kept, for checking."""

    subject: str
    seq: int
    kind: str
    at: dt.datetime
    actor_kind: str
    actor_name: str
    actor_role: str
    actor_user_id: int | None
    actor_unit_id: int | None
    actor_unit_name: str
    data: Mapping[str, Any]
    prev_hash: str
    hash: str

    def is_true(self) -> bool:
        """Whether its content is what its hash says."""
        return matches(
            self.hash,
            self.prev_hash,
            self.subject,
            self.seq,
            self.kind,
            self.at,
            self.actor_kind,
            self.actor_name,
            self.actor_role,
            self.actor_user_id,
            self.actor_unit_id,
            self.actor_unit_name,
            self.data,
        )


def matches(expected: str, *content: Any) -> bool:
    """Whether ``content_hash(*content)`` is as expected; content that cannot be hashed is not."""
    try:
        return content_hash(*content) == expected
    except (TypeError, ValueError, AttributeError):
        return False


class Fault(StrEnum):
    """What can be wrong with a kept event."""

    EDITED = "edited"
    REMOVED = "removed"
    INSERTED = "inserted"
    BROKEN = "broken"
    BATCH = "batch"


FAULT_NAMES: dict[Fault, str] = {
    Fault.EDITED: "内容被改动",
    Fault.REMOVED: "记录被删除",
    Fault.INSERTED: "记录被插入",
    Fault.BROKEN: "与上一条不相连",
    Fault.BATCH: "封存批次被改动",
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong: what, in which subject's history, at which event."""

    fault: Fault
    subject: str
    seq: int
    detail: str = ""


def verify(events: Iterable[ChainedEvent]) -> list[Problem]:
    """Check one subject's events, in the order of ``seq``; [] when all is as it was written."""
    problems: list[Problem] = []
    expected, last = 1, START
    for event in events:
        if event.seq < expected:
            problems.append(Problem(Fault.INSERTED, event.subject, event.seq, "序号重复"))
            continue
        problems.extend(
            Problem(Fault.REMOVED, event.subject, seq) for seq in range(expected, event.seq)
        )
        gap = event.seq > expected
        if not event.is_true():
            problems.append(Problem(Fault.EDITED, event.subject, event.seq))
        elif event.prev_hash != last and not gap:
            problems.append(Problem(Fault.BROKEN, event.subject, event.seq))
        expected, last = event.seq + 1, event.hash
    return problems
