"""What a revision says on the whole: per group the rates together and how units lie. Pure.

Kept with the revision, so that a unit's page and a bulletin read one row and not every unit's.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jiesu.scoring.computing import UnitResult
from jiesu.scoring.definitions import Definition
from jiesu.scoring.points import CENT, cents, rate

QUARTERS = ("best", "q3", "median", "q1", "worst")  # of the value, highest first


def summary(results: Sequence[UnitResult], definition: Definition) -> list[dict[str, Any]]:
    """Every group: units, ranked, orders, total's quarters, and each rate with its quarters.

    In the scheme's order of groups; who fits none comes last.
    """
    groups: dict[str, list[UnitResult]] = {group.name: [] for group in definition.groups}
    for one in sorted(results, key=lambda r: r.subject):
        groups.setdefault(one.group, []).append(one)
    return [_group(name, members) for name, members in groups.items() if members]


def _group(name: str, members: Sequence[UnitResult]) -> dict[str, Any]:
    measures: dict[str, Any] = {}
    for place, code in enumerate(m.code for m in members[0].measures):
        all_of_it = [one.measures[place] for one in members]
        numerator = sum(m.numerator for m in all_of_it)
        denominator = sum(m.denominator for m in all_of_it)
        together = rate(numerator, denominator)
        measures[code] = {
            "num": numerator,
            "den": denominator,
            "rate": None if together is None else str(cents(together)),
            **quarters([m.rate for m in all_of_it if m.rate is not None]),
        }
    return {
        "group": name,
        "units": len(members),
        "ranked": sum(one.rank is not None for one in members),
        "orders": sum(one.orders for one in members),
        "total": quarters([one.total for one in members if one.rank is not None and one.total]),
        "measures": measures,
    }


def quarters(values: Sequence[Decimal]) -> Mapping[str, str]:
    """Highest, upper quarter, median, lower quarter, lowest; empty for no values."""
    if not values:
        return {}
    rising = sorted(values)
    last = len(rising) - 1
    found = {}
    for name, share in zip(QUARTERS, (4, 3, 2, 1, 0), strict=True):
        at, part = divmod(last * share, 4)
        value = rising[at]
        if part:
            value += (rising[at + 1] - value) * part / 4
        found[name] = str(value.quantize(CENT))
    return found
