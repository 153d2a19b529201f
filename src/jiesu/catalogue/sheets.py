"""Sheets as people send them: CSV in UTF-8 or GB18030, and xlsx, read row by row; and written.

Every cell comes out as text: dates as ``2025-01-31``, whole numbers without a decimal point, yes
and no as 是 and 否. A workbook is measured before it is parsed (``workbook_guard``).
"""

import codecs
import collections
import csv
import datetime as dt
import io
import itertools
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO, cast

import python_calamine

from jiesu.catalogue.workbook_guard import (
    MAX_COLUMNS,
    MEGABYTE,
    NotAWorkbook,
    copy_measured,
    refused,
    too_many_columns,
)
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import Invalid
from jiesu.foundation.text import tidy

MAX_FILE = 100 * MEGABYTE
MAX_ROWS = 200_000
MAX_CELL = 100_000  # characters
HEADER_WITHIN = 20  # rows: titles and notes stand above the header
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its key in the program, its title, what else people call it."""

    key: str
    title: str
    required: bool = False  # the header must have it
    aliases: tuple[str, ...] = ()
    width: int = 16
    note: str = ""  # what the sheet of explanations says

    @property
    def names(self) -> frozenset[str]:
        """Every header text that means this column, folded."""
        return frozenset(fold(name) for name in (self.key, self.title, *self.aliases))


@dataclass(frozen=True)
class Row:
    """One row: its number as a spreadsheet shows it, and the texts of its cells by column key.

    Without columns asked for, the keys are the header's own texts. ``problems`` are the cells
    that could not be read, as (column title, message).
    """

    number: int
    values: dict[str, str]
    problems: tuple[tuple[str, str], ...] = ()


@dataclass
class _Cells:
    """A row before its header is known."""

    number: int
    texts: list[str]
    problems: dict[int, str] = field(default_factory=dict)


def fold(header: str) -> str:
    """A header without blanks, remarks in brackets and stars: “分类编码 *（必填）” → 分类编码."""
    text = re.sub(r"[（(【\[].*?[】\])）]", "", tidy(header, multiline=False))
    return re.sub(r"[\s*＊:：]+", "", text).casefold()


def read_rows(
    file: BinaryIO,
    name: str,
    *layouts: Sequence[Column],
    max_rows: int = MAX_ROWS,
    sheet: str = "",
) -> Iterator[Row]:
    """The rows of a csv or xlsx file below its header; blank ones are passed over.

    The header is the first row, within the first twenty, that has every required column of one of
    the ``layouts``; without layouts, the first row with two texts in it. Merged cells of an xlsx
    all get the value shown in them.

    Refuses (field ``file``): another kind of file, an unknown encoding, a broken or oversized
    file, a missing or doubled column, too many rows.
    """
    kind = name.rpartition(".")[2].casefold()
    start = _start(file)
    if not start:
        raise refused("文件是空的，请重新选择文件。", "empty_file")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise refused(
            "这是旧版 .xls 或加了密码的文件，请在 Excel 或 WPS 中去掉密码、另存为 .xlsx 后再上传。",
            "old_or_encrypted",
        )
    if start.startswith(b"PK") or kind in {"xlsx", "xlsm"}:
        cells = _xlsx_cells(file, sheet, layouts)
    elif kind in {"csv", "txt", "tsv"}:
        cells = _csv_cells(file)
    else:
        raise refused("只能导入 .xlsx 或 .csv 文件，请另存为其中一种后再上传。", "wrong_kind")
    yield from _rows(cells, layouts, max_rows)


def _start(file: BinaryIO) -> bytes:
    size = file.seek(0, io.SEEK_END) or file.tell()
    file.seek(0)
    if size > MAX_FILE:
        raise refused(
            f"文件有 {size // MEGABYTE} MB，超过了 {MAX_FILE // MEGABYTE} MB，请拆分后分次导入。",
            "file_too_large",
        )
    start = file.read(8)
    file.seek(0)
    return start


# The header ---------------------------------------------------------------------------------


def _rows(
    cells: Iterator[_Cells], layouts: Sequence[Sequence[Column]], max_rows: int
) -> Iterator[Row]:
    keys: dict[int, str] | None = None
    titles: dict[int, str] = {}
    above: list[_Cells] = []
    count = 0
    for row in cells:
        if not any(row.texts) and not row.problems:
            continue
        if keys is None:
            above.append(row)
            keys = _header(row, layouts)
            if keys is not None:
                titles = {at: tidy(row.texts[at], multiline=False) for at in keys}
            elif len(above) >= HEADER_WITHIN:
                break
            continue
        values = {key: row.texts[at] if at < len(row.texts) else "" for at, key in keys.items()}
        problems = tuple((titles[at], text) for at, text in row.problems.items() if at in keys)
        if not any(values.values()) and not problems:
            continue
        count += 1
        if count > max_rows:
            raise refused(f"文件超过 {max_rows} 行，请拆分后分次导入。", "too_many_rows")
        yield Row(row.number, values, problems)
    if keys is None:
        raise _no_header(above, layouts)


def _header(row: _Cells, layouts: Sequence[Sequence[Column]]) -> dict[int, str] | None:
    if not layouts:
        texts = [tidy(text, multiline=False) for text in row.texts]
        named = [text for text in texts if text]
        if len(named) < 2:
            return None
        _refuse_doubled(named, row.number)
        return {at: text for at, text in enumerate(texts) if text}
    folded = [fold(text) for text in row.texts]
    for layout in layouts:
        found = [
            (at, column)
            for at, text in enumerate(folded)
            for column in layout
            if text and text in column.names
        ]
        if found and {c.key for c in layout if c.required} <= {c.key for _, c in found}:
            _refuse_doubled([column.title for _, column in found], row.number)
            return {at: column.key for at, column in found}
    return None


def _refuse_doubled(names: list[str], number: int) -> None:
    for name in names:
        if names.count(name) > 1:
            raise refused(
                f"第 {number} 行表头中“{name[:32]}”列出现了不止一次，请删去多余的列。",
                "doubled_column",
            )


def _no_header(above: list[_Cells], layouts: Sequence[Sequence[Column]]) -> Invalid:
    if not above:
        return refused("文件中没有内容，请重新选择文件。", "empty_file")
    if not layouts:
        return refused("没有找到表头：第一行应为各列的名称。", "no_header")
    best: list[str] | None = None
    for layout in layouts:
        required = [c for c in layout if c.required]
        for row in above:
            folded = {fold(text) for text in row.texts}
            missing = [c.title for c in required if not c.names & folded]
            if len(missing) < len(required) and (best is None or len(missing) < len(best)):
                best = missing
    if best:
        return refused(
            f"表头缺少“{'”“'.join(best)}”列，请补上后再导入（可先下载模板对照）。",
            "missing_column",
        )
    wanted = "、".join(c.title for c in layouts[0] if c.required)
    return refused(
        f"前 {HEADER_WITHIN} 行里没有找到表头，表头应有：{wanted}（可先下载模板对照）。",
        "no_header",
    )


def _measured(text: str, at: int, row: _Cells) -> str:
    if len(text) > MAX_CELL:
        row.problems[at] = f"内容有 {len(text)} 个字，超过了 {MAX_CELL} 个字，请删减。"
        return ""
    return text


# Comma-separated ----------------------------------------------------------------------------

_END = "\ue000end"  # stands after the last line: an open quotation mark would swallow it


def _csv_cells(file: BinaryIO) -> Iterator[_Cells]:
    lines = _lines(file, _encoding(file))
    sample = list(itertools.islice(lines, 5))
    delimiter = max(",\t;", key="".join(sample).count)
    csv.field_size_limit(max(csv.field_size_limit(), 4 * MAX_CELL))
    reader = csv.reader(itertools.chain(sample, lines, [_END]), delimiter=delimiter)
    for number in itertools.count(1):
        try:
            texts = next(reader)
        except (csv.Error, StopIteration) as error:
            raise refused(
                f"第 {number} 行起读不下去，多半是有一个引号没有成对，请修正后重新导入。",
                "broken_csv",
            ) from error
        if texts == [_END]:
            return
        if texts and texts[-1].endswith(_END):
            raise refused(f"第 {number} 行有一个引号没有成对，请修正后重新导入。", "broken_csv")
        if len(texts) > MAX_COLUMNS:
            raise too_many_columns()
        row = _Cells(number, [])
        for at, text in enumerate(texts):
            clean = tidy(text)
            if clean[:1] == "'" and clean[1:2] in _FORMULA_SIGNS:
                clean = clean[1:]  # our own exports guard a formula's first sign so
            row.texts.append(_measured(clean, at, row))
        yield row


def _encoding(file: BinaryIO) -> str:
    """UTF-8 (with or without mark), UTF-16 with its mark, else GB18030; reads the file once."""
    start = file.read(4)
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "gb18030"]:
        decoder = codecs.getincrementaldecoder(encoding)()
        file.seek(0)
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        finally:
            file.seek(0)
        return encoding
    raise refused(
        "文件的文字编码无法识别，请用 Excel 或 WPS 另存为“CSV UTF-8”或 .xlsx 后再上传。",
        "unknown_encoding",
    )


def _lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    """The file's lines with their ends; only line feeds and carriage returns end a line."""
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    rest = ""
    while True:
        chunk = file.read(_CHUNK)
        text = rest + decoder.decode(chunk, final=not chunk)
        *whole, rest = text.split("\n")
        for line in whole:
            yield line + "\n"
        if not chunk:
            break
        if len(rest) > 64 * MAX_CELL:
            raise refused("文件中有一行过长，不像是 CSV 表格，请检查后重新导入。", "broken_csv")
    if rest:
        yield rest + "\n"


# Workbooks ----------------------------------------------------------------------------------


def _xlsx_cells(
    file: BinaryIO, wanted: str, layouts: Sequence[Sequence[Column]]
) -> Iterator[_Cells]:
    with tempfile.SpooledTemporaryFile(max_size=32 * MEGABYTE) as clean:
        try:
            copy_measured(file, cast("BinaryIO", clean))
            clean.seek(0)
            book = python_calamine.CalamineWorkbook.from_filelike(cast("Any", clean))
            yield from _book_cells(book, wanted, layouts)
        except (NotAWorkbook, python_calamine.CalamineError) as error:
            raise refused(
                "文件已损坏，或并不是 .xlsx 表格，请用 Excel 或 WPS 打开、另存为 .xlsx 后再上传。",
                "broken_xlsx",
            ) from error


def _book_cells(
    book: python_calamine.CalamineWorkbook, wanted: str, layouts: Sequence[Sequence[Column]]
) -> Iterator[_Cells]:
    """The cells of the sheet asked for; else of the first visible one that has a header."""
    visible = [
        meta.name
        for meta in book.sheets_metadata
        if meta.visible is python_calamine.SheetVisibleEnum.Visible
        and meta.typ is python_calamine.SheetTypeEnum.WorkSheet
    ]
    if wanted:
        if wanted not in book.sheet_names:
            raise refused(
                f"文件中没有名为“{wanted}”的工作表，只有：{'、'.join(book.sheet_names)}。",
                "no_sheet",
            )
        visible = [wanted]
    first: python_calamine.CalamineSheet | None = None
    for title in visible[:10]:
        sheet = book.get_sheet_by_name(title)
        if sheet.start is None:
            continue
        top = itertools.islice((r for r in _plain_cells(sheet) if any(r.texts)), HEADER_WITHIN)
        if any(_header(row, layouts) for row in top):
            yield from _filled_cells(sheet, layouts)
            return
        first = first or sheet
    if first is not None:
        yield from _plain_cells(first)


def _plain_cells(sheet: python_calamine.CalamineSheet) -> Iterator[_Cells]:
    for index, values in enumerate(sheet.iter_rows()):
        row = _Cells(index + 1, [])
        for at, value in enumerate(values):
            try:
                row.texts.append(_measured(_text(value), at, row))
            except _Imprecise:
                row.texts.append("")
                row.problems[at] = (
                    "这个长数字的后几位已被表格软件改写，请把该列设为“文本”格式后重新填写。"
                )
        yield row


def _filled_cells(
    sheet: python_calamine.CalamineSheet, layouts: Sequence[Sequence[Column]]
) -> Iterator[_Cells]:
    """The rows, with the cells below the header that are merged all showing their common text."""
    offset = sheet.start[1] if sheet.start else 0
    merges = collections.deque(sorted(sheet.merged_cell_ranges or []))
    spans: dict[int, tuple[int, str]] = {}  # column → last row of the merge, its text
    header_found = False
    for index, row in enumerate(_plain_cells(sheet)):
        while merges and merges[0][0][0] <= index:
            (_, left), (bottom, right) = merges.popleft()
            if header_found and offset <= left < offset + len(row.texts):
                for at in range(left - offset, min(right - offset + 1, len(row.texts))):
                    spans[at] = (bottom, row.texts[left - offset])
        for at, (bottom, shown) in list(spans.items()):
            if index > bottom:
                del spans[at]
            elif not row.texts[at]:
                row.texts[at] = shown
        header_found = header_found or _header(row, layouts) is not None
        yield row


class _Imprecise(Exception):
    """A number longer than a spreadsheet keeps exactly."""


def _text(value: object) -> str:
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float | int):
        if not abs(value) < 1e15:  # also what is not a number
            raise _Imprecise
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, dt.datetime):
        if value.time() == dt.time():
            return value.date().isoformat()
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


# What a cell means --------------------------------------------------------------------------

_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]+0?0:00(?::00)?)?"
)
_PLAIN_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")


def as_date(text: str) -> dt.date | None:
    """The day a cell means; "" means none. ValueError when it is no day.

    Understood: 2025-01-31, 2025/1/31, 2025.1.31, 2025年1月31日, 20250131.
    """
    if not text:
        return None
    match = _DATE.fullmatch(text) or _PLAIN_DATE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day = map(int, match.groups())
    return dt.date(year, month, day)


# Writing ------------------------------------------------------------------------------------

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def write_xlsx(
    file: BinaryIO,
    columns: Sequence[Column],
    rows: Iterable[Sequence[object]],
    title: str,
    *,
    explain: bool = False,
) -> int:
    """Write one sheet with its header; a text stays a text, so nothing is ever a formula.

    ``explain`` adds a sheet that says what belongs into each column. Tells how many rows were
    written.
    """
    import xlsxwriter  # loaded when a sheet is written: the web starts without it

    book = xlsxwriter.Workbook(
        file,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31])
    head = book.add_format({"bold": True, "bg_color": "#EEF2F7", "bottom": 1, "text_wrap": True})
    plain = book.add_format({"num_format": "@", "valign": "top"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "valign": "top"})
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width, plain)
        sheet.write_string(0, at, column.title + ("*" if column.required else ""), head)
    sheet.freeze_panes(1, 0)
    written = 0
    for row in rows:
        written += 1
        for at, value in enumerate(row):
            if isinstance(value, dt.datetime):
                sheet.write_datetime(written, at, _local(value), moment)
            elif isinstance(value, dt.date):
                sheet.write_datetime(written, at, value, day)
            elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                sheet.write_number(written, at, value)
            elif text := cell_text(value):
                sheet.write_string(written, at, text[:32767], plain)
    if explain:
        notes = book.add_worksheet("填写说明")
        notes.set_column(0, 1, 14)
        notes.set_column(2, 2, 80)
        lines = [("列", "是否必填", "说明")]
        lines += [(c.title, "必填" if c.required else "选填", c.note) for c in columns]
        for line, cells in enumerate(lines):
            for at, text in enumerate(cells):
                notes.write_string(line, at, text, plain if line else head)
    book.close()
    return written


def write_csv(file: BinaryIO, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> int:
    """Write UTF-8 with the mark Excel needs; a cell that would be a formula gets an apostrophe.

    Tells how many rows were written.
    """
    out = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(out)
    writer.writerow([column.title for column in columns])
    written = 0
    for row in rows:
        written += 1
        writer.writerow([csv_safe(cell_text(value)) for value in row])
    out.detach()
    return written


def csv_safe(text: str) -> str:
    """The text, with an apostrophe before it when a spreadsheet would take it for a formula."""
    if text.startswith(_FORMULA_SIGNS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def cell_text(value: object) -> str:
    """How a value is written into a cell; a time is told in Beijing time."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return _text(_local(value))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return _text(value)


def _local(value: dt.datetime) -> dt.datetime:
    return value.astimezone(BEIJING).replace(tzinfo=None) if value.tzinfo else value
