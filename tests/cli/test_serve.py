"""``jiesu serve --prepare``, where ``make run`` ends: an empty folder becomes a hotline."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A started ``jiesu serve`` and what it has said."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.said = folder / "said.txt"
        bare = {name: value for name, value in os.environ.items() if not name.startswith("JIESU_")}
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jiesu", "serve", "--prepare", "--port", str(port)],
                env=bare | {"JIESU_VAR": str(folder), "JIESU_LOG_LEVEL": "WARNING",
                            "DJANGO_SETTINGS_MODULE": "jiesu.config.settings"},
                stdout=said, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def wait_for(self, sentence: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while sentence not in self.said.read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{sentence!r} was not said:\n{self.said.read_text()}")
            time.sleep(0.2)

    def get(self, path: str) -> bytes:
        address = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(address, timeout=60) as answer:
            return bytes(answer.read())

    def readiness(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.get("/readyz"))
        return found

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def processes_of(folder: Path) -> list[str]:
    """Every process that was started with this data folder."""
    sign = f"JIESU_VAR={folder}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if sign in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def test_an_empty_folder_becomes_a_running_hotline_twice_and_leaves_nothing_running(
    tmp_path: Path,
) -> None:
    first = Running(tmp_path, free_port())
    try:
        first.wait_for("is running", 400)
        front = first.get("/").decode()
        deadline = time.monotonic() + 90
        while (ready := first.readiness())["status"] != "ok" and time.monotonic() < deadline:
            time.sleep(1)
    finally:
        code = first.stop()

    assert code == 0
    assert "12345" in front
    assert ready["status"] == "ok", ready
    assert "dispatcher" in first.said.read_text()

    second = Running(tmp_path, free_port())
    try:
        second.wait_for("is running", 90)
        second.wait_for("dispatcher", 5)
        assert "正在载入" not in second.said.read_text()
    finally:
        assert second.stop() == 0

    if sys.platform == "linux":
        assert processes_of(tmp_path) == []
