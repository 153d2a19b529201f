"""What taking an appeal in looks up every time, remembered in process: few statements are left.

Classes and local forms are dropped when the catalogue's stamp changes (at most two seconds later).
Centres and the names of regions have no stamp and are asked again after half a minute; a region
itself is read afresh each time, because its path decides who will see the appeal.
"""

import datetime as dt
import time
from collections.abc import Callable
from typing import Any, TypeVar

from jiesu.catalogue import categories, local_forms
from jiesu.catalogue import duty as duty_catalogue
from jiesu.catalogue.duty import DutyHit
from jiesu.catalogue.models import Category, LocalForm
from jiesu.catalogue.versions import Cached
from jiesu.foundation.errors import invalid
from jiesu.organizations import regions
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.paths import ancestors

T = TypeVar("T")
_KEPT_SECONDS = 30.0
_MOST = 20_000

_MOST_DUTIES = 2_000  # some 15 KB each

_memo: Cached[dict[Any, Any]] = Cached(dict)
_duties: Cached[dict[Any, Any]] = Cached(dict)


def _remember(
    key: Any, find: Callable[[], T], kept: Cached[dict[Any, Any]] = _memo, most: int = _MOST
) -> T:
    memo = kept.get()
    if key in memo:
        return memo[key]  # type: ignore[no-any-return]  # a key is only ever of one kind
    found = find()
    if len(memo) >= most:
        memo.clear()
    memo[key] = found
    return found


def _remember_for_a_while(key: Any, find: Callable[[], T]) -> T:
    stretch = int(time.monotonic() / _KEPT_SECONDS)
    return _remember((key, stretch), find)


def category(code: str, at: dt.datetime, field: str) -> Category:
    """The class of that code; refuses as ``categories.get`` does."""
    key = ("category", code, categories.active(at).pk)
    return categories.usable(_remember(key, lambda: categories.get(code, at, field)), at, field)


def forms(category: Category | None, region: Region, at: dt.datetime) -> list[LocalForm]:
    """What is asked in addition for that class in that area on that day."""
    key = ("forms", category.pk if category else None, region.path)
    return local_forms.those_of(_remember(key, lambda: local_forms.on_record(category, region)), at)


def duty(category: Category, region: Region, at: dt.datetime) -> DutyHit | None:
    """Who answers for that class in that area on that day, by units as they were when first asked.

    For taking histories over; whoever sends a living order asks ``catalogue.duty``.
    """
    key = (category.pk, region.path)
    known = _remember(
        key, lambda: duty_catalogue.on_record(category, region), _duties, _MOST_DUTIES
    )
    return duty_catalogue.find_among(known, category, region, at)


def region(code: str) -> Region:
    """The region that bears the code now; refuses an unknown one. One statement."""
    found = next(iter(Region.objects.filter(code=code, valid_to=None)[:1]), None)
    if found is None:
        raise invalid("region_code", "没有这个行政区划，请从列表中选择事发区域。", "unknown_region")
    return found


def region_name(region: Region) -> str:
    """福州市鼓楼区东街街道."""
    key = ("name", region.pk, region.path, region.name)
    return _remember_for_a_while(key, lambda: regions.full_name(region))


def centre(unit_id: int | None, region: Region) -> Unit:
    """The hotline centre that runs an appeal: the taker's own, else the nearest to the place."""
    if unit_id is not None:
        own = _remember_for_a_while(
            ("unit", unit_id), lambda: Unit.objects.select_related("region").get(pk=unit_id)
        )
        if own.kind == Unit.Kind.CENTRE:
            return own
    nearest = _remember_for_a_while(("nearest", region.path), lambda: _nearest(region))
    if nearest is None:
        raise invalid("region_code", "该区域尚未设置热线中心，请联系系统管理员。", "no_centre")
    return nearest


def _nearest(region: Region) -> Unit | None:
    centres = Unit.objects.select_related("region").filter(
        kind=Unit.Kind.CENTRE, valid_to=None, region__path__in=ancestors(region.path)
    )
    return max(centres, key=lambda u: len(u.region.path), default=None)
