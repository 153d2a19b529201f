"""How many requests a client may make in a minute, counted once for all workers of a machine.

One small file in the data folder holds two numbers per client: the minute and the count. Workers
map it into memory and lock it for the few microseconds of an increment: no SQL, no broker, and a
client whose connection sticks to one worker has its full share. Several machines count each for
itself: behind a load balancer a client may use up to as many shares as there are machines. That
is the price of asking no server; the limit protects from programs run wild, it is no tariff.
"""

import fcntl
import mmap
import os
import struct
import threading
from pathlib import Path

_SLOT = struct.Struct("<II")  # minute since 1970, requests in it
_PAGE = 512  # slots by which the file grows
_MOST = 1_000_000  # a client's id beyond it is not counted


class Limiter:
    """Counts requests per client and minute in one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: int | None = None
        self._pid = 0
        self._map: mmap.mmap | None = None

    def wait(self, client_id: int, per_minute: int, now: float) -> int:
        """Count one request; the seconds to wait when it is one too many, else 0."""
        if client_id >= _MOST:
            return 0
        minute = int(now // 60)
        with self._lock:
            slots = self._open(client_id)
            at = client_id * _SLOT.size
            fcntl.flock(self._file or 0, fcntl.LOCK_EX)
            try:
                then, count = _SLOT.unpack_from(slots, at)
                if then != minute:
                    count = 0
                if count >= per_minute:
                    return max(1, 60 - int(now % 60))
                _SLOT.pack_into(slots, at, minute, count + 1)
            finally:
                fcntl.flock(self._file or 0, fcntl.LOCK_UN)
        return 0

    def _open(self, client_id: int) -> mmap.mmap:
        """The mapped file, long enough for the client; opened anew after a fork."""
        needed = (client_id // _PAGE + 1) * _PAGE * _SLOT.size
        if self._file is None or self._pid != os.getpid():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            self._pid, self._map = os.getpid(), None
        if self._map is None or len(self._map) < needed:
            if os.fstat(self._file).st_size < needed:
                os.truncate(self._file, needed)
            self._map = mmap.mmap(self._file, 0)
        return self._map
