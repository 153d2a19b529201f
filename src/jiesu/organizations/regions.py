"""Reading the tree of regions."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from jiesu.organizations import names, paths
from jiesu.organizations.lookup import best_first
from jiesu.organizations.models import Region

# Statistical stand-ins between a province and its counties, which nobody says aloud.
_STAND_INS = frozenset(
    {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
)  # fmt: skip


@dataclass(frozen=True)
class RegionHit:
    """A region found, and what to call it."""

    region: Region
    full_name: str


def at(day: dt.date) -> QuerySet[Region, Region]:
    """The regions that hold on a day."""
    return Region.objects.filter(valid_from__lte=day).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day)
    )


def search(
    q: str, within_path: str = "", limit: int = 20, *, on: dt.date | None = None
) -> list[RegionHit]:
    """The regions at or below ``within_path`` that match a name, pinyin initials or code.

    Without ``on``, those not yet abolished. Two statements, one more per extra word.
    """
    rows = at(on) if on else Region.objects.filter(valid_to__isnull=True)
    found = list(best_first(rows, q, within_path=within_path, limit=limit, names=("name",)))
    called = full_names(found)
    return [RegionHit(region, called[region.pk]) for region in found]


def by_code(code: str, on: dt.date) -> Region | None:
    """The region that bears a code on a day."""
    return at(on).filter(code=code).first()


def full_name(region: Region) -> str:
    """福州市鼓楼区东街街道: the names from the city down; one statement."""
    return full_names([region])[region.pk]


def full_names(regions: Iterable[Region]) -> dict[int, str]:
    """The full name of each region by its id: one statement for all of them."""
    wanted = list(regions)
    chains = {path for region in wanted for path in paths.ancestors(region.path)}
    rows = Region.objects.filter(path__in=chains).only("path", "name", "level")
    by_path = {row.path: row for row in rows}
    return {
        region.pk: _said([by_path[path] for path in paths.ancestors(region.path)])
        for region in wanted
    }


def _said(chain: list[Region]) -> str:
    spoken = [region for region in chain if region.name not in _STAND_INS]
    has_city = any(region.level == Region.Level.CITY for region in spoken)
    if has_city and spoken[0].level == Region.Level.PROVINCE:
        spoken = spoken[1:]  # 福州市…, but 北京市东城区
    return "".join(region.name for region in spoken)


def name_at(region: Region, day: dt.date) -> str:
    """The name the region bore on a day; no statement."""
    return names.name_at(region.name, region.former_names, day)


def successor_of(region: Region, day: dt.date) -> Region | None:
    """The region that stands for this one on a day: itself while it holds."""
    seen: set[int] = set()
    while region.valid_to is not None and region.valid_to <= day:
        if region.successor is None or region.pk in seen:
            return None
        seen.add(region.pk)
        region = region.successor
    return region
