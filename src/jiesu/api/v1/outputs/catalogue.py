"""What appeals are described with: classes, codes, duties, regions, units; the key itself."""

import datetime as dt
from dataclasses import dataclass

from jiesu.api.v1.outputs.parts import (
    Named,
    named_unit,
)
from jiesu.catalogue import codes
from jiesu.catalogue.categories import CategoryHit
from jiesu.catalogue.codes import Table
from jiesu.catalogue.duty import DutyHit
from jiesu.catalogue.imports import Report
from jiesu.catalogue.models import Category, Scheme
from jiesu.foundation.clock import BEIJING
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.sheet_rows import ImportReport, Outcome


@dataclass(slots=True)
class SchemeOut:
    """一套诉求分类方案"""

    name: str
    version: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    is_current: bool


def scheme_out(one: Scheme, current: Scheme | None) -> SchemeOut:
    """One scheme."""
    is_current = current is not None and one.pk == current.pk
    return SchemeOut(one.name, one.version, one.valid_from, one.valid_to, is_current)


@dataclass(slots=True, kw_only=True)
class CategoryOut:
    """一个分类"""

    code: str
    name: str
    path_name: str
    level: int
    parent: str | None
    pinyin: str
    is_leaf: bool | None


def category_out(one: Category) -> CategoryOut:
    """One class; reads ``parent``."""
    parent = one.parent.code if one.parent is not None else None
    return CategoryOut(
        code=one.code, name=one.name, path_name=one.path_name, level=one.level, parent=parent,
        pinyin=one.pinyin, is_leaf=None,
    )  # fmt: skip


def category_hit_out(one: CategoryHit) -> CategoryOut:
    """One class found by words."""
    return CategoryOut(
        code=one.code, name=one.name, path_name=one.path_name, level=one.level, parent=None,
        pinyin=one.pinyin, is_leaf=one.is_leaf,
    )  # fmt: skip


@dataclass(slots=True)
class CodeOut:
    """一个代码"""

    code: str
    label: str
    valid_from: dt.date
    valid_to: dt.date | None
    is_valid: bool


@dataclass(slots=True)
class CodeTableOut:
    """一张代码表"""

    key: str
    name: str
    items: list[CodeOut]


def code_table_out(table: Table, at: dt.datetime) -> CodeTableOut:
    """A table with every code it ever had."""
    day = at.astimezone(BEIJING).date()
    items = [
        CodeOut(c.code, c.label, c.valid_from, c.valid_to, c.holds_on(day))
        for c in codes.table(table).values()
    ]
    return CodeTableOut(table, codes.TABLE_NAMES[table], items)


@dataclass(slots=True)
class DutyOut:
    """由谁承办及理由；unit 为 null 表示目录和兜底都没有"""

    unit: Named | None
    basis: str
    reason: str
    is_fallback: bool


def duty_out(hit: DutyHit | None) -> DutyOut:
    """Who answers for a class in an area."""
    if hit is None:
        return DutyOut(None, "", "权属目录未列明，也没有兜底单位。", False)
    return DutyOut(named_unit(hit.unit), hit.basis, hit.reason, hit.is_fallback)


@dataclass(slots=True, kw_only=True)
class RegionOut:
    """一个行政区划"""

    code: str
    name: str
    full_name: str
    level: Named
    parent: str | None
    valid_from: dt.date
    valid_to: dt.date | None


def region_out(one: Region, full_name: str) -> RegionOut:
    """One region; reads ``parent``."""
    return RegionOut(
        code=one.code,
        name=one.name,
        full_name=full_name,
        level=Named(one.level, one.get_level_display()),
        parent=one.parent.code if one.parent is not None else None,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
    )


@dataclass(slots=True, kw_only=True)
class UnitOut:
    """一个单位"""

    code: str
    name: str
    short_name: str
    full_name: str
    kind: Named
    region: Named
    parent: str | None
    phone: str
    valid_from: dt.date
    valid_to: dt.date | None


def unit_out(one: Unit, full_name: str) -> UnitOut:
    """One unit; reads ``region`` and ``parent``."""
    return UnitOut(
        code=one.code,
        name=one.name,
        short_name=one.short_name,
        full_name=full_name,
        kind=Named(one.kind, one.get_kind_display()),
        region=Named(one.region.code, one.region.name),
        parent=one.parent.code if one.parent is not None else None,
        phone=one.phone,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
    )


@dataclass(slots=True)
class Me:
    """这把密钥是谁、能做什么"""

    name: str
    unit: Named
    region: Named
    permissions: list[str]
    per_minute: int
    expires_on: dt.date | None


@dataclass(slots=True)
class SheetErrorOut:
    """一行里的一处错误；column 为列名，空的指整行"""

    row: int
    column: str
    message: str


@dataclass(slots=True)
class SheetReport:
    """导入的结果；applied 为 false 就什么也没有改"""

    applied: bool
    dry_run: bool
    rows: int
    added: int
    changed: int
    ended: int
    unchanged: int
    errors: list[SheetErrorOut]


def sheet_report(report: Report) -> SheetReport:
    """What a sheet of the catalogue did, or would do."""
    errors = [SheetErrorOut(e.row, e.column, e.message) for e in report.errors]
    return SheetReport(report.applied, report.dry_run, **report.as_data(), errors=errors)


def rows_report(report: ImportReport) -> SheetReport:
    """What rows of regions or units did, or would do."""
    errors = [
        SheetErrorOut(row.number, e.field, e.message) for row in report.refused for e in row.errors
    ]
    added, changed, same = (report.count(o) for o in (Outcome.NEW, Outcome.CHANGED, Outcome.SAME))
    return SheetReport(
        report.applied, report.dry_run, len(report.rows), added, changed, 0, same, errors
    )
