"""What an empty installation starts with: the code tables and the default classification."""

import csv
import datetime as dt
from importlib import resources

from django.db import transaction

from jiesu.catalogue import versions
from jiesu.catalogue.codes import TABLE_NAMES, Table
from jiesu.catalogue.models import EPOCH, Category, CodeItem, CodeTable, Scheme
from jiesu.catalogue.wordlists import load_shipped
from jiesu.organizations.names import initials

SCHEME_NAME = "默认诉求分类"
SCHEME_VERSION = "2025"


def load() -> None:
    """Load code tables, default classification and word lists where missing; safe to repeat."""
    load_codes()
    load_scheme()
    load_shipped()


def load_codes() -> int:
    """Add the tables and codes that are missing; what was edited stays. Tells how many it added."""
    with transaction.atomic():
        CodeTable.objects.bulk_create(
            [CodeTable(key=key, name=name) for key, name in TABLE_NAMES.items()],
            ignore_conflicts=True,
        )
        tables = {table.key: table for table in CodeTable.objects.all()}
        known = set(CodeItem.objects.values_list("table__key", "code"))
        order = dict.fromkeys(Table, 0)
        added = []
        for row in _rows("codes.csv"):
            key = Table(row["table"])
            order[key] += 10
            if (row["table"], row["code"]) not in known:
                added.append(
                    CodeItem(
                        table=tables[key],
                        code=row["code"],
                        label=row["label"],
                        order=order[key],
                        is_fixed=row["is_fixed"] == "1",
                    )
                )
        CodeItem.objects.bulk_create(added)
        if added:
            versions.touch()
    return len(added)


def load_scheme(*, valid_from: dt.date = EPOCH) -> Scheme:
    """The default scheme, published from ``valid_from`` when no scheme has been published yet."""
    present = Scheme.objects.filter(is_active=True).order_by("-valid_from").first()
    if present:
        return present
    with transaction.atomic():
        scheme = Scheme.objects.create(
            name=SCHEME_NAME, version=SCHEME_VERSION, valid_from=valid_from, is_active=True
        )
        rows = list(_rows("categories.csv"))
        tops = {row["l1_code"]: row["l1_name"] for row in rows}
        Category.objects.bulk_create(
            Category(
                scheme=scheme,
                code=code,
                name=name,
                level=1,
                path_name=name,
                pinyin=initials(name),
            )
            for code, name in tops.items()
        )
        parents = {parent.code: parent for parent in scheme.categories.filter(level=1)}
        Category.objects.bulk_create(
            Category(
                scheme=scheme,
                code=row["l2_code"],
                name=row["l2_name"],
                parent=parents[row["l1_code"]],
                level=2,
                path_name=f"{row['l1_name']} › {row['l2_name']}",
                pinyin=initials(row["l2_name"]),
                keywords=row["keywords"],
            )
            for row in rows
        )
        versions.touch()
    return scheme


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
