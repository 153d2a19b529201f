"""From a model's scores to honest probabilities, and to how sure its first label is.

Ridge regression pulls a rare label's scores towards nought and knows nothing of which labels are
taken for each other. Both are mended from scores of texts the model did not learn from.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def _nothing() -> Floats:
    return np.zeros(0, dtype=np.float32)


@dataclass(frozen=True)
class Calibration:
    """What makes scores (texts x labels) probabilities; learned by ``learn.calibrate``.

    ``level`` multiplies each label's scores; ``between`` (labels x labels) and ``offset`` move
    scores from label to label (matrix scaling: Guo et al. 2017, Kull et al. 2019); ``trust`` weighs
    ``signs``. Without the last three the levelled scores are taken as they stand.
    """

    level: Floats
    between: Floats = field(default_factory=_nothing)
    offset: Floats = field(default_factory=_nothing)
    trust: Floats = field(default_factory=_nothing)

    def probabilities(self, scores: Floats) -> Floats:
        """texts x labels; each row sums to 1."""
        plain, moved = self.both(scores)
        return mean(plain, moved)

    def sure(self, scores: Floats) -> Floats:
        """How probable it is that each row's first label is right."""
        plain, moved = self.both(scores)
        if not len(self.trust):
            first: Floats = mean(plain, moved).max(axis=1)
            return first
        return trusted(signs(plain, moved), self.trust)

    def both(self, scores: Floats) -> tuple[Floats, Floats]:
        """Probabilities before and after scores were moved from label to label."""
        levelled: Floats = scores * self.level
        plain = softmax(levelled)
        if not len(self.between):
            return plain, plain
        moved: Floats = levelled + levelled @ self.between + self.offset
        return plain, softmax(moved)


def mean(plain: Floats, moved: Floats) -> Floats:
    """The probabilities that are answered with."""
    both: Floats = (plain + moved) * np.float32(0.5)
    return both


def softmax(scores: Floats) -> Floats:
    """Each row's scores as probabilities."""
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)  # type: ignore[no-any-return]  # numpy: Any


def signs(plain: Floats, moved: Floats) -> Floats:
    """What tells whether the first label is right, of both probabilities and their mean: how
    probable, how far ahead of the second, how many labels are left in question; and which label it
    is, alone and with how probable it is. texts x (12 + 2 labels)."""
    said = mean(plain, moved)
    label = np.eye(said.shape[1], dtype=np.float32)[said.argmax(axis=1)]
    lead = label * _log_odds(said.max(axis=1))[:, None] * 0.3
    shapes = [_shape(probable) for probable in (said, moved, plain)]
    return np.hstack([*shapes, label, lead]).astype(np.float32)


def trusted(seen: Floats, trust: Floats) -> Floats:
    """The probability that each row's first label is right, from its ``signs``."""
    sure: Floats = 1 / (1 + np.exp(-(seen @ trust)))
    return sure


def _shape(probable: Floats) -> Floats:
    ordered = -np.sort(-probable, axis=1)
    first = ordered[:, 0]
    second = ordered[:, 1] if ordered.shape[1] > 1 else np.zeros_like(first)
    entropy = -(probable * np.log(probable + 1e-9)).sum(axis=1)
    ahead = np.log((first + 1e-4) / (second + 1e-4))
    return np.stack([np.ones_like(first), _log_odds(first), ahead, entropy], axis=1)


def _log_odds(probable: Floats) -> Floats:
    clipped = np.clip(probable, 1e-6, 1 - 1e-6)
    odds: Floats = np.log(clipped / (1 - clipped))
    return odds
