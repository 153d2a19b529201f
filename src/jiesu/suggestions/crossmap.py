"""A cross-map between classification schemes, learnt from orders classified under both.

Three sources: an order that was reclassified from a class of an older scheme to one of this; an
order that tells again of one classified under the older scheme; an order merged under such a one.
Proposals only: a person takes them (``catalogue.schemes.map_class``).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Max

from jiesu.appeals.models import Appeal, Event
from jiesu.catalogue.models import Category, CategoryMap, Scheme

NEWEST = 200_000  # events and orders looked at, by key
BATCH = 5_000
LEAST = 3  # orders that say the same
SHARE = 0.6  # of the orders of the old class
_CHANGES = ("accept", "reclassify")


@dataclass(frozen=True)
class Link:
    """``orders`` of the ``of`` orders that were classified under both say ``new`` for ``old``."""

    old: Category
    new: Category
    orders: int
    of: int

    @property
    def percent(self) -> int:
        """The share, in hundredths."""
        return round(100 * self.orders / self.of)


def learned(new: Scheme) -> list[Link]:
    """What continues each class of older schemes that nothing in ``new`` continues yet."""
    counted = Counter(_pairs(new))
    total: Counter[int] = Counter()
    for (old, _), orders in counted.items():
        total[old] += orders
    mapped = CategoryMap.objects.filter(new__scheme=new, old__in=list(total))
    known = set(mapped.values_list("old_id", flat=True))
    best: dict[int, tuple[int, int]] = {}  # old → (new, orders)
    for (old, heir), orders in counted.most_common():
        if old not in known and orders >= LEAST and orders >= SHARE * total[old]:
            best.setdefault(old, (heir, orders))
    ids = [*best, *(heir for heir, _ in best.values())]
    classes = Category.objects.select_related("scheme").in_bulk(ids)
    links = [
        Link(classes[old], classes[heir], orders, total[old])
        for old, (heir, orders) in best.items()
        if not classes[heir].is_retired
    ]
    return sorted(links, key=lambda link: -link.orders)


def _pairs(new: Scheme) -> Iterator[tuple[int, int]]:
    """(class of an older scheme, class of this one) of every order classified under both."""
    scheme_of = dict(Category.objects.values_list("pk", "scheme_id"))
    for chosen, *earlier in _told_twice():
        if scheme_of.get(chosen or 0) == new.pk:
            yield from (
                (one, chosen) for one in earlier
                if one and chosen and scheme_of.get(one, new.pk) != new.pk
            )  # fmt: skip
    here = dict(new.categories.values_list("path_name", "pk"))
    older = Category.objects.exclude(scheme=new).order_by("scheme__valid_from", "pk")
    there = dict(older.values_list("path_name", "pk"))
    for before, after in _reclassified():
        if before in there and after in here and before not in here:
            yield there[before], here[after]


def _told_twice() -> Iterator[tuple[int | None, int | None, int | None]]:
    """The class of an order, of the one it tells again of, of its master; newest first."""
    last = (Appeal.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    stop = last - NEWEST
    while last > max(stop, 0):
        rows = list(
            Appeal.objects.filter(pk__lt=last, pk__gte=last - BATCH)
            .values_list("category_id", "repeat_of__category_id", "master__category_id")
        )  # fmt: skip
        yield from rows
        last -= BATCH


def _reclassified() -> Iterator[tuple[str, str]]:
    """The names of the class before and after, of the corrections among the newest events."""
    last = (Event.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    stop = last - NEWEST
    while last > max(stop, 0):
        rows = Event.objects.filter(pk__lt=last, pk__gte=last - BATCH, kind__in=_CHANGES)
        for data in rows.values_list("data", flat=True):
            before = data.get("before", {}).get("category_name")
            after = data.get("after", {}).get("category_name")
            if before and after:
                yield before, after
        last -= BATCH
