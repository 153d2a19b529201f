"""Classes and units on the shared sets: ``python bench/text/classes.py SET [FOLDS]``.

``SET`` is taidi, department or cat2. Five folds (or as many as named) that keep near-duplicate
groups together (seed in ``textintel.learn``); prints the held-out figures as JSON, then batch
speed and what the model takes in memory. The data is not part of the project: ``JIESU_DATA`` names
its folder (``../shared/data`` otherwise); without it this says so and stops.
"""

import csv
import json
import os
import sys
import time
from pathlib import Path

from jiesu.textintel import learn
from jiesu.textintel.asked import Text
from jiesu.textintel.figures import figures_of

DATA = Path(os.environ.get("JIESU_DATA", "../shared/data"))
FOLDS = 5
FREQUENT = 30  # the published department figures leave out rarer departments


def rows_of(name: str) -> list[tuple[Text, str, str]]:
    """Text, label and group of every row of one set."""
    if name == "taidi":
        return [
            (Text(row["detail"].strip(), row["title"]), row["label"], row["group"])
            for row in read(DATA / "taidi/label_dev.csv")
        ]
    orders = read(DATA / "haikou12345/orders_dev.csv")
    if name == "cat2":
        orders = [row for row in orders if row["date"] >= "2018-02-15"]
    column = {"department": "dept", "cat2": "cat2"}[name]
    return [(Text(row["text_noleak"]), row[column], row["group"]) for row in orders]


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main(name: str, folds: int = FOLDS) -> None:
    """Measure one set."""
    if not DATA.is_dir():
        sys.exit(f"no data at {DATA}: name its folder in JIESU_DATA")
    rows = rows_of(name)
    texts, labels, groups = (list(part) for part in zip(*rows, strict=True))
    began = time.process_time()
    learned = learn.learn(texts, labels, groups, learn.Recipe(folds=folds))
    model = learned.model
    figures = {"set": name, "folds": folds, "seed": learn.SEED, **learned.figures}
    figures |= {"penalty": learned.recipe.penalties[0], "telling": learned.recipe.tellings[0]}
    times = {label: labels.count(label) for label in set(labels)}
    often = [i for i, label in enumerate(labels) if times[label] >= FREQUENT]
    if len(often) < len(labels):
        truth = [labels[i] for i in often]
        figures["labels_of_30_or_more"] = figures_of(
            truth, model.labels, learned.held_out[often], learned.sure[often]
        )
    figures["cpu_seconds"] = time.process_time() - began
    began = time.process_time()
    model.probabilities(texts[:3000])
    figures["texts_per_cpu_second"] = len(texts[:3000]) / (time.process_time() - began)
    figures["weights_mb"] = model.weights.nbytes / 1e6
    print(json.dumps(figures, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
