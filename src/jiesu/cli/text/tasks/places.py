"""``places``: where it is, from free speech.

Test file: ``text``, ``place`` (the verbatim span, empty where none is told). The surest place of
each text is compared. ``f1`` (with ``precision``, ``recall``) counts a place as found when half or
more of both spans' union is common; ``exact`` when the spans are the same; ``characters`` counts
characters. ``--train`` (column ``place``, optional ``region_path``) teaches the gazetteer.
"""

from pathlib import Path
from typing import Any

from jiesu.cli.text import files
from jiesu.textintel.places import Gazetteer, find

_ENOUGH = 0.5  # of the union


def evaluate(test: Path, train: Path | None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Metrics, and each text's surest place with its confidence."""
    rows = files.read(test, needs=["text", "place"])
    taught = files.read(train, needs=["place"]) if train else []
    gazetteer = Gazetteer.learn((r["place"], r.get("region_path", "")) for r in taught)
    predictions, spans = [], []
    for row in rows:
        best = next(iter(find(row["text"], gazetteer=gazetteer)), None)
        predictions.append(
            {"predicted": best.text if best else "", "score": best.confidence if best else 0.0}
        )
        spans.append((_place_of(row), (best.start, best.end) if best else None))
    metrics = {
        "count": len(rows),
        "with_place": sum(1 for gold, _ in spans if gold),
        **_figures(spans, lambda gold, found: _union_share(gold, found) >= _ENOUGH),
        "exact": _figures(spans, lambda gold, found: gold == found),
        "characters": _characters(spans),
    }
    return metrics, predictions


_Span = tuple[int, int]


def _place_of(row: dict[str, str]) -> _Span | None:
    place = row["place"].strip()
    start = row["text"].find(place) if place else -1
    return (start, start + len(place)) if start >= 0 else None


def _common(gold: _Span, found: _Span) -> int:
    return max(min(gold[1], found[1]) - max(gold[0], found[0]), 0)


def _union_share(gold: _Span, found: _Span) -> float:
    common = _common(gold, found)
    return common / (gold[1] - gold[0] + found[1] - found[0] - common)


def _figures(spans: list[tuple[_Span | None, _Span | None]], same: Any) -> dict[str, float]:
    right = sum(1 for gold, found in spans if gold and found and same(gold, found))
    told = sum(1 for gold, _ in spans if gold)
    return _scores(right, sum(1 for _, found in spans if found), told)


def _characters(spans: list[tuple[_Span | None, _Span | None]]) -> dict[str, float]:
    right = sum(_common(gold, found) for gold, found in spans if gold and found)
    found_ = sum(found[1] - found[0] for _, found in spans if found)
    return _scores(right, found_, sum(gold[1] - gold[0] for gold, _ in spans if gold))


def _scores(right: int, found: int, told: int) -> dict[str, float]:
    precision = right / found if found else 0.0
    recall = right / told if told else 0.0
    both = precision + recall
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / both, 4) if both else 0.0,
    }
