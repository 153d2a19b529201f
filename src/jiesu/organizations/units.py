"""Reading the tree of units."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from jiesu.organizations import names, paths
from jiesu.organizations.lookup import best_first
from jiesu.organizations.models import PathMove, Unit, UnitSuccession


@dataclass(frozen=True)
class UnitHit:
    """A unit found, and what to call it."""

    unit: Unit
    full_name: str


def at(day: dt.date) -> QuerySet[Unit, Unit]:
    """The units that hold on a day."""
    return Unit.objects.filter(valid_from__lte=day).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day)
    )


def search(
    q: str,
    within_path: str = "",
    limit: int = 20,
    *,
    region_path: str = "",
    on: dt.date | None = None,
) -> list[UnitHit]:
    """The units at or below ``within_path`` that match a name, pinyin initials or code.

    ``region_path`` narrows to a region's units. Without ``on``, those not yet closed. Two
    statements, one more per extra word.
    """
    rows = at(on) if on else Unit.objects.filter(valid_to__isnull=True)
    if region_path:
        rows = rows.filter(**paths.below("region__path", region_path))
    found = best_first(
        rows.select_related("region"),
        q,
        within_path=within_path,
        limit=limit,
        names=("name", "short_name"),
    )
    hits = list(found)
    called = full_names(hits)
    return [UnitHit(unit, called[unit.pk]) for unit in hits]


def full_name(unit: Unit) -> str:
    """福州市城管委 › 执法支队 › 二大队; one statement."""
    return full_names([unit])[unit.pk]


def full_names(units: Iterable[Unit]) -> dict[int, str]:
    """The names from below the root down to each unit, by its id: one statement for all."""
    wanted = list(units)
    chains = {path for unit in wanted for path in paths.ancestors(unit.path)}
    rows = Unit.objects.filter(path__in=chains).values_list("path", "short_name", "name")
    called = {path: short or name for path, short, name in rows}
    return {
        unit.pk: " › ".join(
            [called[path] for path in paths.ancestors(unit.path)[1:-1]] + [unit.name]
        )
        for unit in wanted
    }


def name_at(unit: Unit, day: dt.date) -> str:
    """The name the unit bore on a day; no statement."""
    return names.name_at(unit.name, unit.former_names, day)


def successor_of(unit: Unit, day: dt.date) -> Unit | None:
    """The unit that answers for this one on a day: itself while it holds, None when nobody does."""
    seen: set[int] = set()
    while unit.valid_to is not None and unit.valid_to <= day:
        seen.add(unit.pk)
        heir = (
            UnitSuccession.objects.filter(old=unit, is_main=True, effective__lte=day)
            .select_related("new")
            .first()
        )
        if heir is None or heir.new_id in seen:
            return None
        unit = heir.new
    return unit


def successors_of(unit: Unit) -> list[Unit]:
    """All the units that carry on after this one, the main one first; not theirs in turn."""
    heirs = UnitSuccession.objects.filter(old=unit).select_related("new")
    return [heir.new for heir in heirs.order_by("-is_main", "pk")]


def path_moves(*, after_id: int = 0, limit: int = 100) -> list[PathMove]:
    """What moved in the tree after a given move, in order: the old and the new prefix of each.

    For whoever keeps unit paths and follows at their own pace; in the same transaction, be one of
    ``followers`` instead.
    """
    moves = PathMove.objects.filter(tree=PathMove.Tree.UNIT, pk__gt=after_id).order_by("pk")
    return list(moves[:limit])
