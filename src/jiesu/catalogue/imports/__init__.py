"""Taking the catalogue in from sheets, and giving it out in the same shape.

Every import judges each row and reports all that is wrong, by row and column; it writes all rows or
none, in one transaction. A dry run does the same without writing. A file that cannot be read at all
is refused with ``Invalid`` at the field ``file``. What an export gives, the import takes back as
unchanged; what a sheet leaves out stays as it is.
"""

from jiesu.catalogue.imports.classes import export_classes, import_classes
from jiesu.catalogue.imports.codes import export_codes, import_codes
from jiesu.catalogue.imports.duty import export_duty, import_duty
from jiesu.catalogue.imports.fallbacks import export_fallbacks, import_fallbacks
from jiesu.catalogue.imports.report import Report, RowError, write_sheet
from jiesu.catalogue.imports.texts import export_texts, import_texts

__all__ = [
    "Report",
    "RowError",
    "export_classes",
    "export_codes",
    "export_duty",
    "export_fallbacks",
    "export_texts",
    "import_classes",
    "import_codes",
    "import_duty",
    "import_fallbacks",
    "import_texts",
    "write_sheet",
]
