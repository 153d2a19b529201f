"""Makes what a historical file needs and this installation lacks: only when asked for by name.

Regions and units that the mapping and the file name, a classification of the file's own classes,
a duty catalogue drawn from who got the orders. Each can be repeated: what exists stays.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction

from jiesu.access import SYSTEM
from jiesu.catalogue import seed as catalogue_seed
from jiesu.catalogue import versions
from jiesu.catalogue.editing import changed
from jiesu.catalogue.models import EPOCH, Category, DutyEntry, FallbackUnit, Scheme
from jiesu.cli.imports.mapping import BadMapping, Mapping
from jiesu.organizations.imports import import_regions, import_units
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.names import initials
from jiesu.organizations.sheet_rows import ImportReport, numbered

_COMPANY = ("公司", "集团", "企业", "机场", "银行")


@dataclass
class Seen:
    """What a first reading of the file found."""

    rows: int = 0
    first: dt.date | None = None
    last: dt.date | None = None
    classes: Counter[tuple[str, ...]] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    pairs: dict[tuple[str, ...], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, day: dt.date | None, classes: tuple[str, ...], unit: str) -> None:
        """One row."""
        self.rows += 1
        if day is not None:
            self.first = min(self.first or day, day)
            self.last = max(self.last or day, day)
        if classes:
            self.classes[classes] += 1
        if unit:
            self.units[unit] += 1
        if classes and unit:
            self.pairs[classes][unit] += 1


def unit_name(mapping: Mapping, said: str) -> str:
    """The name a unit of the file bears here; "" when the mapping says it names nobody."""
    ignored = mapping.units.get("ignore", [])
    if not said or said in ignored:
        return ""
    name = str(mapping.units.get("rename", {}).get(said, said))
    return (
        name
        if "rename" in mapping.units and said in mapping.units["rename"]
        else (f"{mapping.units.get('prefix', '')}{name}")
    )


def create_regions(mapping: Mapping, at: dt.datetime) -> int:
    """The divisions the mapping lists; how many are new."""
    rows = [{"code": code, "name": name} for code, name in mapping.regions.items()]
    report = import_regions(numbered(rows), actor=SYSTEM, at=at)
    return _count(report, "regions")


def create_units(mapping: Mapping, seen: Seen, at: dt.datetime) -> int:
    """The centre, the government above it, and every unit the file names; how many are new."""
    centre = mapping.units.get("centre")
    government = mapping.units.get("government")
    if not centre or not government:
        raise BadMapping("要创建单位，请在映射文件 [units] 中写明 government 和 centre 的名称。")
    area = mapping.region
    rows: list[dict[str, object]] = [
        _unit(f"{area}-gov", government, "government", area, ""),
        _unit(f"{area}-centre", centre, "centre", area, f"{area}-gov"),
    ]
    present = dict(Unit.objects.filter(parent__code=f"{area}-gov").values_list("name", "code"))
    used = {int(code[-4:]) for code in present.values() if code[-4:].isdecimal()}
    free = iter(n for n in range(1, 10_000) if n not in used)
    names = sorted({unit_name(mapping, said) for said in seen.units} - {""})
    for name in names:
        if name not in present:
            kind = "enterprise" if name.endswith(_COMPANY) else "department"
            rows.append(_unit(f"{area}-{next(free):04d}", name, kind, area, f"{area}-gov"))
    known = set(Unit.objects.filter(code__in=[r["code"] for r in rows]).values_list("code"))
    fresh = [row for row in rows if (row["code"],) not in known]
    made = _count(import_units(numbered(fresh), actor=SYSTEM, at=at), "units") if fresh else 0
    region = Region.objects.get(code=area, valid_to=None)
    above = Unit.objects.get(code=f"{area}-gov")
    FallbackUnit.objects.get_or_create(region=region, valid_to=None, defaults={"unit": above})
    return made


def _unit(code: str, name: str, kind: str, region: str, parent: str) -> dict[str, object]:
    return {"code": code, "name": name, "kind": kind, "region": region, "parent": parent,
            "inner_review_steps": "0"}  # fmt: skip


def _count(report: ImportReport, what: str) -> int:
    if not report.applied:
        wrong = [e.message for row in report.refused for e in row.errors]
        raise BadMapping(f"无法创建{what}：{'；'.join(wrong[:3])}")
    return sum(row.outcome == "new" for row in report.rows)


@transaction.atomic
def create_scheme(mapping: Mapping, seen: Seen, at: dt.datetime) -> Scheme:
    """The file's own classes as a scheme that holds until the day after its last order.

    A scheme already in force begins after it, which is refused when it has been used before.
    """
    if not mapping.category:
        raise BadMapping("要创建分类方案，请在映射文件 columns.category 中写明分类列。")
    if seen.last is None:
        raise BadMapping("文件中没有可用的日期，无法确定分类方案的有效期。")
    name = mapping.scheme.get("name", mapping.source or "历史分类")
    version = mapping.scheme.get("version", str(seen.last.year))
    scheme = Scheme.objects.filter(name=name, version=version).first()
    if scheme is None:
        scheme = _new_scheme(name, version, seen, at)
    _add_classes(scheme, seen.classes)
    versions.touch()
    return scheme


def _new_scheme(name: str, version: str, seen: Seen, at: dt.datetime) -> Scheme:
    assert seen.last is not None  # noqa: S101 - the caller has refused
    after = seen.last + dt.timedelta(days=1)
    present = list(Scheme.objects.filter(is_active=True).order_by("valid_from"))
    in_force = [s for s in present if s.valid_from and s.valid_from < after]
    begins = EPOCH
    if in_force:
        latest = in_force[-1]
        if len(in_force) > 1 or latest.valid_from != EPOCH or latest.valid_to is not None:
            raise BadMapping(
                f"{seen.first} 至 {seen.last} 期间已有分类方案“{latest}”，请去掉 --create-scheme，"
                "改用已有方案的分类名称。"
            )
        latest.valid_from = after
        latest.save(update_fields=["valid_from"])
    elif not present:
        catalogue_seed.load_scheme(valid_from=after)
    scheme = Scheme.objects.create(
        name=name, version=version, valid_from=begins, valid_to=after, is_active=True
    )
    changed(
        "scheme_activated", actor=SYSTEM, at=at, subject=f"scheme:{scheme.pk}",
        data={"name": name, "version": version, "until": after.isoformat(), "by": "import"},
    )  # fmt: skip
    return scheme


def _add_classes(scheme: Scheme, classes: Iterable[tuple[str, ...]]) -> None:
    """Add what the scheme does not have, level by level; codes are two, two and three digits."""
    have = {c.path_name: c for c in scheme.categories.select_related("parent")}
    paths = sorted({path[:depth] for path in classes for depth in range(1, len(path) + 1)})
    for depth in (1, 2, 3):
        siblings: Counter[str] = Counter(
            c.parent.path_name if c.parent else "" for c in have.values() if c.level == depth
        )
        made = []
        for path in (p for p in paths if len(p) == depth):
            full, above = " › ".join(path), " › ".join(path[:-1])
            if full in have:
                continue
            siblings[above] += 1
            head = have[above].code if above else ""
            code = f"{head}{siblings[above]:0{3 if depth == 3 else 2}d}"
            made.append(
                Category(scheme=scheme, code=code, name=path[-1][:64], parent=have.get(above),
                         level=depth, path_name=full[:200], pinyin=initials(path[-1])[:64])
            )  # fmt: skip
        Category.objects.bulk_create(made)
        have |= {c.path_name: c for c in made}


def create_duties(mapping: Mapping, seen: Seen, scheme: Scheme, at: dt.datetime) -> int:
    """Who got most orders of a class answers for it; how many entries are new.

    At each level a class needs ``min_orders`` orders, of which one unit got ``min_share``.
    """
    least = int(mapping.duties.get("min_orders", 5))
    share = float(mapping.duties.get("min_share", 0.7))
    region = Region.objects.get(code=mapping.region, valid_to=None)
    units = {u.name: u for u in Unit.objects.filter(valid_to=None)}
    counts: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for path, got in seen.pairs.items():
        for depth in range(1, len(path) + 1):
            counts[path[:depth]].update(got)
    by_path = {c.path_name: c for c in scheme.categories.all()}
    have = set(DutyEntry.objects.filter(region=region, valid_to=None).values_list("category_id"))
    entries = []
    for path, got in sorted(counts.items()):
        said, most = got.most_common(1)[0]
        total, unit = got.total(), units.get(unit_name(mapping, said))
        category = by_path.get(" › ".join(path))
        if unit is None or category is None or (category.pk,) in have:
            continue
        if total >= least and most / total >= share:
            entries.append(
                DutyEntry(
                    category=category, region=region, unit=unit,
                    legal_basis=str(mapping.duties.get("basis", "")),
                    note=f"由历史工单归纳：{total} 件中 {most} 件",
                )
            )  # fmt: skip
    DutyEntry.objects.bulk_create(entries)
    changed(
        "duty_imported", actor=SYSTEM, at=at, subject=f"scheme:{scheme.pk}",
        data={"entries": len(entries), "from": mapping.source},
    )  # fmt: skip
    return len(entries)
