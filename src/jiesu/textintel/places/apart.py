"""Whether two tellings are of two places: the gate before their words are compared (domain §7)."""

from collections.abc import Iterable
from dataclasses import dataclass

from jiesu.textintel.places.find import find

_NAMES = 6  # places read in a text
_EITHER = ("里", "坊", "弄", "巷")  # 福源里: a lane or the estate called by it
_SHORTEST = 3  # 东路 or 小区 alone names nothing


@dataclass(frozen=True)
class Named:
    """The roads and the sites (estate, market, school, …) that are named."""

    roads: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()


def named(text: str) -> Named:
    """The roads and sites of a text."""
    places = find(text, most=_NAMES)
    roads = _long(place.road for place in places)
    lanes = frozenset(name for name in roads if name.endswith(_EITHER))
    return Named(roads, lanes | _long(place.site for place in places))


def apart(one: Named, other: Named) -> bool:
    """Both name a road, or both a site, and no name is the other's: 青年路 and 翠屏路.

    A road and a site may be one place, so that they say nothing; nor does a text without names.
    """
    if _alike(one.roads, other.roads) or _alike(one.sites, other.sites):
        return False
    return bool((one.roads and other.roads) or (one.sites and other.sites))


def _alike(these: frozenset[str], those: frozenset[str]) -> bool:
    """One name stands in another: 丽发新城 in 丽发新城小区."""
    return any(a in b or b in a for a in these for b in those)


def _long(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if len(name) >= _SHORTEST)
