"""Taking the catalogue in from sheets, and giving it out in the same shape.

Every import judges each row and reports all that is wrong, by row and column; it writes all rows or
none, in one transaction. A dry run does the same without writing. A file that cannot be read at all
is refused with ``Invalid`` at the field ``file``. What an export gives, the import takes back as
unchanged; what a sheet leaves out stays as it is.
"""

from collections.abc import Sequence
from typing import BinaryIO

from jiesu.catalogue.imports import classes, codes, duty, fallbacks, texts
from jiesu.catalogue.imports.classes import export_classes, import_classes
from jiesu.catalogue.imports.codes import export_codes, import_codes
from jiesu.catalogue.imports.duty import export_duty, import_duty
from jiesu.catalogue.imports.fallbacks import export_fallbacks, import_fallbacks
from jiesu.catalogue.imports.report import Report, RowError, export_errors, write_sheet
from jiesu.catalogue.imports.texts import export_texts, import_texts
from jiesu.catalogue.sheets import Column, write_xlsx

__all__ = [
    "BLANKS",
    "Report",
    "RowError",
    "export_classes",
    "export_codes",
    "export_duty",
    "export_errors",
    "export_fallbacks",
    "export_texts",
    "import_classes",
    "import_codes",
    "import_duty",
    "import_fallbacks",
    "import_texts",
    "write_blank",
    "write_sheet",
]

# The sheets people fill in, by what they are for: title and columns.
BLANKS: dict[str, tuple[str, Sequence[Column]]] = {
    "classes": ("诉求分类", classes.FLAT),
    "duty": ("职责权属目录", duty.ALL),
    "fallbacks": ("兜底单位", fallbacks.ALL),
    "codes": ("代码表", codes.ALL),
    "texts": ("文本模板", texts.ALL),
}


def write_blank(file: BinaryIO, what: str) -> None:
    """Write the empty xlsx to fill in, with a second sheet that explains its columns."""
    title, columns = BLANKS[what]
    write_xlsx(file, columns, [], title, explain=True)
