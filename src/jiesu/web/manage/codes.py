"""Code tables: what may be chosen, under which name, in which order."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, BinaryIO

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.catalogue import codes
from jiesu.catalogue.codes import TABLE_NAMES, Table
from jiesu.catalogue.imports import codes as sheet
from jiesu.catalogue.imports import export_codes, import_codes
from jiesu.catalogue.models import CodeItem, CodeTable
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound
from jiesu.web.doors import DeskRequest, desk_view, done
from jiesu.web.form_pages import Page, form_page, sent, sheet_response, today
from jiesu.web.manage import catalogue_forms as small
from jiesu.web.manage.pages import crumbs
from jiesu.web.manage.sheet_imports import Judged, SheetImport, by_report, view_of


def table_of(key: str) -> Table:
    """The table. Refuses one that is not there."""
    try:
        return Table(key)
    except ValueError:
        raise NotFound from None


def item_of(pk: int) -> CodeItem:
    """The code. Refuses none."""
    item = CodeItem.objects.select_related("table").filter(pk=pk).first()
    if item is None:
        raise NotFound
    return item


def _crumbs(*steps: tuple[str, str]) -> Any:
    return crumbs(("代码表", reverse("manage:codes")), *steps)


def _table_href(item: CodeItem) -> str:
    return reverse("manage:code-table", args=[item.table.key])


@desk_view(P.MANAGE_CATALOGUE)
def code_tables(request: DeskRequest) -> HttpResponse:
    """Every table with how many codes it holds."""
    day = today()
    held = Q(items__valid_to=None) | Q(items__valid_to__gt=day)
    counted = dict(
        CodeTable.objects.annotate(held=Count("items", filter=held)).values_list("key", "held")
    )
    context = {
        "page": Page("代码表", crumbs(("代码表", "")), reverse("manage:home")),
        "tables": [
            (key, name, counted.get(str(key), 0), [i.label for i in codes.items(key, day)[:6]])
            for key, name in TABLE_NAMES.items()
        ],
    }
    return render(request, "manage/code_tables.html", context)


@desk_view(P.MANAGE_CATALOGUE)
def code_table(request: DeskRequest, key: str) -> HttpResponse:
    """The codes of one table, retired ones last."""
    table = table_of(key)
    day = today()
    rows = CodeItem.objects.filter(table__key=table).order_by("order", "code")
    items = [(item, bool(item.valid_to and item.valid_to <= day)) for item in rows]
    context = {
        "page": Page(TABLE_NAMES[table], _crumbs((TABLE_NAMES[table], "")), ""),
        "key": key,
        "items": sorted(items, key=lambda pair: pair[1]),
        "today": day,
    }
    return render(request, "manage/code_table.html", context)


@desk_view(P.MANAGE_CATALOGUE)
def code_new(request: DeskRequest, key: str) -> HttpResponse:
    """Add a code to a table."""
    table = table_of(key)
    back = reverse("manage:code-table", args=[key])
    page = Page(f"新增{TABLE_NAMES[table]}",
                _crumbs((TABLE_NAMES[table], back), ("新增", "")), back, yes="新增")  # fmt: skip
    form = small.NewCodeForm(sent(request))

    def run(said: Mapping[str, Any]) -> CodeItem:
        return codes.add_item(
            table, said["code"], said["label"], order=said["order"], effective=said["effective"],
            actor=request.actor, at=clock.now(),
        )  # fmt: skip

    return form_page(request, page, form, run, said=lambda i: f"已新增“{i.label}”。", to=back)


@desk_view(P.MANAGE_CATALOGUE)
def code_edit(request: DeskRequest, pk: int) -> HttpResponse:
    """Call a code otherwise, or move it in the list."""
    item = item_of(pk)
    back = _table_href(item)
    page = Page(f"修改“{item.label}”", _crumbs((item.table.name, back), ("修改", "")), back,
                lead="已有工单立即显示新名称；意思变了请停用后另立代码。")  # fmt: skip
    initial = {"label": item.label, "order": item.order}
    form = small.CodeForm(sent(request), initial=initial)

    def run(said: Mapping[str, Any]) -> CodeItem:
        return codes.change_item(
            item, said["label"], order=said["order"], actor=request.actor, at=clock.now()
        )

    return form_page(request, page, form, run, said="已保存。", to=back)


@desk_view(P.MANAGE_CATALOGUE)
def code_retire(request: DeskRequest, pk: int) -> HttpResponse:
    """Let a code be chosen no longer."""
    item = item_of(pk)
    back = _table_href(item)
    page = Page(f"停用“{item.label}”", _crumbs((item.table.name, back), ("停用", "")), back,
                "停用后不能再选；已有工单保留它。", "停用", True)  # fmt: skip
    form = small.EndForm(sent(request))

    def run(said: Mapping[str, Any]) -> None:
        codes.retire_item(item, effective=said["effective"], actor=request.actor, at=clock.now())

    return form_page(request, page, form, run, said="已停用。", to=back)


@require_POST
@desk_view(P.MANAGE_CATALOGUE)
def code_restore(request: DeskRequest, pk: int) -> HttpResponse:
    """Let a retired code be chosen again."""
    item = item_of(pk)
    codes.restore_item(item, actor=request.actor, at=clock.now())
    return done(request, "已恢复使用。", _table_href(item))


@desk_view(P.MANAGE_CATALOGUE)
def code_export(request: DeskRequest) -> HttpResponse:
    """All tables, in the shape the import takes."""
    return sheet_response(request, "代码表", export_codes)


def _import(
    file: BinaryIO,
    name: str,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool,
    place: Mapping[str, Any],
) -> Judged:
    return by_report(import_codes(file, name, actor=actor, at=at, dry_run=dry_run))


code_import = view_of(
    SheetImport(
        "codes", "代码表", P.MANAGE_CATALOGUE, _import, sheet.ALL, "manage:codes", "代码表",
        "manage:code-export", ["表里没有的代码不受影响。"],
    )
)  # fmt: skip
