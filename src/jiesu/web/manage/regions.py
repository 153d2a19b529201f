"""Regions: the tree of divisions, one division, its changes, sheets."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from jiesu.access import Actor, may_manage
from jiesu.access import Permission as P
from jiesu.catalogue.imports import write_sheet
from jiesu.catalogue.sheets import Column
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound
from jiesu.organizations import imports, region_changes, regions
from jiesu.organizations.checks import NewRegion
from jiesu.organizations.models import Region
from jiesu.organizations.paths import below
from jiesu.web.components.pieces import Action
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.form_pages import Page, form_page, region_of, sent, sheet_response, today
from jiesu.web.manage import organization_forms as small
from jiesu.web.manage.pages import crumbs
from jiesu.web.manage.sheet_imports import Judged, SheetImport, by_import_report, rows_of, view_of

LEVEL_SIZE = 100
SHEET = [
    Column("code", "区划代码", True, ("代码",), 16, "6、9 或 12 位；已有的代码表示修改"),
    Column("name", "区划名称", True, ("名称",), 24),
    Column("level", "层级", False, (), 14, "不填则按代码判断；经济区等请写明"),
    Column("parent", "上级代码", False, ("上级区划代码",), 16, "不填则按代码判断"),
]


def managed(actor: Actor, pk: int) -> Region:
    """The region, in the actor's own; out of reach looks like absent."""
    region = Region.objects.select_related("parent", "successor").filter(pk=pk).first()
    if region is None or not may_manage(actor, P.MANAGE_ORGANIZATIONS, region.path):
        raise NotFound
    return region


def _level(request: DeskRequest, rows: QuerySet[Region, Region], more: str) -> dict[str, Any]:
    after = request.GET.get("after", "")
    if after.isdecimal():
        rows = rows.filter(path__gt=after)
    inside = Region.objects.filter(parent=OuterRef("pk"), valid_to__isnull=True)
    nodes = list(rows.annotate(has_children=Exists(inside)).order_by("path")[: LEVEL_SIZE + 1])
    rest = nodes[LEVEL_SIZE - 1].path if len(nodes) > LEVEL_SIZE else ""
    return {"nodes": nodes[:LEVEL_SIZE], "more": f"{more}?after={rest}" if rest else ""}


def _below(parent: Region) -> QuerySet[Region, Region]:
    return Region.objects.filter(parent=parent, valid_to__isnull=True)


@desk_view(P.MANAGE_ORGANIZATIONS)
def region_list(request: DeskRequest) -> HttpResponse:
    """The divisions from the actor's own down, or those that match what was searched for."""
    words = request.GET.get("q", "").strip()
    top = request.post.unit.region
    context: dict[str, Any] = {
        "page": Page("行政区划", crumbs(("行政区划", "")), reverse("manage:home")),
        "words": words,
    }
    if words:
        context["hits"] = regions.search(words, top.path, 50)
        return render(request, "manage/regions.html", context)
    level = _level(request, Region.objects.filter(pk=top.pk), "")
    for node in level["nodes"]:
        node.opened = _level(
            request, _below(node), reverse("manage:region-children", args=[node.pk])
        )
    return render(request, "manage/regions.html", {**context, "level": level})


@desk_view(P.MANAGE_ORGANIZATIONS)
def region_children(request: DeskRequest, pk: int) -> HttpResponse:
    """One level of the tree, when it is opened."""
    region = managed(request.actor, pk)
    level = _level(request, _below(region), reverse("manage:region-children", args=[pk]))
    return render(request, "manage/region_level.html", {"level": level})


def _crumbs(region: Region, here: str = "") -> list[Any]:
    steps = [("行政区划", reverse("manage:regions"))]
    if here:
        steps += [(region.name, reverse("manage:region", args=[region.pk])), (here, "")]
    else:
        steps.append((region.name, ""))
    return crumbs(*steps)


@desk_view(P.MANAGE_ORGANIZATIONS)
def region_page(request: DeskRequest, pk: int) -> HttpResponse:
    """One division: what it is, what it was called, what lies below it."""
    region = managed(request.actor, pk)

    def to(name: str) -> str:
        return reverse(f"manage:{name}", args=[pk])

    actions = [
        Action("新设下级区划", f"{reverse('manage:region-new')}?parent={region.code}", main=True),
        Action("更名", to("region-rename")),
        Action("划转", to("region-move")),
        Action("撤销", to("region-close"), tone="red"),
    ]
    context = {
        "page": Page(region.name, _crumbs(region), ""),
        "region": region,
        "full_name": regions.full_name(region),
        "level": _level(request, _below(region), to("region-children")),
        "former": list(reversed(region.former_names)),
        "predecessors": list(region.predecessors.order_by("pk")[:20]),
        "actions": [] if region.valid_to else actions,
        "ends": region.valid_to and region.valid_to <= today(),
    }
    return render(request, "manage/region.html", context)


@desk_view(P.MANAGE_ORGANIZATIONS)
def region_new(request: DeskRequest) -> HttpResponse:
    """Set up a division."""
    initial = {"parent": request.GET.get("parent", "") or request.post.unit.region.code}
    back = reverse("manage:regions")
    page = Page("新设区划", crumbs(("行政区划", back), ("新设区划", "")), back, yes="新设")

    def run(said: Mapping[str, Any]) -> Region:
        parent = region_of(said["parent"], "parent") if said["parent"] else None
        return region_changes.create_region(
            NewRegion(said["code"], said["name"], said["level"], parent),
            actor=request.actor,
            at=clock.now(),
            effective=said["effective"],
        )

    return form_page(
        request,
        page,
        small.NewRegionForm(sent(request), initial=initial),
        run,
        said=lambda region: f"已新设“{region.name}”。",
        to=lambda region: reverse("manage:region", args=[region.pk]),
    )


def _change_page(
    request: DeskRequest, region: Region, word: str, form: Any, run: Any, lead: str,
    *, red: bool = False,
) -> HttpResponse:  # fmt: skip
    here = reverse("manage:region", args=[region.pk])
    confirm = f"确定{word}“{region.name}”？" if red else ""
    page = Page(f"{word}：{region.name}", _crumbs(region, word), here, lead, word, red, confirm)
    return form_page(request, page, form, run, said=f"{word}已生效。", to=here)


@desk_view(P.MANAGE_ORGANIZATIONS)
def region_rename(request: DeskRequest, pk: int) -> HttpResponse:
    """Give a division another name."""
    region = managed(request.actor, pk)

    def run(said: Mapping[str, Any]) -> Region:
        return region_changes.rename_region(
            region, said["name"], actor=request.actor, at=clock.now(), effective=said["effective"]
        )

    form = small.RenameRegionForm(sent(request), initial={"name": region.name})
    return _change_page(request, region, "更名", form, run, "以前的工单仍显示当时的名称。")


@desk_view(P.MANAGE_ORGANIZATIONS)
def region_move(request: DeskRequest, pk: int) -> HttpResponse:
    """Hang a division under another one."""
    region = managed(request.actor, pk)

    def run(said: Mapping[str, Any]) -> object:
        return region_changes.move_region(
            region,
            region_of(said["to"], "to"),
            level=said["level"],
            actor=request.actor,
            at=clock.now(),
            effective=said["effective"],
            document=said["document"],
        )

    form = small.MoveRegionForm(sent(request), initial={"level": region.level})
    now = region.parent.name if region.parent else "最高一级"
    lead = f"现在的上级：{now}。下级区划和其中的工单一起过去。"
    return _change_page(request, region, "划转", form, run, lead)


@desk_view(P.MANAGE_ORGANIZATIONS)
def region_close(request: DeskRequest, pk: int) -> HttpResponse:
    """Abolish a division."""
    region = managed(request.actor, pk)

    def run(said: Mapping[str, Any]) -> Region:
        heir = region_of(said["successor"], "successor") if said["successor"] else None
        return region_changes.close_region(
            region,
            successor=heir,
            actor=request.actor,
            at=clock.now(),
            effective=said["effective"],
            document=said["document"],
        )

    form = small.CloseRegionForm(sent(request))
    return _change_page(request, region, "撤销", form, run, "以前的工单仍显示它的名称。", red=True)


@desk_view(P.MANAGE_ORGANIZATIONS)
def region_export(request: DeskRequest) -> HttpResponse:
    """The divisions in force, in the shape the import takes."""

    def rows() -> Iterator[list[object]]:
        found = Region.objects.filter(
            **below("path", request.actor.region_path), valid_to__isnull=True
        ).select_related("parent")
        for region in found.order_by("path").iterator(chunk_size=500):
            yield [
                region.code, region.name, region.get_level_display(),
                region.parent.code if region.parent else "",
            ]  # fmt: skip

    return sheet_response(
        request, "行政区划", lambda file, kind: write_sheet(file, kind, SHEET, rows(), "行政区划")
    )


def _import(
    file: BinaryIO,
    name: str,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool,
    place: Mapping[str, Any],
) -> Judged:
    rows, unreadable = rows_of(file, name, SHEET)
    report = imports.import_regions(rows, actor=actor, at=at, dry_run=dry_run or bool(unreadable))
    judged = by_import_report(report)
    judged.lines = unreadable + judged.lines
    judged.wrong += len(unreadable)
    return judged


region_import = view_of(
    SheetImport(
        "regions", "行政区划", P.MANAGE_ORGANIZATIONS, _import, SHEET, "manage:regions",
        "行政区划", "manage:region-export", ["表里没有的区划不受影响。"],
    )
)  # fmt: skip
