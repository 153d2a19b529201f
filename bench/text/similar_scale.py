"""How the duplicate query and its index grow: ``python -m bench.text.similar_scale ORDERS FOLDER``.

Writes an index of invented orders (the simulator's matters at places with invented names, over a
province of 100 counties and three years) and asks it for 200-character texts. Seconds are CPU
seconds of this process, which has one thread for writing. Prints JSON.
"""

import argparse
import datetime as dt
import json
import random
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

import django
import tantivy
from django.conf import settings

if not settings.configured:
    settings.configure(JIESU_VAR="var", INSTALLED_APPS=[])
    django.setup()

from jiesu.cli.simulation import matters
from jiesu.search import alike, store
from jiesu.search.words import spaced
from jiesu.textintel.similar import terms

COUNTIES, DAYS, NAMES = 100, 1095, 40_000
LAST = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
_SIGNS = (
    "榕江海山湖金银玉文学春夏秋冬东南西北中天明光华安康福禄新旧长平高远青白红紫龙凤鹤鹿松竹梅兰"
)


def places(rng: random.Random) -> list[str]:
    """Names of estates and roads that nobody else bears."""
    kinds = ("小区", "花园", "新村", "路", "街", "大厦", "市场", "家园")
    return [
        "".join(rng.choices(_SIGNS, k=rng.choice((2, 2, 3)))) + rng.choice(kinds)
        for _ in range(NAMES)
    ]


def told(rng: random.Random, names: list[str]) -> tuple[str, str, str, int, dt.datetime]:
    """Title, address, content, county, time of one invented order; some places are told often."""
    county = rng.randrange(COUNTIES)
    own = NAMES // COUNTIES
    name = names[county * own + min(int(rng.paretovariate(0.6)) - 1, own - 1)]
    at = LAST - dt.timedelta(days=rng.randrange(DAYS))
    text = matters.tell(matters.choose(rng, at.month), rng)
    content = f"{name}{rng.randint(1, 40)}号附近，{text.content}"
    return f"{name}{text.title}", f"{name}{rng.randint(1, 300)}号", content, county, at


def county_path(county: int) -> str:
    """Its region path: province, city, county."""
    return f"0001{county // 10 + 1:04d}{county % 10 + 1:04d}"


def build(orders: int, folder: Path, rng: random.Random, names: list[str]) -> float:
    """Write the index; CPU seconds without the making of the texts."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    index = tantivy.Index(store.SCHEMA, path=str(folder))
    writer = index.writer(64_000_000, 1)
    spent = 0.0
    for number in range(orders):
        title, address, content, county, at = told(rng, names)
        began = time.thread_time()
        path = county_path(county)
        document = tantivy.Document()
        document.add_text("number", f"{number:019d}")
        document.add_text("title", spaced(title))
        document.add_text("content", spaced(content))
        document.add_text("address", spaced(address))
        matter = dict.fromkeys(terms.words(f"{title} {address} {content[: terms.READ]}"))
        document.add_text("matter", " ".join(matter))
        document.add_text("scope", f"r0001 r{path[:8]} r{path} c1 open")
        document.add_text("status", "dispatched")
        document.add_unsigned("received", store.day_number(at))
        writer.add_document(document)
        spent += time.thread_time() - began
        if number % 250_000 == 249_999:
            writer.commit()
    writer.commit()
    writer.wait_merging_threads()
    return spent


def ask(folder: Path, rng: random.Random, names: list[str], queries: int) -> dict[str, Any]:
    """Milliseconds of CPU of this thread for one text of 200 characters, cutting included."""
    index = tantivy.Index.open(str(folder))
    searcher = index.searcher()
    times, found = [], []
    for _ in range(queries):
        title, _, content, county, _ = told(rng, names)
        text = f"{title}，{content}" * 3
        began = time.thread_time()
        numbers = alike.candidates(
            terms.words(text[:200]), county_path(county), LAST, searcher=searcher
        )
        times.append((time.thread_time() - began) * 1000)
        found.append(len(numbers))
    times.sort()
    return {
        "queries": queries,
        "median_ms": round(statistics.median(times), 2),
        "p95_ms": round(times[int(queries * 0.95)], 2),
        "worst_ms": round(times[-1], 2),
        "found": round(statistics.mean(found), 1),
    }


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("orders", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--queries", type=int, default=400)
    options = parser.parse_args()
    rng = random.Random(12345)
    names = places(rng)
    began = time.process_time()
    writing = build(options.orders, options.folder, rng, names)
    whole = time.process_time() - began
    size = sum(f.stat().st_size for f in options.folder.rglob("*") if f.is_file())
    result = {
        "orders": options.orders,
        "cut_and_add_per_cpu_second": round(options.orders / writing),
        "all_threads_cpu_s": round(whole, 1),
        "size_mb": round(size / 1e6, 1),
        **ask(options.folder, rng, names, options.queries),
    }
    print(json.dumps(result, ensure_ascii=False))


if __name__ == "__main__":
    main()
