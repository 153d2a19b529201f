"""What is there to simulate with: places, staff, and who answers for what. Read once."""

import datetime as dt
import random
from dataclasses import dataclass, field

from jiesu.access import Actor, Role
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post
from jiesu.catalogue import categories, duty
from jiesu.catalogue.duty import DutyHit
from jiesu.catalogue.models import Category, DutyEntry, FallbackUnit, valid_on
from jiesu.catalogue.versions import day_of
from jiesu.cli.simulation import limits, matters
from jiesu.cli.simulation.limits import Limits
from jiesu.organizations import regions
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.paths import ancestors, is_below

# How busy a city's line is against the others; the rest have 1.
_BUSY = {"350100": 4.0, "350200": 4.0, "350500": 3.0, "350000": 0.4}


@dataclass(eq=False)
class Centre:
    """A hotline centre: its people and the places it hears of."""

    unit: Unit
    staff: dict[str, list[Actor]]
    places: list[Region]
    weight: float

    @property
    def area(self) -> str:
        """The six digits its numbers begin with."""
        return self.unit.region.code[:6].ljust(6, "0")


@dataclass(eq=False)
class Province:
    """Everything a life is invented from."""

    centres: list[Centre]
    units: dict[int, Unit]
    staff: dict[tuple[int, str], list[Actor]]
    sections: dict[int, list[Unit]]
    regions: dict[int, Region]
    by_code: dict[str, Region]
    region_names: dict[int, str]
    classes: dict[str, Category]
    codes: dict[int, str]
    _lines: dict[str, frozenset[int]]  # a class, those above it and those that continue them
    _entries: dict[str, dict[int, list[DutyEntry]]]  # by the region's path and the class
    _fallbacks: dict[str, FallbackUnit]
    _bureaus: dict[int | None, list[Unit]]  # by the unit above
    limits: Limits = field(default_factory=Limits)
    _hits: dict[tuple[str, int], DutyHit | None] = field(default_factory=dict)

    def answers(self, code: str, region: Region) -> DutyHit | None:
        """Who the duty catalogue names, as ``duty.find`` would say; asks no database."""
        key = (code, region.pk)
        if key not in self._hits:
            paths, line = ancestors(region.path), self._lines[code]
            entries = [
                entry for path in paths if (here := self._entries.get(path))
                for category in line for entry in here.get(category, ())
            ]  # fmt: skip
            fallbacks = [self._fallbacks[path] for path in paths if path in self._fallbacks]
            self._hits[key] = duty.decide(self.classes[code], region, entries, fallbacks)
        return self._hits[key]

    def who(self, rng: random.Random, unit: Unit, role: Role) -> Actor:
        """One of the unit's people of that role."""
        return rng.choice(self.staff[unit.pk, role])

    def others(self, rng: random.Random, unit: Unit) -> Unit | None:
        """Some other bureau of the same government."""
        near = [u for u in self._bureaus.get(unit.parent_id, ()) if u.pk != unit.pk]
        return rng.choice(near) if near else None


def read(at: dt.datetime) -> Province:
    """Read the province as it is on a day: units that hold, with people at work."""
    units = {
        u.pk: u for u in Unit.objects.select_related("region").filter(valid_to=None).order_by("pk")
    }
    staff: dict[tuple[int, str], list[Actor]] = {}
    posts = Post.objects.filter(valid_to=None, user__is_active=True)
    for post in posts.select_related("user", "unit", "unit__region").order_by("pk"):
        staff.setdefault((post.unit_id, post.role), []).append(actor_for(post))
    sections: dict[int, list[Unit]] = {}
    bureaus: dict[int | None, list[Unit]] = {}
    for unit in units.values():
        if (unit.pk, Role.CLERK) not in staff:
            continue
        if unit.kind == Unit.Kind.SECTION and unit.parent_id:
            sections.setdefault(unit.parent_id, []).append(unit)
        elif unit.kind in (Unit.Kind.DEPARTMENT, Unit.Kind.ENTERPRISE):
            bureaus.setdefault(unit.parent_id, []).append(unit)
    all_regions = list(Region.objects.filter(valid_to=None).order_by("path"))
    deep = [r for r in all_regions if r.level in (Region.Level.COUNTY, Region.Level.STREET)]
    parents = {r.path[:-4] for r in all_regions}
    leaves = [r for r in deep if r.path not in parents] or all_regions
    centres = []
    for unit in sorted(units.values(), key=lambda u: u.pk):
        if unit.kind != Unit.Kind.CENTRE:
            continue
        people = {role: staff.get((unit.pk, role), []) for role in Role}
        if not all(
            people[r] for r in (Role.AGENT, Role.DISPATCHER, Role.REVIEWER, Role.CALLBACK_AGENT)
        ):
            continue
        places = [r for r in leaves if is_below(r.path, unit.region.path)]
        if places:
            weight = _BUSY.get(unit.region.code, 1.0)
            centres.append(Centre(unit, {str(k): v for k, v in people.items()}, places, weight))
    day = day_of(at)
    codes = {matter.code for matter in matters.load()}
    classes = {code: categories.get(code, at) for code in sorted(codes)}
    entries: dict[str, dict[int, list[DutyEntry]]] = {}
    found = DutyEntry.objects.filter(valid_on(day), valid_on(day, "unit__"))
    for entry in found.select_related("category", "region", "unit", "unit__region"):
        here = entries.setdefault(entry.region.path, {})
        here.setdefault(entry.category_id, []).append(entry)
    fallbacks = FallbackUnit.objects.filter(valid_on(day), valid_on(day, "unit__"))
    return Province(
        centres, units, staff, sections, {r.pk: r for r in leaves}, {r.code: r for r in leaves},
        regions.full_names(leaves), classes, {c.pk: code for code, c in classes.items()},
        {code: frozenset(categories.lineage(c)) for code, c in classes.items()},
        entries,
        {f.region.path: f for f in fallbacks.select_related("region", "unit", "unit__region")},
        bureaus,
        limits.read(),
    )  # fmt: skip
