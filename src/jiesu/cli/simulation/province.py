"""What is there to simulate with: places, staff, and who answers for what. Read once."""

import datetime as dt
import random
from dataclasses import dataclass, field

from jiesu.access import Actor, Role
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post
from jiesu.catalogue import categories, duty
from jiesu.catalogue.duty import DutyHit
from jiesu.catalogue.models import Category
from jiesu.deadlines import policies
from jiesu.deadlines.worktime import Calendar
from jiesu.organizations import regions
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.paths import is_below

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
    region_names: dict[int, str]
    _hits: dict[tuple[str, int], DutyHit | None] = field(default_factory=dict)
    _classes: dict[str, Category] = field(default_factory=dict)

    def category(self, code: str, at: dt.datetime) -> Category:
        """A class of the scheme in force."""
        found = self._classes.get(code)
        if found is None:
            found = self._classes[code] = categories.get(code, at)
        return found

    def answers(self, code: str, region: Region, at: dt.datetime) -> DutyHit | None:
        """Who the duty catalogue names; asked once per class and region."""
        key = (code, region.pk)
        if key not in self._hits:
            self._hits[key] = duty.find(self.category(code, at), region, at)
        return self._hits[key]

    def who(self, rng: random.Random, unit: Unit, role: Role) -> Actor:
        """One of the unit's people of that role."""
        return rng.choice(self.staff[unit.pk, role])

    def others(self, rng: random.Random, unit: Unit) -> Unit | None:
        """Some other bureau of the same government."""
        near = [
            u for u in self.units.values()
            if u.parent_id == unit.parent_id and u.pk != unit.pk
            and u.kind in (Unit.Kind.DEPARTMENT, Unit.Kind.ENTERPRISE)
            and (u.pk, Role.CLERK) in self.staff
        ]  # fmt: skip
        return rng.choice(near) if near else None


def read() -> Province:
    """Read the province: units that hold, with people at work."""
    units = {u.pk: u for u in Unit.objects.select_related("region").filter(valid_to=None)}
    staff: dict[tuple[int, str], list[Actor]] = {}
    posts = Post.objects.filter(valid_to=None, user__is_active=True)
    for post in posts.select_related("user", "unit", "unit__region").order_by("pk"):
        staff.setdefault((post.unit_id, post.role), []).append(actor_for(post))
    sections: dict[int, list[Unit]] = {}
    for unit in units.values():
        if unit.kind == Unit.Kind.SECTION and unit.parent_id and (unit.pk, Role.CLERK) in staff:
            sections.setdefault(unit.parent_id, []).append(unit)
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
    return Province(centres, units, staff, sections, regions.full_names(leaves))


def calendar(at: dt.datetime) -> Calendar:
    """The working days."""
    return policies.calendar(at)
