"""Train the weights warnings are read with: ``python bench/text/train_warnings.py``.

From ``warnings.csv`` (all but the parts held out) and the frames; writes
``src/jiesu/textintel/warnings/data/model.json.gz``..
"""

import csv
import gzip
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from everyday_frames import harmless
from warning_frames import sentences

from jiesu.textintel.normalize import normalize
from jiesu.textintel.warnings.features import concepts_in, features
from jiesu.textintel.wordlists import blanked

OUT = HERE.parents[1] / "src/jiesu/textintel/warnings/data/model.json.gz"
HELD_OUT = ("test", "fresh3", "fresh4", "fresh5", "fresh6")
C, FRAME_WEIGHT, POSITIVE_WEIGHT, THRESHOLD = 0.3, 0.3, 2.0, 0.40


def features_of(text: str) -> set[str]:
    plain = blanked(normalize(text).tight().text)
    return features(plain, [concept for _, _, concept in concepts_in(plain)])


def scale(feature: str) -> float:
    """Concepts first, their pairs next, n-grams least."""
    if feature[0] == "@":
        return 1.5 if "+" in feature else 3.0
    return 0.7 if len(feature) > 1 else 0.4


def matrix(texts: list[str]) -> tuple[DictVectorizer, object]:
    found = [features_of(text) for text in texts]
    seen = Counter(one for row in found for one in row)
    kept = [{one: scale(one) for one in row if seen[one] > 1 or one[0] == "@"} for row in found]
    vectorizer = DictVectorizer()
    return vectorizer, vectorizer.fit_transform(kept)


def main() -> None:
    with (HERE / "warnings.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["part"] not in HELD_OUT]
    framed = sentences() + [(text, "none") for text in harmless()]
    texts = [row["text"] for row in rows] + [text for text, _ in framed]
    labels = [row["label"] for row in rows] + [label for _, label in framed]
    weight = np.array([1.0] * len(rows) + [FRAME_WEIGHT] * len(framed))
    vectorizer, data = matrix(texts)
    model = LogisticRegression(C=C, max_iter=400).fit(
        data, labels, weight * np.where(np.array(labels) == "none", 1.0, POSITIVE_WEIGHT)
    )
    weights = {}
    for index, name in enumerate(vectorizer.get_feature_names_out()):
        row = model.coef_[:, index] * scale(name)
        if np.abs(row).max() >= 0.02:
            weights[name] = [round(float(value), 3) for value in row]
    told = {
        "version": f"warnings-1-{len(rows)}+{len(framed)}",
        "classes": list(map(str, model.classes_)),
        "bias": [round(float(value), 3) for value in model.intercept_],
        "threshold": THRESHOLD,
        "weights": weights,
    }
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    OUT.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(weights)} weights, {OUT.stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    main()
