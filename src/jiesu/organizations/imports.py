"""Taking regions and units over from sheets: every row is judged, and all of them or none enter.

Rows come as ``(number, values)``, the number being the row's in the sheet; ``numbered`` gives plain
dicts theirs. Headings are the Chinese ones or the field names; what is not known is left aside. A
row whose code exists renames, moves or corrects; blank optional cells leave things as they are. A
dry run does everything and undoes it, so it finds whatever the real run would.
"""

import datetime as dt
from collections.abc import Iterable

from jiesu.access import Actor
from jiesu.organizations.region_rows import Regions
from jiesu.organizations.sheet_rows import ImportReport, Row, run_import
from jiesu.organizations.unit_rows import Units


def import_regions(
    rows: Iterable[Row],
    *,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool = False,
    effective: dt.date | None = None,
) -> ImportReport:
    """This will set up, rename and move divisions; those not in the sheet stay.

    Without a level or a parent the code itself tells: 350102 is a county of 350100. A zone names
    both (350128, 市, 350000). New ones hold since ever, unless ``effective`` is given.
    """
    return run_import(Regions(actor, at, effective), rows, dry_run)


def import_units(
    rows: Iterable[Row],
    *,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool = False,
    effective: dt.date | None = None,
    document: str = "",
) -> ImportReport:
    """This will set up, rename, move and correct units; those not in the sheet stay.

    New ones hold since ever, unless ``effective`` is given.
    """
    return run_import(Units(actor, at, effective, document), rows, dry_run)
