"""Class, unit and warnings of many texts, and what a web worker that answers them takes in memory:
``python -m bench.text.worker``.

Models are learned from the shared Haikou orders (``JIESU_DATA``), the texts are theirs. CPU of one
thread; memory is that of a fresh process that has the whole web loaded, then both models, then has
answered a hundred texts. The last line is JSON.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bench.text.classes import DATA, rows_of
from jiesu.textintel import learn, store
from jiesu.textintel.asked import Text
from jiesu.textintel.linear import Linear
from jiesu.textintel.warnings import read_warnings

SETS, TEXTS, ANSWERED = ("cat2", "department"), 3_000, 100
SETTINGS = "jiesu.config.settings"


def main() -> None:
    """Learn, measure the batch, then the memory of a worker in a process of its own."""
    if not DATA.is_dir():
        sys.exit(f"no data at {DATA}: name its folder in JIESU_DATA")
    with tempfile.TemporaryDirectory() as folder:
        models = []
        for name in SETS:
            texts, labels, groups = (list(part) for part in zip(*rows_of(name), strict=True))
            models.append(learn.learn(texts, labels, groups, learn.Recipe(folds=2)).model)
            store.save(models[-1], Path(folder) / f"{name}.npz")
        result: dict[str, Any] = {"texts_per_cpu_second": round(_pace(models))}
        worker = subprocess.run(
            [sys.executable, "-m", "bench.text.worker", folder],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        result |= json.loads(worker.stdout.splitlines()[-1])
    print(json.dumps(result))


def _pace(models: list[Linear]) -> float:
    asked = [row[0] for row in rows_of("department")[:TEXTS]]
    began = time.process_time()
    for model in models:
        model.judged(asked)
    for text in asked:
        read_warnings(text.body)
    return len(asked) / (time.process_time() - began)


def worker(folder: Path) -> None:
    """What a web worker holds: the site, then the models, then after it has answered."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    django.setup()
    from django.urls import get_resolver

    _ = get_resolver().url_patterns  # reads every desk's views
    held = {"web_mb": _memory()}
    models = [store.load(folder / f"{name}.npz") for name in SETS]
    held["with_models_mb"] = _memory()
    for row in rows_of("department")[:ANSWERED]:
        for model in models:
            model.answers(Text(row[0].body))
        read_warnings(row[0].body)
    held["after_answers_mb"] = _memory()
    print(json.dumps(held))


def _memory() -> int:
    """Resident megabytes of this process."""
    status = Path("/proc/self/status").read_text().splitlines()
    return round(int(next(row for row in status if row.startswith("VmRSS")).split()[1]) / 1024)


if __name__ == "__main__":
    csv.field_size_limit(10_000_000)
    if len(sys.argv) > 1:
        worker(Path(sys.argv[1]))
    else:
        main()
