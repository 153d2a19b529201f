"""A temporary PostgreSQL cluster for tests and benchmarks, made and removed by one command.

    python scripts/postgres.py run -- CMD...   run CMD with JIESU_DATABASE_URL set to a new cluster
    python scripts/postgres.py find            print the folder of the server programs

The cluster lives in a temporary folder, listens on a Unix socket in it only, and is gone when CMD
ends, however it ends. Nothing else on the machine is touched: an installed cluster keeps running.
Standard library only; works before the project's environment exists.
"""

import argparse
import contextlib
import ctypes
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

OLDEST = 15
INSTALL_HINT = (
    "PostgreSQL 15 or newer is needed for this step and was not found.\n"
    "  Debian/Ubuntu: sudo apt-get install postgresql\n"
    "  Fedora/RHEL:   sudo dnf install postgresql-server\n"
    "  macOS:         brew install postgresql@17\n"
    "需要 PostgreSQL 15 或更高版本，请按上面的命令安装后重试。"
)


class Unavailable(Exception):
    """PostgreSQL is not here and may not be installed from here; the text says what to do."""


def version_of(folder: Path) -> int:
    """The major version of the server in ``folder``, 0 when there is none."""
    if not (folder / "initdb").exists() or not (folder / "postgres").exists():
        return 0
    said = subprocess.run(
        [str(folder / "postgres"), "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"(\d+)", said)
    return int(found.group(1)) if found else 0


def find_binaries() -> Path | None:
    """The folder of the newest fitting server, or None."""
    folders = {
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/usr").glob("pgsql-*/bin"),
        *Path("/opt/homebrew/opt").glob("postgresql@*/bin"),
    }
    on_path = shutil.which("initdb")
    if on_path:
        folders.add(Path(on_path).resolve().parent)
    versions = {folder: version_of(folder) for folder in folders}
    fitting = [folder for folder, version in versions.items() if version >= OLDEST]
    return max(fitting, key=lambda folder: versions[folder], default=None)


def apt_install(*packages: str) -> bool:
    """Install Debian packages when that is possible from here: root, and apt-get is there."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-q", "update"], env=environment, check=False, stdout=sys.stderr)
    done = subprocess.run(
        ["apt-get", "-q", "install", "-y", "--no-install-recommends", *packages],
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
    )
    return done.returncode == 0


def binaries() -> Path:
    """The server programs: found, or installed, or a clear refusal."""
    folder = find_binaries()
    if folder is None and apt_install("postgresql"):
        folder = find_binaries()
    if folder is None:
        raise Unavailable(INSTALL_HINT)
    return folder


def runs_as() -> pwd.struct_passwd | None:
    """The unprivileged user a server runs as when we are root (it refuses root), else None."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise Unavailable(
        "PostgreSQL refuses to run as root and no user 'postgres' or 'nobody' exists."
    )


def die_with_parent() -> None:
    """Linux: the server is told to stop when this process is killed outright."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


@contextlib.contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """A running cluster with an empty database; yields its URL and removes everything after."""
    programs = binaries()
    user = runs_as()
    who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    # A socket's path may hold 107 characters, so the folder does not follow a long TMPDIR.
    home = Path(tempfile.mkdtemp(prefix="jiesu-pg-", dir="/tmp"))
    if user:
        os.chown(home, user.pw_uid, user.pw_gid)
    data, log = home / "data", home / "log"
    server: subprocess.Popen[bytes] | None = None
    try:
        made = subprocess.run(
            [str(programs / "initdb"), "-D", str(data), "-U", "jiesu", "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8", "--no-sync"],
            capture_output=True, text=True, check=False, cwd=home, **who,
        )  # fmt: skip
        if made.returncode:
            raise Unavailable(f"initdb failed / 数据库初始化失败：\n{made.stderr.strip()}")
        options = ["listen_addresses=", f"unix_socket_directories={home}", "max_connections=60"]
        if not durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        with log.open("wb") as written:
            server = subprocess.Popen(
                [str(programs / "postgres"), "-D", str(data)]
                + [part for option in options for part in ("-c", option)],
                stdin=subprocess.DEVNULL, stdout=written, stderr=subprocess.STDOUT, cwd=home,
                start_new_session=True, preexec_fn=die_with_parent, **who,
            )  # fmt: skip
        for _ in range(300):
            asked = subprocess.run(
                [str(programs / "psql"), "-h", str(home), "-U", "jiesu", "-d", "postgres", "-q",
                 "-c", "CREATE DATABASE jiesu"],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if asked.returncode == 0 or "already exists" in asked.stderr:
                break
            if server.poll() is not None:
                raise Unavailable(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.1)
        else:
            raise Unavailable(f"PostgreSQL did not answer in 30 s:\n{asked.stderr.strip()}")
        yield f"postgresql://jiesu@{str(home).replace('/', '%2F')}/jiesu"
    finally:
        if server is not None and server.poll() is None:
            server.send_signal(signal.SIGINT)  # fast shutdown: sessions are ended
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait(timeout=10)
        shutil.rmtree(home, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run a command against a temporary cluster")
    run.add_argument("--durable", action="store_true", help="keep fsync on (benchmarks)")
    run.add_argument("argv", nargs=argparse.REMAINDER)
    commands.add_parser("find", help="print the folder of the server programs")
    said = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if said.command == "find":
            print(binaries())
            return 0
        argv = said.argv[1:] if said.argv[:1] == ["--"] else said.argv
        if not argv:
            parser.error("which command? postgres.py run -- CMD...")
        with cluster(durable=said.durable) as url:
            return subprocess.run(
                argv, env={**os.environ, "JIESU_DATABASE_URL": url}, check=False
            ).returncode
    except Unavailable as missing:
        print(missing, file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
