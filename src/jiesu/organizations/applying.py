"""What each kind of change does to the tree of units; ``changes`` decides when, and keeps records.

Everything happens under the lock of the tree, in the caller's transaction.
"""

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import F

from jiesu.access import Actor
from jiesu.foundation.errors import ChangedMeanwhile, NotAllowedNow, NotFound, invalid
from jiesu.organizations import checks, successions, tree
from jiesu.organizations.checks import NewUnit, must_manage
from jiesu.organizations.followers import followers
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
class Outcome:
    """What applying a change did."""

    before: list[dict[str, Any]] = field(default_factory=list)
    after: list[Unit] = field(default_factory=list)
    moves: list[PathMove] = field(default_factory=list)
    inherited: list[tuple[Unit, Unit]] = field(default_factory=list)


@dataclass(frozen=True)
class Context:
    """Under what a change is being applied."""

    change: UnitChange
    actor: Actor
    at: dt.datetime

    @property
    def day(self) -> dt.date:
        return self.change.effective


def _rename(context: Context) -> Outcome:
    plan = context.change.plan
    unit = current(plan["unit"], context.actor, day=context.day, version=plan["version"])
    before = facts(unit)
    wanted = checks.checked_unit(
        NewUnit(unit.code, plan["name"], unit.kind, unit.region, short_name=plan["short_name"]),
        context.day,
    )
    if wanted.name == unit.name:
        raise invalid("name", "新名称与现名称相同，无需更名。", "same_name")
    refuse_namesake(wanted.name, unit.parent, context.day, besides=unit.pk)
    last = unit.former_names[-1]["until"] if unit.former_names else ""
    day = context.day.isoformat()
    if day < last:
        raise invalid("effective", f"更名日期不能早于上一次更名（{last}）。", "too_early")
    if day > max(last, unit.valid_from.isoformat()):
        past = {"name": unit.name, "short_name": unit.short_name, "until": day}
        unit.former_names = [*unit.former_names, past]
    unit.name, unit.short_name, unit.pinyin = wanted.name, wanted.short_name, initials(wanted.name)
    save(unit, "name", "short_name", "pinyin", "former_names")
    return Outcome([before], [unit])


def _move(context: Context) -> Outcome:
    plan = context.change.plan
    unit = current(plan["unit"], context.actor, day=context.day, version=plan["version"])
    to = current(plan["to"], context.actor, day=context.day) if plan["to"] else None
    if unit.parent_id == plan["to"]:
        raise invalid("to", "该单位已在这个上级之下，无需划转。", "same_parent")
    before = facts(unit)
    if to is not None:
        checks.check_parent(unit.region, to, context.day)
    refuse_namesake(unit.name, to, context.day, besides=unit.pk)
    move = tree.move_below(unit, to, at=context.at, change=context.change)
    save(unit)
    return Outcome([before], [unit], [move])


def _merge(context: Context) -> Outcome:
    plan = context.change.plan
    if not plan["units"]:
        raise invalid("units", "请选择要合并的单位。", "required")
    if plan["into"] in plan["units"] or len(set(plan["units"])) < len(plan["units"]):
        raise invalid("into", "同一单位不能既被合并又承接，请重新选择。", "loop")
    ended = [current(pk, context.actor, day=context.day) for pk in plan["units"]]
    outcome = Outcome([facts(unit) for unit in ended])
    heir = _heir(plan["into"], context, outcome)
    for unit in ended:
        # An earlier one may have moved this one along when it lay below it.
        unit.refresh_from_db(fields=["path", "parent", "version"])
        _end(unit, heir, context, outcome)
    outcome.after = [*ended, heir]
    return outcome


def _split(context: Context) -> Outcome:
    plan = context.change.plan
    unit = current(plan["unit"], context.actor, day=context.day, version=plan["version"])
    fewest = 1 if plan["keep"] else 2
    if len(plan["into"]) < fewest:
        raise invalid("into", f"分设至少要有 {fewest} 个承接单位。", "too_few")
    if not 0 <= plan["main"] < len(plan["into"]):
        raise invalid("main", "请指定主要承接单位。", "required")
    outcome = Outcome([facts(unit)])
    heirs = [_heir(heir, context, outcome) for heir in plan["into"]]
    if len({heir.pk for heir in heirs} | {unit.pk}) <= len(heirs):
        raise invalid("into", "承接单位不能重复，也不能是被分设的单位。", "loop")
    if not plan["keep"]:
        main = heirs[plan["main"]]
        unit.refresh_from_db(fields=["last_child"])
        _end(unit, main, context, outcome)
        successions.forget()
        UnitSuccession.objects.bulk_create(
            UnitSuccession(
                change=context.change, old=unit, new=heir, effective=context.day, is_main=False
            )
            for heir in heirs
            if heir.pk != main.pk
        )
    outcome.after = [unit, *heirs]
    return outcome


def _close(context: Context) -> Outcome:
    plan = context.change.plan
    unit = current(plan["unit"], context.actor, day=context.day, version=plan["version"])
    outcome = Outcome([facts(unit)])
    heir = None
    if plan["successor"]:
        if plan["successor"] == unit.pk:
            raise invalid("successor", "承接单位不能是被撤销的单位自己。", "loop")
        heir = current(plan["successor"], context.actor, day=context.day)
    _end(unit, heir, context, outcome)
    outcome.after = [unit]
    return outcome


APPLY = {
    Kind.RENAME: _rename,
    Kind.MOVE: _move,
    Kind.MERGE: _merge,
    Kind.SPLIT: _split,
    Kind.CLOSE: _close,
}


def _end(unit: Unit, heir: Unit | None, context: Context, outcome: Outcome) -> None:
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
            refuse_namesake(child.name, heir, context.day, besides=child.pk)
            outcome.moves.append(tree.move_below(child, heir, at=context.at, change=context.change))
            save(child)
        successions.forget()
        UnitSuccession.objects.create(
            change=context.change, old=unit, new=heir, effective=context.day
        )
        outcome.inherited.append((unit, heir))
    unit.valid_to = context.day
    save(unit, "valid_to")


def _refuse_left_behind(unit: Unit, children: int, day: dt.date) -> None:
    left = [f"{children} 个下级单位"] if children else []
    for follower in followers():
        left.extend(follower.obstacles(unit, day))
    if left:
        raise NotAllowedNow(
            f"“{unit.name}”还有{'、'.join(left)}，不能撤销。请指定承接单位，或先处理完。",
            code="left_behind",
        )


def insert(new: NewUnit, context: Context) -> Unit:
    tree.lock(Unit)
    if new.parent is not None:
        new = replace(new, parent=current(new.parent.pk, context.actor, day=context.day))
    new = checks.checked_unit(new, context.day)
    must_manage(context.actor, new.region.path)
    if Unit.objects.filter(code=new.code).exists():
        raise invalid("code", f"单位编码 {new.code} 已被使用，请换一个。", "code_taken")
    refuse_namesake(new.name, new.parent, context.day)
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


def refuse_namesake(name: str, parent: Unit | None, day: dt.date, besides: int = 0) -> None:
    same = Unit.objects.filter(parent=parent, name=name, valid_to__isnull=True)
    if same.exclude(pk=besides).exists():
        where = f"“{parent.name}”之下" if parent else "最高一级"
        raise invalid("name", f"{where}已有名为“{name}”的单位。", "name_taken")


def current(
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


def save(unit: Unit, *fields: str) -> None:
    if fields:
        unit.save(update_fields=fields)
    Unit.objects.filter(pk=unit.pk).update(version=F("version") + 1)
    unit.version += 1


def _heir(planned: int | dict[str, Any], context: Context, outcome: Outcome) -> Unit:
    if isinstance(planned, int):
        heir = current(planned, context.actor, day=context.day)
        outcome.before.append(facts(heir))
        return heir
    parent = Unit.objects.get(pk=planned["parent"]) if planned["parent"] else None
    region = Region.objects.get(pk=planned["region"])
    return insert(NewUnit(**{**planned, "region": region, "parent": parent}), context)
