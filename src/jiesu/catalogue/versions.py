"""Tells the caches of every process that the catalogue changed.

A change writes a fresh stamp in its own transaction; a process looks at the stamp at most every two
seconds, so a change elsewhere is seen within that time and the warm path asks the database nothing.
The stamp is random, not a number: a rolled-back change can never look like a later one.
"""

import datetime as dt
import secrets
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import transaction

from jiesu.catalogue.models import CatalogueVersion
from jiesu.foundation.clock import BEIJING

T = TypeVar("T")
RECHECK_SECONDS = 2.0
_ROW = "catalogue"

_lock = threading.RLock()
_stamp = ""
_looked_at = float("-inf")
_caches: list["Cached[object]"] = []


def day_of(at: dt.datetime | dt.date) -> dt.date:
    """The day in Beijing on which ``at`` falls."""
    return at.astimezone(BEIJING).date() if isinstance(at, dt.datetime) else at


def touch() -> None:
    """Write a fresh stamp; called inside the transaction of every change."""
    CatalogueVersion.objects.update_or_create(name=_ROW, defaults={"stamp": secrets.token_hex(16)})
    forget()
    # what another thread remembered between now and the commit is out of date then
    transaction.on_commit(forget)


def forget() -> None:
    """Drop what this process remembers; the next reading asks the database."""
    global _looked_at, _stamp
    with _lock:
        _looked_at = float("-inf")
        _stamp = ""
        for cache in _caches:
            cache.drop()


def _current_stamp() -> str:
    global _looked_at, _stamp
    if time.monotonic() - _looked_at >= RECHECK_SECONDS:
        row = CatalogueVersion.objects.filter(name=_ROW).values_list("stamp", flat=True).first()
        _stamp = row or "none"
        _looked_at = time.monotonic()
    return _stamp


class Cached(Generic[T]):
    """A value made from the catalogue's tables and made again when they have changed."""

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        self._value: T | None = None
        self._stamp = ""
        _caches.append(self)  # type: ignore[arg-type]  # the list only drops

    def drop(self) -> None:
        """Forget the value."""
        self._value, self._stamp = None, ""

    def get(self) -> T:
        """The value, at most two seconds older than the database."""
        with _lock:
            stamp = _current_stamp()
            if self._value is None or self._stamp != stamp:
                self._value = self._load()
                self._stamp = stamp
            return self._value
