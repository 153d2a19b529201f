"""Which unit answers for a class of matters in an area 职责权属目录, and why."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from jiesu.catalogue.models import Category, DutyEntry, FallbackUnit, valid_on
from jiesu.catalogue.versions import day_of
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.paths import ancestors


@dataclass(frozen=True)
class DutyHit:
    """The unit that answers, and the sentence that says why."""

    unit: Unit
    entry: DutyEntry | None  # None: by fall-back
    basis: str  # the legal basis, "" when none is on record
    reason: str  # one Chinese sentence, shown to the dispatcher and written into the history
    is_fallback: bool


def lineage(category: Category) -> QuerySet[Category]:
    """The class, those above it, and those of a later scheme that continue one of these."""
    # three levels at most: itself, its parent and its parent's parent
    line = [pk for pk in (category.pk, category.parent_id) if pk]
    return Category.objects.filter(
        Q(pk__in=line)
        | Q(children__in=line)
        | Q(continues__old__in=line)
        | Q(children__continues__old__in=line)
    )


def find(category: Category, region: Region, at: dt.datetime | dt.date) -> DutyHit | None:
    """Who answers for ``category`` in ``region`` at that time; None when nobody is on record.

    The most specific area wins, then the most specific class; a unit that has ended is passed
    over. A class of an earlier scheme is also looked up under the class that continues it.
    At most two statements.
    """
    day = day_of(at)
    paths = ancestors(region.path)
    entries = (
        DutyEntry.objects.filter(category__in=lineage(category), region__path__in=paths)
        .filter(valid_on(day), valid_on(day, "unit__"))
        .select_related("category", "region", "unit", "unit__region")
    )

    def closeness(entry: DutyEntry) -> tuple[int, int, int, int]:
        kept = entry.category.scheme_id == category.scheme_id
        return len(entry.region.path), kept, entry.category.level, -entry.pk

    best = max(entries, key=closeness, default=None)
    if best is not None:
        return DutyHit(best.unit, best, best.legal_basis, _reason(best, category, region), False)
    fallbacks = (
        FallbackUnit.objects.filter(region__path__in=paths)
        .filter(valid_on(day), valid_on(day, "unit__"))
        .select_related("region", "unit", "unit__region")
    )
    fallback = max(fallbacks, key=lambda f: len(f.region.path), default=None)
    if fallback is None:
        return None
    reason = (
        f"权属目录未列明{category.name} × {region.name}，"
        f"由{fallback.region.name}兜底单位{fallback.unit.name}承接。"
    )
    return DutyHit(fallback.unit, None, "", reason, True)


def _reason(entry: DutyEntry, category: Category, region: Region) -> str:
    basis = f"，依据{entry.legal_basis}" if entry.legal_basis else ""
    wider = []
    if entry.category_id != category.pk:
        wider.append("上级分类" if entry.category.scheme_id == category.scheme_id else "接续分类")
    if entry.region_id != region.pk:
        wider.append("上级区域")
    how = f"（按{'、'.join(wider)}）" if wider else ""
    return (
        f"权属目录：{entry.category.name} × {entry.region.name}{how}{basis}，"
        f"由{entry.unit.name}承办。"
    )
