"""What all imports share: judging rows, the report, finding regions and units by code or name."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Generic, TypeVar

from django.db.models import QuerySet

from jiesu.access import Actor, ActorKind
from jiesu.catalogue import sheets
from jiesu.catalogue.sheets import Column, Row, read_rows, write_csv, write_xlsx
from jiesu.catalogue.versions import day_of
from jiesu.foundation.errors import Invalid, UseCaseError
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.paths import is_below

MAX_ROWS = 50_000
BATCH = 500
R = TypeVar("R", Region, Unit)


@dataclass(frozen=True)
class RowError:
    """What is wrong in one cell; ``column`` is its title, "" for the row as a whole."""

    row: int
    column: str
    message: str


@dataclass
class Report:
    """What an import did, or would do; nothing was done unless ``applied``."""

    dry_run: bool
    rows: int = 0
    added: int = 0
    changed: int = 0
    ended: int = 0
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)
    applied: bool = False

    @property
    def ok(self) -> bool:
        """Whether every row could be taken."""
        return not self.errors

    def as_data(self) -> dict[str, int]:
        """The counts, as the audit keeps them."""
        return {
            "rows": self.rows,
            "added": self.added,
            "changed": self.changed,
            "ended": self.ended,
            "unchanged": self.unchanged,
        }


class Refused(Exception):
    """A row cannot be taken; the rest is judged all the same."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column = column
        self.message = message


class Import:
    """One run over a sheet: who, when, the report, and the errors as they are found."""

    def __init__(self, layouts: Sequence[Sequence[Column]], *, actor: Actor, at: dt.datetime,
                 dry_run: bool) -> None:  # fmt: skip
        self.layouts = layouts
        self.titles = {column.key: column.title for layout in layouts for column in layout}
        self.actor = actor
        self.at = at
        self.today = day_of(at)
        self.report = Report(dry_run)

    def read(self, file: BinaryIO, name: str) -> list[Row]:
        """All rows of the file whose cells could be read; the others are noted as errors."""
        kept = []
        for row in read_rows(file, name, *self.layouts, max_rows=MAX_ROWS):
            self.report.rows += 1
            for column, message in row.problems:
                self.report.errors.append(RowError(row.number, column, message))
            if not row.problems:
                kept.append(row)
        return kept

    def error(self, row: Row, key: str, message: str) -> None:
        """Note what is wrong in one cell."""
        self.report.errors.append(RowError(row.number, self.titles.get(key, key), message))

    def guard(self, row: Row, **columns: str) -> "Guard":
        """``with run.guard(row) as row:`` a refusal inside is an error of this row and ends it.

        ``columns`` says which column a use case's field stands in, where it is not the same.
        """
        return Guard(self, row, columns)

    def guards(self, rows: Iterable[Row]) -> Iterator["Guard"]:
        """Each row in a guard of its own."""
        return (Guard(self, row, {}) for row in rows)

    def date(self, row: Row, key: str) -> dt.date | None:
        """The day in a cell, None when it is blank. Refuses what is no day."""
        text = row.values.get(key, "")
        try:
            return sheets.as_date(text)
        except ValueError as error:
            raise Refused(key, f"“{text[:32]}”不是日期，请写成 2025-01-31 的样子。") from error

    def number(self, row: Row, key: str) -> int | None:
        """The whole number in a cell, None when it is blank. Refuses anything else."""
        text = row.values.get(key, "")
        if not text:
            return None
        if not text.isdecimal() or len(text) > 6:
            raise Refused(key, f"“{text[:32]}”不是整数，请填 0 至 999999。")
        return int(text)

    def needed(self, row: Row, key: str) -> str:
        """The text in a cell. Refuses a blank."""
        text = row.values.get(key, "")
        if not text:
            raise Refused(key, f"请填写{self.titles[key]}。")
        return text

    def finish(self) -> Report:
        """The errors in the sheet's order."""
        self.report.errors.sort(key=lambda error: error.row)
        return self.report


class Guard:
    """Turns what refuses a row into errors of the report."""

    def __init__(self, run: Import, row: Row, columns: dict[str, str]) -> None:
        self.run = run
        self.row = row
        self.columns = columns

    def __enter__(self) -> Row:
        return self.row

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Refused):
            self.run.error(self.row, error.column, error.message)
        elif isinstance(error, Invalid):
            for one in error.errors:
                self.run.error(self.row, self.columns.get(one.field, one.field), one.message)
        elif isinstance(error, UseCaseError):
            self.run.error(self.row, error.field, error.message)
        else:
            return False
        return True


class Finder(Generic[R]):
    """Finds regions or units by code, or by a name that only one of them bears.

    Asks for all codes and names of the sheet at once. A name is looked for first among those the
    editor manages.
    """

    def __init__(self, model: type[R], what: str, code_key: str, name_key: str) -> None:
        self.model: type[R] = model
        self.what = what
        self.code_key = code_key
        self.name_key = name_key
        self._by_code: dict[str, R] = {}
        self._by_name: dict[str, list[R]] = {}

    def load(self, rows: Sequence[Row]) -> None:
        """Ask for everything the rows speak of."""
        codes = {row.values.get(self.code_key, "") for row in rows} - {""}
        names = {
            row.values.get(self.name_key, "") for row in rows if not row.values.get(self.code_key)
        } - {""}
        related = ("region",) if self.model is Unit else ("parent",)
        rows_of: QuerySet[R] = self.model._default_manager.select_related(*related)
        for chunk in chunks(codes):
            # a code may have belonged to several over time: the newest, unended one last
            found = rows_of.filter(code__in=chunk)
            for one in sorted(found, key=lambda r: (r.valid_to is None, r.valid_from)):
                self._by_code[one.code] = one
        for chunk in chunks(names):
            for one in rows_of.filter(name__in=chunk, valid_to__isnull=True):
                self._by_name.setdefault(one.name, []).append(one)

    def find(self, row: Row, run: Import) -> R:
        """The one the row means. Refuses none, several, and a name that is not the code's."""
        code, name = row.values.get(self.code_key, ""), row.values.get(self.name_key, "")
        if code:
            one = self._by_code.get(code)
            if one is None:
                raise Refused(self.code_key, f"没有编码为“{code[:32]}”的{self.what}，请核对。")
            if name and name not in _names(one):
                raise Refused(
                    self.name_key,
                    f"编码 {code} 是“{one.name}”，与所填“{name[:32]}”不符，请核对是否错行。",
                )
            return one
        if not name:
            raise Refused(self.code_key, f"请填写{run.titles[self.code_key]}。")
        several = self._by_name.get(name, [])
        if run.actor.kind is not ActorKind.SYSTEM and len(several) > 1:
            path = run.actor.region_path
            several = [one for one in several if is_below(_region(one).path, path)] or several
        if not several:
            raise Refused(self.name_key, f"没有名为“{name[:32]}”的{self.what}，请核对名称。")
        if len(several) > 1:
            instead = run.titles[self.code_key]
            raise Refused(
                self.name_key,
                f"有 {len(several)} 个名为“{name[:32]}”的{self.what}，请改填{instead}。",
            )
        return several[0]


def chunks(values: Iterable[str]) -> Iterator[list[str]]:
    """The values in lists short enough for one statement."""
    listed = sorted(values)
    for start in range(0, len(listed), BATCH):
        yield listed[start : start + BATCH]


def _names(one: Region | Unit) -> set[str]:
    names = {one.name, *(past["name"] for past in one.former_names)}
    return names | {one.short_name} if isinstance(one, Unit) else names


def _region(one: Region | Unit) -> Region:
    return one.region if isinstance(one, Unit) else one


def export_errors(file: BinaryIO, kind: str, report: Report) -> int:
    """Write what is wrong in each row, to be corrected beside the sheet, as xlsx or csv."""
    columns = (Column("row", "行号", width=8), Column("column", "列", width=16),
               Column("message", "问题", width=80))  # fmt: skip
    rows = ([error.row, error.column, error.message] for error in report.errors)
    return write_sheet(file, kind, columns, rows, "导入问题")


def write_sheet(
    file: BinaryIO,
    kind: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[object]],
    title: str,
) -> int:
    """Write the rows as ``xlsx`` or ``csv``; tells how many."""
    if kind == "csv":
        return write_csv(file, columns, rows)
    return write_xlsx(file, columns, rows, title)
