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


def environment(size: int, folder: Path, database: str) -> dict[str, str]:
    """What a command needs to use the installation of that size."""
    env = {**os.environ, "JIESU_VAR": str(folder), "JIESU_DEBUG": "0", "JIESU_ENV": "development"}
    if database:
        env["JIESU_DATABASE_URL"] = urlsplit(database)._replace(path=f"/{_name(size)}").geturl()
    else:
        env.pop("JIESU_DATABASE_URL", None)
    return env


def _name(size: int) -> str:
    return f"jiesu_bench_{size}"


def fill(size: int, folder: Path, database: str, env: dict[str, str]) -> float:
    """Make the installation unless the folder holds it; the wall seconds of the bulk loading."""
    filled = folder / FILLED
    if filled.exists():
        return float(json.loads(filled.read_text())["bulk_seconds"])
    if database:
        subprocess.run(
            ["psql", database, "-q", "-c", f"DROP DATABASE IF EXISTS {_name(size)}",
             "-c", f"CREATE DATABASE {_name(size)}"], check=True,
        )  # fmt: skip
    command("migrate", "-v", "0", env=env)
    began = time.perf_counter()
    command("simulate", "--bulk", "--orders", str(size), "--days", "365", "--seed", "1", env=env)
    seconds = time.perf_counter() - began
    filled.write_text(json.dumps({"bulk_seconds": seconds}))
    return seconds


def measure(env: dict[str, str]) -> dict[str, Any]:
    """The figures of one installation, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.measure"], env=env, check=True, stdout=subprocess.PIPE,
        text=True, cwd=HERE.parent,
    )  # fmt: skip
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def run(sizes: list[int], kind: str, keep: str) -> None:
    """Fill and measure every size; write the results after each."""
    database = os.environ.get("JIESU_DATABASE_URL", "") if kind == "postgresql" else ""
    if kind == "postgresql" and not database:
        raise SystemExit("JIESU_DATABASE_URL is not set: python scripts/postgres.py run -- …")
    RESULTS.mkdir(exist_ok=True)
    results = RESULTS / f"{kind}.json"
    before_this = json.loads(results.read_text())["sizes"] if results.exists() else {}
    out: dict[str, Any] = {
        "database": kind, "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(), "sizes": before_this,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as temporary:
        for size in sizes:
            folder = Path(keep or temporary) / f"{kind}-{size}"
            folder.mkdir(parents=True, exist_ok=True)
            env = environment(size, folder, database)
            seconds = fill(size, folder, database, env)
            before = os.getloadavg()[0]
            figures = measure(env)
            figures |= {
                "bulk_seconds": round(seconds, 1), "load": [round(before, 1),
                round(os.getloadavg()[0], 1)], "date": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
            }  # fmt: skip
            out["sizes"][str(size)] = figures
            text = json.dumps(out, indent=1, ensure_ascii=False)
            results.write_text(text + "\n")
            print(f"{kind} {size:,}: {json.dumps(figures, ensure_ascii=False)}", flush=True)


INTRODUCTION = """# Measured

Made from `bench/results/*.json` by `python -m bench table`; [bench/README.md](../bench/README.md)
says how it is measured. `st` are SQL statements; the two times at the end are the median and the
95th percentile on the wall. The ratio is of CPU between the largest and the smallest size. Times
are of the machine and of the load it was under, given for each size: compare CPU and ratios, not
walls. Sizes and databases that are not here were not measured. The search (`q=`) is measured
without a text index, which `simulate --bulk` does not make: it looks at titles only. A thousand
orders leave most desks an empty list and a hundred thousand a full one, so a ratio above one is of
rows drawn: at 100,000 no statement of these pages takes a millisecond on SQLite.
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
    for page in sizes[0]["pages"]:
        found = [figures["pages"][page] for figures in sizes]
        cells = [
            f"{one['statements']} st, {one['cpu_ms']:.0f} ms CPU, "
            f"{one['median_ms']:.0f} / {one['p95_ms']:.0f} ms" for one in found
        ]  # fmt: skip
        ratio = found[-1]["cpu_ms"] / found[0]["cpu_ms"]
        lines.append(f"| {page} | {' | '.join(cells)} | {ratio:.2f} |")
    for label, group, key in FIGURES:
        values = [figures[group][key] for figures in sizes]
        cells = ["in the application" if v is None else f"{v:,}" for v in values]
        lines.append(f"| {label} | {' | '.join(cells)} | |")
    return [*lines, ""]


def main() -> None:
    """Read the command line and measure, or write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    what = parser.add_subparsers(dest="what", required=True)
    lists = what.add_parser("lists", help="fill and measure")
    lists.add_argument("--sizes", default="1000,20000")
    lists.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    lists.add_argument("--keep", default="", help="keep the databases here, and use those kept")
    what.add_parser("table", help="write docs/bench.md from the results")
    given = parser.parse_args()
    if given.what == "table":
        PAGE.write_text(table())
    else:
        run([int(s) for s in given.sizes.split(",")], given.database, given.keep)


if __name__ == "__main__":
    main()
