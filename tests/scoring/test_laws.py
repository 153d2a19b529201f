"""Laws of scoring, for any facts whatever."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scoring.rows import closed, duty, facts, on

from jiesu.deadlines.kinds import ClockKind
from jiesu.scoring import facts as kept
from jiesu.scoring import schemes
from jiesu.scoring.computing import (
    Inputs,
    LeftOut,
    Subject,
    UnitResult,
    canonical,
    compute,
    rows_behind,
)
from jiesu.scoring.definitions import Definition, Part
from jiesu.scoring.facts import KINDS, End, Facts, Outcome, Sheet, Solved
from jiesu.scoring.indicators import INDICATORS
from jiesu.scoring.points import Loss, LossKind, Step, earned, rate, spread, wilson

UNITS = (1, 2, 3)
MOMENTS = st.integers(on(1), on(31))
MAYBE = st.one_of(st.just(0), MOMENTS)
FLAG = st.integers(0, 1)
DUTIES = st.lists(
    st.fixed_dictionaries(
        {
            "subject": st.sampled_from(UNITS), "appeal": st.integers(1, 40),
            "kind": st.sampled_from(sorted(KINDS.values())), "due": MOMENTS, "done": MAYBE,
            "end": st.sampled_from(list(End)), "ended": MAYBE, "paused": FLAG, "owes_reply": FLAG,
            "replied": MAYBE, "not_contacted": FLAG, "returns": FLAG, "refused": FLAG,
        }
    ),
    max_size=30,
)  # fmt: skip
CLOSED = st.lists(
    st.fixed_dictionaries(
        {
            "subject": st.sampled_from(UNITS), "appeal": st.integers(1, 40), "closed": MOMENTS,
            "outcome": st.sampled_from(list(Outcome)), "satisfaction": st.integers(0, 5),
            "solved": st.sampled_from(list(Solved)), "redo": st.integers(0, 2),
            "is_repeat": FLAG, "repeated": MAYBE,
        }
    ),
    max_size=30,
)  # fmt: skip
CODES = [code for code in INDICATORS if code != "direct"]
ALL_OF_THEM = Definition(
    full=Decimal(110), parts=tuple(Part(code, Decimal(10)) for code in CODES),
    kinds=("department",), levels=("city",), least_orders=1,
)  # fmt: skip
SUBJECTS = tuple(Subject(unit, f"单位{unit}", "department", "city") for unit in UNITS)
INPUTS = Inputs(ALL_OF_THEM, SUBJECTS)


def by_unit(sheets: Facts, inputs: Inputs = INPUTS) -> dict[int, UnitResult]:
    return {one.subject: one for one in compute(sheets, inputs)}


@given(DUTIES, st.data())
def test_an_order_closed_later_never_raises_a_rate(
    duties: list[dict[str, Any]], data: st.DataObject
) -> None:
    closings = [place for place, row in enumerate(duties) if row["done"]]
    if not closings:
        return
    chosen = data.draw(st.sampled_from(closings))
    later = [dict(row) for row in duties]
    # the unit is late by so much; what ended it, or answered it, comes no earlier than before
    later[chosen]["done"] += data.draw(st.integers(1, 30 * 86_400_000_000))
    moved = later[chosen]
    if moved["ended"]:
        moved["ended"] = max(moved["ended"], moved["done"]) if moved["end"] != End.LIVE else 0

    before, after = by_unit(facts(duties=duties)), by_unit(facts(duties=later))

    for unit in UNITS:
        for old, new in zip(before[unit].measures, after[unit].measures, strict=True):
            if old.code in ("opened", "signed", "responded", "closed_in_time", "replied"):
                was = rate(old.numerator, old.denominator)
                now = rate(new.numerator, new.denominator)
                assert was is None or (now is not None and now <= was)


@given(DUTIES, CLOSED, st.sampled_from(UNITS), st.integers(1, 40), st.sampled_from(CODES))
def test_leaving_an_order_out_changes_no_other_units_rates_and_points(
    duties: Any, closings: Any, unit: int, appeal: int, code: str
) -> None:
    sheets = facts(duties=duties, closings=closings)

    before = by_unit(sheets)
    after = by_unit(sheets, Inputs(ALL_OF_THEM, SUBJECTS, (LeftOut(unit, appeal, (code,)),)))

    for other in set(UNITS) - {unit}:
        assert before[other].measures == after[other].measures
        assert before[other].total == after[other].total
    for old, new in zip(before[unit].measures, after[unit].measures, strict=True):
        if old.code != code:
            assert (old.numerator, old.denominator) == (new.numerator, new.denominator)


@given(DUTIES, CLOSED)
def test_the_drill_downs_sum_to_numerator_denominator_and_what_was_left_out(
    duties: Any, closings: Any
) -> None:
    sheets = facts(duties=duties, closings=closings)

    for one in by_unit(sheets).values():
        for measure in one.measures:
            rows, judged, bad = rows_behind(sheets, INPUTS, measure.code, one.subject)
            assert int(judged.met.sum()) == measure.numerator
            assert int(judged.counts.sum()) == measure.denominator
            assert int((judged.why > 0).sum()) == sum(measure.left_out.values())
            lower = INDICATORS[measure.code].lower_is_better
            cost = measure.numerator if lower else measure.denominator - measure.numerator
            assert int(bad.sum()) == cost
            assert set(rows["subject"]) <= {one.subject}


@given(st.lists(st.tuples(st.fractions(0, 100), st.booleans()), min_size=1, max_size=8))
def test_weights_without_a_value_are_spread_over_the_others_and_the_sum_stays(
    parts: list[tuple[Fraction, bool]],
) -> None:
    weights, has = [w for w, _ in parts], [h for _, h in parts]

    spread_out = spread(weights, has)

    if any(w > 0 and h for w, h in parts):
        assert sum(spread_out) == sum(weights)
        assert all(new >= old for new, old, h in zip(spread_out, weights, has, strict=True) if h)
    assert all(not new for new, h in zip(spread_out, has, strict=True) if not h)


LOSSES = st.one_of(
    st.builds(Loss, st.just(LossKind.PER_POINT), st.decimals("0.1", 5, places=1),
              st.sampled_from(list(Step))),
    st.just(Loss(LossKind.PROPORTIONAL)),
    st.just(Loss(LossKind.BANDS, bands=((Decimal(95), Decimal(100)), (Decimal(80), Decimal(60))))),
)  # fmt: skip


@given(
    st.fractions(0, 100), st.fractions(0, 100), st.fractions(0, 100), st.fractions(0, 50), LOSSES
)
def test_points_lie_between_nothing_and_the_weight_and_a_better_rate_never_earns_less(
    one: Fraction, other: Fraction, target: Fraction, weight: Fraction, loss: Loss
) -> None:
    worse, better = sorted((one, other))

    low = earned(worse, weight, target, loss, lower_is_better=False)
    high = earned(better, weight, target, loss, lower_is_better=False)

    assert 0 <= low <= high <= weight
    if loss.kind is not LossKind.BANDS:
        assert earned(better, weight, target, loss, lower_is_better=True) <= earned(
            worse, weight, target, loss, lower_is_better=True
        )


@given(st.integers(1, 5000), st.data())
def test_the_interval_holds_the_rate_and_narrows_with_more_orders(
    count: int, data: st.DataObject
) -> None:
    good = data.draw(st.integers(0, count))

    few, many = wilson(good, count), wilson(good * 4, count * 4)

    assert few is not None
    assert many is not None
    share = Decimal(100 * good) / count
    assert few[0] - Decimal("0.01") <= share <= few[1] + Decimal("0.01")
    assert many[1] - many[0] <= few[1] - few[0]
    assert wilson(0, 0) is None


@given(DUTIES, CLOSED, st.randoms())
@settings(max_examples=50)
def test_the_same_facts_in_any_order_give_the_same_bytes_also_after_being_kept(
    duties: Any, closings: Any, random: Any
) -> None:
    sheets = facts(duties=duties, closings=closings)
    shuffled = [list(duties), list(closings)]
    for rows in shuffled:
        random.shuffle(rows)
    again = facts(duties=shuffled[0], closings=shuffled[1])
    back = Facts(
        {
            sheet: kept.unpack(sheet, block.rows, block.data)
            for block in kept.blocks(sheets)
            for sheet in [Sheet(block.sheet)]
        }
    )

    bytes_ = canonical(compute(sheets, INPUTS))

    assert canonical(compute(again, INPUTS)) == bytes_
    assert canonical(compute(back, INPUTS)) == bytes_


def test_thirds_of_a_spread_weight_add_up_to_the_whole() -> None:
    rows = [duty(n, kind=kind, done=on(9), replied=on(9)) for n, kind in enumerate(
        (ClockKind.OPEN, ClockKind.HANDLE)
    )]  # fmt: skip
    _, four = schemes.shipped()["1_fujian_departments"]
    (without, *_), (with_it, *_) = (
        compute(facts(duties=rows, closings=closings), Inputs(four, SUBJECTS))
        for closings in ([], [closed(7)])
    )

    assert [m.points for m in without.measures][:3] == [Decimal("33.33")] * 3
    assert without.total == with_it.total == Decimal("100.00")


@pytest.mark.parametrize("orders", [1, 9])
def test_a_unit_with_few_orders_is_shown_and_not_ranked(orders: int) -> None:
    definition = Definition(
        full=Decimal(100), parts=(Part("closed_in_time", Decimal(100)),), kinds=("department",),
        levels=("city",), least_orders=10,
    )  # fmt: skip
    rows = [duty(n, subject=1, done=on(9)) for n in range(orders)]
    rows += [duty(100 + n, subject=2, done=on(9 if n else 11)) for n in range(30)]

    small, large, idle = compute(facts(duties=rows), Inputs(definition, SUBJECTS))

    assert small.total == Decimal(100)
    assert small.rank is None
    assert small.measures[0].low is not None
    assert small.measures[0].low < Decimal(71)
    assert large.rank == 1
    assert (idle.total, idle.rank) == (None, None)
