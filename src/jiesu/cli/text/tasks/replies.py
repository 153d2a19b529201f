"""``replies``: which defects a reply has. Needs no training file."""

from pathlib import Path
from typing import Any

from jiesu.cli.text import files
from jiesu.cli.text.tasks import Evaluated
from jiesu.textintel.replies import Defect, check_reply

MEASURED = tuple(Defect)[:8]


def evaluate(test: Path, train: Path | None) -> Evaluated:
    """Columns ``reply``; ``title``, ``detail``; a 0/1 column per defect and ``overall`` (0–4), as
    far as there are. A row whose cell is empty is not counted for that defect."""
    rows = files.read(test, needs=["reply"])
    verdicts = [
        check_reply(row["reply"], title=row.get("title", ""), detail=row.get("detail", ""))
        for row in rows
    ]
    told = [
        {
            "predicted": "|".join(verdict.defects),
            "score": verdict.score,
            **{defect.value: int(defect in verdict.defects) for defect in MEASURED},
        }
        for verdict in verdicts
    ]
    metrics: dict[str, Any] = {"rows": len(rows)}
    scores: dict[str, float] = {}
    for defect in MEASURED:
        pairs = [
            (row[defect.value].strip() in ("1", "1.0"), bool(one[defect.value]))
            for row, one in zip(rows, told, strict=True)
            if row.get(defect.value, "").strip()
        ]
        if any(gold or said for gold, said in pairs):
            hit = sum(gold and said for gold, said in pairs)
            scores[defect.value] = round(2 * hit / sum(g + s for g, s in pairs), 4)
    if scores:
        metrics |= {"macro_f1": round(sum(scores.values()) / len(scores), 4), "f1": scores}
    overall = [
        (float(row["overall"]), verdict.score)
        for row, verdict in zip(rows, verdicts, strict=True)
        if row.get("overall", "").strip().replace(".", "", 1).isdigit()
    ]
    if overall:
        metrics["overall_mean_error"] = round(
            sum(abs(gold - said) for gold, said in overall) / len(overall), 4
        )
        metrics["overall_within_1"] = round(
            sum(abs(gold - said) <= 1 for gold, said in overall) / len(overall), 4
        )
    return metrics, told
