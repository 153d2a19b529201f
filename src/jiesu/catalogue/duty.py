"""Which unit answers for a class of matters in an area 职责权属目录, and why."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet

from jiesu.access import Actor
from jiesu.catalogue.categories import active, lineage
from jiesu.catalogue.editing import STALE, Problems, changed, must_edit, starting
from jiesu.catalogue.models import Category, DutyEntry, FallbackUnit, Scheme, valid_on
from jiesu.catalogue.versions import day_of
from jiesu.foundation.errors import ChangedMeanwhile, NotAllowedNow, invalid
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.paths import ancestors, below

Dated = TypeVar("Dated", DutyEntry, FallbackUnit)


@dataclass(frozen=True)
class DutyHit:
    """The unit that answers, and the sentence that says why."""

    unit: Unit
    entry: DutyEntry | None  # None: by fall-back
    basis: str  # the legal basis, "" when none is on record
    reason: str  # one Chinese sentence, shown to the dispatcher and written into the history
    is_fallback: bool


def find(category: Category, region: Region, at: dt.datetime | dt.date) -> DutyHit | None:
    """Who answers for ``category`` in ``region`` at that time; None when nobody is on record.

    The most specific area wins, then the most specific class; a unit that has ended is passed
    over. A class of an earlier scheme is also looked up under the class that continues it.
    At most two statements.
    """
    return find_among(on_record(category, region), category, region, at)


@dataclass(frozen=True)
class OnRecord:
    """Whatever the catalogue ever said of a class in an area."""

    entries: list[DutyEntry]
    fallbacks: QuerySet[FallbackUnit, FallbackUnit]  # read when they are needed, and then kept


def on_record(category: Category, region: Region) -> OnRecord:
    """Entries and fall-back units that may answer, of whatever day."""
    paths = ancestors(region.path)
    entries = DutyEntry.objects.filter(category__in=lineage(category), region__path__in=paths)
    fallbacks = FallbackUnit.objects.filter(region__path__in=paths)
    return OnRecord(
        list(entries.select_related("category", "region", "unit", "unit__region")),
        fallbacks.select_related("region", "unit", "unit__region"),
    )


def find_among(
    known: OnRecord, category: Category, region: Region, at: dt.datetime | dt.date
) -> DutyHit | None:
    """The same from what is on record, for whoever asks about many days."""
    day = day_of(at)
    return decide(category, region, _in_force(known.entries, day), _in_force(known.fallbacks, day))


def _in_force(rows: Iterable[Dated], day: dt.date) -> Iterator[Dated]:
    for row in rows:
        if holds(row, day) and holds(row.unit, day):
            yield row


def decide(
    category: Category,
    region: Region,
    entries: Iterable[DutyEntry],
    fallbacks: Iterable[FallbackUnit],
) -> DutyHit | None:
    """Choose among what holds for the class and the area; fall-backs are read only if needed."""

    def closeness(entry: DutyEntry) -> tuple[int, int, int, int]:
        kept = entry.category.scheme_id == category.scheme_id
        return len(entry.region.path), kept, entry.category.level, -entry.pk

    best = max(entries, key=closeness, default=None)
    if best is not None:
        return DutyHit(best.unit, best, best.legal_basis, _reason(best, category, region), False)
    fallback = max(fallbacks, key=lambda f: len(f.region.path), default=None)
    if fallback is None:
        return None
    reason = (
        f"权属目录未列明{category.name} × {region.name}，"
        f"由{fallback.region.name}兜底单位{fallback.unit.name}承接。"
    )
    return DutyHit(fallback.unit, None, "", reason, True)


def _reason(entry: DutyEntry, category: Category, region: Region) -> str:
    basis = f"，依据{entry.legal_basis}" if entry.legal_basis else ""
    wider = []
    if entry.category_id != category.pk:
        wider.append("上级分类" if entry.category.scheme_id == category.scheme_id else "接续分类")
    if entry.region_id != region.pk:
        wider.append("上级区域")
    how = f"（按{'、'.join(wider)}）" if wider else ""
    return (
        f"权属目录：{entry.category.name} × {entry.region.name}{how}{basis}，"
        f"由{entry.unit.name}承办。"
    )


def entries(
    at: dt.datetime | dt.date,
    *,
    scheme: Scheme | None = None,
    within: Region | None = None,
    history: bool = False,
) -> QuerySet[DutyEntry]:
    """The entries of a scheme (else of the one that holds) that hold or are to hold, by class.

    ``within`` narrows to an area and those below it; ``history`` adds what ended.
    """
    day = day_of(at)
    found = DutyEntry.objects.filter(category__scheme=scheme or active(at))
    if within is not None:
        found = found.filter(**below("region__path", within.path))
    if not history:
        found = found.filter(valid_on(day) | Q(valid_from__gt=day, valid_to__isnull=True))
    return found.select_related("category", "region", "unit").order_by(
        "category__code", "region__path", "valid_from", "pk"
    )


# Editing --------------------------------------------------------------------------------------


def holds(dated: Unit | DutyEntry | FallbackUnit, day: dt.date) -> bool:
    """Whether the unit is in being, the entry in force, on that day."""
    return dated.valid_from <= day and (dated.valid_to is None or day < dated.valid_to)


def check_entry(
    category: Category, unit: Unit, legal_basis: str, note: str, day: dt.date
) -> tuple[str, str]:
    """The legal basis and the note, tidied. Refuses wrong fields; asks no database."""
    problems = Problems()
    basis = problems.text(
        legal_basis, max_length=500, field="legal_basis", label="法律依据", required=False
    )
    note = problems.text(note, max_length=500, field="note", label="备注", required=False)
    if not holds(unit, day):
        when = f"已于 {unit.valid_to} 撤销" if unit.valid_to else f"自 {unit.valid_from} 起才启用"
        problems.add("unit", f"单位“{unit.name}”{when}，请改选其他单位。", "unit_not_in_force")
    if category.retired_on and category.retired_on <= day:
        problems.add(
            "category",
            f"分类“{category.path_name}”已停用，请改选其他分类。",
            "category_retired",
        )
    problems.refuse()
    return basis, note


@transaction.atomic
def add_entry(
    category: Category,
    region: Region,
    unit: Unit,
    *,
    legal_basis: str = "",
    note: str = "",
    valid_from: dt.date | None = None,
    actor: Actor,
    at: dt.datetime,
) -> DutyEntry:
    """Enter who answers for a class in an area, from a day on (today unless given, past allowed).

    Refuses an ended unit, a retired class, an area where the class already has its unit.
    """
    must_edit(actor, region)
    day = valid_from or day_of(at)
    basis, note = check_entry(category, unit, legal_basis, note, day)
    Scheme.objects.select_for_update().get(pk=category.scheme_id)
    present = (
        DutyEntry.objects.filter(category=category, region=region)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day))
        .select_related("unit")
        .first()
    )
    if present:
        raise invalid(
            "category",
            f"{category.name} × {region.name}已由“{present.unit.name}”承办"
            f"（{present.valid_from} 起），要更换请用“调整”。",
            "duplicate",
        )
    entry = DutyEntry.objects.create(
        category=category,
        region=region,
        unit=unit,
        legal_basis=basis,
        note=note,
        valid_from=day,
    )
    changed("duty_added", actor=actor, at=at, subject=_subject(entry), data=entry_facts(entry))
    return entry


@transaction.atomic
def replace_entry(
    entry: DutyEntry,
    unit: Unit,
    *,
    legal_basis: str = "",
    note: str = "",
    effective: dt.date | None = None,
    actor: Actor,
    at: dt.datetime,
) -> DutyEntry:
    """Let another unit (or another basis) hold from a day on; the entry as it was ends then.

    Refuses an ended unit, a past day, an entry that has ended.
    """
    must_edit(actor, entry.region)
    day = max(starting(effective, at), entry.valid_from)
    basis, note = check_entry(entry.category, unit, legal_basis, note, day)
    before = entry_facts(entry)
    _end_entry(entry, day)
    new = DutyEntry.objects.create(
        category=entry.category,
        region=entry.region,
        unit=unit,
        legal_basis=basis,
        note=note,
        valid_from=day,
    )
    changed(
        "duty_replaced",
        actor=actor,
        at=at,
        subject=_subject(new),
        data={"before": before, "after": entry_facts(new)},
    )
    return new


@transaction.atomic
def end_entry(
    entry: DutyEntry, *, effective: dt.date | None = None, actor: Actor, at: dt.datetime
) -> None:
    """Let an entry hold no longer from a day on. Refuses a past day, an entry that has ended."""
    must_edit(actor, entry.region)
    _end_entry(entry, starting(effective, at))
    changed("duty_ended", actor=actor, at=at, subject=_subject(entry), data=entry_facts(entry))


def _end_entry(entry: DutyEntry, day: dt.date) -> None:
    entry.valid_to = max(day, entry.valid_from)  # one that had not begun never holds
    ended = DutyEntry.objects.filter(pk=entry.pk, valid_to__isnull=True)
    if not ended.update(valid_to=entry.valid_to):
        raise ChangedMeanwhile(STALE)


@transaction.atomic
def set_fallback(
    region: Region,
    unit: Unit,
    *,
    effective: dt.date | None = None,
    actor: Actor,
    at: dt.datetime,
) -> FallbackUnit:
    """Name who takes what nobody answers for in an area, from a day on; the one before ends then.

    Refuses an ended unit and a past day.
    """
    must_edit(actor, region)
    day = starting(effective, at)
    if not holds(unit, day):
        raise invalid("unit", f"单位“{unit.name}”届时不在册，请改选其他单位。", "unit_not_in_force")
    Region.objects.select_for_update().get(pk=region.pk)
    before = FallbackUnit.objects.filter(region=region, valid_to__isnull=True).first()
    if before is not None:
        if before.unit_id == unit.pk:
            raise NotAllowedNow(f"{region.name}的兜底单位已经是“{unit.name}”。", code="same_unit")
        if before.valid_from > day:
            day = before.valid_from
        before.valid_to = day
        before.save(update_fields=["valid_to"])
    fallback = FallbackUnit.objects.create(region=region, unit=unit, valid_from=day)
    changed(
        "fallback_set",
        actor=actor,
        at=at,
        subject=f"region:{region.code}",
        data={
            "region": region.name,
            "unit": unit.name,
            "before": before.unit.name if before else "",
            "valid_from": day.isoformat(),
        },
    )
    return fallback


@transaction.atomic
def end_fallback(
    fallback: FallbackUnit, *, effective: dt.date | None = None, actor: Actor, at: dt.datetime
) -> None:
    """Let an area have no fall-back unit of its own from a day on."""
    must_edit(actor, fallback.region)
    day = max(starting(effective, at), fallback.valid_from)
    if not FallbackUnit.objects.filter(pk=fallback.pk, valid_to__isnull=True).update(valid_to=day):
        raise ChangedMeanwhile(STALE)
    fallback.valid_to = day
    changed(
        "fallback_ended",
        actor=actor,
        at=at,
        subject=f"region:{fallback.region.code}",
        data={"region": fallback.region.name, "unit": fallback.unit.name, "valid_to": day},
    )


def _subject(entry: DutyEntry) -> str:
    return f"duty:{entry.pk}"


def entry_facts(entry: DutyEntry) -> dict[str, Any]:
    """What the audit keeps of an entry."""
    return {
        "category": entry.category.code,
        "category_name": entry.category.path_name,
        "region": entry.region.code,
        "region_name": entry.region.name,
        "unit": entry.unit.code,
        "unit_name": entry.unit.name,
        "legal_basis": entry.legal_basis,
        "note": entry.note,
        "valid_from": entry.valid_from.isoformat(),
        "valid_to": entry.valid_to.isoformat() if entry.valid_to else "",
    }
