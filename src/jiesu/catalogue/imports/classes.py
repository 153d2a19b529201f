"""The classification from and to sheets, one class a row or one path a row."""

import datetime as dt
from dataclasses import dataclass
from typing import BinaryIO

from django.db import transaction

from jiesu.access import Actor
from jiesu.catalogue.editing import changed, must_edit
from jiesu.catalogue.imports.report import BATCH, Import, Refused, Report, write_sheet
from jiesu.catalogue.models import Category, Scheme
from jiesu.catalogue.schemes import MAX_LEVEL, check_class
from jiesu.catalogue.sheets import Column, Row
from jiesu.foundation.errors import UseCaseError

IN_USE, RETIRED = "启用", "停用"
FLAT = (
    Column("code", "分类编码", True, ("编码",), 12),
    Column("name", "分类名称", True, ("名称", "分类"), 28),
    Column("parent", "上级编码", False, ("上级分类编码", "父级编码"), 12, "一级分类不填"),
    Column("keywords", "关键词", False, (), 40, "查找分类时也能用到的词，用空格隔开"),
    Column("state", "状态", False, (), 8, "启用或停用；不填保持原样"),
)
_NUMERALS = "一二三"
WIDE = tuple(
    column
    for level in range(1, MAX_LEVEL + 1)
    for column in (
        Column(f"l{level}_code", f"{_NUMERALS[level - 1]}级编码", level < 3,
               (f"{_NUMERALS[level - 1]}级分类编码",), 12),
        Column(f"l{level}_name", f"{_NUMERALS[level - 1]}级分类", level < 3,
               (f"{_NUMERALS[level - 1]}级名称", f"{_NUMERALS[level - 1]}级分类名称"), 24),
    )
)  # fmt: skip


@dataclass
class _Line:
    """One class as a sheet tells it; None is what the sheet does not speak of."""

    row: Row
    code: str
    name: str
    parent: str | None
    keywords: str | None = None
    state: str = ""
    key: str = "code"  # the columns errors belong to
    name_key: str = "name"


@transaction.atomic
def import_classes(
    file: BinaryIO,
    name: str,
    *,
    scheme: Scheme,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool = False,
) -> Report:
    """Take classes into a scheme, draft or published: new codes are added, known ones reworded.

    状态 “停用” retires a class, “启用” restores it; classes the sheet leaves out stay. A class
    never changes its place. Without a column 上级编码, the longest shorter code that begins a code
    is the one above it.
    """
    must_edit(actor, None)
    run = _ClassImport(scheme, actor=actor, at=at, dry_run=dry_run)
    Scheme.objects.select_for_update().get(pk=scheme.pk)
    run.judge(run.lines(run.read(file, name)))
    if run.report.ok and not dry_run:
        run.write(name)
    return run.finish()


class _ClassImport(Import):
    def __init__(self, scheme: Scheme, *, actor: Actor, at: dt.datetime, dry_run: bool) -> None:
        super().__init__((FLAT, WIDE), actor=actor, at=at, dry_run=dry_run)
        self.scheme = scheme
        self.known = {category.code: category for category in scheme.categories.all()}
        self.by_pk = {category.pk: category for category in self.known.values()}
        self.stored = {code: _state(category) for code, category in self.known.items()}
        self.new: dict[str, Category] = {}
        self.parents: dict[str, str] = {  # code → the code above it
            c.code: self.by_pk[c.parent_id].code for c in self.known.values() if c.parent_id
        }

    def lines(self, rows: list[Row]) -> dict[str, _Line]:
        found: dict[str, _Line] = {}
        for guard in self.guards(rows):
            with guard as row:
                if "l1_code" in row.values:
                    self.wide(row, found)
                else:
                    self.flat(row, found)
        return found

    def flat(self, row: Row, found: dict[str, _Line]) -> None:
        code = self.needed(row, "code")
        if code in found:
            raise Refused("code", f"编码 {code} 与第 {found[code].row.number} 行重复。")
        if code not in self.known and f"0{code}" in self.known:
            raise Refused(
                "code", f"“{code}”像是丢了开头的 0（0{code}），请把该列设为“文本”格式后重填。"
            )
        state = row.values.get("state", "")
        if state not in {"", IN_USE, RETIRED}:
            raise Refused("state", f"状态应为“{IN_USE}”或“{RETIRED}”。")
        found[code] = _Line(
            row,
            code,
            self.needed(row, "name"),
            row.values.get("parent"),
            row.values.get("keywords"),
            state,
        )

    def wide(self, row: Row, found: dict[str, _Line]) -> None:
        above = ""
        for level in range(1, MAX_LEVEL + 1):
            key, name_key = f"l{level}_code", f"l{level}_name"
            code, name = row.values.get(key, ""), row.values.get(name_key, "")
            if not code and not name and level > 1:
                return
            if not code or not name:
                raise Refused(name_key if code else key, "编码和名称应同时填写。")
            line = found.get(code)
            if line is None:
                found[code] = _Line(row, code, name, above, key=key, name_key=name_key)
            elif (line.name, line.parent) != (name, above):
                raise Refused(
                    name_key,
                    f"编码 {code} 在第 {line.row.number} 行是“{line.name}”，前后不一致。",
                )
            elif level == MAX_LEVEL or not row.values.get(f"l{level + 1}_code"):
                raise Refused(key, f"编码 {code} 与第 {line.row.number} 行重复。")
            above = code

    def judge(self, lines: dict[str, _Line]) -> None:
        for line in lines.values():
            if line.parent is None:
                line.parent = self.parents.get(line.code) or self.guess(line.code, lines)
        for line in lines.values():
            with self.guard(line.row, code=line.key, name=line.name_key):
                self.place(line, lines, set())
        if self.report.ok:
            self.retire(lines)
            self.rename_below()
            self.check_names(lines)
        self.count(lines)

    def guess(self, code: str, lines: dict[str, _Line]) -> str:
        for end in range(len(code) - 1, 0, -1):
            if code[:end] in lines or code[:end] in self.known:
                return code[:end]
        return ""

    def place(self, line: _Line, lines: dict[str, _Line], below: set[str]) -> Category:
        """The class of the line, made or found, with those above it; refuses once only."""
        if line.code in self.new:
            return self.new[line.code]
        if line.code in below:
            raise Refused("parent", "上级编码成环，请核对上级。")
        parent: Category | None = None
        if line.parent:
            above = lines.get(line.parent)
            if above is not None and line.parent not in self.known:
                try:
                    parent = self.place(above, lines, below | {line.code})
                except (Refused, UseCaseError) as error:
                    raise Refused(
                        "parent", f"上级分类（第 {above.row.number} 行）有误，请先改正。"
                    ) from error
            else:
                parent = self.known.get(line.parent)
            if parent is None:
                raise Refused("parent", f"没有编码为“{line.parent[:32]}”的上级分类。")
        keywords = line.keywords or ""
        present = self.known.get(line.code)
        if present is None:
            made = check_class(self.scheme, line.code, line.name, parent, keywords)
            self.new[line.code] = made
            if line.parent:
                self.parents[line.code] = line.parent
            return made
        if line.parent != self.parents.get(line.code, ""):
            raise Refused(
                "parent", f"编码 {line.code} 已在别的上级之下；要调整层级请另建新版本的方案。"
            )
        wanted = check_class(
            self.scheme,
            line.code,
            line.name,
            None if parent is None or parent.is_retired else parent,
            keywords or present.keywords,
        )
        present.name, present.pinyin = wanted.name, wanted.pinyin
        present.keywords = wanted.keywords
        return present

    def retire(self, lines: dict[str, _Line]) -> None:
        for line in lines.values():
            category = self.all[line.code]
            if line.state == RETIRED and not category.is_retired:
                category.is_retired, category.retired_on = True, self.today
            elif line.state == IN_USE and category.is_retired:
                category.is_retired, category.retired_on = False, None
        for code, category in self.all.items():
            above = self.all.get(self.parents.get(code, ""))
            if above and above.is_retired and not category.is_retired:
                line_of = lines.get(above.code) or lines.get(code)
                if line_of is not None:
                    self.error(
                        line_of.row,
                        "state",
                        f"“{above.name}”停用后，其下“{category.name}”（{code}）仍是启用的。",
                    )

    @property
    def all(self) -> dict[str, Category]:
        return {**self.known, **self.new}

    def rename_below(self) -> None:
        every = self.all
        for category in sorted(every.values(), key=lambda c: c.level):
            above = every.get(self.parents.get(category.code, ""))
            category.path_name = f"{above.path_name} › {category.name}" if above else category.name

    def check_names(self, lines: dict[str, _Line]) -> None:
        seen: dict[tuple[str, str], str] = {}
        for code, category in sorted(self.all.items()):
            if category.is_retired:
                continue
            other = seen.setdefault((self.parents.get(code, ""), category.name), code)
            line = lines.get(code) or lines.get(other)
            if other != code and line is not None:
                twins = f"“{category.name}”（{other}、{code}）"
                self.error(line.row, line.name_key, f"同一上级下有两个{twins}，请改名或停用其一。")

    def count(self, lines: dict[str, _Line]) -> None:
        for line in lines.values():
            if line.code not in self.known:
                self.report.added += 1
                continue
            was, now = self.stored[line.code], _state(self.known[line.code])
            if was == now:
                self.report.unchanged += 1
            elif now[-1] and not was[-1]:
                self.report.ended += 1
            else:
                self.report.changed += 1

    def write(self, name: str) -> None:
        for level in range(1, MAX_LEVEL + 1):
            made = [c for c in self.new.values() if c.level == level]
            for category in made:
                category.parent = self.all.get(self.parents.get(category.code, ""))
            Category.objects.bulk_create(made, batch_size=BATCH)
        altered = [c for code, c in self.known.items() if _state(c) != self.stored[code]]
        Category.objects.bulk_update(
            altered,
            ["name", "path_name", "pinyin", "keywords", "is_retired", "retired_on"],
            batch_size=BATCH,
        )
        changed(
            "classes_imported",
            actor=self.actor,
            at=self.at,
            subject=f"scheme:{self.scheme.pk}",
            data={"file": name, "scheme": str(self.scheme), **self.report.as_data()},
        )
        self.report.applied = True


def _state(category: Category) -> tuple[str, str, str, bool]:
    return category.name, category.path_name, category.keywords, category.is_retired


def export_classes(file: BinaryIO, kind: str, *, scheme: Scheme) -> int:
    """Write the scheme's classes, retired ones too, as xlsx or csv."""
    rows = (
        [
            category.code,
            category.name,
            category.parent.code if category.parent else "",
            category.keywords,
            RETIRED if category.is_retired else IN_USE,
        ]
        for category in scheme.categories.select_related("parent").order_by("code")
    )
    return write_sheet(file, kind, FLAT, rows, f"诉求分类 {scheme.version}")
