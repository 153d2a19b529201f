"""How good predictions are: the figures every report and ``jiesu text evaluate`` gives."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

PRECISION = 0.97


def figures_of(
    truth: Sequence[Any] | NDArray[Any], labels: Sequence[Any] | NDArray[Any],
    probable: NDArray[Any], sure: NDArray[Any],
) -> dict[str, float]:  # fmt: skip
    """Accuracy, macro-F1 over the labels that occur, top 3, and coverage at 97% precision.

    ``probable`` is texts x labels, ``sure`` how sure each first label is.
    """
    truth, labels = np.asarray(truth, dtype=object), np.asarray(labels, dtype=object)
    if not len(truth):
        return {"count": 0}
    order = np.argsort(-probable, axis=1, kind="stable")[:, :3]
    said = labels[order[:, 0]]
    right = said == truth
    return {
        "count": len(truth),
        "accuracy": float(right.mean()),
        "macro_f1": macro_f1(truth, said),
        "top3": float((labels[order] == truth[:, None]).any(axis=1).mean()),
        "coverage_at_97": coverage(right, sure),
    }


def macro_f1(truth: NDArray[Any], said: NDArray[Any]) -> float:
    """The mean of F1 over the labels that occur in the truth or were said."""
    scores = []
    for label in sorted(set(truth) | set(said)):
        hit = ((truth == label) & (said == label)).sum()
        scores.append(2 * hit / ((truth == label).sum() + (said == label).sum()))
    return float(np.mean(scores))


def coverage(right: NDArray[Any], sure: NDArray[Any], precision: float = PRECISION) -> float:
    """The largest share of texts, surest first, of which at least ``precision`` are right."""
    order = np.argsort(-sure, kind="stable")
    precise = np.cumsum(right[order]) / np.arange(1, len(right) + 1)
    enough = np.flatnonzero(precise >= precision)
    return float((enough[-1] + 1) / len(right)) if len(enough) else 0.0
