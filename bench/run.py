"""Fill databases of several sizes and measure what people wait for. See README.md."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
DEMO_ORDERS = 300


def command(*arguments: str, env: dict[str, str]) -> float:
    """Run ``jiesu …``; how long it took, in seconds."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "jiesu", *arguments], env=env, check=True)
    return time.perf_counter() - began


def fill(size: int, folder: Path, database: str) -> tuple[dict[str, str], float]:
    """A fresh installation with ``size`` orders; its environment and the seconds it took."""
    env = {**os.environ, "JIESU_VAR": str(folder), "JIESU_DEBUG": "0", "JIESU_ENV": "development"}
    if database:
        name = f"jiesu_bench_{size}"
        base, _, query = database.partition("?")
        prefix = base.rsplit("/", 1)[0]
        subprocess.run(
            ["psql", database, "-q", "-c", f"DROP DATABASE IF EXISTS {name}",
             "-c", f"CREATE DATABASE {name}"], check=True,
        )  # fmt: skip
        env["JIESU_DATABASE_URL"] = f"{prefix}/{name}" + (f"?{query}" if query else "")
    command("migrate", "-v", "0", env=env)
    command("demo", env=env)
    seconds = 0.0
    if size > DEMO_ORDERS:
        seconds = command(
            "simulate", "--bulk", "--orders", str(size - DEMO_ORDERS), "--days", "365",
            "--seed", "1", env=env,
        )  # fmt: skip
    return env, seconds


def measure(env: dict[str, str]) -> dict[str, Any]:
    """The figures of one installation, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(HERE / "measure.py")], env=env, check=True, capture_output=True,
        text=True,
    )  # fmt: skip
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def run(sizes: list[int], keep: str) -> None:
    """Fill and measure every size; write the results."""
    database = os.environ.get("JIESU_DATABASE_URL", "")
    kind = "postgresql" if database else "sqlite"
    out: dict[str, Any] = {"database": kind, "cpus": os.cpu_count(), "sizes": {}}
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        for size in sizes:
            folder = Path(keep or temporary) / f"{kind}-{size}"
            folder.mkdir(parents=True, exist_ok=True)
            env, seconds = fill(size, folder, database)
            figures = measure(env)
            figures["bulk_seconds"] = round(seconds, 1)
            out["sizes"][str(size)] = figures
            (RESULTS / f"{kind}.json").write_text(json.dumps(out, indent=1, ensure_ascii=False))
            print(f"{kind} {size:,}: {json.dumps(figures, ensure_ascii=False)}", flush=True)


def table() -> None:
    """The results as the Markdown table of docs/bench.md."""
    for path in sorted(RESULTS.glob("*.json")):
        data = json.loads(path.read_text())
        sizes = list(data["sizes"])
        print(f"\n### {data['database']}, {data['cpus']} cores\n")
        print("| what | " + " | ".join(f"{int(s):,} orders" for s in sizes) + " | ratio |")
        print("|---|" + "---|" * (len(sizes) + 1))
        rows: list[str] = []
        for size in sizes:
            rows += [k for k in data["sizes"][size]["pages"] if k not in rows]
        for row in rows:
            cells, times = [], []
            for size in sizes:
                page = data["sizes"][size]["pages"].get(row)
                if page is None:
                    cells.append("—")
                    continue
                cells.append(
                    f"{page['statements']} st, {page['median_ms']:.0f} / {page['p95_ms']:.0f} ms"
                )
                times.append(page["p95_ms"])
            ratio = f"{times[-1] / times[0]:.2f}×" if len(times) > 1 and times[0] else ""
            print(f"| {row} | " + " | ".join(cells) + f" | {ratio} |")
        for key, label in (
            ("create", "create through the API"), ("tick", "deadline tick"),
        ):  # fmt: skip
            cells = [json.dumps(data["sizes"][s].get(key), ensure_ascii=False) for s in sizes]
            print(f"| {label} | " + " | ".join(cells) + " | |")


def main() -> None:
    """Read the command line and measure, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,100000,1000000")
    parser.add_argument("--keep", default="", help="keep the databases here")
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    if given.table:
        table()
    else:
        run([int(s) for s in given.sizes.split(",")], given.keep)


if __name__ == "__main__":
    main()
