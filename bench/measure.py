"""Measure one installation in this process; the last line printed is the figures as JSON."""

import datetime as dt
import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiesu.config.settings")

import django

django.setup()

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client

from jiesu.access import SYSTEM, Permission
from jiesu.accounts import api_clients
from jiesu.accounts.models import Post
from jiesu.appeals.models import Appeal, Clock
from jiesu.foundation import clock
from jiesu.jobs import deadlines
from jiesu.organizations.models import Region, Unit
from jiesu.web.middleware import POST_KEY

settings.ALLOWED_HOSTS = ["*"]
settings.SECURE_SSL_REDIRECT = False
ROUNDS = 15
CREATES = 100


class Counter:
    """Counts the statements inside ``with``, and the CPU until each gave its first rows."""

    def __enter__(self) -> "Counter":
        self.count, self.cpu = 0, 0.0
        self.wrapper = connection.execute_wrapper(self)
        self.wrapper.__enter__()
        return self

    def __exit__(self, *caught: Any) -> None:
        self.wrapper.__exit__(*caught)

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE")):
            self.count += 1
        began = time.process_time() + database_cpu()
        try:
            return execute(sql, params, many, context)
        finally:
            self.cpu += time.process_time() + database_cpu() - began


def database_cpu() -> float:
    """CPU seconds of our PostgreSQL backend, if it runs on this machine; SQLite's are our own."""
    if connection.vendor != "postgresql":
        return 0.0
    pid = connection.connection.info.backend_pid if connection.connection else 0
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def signed_in(post: Post) -> Client:
    """A client at a person's desk."""
    client = Client()
    client.force_login(post.user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[POST_KEY] = post.pk
    session.save()
    return client


def post_of(username: str) -> Post:
    """The default post of a demo account."""
    posts = Post.objects.select_related("user", "unit__region")
    return posts.filter(user__username=username).order_by("-is_default", "pk")[0]


def timed(client: Client, url: str) -> dict[str, Any]:
    """Statements, CPU, median and p95 of a page, after two warm-up rounds.

    CPU is the application's and the database's together (``database_cpu``).
    """
    times: list[float] = []
    cpu: list[float] = []
    sql: list[float] = []
    statements = 0
    for number in range(ROUNDS + 2):
        cache.clear()
        with Counter() as counter:
            began, cpu_began = time.perf_counter(), time.process_time() + database_cpu()
            response = client.get(url)
            spent = time.perf_counter() - began
            cpu_spent = time.process_time() + database_cpu() - cpu_began
        if response.status_code != 200:
            raise SystemExit(f"{url}: {response.status_code}")
        if number >= 2:
            times.append(spent * 1000)
            cpu.append(cpu_spent * 1000)
            sql.append(counter.cpu * 1000)
            statements = counter.count
    times.sort()
    return {
        "statements": statements,
        "rows": response.content.count(b"<tr"),
        "sql_ms": round(statistics.mean(sql), 1),  # the database's CPU is told in hundredths
        "cpu_ms": round(statistics.median(cpu), 1),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20, method="inclusive")[-1], 1),
    }


def pages() -> dict[str, Any]:
    """Every desk's list and an order's page; a month is one of half a year ago."""
    found: dict[str, Any] = {}
    since = Appeal.objects.latest("pk").registered_at.date() - dt.timedelta(days=180)
    month = f"from={since}&to={since + dt.timedelta(days=30)}"
    for username, url in (
        ("agent", "/seat/mine/"), ("dispatcher", "/dispatch/"), ("clerk", "/unit/"),
        ("clerk", "/unit/?tab=handling"), ("reviewer", "/review/"), ("callback", "/callback/"),
        ("reviewer", "/orders/"), ("clerk", "/orders/"), ("supervisor", "/orders/?due=overdue"),
        ("reviewer", "/orders/?status=closed"), ("reviewer", "/orders/?q=路灯不亮"),
        ("reviewer", "/orders/?{month}"), ("reviewer", "/orders/?{month}&status=closed,archived"),
        ("reviewer", "/orders/?region=350102"), ("reviewer", "/orders/?{month}&region=350102"),
    ):  # fmt: skip
        asked = url.replace("{month}", month)
        found[f"{username} {url}"] = timed(signed_in(post_of(username)), asked)
    latest = Appeal.objects.order_by("-pk").filter(status="closed")[0]

    found["reviewer order page"] = timed(
        signed_in(post_of("reviewer")), f"/orders/{_seen(latest).number}/"
    )
    return found


def _seen(fallback: Appeal) -> Appeal:
    from jiesu.accounts.actors import actor_for

    visible = Appeal.objects.visible_to(actor_for(post_of("reviewer")))
    return visible.filter(status="closed").order_by("-pk").first() or fallback


def create() -> dict[str, Any]:
    """Creating through the API: statements and the application's CPU per request."""
    centre = Unit.objects.filter(kind=Unit.Kind.CENTRE, region__code="350100").get()
    region = Region.objects.filter(code="350102001", valid_to=None).get()
    now = clock.now()
    issued = api_clients.create_client(
        f"bench {now:%H%M%S%f}", centre, [Permission.INTAKE_REGISTER, Permission.APPEAL_VIEW],
        actor=SYSTEM, at=now, per_minute=60_000,
    )  # fmt: skip
    client = Client(headers={"Authorization": f"Bearer {issued.key}"})
    body = {
        "content": "路口信号灯不亮，早晚高峰很危险，请尽快修复。", "region_code": region.code,
        "channel": "api", "appeal_type": "02", "category_code": "0206", "name": "测试",
        "phone": "13800000000",
    }  # fmt: skip
    statements: list[int] = []
    cpu = wall = 0.0
    database_began = 0.0
    for number in range(CREATES + 5):
        if number == 5:
            database_began = database_cpu()
        with Counter() as counter:
            began, cpu_began = time.perf_counter(), time.process_time()
            response = client.post(
                "/api/v1/appeals", body, content_type="application/json",
                headers={"Idempotency-Key": f"b{now.timestamp()}-{number}"},
            )  # fmt: skip
            cpu_spent = time.process_time() - cpu_began
            spent = time.perf_counter() - began
        if response.status_code not in (200, 201):
            raise SystemExit(f"create: {response.status_code} {response.content[:500]!r}")
        if number >= 5:
            statements.append(counter.count)
            cpu += cpu_spent
            wall += spent
    return {
        "statements": max(statements),
        "app_cpu_ms": round(cpu / CREATES * 1000, 2),
        "database_cpu_ms": None
        if connection.vendor == "sqlite"
        else round((database_cpu() - database_began) / CREATES * 1000, 2),
        "per_second": round(CREATES / wall, 1),
    }


def tick() -> dict[str, Any]:
    """The deadline loop over a backlog: everything open, an hour from now."""
    at = clock.now() + dt.timedelta(hours=1)
    open_clocks = Clock.objects.filter(stopped_at=None, paused_at=None).count()
    first = _cpu_of_tick(at)
    while deadlines.tick(at).counts:
        pass  # what is archived a few hundred at a time is no part of a tick with nothing to do
    return {
        "open_clocks": open_clocks,
        "cpu_s_per_10k": round(first / max(open_clocks, 1) * 10_000, 2),
        "idle_cpu_s": round(_cpu_of_tick(at), 3),
    }


def _cpu_of_tick(at: dt.datetime) -> float:
    began = time.process_time() + database_cpu()
    deadlines.tick(at)
    return time.process_time() + database_cpu() - began


if __name__ == "__main__":
    figures = {
        "orders": Appeal.objects.count(), "pages": pages(), "create": create(), "tick": tick(),
    }  # fmt: skip
    print(json.dumps(figures, ensure_ascii=False))
