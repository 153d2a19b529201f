"""A linear model over hashed n-grams: predicts with numpy alone, says which words spoke.

Its score is a sum over the n-grams of a text, so the words that spoke are known, not guessed.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiesu.textintel import segment, vectors
from jiesu.textintel.asked import Answer, Text
from jiesu.textintel.calibration import Calibration, Floats
from jiesu.textintel.vectors import Spans

BATCH = 128  # texts at a time: the sort of their n-grams stays in the processor's cache
WORDS_SHOWN = 3


@dataclass(frozen=True)
class Features:
    """Which n-grams count and for how much: learned from the training texts.

    ``buckets`` sorted, an ``idf`` each; ``kinds`` how much each kind of n-gram counts. An n-gram
    that does not count still weighs ``unknown`` in a text's length: of a text that holds little
    the model has met, it is not sure.
    """

    spans: Spans
    buckets: NDArray[np.int32]
    idf: Floats
    kinds: Floats
    unknown: float
    _column: NDArray[np.int32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        column = np.full(1 << vectors.BITS, -1, dtype=np.int32)
        column[self.buckets] = np.arange(len(self.buckets), dtype=np.int32)
        object.__setattr__(self, "_column", column)

    def matrix(self, texts: Sequence[Text]) -> sparse.csr_matrix:
        """Texts as rows of 1 + log(count), times idf, each kind of n-gram at its own length."""
        return self.rows(vectors.counts(texts, self.spans))

    def rows(self, counted: sparse.csr_matrix) -> sparse.csr_matrix:
        """The same from what was counted already."""
        column = self._column[counted.indices]
        known = column >= 0
        row = np.repeat(np.arange(counted.shape[0]), np.diff(counted.indptr))
        kind = vectors.kind_of(counted.indices)
        value = (1 + np.log(counted.data)) * np.where(known, self.idf[column], self.unknown)
        block = row * len(vectors.KINDS) + kind
        squares = np.bincount(block, value * value)
        value, column, kind, block = (each[known] for each in (value, column, kind, block))
        value *= self.kinds[kind] / np.sqrt(squares[block])
        ends = np.concatenate([[0], np.cumsum(known)])[counted.indptr]
        shape = (counted.shape[0], len(self.buckets))
        return sparse.csr_matrix((value.astype(np.float32), column, ends), shape=shape)

    def column_of(self, bucket: NDArray[np.int64]) -> NDArray[np.int32]:
        """The column of each bucket, -1 where it does not count."""
        found: NDArray[np.int32] = self._column[bucket]
        return found


@dataclass(frozen=True)
class Linear:
    """Labels and one weight per n-gram and label, held as float16: a few in ten thousand of a
    score, for half the memory.

    ``calibration``, fitted on held-out folds, turns scores into probabilities, and into how
    probable it is that the first label is right.
    """

    labels: tuple[str, ...]
    features: Features
    weights: NDArray[np.float16]  # columns x labels
    bias: Floats
    calibration: Calibration

    def scores(self, texts: Sequence[Text]) -> Floats:
        """texts x labels."""
        scores = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        for at in range(0, len(texts), BATCH):
            scores[at : at + BATCH] = self._scores(self.features.matrix(texts[at : at + BATCH]))
        return scores

    def _scores(self, rows: sparse.csr_matrix) -> Floats:
        """Of the features of a few texts: only the weights of their n-grams are made float32."""
        used, column = np.unique(rows.indices, return_inverse=True)
        few = sparse.csr_matrix((rows.data, column, rows.indptr), (rows.shape[0], len(used)))
        scores: Floats = few @ self.weights[used].astype(np.float32) + self.bias
        return scores

    def probabilities(self, texts: Sequence[Text]) -> Floats:
        """texts x labels; each row sums to 1."""
        return self.calibration.probabilities(self.scores(texts))

    def judged(self, texts: Sequence[Text]) -> tuple[Floats, Floats]:
        """``probabilities``, and how probable it is that each text's first label is right."""
        scores = self.scores(texts)
        return self.calibration.probabilities(scores), self.calibration.sure(scores)

    def answers(self, text: Text, limit: int = 3) -> list[Answer]:
        """The likeliest labels of one text, with the words that spoke for each.

        Empty when the text holds nothing the model knows ("don't know").
        """
        row = self.features.matrix([text])
        if not row.nnz:
            return []
        scores = self._scores(row)
        probable = self.calibration.probabilities(scores)
        best = np.argsort(-probable[0])[:limit]
        first = float(self.calibration.sure(scores)[0])
        rest = max(1 - float(probable[0, best[0]]), 1e-9)
        answers = []
        for label in best.tolist():
            # the others share what the first leaves
            share = float(probable[0, label]) / rest * (1 - first)
            sure = first if label == best[0] else min(share, first)
            answers.append(Answer(self.labels[label], sure, self._words(text, row, label)))
        return answers

    def _words(self, text: Text, row: sparse.csr_matrix, label: int) -> tuple[str, ...]:
        """The words whose characters speak most for the label, against the mean of all labels."""
        spans = self.features.spans
        grams = vectors.read([text], spans)
        column = self.features.column_of(grams.bucket)
        known = column >= 0
        column, start, end = column[known], grams.start[known], grams.end[known]
        value = np.zeros(len(self.features.buckets), dtype=np.float32)
        value[row.indices] = row.data
        weights = self.weights[column].astype(np.float32)
        speaks = weights[:, label] - weights.mean(axis=1)
        each = value[column] * speaks / (end - start)
        read = text.title[: spans.head] + text.body[: spans.head]
        slope = np.zeros(len(read) + 1)
        np.add.at(slope, start, each)
        np.add.at(slope, end, -each)
        by_character = np.cumsum(slope)[:-1]
        total: dict[str, float] = defaultdict(float)
        at = 0
        for part in (text.title[: spans.head], text.body[: spans.head]):
            for word in segment.words(part):
                if len(word) > 1 and not word.isspace():
                    total[word] += float(by_character[at : at + len(word)].sum())
                at += len(word)
        strongest = sorted((w for w in total if total[w] > 0), key=lambda w: -total[w])
        return tuple(strongest[:WORDS_SHOWN])
