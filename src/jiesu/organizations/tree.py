"""Keeping the paths of both trees right. Everything here runs under the tree's lock."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Max
from django.db.models.functions import Length

from jiesu.foundation.errors import NotAllowedNow
from jiesu.organizations import paths
from jiesu.organizations.models import PathMove, Region, Unit, UnitChange

_LONGEST = 64  # characters of a path: 16 levels


def lock(model: type[Region] | type[Unit]) -> None:
    """Let one reorganisation at a time into a tree, until the transaction ends."""
    rows = model._default_manager.select_for_update(of=("self",)).filter(parent=None)
    list(rows.order_by("pk").values_list("pk"))


def next_path(model: type[Region] | type[Unit], parent: Region | Unit | None) -> str:
    """A path below ``parent`` that nothing bears or ever bore."""
    if parent is None:
        return paths.child_path("", last_root(model) + 1)
    ((_, _, last),) = last_ordinals(model, [parent.pk])
    parent.last_child = last + 1
    model._default_manager.filter(pk=parent.pk).update(last_child=parent.last_child)
    path = paths.child_path(parent.path, parent.last_child)
    refuse_too_deep(len(path))
    return path


def last_ordinals(
    model: type[Region] | type[Unit], pks: Iterable[int]
) -> list[tuple[int, str, int]]:
    """Of each node its path and the highest ordinal a child has or ever had; one statement."""
    rows = model._default_manager.filter(pk__in=pks)
    return [
        (pk, path, max(counted, int(newest[-paths.STEP :]) if newest else 0))
        for pk, path, counted, newest in rows.values_list(
            "pk", "path", "last_child", Max("children__path")
        )
    ]


def last_root(model: type[Region] | type[Unit]) -> int:
    """The highest ordinal a root has or ever had."""
    tree = PathMove.Tree.UNIT if model is Unit else PathMove.Tree.REGION
    now = model._default_manager.filter(parent=None).aggregate(last=Max("path"))["last"]
    once = (
        PathMove.objects.filter(tree=tree)
        .annotate(size=Length("old_prefix"))
        .filter(size=paths.STEP)
        .aggregate(last=Max("old_prefix"))["last"]
    )
    return max(int(now or 0), int(once or 0))


def refuse_too_deep(length: int) -> None:
    """Refuse a path that no column holds."""
    if length > _LONGEST:
        raise NotAllowedNow(
            f"层级过深：最多 {_LONGEST // paths.STEP} 级。请选择更高一级的上级。", code="too_deep"
        )


def move_below(
    node: Region | Unit,
    parent: Region | Unit | None,
    *,
    at: dt.datetime,
    change: UnitChange | None = None,
) -> PathMove:
    """Hang a node and all below it under another parent: one UPDATE for all their paths.

    Refuses a loop.
    """
    model = type(node)
    if parent is not None and paths.is_below(parent.path, node.path):
        raise NotAllowedNow(
            f"不能把“{node.name}”放到它自己或它的下级“{parent.name}”之下。请选择别的上级。",
            code="loop",
        )
    old, new = node.path, next_path(model, parent)
    subtree = model._default_manager.filter(**paths.below("path", old))
    deepest = subtree.aggregate(deepest=Max(Length("path")))["deepest"]
    refuse_too_deep(deepest - len(old) + len(new))
    subtree.update(path=paths.moved("path", old, new))
    model._default_manager.filter(pk=node.pk).update(parent=parent)
    node.path, node.parent_id = new, parent.pk if parent else None
    return PathMove.objects.create(
        tree=PathMove.Tree.UNIT if model is Unit else PathMove.Tree.REGION,
        change=change,
        old_prefix=old,
        new_prefix=new,
        at=at,
    )
