"""How the rows of a sheet enter a tree: parents before children, refusals by row, all or none."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from django.db import transaction

from jiesu.access import Actor
from jiesu.foundation.errors import FieldError, Invalid, UseCaseError
from jiesu.foundation.text import tidy
from jiesu.journal import audit
from jiesu.organizations import paths, tree
from jiesu.organizations.models import ALWAYS, Region, Unit

Row = tuple[int, Mapping[str, object]]
Node = TypeVar("Node", Region, Unit)
CHUNK = 500  # codes asked for in one statement
_DEEPEST = 16  # levels a path holds


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
class Item(Generic[Node]):
    """A row on its way in."""

    report: RowReport
    values: dict[str, str]
    node: Node | None = None  # what is in force under the code
    depth: int = -1


class Import(Generic[Node]):
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
        self.items: dict[str, Item[Node]] = {}
        self.known: dict[str, Node] = {}  # in force, or made by this import, by code
        self.last_root = 0

    def run(self, rows: Iterable[Row], report: ImportReport) -> None:
        tree.lock(self.model)
        self.collect(rows, report)
        wanted = {code for item in self.items.values() for code in self.codes(item)}
        self.known = self.in_force(wanted)
        waves: dict[int, list[Item[Node]]] = {}
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
                self.items[values["code"]] = Item(row, values)

    def depth(self, item: Item[Node], above: set[str]) -> int | None:
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

    def enter(self, wave: list[Item[Node]]) -> None:
        """Let in the rows of one depth: first what changes, then, on settled paths, what is new."""
        self.enter_changes([item for item in wave if item.node is not None])
        self.enter_new([item for item in wave if item.node is None])

    def enter_changes(self, wave: list[Item[Node]]) -> None:
        for item in wave:
            node = self.known[item.report.code]
            with self.refusing(item), transaction.atomic():
                if self.change(item, node, self.parent(item)):
                    item.report.outcome = Outcome.CHANGED
                    node.refresh_from_db()

    def enter_new(self, wave: list[Item[Node]]) -> None:
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
        manager.bulk_update(counters.values(), ["last_child"], batch_size=CHUNK)
        self.made(list(manager.bulk_create(fresh, batch_size=CHUNK)))

    def parent(self, item: Item[Node]) -> Node | None:
        """What the row hangs under. Refuses a row whose parent's row was refused."""
        code = self.parent_code(item)
        above = self.items.get(code)
        if above is not None and above.report.outcome is Outcome.REFUSED:
            raise Invalid([_parent_refused(above.report)])
        return self.known.get(code)

    @contextmanager
    def refusing(self, item: Item[Node]) -> Iterator[None]:
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
        for start in range(0, len(listed), CHUNK):
            chunk = listed[start : start + CHUNK]
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
        for start in range(0, len(listed), CHUNK):
            for node in self.current(listed[start : start + CHUNK]):
                found[node.code] = node
        return found

    # What differs.

    def normal(self, code: str) -> str:
        return code

    def codes(self, item: Item[Node]) -> list[str]:
        return [code for code in (item.report.code, self.parent_code(item)) if code]

    def parent_code(self, item: Item[Node]) -> str:
        raise NotImplementedError

    def current(self, codes: list[str]) -> Iterable[Node]:
        raise NotImplementedError

    def make(self, item: Item[Node], parent: Node | None) -> Node:
        raise NotImplementedError

    def change(self, item: Item[Node], node: Node, parent: Node | None) -> bool:
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


class _Undo(Exception):
    """Leaves a transaction without keeping it."""


def run_import(job: "Import[Node]", rows: Iterable[Row], dry_run: bool) -> ImportReport:
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
