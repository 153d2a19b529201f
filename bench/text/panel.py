"""All suggestions for one text of 200 characters: ``python -m bench.text.panel FOLDER``.

FOLDER is an index that ``bench.text.similar_scale`` wrote. Class and department models are learned
from the shared Haikou orders (``JIESU_DATA``), the texts are theirs, joined to 200 characters.
Times are CPU of this thread, with one thread for the matrices; the last line is JSON.
"""

import csv
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import tantivy

from bench.text import similar_scale
from bench.text.classes import DATA, read, rows_of
from jiesu.search import alike
from jiesu.textintel import learn
from jiesu.textintel.asked import Text
from jiesu.textintel.classify import types
from jiesu.textintel.emotion import emotion
from jiesu.textintel.places import Regions, find
from jiesu.textintel.similar import terms
from jiesu.textintel.similar.matter import Asking, Told
from jiesu.textintel.summary import summarize
from jiesu.textintel.warnings import read_warnings

LENGTH, ASKED, COMPARED = 200, 300, 40


def main(folder: Path) -> None:
    """Learn, ask, print."""
    if not DATA.is_dir():
        sys.exit(f"no data at {DATA}: name its folder in JIESU_DATA")
    models = [_learned(name) for name in ("cat2", "department")]
    searcher = tantivy.Index.open(str(folder)).searcher()
    frequencies, regions = alike.IndexFrequencies(searcher), _regions()
    rng = random.Random(12345)
    told = [row[0].body for row in rows_of("department")]
    names = similar_scale.places(rng)
    others = [
        Told(title, content, address, at)
        for title, address, content, _, at in (
            similar_scale.told(rng, names) for _ in range(COMPARED)
        )
    ]
    spent: dict[str, list[float]] = {}
    for _ in range(ASKED):
        text = ""
        while len(text) < LENGTH:
            text += rng.choice(told)
        text = text[:LENGTH]
        county = similar_scale.county_path(rng.randrange(similar_scale.COUNTIES))
        for piece, act in _pieces(
            text, models, regions, frequencies, searcher, county, others
        ).items():
            began = time.thread_time()
            act()
            spent.setdefault(piece, []).append((time.thread_time() - began) * 1000)
    whole = [sum(times) for times in zip(*spent.values(), strict=True)]
    result: dict[str, Any] = {
        name: {"median_ms": round(statistics.median(times), 2), "p95_ms": round(_p95(times), 2)}
        for name, times in {**spent, "all": whole}.items()
    }
    print(json.dumps(result))


def _pieces(
    text: str, models: list[Any], regions: Regions, frequencies: Any, searcher: Any, county: str,
    others: list[Told],
) -> dict[str, Callable[[], Any]]:  # fmt: skip
    def similar() -> None:
        alike.candidates(terms.words(text), county, similar_scale.LAST, searcher=searcher)
        asking = Asking(Told("", text, "", similar_scale.LAST), frequencies)
        for other in others:
            asking.likeness(other)

    return {
        "class": lambda: models[0].answers(Text(text)),
        "type": lambda: types.by_words(Text(text)),
        "unit": lambda: models[1].answers(Text(text)),
        "warnings": lambda: read_warnings(text),
        "place": lambda: find(text, regions),
        "similar": similar,
        "summary": lambda: summarize(text),
        "emotion": lambda: emotion(text),
    }


def _learned(name: str) -> Any:
    texts, labels, groups = (list(part) for part in zip(*rows_of(name), strict=True))
    return learn.learn(texts, labels, groups, learn.Recipe(folds=2)).model


def _regions() -> Regions:
    """One province of the shared division tables, paths as the house makes them."""
    rows = [("350000", "福建省", "0001")]
    paths = {"35": "0001"}
    sheets = {"cities": "provinceCode", "areas": "cityCode", "streets": "areaCode"}
    for sheet, parent in sheets.items():
        for row in read(DATA / f"divisions/{sheet}.csv"):
            above = paths.get(row[parent])
            if above is None or not row["code"].startswith("35"):
                continue
            paths[row["code"]] = f"{above}{len(paths):04d}"
            rows.append((row["code"], row["name"], paths[row["code"]]))
    return Regions(rows)


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


if __name__ == "__main__":
    csv.field_size_limit(10_000_000)
    main(Path(sys.argv[1]))
