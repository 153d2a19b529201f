"""The background loops: what each does at a turn, and the one way they all turn.

Any of them may run in several processes and on several hosts, and may be killed at any point: each
turn claims rows in the database and commits whole.
"""

import datetime as dt
import logging
import random
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from django.db import connection

from jiesu.foundation import clock
from jiesu.inspection import clues
from jiesu.jobs import beats, deadlines, delivery, news, tasks
from jiesu.journal import sealing
from jiesu.notifications import mail
from jiesu.scoring import periods
from jiesu.search import indexing, places
from jiesu.supervision import engine
from jiesu.topics import sorting

log = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0  # seconds, after turns that fail one after the other


@dataclass(frozen=True)
class Turn:
    """What one turn did, in words ("" nothing), and whether there is more to do at once."""

    said: str = ""
    more: bool = False


@dataclass(frozen=True)
class Loop:
    """One loop: how often it turns, and what it does."""

    name: str
    every: float  # seconds
    turn: Callable[[dt.datetime, str], Turn]


def _deadlines(at: dt.datetime, worker: str) -> Turn:
    return Turn(str(deadlines.tick(at)))


def _delivery(at: dt.datetime, worker: str) -> Turn:
    done = delivery.deliver(at)
    indexed, names = indexing.catch_up(), places.learn_if_due()
    words = [
        str(done), f"indexed {indexed}" if indexed else "", f"{names} places" if names else "",
    ]  # fmt: skip
    return Turn(", ".join(w for w in words if w), more=done.full)


def _sealing(at: dt.datetime, worker: str) -> Turn:
    sealed = sealing.seal(at)
    sealing.purge_marks(at)
    return Turn(f"sealed {sum(b.count for b in sealed)} rows" if sealed else "")


def _tasks(at: dt.datetime, worker: str) -> Turn:
    reaped = tasks.reap(at)
    ran = tasks.run_ready(worker)
    words = [f"{count} {what}" for count, what in ((reaped, "reaped"), (ran, "ran")) if count]
    return Turn(", ".join(words), more=bool(ran))


def _supervision(at: dt.datetime, worker: str) -> Turn:
    done = engine.run(at)
    taken = clues.take_hits(at)
    words = [str(done), f"{taken} clues" if taken else ""]
    return Turn(", ".join(w for w in words if w), more=done.more)


def _mail(at: dt.datetime, worker: str) -> Turn:
    done = mail.send_waiting(at)
    return Turn(str(done), more=done.sent >= 50)


def _news(at: dt.datetime, worker: str) -> Turn:
    told = news.tell(at)
    return Turn(f"told {told}" if told else "")


def _scoring(at: dt.datetime, worker: str) -> Turn:
    asked = periods.keep_current(at)
    return Turn(f"asked for {asked} previews" if asked else "")


def _topics(at: dt.datetime, worker: str) -> Turn:
    sorted_ = sorting.sort_new(at)
    return Turn(f"sorted {sorted_}" if sorted_ else "", more=sorted_ == sorting.BATCH)


LOOPS: dict[str, Loop] = {
    loop.name: loop
    for loop in (
        Loop("deadlines", 15, _deadlines),
        Loop("delivery", 1, _delivery),
        Loop("sealing", 300, _sealing),
        Loop("tasks", 2, _tasks),
        Loop("news", 20, _news),
        Loop("mail", 5, _mail),
        Loop("supervision", 60, _supervision),
        Loop("topics", 5, _topics),
        Loop("scoring", 600, _scoring),
    )
}


class Runner:
    """Turns one loop until it is told to stop; finishes the turn it is in."""

    def __init__(self, loop: Loop, every: float | None = None) -> None:
        self.loop = loop
        self.every = loop.every if every is None else every
        self.worker = beats.worker_name()
        self._stop = threading.Event()
        self._beat_at = -float("inf")

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Stop after the present turn."""
        self._stop.set()

    def listen(self) -> None:
        """Stop on SIGTERM and Ctrl-C."""
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)

    def once(self) -> bool:
        """Turn until nothing is left to do now; False when a turn failed."""
        more = True
        while more and not self._stop.is_set():
            turn = self._turn()
            if turn is None:
                return False
            more = turn.more
        return True

    def run(self) -> None:
        """Turn on and on. A turn that fails is logged, and the next one comes later."""
        log.info("loop %s begins, every %g s, as %s", self.loop.name, self.every, self.worker)
        failures = 0
        # Loops that are started together should not all turn together.
        pause = random.uniform(0, min(self.every, 2.0))  # noqa: S311 - no secret
        while not self._stop.wait(pause):
            turn = self._turn()
            if turn is None:
                failures += 1
                pause = min(LONGEST_PAUSE, max(self.every, 1.0) * 2 ** min(failures, 6))
            else:
                failures = 0
                jitter = random.uniform(0.9, 1.1)  # noqa: S311 - no secret
                pause = 0.0 if turn.more else self.every * jitter
            if pause > beats.EVERY.total_seconds():
                pause = self._rest(pause)
        log.info("loop %s ends", self.loop.name)

    def _rest(self, pause: float) -> float:
        """Sleep through a long pause, saying now and then that we are alive."""
        until = time.monotonic() + pause
        step = beats.EVERY.total_seconds()
        while (left := until - time.monotonic()) > step and not self._stop.wait(step):
            try:
                self._beat()
            except Exception:  # noqa: BLE001 - the turn will meet the same trouble and log it
                break
        return max(left, 0.0)

    def _turn(self) -> Turn | None:
        began = time.monotonic()
        try:
            self._beat()
            turn = self.loop.turn(clock.now(), self.worker)
        except Exception:
            log.exception("loop %s: a turn failed", self.loop.name)
            if not connection.in_atomic_block:
                connection.close()  # it may be the trouble; the next turn opens another
            return None
        if turn.said:
            log.info("loop %s: %s in %.2f s", self.loop.name, turn.said, time.monotonic() - began)
        return turn

    def _beat(self) -> None:
        if time.monotonic() - self._beat_at >= beats.EVERY.total_seconds():
            beats.beat(self.loop.name, self.worker, clock.now())
            self._beat_at = time.monotonic()
