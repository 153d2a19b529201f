"""Reorganising the units: set up, rename, move, merge, split, close, on a day and by a document.

A change of today or earlier is applied at once; one of a later day is tried, undone, recorded as a
plan and applied by ``apply_due_changes`` when its day has come. A unit keeps its id for life; one
that ended keeps its name and path, so old orders still show it, and ``units.successor_of`` tells
who answers now. Whatever hangs on the units (posts, open assignments, kept paths) follows in the
same transaction (``followers``).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from jiesu.access import SYSTEM, Actor
from jiesu.foundation.errors import (
    ChangedMeanwhile,
    NotAllowedNow,
    NotFound,
    UseCaseError,
    invalid,
)
from jiesu.journal import audit
from jiesu.organizations import checks, tree
from jiesu.organizations.checks import NewUnit, day_of, must_manage
from jiesu.organizations.followers import Happened, followers
from jiesu.organizations.models import PathMove, Region, Unit, UnitChange, UnitSuccession
from jiesu.organizations.names import initials
from jiesu.organizations.paths import is_below

Kind = UnitChange.Kind
_STALE = "该单位已被他人修改，请刷新后重试。您填写的内容已保留。"


def facts(unit: Unit) -> dict[str, Any]:
    """The unit as it is, to be kept in records."""
    return {
        "id": unit.pk,
        "code": unit.code,
        "name": unit.name,
        "short_name": unit.short_name,
        "kind": unit.kind,
        "region": unit.region.code,
        "parent": unit.parent_id,
        "path": unit.path,
        "phone": unit.phone,
        "inner_review_steps": unit.inner_review_steps,
        "valid_from": unit.valid_from.isoformat(),
        "valid_to": unit.valid_to.isoformat() if unit.valid_to else None,
    }


@dataclass
class _Outcome:
    """What applying a change did."""

    before: list[dict[str, Any]] = field(default_factory=list)
    after: list[Unit] = field(default_factory=list)
    moves: list[PathMove] = field(default_factory=list)
    inherited: list[tuple[Unit, Unit]] = field(default_factory=list)


@dataclass(frozen=True)
class _Context:
    """Under what a change is being applied."""

    change: UnitChange
    actor: Actor
    at: dt.datetime

    @property
    def day(self) -> dt.date:
        return self.change.effective


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
        unit = _insert(new, _Context(change, actor, at))
        _finish(change, _Outcome(after=[unit]), actor, at)
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
        unit = _current(unit.pk, actor, version=version)
        before = facts(unit)
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
        unit.short_name, unit.kind, unit.region = wanted.short_name, wanted.kind, wanted.region
        unit.phone, unit.inner_review_steps = wanted.phone, wanted.inner_review_steps
        changed = {key: value for key, value in facts(unit).items() if before[key] != value}
        if changed:
            _save(unit, "short_name", "kind", "region", "phone", "inner_review_steps")
            audit.record(
                "unit_edit",
                actor=actor,
                at=at,
                subject=f"unit:{unit.pk}",
                data={"before": {key: before[key] for key in changed}, "after": changed},
            )
    return unit


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
        outcome = _APPLY[Kind(change.kind)](_Context(change, actor, at))
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
    outcome = _APPLY[Kind(change.kind)](_Context(change, actor, at))
    _finish(change, outcome, actor, at)


def _finish(change: UnitChange, outcome: _Outcome, actor: Actor, at: dt.datetime) -> None:
    change.before = outcome.before
    change.after = [facts(unit) for unit in outcome.after]
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


def _rename(context: _Context) -> _Outcome:
    plan = context.change.plan
    unit = _current(plan["unit"], context.actor, day=context.day, version=plan["version"])
    before = facts(unit)
    wanted = checks.checked_unit(
        NewUnit(unit.code, plan["name"], unit.kind, unit.region, short_name=plan["short_name"]),
        context.day,
    )
    if wanted.name == unit.name:
        raise invalid("name", "新名称与现名称相同，无需更名。", "same_name")
    _refuse_namesake(wanted.name, unit.parent, context.day, besides=unit.pk)
    last = unit.former_names[-1]["until"] if unit.former_names else ""
    day = context.day.isoformat()
    if day < last:
        raise invalid("effective", f"更名日期不能早于上一次更名（{last}）。", "too_early")
    if day > max(last, unit.valid_from.isoformat()):
        past = {"name": unit.name, "short_name": unit.short_name, "until": day}
        unit.former_names = [*unit.former_names, past]
    unit.name, unit.short_name, unit.pinyin = wanted.name, wanted.short_name, initials(wanted.name)
    _save(unit, "name", "short_name", "pinyin", "former_names")
    return _Outcome([before], [unit])


def _move(context: _Context) -> _Outcome:
    plan = context.change.plan
    unit = _current(plan["unit"], context.actor, day=context.day, version=plan["version"])
    to = _current(plan["to"], context.actor, day=context.day) if plan["to"] else None
    if unit.parent_id == plan["to"]:
        raise invalid("to", "该单位已在这个上级之下，无需划转。", "same_parent")
    before = facts(unit)
    if to is not None:
        checks.check_parent(unit.region, to, context.day)
    _refuse_namesake(unit.name, to, context.day, besides=unit.pk)
    move = tree.move_below(unit, to, at=context.at, change=context.change)
    _save(unit)
    return _Outcome([before], [unit], [move])


def _merge(context: _Context) -> _Outcome:
    plan = context.change.plan
    if not plan["units"]:
        raise invalid("units", "请选择要合并的单位。", "required")
    if plan["into"] in plan["units"] or len(set(plan["units"])) < len(plan["units"]):
        raise invalid("into", "同一单位不能既被合并又承接，请重新选择。", "loop")
    ended = [_current(pk, context.actor, day=context.day) for pk in plan["units"]]
    outcome = _Outcome([facts(unit) for unit in ended])
    heir = _heir(plan["into"], context, outcome)
    for unit in ended:
        # An earlier one may have moved this one along when it lay below it.
        unit.refresh_from_db(fields=["path", "parent", "version"])
        _end(unit, heir, context, outcome)
    outcome.after = [*ended, heir]
    return outcome


def _split(context: _Context) -> _Outcome:
    plan = context.change.plan
    unit = _current(plan["unit"], context.actor, day=context.day, version=plan["version"])
    fewest = 1 if plan["keep"] else 2
    if len(plan["into"]) < fewest:
        raise invalid("into", f"分设至少要有 {fewest} 个承接单位。", "too_few")
    if not 0 <= plan["main"] < len(plan["into"]):
        raise invalid("main", "请指定主要承接单位。", "required")
    outcome = _Outcome([facts(unit)])
    heirs = [_heir(heir, context, outcome) for heir in plan["into"]]
    if len({heir.pk for heir in heirs} | {unit.pk}) <= len(heirs):
        raise invalid("into", "承接单位不能重复，也不能是被分设的单位。", "loop")
    if not plan["keep"]:
        main = heirs[plan["main"]]
        unit.refresh_from_db(fields=["last_child"])
        _end(unit, main, context, outcome)
        UnitSuccession.objects.bulk_create(
            UnitSuccession(
                change=context.change, old=unit, new=heir, effective=context.day, is_main=False
            )
            for heir in heirs
            if heir.pk != main.pk
        )
    outcome.after = [unit, *heirs]
    return outcome


def _close(context: _Context) -> _Outcome:
    plan = context.change.plan
    unit = _current(plan["unit"], context.actor, day=context.day, version=plan["version"])
    outcome = _Outcome([facts(unit)])
    heir = None
    if plan["successor"]:
        if plan["successor"] == unit.pk:
            raise invalid("successor", "承接单位不能是被撤销的单位自己。", "loop")
        heir = _current(plan["successor"], context.actor, day=context.day)
    _end(unit, heir, context, outcome)
    outcome.after = [unit]
    return outcome


_APPLY = {
    Kind.RENAME: _rename,
    Kind.MOVE: _move,
    Kind.MERGE: _merge,
    Kind.SPLIT: _split,
    Kind.CLOSE: _close,
}


def _end(unit: Unit, heir: Unit | None, context: _Context, outcome: _Outcome) -> None:
    """End a unit; its sub-units go to the heir, or refuse to be left behind."""
    if heir is not None and is_below(heir.path, unit.path):
        raise NotAllowedNow(
            f"承接单位“{heir.name}”是“{unit.name}”的下级，请先把它划转出去。", code="loop"
        )
    children = list(
        unit.children.filter(valid_to__isnull=True).select_related("region").order_by("path")
    )
    if heir is None:
        _refuse_left_behind(unit, len(children), context.day)
    else:
        for child in children:
            checks.check_parent(child.region, heir, context.day)
            _refuse_namesake(child.name, heir, context.day, besides=child.pk)
            outcome.moves.append(tree.move_below(child, heir, at=context.at, change=context.change))
            _save(child)
        UnitSuccession.objects.create(
            change=context.change, old=unit, new=heir, effective=context.day
        )
        outcome.inherited.append((unit, heir))
    unit.valid_to = context.day
    _save(unit, "valid_to")


def _refuse_left_behind(unit: Unit, children: int, day: dt.date) -> None:
    left = [f"{children} 个下级单位"] if children else []
    for follower in followers():
        left.extend(follower.obstacles(unit, day))
    if left:
        raise NotAllowedNow(
            f"“{unit.name}”还有{'、'.join(left)}，不能撤销。请指定承接单位，或先处理完。",
            code="left_behind",
        )


def _insert(new: NewUnit, context: _Context) -> Unit:
    tree.lock(Unit)
    if new.parent is not None:
        new = replace(new, parent=_current(new.parent.pk, context.actor, day=context.day))
    new = checks.checked_unit(new, context.day)
    must_manage(context.actor, new.region.path)
    if Unit.objects.filter(code=new.code).exists():
        raise invalid("code", f"单位编码 {new.code} 已被使用，请换一个。", "code_taken")
    _refuse_namesake(new.name, new.parent, context.day)
    return Unit.objects.create(
        code=new.code,
        name=new.name,
        short_name=new.short_name,
        kind=new.kind,
        region=new.region,
        parent=new.parent,
        path=tree.next_path(Unit, new.parent),
        pinyin=initials(new.name),
        phone=new.phone,
        inner_review_steps=new.inner_review_steps,
        valid_from=context.day,
    )


def _refuse_namesake(name: str, parent: Unit | None, day: dt.date, besides: int = 0) -> None:
    same = Unit.objects.filter(parent=parent, name=name, valid_to__isnull=True)
    if same.exclude(pk=besides).exists():
        where = f"“{parent.name}”之下" if parent else "最高一级"
        raise invalid("name", f"{where}已有名为“{name}”的单位。", "name_taken")


def _current(
    pk: int, actor: Actor, *, day: dt.date | None = None, version: int | None = None
) -> Unit:
    """The unit as it is now, under the lock; refuses one out of reach, ended or changed."""
    tree.lock(Unit)
    unit = Unit.objects.select_related("region", "parent__region").filter(pk=pk).first()
    if unit is None:
        raise NotFound
    must_manage(actor, unit.region.path)
    if version is not None and unit.version != version:
        raise ChangedMeanwhile(_STALE)
    if unit.valid_to is not None or (day is not None and day < unit.valid_from):
        raise NotAllowedNow(f"“{unit.name}”{checks.when(unit)}，不能变更。", code="not_in_force")
    return unit


def _save(unit: Unit, *fields: str) -> None:
    if fields:
        unit.save(update_fields=fields)
    Unit.objects.filter(pk=unit.pk).update(version=F("version") + 1)
    unit.version += 1


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


def _heir(planned: int | dict[str, Any], context: _Context, outcome: _Outcome) -> Unit:
    if isinstance(planned, int):
        heir = _current(planned, context.actor, day=context.day)
        outcome.before.append(facts(heir))
        return heir
    parent = Unit.objects.get(pk=planned["parent"]) if planned["parent"] else None
    region = Region.objects.get(pk=planned["region"])
    return _insert(NewUnit(**{**planned, "region": region, "parent": parent}), context)


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
