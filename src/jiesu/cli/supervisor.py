"""Keeps a few child processes running, and leaves none behind.

Each child has a process group of its own, so that a Ctrl-C in the terminal reaches the supervisor
only, which then stops the children in its own order. A child that ends by itself is started again,
after a pause that doubles while it keeps failing. On Linux a child is also told to stop when the
supervisor itself is killed outright.
"""

import contextlib
import ctypes
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEADY = 60.0  # seconds a child must live for its failures to be forgotten
GRACE = 8.0  # seconds a child has to finish what it is doing
HOPELESS = 3  # failures in a row before the first success that end the whole


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


@dataclass
class Child:
    """One process to keep running. ``essential``: the whole ends when it cannot even start."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    essential: bool = False
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    due: float = 0.0  # when to start it (again)
    failures: int = 0
    was_steady: bool = False

    def start(self) -> None:
        """Start it (again); its former process group has been ended."""
        self.process = subprocess.Popen(  # noqa: S603 - our own commands
            self.argv,
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        self.began = time.monotonic()

    def signal(self, number: int) -> None:
        """Send a signal to the child alone: it passes it on to its workers itself."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def end_group(self) -> None:
        """Kill what is left of the child's process group, workers included, and see it gone."""
        if self.process is None:
            return
        group = self.process.pid
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
            self.process.wait()
            for _ in range(100):  # orphaned workers are reaped by somebody else; their port too
                os.killpg(group, 0)
                time.sleep(0.02)
        self.process.wait()
        self.process = None  # the number may soon be a stranger's


class Supervisor:
    """Runs children until it is told to stop."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children = list(children)
        self.say = say
        self.stopping = False
        self.asked_again = False
        self.hopeless: Child | None = None

    def run(self, when_started: Callable[[], None] = lambda: None) -> int:
        """This will keep the children running until SIGTERM or Ctrl-C; gives the exit code.

        The essential ones start first; the others once ``when_started`` returns, so that on a
        small machine the web answers early.
        SIGHUP starts them anew one by one (the web workers without refusing a connection).
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._renew)
        try:
            for child in self.children:
                child.due = 0.0 if child.essential else math.inf
            self.look_after()
            when_started()
            for child in self.children:
                child.due = 0.0 if child.due == math.inf else child.due
            while not self.stopping and self.hopeless is None:
                time.sleep(0.2)
                self.look_after()
        finally:
            self._end_all()
        return 1 if self.hopeless is not None else 0

    def look_after(self) -> None:
        """Start what is due, notice what ended."""
        now = time.monotonic()
        for child in self.children:
            if child.process is None or child.due:
                if now >= child.due and not self.stopping:
                    child.due = 0.0
                    child.start()
            elif (code := child.process.poll()) is not None:
                self._failed(child, code, now)
            elif now - child.began > STEADY:
                child.failures, child.was_steady = 0, True

    def _failed(self, child: Child, code: int, now: float) -> None:
        child.end_group()
        child.failures += 1
        if child.essential and not child.was_steady and child.failures >= HOPELESS:
            self.hopeless = child
            self.say(f"{child.name} does not start (exit {code}); see the lines above.")
            return
        pause = min(FIRST_PAUSE * 2 ** (child.failures - 1), LONGEST_PAUSE)
        child.due = now + pause
        how = f"signal {-code}" if code < 0 else f"exit {code}"
        self.say(f"{child.name} ended ({how}); starting it again in {pause:.0f} s.")

    def _stop(self, number: int, frame: object) -> None:
        self.asked_again = self.stopping
        self.stopping = True

    def _renew(self, number: int, frame: object) -> None:
        for child in self.children:
            child.signal(signal.SIGHUP if child.essential else signal.SIGTERM)

    def _end_all(self) -> None:
        for child in self.children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline and not self.asked_again:
            if all(c.process is None or c.process.poll() is not None for c in self.children):
                break
            time.sleep(0.05)
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                self.say(f"{child.name} did not stop in time and was ended.")
            child.end_group()
