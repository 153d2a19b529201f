"""From frozen inputs to scores: pure, and the same inputs give the same bytes.

``compute`` judges every row, counts per unit, turns rates into points, ranks within groups. A
result is kept as canonical JSON (sorted keys, decimals as text, units by id).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import orjson

from jiesu.scoring import ranking
from jiesu.scoring.definitions import Definition, Part
from jiesu.scoring.facts import Facts, Rows
from jiesu.scoring.indicators import INDICATORS, Judged, Mask, Why, bad_rows
from jiesu.scoring.points import CENT, cents, earned, rate, spread, wilson


@dataclass(frozen=True)
class Subject:
    """A unit that is scored, as it was at the end of the period.

    ``group`` and ``ranked`` None: not yet known. Both stay as the raw score has them.
    """

    id: int
    name: str
    kind: str
    level: str
    group: str | None = None
    ranked: bool | None = None


@dataclass(frozen=True)
class LeftOut:
    """An order that does not count for one unit; no ``indicators`` = for none of them."""

    subject: int
    appeal: int
    indicators: tuple[str, ...] = ()
    why: Why = Why.GRANTED


@dataclass(frozen=True)
class FaultPoint:
    """One registered fault of a unit."""

    id: int
    subject: int
    kind: str


@dataclass(frozen=True)
class Inputs:
    """Everything a score is made of besides the facts."""

    definition: Definition
    subjects: tuple[Subject, ...]
    left_out: tuple[LeftOut, ...] = ()
    faults: tuple[FaultPoint, ...] = ()
    previous: Mapping[int, int] = field(default_factory=dict)  # ranks of the period before


@dataclass(frozen=True)
class Count:
    """What was counted of one unit under one indicator."""

    numerator: int = 0
    denominator: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)  # by the number of its ``Why``


@dataclass(frozen=True)
class Measure:
    """One indicator of one unit. ``points`` None: no value, its weight went to the others."""

    code: str
    numerator: int
    denominator: int
    left_out: Mapping[str, int]  # by the number of its ``Why``
    rate: Decimal | None
    low: Decimal | None
    high: Decimal | None
    weight: Decimal
    points: Decimal | None


@dataclass(frozen=True)
class UnitResult:
    """One unit's score; ``total`` None: nothing was due, there is no score."""

    subject: int
    name: str
    group: str
    orders: int
    measures: tuple[Measure, ...]
    faults: tuple[int, ...]
    fault_points: Decimal
    total: Decimal | None
    rank: int | None = None
    of: int = 0
    board: str = ""  # red, black or neither
    moved: int | None = None  # places gained against the period before


def judge(facts: Facts, inputs: Inputs) -> dict[str, Judged]:
    """The verdict on every row under the scheme, with what was left out left out."""
    judged = {}
    for code in inputs.definition.codes:
        indicator = INDICATORS[code]
        rows = facts[indicator.sheet]
        verdict = indicator.judge(rows, inputs.definition.rules)
        for why in (Why.GRANTED, Why.REMEDIED):
            wanted = [
                one for one in inputs.left_out
                if one.why is why and (not one.indicators or code in one.indicators)
            ]  # fmt: skip
            if wanted:
                verdict = verdict.without(_rows_of(rows, wanted), why)
        judged[code] = verdict
    return judged


def _rows_of(rows: Rows, wanted: Iterable[LeftOut]) -> Mask:
    """The rows of these orders at these units; nobody else's."""
    import numpy as np

    pairs = {(one.subject, one.appeal) for one in wanted}
    mask = np.isin(rows["appeal"], np.array(sorted({a for _, a in pairs}), np.int64))
    for place in np.flatnonzero(mask):
        row = rows[place]
        mask[place] = (int(row["subject"]), int(row["appeal"])) in pairs
    return mask


def compute(facts: Facts, inputs: Inputs) -> list[UnitResult]:
    """The score of every unit, by id; ranked within groups."""
    subjects = sorted(inputs.subjects, key=lambda one: one.id)
    judged = judge(facts, inputs)
    counted = _Counted(facts, judged, [one.id for one in subjects])
    faults: dict[int, list[int]] = {}
    for fault in sorted(inputs.faults, key=lambda one: one.id):
        faults.setdefault(fault.subject, []).append(fault.id)
    results = []
    for place, subject in enumerate(subjects):
        group, orders = subject.group, int(counted.orders[place])
        if group is None:
            group = inputs.definition.group_of(subject.kind, subject.level, orders)
        counts = [counted.of(part.indicator, place) for part in inputs.definition.parts]
        mine = faults.get(subject.id, [])
        results.append(score(subject, group, orders, counts, inputs.definition, mine))
    ranked = {one.id: one.ranked for one in subjects if one.ranked is not None}
    return ranking.rank(results, inputs.definition, inputs.previous, ranked)


class _Counted:
    """Numerators, denominators, exclusions and orders per unit, all units at once."""

    def __init__(self, facts: Facts, judged: Mapping[str, Judged], ids: Sequence[int]) -> None:
        import numpy as np  # here: whoever only reads a score does not load it

        known = np.array(ids, np.int64)
        self.numerator: dict[str, Any] = {}
        self.denominator: dict[str, Any] = {}
        self.left_out: dict[str, dict[int, Any]] = {}
        seen = []
        for code, verdict in judged.items():
            rows = facts[INDICATORS[code].sheet]
            place = np.searchsorted(known, rows["subject"])
            ours = np.zeros(len(rows), bool)
            if len(known):
                place = np.minimum(place, len(known) - 1)
                ours = known[place] == rows["subject"]

            def count(mask: Mask, place: Any = place, ours: Mask = ours) -> Any:
                return np.bincount(place[mask & ours], minlength=len(known))

            self.numerator[code] = count(verdict.met)
            self.denominator[code] = count(verdict.counts)
            self.left_out[code] = {
                int(why): count(verdict.why == why)
                for why in Why
                if why and (verdict.why == why).any()
            }
            counted = verdict.counts & ours
            pairs = np.empty(int(counted.sum()), [("place", "<i8"), ("appeal", "<i8")])
            pairs["place"], pairs["appeal"] = place[counted], rows["appeal"][counted]
            seen.append(pairs)
        together = np.unique(np.concatenate(seen)) if seen else np.empty(0, [("place", "<i8")])
        self.orders = np.bincount(together["place"], minlength=len(known))

    def of(self, code: str, place: int) -> Count:
        """One unit's count under one indicator."""
        left_out = {
            str(why): int(by_unit[place])
            for why, by_unit in self.left_out[code].items()
            if by_unit[place]
        }
        return Count(int(self.numerator[code][place]), int(self.denominator[code][place]), left_out)


def score(
    subject: Subject, group: str, orders: int, counts: Sequence[Count], definition: Definition,
    faults: Sequence[int],
) -> UnitResult:  # fmt: skip
    """One unit's score, not yet ranked; ``counts`` in the order of the scheme's indicators."""
    parts = definition.parts
    rates = [rate(one.numerator, one.denominator) for one in counts]
    weights = spread([Fraction(p.weight) for p in parts], [r is not None for r in rates])
    won = [
        None if reached is None else _earned(part, reached, weight)
        for part, reached, weight in zip(parts, rates, weights, strict=True)
    ]
    measures = []
    for part, count, reached, weight, points in zip(
        parts, counts, rates, weights, won, strict=True
    ):
        low, high = wilson(count.numerator, count.denominator) or (None, None)
        measures.append(
            Measure(
                part.indicator, count.numerator, count.denominator, count.left_out,
                None if reached is None else cents(reached), low, high, cents(weight),
                None if points is None else cents(points),
            )
        )  # fmt: skip
    lost = definition.fault_each * len(faults)
    if definition.fault_most is not None:
        lost = min(lost, definition.fault_most)
    scored = [points for points in won if points is not None]
    total = None
    if scored:  # exact, rounded once: three thirds are the whole
        total = cents(max(sum(scored, Fraction()) - Fraction(lost), Fraction()))
    return UnitResult(
        subject.id, subject.name, group, orders, tuple(measures),
        tuple(faults), lost.quantize(CENT), total,
    )  # fmt: skip


def _earned(part: Part, reached: Fraction, weight: Fraction) -> Fraction:
    lower = INDICATORS[part.indicator].lower_is_better
    return earned(reached, weight, Fraction(part.target), part.loss, lower_is_better=lower)


def canonical(results: Sequence[UnitResult]) -> bytes:
    """The results as bytes: the same results give the same bytes."""
    return orjson.dumps(
        [as_json(one) for one in sorted(results, key=lambda one: one.subject)],
        option=orjson.OPT_SORT_KEYS,
    )


def as_json(result: UnitResult) -> dict[str, Any]:
    """One unit's result, decimals as text."""
    return {
        "unit": result.subject, "name": result.name, "group": result.group,
        "orders": result.orders, "measures": [measure_json(m) for m in result.measures],
        "faults": list(result.faults), "fault_points": str(result.fault_points),
        "total": _text(result.total), "rank": result.rank, "of": result.of,
        "board": result.board, "moved": result.moved,
    }  # fmt: skip


def measure_json(measure: Measure) -> dict[str, Any]:
    """One measure, decimals as text."""
    return {
        "code": measure.code, "num": measure.numerator, "den": measure.denominator,
        "left_out": dict(measure.left_out), "rate": _text(measure.rate), "low": _text(measure.low),
        "high": _text(measure.high), "weight": str(measure.weight),
        "points": _text(measure.points),
    }  # fmt: skip


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def rows_behind(facts: Facts, inputs: Inputs, code: str, subject: int) -> tuple[Rows, Judged, Mask]:
    """The rows of one unit under one indicator: all of them, the verdict, and which cost points."""
    mine = facts.of(subject)
    verdict = judge(mine, inputs)[code]
    indicator = INDICATORS[code]
    return mine[indicator.sheet], verdict, bad_rows(indicator, verdict)
