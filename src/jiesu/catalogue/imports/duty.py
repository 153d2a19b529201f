"""The duty catalogue 职责权属目录 from and to sheets."""

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import BinaryIO

from django.db import transaction

from jiesu.access import Actor, Permission, may_manage
from jiesu.catalogue.categories import active
from jiesu.catalogue.duty import check_entry, entries
from jiesu.catalogue.editing import changed
from jiesu.catalogue.imports.report import BATCH, Finder, Import, Refused, Report, write_sheet
from jiesu.catalogue.models import Category, DutyEntry, Scheme
from jiesu.catalogue.sheets import Column, Row
from jiesu.organizations.models import Region, Unit

_EITHER = "编码和名称填一个即可；都填时要一致"
CODE = Column("category", "分类编码", True, ("编码", "事项编码"), 12, _EITHER)
NAME = Column(
    "category_name",
    "分类名称",
    False,
    ("分类", "事项名称", "诉求分类"),
    32,
    "如：生态环境 › 施工噪声",
)
REGION = Column("region", "区划代码", True, ("区域代码", "地区代码"), 14, _EITHER)
REGION_NAME = Column(
    "region_name", "区划名称", False, ("区域", "地区", "区划", "所属区域"), 16, "如：鼓楼区"
)
UNIT = Column("unit", "单位编码", True, ("承办单位编码",), 16, _EITHER)
UNIT_NAME = Column(
    "unit_name", "单位名称", False, ("承办单位", "责任单位", "主管单位"), 28, "全称，重名时请填编码"
)
FURTHER = (
    Column("legal_basis", "法律依据", False, ("依据", "权属依据"), 48, "法规名称和条款"),
    Column("valid_from", "启用日期", False, ("生效日期",), 12, "如 2026-01-31；不填为导入当天"),
    Column("valid_to", "停用日期", False, ("失效日期",), 12, "填写后该条目自这一天起停用"),
    Column("note", "备注", False, ("说明",), 24),
)
ALL = (CODE, NAME, REGION, REGION_NAME, UNIT, UNIT_NAME, *FURTHER)
# A class, an area and a unit may each be told by code or by name.
LAYOUTS = tuple(
    tuple(Column(c.key, c.title, c in needed, c.aliases, c.width) for c in ALL)
    for needed in itertools.product((CODE, NAME), (REGION, REGION_NAME), (UNIT, UNIT_NAME))
)

Place = tuple[int, int]


@transaction.atomic
def import_duty(
    file: BinaryIO,
    name: str,
    *,
    scheme: Scheme | None = None,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool = False,
) -> Report:
    """Take duty entries in: new ones are added, other units or bases replace those that hold.

    An entry that holds ends, and the new one begins, on 启用日期 when it is later than the old
    one's beginning, else today. A row with 停用日期 ends what holds, or adds what is to end. For
    the scheme that holds, unless another is given (a draft being prepared).
    """
    run = _DutyImport(scheme or active(at), actor=actor, at=at, dry_run=dry_run)
    Scheme.objects.select_for_update().get(pk=run.scheme.pk)
    run.judge(run.read(file, name))
    if run.report.ok and not dry_run:
        run.write(name)
    return run.finish()


class _DutyImport(Import):
    def __init__(self, scheme: Scheme, *, actor: Actor, at: dt.datetime, dry_run: bool) -> None:
        super().__init__(LAYOUTS, actor=actor, at=at, dry_run=dry_run)
        self.scheme = scheme
        self.regions: Finder[Region] = Finder(Region, "区划", "region", "region_name")
        self.units: Finder[Unit] = Finder(Unit, "单位", "unit", "unit_name")
        self.new: list[DutyEntry] = []
        self.ending: list[DutyEntry] = []
        self.seen: dict[Place, int] = {}
        self.present: dict[Place, list[DutyEntry]] = {}

    def judge(self, rows: list[Row]) -> None:
        categories = list(self.scheme.categories.all())
        by_code = {category.code: category for category in categories}
        by_name: dict[str, list[Category]] = {}
        for category in categories:
            for called in {category.name, category.path_name}:
                by_name.setdefault(called, []).append(category)
        self.regions.load(rows)
        self.units.load(rows)
        judged: list[tuple[Row, Category, Region, Unit]] = []
        for guard in self.guards(rows):
            with guard as row:
                category = _category(row, by_code, by_name)
                region = self.regions.find(row, self)
                if not may_manage(self.actor, Permission.MANAGE_CATALOGUE, region.path):
                    raise Refused("region", f"{region.name}不在您的管理范围内。")
                unit = self.units.find(row, self)
                place = (category.pk, region.pk)
                if place in self.seen:
                    raise Refused("", f"与第 {self.seen[place]} 行重复：同一分类、同一区划。")
                self.seen[place] = row.number
                judged.append((row, category, region, unit))
        self.load_present({region.pk for _, _, region, _ in judged})
        for line in judged:
            with self.guard(line[0]):
                self.plan(*line)

    def load_present(self, regions: set[int]) -> None:
        listed = sorted(regions)
        for start in range(0, len(listed), BATCH):
            found = (
                DutyEntry.objects.filter(
                    category__scheme=self.scheme, region__in=listed[start : start + BATCH]
                )
                .select_for_update(of=("self",))
                .select_related("unit")
                .order_by("valid_from")
            )
            for entry in found:
                place = (entry.category_id, entry.region_id)
                if place in self.seen:
                    self.present.setdefault(place, []).append(entry)

    def plan(self, row: Row, category: Category, region: Region, unit: Unit) -> None:
        begins, ends = self.date(row, "valid_from"), self.date(row, "valid_to")
        present = self.present.get((category.pk, region.pk), [])
        holding = next((e for e in reversed(present) if e.valid_to is None), None)
        basis, note = row.values.get("legal_basis", ""), row.values.get("note", "")
        if holding is None:
            self.add(present, category, region, unit, basis, note, begins, ends)
            return
        same_unit = holding.unit_id == unit.pk
        if ends is not None:
            if not same_unit:
                raise Refused(
                    "unit", f"现由“{holding.unit.name}”承办；要停用它，请填写原来的单位。"
                )
            if ends < self.today:
                raise Refused("valid_to", "停用日期不能早于今天。")
            self.end(holding, ends)
            self.report.ended += 1
            return
        basis, note = basis or holding.legal_basis, note or holding.note
        if same_unit and (basis, note) == (holding.legal_basis, holding.note):
            self.report.unchanged += 1
            return
        day = max(self.today, holding.valid_from)
        if begins is not None and begins != holding.valid_from:
            if begins < day:
                raise Refused(
                    "valid_from", f"已有承办单位“{holding.unit.name}”，更换日期不能早于 {day}。"
                )
            day = begins
        basis, note = check_entry(category, unit, basis, note, day)
        self.end(holding, day)
        self.new.append(_entry(category, region, unit, basis, note, day, None))
        self.report.changed += 1

    def add(
        self,
        present: list[DutyEntry],
        category: Category,
        region: Region,
        unit: Unit,
        basis: str,
        note: str,
        begins: dt.date | None,
        ends: dt.date | None,
    ) -> None:
        for entry in present:
            if (entry.unit_id, entry.valid_from, entry.valid_to) == (unit.pk, begins, ends):
                self.report.unchanged += 1
                return
        day = begins or self.today
        if ends is not None and ends <= day:
            raise Refused("valid_to", "停用日期应晚于启用日期。")
        for entry in present:
            if (ends is None or entry.valid_from < ends) and (entry.valid_to or day) > day:
                period = f"{entry.valid_from} 至 {entry.valid_to}"
                raise Refused("valid_from", f"与“{entry.unit.name}”的承办期（{period}）重叠。")
        basis, note = check_entry(category, unit, basis, note, day)
        self.new.append(_entry(category, region, unit, basis, note, day, ends))
        self.report.added += 1

    def end(self, entry: DutyEntry, day: dt.date) -> None:
        entry.valid_to = max(day, entry.valid_from)
        self.ending.append(entry)

    def write(self, name: str) -> None:
        DutyEntry.objects.bulk_update(self.ending, ["valid_to"], batch_size=BATCH)
        DutyEntry.objects.bulk_create(self.new, batch_size=BATCH)
        changed(
            "duty_imported",
            actor=self.actor,
            at=self.at,
            subject=f"scheme:{self.scheme.pk}",
            data={"file": name, "scheme": str(self.scheme), **self.report.as_data()},
        )
        self.report.applied = True


def _category(
    row: Row, by_code: dict[str, Category], by_name: dict[str, list[Category]]
) -> Category:
    code, name = row.values.get("category", ""), row.values.get("category_name", "")
    if code:
        category = by_code.get(code)
        if category is None and f"0{code}" in by_code:
            raise Refused(
                "category", f"“{code}”像是丢了开头的 0（0{code}），请把该列设为“文本”格式后重填。"
            )
        if category is None:
            raise Refused("category", f"没有编码为“{code[:32]}”的分类，请核对。")
        if name and name not in {category.name, category.path_name}:
            raise Refused(
                "category_name",
                f"编码 {code} 是“{category.path_name}”，与所填“{name[:32]}”不符，请核对是否错行。",
            )
        return category
    if not name:
        raise Refused("category", "请填写分类编码。")
    several = [c for c in by_name.get(name, []) if not c.is_retired]
    if len(several) != 1:
        problem = f"有 {len(several)} 个" if several else "没有"
        raise Refused("category_name", f"{problem}名为“{name[:32]}”的分类，请改填分类编码。")
    return several[0]


def _entry(
    category: Category,
    region: Region,
    unit: Unit,
    basis: str,
    note: str,
    begins: dt.date,
    ends: dt.date | None,
) -> DutyEntry:
    return DutyEntry(
        category=category,
        region=region,
        unit=unit,
        legal_basis=basis,
        note=note,
        valid_from=begins,
        valid_to=ends,
    )


def export_duty(
    file: BinaryIO,
    kind: str,
    *,
    at: dt.datetime,
    scheme: Scheme | None = None,
    within: Region | None = None,
    history: bool = False,
) -> int:
    """Write the entries that hold or will hold (or ever held) in an area, as xlsx or csv."""
    listed = entries(at, scheme=scheme, within=within, history=history)
    return write_sheet(file, kind, ALL, _rows(listed.iterator(BATCH)), "职责权属目录")


def _rows(listed: Iterator[DutyEntry]) -> Iterator[list[object]]:
    for entry in listed:
        yield [
            entry.category.code,
            entry.category.path_name,
            entry.region.code,
            entry.region.name,
            entry.unit.code,
            entry.unit.name,
            entry.legal_basis,
            entry.valid_from,
            entry.valid_to,
            entry.note,
        ]
