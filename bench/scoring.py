"""Score one month of a large province: time from cold, memory, same bytes, a unit's own page.

    python bench/scoring.py [--orders 400000] [--units 7500] [--history 0] [--keep DIR]
    python scripts/postgres.py run -- python bench/scoring.py …    on PostgreSQL

Plants units, orders, assignments and eight clocks an order straight into the tables (``--history``
as many orders again in each of so many months before), then in a process of its own counts October
2026 under the four rates: the database's files are put out of the system's cache first. The last
line printed is the figures as JSON.
"""

import argparse
import datetime as dt
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiesu.config.settings")

CHUNK = 10_000
CITIES = 10
CLOCKS = {  # kind: hours from dispatch to due
    "open": 4, "sign": 8, "return": 8, "contact": 24, "handle": 120, "review": 168,
    "callback": 200, "total": 240,
}  # fmt: skip


# --- planting -------------------------------------------------------------------------------------


def plant(orders: int, units: int, history: int) -> None:
    """Fill an empty, migrated database."""
    import django

    django.setup()
    from jiesu.catalogue import seed as catalogue_seed
    from jiesu.cli.simulation.bulk import writers
    from jiesu.deadlines import seed as deadlines_seed
    from jiesu.foundation import clock
    from jiesu.organizations.models import Unit

    catalogue_seed.load()
    deadlines_seed.load_defaults(clock.now())
    plant_units(units)
    departments = list(Unit.objects.filter(kind="department").values_list("pk", "name", "path"))
    centre = Unit.objects.get(kind="centre").pk
    out = writers.writer()
    first = 1
    with out.whole(fresh=True):
        for back in range(history, -1, -1):
            for some in range(0, orders, CHUNK):
                chunk = rows(out, first, min(CHUNK, orders - some), departments, centre, back)
                out.write(chunk)
                first += chunk.orders
    make_people(departments[0][0])


def plant_units(units: int) -> None:
    """A province, ten cities with a government and a share of the departments each."""
    from jiesu.organizations.models import Region, Unit

    province = Region.objects.create(code="350000", name="某省", level="province", path="0001")
    root = Unit.objects.create(
        code="root", name="省政府", kind="government", region=province, path="0001"
    )
    Unit.objects.create(code="centre", name="省热线中心", kind="centre", region=province,
                        parent=root, path="00010001")  # fmt: skip
    Unit.objects.create(code="office", name="省效能办", kind="office", region=province,
                        parent=root, path="00010002")  # fmt: skip
    made = []
    for city in range(CITIES):
        path = f"0001{city + 1:04d}"
        region = Region.objects.create(
            code=f"35{city + 1:02d}00", name=f"第{city + 1}市", level="city", parent=province,
            path=path,
        )  # fmt: skip
        gov = Unit.objects.create(
            code=f"gov{city}", name=f"{region.name}政府", kind="government", region=region,
            parent=root, path=f"0001{city + 11:04d}",
        )  # fmt: skip
        made += [
            Unit(
                code=f"u{city}-{n}", name=f"{region.name}第{n + 1}局", kind="department",
                region=region, parent=gov, path=f"{gov.path}{n + 1:04d}",
            )
            for n in range(units // CITIES)
        ]  # fmt: skip
    Unit.objects.bulk_create(made, batch_size=1000)


def make_people(unit: int) -> None:
    """A clerk of the first department and a supervisor of the province."""
    from jiesu.accounts.models import Post, User
    from jiesu.organizations.models import Unit

    for username, at, role in (("clerk", unit, "clerk"), ("supervisor", None, "supervisor")):
        where = Unit.objects.get(pk=at) if at else Unit.objects.get(kind="office")
        user = User.objects.create_user(username, username, "bench-12345-x")
        Post.objects.create(user=user, unit=where, role=role, is_default=True)


def rows(out: Any, first: int, count: int, departments: list[Any], centre: int, back: int) -> Any:
    """So many orders that were due in October, or so many months before, from id ``first``."""
    from jiesu.cli.simulation.bulk import tables
    from jiesu.cli.simulation.bulk.generate import Chunk
    from jiesu.foundation.clock import BEIJING
    from jiesu.organizations.models import Region

    rng = random.Random(f"{first} {back}")
    region = Region.objects.get(level="province")
    begin = dt.datetime(2026, 10, 1, 8, tzinfo=BEIJING) - dt.timedelta(days=30 * back + 2)
    data: dict[tables.Table, list[tables.Row]] = {table: [] for table in tables.TABLES}
    for number in range(first, first + count):
        unit, name, path = departments[int(len(departments) * rng.random() ** 1.5)]
        came = begin + dt.timedelta(minutes=rng.randrange(26 * 24 * 60))
        late = rng.random() < 0.05
        done = came + dt.timedelta(hours=rng.uniform(2, 118) if not late else rng.uniform(121, 400))
        closed = done + dt.timedelta(hours=rng.uniform(1, 48))
        rated = rng.random()
        appeal = tables.APPEALS.new(
            id=number, number=f"3500002610{number:09d}", status="archived", centre_id=centre,
            channel="phone", received_at=came, registered_at=came, region_id=region.pk,
            region_path=region.path, region_name=region.name, title="路灯不亮影响夜间通行",
            content="来电人反映小区门口路灯多日不亮，影响夜间通行，希望尽快维修并答复。" * 3,
            appeal_type="03", lead_unit_id=unit, lead_unit_name=name, lead_unit_path=path,
            outcome="handled" if rated < 0.9 else "unreachable", replied_at=closed,
            public_reply="您好，已安排人员到场维修，路灯已恢复照明，感谢您的监督。" * 3,
            satisfaction=None if rated >= 0.9 else 5 if rated < 0.8 else 2,
            solved=None if rated >= 0.9 else rated < 0.8, closed_at=closed,
            redo_count=int(rng.random() < 0.04),
        )  # fmt: skip
        data[tables.APPEALS].append(appeal)
        assignment = tables.ASSIGNMENTS.new(
            id=number, appeal_id=number, unit_id=unit, unit_name=name, unit_path=path,
            nature="lead", state="done", assigner_unit_id=centre, assigned_at=came,
            opened_at=came, signed_at=came, reported_at=done, ended_at=closed,
        )  # fmt: skip
        data[tables.ASSIGNMENTS].append(assignment)
        for kind, hours in CLOCKS.items():
            due = came + dt.timedelta(hours=hours)
            stopped = done if kind == "handle" else came + dt.timedelta(
                hours=hours * (rng.uniform(0.1, 0.9) if rng.random() < 0.97 else 1.5)
            )  # fmt: skip
            whose = None if kind in ("review", "callback", "total") else number
            clock = tables.CLOCKS.new(
                appeal_id=number, assignment_id=whose, kind=kind, amount=5, unit="work_days",
                started_at=came, due_at=due, stopped_at=stopped,
                breached_at=due if stopped > due else None,
            )  # fmt: skip
            data[tables.CLOCKS].append(clock)
    made = sum(map(len, data.values()))
    written = {table.name: out.form(table, some) for table, some in data.items()}
    return Chunk(count, made, written)


# --- measuring ------------------------------------------------------------------------------------


class Timed:
    """Wall and processor seconds of what happens inside ``with``."""

    def __enter__(self) -> "Timed":
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *caught: Any) -> None:
        self.wall = round(time.perf_counter() - self.wall, 2)
        self.cpu = round(time.process_time() - self.cpu, 2)

    def __str__(self) -> str:
        return f"{self.wall} s ({self.cpu} s CPU)"


def measure() -> dict[str, Any]:
    """Count, count again, freeze, publish, replay; and the unit's own page."""
    import django

    django.setup()
    from jiesu.access import SYSTEM
    from jiesu.foundation.clock import BEIJING
    from jiesu.organizations.models import Region
    from jiesu.scoring import keeping, periods, schemes

    after = dt.datetime(2026, 11, 20, 10, tzinfo=BEIJING)
    from dataclasses import replace

    _, four = schemes.shipped()["1_fujian_departments"]
    scheme = schemes.create_scheme(
        "四率", Region.objects.get(level="province"), replace(four, levels=("city",), apply_days=0),
        actor=SYSTEM, at=after, valid_from=dt.date(2026, 10, 1),
    )  # fmt: skip
    period = periods.open_period(scheme, dt.date(2026, 10, 1), actor=SYSTEM, at=after)
    figures: dict[str, Any] = {}
    with Timed() as cold:
        first = periods.count(period, at=after, by="bench")
    figures["count_cold"] = str(cold)
    figures["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if first is None:
        raise SystemExit("nothing was counted")
    figures["facts"], figures["scores"] = first.facts_rows, first.scores.count()
    kept = bytes(keeping.result_of(first))
    with Timed() as warm:
        again = periods.count(period, at=after, by="bench")
    figures["count_again"] = str(warm)
    figures["same_bytes"] = again is not None and keeping.result_of(again) == kept
    periods.freeze(period, actor=SYSTEM, at=after, version=period.version)
    with Timed() as replayed:
        same = keeping.replay(period.revisions.get(number=0)) == kept
    figures["replay"], figures["replay_same_bytes"] = str(replayed), same
    period.refresh_from_db()
    with Timed() as published:
        periods.publish(period, actor=SYSTEM, at=after, version=period.version)
    figures["publish"] = str(published)
    figures["pages"] = pages(period)
    figures["peak_rss_mb_whole_run"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return figures


def pages(period: Any) -> dict[str, Any]:
    """Statements and times of the pages people open."""
    from bench.measure import signed_in, timed
    from jiesu.accounts.models import Post

    posts = {p.user.username: p for p in Post.objects.select_related("user", "unit__region")}
    unit = posts["clerk"].unit_id
    return {
        "unit's own page": timed(signed_in(posts["clerk"]), "/scoring/mine/"),
        "period": timed(signed_in(posts["supervisor"]), f"/scoring/periods/{period.pk}/"),
        "unit in period": timed(
            signed_in(posts["supervisor"]), f"/scoring/periods/{period.pk}/units/{unit}/"
        ),
    }


def forget(folder: Path) -> None:
    """Put the database's files out of the system's cache."""
    for path in folder.rglob("*"):
        if path.is_file() and os.access(path, os.R_OK):
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main() -> None:
    """Plant and measure, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=400_000)
    parser.add_argument("--units", type=int, default=7_500)
    parser.add_argument("--history", type=int, default=0)
    parser.add_argument("--keep", default="")
    parser.add_argument("--step", choices=["plant", "measure"])
    given = parser.parse_args()
    if given.step == "plant":
        plant(given.orders, given.units, given.history)
        return
    if given.step == "measure":
        print(json.dumps(measure(), ensure_ascii=False))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(given.keep or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        database = os.environ.get("JIESU_DATABASE_URL", "")
        env = {**os.environ, "JIESU_VAR": str(folder), "JIESU_ENV": "development"}
        me = [sys.executable, __file__, "--orders", str(given.orders), "--units",
              str(given.units), "--history", str(given.history)]  # fmt: skip
        subprocess.run([sys.executable, "-m", "jiesu", "migrate", "-v", "0"], env=env, check=True)
        began = time.perf_counter()
        subprocess.run([*me, "--step", "plant"], env=env, check=True)
        planted = round(time.perf_counter() - began)
        os.sync()
        forget(folder)
        done = subprocess.run(
            [*me, "--step", "measure"], env=env, check=True, stdout=subprocess.PIPE, text=True
        )
        figures = json.loads(done.stdout.splitlines()[-1])
        kind = "postgresql" if database else "sqlite"
        said = {"database": kind, "orders": given.orders, "history": given.history,
                "planted_seconds": planted, **figures}  # fmt: skip
        print(json.dumps(said, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
