"""Taking regions and units over from sheets: every row is judged, and all of them or none enter.

Rows come as ``(number, values)``, the number being the row's in the sheet; ``numbered`` gives plain
dicts theirs. Headings are the Chinese ones or the field names; what is not known is left aside. A
row whose code exists renames, moves or corrects; blank optional cells leave things as they are. A
dry run does everything and undoes it, so it finds whatever the real run would.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from django.db import transaction

from jiesu.access import Actor
from jiesu.foundation.errors import FieldError, Invalid, UseCaseError
from jiesu.foundation.text import tidy
from jiesu.journal import audit
from jiesu.organizations import changes, checks, paths, region_changes, tree
from jiesu.organizations.checks import NewRegion, NewUnit, must_manage
from jiesu.organizations.models import ALWAYS, Region, Unit, UnitChange
from jiesu.organizations.names import initials

Row = tuple[int, Mapping[str, object]]
Node = TypeVar("Node", Region, Unit)
_CHUNK = 500  # codes asked for in one statement
_DEEPEST = 16  # levels a path holds

REGION_COLUMNS = {
    "区划代码": "code",
    "区划名称": "name",
    "名称": "name",
    "层级": "level",
    "上级代码": "parent",
}
UNIT_COLUMNS = {
    "单位编码": "code",
    "单位名称": "name",
    "简称": "short_name",
    "类型": "kind",
    "区划代码": "region",
    "上级编码": "parent",
    "值班电话": "phone",
    "内审级数": "inner_review_steps",
}


class Outcome(StrEnum):
    """What became, or would become, of a row."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass
class RowReport:
    """One row: what became of it, and if refused every reason, field by field."""

    number: int
    code: str
    name: str
    outcome: Outcome = Outcome.SAME
    errors: list[FieldError] = field(default_factory=list)

    def refuse(self, *errors: FieldError) -> None:
        """Note why the row cannot enter."""
        self.outcome = Outcome.REFUSED
        self.errors.extend(errors)


@dataclass
class ImportReport:
    """All rows in the sheet's order; ``applied`` only if none was refused and it was no dry run."""

    rows: list[RowReport]
    dry_run: bool
    applied: bool = False

    def count(self, outcome: Outcome) -> int:
        """How many rows had this outcome."""
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def refused(self) -> list[RowReport]:
        """The rows that keep the sheet out."""
        return [row for row in self.rows if row.outcome is Outcome.REFUSED]


def numbered(rows: Iterable[Mapping[str, object]], first: int = 2) -> Iterator[Row]:
    """Plain dicts with the numbers they have in a sheet under one line of headings."""
    return enumerate(rows, first)


def import_regions(
    rows: Iterable[Row],
    *,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool = False,
    effective: dt.date | None = None,
) -> ImportReport:
    """This will set up, rename and move divisions; those not in the sheet stay.

    Without a level or a parent the code itself tells: 350102 is a county of 350100. A zone names
    both (350128, 市, 350000). New ones hold since ever, unless ``effective`` is given.
    """
    return _run(_Regions(actor, at, effective), rows, dry_run)


def import_units(
    rows: Iterable[Row],
    *,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool = False,
    effective: dt.date | None = None,
    document: str = "",
) -> ImportReport:
    """This will set up, rename, move and correct units; those not in the sheet stay.

    New ones hold since ever, unless ``effective`` is given.
    """
    return _run(_Units(actor, at, effective, document), rows, dry_run)


class _Undo(Exception):
    """Leaves a transaction without keeping it."""


def _run(job: "_Import[Node]", rows: Iterable[Row], dry_run: bool) -> ImportReport:
    report = ImportReport([], dry_run)
    try:
        with transaction.atomic():
            job.run(rows, report)
            if dry_run or report.refused:
                raise _Undo
            report.applied = True
            job.audit(report)
    except _Undo:
        pass
    return report


def cell(values: Mapping[str, object], columns: Mapping[str, str], key: str) -> str:
    """The text of a cell by its field name or a heading; numbers as they were typed."""
    for heading in (key, *(h for h, k in columns.items() if k == key)):
        value = values.get(heading)
        if value is None or value == "":
            continue
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = tidy(str(value), multiline=False)
        if text:
            return text
    return ""


def _parent_refused(above: RowReport) -> FieldError:
    return FieldError("parent", "parent_refused", f"上级（第 {above.number} 行）有误，请先改正。")


@dataclass
class _Item(Generic[Node]):
    """A row on its way in."""

    report: RowReport
    values: dict[str, str]
    node: Node | None = None  # what is in force under the code
    depth: int = -1


class _Import(Generic[Node]):
    """What both imports share: the order parents before children, and refusals by row."""

    model: type[Node]
    columns: Mapping[str, str]
    duplicate: str
    unknown_parent: str

    def __init__(self, actor: Actor, at: dt.datetime, effective: dt.date | None) -> None:
        self.actor = actor
        self.at = at
        self.effective = effective
        self.valid_from = effective or ALWAYS
        self.items: dict[str, _Item[Node]] = {}
        self.known: dict[str, Node] = {}  # in force, or made by this import, by code
        self.last_root = 0

    def run(self, rows: Iterable[Row], report: ImportReport) -> None:
        tree.lock(self.model)
        self.collect(rows, report)
        wanted = {code for item in self.items.values() for code in self.codes(item)}
        self.known = self.in_force(wanted)
        waves: dict[int, list[_Item[Node]]] = {}
        for code, item in self.items.items():
            item.node = self.known.get(code)
            if item.node is not None and item.node.parent is not None:
                self.known.setdefault(item.node.parent.code, item.node.parent)
        for item in self.items.values():
            depth = self.depth(item, set())
            if depth is not None:
                waves.setdefault(depth, []).append(item)
        for depth in sorted(waves):
            self.enter(waves[depth])

    def collect(self, rows: Iterable[Row], report: ImportReport) -> None:
        for number, raw in rows:
            keys = dict.fromkeys(self.columns.values())
            values = {key: cell(raw, self.columns, key) for key in keys}
            if not any(values.values()):
                continue
            values["code"] = self.normal(values["code"])
            row = RowReport(number, values["code"], values["name"])
            report.rows.append(row)
            if not values["code"]:
                row.refuse(FieldError("code", "required", f"缺少“{next(iter(self.columns))}”。"))
            elif values["code"] in self.items:
                first = self.items[values["code"]].report.number
                row.refuse(
                    FieldError("code", "duplicate", self.duplicate.format(values["code"], first))
                )
            else:
                self.items[values["code"]] = _Item(row, values)

    def depth(self, item: _Item[Node], above: set[str]) -> int | None:
        """How many rows of this sheet stand above the row; None once it has been refused."""
        if item.report.outcome is Outcome.REFUSED:
            return None
        if item.depth >= 0:
            return item.depth
        code, parent = item.report.code, self.parent_code(item)
        if code in above or len(above) > _DEEPEST:
            item.report.refuse(FieldError("parent", "loop", "上级关系成环或层级过深，请核对上级。"))
            return None
        if parent in self.items:
            higher = self.depth(self.items[parent], above | {code})
            if higher is None:
                if item.report.outcome is not Outcome.REFUSED:
                    item.report.refuse(_parent_refused(self.items[parent].report))
                return None
            item.depth = higher + 1
        elif parent and parent not in self.known:
            item.report.refuse(
                FieldError("parent", "unknown_parent", self.unknown_parent.format(parent))
            )
            return None
        else:
            item.depth = 0
        return item.depth

    def enter(self, wave: list[_Item[Node]]) -> None:
        """Let in the rows of one depth: first what changes, then, on settled paths, what is new."""
        self.enter_changes([item for item in wave if item.node is not None])
        self.enter_new([item for item in wave if item.node is None])

    def enter_changes(self, wave: list[_Item[Node]]) -> None:
        for item in wave:
            node = self.known[item.report.code]
            with self.refusing(item), transaction.atomic():
                if self.change(item, node, self.parent(item)):
                    item.report.outcome = Outcome.CHANGED
                    node.refresh_from_db()

    def enter_new(self, wave: list[_Item[Node]]) -> None:
        fresh: list[Node] = []
        self.settle({self.parent_code(item) for item in wave})
        counters: dict[int, Node] = {}
        for item in wave:
            with self.refusing(item):
                parent = self.parent(item)
                node = self.make(item, parent)
                node.path = self.allot(parent)
                if parent is not None:
                    counters[parent.pk] = parent
                item.report.outcome = Outcome.NEW
                self.known[node.code] = node
                fresh.append(node)
        manager = self.model._default_manager
        manager.bulk_update(counters.values(), ["last_child"], batch_size=_CHUNK)
        self.made(list(manager.bulk_create(fresh, batch_size=_CHUNK)))

    def parent(self, item: _Item[Node]) -> Node | None:
        """What the row hangs under. Refuses a row whose parent's row was refused."""
        code = self.parent_code(item)
        above = self.items.get(code)
        if above is not None and above.report.outcome is Outcome.REFUSED:
            raise Invalid([_parent_refused(above.report)])
        return self.known.get(code)

    @contextmanager
    def refusing(self, item: _Item[Node]) -> Iterator[None]:
        """Turn a refusal into the row's report."""
        try:
            yield
        except Invalid as refusal:
            item.report.refuse(*refusal.errors)
        except UseCaseError as refusal:
            item.report.refuse(FieldError(refusal.field, refusal.code, refusal.message))

    def settle(self, codes: Iterable[str]) -> None:
        """Bring the parents to where they now are: one may have moved, or another below it."""
        parents = {
            node.pk: node for node in map(self.known.get, codes) if node is not None and node.pk
        }
        listed = sorted(parents)
        for start in range(0, len(listed), _CHUNK):
            chunk = listed[start : start + _CHUNK]
            for pk, path, last in tree.last_ordinals(self.model, chunk):
                parents[pk].path, parents[pk].last_child = path, last

    def allot(self, parent: Node | None) -> str:
        if parent is None:
            self.last_root = max(self.last_root, tree.last_root(self.model)) + 1
            return paths.child_path("", self.last_root)
        parent.last_child += 1
        tree.refuse_too_deep(len(parent.path) + paths.STEP)
        return paths.child_path(parent.path, parent.last_child)

    def in_force(self, codes: Iterable[str]) -> dict[str, Node]:
        listed = sorted(codes)
        found: dict[str, Node] = {}
        for start in range(0, len(listed), _CHUNK):
            for node in self.current(listed[start : start + _CHUNK]):
                found[node.code] = node
        return found

    # What differs.

    def normal(self, code: str) -> str:
        return code

    def codes(self, item: _Item[Node]) -> list[str]:
        return [code for code in (item.report.code, self.parent_code(item)) if code]

    def parent_code(self, item: _Item[Node]) -> str:
        raise NotImplementedError

    def current(self, codes: list[str]) -> Iterable[Node]:
        raise NotImplementedError

    def make(self, item: _Item[Node], parent: Node | None) -> Node:
        raise NotImplementedError

    def change(self, item: _Item[Node], node: Node, parent: Node | None) -> bool:
        raise NotImplementedError

    def made(self, nodes: list[Node]) -> None:
        raise NotImplementedError

    def audit(self, report: ImportReport) -> None:
        audit.record(
            f"{self.model._meta.model_name}_import",
            actor=self.actor,
            at=self.at,
            data={str(outcome): report.count(outcome) for outcome in Outcome},
        )


def normal_region_code(code: str) -> str:
    """A division's code in its own length: 35 is 350000, 350102001000 is 350102001."""
    if not (code.isascii() and code.isdecimal() and len(code) in (2, 4, 6, 9, 12)):
        return code
    full = code.ljust(12, "0")
    if full.endswith("000000"):
        return full[:6]
    return full[:9] if full.endswith("000") else full


def region_level(code: str) -> str:
    """The level a division's code speaks of; "" for no such code."""
    if len(code) == 12:
        return Region.Level.VILLAGE
    if len(code) == 9:
        return Region.Level.STREET
    if len(code) != 6:
        return ""
    if code.endswith("0000"):
        return Region.Level.PROVINCE
    return Region.Level.CITY if code.endswith("00") else Region.Level.COUNTY


def region_parent(code: str) -> str:
    """The code of the division above, as the code itself tells; "" for a province."""
    if len(code) in (9, 12):
        return code[:-3]
    if len(code) != 6 or code.endswith("0000"):
        return ""
    return f"{code[:2]}0000" if code.endswith("00") else f"{code[:4]}00"


class _Regions(_Import[Region]):
    model = Region
    columns = REGION_COLUMNS
    duplicate = "区划代码 {} 与第 {} 行重复。"
    unknown_parent = "上级区划 {} 不存在，请先导入或核对代码。"

    def normal(self, code: str) -> str:
        return normal_region_code(code)

    def parent_code(self, item: _Item[Region]) -> str:
        given = normal_region_code(item.values["parent"])
        if given:
            return given
        if item.node is not None:  # already placed: a zone does not fall back to its code's city
            return item.node.parent.code if item.node.parent else ""
        return region_parent(item.report.code)

    def current(self, codes: list[str]) -> Iterable[Region]:
        rows = Region.objects.filter(code__in=codes, valid_to__isnull=True)
        return rows.select_related("parent")

    def level(self, item: _Item[Region]) -> str:
        given = item.values["level"]
        labels = {label: value for value, label in Region.Level.choices}
        return labels.get(given, given)

    def make(self, item: _Item[Region], parent: Region | None) -> Region:
        code = item.report.code
        level = self.level(item) or region_level(code)
        new = checks.checked_region(
            NewRegion(code, item.values["name"], level, parent), self.valid_from
        )
        must_manage(self.actor, parent.path if parent else "")
        return Region(
            code=new.code,
            name=new.name,
            level=new.level,
            parent=parent,
            pinyin=initials(new.name),
            valid_from=self.valid_from,
        )

    def change(self, item: _Item[Region], node: Region, parent: Region | None) -> bool:
        level = self.level(item) or node.level
        moved = (parent.pk if parent else None) != node.parent_id or level != node.level
        renamed = item.values["name"] not in ("", node.name)
        if renamed:
            region_changes.rename_region(
                node,
                item.values["name"],
                actor=self.actor,
                at=self.at,
                effective=self.effective,
            )
        if moved and parent is not None:
            region_changes.move_region(
                node, parent, actor=self.actor, at=self.at, level=level, effective=self.effective
            )
        return renamed or (moved and parent is not None)

    def made(self, nodes: list[Region]) -> None:
        pass


class _Units(_Import[Unit]):
    model = Unit
    columns = UNIT_COLUMNS
    duplicate = "单位编码 {} 与第 {} 行重复。"
    unknown_parent = "上级单位 {} 不存在，请先导入或核对编码。"

    def __init__(
        self, actor: Actor, at: dt.datetime, effective: dt.date | None, document: str
    ) -> None:
        super().__init__(actor, at, effective)
        self.document = document
        self.regions: dict[str, Region] = {}
        self.taken: set[tuple[int | None, str]] = set()  # (parent, name) in force

    def parent_code(self, item: _Item[Unit]) -> str:
        if not item.values["parent"] and item.node is not None:
            return item.node.parent.code if item.node.parent else ""
        return item.values["parent"]

    def current(self, codes: list[str]) -> Iterable[Unit]:
        return Unit.objects.filter(code__in=codes).select_related("region", "parent__region")

    def run(self, rows: Iterable[Row], report: ImportReport) -> None:
        super().run(self.with_regions(rows), report)

    def with_regions(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Pass the rows on once the divisions they name have been fetched."""
        kept = list(rows)
        codes = sorted(
            {normal_region_code(cell(values, UNIT_COLUMNS, "region")) for _, values in kept}
        )
        for start in range(0, len(codes), _CHUNK):
            found = Region.objects.filter(
                code__in=codes[start : start + _CHUNK], valid_to__isnull=True
            )
            self.regions.update({region.code: region for region in found})
        yield from kept

    def enter(self, wave: list[_Item[Unit]]) -> None:
        parents = {self.known.get(self.parent_code(item)) for item in wave}
        listed = sorted(parent.pk for parent in parents if parent is not None)
        named = Unit.objects.filter(valid_to__isnull=True).values_list("parent_id", "name")
        self.taken.update(named.filter(parent=None))
        for start in range(0, len(listed), _CHUNK):
            self.taken.update(named.filter(parent__in=listed[start : start + _CHUNK]))
        super().enter(wave)

    def region(self, item: _Item[Unit]) -> Region:
        code = normal_region_code(item.values["region"])
        if not code:
            raise Invalid([FieldError("region", "required", "缺少“区划代码”。")])
        if code not in self.regions:
            message = f"区划代码 {code} 不存在，请核对或先导入区划。"
            raise Invalid([FieldError("region", "unknown_region", message)])
        return self.regions[code]

    def steps(self, item: _Item[Unit], otherwise: int) -> int:
        text = item.values["inner_review_steps"]
        return int(text) if text.isdecimal() and len(text) == 1 else -1 if text else otherwise

    def kind(self, item: _Item[Unit]) -> str:
        labels = {label: value for value, label in Unit.Kind.choices}
        return labels.get(item.values["kind"], item.values["kind"])

    def make(self, item: _Item[Unit], parent: Unit | None) -> Unit:
        new = checks.checked_unit(
            NewUnit(
                item.report.code,
                item.values["name"],
                self.kind(item),
                self.region(item),
                parent,
                item.values["short_name"],
                item.values["phone"],
                self.steps(item, 1),
            ),
            self.valid_from,
        )
        must_manage(self.actor, new.region.path)
        place = (parent.pk if parent else None, new.name)
        if place in self.taken:
            message = f"同一上级之下已有名为“{new.name}”的单位。"
            raise Invalid([FieldError("name", "name_taken", message)])
        self.taken.add(place)
        return Unit(
            code=new.code,
            name=new.name,
            short_name=new.short_name,
            kind=new.kind,
            region=new.region,
            parent=parent,
            pinyin=initials(new.name),
            phone=new.phone,
            inner_review_steps=new.inner_review_steps,
            valid_from=self.valid_from,
        )

    def change(self, item: _Item[Unit], node: Unit, parent: Unit | None) -> bool:
        if node.valid_to is not None:
            message = f"单位编码 {node.code} 属于“{node.name}”，{checks.when(node)}，请换一个编码。"
            raise Invalid([FieldError("code", "not_in_force", message)])
        wanted: dict[str, Any] = {
            "short_name": item.values["short_name"],
            "kind": self.kind(item),
            "region": self.region(item) if item.values["region"] else None,
            "phone": item.values["phone"],
            "inner_review_steps": self.steps(item, node.inner_review_steps),
        }
        name = item.values["name"]
        renamed = name not in ("", node.name)
        moved = parent is not None and parent.pk != node.parent_id
        if renamed:
            changes.rename_unit(
                node,
                name,
                short_name=item.values["short_name"] or node.short_name,
                actor=self.actor,
                at=self.at,
                effective=self.effective,
                document=self.document,
            )
        if moved:
            changes.move_unit(
                node,
                parent,
                actor=self.actor,
                at=self.at,
                effective=self.effective,
                document=self.document,
            )
        given = {key: value for key, value in wanted.items() if value not in ("", None)}
        edited = {key: value for key, value in given.items() if getattr(node, key) != value}
        if edited:
            changes.edit_unit(node, actor=self.actor, at=self.at, **edited)
        return renamed or moved or bool(edited)

    def made(self, nodes: list[Unit]) -> None:
        UnitChange.objects.bulk_create(
            (
                UnitChange(
                    kind=UnitChange.Kind.CREATE,
                    effective=self.valid_from,
                    after=[changes.facts(unit)],
                    document=self.document,
                    actor_name=self.actor.name,
                    at=self.at,
                    applied_at=self.at,
                )
                for unit in nodes
            ),
            batch_size=_CHUNK,
        )
