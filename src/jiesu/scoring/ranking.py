"""Ranks within groups, the red and black list 红黑榜, and moves against the period before. Pure.

Who had too few orders, or no value at all, is shown and not ranked: a unit with one order does not
top the list. Equal scores share a rank; on the lists the one with more orders goes first. No list
takes more than a third of its group.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from jiesu.scoring.definitions import Definition

if TYPE_CHECKING:
    from jiesu.scoring.computing import UnitResult

RED, BLACK = "red", "black"


def rank(
    results: Sequence["UnitResult"], definition: Definition, previous: Mapping[int, int],
    ranked: Mapping[int, bool] = MappingProxyType({}),
) -> list["UnitResult"]:  # fmt: skip
    """The results with rank, board and move, in the order they came.

    ``ranked`` says of units whether they are, whatever is left of their orders: an order that was
    excluded takes nobody off the black list by leaving too few.
    """
    groups: dict[str, list[UnitResult]] = {}
    for one in results:
        enough = ranked.get(one.subject, one.orders >= definition.least_orders)
        if one.total is not None and enough:
            groups.setdefault(one.group, []).append(one)
    placed: dict[int, UnitResult] = {}
    for members in groups.values():
        for one in _rank_group(members, definition, previous):
            placed[one.subject] = one
    return [placed.get(one.subject, one) for one in results]


def _rank_group(
    members: Sequence["UnitResult"], definition: Definition, previous: Mapping[int, int]
) -> list["UnitResult"]:
    best: dict[Decimal, int] = {}
    for place, one in enumerate(sorted(members, key=lambda m: -_total(m)), 1):
        best.setdefault(_total(one), place)
    third = len(members) // 3
    top = sorted(members, key=lambda m: (-_total(m), -m.orders, m.subject))
    bottom = sorted(members, key=lambda m: (_total(m), -m.orders, m.subject))
    red = {one.subject for one in top[: min(definition.red, third)]}
    black = {
        one.subject
        for one in bottom[: min(definition.black, third)]
        if _total(one) < definition.full
    }
    ranked = []
    for one in members:
        place, before = best[_total(one)], previous.get(one.subject)
        board = RED if one.subject in red else BLACK if one.subject in black else ""
        moved = None if before is None else before - place
        ranked.append(replace(one, rank=place, of=len(members), board=board, moved=moved))
    return ranked


def _total(one: "UnitResult") -> Decimal:
    return one.total or Decimal()
