"""Learning a linear model, and measuring it on what it has not seen.

scikit-learn is imported when something is learned, never when something is predicted.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiesu.textintel import vectors
from jiesu.textintel.figures import figures_of
from jiesu.textintel.linear import Features, Floats, Linear, signs, softmax, trusted
from jiesu.textintel.vectors import Spans, Text

SEED = 20_260
FOLDS = 4
LEAST_TEXTS = 2  # an n-gram that stands in one text only has taught nothing

Progress = Callable[[str, int, int], None]  # what, done, of how many


@dataclass(frozen=True)
class Recipe:
    """How a model is learned. The defaults are the best found on the measured sets (docs/text.md).

    ``kinds``: how much n-grams of (characters of title, of body, words of title, of body) count.
    """

    spans: Spans = field(default_factory=Spans)
    kinds: tuple[float, float, float, float] = (1.0, 1.0, 0.7, 0.7)
    most_features: int = 300_000
    cost: float = 0.15  # C of the support vector machine
    bayes: float = 0.5  # how much complement naive Bayes counts beside it


class TooLittle(ValueError):
    """Fewer than two labels have texts: nothing can be learned."""


@dataclass(frozen=True)
class Learned:
    """A model and what it did on held-out folds: figures, and its scores in the texts' order."""

    model: Linear
    figures: dict[str, float]
    held_out: Floats


def learn(
    texts: Sequence[Text],
    labels: Sequence[str],
    groups: Sequence[str] | None = None,
    recipe: Recipe = Recipe(),
    progress: Progress = lambda what, done, total: None,
) -> Learned:
    """This will learn a model and calibrate it on folds that keep each group on one side.

    ``groups`` name near-duplicates (each text its own when None). Raises ``TooLittle``.
    """
    names, y = np.unique(np.asarray(labels, dtype=object), return_inverse=True)
    if len(names) < 2:
        raise TooLittle("有文本的类别少于两个，无法学习。")
    counted = _count(texts, recipe.spans, progress)
    side = _folds(groups or [str(i) for i in range(len(texts))])
    scores = np.full((len(texts), len(names)), 0, dtype=np.float32)
    for fold in range(FOLDS):
        progress("检验", fold, FOLDS)
        train, test = np.flatnonzero(side != fold), np.flatnonzero(side == fold)
        if len(test) and len(set(y[train])) > 1:
            fitted = _fit(counted, train, y, len(names), recipe)
            scores[test] = fitted.of(counted, test)
    sharpness = _sharpness(scores, y)
    probable = softmax(scores * sharpness)
    trust = _trust(probable, y)
    progress("学习", FOLDS, FOLDS)
    fitted = _fit(counted, np.arange(len(texts)), y, len(names), recipe)
    model = Linear(
        tuple(map(str, names)), fitted.features, fitted.weights, fitted.bias, sharpness, trust
    )
    figures = figures_of(names[y], names, probable, trusted(probable, trust))
    return Learned(model, figures, probable)


def _count(
    texts: Sequence[Text], spans: Spans, progress: Progress, batch: int = 256
) -> sparse.csr_matrix:
    parts = []
    for at in range(0, len(texts), batch):
        progress("读文本", at, len(texts))
        parts.append(vectors.counts(texts[at : at + batch], spans))
    return sparse.vstack(parts, format="csr")


def _folds(groups: Sequence[str]) -> NDArray[np.int64]:
    """The fold of each text, whole groups together, folds of like size."""
    order = np.random.default_rng(SEED).permutation(sorted(set(groups)))
    sizes, filled, where = Counter(groups), [0] * FOLDS, {}
    for group in order.tolist():
        where[group] = filled.index(min(filled))
        filled[where[group]] += sizes[group]
    return np.array([where[group] for group in groups])


@dataclass(frozen=True)
class _Fitted:
    features: Features
    weights: Floats
    bias: Floats

    def of(self, counted: sparse.csr_matrix, rows: NDArray[np.int64]) -> Floats:
        scores: Floats = self.features.rows(counted[rows]) @ self.weights + self.bias
        return scores


def _fit(
    counted: sparse.csr_matrix, rows: NDArray[np.int64], y: NDArray[np.int64], labels: int,
    recipe: Recipe,
) -> _Fitted:  # fmt: skip
    """Weights on these rows: a support vector machine and naive Bayes, added."""
    from sklearn.naive_bayes import ComplementNB
    from sklearn.svm import LinearSVC

    features = _features(counted[rows], recipe)
    matrix, wanted = features.rows(counted[rows]), y[rows]
    machine = LinearSVC(C=recipe.cost, tol=3e-2, max_iter=200, random_state=SEED)
    machine.fit(matrix, wanted)
    there, coef, intercept = machine.classes_, machine.coef_, machine.intercept_
    if len(there) == 2:
        coef, intercept = np.vstack([-coef, coef]), np.concatenate([-intercept, intercept])
    weights = np.zeros((matrix.shape[1], labels), dtype=np.float32)
    bias = np.full(labels, -3.0, dtype=np.float32)  # a label without texts is never chosen
    weights[:, there], bias[there] = coef.T, intercept
    if recipe.bayes:
        bayes = ComplementNB(alpha=0.1).fit(matrix, wanted)
        spoken = bayes.feature_log_prob_ - bayes.feature_log_prob_.mean(axis=0)
        weights[:, bayes.classes_] += recipe.bayes * spoken.T
    return _Fitted(features, weights, bias)


def _features(counted: sparse.csr_matrix, recipe: Recipe) -> Features:
    """The n-grams that stand in at least two texts; of too many, those in the most texts."""
    in_texts = np.bincount(counted.indices, minlength=counted.shape[1])
    least = LEAST_TEXTS
    while (in_texts >= least).sum() > recipe.most_features:
        least += 1
    buckets = np.flatnonzero(in_texts >= least).astype(np.int32)
    idf = np.log((1 + counted.shape[0]) / (1 + in_texts[buckets])) + 1
    return Features(
        recipe.spans, buckets, idf.astype(np.float32), np.array(recipe.kinds, dtype=np.float32),
    )  # fmt: skip


def _sharpness(scores: Floats, y: NDArray[np.int64]) -> float:
    """What the scores are multiplied by so that probabilities are honest: least log loss."""

    def loss(sharp: float) -> float:
        probable = softmax(scores * sharp)[np.arange(len(y)), y]
        return float(-np.log(np.maximum(probable, 1e-9)).mean())

    return min((math.exp(x / 4) for x in range(-8, 17)), key=loss)


def _trust(probable: Floats, y: NDArray[np.int64]) -> Floats:
    """Weights of ``signs``: logistic regression on whether the first label was right."""
    from sklearn.linear_model import LogisticRegression

    right = probable.argmax(axis=1) == y
    if right.all() or not right.any():
        return np.zeros(0, dtype=np.float32)
    fitted = LogisticRegression(C=0.5, fit_intercept=False, max_iter=300)
    fitted.fit(signs(probable), right)
    trust: Floats = fitted.coef_[0].astype(np.float32)
    return trust
