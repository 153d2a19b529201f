"""``jiesu serve``: web and background loops in one supervised process."""

import contextlib
import errno
import hashlib
import os
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import BooleanOptionalAction
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from jiesu.cli.demo import world as demo
from jiesu.cli.supervisor import Child, Supervisor

LOCAL = {"127.0.0.1", "localhost", "::1"}


class Command(BaseCommand):
    help = "启动网站与后台任务（一个受监管的进程）。"
    requires_system_checks = []  # checked by make check and at deployment; a start is quick
    _accounts_shown = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.JIESU_HOST, help="监听地址")
        parser.add_argument("--port", type=int, help="监听端口（或用环境变量 PORT、JIESU_PORT）")
        parser.add_argument(
            "--workers", type=int, default=settings.JIESU_WORKERS, help="网站进程数"
        )
        parser.add_argument(
            "--web", action=BooleanOptionalAction, default=True, help="是否启动网站"
        )
        parser.add_argument(
            "--loops", action=BooleanOptionalAction, default=True, help="是否启动后台任务"
        )
        parser.add_argument(
            "--prepare", action="store_true", help="先更新数据库结构；数据库为空时载入演示数据"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["port"] or _port_from_environment()
        host = options["host"]
        try:
            if options["web"]:
                _refuse_taken_port(host, port)
            if options["prepare"]:
                self._prepare()
            _refuse_unmigrated()
            children: list[Child] = []
            if options["web"]:
                collect_static()
                children.append(_web(host, port, options["workers"]))
            if options["loops"]:
                children += _loops(self.say)
        except OSError as trouble:
            raise CommandError(_disk_sentence(trouble)) from None
        except DatabaseError as trouble:
            raise CommandError(_database_sentence(trouble)) from None
        except KeyboardInterrupt:
            self.say("Stopped. 已停止。")
            sys.exit(130)
        connections.close_all()
        supervisor = Supervisor(children, self.say)
        code = supervisor.run(lambda: self._greet(host, port, supervisor, web=options["web"]))
        if code:
            sys.exit(code)

    def say(self, line: str) -> None:
        """Tell the person at the terminal, at once."""
        self.stdout.write(line)
        self.stdout.flush()

    def _prepare(self) -> None:
        """Bring the database up to date and fill an empty one; skip what is done."""
        if _waiting_migrations():
            self.say("Preparing the database… 正在准备数据库…")
            call_command("migrate", interactive=False, verbosity=0)
        if demo.is_empty():
            call_command("demo")  # all or nothing
            self._accounts_shown = True

    def _greet(self, host: str, port: int, supervisor: Supervisor, *, web: bool) -> None:
        """Say where it is, once it answers."""
        if not web:
            self.say("Background loops are running. 后台任务已启动。")
            return
        shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared only
        shown = f"[{shown}]" if ":" in shown else shown
        if not _answers(f"http://{shown}:{port}/healthz", supervisor):
            return
        _tell_service_manager()
        self.say("")
        self.say(f"  Jiesu 接诉 is running: http://{shown}:{port}/")
        accounts = settings.JIESU_VAR / "demo-accounts.txt"
        if accounts.is_file() and not settings.IN_PRODUCTION:
            if not self._accounts_shown:
                self.say("")
                for line in accounts.read_text(encoding="utf-8").splitlines():
                    self.say(f"  {line}")
            if host not in LOCAL:
                self.say("")
                self.say("  Others on the network can reach this address, and the demo accounts")
                self.say("  are public. 演示账号是公开的，请勿在公网使用。")
        self.say("")
        self.say("  Ctrl-C stops everything. 按 Ctrl-C 停止。")


def _port_from_environment() -> int:
    said = os.environ.get("PORT", "")
    if said and not (said.isdigit() and 0 < int(said) < 65536):
        raise CommandError(f"PORT should be a port between 1 and 65535, not {said!r}.")
    return int(said) if said else int(settings.JIESU_PORT)


def _refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as trouble:
            if trouble.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {port} is already in use. Choose another one, for example: "
                    f"make run PORT={port + 1} (or jiesu serve --port {port + 1}). "
                    f"端口 {port} 已被占用，请换一个。"
                ) from None
            if trouble.errno == errno.EACCES:
                raise CommandError(
                    f"Port {port} needs more rights than this user has; choose one above 1023. "
                    f"无权使用端口 {port}，请换一个 1023 以上的端口。"
                ) from None
            raise CommandError(
                f"The address {host}:{port} cannot be used: {trouble.strerror}. 监听地址不可用。"
            ) from None
        except (OverflowError, UnicodeError):
            raise CommandError(f"{host}:{port} is not an address. 监听地址不正确。") from None


def _waiting_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _refuse_unmigrated() -> None:
    if _waiting_migrations():
        raise CommandError(
            "The database is not up to date. Run first: jiesu migrate. "
            "数据库结构不是最新，请先运行 jiesu migrate。"
        )


def _disk_sentence(trouble: OSError) -> str:
    if trouble.errno == errno.ENOSPC:
        return f"The disk is full: {settings.JIESU_VAR}. Free some space and try again. 磁盘已满。"
    return f"{trouble.filename or settings.JIESU_VAR}: {trouble.strerror}. 文件无法读写。"


def _database_sentence(trouble: DatabaseError) -> str:
    said = str(trouble).strip().splitlines()[0] if str(trouble).strip() else "no answer"
    if "full" in said:
        return f"The disk is full: {settings.JIESU_VAR}. Free some space and try again. 磁盘已满。"
    return f"The database cannot be used: {said}. 数据库不可用，请检查 JIESU_DATABASE_URL。"


# --- static files --------------------------------------------------------------------------------


def _static_sources() -> Iterator[tuple[str, Path]]:
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            yield path, Path(storage.path(path))


def collect_static() -> None:
    """Collect static files where one changed since the last time: hashed names, compressed."""
    if settings.DEBUG:
        return  # served from where they are written
    digest = hashlib.sha256()
    for name, file in sorted(_static_sources()):
        known = file.stat()
        digest.update(f"{name}\0{known.st_size}\0{known.st_mtime_ns}\n".encode())
    root = Path(settings.STATIC_ROOT)
    stamp = root / ".collected"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return
    root.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(digest.hexdigest())


# --- the children --------------------------------------------------------------------------------


def _web(host: str, port: int, workers: int) -> Child:
    counts = Path(settings.JIESU_VAR) / "run" / f"metrics-{port}"
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir(parents=True, exist_ok=True)
    argv = [
        sys.executable, "-m", "granian", "jiesu.config.wsgi:application",
        "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(max(1, workers)), "--blocking-threads", str(settings.JIESU_THREADS),
        "--no-ws", "--http", "1", "--respawn-failed-workers", "--respawn-interval", "10",
        "--workers-kill-timeout", "5", "--log-level", "warning", "--backlog", "2048",
    ]  # fmt: skip
    return Child("web", argv, env={"PROMETHEUS_MULTIPROC_DIR": str(counts)}, essential=True)


def _loops(say: Any) -> list[Child]:
    if "loop" not in get_commands():
        say("The background loops are not part of this version.")
        return []
    return [
        Child(f"loop {name}", [sys.executable, "-m", "jiesu", "loop", name])
        for name in settings.JIESU_LOOPS
    ]


def _answers(address: str, supervisor: Supervisor) -> bool:
    """Wait until the web answers; False when it was told to stop or does not start."""
    while True:
        if supervisor.stopping or supervisor.hopeless is not None:
            return False
        # Straight to this machine, whatever proxy the environment names.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(address, timeout=10):
                return True
        except urllib.error.HTTPError:
            return True  # an answer all the same: say, not under this host name
        except OSError:
            pass
        supervisor.look_after()
        time.sleep(0.1)


def _tell_service_manager() -> None:
    """systemd, Type=notify: this service is ready."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.connect("\0" + address[1:] if address.startswith("@") else address)
        notify.sendall(b"READY=1")
