"""Who is scored in a period, and whose a row is.

The units that hold on the period's last day (today, while it runs) are scored, under the name they
bear then. A row belongs to the nearest scored unit at or above whoever had the order; what a unit
did that ended meanwhile belongs to its main heir. Without an heir it belongs to nobody.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from jiesu.organizations import names, paths
from jiesu.organizations.models import Region, Unit, UnitSuccession
from jiesu.scoring.computing import Subject
from jiesu.scoring.definitions import Definition


@dataclass(frozen=True)
class Attribution:
    """The scored units by id, and for every unit the one that is scored for it (0 = nobody)."""

    subjects: tuple[Subject, ...]
    whose: dict[int, int]


def attribute(definition: Definition, region: Region, day: dt.date) -> Attribution:
    """Read the tree as it holds on a day: two statements."""
    found = Unit.objects.select_related("region").only(
        "name", "kind", "path", "valid_from", "valid_to", "former_names", "region__level",
        "region__path",
    )  # fmt: skip
    units = {unit.pk: unit for unit in found}
    first, last = paths.subtree(region.path)
    scored = {
        unit.path: unit
        for unit in units.values()
        if unit.kind in definition.kinds
        and unit.region.level in definition.levels
        and first <= unit.region.path < last
        and _holds(unit, day)
    }
    heirs = dict(
        UnitSuccession.objects.filter(Q(is_main=True), effective__lte=day).values_list(
            "old_id", "new_id"
        )
    )
    whose = {}
    for pk in units:
        path = _living(pk, units, heirs, day)
        over = [p for p in reversed(paths.ancestors(path)) if p in scored]
        whose[pk] = scored[over[0]].pk if over else 0
    subjects = [
        Subject(u.pk, names.name_at(u.name, u.former_names, day), u.kind, u.region.level)
        for u in scored.values()
    ]
    return Attribution(tuple(sorted(subjects, key=lambda one: one.id)), whose)


def _holds(unit: Unit, day: dt.date) -> bool:
    return unit.valid_from <= day and (unit.valid_to is None or unit.valid_to > day)


def _living(pk: int, units: dict[int, Unit], heirs: dict[int, int], day: dt.date) -> str:
    """The path of the unit that answers for this one on the day; "" when nobody does."""
    seen: set[int] = set()
    while (ended := units[pk].valid_to) is not None and ended <= day:
        seen.add(pk)
        pk = heirs.get(pk, 0)
        if pk not in units or pk in seen:
            return ""
    return units[pk].path
