"""Changing the divisions: set up, rename, move, abolish, as the ministry announces them.

Unlike units, regions change rarely and by outside decision: a change is entered on its day or
later. A division that gets a new code is a new region, and the old one names it as successor.
"""

import datetime as dt
from typing import Any

from django.db import transaction

from jiesu.access import Actor
from jiesu.foundation.errors import NotAllowedNow, NotFound, invalid
from jiesu.journal import audit
from jiesu.organizations import checks, tree
from jiesu.organizations.checks import NewRegion, day_of, must_manage
from jiesu.organizations.followers import Happened, followers
from jiesu.organizations.models import PathMove, Region, Unit
from jiesu.organizations.names import initials
from jiesu.organizations.paths import below, is_below


def facts(region: Region) -> dict[str, Any]:
    """The region as it is, to be kept in records."""
    return {
        "code": region.code,
        "name": region.name,
        "level": region.level,
        "parent": region.parent.code if region.parent else None,
        "path": region.path,
        "valid_to": region.valid_to.isoformat() if region.valid_to else None,
    }


def create_region(
    new: NewRegion, *, actor: Actor, at: dt.datetime, effective: dt.date | None = None
) -> Region:
    """This will set up a division. Refuses wrong fields and a code in use."""
    day = effective or day_of(at)
    with transaction.atomic():
        tree.lock(Region)
        checks.check_day(day)
        new = checks.checked_region(new, day)
        must_manage(actor, new.parent.path if new.parent else "")
        if Region.objects.filter(code=new.code, valid_to__isnull=True).exists():
            raise invalid("code", f"区划代码 {new.code} 已被使用，请核对。", "code_taken")
        region = Region.objects.create(
            code=new.code,
            name=new.name,
            level=new.level,
            parent=new.parent,
            path=tree.next_path(Region, new.parent),
            pinyin=initials(new.name),
            valid_from=day,
        )
        _audit("region_create", region, None, actor, at)
    return region


def rename_region(
    region: Region, name: str, *, actor: Actor, at: dt.datetime, effective: dt.date | None = None
) -> Region:
    """This will give the division another name; older days keep the old one."""
    with transaction.atomic():
        region, day = _current(region.pk, actor, at, effective)
        before = facts(region)
        wanted = checks.checked_region(NewRegion(region.code, name, region.level), day)
        if wanted.name == region.name:
            raise invalid("name", "新名称与现名称相同，无需更名。", "same_name")
        last = region.former_names[-1]["until"] if region.former_names else ""
        if day.isoformat() < last:
            raise invalid("effective", f"更名日期不能早于上一次更名（{last}）。", "too_early")
        if day.isoformat() > max(last, region.valid_from.isoformat()):
            past = {"name": region.name, "until": day.isoformat()}
            region.former_names = [*region.former_names, past]
        region.name, region.pinyin = wanted.name, initials(wanted.name)
        region.save(update_fields=["name", "pinyin", "former_names"])
        _audit("region_rename", region, before, actor, at)
    return region


def move_region(
    region: Region,
    to: Region,
    *,
    actor: Actor,
    at: dt.datetime,
    level: str = "",
    effective: dt.date | None = None,
    document: str = "",
) -> PathMove | None:
    """This will hang the division, with all below it, under another one, at its new level if given.

    None when it hangs there already and only its level changed. Refuses a loop, and units left
    outside their parent unit's region.
    """
    with transaction.atomic():
        region, day = _current(region.pk, actor, at, effective)
        to, _ = _current(to.pk, actor, at, effective)
        before = facts(region)
        checks.checked_region(NewRegion(region.code, region.name, level or region.level, to), day)
        move = None
        if region.parent_id != to.pk:
            _refuse_stranded(region, to)
            move = tree.move_below(region, to, at=at)
            _follow(Happened(effective=day, at=at, actor=actor, document=document, moves=(move,)))
            region.parent = to
        region.level = level or region.level
        region.save(update_fields=["level"])
        _audit("region_move", region, before, actor, at)
    return move


def close_region(
    region: Region,
    *,
    actor: Actor,
    at: dt.datetime,
    successor: Region | None = None,
    effective: dt.date | None = None,
    document: str = "",
) -> Region:
    """This will abolish the division; a successor takes over what lies below it, and its units.

    Without a successor it refuses while divisions below it or units are in force.
    """
    with transaction.atomic():
        region, day = _current(region.pk, actor, at, effective)
        before = facts(region)
        children = list(region.children.filter(valid_to__isnull=True).order_by("path"))
        units = region.units.filter(valid_to__isnull=True)
        moves = []
        if successor is None:
            _refuse_left_behind(region, len(children), units.count())
        else:
            successor, _ = _current(successor.pk, actor, at, effective)
            if is_below(successor.path, region.path):
                raise NotAllowedNow(
                    f"承接区划“{successor.name}”是“{region.name}”自己或其下级，请先划转出去。",
                    code="loop",
                )
            _refuse_stranded(region, successor)
            moves = [tree.move_below(child, successor, at=at) for child in children]
            units.update(region=successor)
            region.successor = successor
        region.valid_to = day
        region.save(update_fields=["valid_to", "successor"])
        if moves:
            _follow(
                Happened(effective=day, at=at, actor=actor, document=document, moves=tuple(moves))
            )
        _audit("region_close", region, before, actor, at)
    return region


def _refuse_left_behind(region: Region, children: int, units: int) -> None:
    left = [f"{children} 个下级区划"] if children else []
    left += [f"{units} 个单位"] if units else []
    if left:
        raise NotAllowedNow(
            f"“{region.name}”还有{'、'.join(left)}，不能停用。请指定承接区划。", code="left_behind"
        )


def _refuse_stranded(region: Region, to: Region) -> None:
    """Refuse when a unit of the region would lie outside the region of its parent unit."""
    inside = Unit.objects.filter(**below("region__path", region.path), valid_to__isnull=True)
    outer = inside.exclude(parent=None).exclude(parent__in=inside.values("pk"))
    for unit in outer.select_related("parent__region"):
        if unit.parent is not None and not is_below(to.path, unit.parent.region.path):
            raise NotAllowedNow(
                f"单位“{unit.name}”的上级“{unit.parent.name}”不管辖“{to.name}”，"
                "请先把该单位划转到合适的上级。",
                code="region_mismatch",
            )


def _current(
    pk: int, actor: Actor, at: dt.datetime, effective: dt.date | None
) -> tuple[Region, dt.date]:
    tree.lock(Region)
    region = Region.objects.select_related("parent").filter(pk=pk).first()
    if region is None:
        raise NotFound
    must_manage(actor, region.path)
    day = effective or day_of(at)
    checks.check_day(day)
    if day > day_of(at):
        raise invalid("effective", "区划变更请在生效当日或之后办理。", "in_the_future")
    if not checks.holds(region, day) or region.valid_to is not None:
        raise NotAllowedNow(
            f"“{region.name}”{checks.when(region)}，不能变更。", code="not_in_force"
        )
    return region, day


def _follow(happened: Happened) -> None:
    for follower in followers():
        follower.follow(happened)


def _audit(
    kind: str, region: Region, before: dict[str, Any] | None, actor: Actor, at: dt.datetime
) -> None:
    audit.record(
        kind,
        actor=actor,
        at=at,
        subject=f"region:{region.code}",
        data={"before": before, "after": facts(region)},
    )
