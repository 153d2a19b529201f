"""Writes rows to xlsx or csv as they come, never holding them all. Pure.

Whoever made the file stands in it (head, foot, last row): a leaked list tells where it came from.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

SHEET_ROWS = 1_000_000  # Excel takes 1,048,576
_RISKY = ("=", "+", "-", "@", "\t", "\r")


class Sheet(Protocol):
    """A file being written."""

    def row(self, cells: Sequence[str]) -> None:
        """Add one row."""
        ...

    def close(self) -> None:
        """Add the mark as the last row and finish the file."""
        ...


class CsvSheet:
    """UTF-8 with a mark in front, so that Excel reads it right."""

    def __init__(self, path: Path, headings: Sequence[str], mark: str) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file)
        self._mark = mark
        self._writer.writerow(headings)

    def row(self, cells: Sequence[str]) -> None:
        """Add one row; a text that Excel would take for a formula is made plain."""
        self._writer.writerow([f"'{c}" if c.startswith(_RISKY) else c for c in cells])

    def close(self) -> None:
        """Add the mark and finish."""
        self._writer.writerow([self._mark])
        self._file.close()


class XlsxSheet:
    """Excel, row by row; past a million rows it goes on in a further sheet."""

    def __init__(
        self, path: Path, headings: Sequence[str], mark: str, wide: Sequence[bool]
    ) -> None:
        import xlsxwriter  # loaded when a sheet is written: the web starts without it

        self._book = xlsxwriter.Workbook(
            str(path), {"constant_memory": True, "strings_to_formulas": False,
                        "strings_to_urls": False, "strings_to_numbers": False},
        )  # fmt: skip
        self._bold = self._book.add_format({"bold": True, "bottom": 1})
        self._faint = self._book.add_format({"font_color": "#8a8a8a", "italic": True})
        self._headings, self._mark, self._wide = headings, mark, wide
        self._next = 0
        self._sheet: Any = None
        self._begin()

    def row(self, cells: Sequence[str]) -> None:
        """Add one row of texts."""
        if self._next > SHEET_ROWS:
            self._sheet.write_string(self._next, 0, self._mark, self._faint)
            self._begin()
        for column, cell in enumerate(cells):
            if cell:
                self._sheet.write_string(self._next, column, cell[:32_767])
        self._next += 1

    def close(self) -> None:
        """Add the mark and finish."""
        self._sheet.write_string(self._next, 0, self._mark, self._faint)
        self._book.close()

    def _begin(self) -> None:
        self._sheet = self._book.add_worksheet()
        safe = self._mark.replace("&", "&&")[:240]
        self._sheet.set_header(f"&L{safe}")
        self._sheet.set_footer(f"&L{safe}&R&P / &N")
        self._sheet.freeze_panes(1, 0)
        for column, (heading, wide) in enumerate(zip(self._headings, self._wide, strict=True)):
            self._sheet.set_column(column, column, 48 if wide else 18)
            self._sheet.write_string(0, column, heading, self._bold)
        self._next = 1


def sheet(kind: str, path: Path, headings: Sequence[str], mark: str, wide: Sequence[bool]) -> Sheet:
    """A new file of this kind."""
    if kind == "csv":
        return CsvSheet(path, headings, mark)
    return XlsxSheet(path, headings, mark, wide)
