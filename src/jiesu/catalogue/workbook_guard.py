"""Measures a workbook before anything parses it: a small file can ask for terabytes.

Its parts may unfold a thousandfold, its archive may lie about their sizes, one cell in the last
corner makes a parser reserve the whole rectangle, and one long shared string may be shown in a
million cells. So the parts that matter are copied out uncompressed, counted as they come.
"""

import re
import zipfile
import zlib
from collections.abc import Callable
from typing import BinaryIO
from xml.parsers import expat

from jiesu.foundation.errors import Invalid, invalid

MEGABYTE = 1024 * 1024
MAX_UNFOLDED = 400 * MEGABYTE  # of all parts together
MAX_TEXT = 400 * MEGABYTE  # of all cells together
MAX_RATIO = 200  # a sheet of text shrinks 10 to 50 times
MAX_PARTS = 2_000
MAX_COLUMNS = 500
MAX_AREA = 20_000_000  # cells between the first and the last used one, of all sheets together
_CHUNK = 256 * 1024

_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_STRINGS_PART = "xl/sharedstrings.xml"
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
_WANTED_PART = re.compile(
    r"\[content_types\]\.xml|_rels/\.rels|xl/[^/]+\.xml|xl/_rels/[^/]+\.rels|xl/worksheets/[^/]+\.xml"
)

# all that zipfile and expat raise for what is broken
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)


class NotAWorkbook(Exception):
    """The archive is broken, or holds something else."""


def refused(message: str, code: str) -> Invalid:
    """The refusal of a whole file."""
    return invalid("file", message, code)


def too_big() -> Invalid:
    """The refusal of a file that unfolds beyond measure."""
    return refused(
        "文件解压后过大，可能不是正常的表格，已拒绝导入。请拆分，或另存为 CSV 后再上传。",
        "zip_bomb",
    )


def too_many_columns() -> Invalid:
    """The refusal of a table that is too wide."""
    return refused(f"表格超过 {MAX_COLUMNS} 列，请删去无关的列后再导入。", "too_many_columns")


def copy_measured(file: BinaryIO, clean: BinaryIO) -> None:
    """Copy the workbook's cells and what they need into ``clean``, uncompressed.

    Refuses one that would unfold beyond measure; raises ``NotAWorkbook`` for a broken archive.
    """
    file.seek(0)
    try:
        with (
            zipfile.ZipFile(file) as archive,
            zipfile.ZipFile(clean, "w", zipfile.ZIP_STORED) as out,
        ):
            _copy(archive, out)
    except _BROKEN as error:
        raise NotAWorkbook from error


def _copy(archive: zipfile.ZipFile, out: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    declared = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if len(parts) > MAX_PARTS or declared > MAX_UNFOLDED:
        raise too_big()
    if declared > MEGABYTE and declared > MAX_RATIO * max(packed, 1):
        raise too_big()
    wanted = {
        part.filename.casefold(): part
        for part in parts
        if _WANTED_PART.fullmatch(part.filename.casefold())
    }
    if "xl/workbook.xml" not in wanted:
        raise NotAWorkbook
    measure = _Measure()
    total = 0
    # the shared strings first: what the cells weigh depends on them
    for name in sorted(wanted, key=lambda n: n != _STRINGS_PART):
        see = measure.part(name)
        part = wanted[name]
        with archive.open(part) as source, out.open(part.filename, "w") as target:
            while chunk := source.read(_CHUNK):
                total += len(chunk)
                if total > MAX_UNFOLDED:
                    raise too_big()
                if see:
                    see(chunk)
                target.write(chunk)


class _Measure:
    """How much room a parser will need for the cells, found without making that room."""

    def __init__(self) -> None:
        self._lengths: list[int] = []  # of the shared strings
        self._area = 0
        self._text = 0

    def part(self, name: str) -> Callable[[bytes], object] | None:
        """What is to be told the bytes of that part; None when it needs no measuring."""
        if name == _STRINGS_PART:
            return self._strings()
        if _SHEET_PART.fullmatch(name):
            return self._sheet()
        return None

    def _strings(self) -> Callable[[bytes], object]:
        lengths = self._lengths
        parser = _parser()

        def start(name: str, _attributes: list[str]) -> None:
            if name.rpartition(":")[2] == "si":
                lengths.append(0)

        def text(data: str) -> None:
            if lengths:
                lengths[-1] += len(data)

        parser.StartElementHandler = start
        parser.CharacterDataHandler = text
        return parser.Parse

    def _sheet(self) -> Callable[[bytes], object]:
        lengths = self._lengths
        parser = _parser()
        row = column = last_row = last_column = area = 0
        shared = False
        value: list[str] | None = None

        def start(name: str, attributes: list[str]) -> None:
            nonlocal row, column, last_row, last_column, area, shared, value
            name = name.rpartition(":")[2]
            if name == "c":
                given = dict(zip(attributes[::2], attributes[1::2], strict=True))
                shared = given.get("t") == "s"
                if reference := given.get("r"):
                    match = _REFERENCE.fullmatch(reference)
                    if match is None:
                        raise ValueError("a cell reference nobody writes")
                    column, row = _column_number(match[1]), int(match[2])
                else:
                    column += 1
                last_row, last_column = max(last_row, row), max(last_column, column)
                if last_column > MAX_COLUMNS:
                    raise too_many_columns()
                self._area += last_row * last_column - area
                area = last_row * last_column
                if self._area > MAX_AREA:
                    raise refused(
                        "表格的范围过大，多半是末尾有多余的格子，请删去后面的空行再导入。",
                        "too_many_rows",
                    )
            elif name == "v":
                value = [] if shared else None
            elif name == "row":
                given = dict(zip(attributes[::2], attributes[1::2], strict=True))
                row = int(given["r"]) if "r" in given else row + 1
                column = 0

        def text(data: str) -> None:
            if value is not None:
                value.append(data)

        def end(name: str) -> None:
            nonlocal value
            if value is not None and name.rpartition(":")[2] == "v":
                index = int("".join(value) or 0)
                value = None
                self._text += lengths[index] if 0 <= index < len(lengths) else 0
                if self._text > MAX_TEXT:
                    raise too_big()

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        return parser.Parse


def _parser() -> expat.XMLParserType:
    # UTF-8 whatever the part declares, so that nothing reads differently later
    parser = expat.ParserCreate(encoding="utf-8")
    parser.ordered_attributes = True
    parser.buffer_text = True

    def refuse(*_declaration: object) -> None:
        raise ValueError("a sheet declares no entities")

    parser.EntityDeclHandler = refuse
    return parser


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number
