"""A row of the units' sheet: what it sets up, renames, moves or corrects."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from jiesu.access import Actor
from jiesu.foundation.errors import FieldError, Invalid
from jiesu.organizations import applying, changes, checks
from jiesu.organizations.checks import NewUnit, must_manage
from jiesu.organizations.models import Region, Unit, UnitChange
from jiesu.organizations.names import initials
from jiesu.organizations.region_codes import normal_region_code
from jiesu.organizations.sheet_rows import CHUNK, Import, ImportReport, Item, Row, cell

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


class Units(Import[Unit]):
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

    def parent_code(self, item: Item[Unit]) -> str:
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
        for start in range(0, len(codes), CHUNK):
            found = Region.objects.filter(
                code__in=codes[start : start + CHUNK], valid_to__isnull=True
            )
            self.regions.update({region.code: region for region in found})
        yield from kept

    def enter(self, wave: list[Item[Unit]]) -> None:
        parents = {self.known.get(self.parent_code(item)) for item in wave}
        listed = sorted(parent.pk for parent in parents if parent is not None)
        named = Unit.objects.filter(valid_to__isnull=True).values_list("parent_id", "name")
        self.taken.update(named.filter(parent=None))
        for start in range(0, len(listed), CHUNK):
            self.taken.update(named.filter(parent__in=listed[start : start + CHUNK]))
        super().enter(wave)

    def region(self, item: Item[Unit]) -> Region:
        code = normal_region_code(item.values["region"])
        if not code:
            raise Invalid([FieldError("region", "required", "缺少“区划代码”。")])
        if code not in self.regions:
            message = f"区划代码 {code} 不存在，请核对或先导入区划。"
            raise Invalid([FieldError("region", "unknown_region", message)])
        return self.regions[code]

    def steps(self, item: Item[Unit], otherwise: int) -> int:
        text = item.values["inner_review_steps"]
        return int(text) if text.isdecimal() and len(text) == 1 else -1 if text else otherwise

    def kind(self, item: Item[Unit]) -> str:
        labels = {label: value for value, label in Unit.Kind.choices}
        return labels.get(item.values["kind"], item.values["kind"])

    def make(self, item: Item[Unit], parent: Unit | None) -> Unit:
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

    def change(self, item: Item[Unit], node: Unit, parent: Unit | None) -> bool:
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
                    after=[applying.facts(unit)],
                    document=self.document,
                    actor_name=self.actor.name,
                    at=self.at,
                    applied_at=self.at,
                )
                for unit in nodes
            ),
            batch_size=CHUNK,
        )
