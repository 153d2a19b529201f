"""Reorganising the units: set up, rename, move, merge, split, close, on a day and by a document.

A change of today or earlier is applied at once; one of a later day is tried, undone, recorded as a
plan and applied by ``apply_due_changes`` when its day has come. A unit keeps its id for life; one
that ended keeps its name and path, so old orders still show it, and ``units.successor_of`` tells
who answers now. Whatever hangs on the units (posts, open assignments, kept paths) follows in the
same transaction (``followers``).
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q

from jiesu.access import SYSTEM, Actor
from jiesu.foundation.errors import NotAllowedNow, UseCaseError, invalid
from jiesu.journal import audit
from jiesu.organizations import applying, checks, tree
from jiesu.organizations.checks import NewUnit, day_of, must_manage
from jiesu.organizations.followers import Happened, followers
from jiesu.organizations.models import Region, Unit, UnitChange, UnitSuccession
from jiesu.organizations.paths import is_below

Kind = UnitChange.Kind


# --- setting up and editing -----------------------------------------------------------------------


def create_unit(
    new: NewUnit,
    *,
    actor: Actor,
    at: dt.datetime,
    effective: dt.date | None = None,
    document: str = "",
    note: str = "",
) -> Unit:
    """This will set up a unit that holds from ``effective`` on.

    Refuses wrong fields, a code in use, a sibling of the same name, a region outside the parent's.
    """
    with transaction.atomic():
        change = _record(Kind.CREATE, actor, at, effective, document, note)
        unit = applying.insert(new, applying.Context(change, actor, at))
        _finish(change, applying.Outcome(after=[unit]), actor, at)
    return unit


def edit_unit(
    unit: Unit,
    *,
    actor: Actor,
    at: dt.datetime,
    short_name: str | None = None,
    kind: str | None = None,
    region: Region | None = None,
    phone: str | None = None,
    inner_review_steps: int | None = None,
    version: int | None = None,
) -> Unit:
    """This will correct what has no history: short name, kind, region, telephone, review steps.

    Refuses wrong fields, and a stale ``version``. The name has a history: see ``rename_unit``.
    """
    with transaction.atomic():
        unit = applying.current(unit.pk, actor, version=version)
        before = applying.facts(unit)
        wanted = checks.checked_unit(
            NewUnit(
                unit.code,
                unit.name,
                unit.kind if kind is None else kind,
                region or unit.region,
                unit.parent,
                unit.short_name if short_name is None else short_name,
                unit.phone if phone is None else phone,
                unit.inner_review_steps if inner_review_steps is None else inner_review_steps,
            ),
            max(day_of(at), unit.valid_from),
        )
        must_manage(actor, wanted.region.path)
        _refuse_stranded(unit, wanted.region)
        unit.short_name, unit.kind, unit.region = wanted.short_name, wanted.kind, wanted.region
        unit.phone, unit.inner_review_steps = wanted.phone, wanted.inner_review_steps
        changed = {
            key: value for key, value in applying.facts(unit).items() if before[key] != value
        }
        if changed:
            applying.save(unit, "short_name", "kind", "region", "phone", "inner_review_steps")
            audit.record(
                "unit_edit",
                actor=actor,
                at=at,
                subject=f"unit:{unit.pk}",
                data={"before": {key: before[key] for key in changed}, "after": changed},
            )
    return unit


def _refuse_stranded(unit: Unit, region: Region) -> None:
    """Refuse a region that does not contain those of the units below this one."""
    if is_below(unit.region.path, region.path):
        return
    for child in unit.children.filter(valid_to__isnull=True).select_related("region"):
        if not is_below(child.region.path, region.path):
            raise invalid(
                "region",
                f"下级单位“{child.name}”在“{child.region.name}”，不在“{region.name}”之内，"
                "请先调整下级单位。",
                "region_mismatch",
            )


# --- dated changes --------------------------------------------------------------------------------


def rename_unit(
    unit: Unit,
    name: str,
    *,
    actor: Actor,
    at: dt.datetime,
    short_name: str = "",
    effective: dt.date | None = None,
    document: str = "",
    note: str = "",
    version: int | None = None,
) -> UnitChange:
    """This will give the unit another name from ``effective`` on; older days keep the old one.

    Refuses an empty, long or sibling's name, and a day before an earlier renaming.
    """
    plan = {"unit": unit.pk, "name": name, "short_name": short_name, "version": version}
    return _change(Kind.RENAME, plan, actor, at, effective, document, note)


def move_unit(
    unit: Unit,
    to: Unit | None,
    *,
    actor: Actor,
    at: dt.datetime,
    effective: dt.date | None = None,
    document: str = "",
    note: str = "",
    version: int | None = None,
) -> UnitChange:
    """This will hang the unit, with all below it, under another parent (None: make it a root).

    Refuses a loop, a parent that does not hold or whose region does not contain the unit's.
    """
    plan = {"unit": unit.pk, "to": to.pk if to else None, "version": version}
    return _change(Kind.MOVE, plan, actor, at, effective, document, note)


def merge_units(
    units: Sequence[Unit],
    into: Unit | NewUnit,
    *,
    actor: Actor,
    at: dt.datetime,
    effective: dt.date | None = None,
    document: str = "",
    note: str = "",
) -> UnitChange:
    """This will end the units and let ``into``, existing or new, carry on for all of them.

    Refuses an empty list, merging a unit into itself or into one below it.
    """
    plan = {"units": [unit.pk for unit in units], "into": _planned(into)}
    return _change(Kind.MERGE, plan, actor, at, effective, document, note)


def split_unit(
    unit: Unit,
    into: Sequence[Unit | NewUnit],
    *,
    actor: Actor,
    at: dt.datetime,
    keep: bool = False,
    main: int = 0,
    effective: dt.date | None = None,
    document: str = "",
    note: str = "",
    version: int | None = None,
) -> UnitChange:
    """This will let several units carry on for one; ``into[main]`` inherits posts and sub-units.

    With ``keep`` the unit itself goes on and merely gives off the new ones. Refuses fewer than two
    heirs (one with ``keep``).
    """
    plan = {
        "unit": unit.pk,
        "into": [_planned(heir) for heir in into],
        "keep": keep,
        "main": main,
        "version": version,
    }
    return _change(Kind.SPLIT, plan, actor, at, effective, document, note)


def close_unit(
    unit: Unit,
    *,
    actor: Actor,
    at: dt.datetime,
    successor: Unit | None = None,
    effective: dt.date | None = None,
    document: str = "",
    note: str = "",
    version: int | None = None,
) -> UnitChange:
    """This will end the unit; a successor takes over its sub-units, posts and new orders.

    Without a successor it refuses while sub-units or posts are open.
    """
    plan = {
        "unit": unit.pk,
        "successor": successor.pk if successor else None,
        "version": version,
    }
    return _change(Kind.CLOSE, plan, actor, at, effective, document, note)


def cancel_change(change: UnitChange, *, actor: Actor, at: dt.datetime) -> UnitChange:
    """This will drop a planned change. Refuses one that was applied or dropped already."""
    with transaction.atomic():
        tree.lock(Unit)
        change = UnitChange.objects.select_for_update().get(pk=change.pk)
        for unit in Unit.objects.filter(pk__in=_touched(change.plan)).select_related("region"):
            must_manage(actor, unit.region.path)
        if change.applied_at or change.cancelled_at:
            raise NotAllowedNow("该变更已生效或已取消，不能再取消。")
        change.cancelled_at = at
        change.save(update_fields=["cancelled_at"])
        _audit("unit_change_cancel", change, actor, at)
    return change


def apply_due_changes(at: dt.datetime) -> list[UnitChange]:
    """This will apply the planned changes whose day has come, oldest first; for the job loop.

    One that can no longer be applied stays planned with its ``problem``, and is tried again.
    """
    due = UnitChange.objects.filter(
        applied_at__isnull=True, cancelled_at__isnull=True, effective__lte=day_of(at)
    )
    applied = []
    for pk in list(due.order_by("effective", "pk").values_list("pk", flat=True)):
        change = _apply_due(pk, at)
        if change is not None:
            applied.append(change)
    return applied


def _apply_due(pk: int, at: dt.datetime) -> UnitChange | None:
    try:
        with transaction.atomic():
            tree.lock(Unit)
            change = UnitChange.objects.select_for_update().get(pk=pk)
            if change.applied_at or change.cancelled_at:
                return None
            change.problem = ""
            _apply(change, SYSTEM, at)
            return change
    except UseCaseError as refusal:
        with transaction.atomic():
            change = UnitChange.objects.get(pk=pk)
            if change.problem != refusal.message[:500]:
                change.problem = refusal.message[:500]
                change.save(update_fields=["problem"])
                _audit("unit_change_failed", change, SYSTEM, at)
        return None


def planned_changes() -> list[UnitChange]:
    """The changes still to come, the nearest first."""
    waiting = UnitChange.objects.filter(applied_at__isnull=True, cancelled_at__isnull=True)
    return list(waiting.order_by("effective", "pk"))


def changes_of(unit: Unit, limit: int = 50) -> list[UnitChange]:
    """The changes a unit had part in, planned ones too, the newest first: how it came to be."""
    inherited = UnitSuccession.objects.filter(Q(old=unit) | Q(new=unit)).values("change")
    part = Q(plan__unit=unit.pk) | Q(after__0__id=unit.pk) | Q(pk__in=inherited)
    return list(UnitChange.objects.filter(part).order_by("-effective", "-pk")[:limit])


# --- applying -------------------------------------------------------------------------------------


def _change(
    kind: Kind,
    plan: dict[str, Any],
    actor: Actor,
    at: dt.datetime,
    effective: dt.date | None,
    document: str,
    note: str,
) -> UnitChange:
    with transaction.atomic():
        tree.lock(Unit)
        change = _record(kind, actor, at, effective, document, note, plan)
        if change.effective <= day_of(at):
            _apply(change, actor, at)
            return change
        before = _try(change, actor, at)
        plan["version"] = (
            None  # the page was fresh when planned; what happens until then may happen
        )
        change.before = before
        change.save(update_fields=["before", "plan"])
        _audit("unit_change_planned", change, actor, at)
    return change


def _try(change: UnitChange, actor: Actor, at: dt.datetime) -> list[dict[str, Any]]:
    """Apply and undo, so that a plan is refused now for whatever would refuse it then."""
    with transaction.atomic():
        outcome = applying.APPLY[Kind(change.kind)](applying.Context(change, actor, at))
        transaction.set_rollback(True)
    return outcome.before


def _record(
    kind: Kind,
    actor: Actor,
    at: dt.datetime,
    effective: dt.date | None,
    document: str,
    note: str,
    plan: dict[str, Any] | None = None,
) -> UnitChange:
    day = effective or day_of(at)
    problems = checks.Problems()
    document = problems.text(document, max_length=128, field="document", label="依据文号")
    note = problems.text(note, max_length=500, field="note", label="说明")
    problems.refuse()
    checks.check_day(day)
    return UnitChange.objects.create(
        kind=kind,
        effective=day,
        document=document,
        note=note,
        actor_name=actor.name,
        at=at,
        plan=plan or {},
    )


def _apply(change: UnitChange, actor: Actor, at: dt.datetime) -> None:
    outcome = applying.APPLY[Kind(change.kind)](applying.Context(change, actor, at))
    _finish(change, outcome, actor, at)


def _finish(change: UnitChange, outcome: applying.Outcome, actor: Actor, at: dt.datetime) -> None:
    change.before = outcome.before
    change.after = [applying.facts(unit) for unit in outcome.after]
    change.applied_at = at
    change.save(update_fields=["before", "after", "applied_at", "problem"])
    happened = Happened(
        effective=change.effective,
        at=at,
        actor=actor,
        document=change.document,
        moves=tuple(outcome.moves),
        inherited=tuple(outcome.inherited),
    )
    if happened.moves or happened.inherited:
        for follower in followers():
            follower.follow(happened)
    _audit(f"unit_{change.kind}", change, actor, at)


def _audit(kind: str, change: UnitChange, actor: Actor, at: dt.datetime) -> None:
    audit.record(
        kind,
        actor=actor,
        at=at,
        subject=f"unit_change:{change.pk}",
        data={
            "effective": change.effective.isoformat(),
            "document": change.document,
            "before": change.before,
            "after": change.after,
            "problem": change.problem,
        },
    )


def _planned(heir: Unit | NewUnit) -> int | dict[str, Any]:
    """An heir as a plan keeps it: an existing unit's id, or what to set up."""
    if isinstance(heir, Unit):
        return heir.pk
    return {
        "code": heir.code,
        "name": heir.name,
        "kind": heir.kind,
        "region": heir.region.pk,
        "parent": heir.parent.pk if heir.parent else None,
        "short_name": heir.short_name,
        "phone": heir.phone,
        "inner_review_steps": heir.inner_review_steps,
    }


def _touched(plan: dict[str, Any]) -> list[int]:
    """The existing units a plan is about."""
    into = plan.get("into", [])
    heirs = into if isinstance(into, list) else [into]
    named = [
        *plan.get("units", []),
        *heirs,
        plan.get("unit"),
        plan.get("to"),
        plan.get("successor"),
    ]
    return [pk for pk in named if isinstance(pk, int)]
