"""Fill databases of several sizes and measure what people wait for. See README.md."""

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
PAGE = HERE.parent / "docs" / "bench.md"
FILLED = "filled.json"  # in the folder of a database that is whole


def command(*arguments: str, env: dict[str, str]) -> None:
    """Run ``jiesu …``."""
    subprocess.run([sys.executable, "-m", "jiesu", *arguments], env=env, check=True)


def environment(name: str, folder: Path, database: str) -> dict[str, str]:
    """What a command needs to use the installation of that name."""
    env = {**os.environ, "JIESU_VAR": str(folder), "JIESU_DEBUG": "0", "JIESU_ENV": "development"}
    if database:
        env["JIESU_DATABASE_URL"] = urlsplit(database)._replace(path=f"/{name}").geturl()
    else:
        env.pop("JIESU_DATABASE_URL", None)
    return env


def fill(
    size: int, folder: Path, database: str, env: dict[str, str], days: int = 365
) -> float:  # fmt: skip
    """Make the installation unless the folder holds it; the wall seconds of the bulk loading."""
    filled = folder / FILLED
    if filled.exists():
        return float(json.loads(filled.read_text())["bulk_seconds"])
    if database:
        name = urlsplit(env["JIESU_DATABASE_URL"]).path.removeprefix("/")
        subprocess.run(
            ["psql", database, "-q", "-c", f"DROP DATABASE IF EXISTS {name}",
             "-c", f"CREATE DATABASE {name}"], check=True,
        )  # fmt: skip
    command("migrate", "-v", "0", env=env)
    began = time.perf_counter()
    command("simulate", "--bulk", "--orders", str(size), "--days", str(days), "--seed", "1",
            env=env)  # fmt: skip
    seconds = time.perf_counter() - began
    filled.write_text(json.dumps({"bulk_seconds": seconds}))
    return seconds


def kept(kind: str) -> dict[str, Any]:
    """What has been measured on one kind of database; of this machine from now on."""
    path = RESULTS / f"{kind}.json"
    known = json.loads(path.read_text()) if path.exists() else {"sizes": {}}
    return known | {
        "database": kind, "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
    }  # fmt: skip


def keep_results(kind: str, out: dict[str, Any]) -> None:
    """Write what has been measured on one kind of database."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(out, indent=1, ensure_ascii=False)
    (RESULTS / f"{kind}.json").write_text(text + "\n")


@contextmanager
def installation(
    name: str, size: int, days: int, kind: str, keep: str
) -> Iterator[tuple[dict[str, str], float]]:
    """A filled installation: the environment that uses it, the wall seconds its loading took."""
    database = os.environ.get("JIESU_DATABASE_URL", "") if kind == "postgresql" else ""
    if kind == "postgresql" and not database:
        raise SystemExit("JIESU_DATABASE_URL is not set: python scripts/postgres.py run -- …")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(keep or temporary) / f"{kind}-{name}"
        folder.mkdir(parents=True, exist_ok=True)
        env = environment(f"jiesu_bench_{name}", folder, database)
        yield env, fill(size, folder, database, env, days)


def run(sizes: list[int], kind: str, keep: str) -> None:
    """Fill and measure every size; write the results after each."""
    for size in sizes:
        with installation(str(size), size, 365, kind, keep) as (env, seconds):
            figures = measured(env, "bench.measure") | {"bulk_seconds": round(seconds, 1)}
        out = kept(kind)
        out["sizes"][str(size)] = figures
        keep_results(kind, out)
        print(f"{kind} {size:,}: {json.dumps(figures, ensure_ascii=False)}", flush=True)


def run_clocks(orders: int, kind: str, keep: str) -> None:
    """Fill three days of orders, and measure the tick over their clocks."""
    with installation("clocks", orders, 3, kind, keep) as (env, _):
        figures = measured(env, "bench.clocks")
    keep_results(kind, kept(kind) | {"clocks": figures})
    print(f"{kind}: {json.dumps(figures)}", flush=True)


def measured(env: dict[str, str], module: str) -> dict[str, Any]:
    """The figures of one installation, measured in a process of its own; when, under what load."""
    before = os.getloadavg()[0]
    done = subprocess.run(
        [sys.executable, "-m", module], env=env, check=True, stdout=subprocess.PIPE, text=True,
        cwd=HERE.parent,
    )  # fmt: skip
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures | {
        "load": [round(before, 1), round(os.getloadavg()[0], 1)],
        "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
    }


INTRODUCTION = """# Measured

Made from `bench/results/*.json` by `python -m bench table`; [bench/README.md](../bench/README.md)
says how it is measured. `st` are SQL statements, `rows` the table's rows drawn; then the CPU of the
statements and of the whole page, and the median and 95th percentile on the wall. The ratio is of
the page's CPU between the largest and the second smallest size, whose lists are full, too. Times
are of the machine and of the load it was under, given for each size: compare CPU and ratios, not
walls. Sizes and databases that are not here were not measured. The search (`q=`) is measured
without a text index, which `simulate --bulk` does not make: it looks at titles only. A thousand
orders leave most desks an empty list, so between it and the rest a ratio is of rows drawn. The
million is the hundred thousand copied in the database (`python -m bench.multiply`).
"""
FIGURES = (
    ("create through the API: statements", "create", "statements"),
    ("create: application CPU, ms", "create", "app_cpu_ms"),
    ("create: database CPU, ms", "create", "database_cpu_ms"),
    ("deadline tick: open clocks", "tick", "open_clocks"),
    ("tick over the backlog: CPU s per 10,000 open clocks", "tick", "cpu_s_per_10k"),
    ("tick with nothing new: CPU s", "tick", "idle_cpu_s"),
)


def table() -> str:
    """The page docs/bench.md."""
    lines = [INTRODUCTION]
    for path in sorted(RESULTS.glob("*.json")):
        data = json.loads(path.read_text())
        if "sizes" in data:
            lines += _section(data)
        if "clocks" in data:
            lines += _clocks(data["clocks"])
    return "\n".join(lines) + "\n"


def _section(data: dict[str, Any]) -> list[str]:
    sizes = [data["sizes"][size] for size in sorted(data["sizes"], key=int)]
    head = [f"{figures['orders']:,} orders" for figures in sizes]
    lines = [
        f"## {data['database']}", "", f"{data['machine']}, Python {data['python']}.", "",
        f"| | {' | '.join(head)} | ratio |", "|---|" + "---|" * (len(sizes) + 1),
        f"| measured | {' | '.join(figures['date'] for figures in sizes)} | |",
        "| load before, after | "
        + " | ".join("{}, {}".format(*figures["load"]) for figures in sizes) + " | |",
    ]  # fmt: skip
    for page in sizes[-1]["pages"]:
        if any(page not in figures["pages"] for figures in sizes):
            continue  # not yet measured at every size
        found = [figures["pages"][page] for figures in sizes]
        cells = [
            f"{one['statements']} st, {one.get('rows', '?')} rows, {one.get('sql_ms', '?')} / "
            f"{one['cpu_ms']:.0f} ms CPU, {one['median_ms']:.0f} / {one['p95_ms']:.0f} ms"
            for one in found
        ]  # fmt: skip
        ratio = found[-1]["cpu_ms"] / found[min(1, len(found) - 1)]["cpu_ms"]
        lines.append(f"| {page} | {' | '.join(cells)} | {ratio:.2f} |")
    for label, group, key in FIGURES:
        values = [figures[group][key] for figures in sizes]
        cells = ["in the application" if v is None else f"{v:,}" for v in values]
        lines.append(f"| {label} | {' | '.join(cells)} | |")
    return [*lines, ""]


def _clocks(data: dict[str, Any]) -> list[str]:
    """The tick over really open clocks."""
    lines = [
        f"The tick over {data['running_unmarked']:,} running clocks of {data['appeals']:,} orders "
        f"under way ({data['date']}, load {data['load'][0]} before, {data['load'][1]} after):", "",
        "| | marked | statements | CPU s | wall s | marked in 60 s of CPU |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    for label, key in (
        ("nothing due", "idle"), ("a minute's", "minute"), ("all at one instant", "instant"),
    ):  # fmt: skip
        one = data[key]
        marked = sum(one.get("counts", {}).values())
        fast = f"{marked / one['cpu_s'] * 60:,.0f}" if marked else ""
        lines.append(
            f"| {label} | {marked:,} | {one['statements']:.0f} | {one['cpu_s']} | "
            f"{one['wall_s']} | {fast} |"
        )
    return [*lines, ""]


def main() -> None:
    """Read the command line and measure, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    lists = what.add_parser("lists", help="fill, and measure what people wait for")
    lists.add_argument("--sizes", default="1000,20000")
    clocks = what.add_parser("clocks", help="fill three days, and measure the deadline tick")
    clocks.add_argument("--orders", type=int, default=80_000)
    for one in (lists, clocks):
        one.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
        one.add_argument("--keep", default="", help="keep the databases here, and use those kept")
    what.add_parser("table", help="write docs/bench.md from the results")
    given = parser.parse_args()
    if given.what == "table":
        PAGE.write_text(table())
    elif given.what == "clocks":
        run_clocks(given.orders, given.database, given.keep)
    else:
        run([int(s) for s in given.sizes.split(",")], given.database, given.keep)


if __name__ == "__main__":
    main()
