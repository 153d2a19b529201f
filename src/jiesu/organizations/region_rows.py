"""A row of the divisions' sheet: what it sets up, renames or moves."""

from collections.abc import Iterable

from jiesu.organizations import checks, region_changes
from jiesu.organizations.checks import NewRegion, must_manage
from jiesu.organizations.models import Region
from jiesu.organizations.names import initials
from jiesu.organizations.region_codes import normal_region_code, region_level, region_parent
from jiesu.organizations.sheet_rows import Import, Item

REGION_COLUMNS = {
    "区划代码": "code",
    "区划名称": "name",
    "名称": "name",
    "层级": "level",
    "上级代码": "parent",
}


class Regions(Import[Region]):
    model = Region
    columns = REGION_COLUMNS
    duplicate = "区划代码 {} 与第 {} 行重复。"
    unknown_parent = "上级区划 {} 不存在，请先导入或核对代码。"

    def normal(self, code: str) -> str:
        return normal_region_code(code)

    def parent_code(self, item: Item[Region]) -> str:
        given = normal_region_code(item.values["parent"])
        if given:
            return given
        if item.node is not None:  # already placed: a zone does not fall back to its code's city
            return item.node.parent.code if item.node.parent else ""
        return region_parent(item.report.code)

    def current(self, codes: list[str]) -> Iterable[Region]:
        rows = Region.objects.filter(code__in=codes, valid_to__isnull=True)
        return rows.select_related("parent")

    def level(self, item: Item[Region]) -> str:
        given = item.values["level"]
        labels = {label: value for value, label in Region.Level.choices}
        return labels.get(given, given)

    def make(self, item: Item[Region], parent: Region | None) -> Region:
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

    def change(self, item: Item[Region], node: Region, parent: Region | None) -> bool:
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
