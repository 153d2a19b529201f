"""How a rate becomes points: exact fractions, rounded to the cent, half up, only to be shown.

Fractions inside, so that neither thirds nor the order of adding matters.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

CENT = Decimal("0.01")
Z95 = 1.959963984540054  # two-sided 95 %


class LossKind(StrEnum):
    """How points are lost."""

    PER_POINT = "per_point"  # so much for every percentage point short of the target
    PROPORTIONAL = "proportional"  # the weight times the share of the target that was reached
    BANDS = "bands"  # a share of the weight by the band in which the rate lies


class Step(StrEnum):
    """What a part of a percentage point costs."""

    LINEAR = "linear"
    FLOOR = "floor"  # whole points only


@dataclass(frozen=True)
class Loss:
    """How one indicator loses points; ``bands`` are (limit in %, share of the weight in %)."""

    kind: LossKind = LossKind.PER_POINT
    each: Decimal = Decimal("0.5")
    step: Step = Step.LINEAR
    bands: tuple[tuple[Decimal, Decimal], ...] = ()


def cents(value: Fraction) -> Decimal:
    """A value of 0 or more, rounded to the cent, half up."""
    return Decimal(math.floor(value * 100 + Fraction(1, 2))).scaleb(-2)


def rate(numerator: int, denominator: int) -> Fraction | None:
    """The rate in percent; None where nothing was due: never 100."""
    return Fraction(100 * numerator, denominator) if denominator else None


def spread(weights: Sequence[Fraction], has_value: Sequence[bool]) -> list[Fraction]:
    """The weights of indicators without a value, spread over the others in their proportion.

    The sum stays; all zero where nothing has a value.
    """
    kept = sum((w for w, has in zip(weights, has_value, strict=True) if has), Fraction())
    if not kept:
        return [Fraction()] * len(weights)
    full = sum(weights, Fraction())
    return [
        w * full / kept if has else Fraction() for w, has in zip(weights, has_value, strict=True)
    ]


def earned(
    reached: Fraction, weight: Fraction, target: Fraction, loss: Loss, *, lower_is_better: bool
) -> Fraction:
    """The points of one indicator, from 0 to its weight; ``reached`` and ``target`` in percent."""
    if loss.kind is LossKind.PER_POINT:
        short = max(reached - target if lower_is_better else target - reached, Fraction())
        if loss.step is Step.FLOOR:
            short = Fraction(math.floor(short))
        return max(weight - Fraction(loss.each) * short, Fraction())
    if loss.kind is LossKind.PROPORTIONAL:
        good, aim = (100 - reached, 100 - target) if lower_is_better else (reached, target)
        return weight if aim <= 0 else weight * min(good / aim, Fraction(1))
    return weight * Fraction(_share(reached, loss, lower_is_better)) / 100


def _share(reached: Fraction, loss: Loss, lower_is_better: bool) -> Decimal:
    fits = [
        share
        for limit, share in loss.bands
        if (reached <= Fraction(limit) if lower_is_better else reached >= Fraction(limit))
    ]
    return max(fits, default=Decimal(0))


def wilson(numerator: int, denominator: int, z: float = Z95) -> tuple[Decimal, Decimal] | None:
    """The 95 % interval of a rate in percent (Wilson 1927); None where nothing was due."""
    if not denominator:
        return None
    n, p = denominator, numerator / denominator
    middle = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    low, high = (middle - half) / scale, (middle + half) / scale
    return _percent(max(low, 0.0)), _percent(min(high, 1.0))


def _percent(share: float) -> Decimal:
    return Decimal(repr(100 * share)).quantize(CENT, ROUND_HALF_UP)
