"""The day a new classification takes over from the one before it, and what it takes along."""

import datetime as dt

from django.db import transaction
from django.db.models import F, Q

from jiesu.access import Actor
from jiesu.catalogue.editing import changed, must_edit, starting
from jiesu.catalogue.models import Category, CategoryMap, DutyEntry, LocalForm, Scheme
from jiesu.catalogue.schemes import scheme_facts, subject_of
from jiesu.foundation.errors import NotAllowedNow, invalid

_BATCH = 1000


@transaction.atomic
def activate(
    scheme: Scheme, *, effective: dt.date | None = None, actor: Actor, at: dt.datetime
) -> Scheme:
    """Publish a draft: from a day on it is the scheme, and the one before it ends.

    Classes of the same code and name are mapped by themselves. The duty catalogue and the local
    forms of the old classes are carried over along the map, from that day; what was already
    prepared for a new class stands. Work orders keep the class they have.

    Refuses a published or empty scheme, a past day, an unmapped old class that a duty entry
    hangs on, and old classes that merge while different units answer for them.
    """
    must_edit(actor, None)
    day = starting(effective, at)
    if not Scheme.objects.select_for_update().filter(pk=scheme.pk, is_active=False).exists():
        raise NotAllowedNow(f"方案“{scheme}”已经发布。", code="published")
    if not scheme.categories.filter(is_retired=False).exists():
        raise NotAllowedNow(f"方案“{scheme}”还没有分类，请先添加或导入。", code="empty_scheme")
    before = (
        Scheme.objects.select_for_update()
        .filter(is_active=True)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day))
        .order_by("-valid_from")
        .first()
    )
    carried = 0
    if before is not None:
        if before.valid_from is not None and before.valid_from >= day:
            raise invalid(
                "effective",
                f"方案“{before}”自 {before.valid_from:%Y-%m-%d} 起启用，新方案应在其后启用。",
                "too_early",
            )
        _map_alike(before, scheme)
        _extend_maps(before, scheme)
        carried = _carry_duty(before, scheme, day)
        _carry_forms(before, scheme, day)
        before.valid_to = day
        before.save(update_fields=["valid_to"])
    scheme.is_active, scheme.valid_from, scheme.valid_to = True, day, None
    scheme.save(update_fields=["is_active", "valid_from", "valid_to"])
    changed(
        "scheme_activated",
        actor=actor,
        at=at,
        subject=subject_of(scheme),
        data={**scheme_facts(scheme), "before": str(before or ""), "duty_entries_carried": carried},
    )
    return scheme


def unmapped(old: Scheme, new: Scheme) -> list[Category]:
    """The classes of ``old`` that nothing in ``new`` continues, by map or by being alike."""
    alike = {(c.code, c.name) for c in new.categories.filter(is_retired=False)}
    left = old.categories.filter(is_retired=False).exclude(continued_by__new__scheme=new)
    return [c for c in left.order_by("code") if (c.code, c.name) not in alike]


def _map_alike(old: Scheme, new: Scheme) -> None:
    fresh = {(c.code, c.name): c for c in new.categories.filter(is_retired=False)}
    left = old.categories.exclude(continued_by__new__scheme=new)
    CategoryMap.objects.bulk_create(
        [
            CategoryMap(old=category, new=fresh[category.code, category.name])
            for category in left
            if (category.code, category.name) in fresh
        ],
        batch_size=_BATCH,
    )


def _extend_maps(old: Scheme, new: Scheme) -> None:
    """What led to a class of ``old``, from earlier schemes or by retirement, leads to its heirs."""
    heirs = _heirs(old, new)
    known = set(CategoryMap.objects.filter(new__scheme=new).values_list("old_id", "new_id"))
    longer: dict[tuple[int, int], CategoryMap] = {}
    for link in CategoryMap.objects.filter(new__scheme=old):
        for heir in heirs.get(link.new_id, []):
            ends = (link.old_id, heir.pk)
            if ends not in known:
                longer[ends] = CategoryMap(old_id=link.old_id, new=heir)
    CategoryMap.objects.bulk_create(longer.values(), batch_size=_BATCH)


def _heirs(old: Scheme, new: Scheme) -> dict[int, list[Category]]:
    heirs: dict[int, list[Category]] = {}
    maps = CategoryMap.objects.filter(old__scheme=old, new__scheme=new, new__is_retired=False)
    for link in maps.select_related("new").order_by("new__code"):
        heirs.setdefault(link.old_id, []).append(link.new)
    return heirs


def _carry_duty(old: Scheme, new: Scheme, day: dt.date) -> int:
    heirs = _heirs(old, new)
    entries = list(
        DutyEntry.objects.filter(category__scheme=old)
        .filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day))
        .exclude(valid_to=F("valid_from"))  # given up before it began
        .select_related("category", "region", "unit")
        .order_by("category__code", "pk")
    )
    lost = sorted({e.category.path_name for e in entries if e.category_id not in heirs})
    if lost:
        raise NotAllowedNow(
            f"下列旧分类有权属条目，却没有对应的新分类：{_listed(lost)}。请先补充新旧对照。",
            code="unmapped_duty",
        )
    prepared = set(
        DutyEntry.objects.filter(category__scheme=new).values_list("category_id", "region_id")
    )
    copies: dict[tuple[int, int], list[DutyEntry]] = {}
    clashes = set()
    for entry in entries:
        for heir in heirs[entry.category_id]:
            place = (heir.pk, entry.region_id)
            if place in prepared:
                continue
            copy = DutyEntry(
                category=heir,
                region=entry.region,
                unit=entry.unit,
                legal_basis=entry.legal_basis,
                note=entry.note,
                valid_from=max(day, entry.valid_from),
                valid_to=entry.valid_to,
            )
            there = [one for one in copies.get(place, ()) if _meet(one, copy)]
            if not there:
                copies.setdefault(place, []).append(copy)
            elif any(one.unit_id != copy.unit_id for one in there):
                clashes.add(f"{heir.path_name} × {entry.region.name}")
    if clashes:
        raise NotAllowedNow(
            f"旧分类合并后，下列事项由不同单位承办：{_listed(sorted(clashes))}。"
            "请先为新分类指定承办单位，或调整新旧对照。",
            code="clashing_duty",
        )
    carried = [copy for some in copies.values() for copy in some]
    DutyEntry.objects.bulk_create(carried, batch_size=_BATCH)
    for entry in entries:
        entry.valid_to = max(day, entry.valid_from)
    DutyEntry.objects.bulk_update(entries, ["valid_to"], batch_size=_BATCH)
    return len(carried)


def _meet(one: DutyEntry, other: DutyEntry) -> bool:
    """Whether both hold on some day: one that takes over from the other on a day does not."""
    return (one.valid_to is None or other.valid_from < one.valid_to) and (
        other.valid_to is None or one.valid_from < other.valid_to
    )


def _carry_forms(old: Scheme, new: Scheme, day: dt.date) -> None:
    heirs = _heirs(old, new)
    forms = LocalForm.objects.filter(category__scheme=old).filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day)
    )
    for form in forms:
        for heir in heirs.get(form.category_id or 0, []):
            LocalForm.objects.create(
                category=heir,
                region_id=form.region_id,
                title=form.title,
                questions=form.questions,
                valid_from=max(day, form.valid_from),
                valid_to=form.valid_to,
            )
        form.valid_to = max(day, form.valid_from)
        form.save(update_fields=["valid_to"])


def _listed(names: list[str]) -> str:
    rest = f"等 {len(names)} 项" if len(names) > 5 else ""
    return "、".join(names[:5]) + rest
