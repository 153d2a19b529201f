"""How many requests a client may make in a minute, counted once for all workers and all hosts.

The count stands in the database (``journal.tries``). A process takes a fiftieth of the minute's
requests at a time and spends them from memory, so that few requests cost a statement. Never more
than the limit are let in; what other processes have taken and not spent is missing at its end. That
is the price of not asking each time: the limit protects from programs run wild, it is no tariff.
"""

import datetime as dt
import threading

from jiesu.journal import tries

SHARE = 50  # a process takes one part in so many at a time
_MINUTE = dt.timedelta(minutes=1)
_SPENT = -1


class Limiter:
    """One process's part of every client's minute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[int, tuple[int, int]] = {}  # client: the minute, what is left to spend

    def wait(self, client_id: int, per_minute: int, at: dt.datetime) -> int:
        """Count one request; the seconds to wait when it is one too many, else 0.

        Not for use inside a transaction: see ``tries.add``.
        """
        minute, second = divmod(int(at.timestamp()), 60)
        left = self._spend(client_id, minute)
        if left == 0:
            left = self._take(client_id, minute, per_minute, at)
        return 60 - second if left == _SPENT else 0

    def _spend(self, client_id: int, minute: int) -> int:
        """What was held before one was spent of it: 0 none yet, ``_SPENT`` none any more."""
        with self._lock:
            then, left = self._held.get(client_id, (minute, 0))
            if then != minute:
                return 0
            if left > 0:
                self._held[client_id] = minute, left - 1
            return left

    def _take(self, client_id: int, minute: int, per_minute: int, at: dt.datetime) -> int:
        """Take a part from the database and spend one of it; ``_SPENT`` when nothing is left."""
        part = -(-per_minute // SHARE)
        taken = tries.add("api", f"{client_id} {minute}", part, window=_MINUTE, at=at)
        given = part - max(taken - per_minute, 0)
        with self._lock:
            then, left = self._held.get(client_id, (minute, 0))
            if given <= 0:
                self._held[client_id] = minute, _SPENT
                return _SPENT
            held = left if then == minute and left > 0 else 0
            self._held[client_id] = minute, held + given - 1
            return given
