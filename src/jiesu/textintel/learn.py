"""Learning a linear model, and measuring it on what it has not seen.

scikit-learn is imported when something is learned, never when something is predicted.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiesu.textintel import vectors
from jiesu.textintel.asked import Text
from jiesu.textintel.calibration import Calibration, Floats, mean, signs, softmax, trusted
from jiesu.textintel.figures import figures_of
from jiesu.textintel.linear import Features, Linear
from jiesu.textintel.vectors import Spans

SEED = 20_260
MOST_PAIRED = 20_000  # texts; the matrix of all pairs takes 1.6 GB then
MOST_WEIGHTS = 36_000_000  # 72 MB in memory
COST = 0.15  # C of the support vector machine
LEAST_TELLING = 0.05
RARE = 0.15  # a label with a thousandth of the commonest's texts scores 2.8 times as much
FEWEST_COUNTED = 5  # texts: a rarer label is raised no further
PULL = 0.1  # what a score that speaks for another label costs
STEPS = 40
SUREST = 4  # the power of how sure a text seemed, when trust is learned
LEAST_TEXTS = 2  # an n-gram that stands in one text only has taught nothing

Progress = Callable[[str, int, int], None]  # what, done, of how many


@dataclass(frozen=True)
class Recipe:
    """How a model is learned. The defaults did best on the measured sets: docs/text-classes.md.

    ``kinds``: how much n-grams of (characters of title, of body, words of title, of body) count.
    """

    spans: Spans = field(default_factory=Spans)
    kinds: tuple[float, float, float, float] = (1.0, 1.3, 0.7, 0.9)
    folds: int = 4
    # of ridge regression, as shares of a text's own likeness to itself: see ``_settled``
    penalties: tuple[float, ...] = (0.1, 0.3, 0.8, 2.0)
    # how far it counts that an n-gram tells labels apart: 1 in full, 0 not at all
    tellings: tuple[float, ...] = (0.75, 0.0)


class TooLittle(ValueError):
    """Fewer than two labels have texts, or all texts are one: nothing can be learned."""


@dataclass(frozen=True)
class Learned:
    """A model, the recipe that was settled on, and what it did on held-out folds: figures, its
    probabilities in the texts' order, and how sure it was of each first label."""

    model: Linear
    recipe: Recipe
    figures: dict[str, float]
    held_out: Floats
    sure: Floats


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
    side = _folds(groups or [str(i) for i in range(len(texts))], recipe.folds)
    if not side.any():
        raise TooLittle("文本全是近似重复，留不出一份来检验，无法学习。")
    scores = np.full((len(texts), len(names)), 0, dtype=np.float32)
    recipe = _settled(counted, side, y, len(names), recipe)
    for fold in range(recipe.folds):
        progress("检验", fold, recipe.folds)
        train, test = np.flatnonzero(side != fold), np.flatnonzero(side == fold)
        if len(test) and len(set(y[train])) > 1:
            fitted = _fit(counted, train, y, len(names), recipe)
            scores[test] = fitted.of(counted, test)
    progress("校准", 0, 1)
    calibration, probable, sure = calibrate(scores, side, y)
    progress("学习", 1, 1)
    fitted = _fit(counted, np.arange(len(texts)), y, len(names), recipe)
    model = Linear(
        tuple(map(str, names)),
        fitted.features,
        fitted.weights.astype(np.float16),
        fitted.bias,
        calibration,
    )
    figures = figures_of(names[y], names, probable, sure)
    return Learned(model, recipe, figures, probable, sure)


def _count(
    texts: Sequence[Text], spans: Spans, progress: Progress, batch: int = 256
) -> sparse.csr_matrix:
    parts = []
    for at in range(0, len(texts), batch):
        progress("读文本", at, len(texts))
        parts.append(vectors.counts(texts[at : at + batch], spans))
    return sparse.vstack(parts, format="csr")


def _folds(groups: Sequence[str], folds: int) -> NDArray[np.int64]:
    """The fold of each text, whole groups together, folds of like size."""
    order = np.random.default_rng(SEED).permutation(sorted(set(groups)))
    sizes, filled, where = Counter(groups), [0] * folds, {}
    for group in order.tolist():
        where[group] = filled.index(min(filled))
        filled[where[group]] += sizes[group]
    return np.array([where[group] for group in groups])


def _settled(
    counted: sparse.csr_matrix, side: NDArray[np.int64], y: NDArray[np.int64], labels: int,
    recipe: Recipe,
) -> Recipe:  # fmt: skip
    """The recipe with the penalty and the telling that are right most often, first and among
    three, on the first folds, about a quarter of the texts: noisy labels want more of the one and
    less of the other."""
    tried = side < max(1, recipe.folds // 4)
    train, test = np.flatnonzero(~tried), np.flatnonzero(tried)
    if not len(test) or not 0 < len(train) <= MOST_PAIRED:
        return replace(recipe, penalties=recipe.penalties[:1], tellings=recipe.tellings[:1])
    right: dict[tuple[float, float], float] = {}
    for telling in recipe.tellings:
        features = _features(counted[train], y[train], labels, recipe, telling)
        matrix, asked = features.rows(counted[train]), features.rows(counted[test])
        alike = (matrix @ matrix.T).toarray()
        for penalty in recipe.penalties:
            weights, bias = _ridge(matrix, alike, y[train], labels, penalty)
            scores = (asked @ weights + bias) * _rarity(y[train], labels)
            hits = np.argsort(-scores, axis=1)[:, :3] == y[test][:, None]
            right[penalty, telling] = float(hits[:, 0].mean() + hits.any(axis=1).mean())
    penalty, telling = max(right, key=lambda choice: right[choice])
    return replace(recipe, penalties=(penalty,), tellings=(telling,))


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
    """Weights on these rows: ridge regression, or past what its matrix of all pairs of texts can
    hold in memory, a linear support vector machine (a point less accurate)."""
    wanted = y[rows]
    features = _features(counted[rows], wanted, labels, recipe, recipe.tellings[0])
    matrix = features.rows(counted[rows])
    if len(rows) <= MOST_PAIRED:
        alike = (matrix @ matrix.T).toarray()
        return _Fitted(features, *_ridge(matrix, alike, wanted, labels, recipe.penalties[0]))
    return _Fitted(features, *_machine(matrix, wanted, labels))


def _ridge(
    matrix: sparse.csr_matrix, alike: Floats, wanted: NDArray[np.int64], labels: int, penalty: float
) -> tuple[Floats, Floats]:
    """Ridge regression on each label's 0 or 1, solved over pairs of texts (they are fewer than
    the n-grams): one Cholesky factor serves all labels. ``alike``: the texts times each other."""
    from scipy.linalg import cho_factor, cho_solve

    own = np.diag_indices_from(alike)
    itself = alike[own]
    alike[own] = itself + max(penalty * float(itself.mean()), 1e-3)
    target = np.zeros((len(wanted), labels), dtype=np.float32)
    target[np.arange(len(wanted)), wanted] = 1
    share = target.mean(axis=0)
    factor = cho_factor(alike, lower=True, check_finite=False)
    alike[own] = itself
    each = cho_solve(factor, target - share, check_finite=False).astype(np.float32)
    return np.asarray(matrix.T @ each), share


def _machine(
    matrix: sparse.csr_matrix, wanted: NDArray[np.int64], labels: int
) -> tuple[Floats, Floats]:
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=COST, tol=3e-2, max_iter=200, random_state=SEED).fit(matrix, wanted)
    there, weight, bias = machine.classes_, machine.coef_, machine.intercept_
    if len(there) == 2:  # scikit-learn keeps one row for two labels
        weight, bias = np.vstack([-weight, weight]), np.concatenate([-bias, bias])
    weights = np.zeros((matrix.shape[1], labels), dtype=np.float32)
    biases = np.full(labels, -3.0, dtype=np.float32)  # a label without texts is never chosen
    weights[:, there], biases[there] = weight.T, bias
    return weights, biases


def _features(
    counted: sparse.csr_matrix, wanted: NDArray[np.int64], labels: int, recipe: Recipe,
    telling: float,
) -> Features:  # fmt: skip
    """The n-grams that stand in at least two texts; of too many, those in the most texts. Each
    weighs as it is rare and, to the power ``telling``, as it tells the labels apart."""
    in_texts = np.bincount(counted.indices, minlength=counted.shape[1])
    least = LEAST_TEXTS
    while (in_texts >= least).sum() * labels > MOST_WEIGHTS:
        least += 1
    buckets = np.flatnonzero(in_texts >= least).astype(np.int32)
    idf = np.log((1 + counted.shape[0]) / (1 + np.maximum(in_texts, 1))) + 1
    weight = idf * _telling(counted, in_texts, wanted, labels) ** telling
    once = in_texts == 1  # what is met for the first time is as rare
    return Features(
        recipe.spans, buckets, weight[buckets].astype(np.float32),
        np.array(recipe.kinds, dtype=np.float32), float(weight[once].mean()) if once.any() else 0.0,
    )  # fmt: skip


def _telling(
    counted: sparse.csr_matrix, in_texts: NDArray[np.int64], wanted: NDArray[np.int64], labels: int
) -> NDArray[np.float64]:
    """How far each n-gram's log odds of standing in a label's texts are from those in the others',
    labels by their share (the ratios of Wang & Manning 2012, one weight for all labels)."""
    telling = np.zeros(counted.shape[1])
    for label in np.unique(wanted):
        mine = np.flatnonzero(wanted == label)
        inside = np.bincount(counted[mine].indices, minlength=counted.shape[1])
        among, others = len(mine), len(wanted) - len(mine)
        ratio = np.log((inside + 0.5) / (among + 1))
        ratio -= np.log((in_texts - inside + 0.5) / (others + 1))
        telling += np.abs(ratio) * among / len(wanted)
    return np.maximum(telling, LEAST_TELLING)


def calibrate(
    scores: Floats, side: NDArray[np.int64], y: NDArray[np.int64]
) -> tuple[Calibration, Floats, Floats]:
    """What makes scores probabilities, learned from texts the model did not learn from, with the
    probabilities it gives each fold, and how sure it is of them, when learned from the others.

    ``scores`` is texts x labels, ``side`` each text's fold, ``y`` the number of its true label.
    """
    plain, moved = np.zeros_like(scores), np.zeros_like(scores)
    folds = [side == fold for fold in np.unique(side)]
    for mine in folds:
        plain[mine], moved[mine] = _moved(scores[~mine], y[~mine]).both(scores[mine])
    probable = mean(plain, moved)
    right, seen = probable.argmax(axis=1) == y, signs(plain, moved)
    sure: Floats = probable.max(axis=1)
    for mine in folds:
        if len(trust := _trust(seen[~mine], right[~mine])):
            sure[mine] = trusted(seen[mine], trust)
    return replace(_moved(scores, y), trust=_trust(seen, right)), probable, sure


def _moved(scores: Floats, y: NDArray[np.int64]) -> Calibration:
    rarity = _rarity(y, scores.shape[1])
    levelled = scores * rarity
    sharp = _sharpness(levelled, y)
    return Calibration((rarity * sharp).astype(np.float32), *_between(levelled, y, sharp))


def _rarity(y: NDArray[np.int64], labels: int) -> Floats:
    """What each label's scores are raised by: the more, the fewer texts it has."""
    times = np.bincount(y, minlength=labels)
    rarity: Floats = (times.max() / np.maximum(times, FEWEST_COUNTED)) ** RARE
    return rarity.astype(np.float32)


def _sharpness(scores: Floats, y: NDArray[np.int64]) -> float:
    """What the scores are multiplied by so that probabilities are honest: least log loss."""

    def loss(sharp: float) -> float:
        probable = softmax(scores * sharp)[np.arange(len(y)), y]
        return float(-np.log(np.maximum(probable, 1e-9)).mean())

    return min((math.exp(x / 4) for x in range(-8, 17)), key=loss)


def _between(scores: Floats, y: NDArray[np.int64], sharp: float) -> tuple[Floats, Floats]:
    """How much of each label's score speaks for each other label: least log loss, kept small."""
    from scipy.optimize import minimize

    labels, rows = scores.shape[1], np.arange(len(y))
    scores = scores.astype(np.float32)

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = flat[:-labels].reshape(labels, labels).astype(np.float32)
        offset = flat[-labels:].astype(np.float32)
        probable = softmax(scores * np.float32(sharp) + scores @ weights + offset)
        lost = -np.log(probable[rows, y] + 1e-12).sum(dtype=np.float64)
        lost += PULL * float((weights**2).sum()) + float((offset**2).sum())
        probable[rows, y] -= 1
        slope = scores.T @ probable + 2 * PULL * weights
        return lost, np.concatenate([slope.ravel(), probable.sum(axis=0) + 2 * offset]).astype(
            np.float64
        )

    start = np.zeros(labels * labels + labels)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    between = found[:-labels].reshape(labels, labels) / sharp
    return between.astype(np.float32), found[-labels:].astype(np.float32)


def _trust(seen: Floats, right: NDArray[np.bool_]) -> Floats:
    """Weights of ``signs``: logistic regression on whether the first label was right, then again
    with each text counting as it seemed sure: what is acted on must be judged best."""
    from sklearn.linear_model import LogisticRegression

    if right.all() or not right.any():
        return np.zeros(0, dtype=np.float32)
    machine = LogisticRegression(C=0.5, fit_intercept=False, max_iter=1000)
    first = machine.fit(seen, right).predict_proba(seen)[:, 1]
    trust: Floats = machine.fit(seen, right, first**SUREST).coef_[0].astype(np.float32)
    return trust
