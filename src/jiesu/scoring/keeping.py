"""Keeping and reading what a score is made of: facts in blocks, inputs and results in revisions."""

import datetime as dt
import zlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from jiesu.foundation.crypto import sm3
from jiesu.scoring import facts as sheets
from jiesu.scoring.computing import (
    FaultPoint,
    Inputs,
    LeftOut,
    Subject,
    UnitResult,
    as_json,
    canonical,
    compute,
)
from jiesu.scoring.definitions import from_json, to_json
from jiesu.scoring.facts import Facts, Sheet
from jiesu.scoring.indicators import Why
from jiesu.scoring.models import FactBlock, Period, Revision, UnitScore
from jiesu.scoring.summarising import summary

BATCH = 500


def keep_facts(period: Period, facts: Facts) -> str:
    """Replace a period's facts; gives their hash. Call it in a transaction."""
    FactBlock.objects.filter(period=period).delete()
    for block in sheets.blocks(facts):
        FactBlock.objects.create(
            period=period, sheet=block.sheet, number=block.number, rows=block.rows,
            first_subject=block.first_subject, last_subject=block.last_subject, data=block.data,
        )  # fmt: skip
    return facts_hash(facts)


def facts_hash(facts: Facts) -> str:
    """The SM3 over all rows, column by column; compression plays no part in it."""
    digests = [
        sm3(facts[sheet][name].tobytes()) for sheet in Sheet for name, _ in sheets.COLUMNS[sheet]
    ]
    return sm3(b"".join(digests)).hex()


def read_facts(period: Period) -> Facts:
    """All facts of a period."""
    return _read(FactBlock.objects.filter(period=period))


def read_facts_of(period: Period, subject: int) -> Facts:
    """One unit's facts: a block or two of each sheet; one statement."""
    blocks = FactBlock.objects.filter(
        period=period, first_subject__lte=subject, last_subject__gte=subject
    )
    return _read(blocks).of(subject)


def _read(blocks: QuerySet[FactBlock]) -> Facts:
    import numpy as np

    found: dict[Sheet, list[sheets.Rows]] = {}
    for block in blocks.order_by("sheet", "number").iterator(chunk_size=4):
        sheet = Sheet(block.sheet)
        found.setdefault(sheet, []).append(sheets.unpack(sheet, block.rows, bytes(block.data)))
    return Facts({sheet: np.concatenate(parts) for sheet, parts in found.items()})


# --- inputs ---------------------------------------------------------------------------------------


def inputs_json(inputs: Inputs) -> dict[str, Any]:
    """Inputs as a revision keeps them, field by field."""
    return {
        "definition": to_json(inputs.definition),
        "left_out": [
            [one.subject, one.appeal, list(one.indicators), int(one.why)] for one in inputs.left_out
        ],
        "inputs": {
            "subjects": [
                [s.id, s.name, s.kind, s.level, s.group, s.ranked] for s in inputs.subjects
            ],
            "faults": [[f.id, f.subject, f.kind] for f in inputs.faults],
            "previous": {str(unit): rank for unit, rank in sorted(inputs.previous.items())},
        },
    }


def inputs_of(revision: Revision) -> Inputs:
    """All the inputs of a revision."""
    kept = revision.inputs
    return Inputs(
        from_json(revision.definition),
        tuple(Subject(*one) for one in kept["subjects"]),
        _left_out(revision.left_out),
        tuple(FaultPoint(*one) for one in kept["faults"]),
        {int(unit): rank for unit, rank in kept["previous"].items()},
    )


def rules_of(revision: Revision) -> Inputs:
    """What one unit's rows are judged by: the scheme and what is left out, no other unit."""
    return Inputs(from_json(revision.definition), (), _left_out(revision.left_out))


def _left_out(kept: list[Any]) -> tuple[LeftOut, ...]:
    return tuple(LeftOut(s, a, tuple(codes), Why(why)) for s, a, codes, why in kept)


# --- revisions ------------------------------------------------------------------------------------


def keep_revision(
    period: Period, number: int, facts: Facts, inputs: Inputs, results: Sequence[UnitResult], *,
    facts_hash: str, taken_at: dt.datetime, at: dt.datetime, by: str, reason: str = "",
    published_at: dt.datetime | None = None,
) -> Revision:  # fmt: skip
    """Store one computation and every unit's score in it. Call it in a transaction."""
    result = canonical(results)
    revision, _ = Revision.objects.update_or_create(
        period=period, number=number,
        defaults={
            "taken_at": taken_at, "made_at": at, "made_by": by, "reason": reason,
            **inputs_json(inputs), "facts_hash": facts_hash, "facts_rows": facts.rows,
            "result": zlib.compress(result, 6), "result_hash": sm3(result).hex(),
            "published_at": published_at, "summary": summary(results, inputs.definition),
        },
    )  # fmt: skip
    UnitScore.objects.filter(revision=revision).delete()
    UnitScore.objects.bulk_create(_scores(revision, results), batch_size=BATCH)
    return revision


def _scores(revision: Revision, results: Iterable[UnitResult]) -> Iterable[UnitScore]:
    for one in results:
        said = as_json(one)
        yield UnitScore(
            revision=revision, unit_id=one.subject, unit_name=one.name, group=one.group,
            orders=one.orders, total=one.total, rank=one.rank, ranked_of=one.of, board=one.board,
            moved=one.moved, fault_points=one.fault_points or Decimal(), faults=said["faults"],
            measures=said["measures"],
        )  # fmt: skip


def result_of(revision: Revision) -> bytes:
    """The canonical bytes as kept."""
    return zlib.decompress(bytes(revision.result))


def replay(revision: Revision) -> bytes:
    """The canonical bytes, computed anew from the kept facts and inputs and nothing else."""
    return canonical(compute(read_facts(revision.period), inputs_of(revision)))
