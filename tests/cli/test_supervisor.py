"""The supervisor keeps its children running and leaves none behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

# A web-like child with a worker of its own, and a loop; each writes its pid to a file.
SCRIPT = """
import sys
from jiesu.cli.supervisor import Child, Supervisor
folder, essential = sys.argv[1], sys.argv[2] == "1"
write = "import os, pathlib; open(f'{folder}/NAME', 'a').write(f'{{os.getpid()}}\\\\n');"
write = write.replace("{folder}", folder).replace("{{", "{").replace("}}", "}")
sleep = "import time; time.sleep(300)"
worker = write.replace("NAME", "worker") + sleep
web = (write.replace("NAME", "web") + "import subprocess, sys;"
       f"subprocess.Popen([sys.executable, '-c', {worker!r}]); {sleep}")
children = [
    Child("web", [sys.executable, "-c", web], essential=True),
    Child("loop", [sys.executable, "-c", write.replace("NAME", "loop") + sleep]),
]
if essential:
    children = [Child("web", [sys.executable, "-c", "raise SystemExit(7)"], essential=True)]
sys.exit(Supervisor(children, lambda line: print(line, flush=True)).run())
"""


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        return state != "Z"
    return False


def pids(folder: Path, name: str) -> list[int]:
    file = folder / name
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def wait_until(true: object, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():  # type: ignore[operator]  # a callable
            return
        time.sleep(0.05)
    pytest.fail("did not happen in time")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path), "0"], stdout=subprocess.DEVNULL, text=True
    )
    try:
        wait_until(lambda: all(pids(tmp_path, n) for n in ("web", "worker", "loop")))
        yield process
    finally:
        process.kill()
        process.wait()
        for leader in [*pids(tmp_path, "web"), *pids(tmp_path, "loop")]:
            with contextlib.suppress(OSError):
                os.killpg(leader, signal.SIGKILL)  # its worker too, also one not yet written down


def everybody(folder: Path) -> list[int]:
    return [pid for name in ("web", "worker", "loop") for pid in pids(folder, name)]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_stops_everybody_and_succeeds(
    supervisor: subprocess.Popen[str], tmp_path: Path, how: signal.Signals
) -> None:
    supervisor.send_signal(how)

    assert supervisor.wait(timeout=10) == 0
    wait_until(lambda: not any(alive(pid) for pid in everybody(tmp_path)), 2)


def test_a_child_that_dies_is_started_again_and_its_worker_does_not_stay(
    supervisor: subprocess.Popen[str], tmp_path: Path
) -> None:
    (web,), (worker,) = pids(tmp_path, "web"), pids(tmp_path, "worker")

    os.kill(web, signal.SIGKILL)

    wait_until(lambda: len(pids(tmp_path, "web")) == 2)
    assert not alive(worker)
    assert alive(pids(tmp_path, "loop")[0])


def test_killed_outright_it_takes_its_children_along(
    supervisor: subprocess.Popen[str], tmp_path: Path
) -> None:
    children = [*pids(tmp_path, "web"), *pids(tmp_path, "loop")]

    supervisor.kill()
    supervisor.wait(timeout=10)

    wait_until(lambda: not any(alive(pid) for pid in children), 5)


@pytest.mark.slow
def test_an_essential_child_that_never_starts_ends_the_whole(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), "1"],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip

    assert done.returncode == 1
    assert "web ended (exit 7)" in done.stdout
    assert "does not start" in done.stdout
