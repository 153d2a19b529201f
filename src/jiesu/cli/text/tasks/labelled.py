"""What classes and units have in common: learn from one file, answer for another."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from jiesu.cli.text import files
from jiesu.cli.text.tasks import Evaluated
from jiesu.textintel import learn
from jiesu.textintel.asked import Text
from jiesu.textintel.figures import figures_of

TOP = 3
BETWEEN = "|"  # the labels of ``top3``


def evaluate(test: Path, train: Path | None) -> Evaluated:
    """Learn from ``train`` and measure on ``test``; a test row without a label is answered only.

    ``score`` is how probable it is that the answer is right. Raises ``WrongFile``.
    """
    if train is None:
        raise files.WrongFile("这项任务要先学习，请用 --train 指定训练集。")
    columns = ("text|title|detail", "label")
    known = [row for row in files.read(train, needs=columns) if row["label"].strip()]
    asked = files.read(test, needs=columns)
    try:
        learned = learn.learn(
            [text_of(row) for row in known],
            [row["label"].strip() for row in known],
            [row.get("group") or f"row {i}" for i, row in enumerate(known)],
            progress=_told,
        )
    except learn.TooLittle as little:
        raise files.WrongFile(f"{train}：{little}") from little
    model = learned.model
    probable, sure = model.judged([text_of(row) for row in asked])
    labels = np.asarray(model.labels, dtype=object)
    order = np.argsort(-probable, axis=1, kind="stable")[:, :TOP]
    rows = [
        {"predicted": labels[o[0]], "score": round(float(s), 6), "top3": BETWEEN.join(labels[o])}
        for o, s in zip(order, sure, strict=True)
    ]
    truth = np.array([row["label"].strip() for row in asked], dtype=object)
    counted = np.flatnonzero(truth != "")
    metrics: dict[str, Any] = figures_of(truth[counted], labels, probable[counted], sure[counted])
    metrics |= {
        "train_count": len(known), "labels": len(labels), "held_out_on_train": learned.figures,
    }  # fmt: skip
    return metrics, rows


def text_of(row: dict[str, str]) -> Text:
    """The text of a row: ``text``, or ``title`` and ``detail``."""
    body = row.get("text") or row.get("detail") or ""
    return Text(body.strip(), row.get("title", "").strip())


def _told(what: str, done: int, total: int) -> None:
    print(f"\r{what} {done}/{total}   ", end="", file=sys.stderr, flush=True)
