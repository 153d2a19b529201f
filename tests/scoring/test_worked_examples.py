"""The shipped schemes, each against a hand calculation to the cent (docs/scoring.md)."""

from decimal import Decimal
from typing import Any

import pytest
from tests.scoring.rows import closed, facts, some_duties

from jiesu.deadlines.kinds import ClockKind
from jiesu.scoring import definitions, schemes
from jiesu.scoring.computing import FaultPoint, Inputs, Subject, UnitResult, compute
from jiesu.scoring.facts import Solved
from jiesu.scoring.points import LossKind

UNIT = (Subject(1, "某单位", "department", "city"),)
D = Decimal


def points(result: UnitResult) -> dict[str, Decimal | None]:
    return {m.code: m.points for m in result.measures}


def score(key: str, faults: int = 0, **sheets: Any) -> UnitResult:
    _, definition = schemes.shipped()[key]
    registered = tuple(FaultPoint(n, 1, "other") for n in range(faults))
    (result,) = compute(facts(**sheets), Inputs(definition, UNIT, faults=registered))
    return result


def rated(satisfied: int, of: int, solved: int = 0) -> list[dict[str, Any]]:
    return [
        closed(
            500_000_000 + n, satisfaction=4 if n < satisfied else 2,
            solved=Solved.YES if n < solved else Solved.NO,
        )
        for n in range(of)
    ]  # fmt: skip


def handled(kept: int, missed: int, replied: int) -> list[dict[str, Any]]:
    """Orders due, of which so many were really replied to."""
    rows = some_duties(kept, missed, ClockKind.HANDLE)
    for place, row in enumerate(rows):
        row["replied"] = row["done"] if place < replied else 0
    return rows


def test_the_fujian_departments_four_rates_lose_half_a_point_per_point_and_per_fault() -> None:
    result = score(
        "1_fujian_departments", faults=2,
        duties=[*some_duties(196, 4, ClockKind.OPEN), *handled(187, 13, 190)],
        closings=rated(141, 157),
    )  # fmt: skip

    assert points(result) == {
        "opened": D("24.00"), "closed_in_time": D("21.75"), "replied": D("22.50"),
        "satisfied": D("22.40"),
    }  # fmt: skip
    assert result.fault_points == D("1.00")
    assert result.total == D("89.65")


def test_the_cities_indicator_is_fifteen_points_lost_in_four_ways() -> None:
    result = score(
        "2_cities_15", faults=1,
        duties=[*some_duties(970, 30, ClockKind.OPEN), *handled(958, 42, 985)],
        closings=rated(913, 1000),
    )  # fmt: skip

    assert points(result) == {
        "opened": D("2.70"), "closed_in_time": D("3.00"), "replied": D("2.96"),
        "satisfied": D("3.20"),
    }  # fmt: skip
    assert result.total == D("11.66")


def test_the_three_rates_are_their_share_of_the_weight() -> None:
    result = score(
        "3_three_rates",
        duties=[*some_duties(488, 12, ClockKind.CONTACT), *some_duties(473, 27, ClockKind.HANDLE)],
        closings=rated(301, 350),
    )

    assert points(result) == {
        "responded": D("29.28"), "closed_in_time": D("37.84"), "satisfied": D("25.80"),
    }  # fmt: skip
    assert result.total == D("92.92")


def test_without_any_rating_its_weight_goes_to_the_other_two_and_never_counts_as_full() -> None:
    result = score(
        "3_three_rates",
        duties=[*some_duties(488, 12, ClockKind.CONTACT), *some_duties(473, 27, ClockKind.HANDLE)],
    )

    assert points(result) == {
        "responded": D("41.83"), "closed_in_time": D("54.06"), "satisfied": None,
    }  # fmt: skip
    assert [m.weight for m in result.measures] == [D("42.86"), D("57.14"), D("0.00")]
    assert result.total == D("95.89")


def test_beijings_ten_forty_five_forty_five() -> None:
    result = score(
        "4_beijing_10_45_45", duties=some_duties(99, 1, ClockKind.CONTACT),
        closings=rated(80, 93, solved=71),
    )  # fmt: skip

    assert points(result) == {
        "responded": D("9.90"), "solved": D("34.35"), "satisfied": D("38.71"),
    }  # fmt: skip
    assert result.total == D("82.96")


@pytest.mark.parametrize("key", sorted(schemes.shipped()))
def test_every_shipped_scheme_is_a_scheme_and_survives_being_kept(key: str) -> None:
    name, definition = schemes.shipped()[key]

    definitions.check(definition)

    assert name
    assert definitions.from_json(definitions.to_json(definition)) == definition
    assert all(p.loss.kind in LossKind for p in definition.parts)
