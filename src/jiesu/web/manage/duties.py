"""The duty catalogue 职责权属目录: who answers for a class in an area; the fall-back units."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, BinaryIO

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from jiesu.access import Actor, may_manage
from jiesu.access import Permission as P
from jiesu.catalogue import categories, duty
from jiesu.catalogue.imports import duty as duty_sheet
from jiesu.catalogue.imports import export_duty, export_fallbacks, import_duty, import_fallbacks
from jiesu.catalogue.imports import fallbacks as fallback_sheet
from jiesu.catalogue.models import Category, DutyEntry, FallbackUnit
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound, UseCaseError
from jiesu.organizations import regions
from jiesu.organizations.models import Region, Unit
from jiesu.organizations.paths import below
from jiesu.web.components.pieces import Action, Cell, Column, Empty, Table, Tag
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.form_pages import Page, form_page, region_of, sent, sheet_response, today, unit_of
from jiesu.web.manage import catalogue_forms as small
from jiesu.web.manage.pages import PAGE_SIZE, crumbs
from jiesu.web.manage.sheet_imports import Judged, SheetImport, by_report, view_of
from jiesu.web.paging import key_page


def managed(request: DeskRequest, pk: int) -> DutyEntry:
    """The entry, of the actor's region; out of reach looks like absent."""
    rows = DutyEntry.objects.select_related("category__scheme", "region", "unit")
    entry = rows.filter(pk=pk).first()
    if entry is None or not may_manage(request.actor, P.MANAGE_CATALOGUE, entry.region.path):
        raise NotFound
    return entry


def period(row: DutyEntry | FallbackUnit) -> str:
    """From when until when, in words; nothing said of what has always held."""
    start = f"{row.valid_from} 起" if row.valid_from.year > 1949 else ""
    end = f"至 {row.valid_to}" if row.valid_to else ""
    return "，".join(part for part in (start, end) if part) or "长期"


def _tags(row: DutyEntry | FallbackUnit, day: dt.date) -> list[Tag]:
    if row.valid_to and row.valid_to <= day:
        return [Tag("已停用")]
    if row.valid_from > day:
        return [Tag("将启用", "blue")]
    return [Tag("将停用", "amber")] if row.valid_to else []


def _asked_class(code: str) -> Category | None:
    try:
        return categories.get(code, clock.now()) if code else None
    except UseCaseError:
        return None


def _found(
    request: DeskRequest, said: Mapping[str, Any], category: Category | None, region: Region | None
) -> QuerySet[DutyEntry, DutyEntry]:
    day = today()
    rows = DutyEntry.objects.filter(**below("region__path", request.actor.region_path))
    match said.get("state", ""):
        case "":
            rows = rows.filter(Q(valid_to=None) | Q(valid_to__gt=day))
        case "ended":
            rows = rows.filter(valid_to__lte=day)
    if category is not None:
        rows = rows.filter(
            Q(category=category)
            | Q(category__parent=category)
            | Q(category__parent__parent=category)
        )
    if region is not None:
        rows = rows.filter(**below("region__path", region.path))
    unit = Unit.objects.filter(pk=said["unit"]).first() if said.get("unit") else None
    if unit is not None:
        rows = rows.filter(**below("unit__path", unit.path))
    return rows.select_related("category", "region", "unit")


@desk_view(P.MANAGE_CATALOGUE)
def duty_list(request: DeskRequest) -> HttpResponse:
    """The entries of the actor's region; with class and area chosen, also who answers there."""
    form = small.DutyFilter(request.GET)
    said = form.cleaned_data if form.is_valid() else {}
    category = _asked_class(said.get("category", ""))
    region = Region.objects.filter(code=said.get("region") or "-", valid_to=None).first()
    rows = _found(request, said, category, region)
    order = ["category__code", "region__path", "id"]
    page = key_page(rows, order, request.GET.get("after", ""), size=PAGE_SIZE)
    day = today()
    narrowed = any(said.values())
    table = Table(
        [
            Column("分类", _class_cell),
            Column("区划", lambda e: Cell(e.region.name)),
            Column("承办单位", lambda e: Cell(e.unit.name, tags=_tags(e, day))),
            Column("法律依据", lambda e: Cell(e.legal_basis or "—"), "title"),
            Column("起止", lambda e: Cell(period(e))),
        ],
        page,
        empty=Empty("没有符合条件的条目", "清除一些条件再试。", "清除条件",
                    reverse("manage:duties"))
        if narrowed
        else Empty("权属目录还是空的", "登记哪类诉求在哪个区域由谁承办，派单时会自动推荐。",
                   "导入权属目录", reverse("manage:duty-import")),
        label="权属目录",
    )  # fmt: skip
    context = {
        "page": Page("权属目录", crumbs(("权属目录", "")), reverse("manage:home")),
        "form": form,
        "table": table,
        "hit": duty.find(category, region, clock.now()) if category and region else None,
        "both": (category, region) if category and region else None,
        "query": request.GET.urlencode(),
    }
    return render(request, "manage/duties.html", context)


def _class_cell(entry: DutyEntry) -> Cell:
    above = entry.category.path_name.rpartition(" › ")[0]
    second = f"{entry.category.code} {above}".strip()
    return Cell(entry.category.name, second, _href(entry))


def _href(entry: DutyEntry) -> str:
    return reverse("manage:duty", args=[entry.pk])


@desk_view(P.MANAGE_CATALOGUE)
def duty_page(request: DeskRequest, pk: int) -> HttpResponse:
    """One entry, with what held before and after it."""
    entry = managed(request, pk)
    others = DutyEntry.objects.filter(category=entry.category, region=entry.region)
    day = today()
    actions = []
    if entry.valid_to is None:
        actions = [
            Action("变更承办单位或依据", reverse("manage:duty-replace", args=[pk]), main=True),
            Action("停用", reverse("manage:duty-end", args=[pk]), tone="red"),
        ]
    context = {
        "page": Page(str(entry.category.name), _crumbs(("条目", "")), ""),
        "entry": entry,
        "region_name": regions.full_name(entry.region),
        "period": period(entry),
        "tags": _tags(entry, day),
        "history": [
            (other, period(other))
            for other in others.exclude(pk=pk).select_related("unit").order_by("-valid_from")[:20]
        ],
        "actions": actions,
    }
    return render(request, "manage/duty.html", context)


def _crumbs(*steps: tuple[str, str]) -> Any:
    return crumbs(("权属目录", reverse("manage:duties")), *steps)


@desk_view(P.MANAGE_CATALOGUE)
def duty_new(request: DeskRequest) -> HttpResponse:
    """Enter who answers for a class in an area."""
    back = reverse("manage:duties")
    initial = {name: request.GET.get(name, "") for name in ("category", "region", "unit")}
    page = Page("新增权属", _crumbs(("新增", "")), back, yes="新增")
    form = small.NewDutyForm(sent(request), initial=initial)

    def run(said: Mapping[str, Any]) -> DutyEntry:
        at = clock.now()
        return duty.add_entry(
            categories.get(said["category"], at),
            region_of(said["region"], "region"),
            unit_of(said["unit"], "unit"),
            legal_basis=said["legal_basis"],
            note=said["note"],
            valid_from=said["valid_from"],
            actor=request.actor,
            at=at,
        )

    return form_page(request, page, form, run, said="已新增。", to=_href)


@desk_view(P.MANAGE_CATALOGUE)
def duty_replace(request: DeskRequest, pk: int) -> HttpResponse:
    """Let another unit, or another basis, hold from a day on."""
    entry = managed(request, pk)
    initial = {"unit": entry.unit_id, "legal_basis": entry.legal_basis, "note": entry.note}
    page = Page(
        f"变更：{entry.category.name} · {entry.region.name}",
        _crumbs(("条目", _href(entry)), ("变更", "")), _href(entry),
        "到那天旧条目停用、新条目启用；已派的工单不受影响。", "变更",
    )  # fmt: skip
    form = small.ReplaceDutyForm(sent(request), initial=initial)

    def run(said: Mapping[str, Any]) -> DutyEntry:
        return duty.replace_entry(
            entry, unit_of(said["unit"], "unit"), legal_basis=said["legal_basis"],
            note=said["note"], effective=said["effective"], actor=request.actor, at=clock.now(),
        )  # fmt: skip

    return form_page(request, page, form, run, said="已变更。", to=_href)


@desk_view(P.MANAGE_CATALOGUE)
def duty_end(request: DeskRequest, pk: int) -> HttpResponse:
    """Let an entry hold no longer."""
    entry = managed(request, pk)
    page = Page(
        f"停用：{entry.category.name} · {entry.region.name}",
        _crumbs(("条目", _href(entry)), ("停用", "")), _href(entry),
        f"现在由“{entry.unit.name}”承办。停用后按上级分类、上级区划或兜底单位查找。", "停用", True,
    )  # fmt: skip
    form = small.EndForm(sent(request))

    def run(said: Mapping[str, Any]) -> None:
        duty.end_entry(entry, effective=said["effective"], actor=request.actor, at=clock.now())

    return form_page(request, page, form, run, said="已停用。", to=_href(entry))


# --- fall-back units ------------------------------------------------------------------------------


@desk_view(P.MANAGE_CATALOGUE)
def fallback_list(request: DeskRequest) -> HttpResponse:
    """Who takes what nobody answers for, area by area."""
    day = today()
    rows = FallbackUnit.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=day), **below("region__path", request.actor.region_path)
    ).select_related("region", "unit")
    page = key_page(rows, ["region__path", "id"], request.GET.get("after", ""), size=PAGE_SIZE)
    context = {
        "page": Page("兜底单位", _crumbs(("兜底单位", "")), reverse("manage:duties")),
        "rows": [(row, period(row), _tags(row, day)) for row in page.items],
        "pages": page,
    }
    return render(request, "manage/fallbacks.html", context)


@desk_view(P.MANAGE_CATALOGUE)
def fallback_set(request: DeskRequest) -> HttpResponse:
    """Name an area's fall-back unit."""
    back = reverse("manage:fallbacks")
    page = Page("设兜底单位", _crumbs(("兜底单位", back), ("设置", "")), back,
                lead="该区划原来的兜底单位到那天停用。")  # fmt: skip
    initial = {name: request.GET.get(name, "") for name in ("region", "unit")}
    form = small.FallbackForm(sent(request), initial=initial)

    def run(said: Mapping[str, Any]) -> FallbackUnit:
        return duty.set_fallback(
            region_of(said["region"], "region"), unit_of(said["unit"], "unit"),
            effective=said["effective"], actor=request.actor, at=clock.now(),
        )  # fmt: skip

    return form_page(request, page, form, run, said="已设置。", to=back)


@desk_view(P.MANAGE_CATALOGUE)
def fallback_end(request: DeskRequest, pk: int) -> HttpResponse:
    """Let an area have no fall-back unit of its own."""
    row = FallbackUnit.objects.select_related("region", "unit").filter(pk=pk).first()
    if row is None or not may_manage(request.actor, P.MANAGE_CATALOGUE, row.region.path):
        raise NotFound
    back = reverse("manage:fallbacks")
    page = Page(
        f"停用兜底单位：{row.region.name}", _crumbs(("兜底单位", back), ("停用", "")), back,
        f"现在是“{row.unit.name}”。停用后用上级区划的兜底单位。", "停用", True,
    )  # fmt: skip
    form = small.EndForm(sent(request))

    def run(said: Mapping[str, Any]) -> None:
        duty.end_fallback(row, effective=said["effective"], actor=request.actor, at=clock.now())

    return form_page(request, page, form, run, said="已停用。", to=back)


# --- sheets ---------------------------------------------------------------------------------------


@desk_view(P.MANAGE_CATALOGUE)
def duty_export(request: DeskRequest) -> HttpResponse:
    """The entries of the actor's region, in the shape the import takes."""
    within = request.post.unit.region
    at = clock.now()
    return sheet_response(
        request, "权属目录", lambda file, kind: export_duty(file, kind, at=at, within=within)
    )


@desk_view(P.MANAGE_CATALOGUE)
def fallback_export(request: DeskRequest) -> HttpResponse:
    """The fall-back units of the actor's region, in the shape the import takes."""
    within = request.post.unit.region
    at = clock.now()
    return sheet_response(
        request, "兜底单位", lambda file, kind: export_fallbacks(file, kind, at=at, within=within)
    )


def _import_duty(
    file: BinaryIO,
    name: str,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool,
    place: Mapping[str, Any],
) -> Judged:
    return by_report(import_duty(file, name, actor=actor, at=at, dry_run=dry_run))


def _import_fallbacks(
    file: BinaryIO,
    name: str,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool,
    place: Mapping[str, Any],
) -> Judged:
    return by_report(import_fallbacks(file, name, actor=actor, at=at, dry_run=dry_run))


duty_import = view_of(
    SheetImport(
        "duty", "权属目录", P.MANAGE_CATALOGUE, _import_duty, duty_sheet.ALL, "manage:duties",
        "权属目录", "manage:duty-export",
        ["分类、区划、单位各填编码或名称之一。", "表里没有的条目不受影响；要停用请填“停用日期”。"],
    )
)  # fmt: skip
fallback_import = view_of(
    SheetImport(
        "fallbacks", "兜底单位", P.MANAGE_CATALOGUE, _import_fallbacks, fallback_sheet.ALL,
        "manage:fallbacks", "兜底单位", "manage:fallback-export",
        ["自导入当天起生效；表里没有的区划不受影响。"],
    )
)  # fmt: skip
