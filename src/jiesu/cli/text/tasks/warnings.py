"""``warnings``: whether and of which class a text warns. Needs no training file."""

from pathlib import Path
from typing import Any

from jiesu.cli.text import files
from jiesu.cli.text.tasks import Evaluated
from jiesu.textintel.warnings import read_warnings

PRESSING = ("extreme", "sudden_danger")
NONE = "none"
ALLOWED = 0.02  # false alarms at which recall is told


def evaluate(test: Path, train: Path | None) -> Evaluated:
    """Columns ``text`` (or ``title``, ``detail``); ``label`` when there is one."""
    rows = files.read(test, needs=["text|title|detail"])
    told = [_predicted(_text_of(row)) for row in rows]
    labels = [row.get("label", "").strip() for row in rows]
    metrics: dict[str, Any] = {"rows": len(rows)}
    if any(labels):
        pairs = [
            (label, one["predicted"], float(one["score"]))
            for label, one in zip(labels, told, strict=True)
            if label
        ]
        metrics |= _measured(pairs)
    return metrics, told


def _text_of(row: dict[str, str]) -> str:
    return row.get("text") or "。".join(filter(None, (row.get("title"), row.get("detail"))))


def _predicted(text: str) -> dict[str, Any]:
    reading = read_warnings(text)
    predicted = str(reading.found[0].kind) if reading.found else NONE
    return {"predicted": predicted, "score": reading.score}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _measured(pairs: list[tuple[str, str, float]]) -> dict[str, Any]:
    """``recall`` is the share of texts that warn found as any warning; ``recall_pressing`` of
    threats and dangers alone; ``…_at_2`` at the score that 2% of the harmless texts exceed."""
    quiet = sorted((score for label, _, score in pairs if label == NONE), reverse=True)
    loud = [(label, told, score) for label, told, score in pairs if label != NONE]
    pressing = [(told, score) for label, told, score in loud if label in PRESSING]
    line = quiet[int(len(quiet) * ALLOWED)] if quiet else 0.0
    scores = []
    for kind in sorted({label for label, _, _ in pairs} - {NONE}):
        hit = sum(label == told == kind for label, told, _ in pairs)
        named = sum(told == kind for _, told, _ in pairs)
        there = sum(label == kind for label, _, _ in pairs)
        scores.append(2 * hit / (named + there))
    return {
        "labelled": len(pairs),
        "harmless": len(quiet),
        "pressing": len(pressing),
        "accuracy": _share(sum(label == told for label, told, _ in pairs), len(pairs)),
        "macro_f1": round(sum(scores) / len(scores), 4) if scores else None,
        "recall": _share(sum(told != NONE for _, told, _ in loud), len(loud)),
        "recall_pressing": _share(sum(told != NONE for told, _ in pressing), len(pressing)),
        "false_alarms": _share(
            sum(told != NONE for label, told, _ in pairs if label == NONE), len(quiet)
        ),
        "recall_at_2": _share(sum(score > line for *_, score in loud), len(loud)),
        "recall_pressing_at_2": _share(sum(s > line for _, s in pressing), len(pressing)),
    }
