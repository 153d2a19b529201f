"""``followups``: which earlier order a follow-up speaks of, its cited number removed.

Test file: ``order_no``, ``ref_order`` (the answer), ``ref_title`` (the quoted title), ``text``.
``--train``: all orders to choose from, ``order_no`` and ``text``, ``text_noleak`` or ``title``,
``detail``; optional ``date``. Rows whose answer is not among them are predicted and not counted.
Without ``--train`` the titles quoted in the test file are all there is to choose from: easy, and
said so (``pool`` is ``quoted titles``). Predictions use title and text, whichever the file has.
"""

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jiesu.cli.text import files
from jiesu.textintel.similar.followups import Earlier, Pool, cited, is_document

_DAY = re.compile(r"(20\d\d)\D?(\d\d)\D?(\d\d)")
Ranked = list[tuple[str, float]]


def evaluate(test: Path, train: Path | None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Metrics (``recall_at_1`` and _3 by the title alone; ``with_text`` by title and own words)."""
    rows = files.read(test, needs=["order_no", "ref_order", "ref_title|text"])
    if train:
        stored = files.read(train, needs=["order_no", "text|text_noleak|detail|title"])
        pool = Pool(_order(row) for row in stored)
    else:
        quoted = {row["ref_order"]: row.get("ref_title", "") for row in rows}
        pool = Pool(Earlier(key, "", title, _day(key)) for key, title in quoted.items() if title)
    known = {order.key for order in pool.orders}
    asked = [row for row in rows if row["ref_order"] in known and _title(row)]
    asked_any = [row for row in rows if row["ref_order"] in known]
    by_title = [_rank(pool, row, with_text=False) for row in asked]
    by_all = {id(row): _rank(pool, row, with_text=True) for row in rows}
    metrics = {
        "rows": len(rows),
        "orders": len(pool.orders),
        "pool": "train" if train else "quoted titles",
        "counted": len(asked),
        **_recall(asked, by_title),
        "with_text": {
            "counted": len(asked_any), **_recall(asked_any, [by_all[id(r)] for r in asked_any]),
        },
    }  # fmt: skip
    predictions = []
    for row in rows:
        best = (by_all[id(row)] or [("", 0.0)])[0]
        predictions.append({"predicted": best[0], "score": round(best[1], 4)})
    return metrics, predictions


def _rank(pool: Pool, row: dict[str, str], *, with_text: bool) -> Ranked:
    title = _title(row)
    if with_text and is_document(title):
        title = ""  # a quoted law: only the text can tell
    return pool.rank(
        title, row.get("text", "") if with_text else "", key=row["order_no"],
        day=_day(row.get("date", "") or row["order_no"]),
    )  # fmt: skip


def _recall(rows: Sequence[dict[str, str]], ranked: Sequence[Ranked]) -> dict[str, float | None]:
    def within(most: int) -> float | None:
        if not rows:
            return None
        pairs = zip(rows, ranked, strict=True)
        right = sum(row["ref_order"] in [key for key, _ in found[:most]] for row, found in pairs)
        return round(right / len(rows), 4)

    return {"recall_at_1": within(1), "recall_at_3": within(3)}


def _title(row: dict[str, str]) -> str:
    return row.get("ref_title", "").strip() or next(iter(cited(row.get("text", "")).titles), "")


def _order(row: dict[str, str]) -> Earlier:
    text = row.get("text") or row.get("text_noleak") or row.get("detail", "")
    day = _day(row.get("date", "") or row["order_no"])
    return Earlier(row["order_no"], text, row.get("title", ""), day)


def _day(text: str) -> int:
    """The ordinal of a day written first in a date or an order number; 0 if there is none."""
    found = _DAY.match(text.strip())
    try:
        return dt.date(*map(int, found.groups())).toordinal() if found else 0
    except ValueError:
        return 0
