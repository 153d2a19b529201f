"""``topics``: one matter told by many.

Test file: ``msg_id``, ``title``, ``time``, ``detail``. With ``--train``, the members file:
``event``, ``msg_id``, ``votes`` (how many judges named it; absent: 2). Nothing is learnt from it:
the clusters are the same without. Of each event's core (2 votes or more) the cluster with the
highest Jaccard index is taken.
"""

import datetime as dt
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from jiesu.cli.text import files
from jiesu.textintel.similar import terms
from jiesu.textintel.topics import Board, closeness

CORE_VOTES = 2
_NUMBERS = re.compile(r"\d+")


def evaluate(test: Path, train: Path | None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Metrics (``jaccard``: mean over the events) and each message's topic with its score."""
    rows = files.read(test, needs=["msg_id", "title|detail"])
    reference = files.read(train, needs=["event", "msg_id"]) if train else []
    topics, scores = cluster(rows)
    predictions = [
        {"predicted": topic, "score": round(score, 4)}
        for topic, score in zip(topics, scores, strict=True)
    ]
    sizes: defaultdict[int, int] = defaultdict(int)
    for topic in topics:
        sizes[topic] += 1
    metrics: dict[str, Any] = {
        "messages": len(rows),
        "topics": sum(1 for size in sizes.values() if size > 1),
        "alone": sum(1 for size in sizes.values() if size == 1),
    }
    if reference:
        metrics |= _against(reference, {r["msg_id"]: t for r, t in zip(rows, topics, strict=True)})
    return metrics, predictions


def cluster(rows: list[dict[str, str]]) -> tuple[list[int], list[float]]:
    """Each row's topic and how near it is to the topic's mean; rows are taken in by time."""
    counted = [terms.counts(r.get("title", ""), r.get("detail", "")) for r in rows]
    frequencies = terms.Counted(counted)
    vectors = [terms.vector(c, frequencies) for c in counted]
    times = [_time(r.get("time", "")) for r in rows]
    board = Board()
    earliest = dt.datetime(1, 1, 1)  # noqa: DTZ001 - as the file's times are
    for index in sorted(range(len(rows)), key=lambda i: (times[i] or earliest, i)):
        board.take_in(index, vectors[index], times[index])
    board.settle()
    topics, scores = [0] * len(rows), [0.0] * len(rows)
    for number, members in board.members.items():
        for index in members:
            topics[index] = number
            scores[index] = closeness(vectors[index], board.clusters[number])
    return topics, scores


def _against(reference: list[dict[str, str]], topic_of: dict[str, int]) -> dict[str, Any]:
    cores: defaultdict[str, set[str]] = defaultdict(set)
    for row in reference:
        if _votes(row) >= CORE_VOTES and row["msg_id"] in topic_of:
            cores[row["event"]].add(row["msg_id"])
    members: defaultdict[int, set[str]] = defaultdict(set)
    for message, topic in topic_of.items():
        members[topic].add(message)
    events = {}
    for event, core in sorted(cores.items()):
        best = max(members.values(), key=lambda found: len(core & found) / len(core | found))
        common = len(core & best)
        events[event] = {
            "jaccard": round(common / len(core | best), 4), "core": len(core),
            "topic": len(best), "common": common,
        }  # fmt: skip
    mean = sum(e["jaccard"] for e in events.values()) / len(events) if events else None
    return {"jaccard": None if mean is None else round(mean, 4), "events": events}


def _votes(row: dict[str, str]) -> int:
    text = row.get("votes", "").strip()
    return int(text) if text.isdecimal() else CORE_VOTES


def _time(text: str) -> dt.datetime | None:
    """2019/2/28 11:25:05, 2019-12-21 and the like; None for anything else."""
    numbers = [int(n) for n in _NUMBERS.findall(text[:32])][:6]
    try:
        return dt.datetime(*numbers) if len(numbers) >= 3 else None  # type: ignore[arg-type]  # noqa: DTZ001 - a file's local times
    except (ValueError, OverflowError):
        return None
