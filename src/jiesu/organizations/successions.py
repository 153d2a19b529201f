"""Who took over from whom, remembered in process: every unit's list of orders asks it."""

import time

from django.db import transaction

from jiesu.organizations.models import UnitSuccession

KEPT_SECONDS = 30.0

_read: tuple[float, dict[int, list[int]]] | None = None


def predecessors(unit_id: int | None) -> frozenset[int]:
    """The units whose duties it took over by merger or split, and theirs before, by their ids.

    A reorganisation in another process is seen half a minute later.
    """
    before = _all()
    found: set[int] = set()
    waiting = list(before.get(unit_id or 0, ()))
    while waiting:
        old = waiting.pop()
        if old not in found:
            found.add(old)
            waiting += before.get(old, ())
    return frozenset(found)


def forget() -> None:
    """Drop what is remembered, now and when the transaction that changes it is whole."""
    _drop()
    if transaction.get_connection().in_atomic_block:
        transaction.on_commit(_drop)


def _drop() -> None:
    global _read
    _read = None


def _all() -> dict[int, list[int]]:
    global _read
    read = _read
    if read is None or time.monotonic() - read[0] > KEPT_SECONDS:
        before: dict[int, list[int]] = {}
        for new, old in UnitSuccession.objects.values_list("new_id", "old_id"):
            before.setdefault(new, []).append(old)
        read = _read = time.monotonic(), before
    return read[1]
