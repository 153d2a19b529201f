"""What speaks for the order that a follow-up means, learned from follow-ups that repeat its text.

    JIESU_DATA=../shared/data python -m bench.text.followups

Follow-ups whose order is not among ``orders_dev.csv`` mostly repeat its text after 工单内容. These
texts join the orders as the ones looked for (without the routing sentence, as the others are), so
that the rows `jiesu text evaluate followups` counts are in no training. Fitted by the softmax over
the closest earlier orders; every fifth row, by its number, is held out. Prints the weights of
``textintel.similar.followups.WEIGHTS`` and how often the right order comes first. The third weight
(speaks of an earlier order itself) is set by hand: a text taken from 工单内容 never shows it.
"""

import csv
import datetime as dt
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

from jiesu.textintel.similar.followups import WEIGHTS, Earlier, Pool

_TOLD = re.compile(r"工单内容[:：]?\s*(.{15,}?)(?:[（(]请职能|$)", re.S)
_ROUTING = re.compile(r"请[^，。]{1,12}(?:核实处理|核实|处理)[，。！!]*(?:谢谢[！!。]*)?\s*$")
_CLOSEST = 300  # orders of most shared rarity, of each question
_STEPS, _RATE = 200, 0.1


def main() -> None:
    """Learn and print."""
    folder = Path(os.environ.get("JIESU_DATA", "../shared/data")) / "haikou12345"
    orders = _read(folder / "orders_dev.csv")
    known = {row["order_no"] for row in orders}
    rows = [
        row | {"told": _ROUTING.sub("", found.group(1))}
        for row in _read(folder / "followups.csv")
        if row["ref_title"] and row["ref_order"] not in known and _day(row["ref_order"])
        and (found := _TOLD.search(row["text"]))
    ]  # fmt: skip
    told = {row["ref_order"]: row["told"] for row in rows}
    told |= {row["order_no"]: row["text_noleak"] for row in orders}
    pool = Pool(Earlier(number, text, day=_day(number)) for number, text in told.items())
    asked = [(int(row["order_no"]) % 5 == 0, _matrix(pool, row)) for row in rows]
    learning = [pair for held_out, pair in asked if not held_out]
    held_out = [pair for held_out, pair in asked if held_out]
    weights = _fit([pair for pair in learning if pair[1] >= 0])
    print(json.dumps({
        "learning": len(learning), "held_out": len(held_out), "weights": weights.round(2).tolist(),
        "first": _first(held_out, weights), "first_as_shipped": _first(held_out, np.array(WEIGHTS)),
    }))  # fmt: skip


def _matrix(pool: Pool, row: dict[str, str]) -> tuple[Any, int]:
    """What speaks for each of the closest orders; the row of the right one, -1 without it."""
    number = row["order_no"]
    _, evidence = pool.evidence(row["ref_title"], "", key=number, day=_day(number))
    closest = sorted(evidence, key=lambda i: np.dot(WEIGHTS, evidence[i]), reverse=True)[:_CLOSEST]
    keys = [pool.orders[i].key for i in closest]
    right = keys.index(row["ref_order"]) if row["ref_order"] in keys else -1
    return np.array([evidence[i] for i in closest]).reshape(-1, 3), right


def _fit(asked: list[tuple[Any, int]]) -> Any:
    weights, mean, square = np.array([0.2, 1.0, WEIGHTS[2]]), np.zeros(3), np.zeros(3)
    for step in range(1, _STEPS + 1):  # Adam
        gradient = np.zeros(3)
        for spoken, right in asked:
            odds = spoken @ weights
            chance = np.exp(odds - odds.max())
            gradient += spoken[right] - chance / chance.sum() @ spoken
        gradient = np.array([*gradient[:2] / len(asked), 0.0])
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.99 * square + 0.01 * gradient**2
        weights += _RATE * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights


def _first(asked: list[tuple[Any, int]], weights: Any) -> float:
    right = sum(at >= 0 and int(np.argmax(spoken @ weights)) == at for spoken, at in asked)
    return round(right / len(asked), 4)


def _day(text: str) -> int:
    try:
        return dt.datetime.strptime(text.replace("-", "")[:8], "%Y%m%d").toordinal()  # noqa: DTZ007
    except ValueError:
        return 0


def _read(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
