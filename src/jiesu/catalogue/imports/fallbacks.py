"""Fall-back units 兜底单位 from and to sheets."""

import datetime as dt
import itertools
from typing import BinaryIO

from django.db import transaction

from jiesu.access import Actor, Permission, may_manage
from jiesu.catalogue.duty import holds
from jiesu.catalogue.editing import changed
from jiesu.catalogue.imports.duty import REGION, REGION_NAME, UNIT, UNIT_NAME
from jiesu.catalogue.imports.report import BATCH, Finder, Import, Refused, Report, write_sheet
from jiesu.catalogue.models import FallbackUnit, valid_on
from jiesu.catalogue.sheets import Column
from jiesu.catalogue.versions import day_of
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.paths import below

ALL = (REGION, REGION_NAME, UNIT, UNIT_NAME)
LAYOUTS = tuple(
    tuple(Column(c.key, c.title, c in needed, c.aliases, c.width) for c in ALL)
    for needed in itertools.product((REGION, REGION_NAME), (UNIT, UNIT_NAME))
)


@transaction.atomic
def import_fallbacks(
    file: BinaryIO, name: str, *, actor: Actor, at: dt.datetime, dry_run: bool = False
) -> Report:
    """Take fall-back units in: from today, each area has the one the sheet names."""
    run = Import(LAYOUTS, actor=actor, at=at, dry_run=dry_run)
    regions: Finder[Region] = Finder(Region, "区划", "region", "region_name")
    units: Finder[Unit] = Finder(Unit, "单位", "unit", "unit_name")
    rows = run.read(file, name)
    regions.load(rows)
    units.load(rows)
    present = {
        f.region_id: f
        for f in FallbackUnit.objects.filter(valid_to__isnull=True).select_for_update()
    }
    seen: dict[int, int] = {}
    new: list[FallbackUnit] = []
    ending: list[FallbackUnit] = []
    for guard in run.guards(rows):
        with guard as row:
            region, unit = regions.find(row, run), units.find(row, run)
            if not may_manage(actor, Permission.MANAGE_CATALOGUE, region.path):
                raise Refused("region", f"{region.name}不在您的管理范围内。")
            if region.pk in seen:
                raise Refused("region", f"与第 {seen[region.pk]} 行重复：同一区划。")
            seen[region.pk] = row.number
            if not holds(unit, run.today):
                raise Refused("unit", f"单位“{unit.name}”现已不在册，请改填其他单位。")
            old = present.get(region.pk)
            if old is not None and old.unit_id == unit.pk:
                run.report.unchanged += 1
                continue
            day = max(run.today, old.valid_from) if old else run.today
            if old is not None:
                old.valid_to = day
                ending.append(old)
                run.report.changed += 1
            else:
                run.report.added += 1
            new.append(FallbackUnit(region=region, unit=unit, valid_from=day))
    if run.report.ok and not dry_run:
        FallbackUnit.objects.bulk_update(ending, ["valid_to"], batch_size=BATCH)
        FallbackUnit.objects.bulk_create(new, batch_size=BATCH)
        changed(
            "fallbacks_imported",
            actor=actor,
            at=at,
            subject="fallbacks",
            data={"file": name, **run.report.as_data()},
        )
        run.report.applied = True
    return run.finish()


def export_fallbacks(
    file: BinaryIO, kind: str, *, at: dt.datetime, within: Region | None = None
) -> int:
    """Write the fall-back units that hold in an area, as xlsx or csv."""
    rows = FallbackUnit.objects.filter(valid_on(day_of(at))).select_related("region", "unit")
    if within is not None:
        rows = rows.filter(**below("region__path", within.path))
    cells = ([f.region.code, f.region.name, f.unit.code, f.unit.name] for f in
             rows.order_by("region__path").iterator(BATCH))  # fmt: skip
    return write_sheet(file, kind, ALL, cells, "兜底单位")
