"""Code tables from and to sheets."""

import datetime as dt
from typing import BinaryIO

from django.db import transaction

from jiesu.access import Actor
from jiesu.catalogue.codes import TABLE_NAMES, Table, check_item
from jiesu.catalogue.editing import changed, must_edit
from jiesu.catalogue.imports.classes import IN_USE, RETIRED
from jiesu.catalogue.imports.report import BATCH, Import, Refused, Report, write_sheet
from jiesu.catalogue.models import CodeItem, CodeTable
from jiesu.catalogue.sheets import Column, Row

ALL = (
    Column("table", "代码表", True, ("表", "字典"), 16, "、".join(TABLE_NAMES.values())),
    Column("code", "代码", True, ("编码",), 18),
    Column("label", "名称", True, (), 32),
    Column("order", "排序", False, ("序号",), 8, "小的在前；不填排在最后"),
    Column("state", "状态", False, (), 8, "启用或停用；不填保持原样"),
)


@transaction.atomic
def import_codes(
    file: BinaryIO, name: str, *, actor: Actor, at: dt.datetime, dry_run: bool = False
) -> Report:
    """Take codes in: new ones are added, known ones get the sheet's label and order.

    状态 “停用” retires a code from today, “启用” restores it; codes the sheet leaves out stay.
    """
    must_edit(actor, None)
    run = _CodeImport((ALL,), actor=actor, at=at, dry_run=dry_run)
    run.judge(run.read(file, name))
    if run.report.ok and not dry_run:
        run.write(name)
    return run.finish()


class _CodeImport(Import):
    def judge(self, rows: list[Row]) -> None:
        self.tables = {t.key: t for t in CodeTable.objects.select_for_update()}
        keys = {name: str(key) for key, name in TABLE_NAMES.items()}
        keys |= {str(key): str(key) for key in Table}
        self.items = {
            (item.table.key, item.code): item
            for item in CodeItem.objects.select_related("table").order_by("order")
        }
        self.stored = {place: _state(item) for place, item in self.items.items()}
        self.last = dict.fromkeys(self.tables, 0)
        for (key, _), item in self.items.items():
            self.last[key] = max(self.last[key], item.order)
        self.seen: dict[tuple[str, str], Row] = {}
        for guard in self.guards(rows):
            with guard as row:
                table = self.needed(row, "table")
                if keys.get(table) not in self.tables:
                    raise Refused(
                        "table",
                        f"没有名为“{table[:32]}”的代码表，应为：{'、'.join(TABLE_NAMES.values())}。",
                    )
                self.plan(row, keys[table])
        self.check_tables()

    def plan(self, row: Row, key: str) -> None:
        code, label = check_item(self.needed(row, "code"), self.needed(row, "label"))
        order, state = self.number(row, "order"), row.values.get("state", "")
        if state not in {"", IN_USE, RETIRED}:
            raise Refused("state", f"状态应为“{IN_USE}”或“{RETIRED}”。")
        place = (key, code)
        if place in self.seen:
            raise Refused("code", f"代码 {code} 与第 {self.seen[place].number} 行重复。")
        self.seen[place] = row
        item = self.items.get(place)
        if item is None:
            whole = f"0{code}"
            if (key, whole) in self.items:
                raise Refused(
                    "code", f"“{code}”像是丢了开头的 0（{whole}），请把该列设为“文本”格式后重填。"
                )
            if order is None:
                self.last[key] += 10
                order = self.last[key]
            item = CodeItem(table=self.tables[key], code=code, order=order, valid_from=self.today)
            self.items[place] = item
        item.label = label
        if order is not None:
            item.order = order
        if state == RETIRED and item.valid_to is None:
            if item.is_fixed:
                raise Refused("state", f"“{label}”是办理规则要用到的代码，不能停用。")
            item.valid_to = max(self.today, item.valid_from)
        elif state == IN_USE:
            item.valid_to = None
        if place not in self.stored:
            self.report.added += 1
        elif self.stored[place] == _state(item):
            self.report.unchanged += 1
        elif item.valid_to and not self.stored[place][2]:
            self.report.ended += 1
        else:
            self.report.changed += 1

    def check_tables(self) -> None:
        labels: dict[tuple[str, str], str] = {}
        left = dict.fromkeys(self.tables, 0)
        for place in sorted(self.items, key=lambda p: p in self.seen):  # the sheet's rows last
            key, code = place
            item = self.items[place]
            if item.valid_to is not None:
                continue
            left[key] += 1
            twin = labels.setdefault((key, item.label), code)
            if twin != code and place in self.seen:
                self.error(
                    self.seen[place], "label", f"代码 {twin} 也叫“{item.label}”，请换一个名称。"
                )
        for (key, _), row in self.seen.items():
            if not left[key]:
                self.error(row, "state", f"“{self.tables[key].name}”至少要保留一个代码。")
                break

    def write(self, name: str) -> None:
        places = list(self.seen)
        new = [self.items[place] for place in places if place not in self.stored]
        old = [
            self.items[place]
            for place in places
            if place in self.stored and self.stored[place] != _state(self.items[place])
        ]
        CodeItem.objects.bulk_create(new, batch_size=BATCH)
        CodeItem.objects.bulk_update(old, ["label", "order", "valid_to"], batch_size=BATCH)
        changed(
            "codes_imported",
            actor=self.actor,
            at=self.at,
            subject="codes",
            data={"file": name, **self.report.as_data()},
        )
        self.report.applied = True


def _state(item: CodeItem) -> tuple[str, int, dt.date | None]:
    return item.label, item.order, item.valid_to


def export_codes(file: BinaryIO, kind: str, *, table: Table | None = None) -> int:
    """Write all code tables, or one, retired codes too, as xlsx or csv."""
    items = CodeItem.objects.select_related("table").order_by("table_id", "order", "code")
    if table is not None:
        items = items.filter(table__key=table)
    rows = (
        [i.table.name, i.code, i.label, i.order, RETIRED if i.valid_to else IN_USE] for i in items
    )
    return write_sheet(file, kind, ALL, rows, "代码表")
