"""Ready-made texts from and to sheets."""

import datetime as dt
from typing import BinaryIO

from django.db import transaction
from django.db.models import Q

from jiesu.access import Actor
from jiesu.catalogue.editing import changed
from jiesu.catalogue.imports.report import (
    BATCH,
    Finder,
    Import,
    Refused,
    Report,
    chunks,
    write_sheet,
)
from jiesu.catalogue.models import TextTemplate
from jiesu.catalogue.sheets import Column
from jiesu.catalogue.templates import PLACEHOLDERS, check, must_edit_for
from jiesu.foundation.errors import Forbidden
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import below

_PLACES = "".join(f"{{{name}}}" for name in PLACEHOLDERS)
ALL = (
    Column("desk", "使用环节", True, ("环节",), 12, "、".join(TextTemplate.Desk.labels)),
    Column("title", "标题", True, ("模板标题",), 24),
    Column("body", "正文", True, ("内容", "模板正文"), 80, f"可用占位符：{_PLACES}"),
    Column("unit", "单位编码", False, (), 16, "不填单位则所有单位可用"),
    Column("unit_name", "单位名称", False, (), 28),
    Column("order", "排序", False, ("序号",), 8, "小的在前"),
)


@transaction.atomic
def import_texts(
    file: BinaryIO, name: str, *, actor: Actor, at: dt.datetime, dry_run: bool = False
) -> Report:
    """Take texts in, for one unit or (单位 blank) for everybody: a title that exists gets the body.

    Refuses rows for units the actor may not edit, and unknown places in braces.
    """
    run = Import((ALL,), actor=actor, at=at, dry_run=dry_run)
    rows = run.read(file, name)
    units: Finder[Unit] = Finder(Unit, "单位", "unit", "unit_name")
    units.load(rows)
    desks = {label: value for value, label in TextTemplate.Desk.choices}
    present = {
        (t.desk, t.unit_id, t.title): t
        for titles in chunks({row.values["title"] for row in rows})
        for t in TextTemplate.objects.filter(title__in=titles)
    }
    seen: dict[tuple[str, int | None, str], int] = {}
    new: list[TextTemplate] = []
    altered: list[TextTemplate] = []
    for guard in run.guards(rows):
        with guard as row:
            desk = run.needed(row, "desk")
            told = row.values.get("unit") or row.values.get("unit_name")
            unit = units.find(row, run) if told else None
            try:
                must_edit_for(actor, unit)
            except Forbidden as refusal:
                raise Refused("unit", refusal.message) from refusal
            desk = desks.get(desk, desk)
            title, body = check(desk, row.values["title"], row.values["body"])
            order = run.number(row, "order")
            place = (desk, unit.pk if unit else None, title)
            if place in seen:
                raise Refused("title", f"与第 {seen[place]} 行重复：同一环节、单位和标题。")
            seen[place] = row.number
            template = present.get(place)
            if template is None:
                new.append(
                    TextTemplate(desk=desk, title=title, body=body, unit=unit, order=order or 0)
                )
                run.report.added += 1
            elif template.body == body and order in {None, template.order}:
                run.report.unchanged += 1
            else:
                template.body = body
                template.order = template.order if order is None else order
                altered.append(template)
                run.report.changed += 1
    if run.report.ok and not dry_run:
        TextTemplate.objects.bulk_create(new, batch_size=BATCH)
        TextTemplate.objects.bulk_update(altered, ["body", "order"], batch_size=BATCH)
        changed(
            "texts_imported",
            actor=actor,
            at=at,
            subject="templates",
            data={"file": name, **run.report.as_data()},
        )
        run.report.applied = True
    return run.finish()


def export_texts(file: BinaryIO, kind: str, *, within: Unit | None = None) -> int:
    """Write the texts of a unit and those below it and everybody's, or all, as xlsx or csv."""
    texts = TextTemplate.objects.select_related("unit").order_by("desk", "order", "title")
    if within is not None:
        texts = texts.filter(Q(unit__isnull=True) | Q(**below("unit__path", within.path)))
    rows = (
        [
            t.get_desk_display(),
            t.title,
            t.body,
            t.unit.code if t.unit else "",
            t.unit.name if t.unit else "",
            t.order,
        ]
        for t in texts.iterator(BATCH)
    )
    return write_sheet(file, kind, ALL, rows, "文本模板")
