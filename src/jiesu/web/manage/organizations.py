"""Units: the tree, one unit with its history, every reorganisation, sheets."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor, may_manage
from jiesu.access import Permission as P
from jiesu.catalogue.imports import write_sheet
from jiesu.catalogue.sheets import Column
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound
from jiesu.organizations import changes, imports, units
from jiesu.organizations.checks import NewUnit
from jiesu.organizations.models import Unit, UnitChange
from jiesu.organizations.paths import below
from jiesu.web.components.pieces import Action, Cell, Empty, Entry, Option, Table, Tag
from jiesu.web.components.pieces import Column as ListColumn
from jiesu.web.doors import DeskRequest, desk_view, done, options_response
from jiesu.web.form_pages import (
    Page,
    form_page,
    region_of,
    sent,
    sheet_response,
    today,
    unit_of,
    version_of,
)
from jiesu.web.manage import organization_forms as small
from jiesu.web.manage.pages import PAGE_SIZE, crumbs
from jiesu.web.manage.sheet_imports import Judged, SheetImport, by_import_report, rows_of, view_of
from jiesu.web.paging import key_page

Kind = UnitChange.Kind
LEVEL_SIZE = 100  # sub-units shown at once
SHEET = [
    Column("code", "单位编码", True, ("编码",), 18, "字母、数字、_ 或 -；已有的编码表示修改"),
    Column("name", "单位名称", True, ("名称",), 30, "与现名称不同时按更名处理"),
    Column("short_name", "简称", False, (), 18),
    Column("kind", "类型", False, (), 14, "、".join(Unit.Kind.labels)),
    Column("region", "区划代码", False, (), 14, "新单位必填"),
    Column("parent", "上级编码", False, ("上级单位编码",), 18, "不填为最高一级；改变时按划转处理"),
    Column("phone", "值班电话", False, ("电话",), 18),
    Column("inner_review_steps", "内审级数", False, (), 10, "0、1 或 2"),
]  # fmt: skip


def managed(actor: Actor, pk: int) -> Unit:
    """The unit, in the actor's region; out of reach looks like absent."""
    rows = Unit.objects.select_related("region", "parent__region")
    unit = rows.filter(pk=pk).first()
    if unit is None or not may_manage(actor, P.MANAGE_ORGANIZATIONS, unit.region.path):
        raise NotFound
    return unit


def _within(actor: Actor, ended: bool) -> QuerySet[Unit, Unit]:
    rows = Unit.objects.filter(**below("region__path", actor.region_path))
    return rows if ended else rows.filter(valid_to__isnull=True)


def _level(rows: QuerySet[Unit, Unit], ended: bool) -> QuerySet[Unit, Unit]:
    """Rows as the tree draws them: with their region, and whether anything hangs below."""
    inside = Unit.objects.filter(parent=OuterRef("pk"))
    if not ended:
        inside = inside.filter(valid_to__isnull=True)
    return rows.select_related("region").annotate(has_children=Exists(inside)).order_by("path")


def _tree_level(request: DeskRequest, rows: QuerySet[Unit, Unit], more: str) -> dict[str, Any]:
    ended = bool(request.GET.get("ended"))
    after = request.GET.get("after", "")
    if after.isdecimal():
        rows = rows.filter(path__gt=after)
    nodes = list(_level(rows, ended)[: LEVEL_SIZE + 1])
    rest = nodes[LEVEL_SIZE - 1].path if len(nodes) > LEVEL_SIZE else ""
    query = "&ended=1" if ended else ""
    return {
        "nodes": nodes[:LEVEL_SIZE],
        "more": f"{more}?after={rest}{query}" if rest else "",
        "ended": ended,
    }


@desk_view(P.MANAGE_ORGANIZATIONS)
def unit_list(request: DeskRequest) -> HttpResponse:
    """The units of the actor's region as a tree, or those that match what was searched for."""
    words = request.GET.get("q", "").strip()
    ended = bool(request.GET.get("ended"))
    path = request.actor.region_path
    context: dict[str, Any] = {
        "page": Page("单位", crumbs(("单位", "")), reverse("manage:home")),
        "words": words,
        "ended": ended,
        "planned": _changes_within(request).filter(applied_at=None, cancelled_at=None).count(),
    }
    if words:
        context["hits"] = units.search(words, limit=50, region_path=path)
        return render(request, "manage/units.html", context)
    outside = Q(parent=None) | ~Exists(
        Unit.objects.filter(pk=OuterRef("parent"), **below("region__path", path))
    )
    top = _tree_level(
        request, _within(request.actor, ended).filter(outside), reverse("manage:units")
    )
    if len(top["nodes"]) == 1 and not top["more"]:
        only = top["nodes"][0]
        more = reverse("manage:unit-children", args=[only.pk])
        only.opened = _tree_level(request, Unit.objects.filter(_open(ended), parent=only), more)
    template = "manage/tree_level.html" if request.htmx else "manage/units.html"
    return render(request, template, {**context, "level": top})


def _open(ended: bool) -> Q:
    return Q() if ended else Q(valid_to__isnull=True)


@desk_view(P.MANAGE_ORGANIZATIONS)
def unit_children(request: DeskRequest, pk: int) -> HttpResponse:
    """One level of the tree, when it is opened."""
    unit = managed(request.actor, pk)
    ended = bool(request.GET.get("ended"))
    rows = Unit.objects.filter(_open(ended), parent=unit)
    level = _tree_level(request, rows, reverse("manage:unit-children", args=[pk]))
    return render(request, "manage/tree_level.html", {"level": level})


@desk_view(
    P.MANAGE_ORGANIZATIONS, P.MANAGE_PEOPLE, P.MANAGE_CATALOGUE, P.MANAGE_TEMPLATES,
    P.MANAGE_API_CLIENTS, P.MANAGE_DEADLINES,
)  # fmt: skip
def pick_units(request: DeskRequest) -> HttpResponse:
    """Units that an administrator may choose: those of their region."""
    found = units.search(request.GET.get("q", ""), region_path=request.actor.region_path)
    options = [
        Option(str(hit.unit.pk), hit.unit.name, hit.full_name, hit.unit.get_kind_display())
        for hit in found
    ]
    return options_response(request, options, "您管辖的范围内没有匹配的单位")


# --- one unit -------------------------------------------------------------------------------------


@desk_view(P.MANAGE_ORGANIZATIONS)
def unit_page(request: DeskRequest, pk: int) -> HttpResponse:
    """One unit: what it is, what hangs below, how it came to be so, what may be done."""
    unit = managed(request.actor, pk)
    day = today()
    rows = Unit.objects.filter(parent=unit, valid_to__isnull=True)
    past = changes.changes_of(unit)
    context = {
        "page": Page(unit.name, _unit_crumbs(unit), ""),
        "unit": unit,
        "full_name": units.full_name(unit),
        "level": _tree_level(request, rows, reverse("manage:unit-children", args=[pk])),
        "review": dict(small.REVIEW_STEPS).get(str(unit.inner_review_steps), ""),
        "entries": _entries(past),
        "planned": [change for change in past if not change.applied_at and not change.cancelled_at],
        "heirs": units.successors_of(unit) if unit.valid_to else [],
        "ends": unit.valid_to and unit.valid_to <= day,
        "actions": [] if unit.valid_to else _actions(unit),
    }
    return render(request, "manage/unit.html", context)


def _unit_crumbs(unit: Unit, here: str = "") -> list[Any]:
    steps = [("单位", reverse("manage:units"))]
    name = unit.short_name or unit.name
    if here:
        steps += [(name, reverse("manage:unit", args=[unit.pk])), (here, "")]
    else:
        steps.append((name, ""))
    return crumbs(*steps)


def _actions(unit: Unit) -> list[Action]:
    def to(name: str) -> str:
        return reverse(f"manage:{name}", args=[unit.pk])

    return [
        Action("修改资料", to("unit-edit"), main=True),
        Action("新设下级单位", f"{reverse('manage:unit-new')}?parent={unit.pk}"),
        Action("更名", to("unit-rename")),
        Action("划转", to("unit-move")),
        Action("合并", to("unit-merge")),
        Action("分设", to("unit-split")),
        Action("撤销", to("unit-close"), tone="red"),
    ]


def names_in(change: UnitChange) -> str:
    """What a change did, by names: 甲 → 乙."""
    before = [one["name"] for one in change.before]
    after = [one["name"] for one in change.after if one["valid_to"] is None]
    match change.kind:
        case Kind.CREATE:
            return "、".join(after)
        case Kind.RENAME:
            new = after or [change.plan.get("name", "")]
            return f"{'、'.join(before)} → {'、'.join(new)}"
        case Kind.MERGE | Kind.SPLIT:
            heirs = after or _planned_heirs(change)
            ended = before if change.kind == Kind.SPLIT else [n for n in before if n not in heirs]
            return f"{'、'.join(ended)} → {'、'.join(heirs)}"
        case _:
            return "、".join(before)


def _planned_heirs(change: UnitChange) -> list[str]:
    into = change.plan.get("into", [])
    heirs = into if isinstance(into, list) else [into]
    pks = [heir for heir in heirs if isinstance(heir, int)]
    named = dict(Unit.objects.filter(pk__in=pks).values_list("pk", "name")) if pks else {}
    return [named.get(h, "") if isinstance(h, int) else h["name"] for h in heirs]


def _entries(past: Sequence[UnitChange]) -> list[Entry]:
    parents = {
        one["parent"] for change in past if change.kind == Kind.MOVE
        for one in (*change.before, *change.after) if one["parent"]
    }  # fmt: skip
    called = dict(Unit.objects.filter(pk__in=parents).values_list("pk", "name")) if parents else {}
    return [_entry(change, called) for change in past]


def _entry(change: UnitChange, called: Mapping[int, str]) -> Entry:
    text = names_in(change)
    if change.kind == Kind.MOVE and change.before and change.after:
        old, new = change.before[0]["parent"], change.after[0]["parent"]
        text = f"{called.get(old, '最高一级')} → {called.get(new, '最高一级')}"
    tags = []
    if change.cancelled_at:
        tags.append(Tag("已取消"))
    elif not change.applied_at:
        tags.append(Tag("待生效", "amber"))
    facts = [("生效", f"{change.effective}")] if change.effective.year > 1949 else []
    facts += [("依据", change.document)] if change.document else []
    facts += [("说明", change.note)] if change.note else []
    facts += [("未能生效", change.problem)] if change.problem else []
    return Entry(
        change.get_kind_display(), change.at, change.actor_name, text, facts=facts, tags=tags,
        tone="quiet" if change.cancelled_at else "",
    )  # fmt: skip


@desk_view(P.MANAGE_ORGANIZATIONS)
def unit_new(request: DeskRequest) -> HttpResponse:
    """Set up a unit."""
    asked = request.GET.get("parent", "")
    initial: dict[str, Any] = {}
    if asked.isdecimal():
        parent = managed(request.actor, int(asked))
        initial = {"parent": parent.pk, "region": parent.region.code}
    back = reverse("manage:unit", args=[asked]) if initial else reverse("manage:units")
    page = Page("新设单位", crumbs(("单位", reverse("manage:units")), ("新设单位", "")), back,
                yes="新设")  # fmt: skip

    def run(said: Mapping[str, Any]) -> Unit:
        return changes.create_unit(
            NewUnit(
                said["code"],
                said["name"],
                said["kind"],
                region_of(said["region"], "region"),
                unit_of(said["parent"], "parent") if said["parent"] else None,
                said["short_name"],
                said["phone"],
                said["inner_review_steps"],
            ),
            actor=request.actor,
            at=clock.now(),
            **_dated(said),
        )

    return form_page(
        request,
        page,
        small.NewUnitForm(sent(request), initial=initial),
        run,
        said=lambda unit: f"已新设“{unit.name}”。",
        to=lambda unit: reverse("manage:unit", args=[unit.pk]),
    )


def _dated(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"effective": said["effective"], "document": said["document"], "note": said["note"]}


@desk_view(P.MANAGE_ORGANIZATIONS)
def unit_edit(request: DeskRequest, pk: int) -> HttpResponse:
    """Correct what of a unit has no history."""
    unit = managed(request.actor, pk)
    initial = {
        "short_name": unit.short_name,
        "kind": unit.kind,
        "region": unit.region.code,
        "phone": unit.phone,
        "inner_review_steps": str(unit.inner_review_steps),
    }
    here = reverse("manage:unit", args=[pk])
    page = Page(f"修改“{unit.name}”", _unit_crumbs(unit, "修改资料"), here,
                lead="名称请用“更名”修改，这样以前的工单仍显示当时的名称。")  # fmt: skip

    def run(said: Mapping[str, Any]) -> Unit:
        region = region_of(said["region"], "region")
        return changes.edit_unit(
            unit, actor=request.actor, at=clock.now(), version=version_of(request),
            **{**said, "region": region},
        )  # fmt: skip

    form = small.EditUnitForm(sent(request), initial=initial)
    return form_page(
        request, page, form, run, said="已保存。", to=here, context={"version": unit.version}
    )


def _change_page(
    request: DeskRequest,
    unit: Unit,
    word: str,
    form: small.Dated,
    run: Any,
    lead: str,
    *,
    red: bool = False,
) -> HttpResponse:
    here = reverse("manage:unit", args=[unit.pk])
    page = Page(
        f"{word}：{unit.name}", _unit_crumbs(unit, word), here, lead, word, red,
        confirm=f"确定{word}“{unit.name}”？" if red else "",
    )  # fmt: skip

    def said(change: UnitChange) -> str:
        if change.applied_at:
            return f"{word}已生效。"
        return f"已列入计划，{change.effective:%Y年%m月%d日}自动生效。"

    return form_page(
        request, page, form, run, said=said, to=here, context={"version": unit.version}
    )


@desk_view(P.MANAGE_ORGANIZATIONS)
def unit_rename(request: DeskRequest, pk: int) -> HttpResponse:
    """Give a unit another name."""
    unit = managed(request.actor, pk)
    initial = {"name": unit.name, "short_name": unit.short_name}

    def run(said: Mapping[str, Any]) -> UnitChange:
        return changes.rename_unit(
            unit, said["name"], short_name=said["short_name"], actor=request.actor,
            at=clock.now(), version=version_of(request), **_dated(said),
        )  # fmt: skip

    form = small.RenameUnitForm(sent(request), initial=initial)
    return _change_page(request, unit, "更名", form, run, "以前的工单仍显示当时的名称。")


@desk_view(P.MANAGE_ORGANIZATIONS)
def unit_move(request: DeskRequest, pk: int) -> HttpResponse:
    """Hang a unit under another parent."""
    unit = managed(request.actor, pk)

    def run(said: Mapping[str, Any]) -> UnitChange:
        to = unit_of(said["to"], "to") if said["to"] else None
        return changes.move_unit(
            unit, to, actor=request.actor, at=clock.now(), version=version_of(request),
            **_dated(said),
        )  # fmt: skip

    now = unit.parent.name if unit.parent else "最高一级"
    lead = f"现在的上级：{now}。它的下级单位和工单一起过去。"
    return _change_page(request, unit, "划转", small.MoveUnitForm(sent(request)), run, lead)


@desk_view(P.MANAGE_ORGANIZATIONS)
def unit_merge(request: DeskRequest, pk: int) -> HttpResponse:
    """End a unit, perhaps with others, and let another carry on."""
    unit = managed(request.actor, pk)

    def run(said: Mapping[str, Any]) -> UnitChange:
        others = [unit_of(said[name], name) for name in ("with1", "with2") if said[name]]
        into: Unit | NewUnit
        if said["way"] == "present":
            into = unit_of(said["into"], "into")
        else:
            into = NewUnit(
                said["code"], said["name"], said["kind"], unit.region, unit.parent,
                said["short_name"], inner_review_steps=unit.inner_review_steps,
            )  # fmt: skip
        return changes.merge_units(
            [unit, *others], into, actor=request.actor, at=clock.now(), **_dated(said)
        )

    form = small.MergeUnitForm(sent(request), initial={"kind": unit.kind})
    lead = "被合并的单位停用；下级单位、在任岗位、在办工单和权属目录都转给并入的单位。"
    return _change_page(request, unit, "合并", form, run, lead, red=True)


@desk_view(P.MANAGE_ORGANIZATIONS)
def unit_split(request: DeskRequest, pk: int) -> HttpResponse:
    """Let several units carry on for one."""
    unit = managed(request.actor, pk)

    def run(said: Mapping[str, Any]) -> UnitChange:
        heirs: list[Unit | NewUnit] = []
        main = 0
        for n in range(1, small.HEIRS + 1):
            if n == said["main"]:
                main = len(heirs)
            if said[f"unit{n}"]:
                heirs.append(unit_of(said[f"unit{n}"], f"unit{n}"))
            elif said[f"name{n}"] or said[f"code{n}"]:
                heirs.append(
                    NewUnit(
                        said[f"code{n}"], said[f"name{n}"], unit.kind, unit.region, unit.parent,
                        inner_review_steps=unit.inner_review_steps,
                    )
                )  # fmt: skip
        return changes.split_unit(
            unit, heirs, keep=said["keep"] == "yes", main=main, actor=request.actor,
            at=clock.now(), version=version_of(request), **_dated(said),
        )  # fmt: skip

    form = small.SplitUnitForm(sent(request))
    lead = "每个承接单位选一个已有的，或填名称和编码新设；新设的与原单位同类型、同区划、同上级。"
    return _change_page(request, unit, "分设", form, run, lead, red=True)


@desk_view(P.MANAGE_ORGANIZATIONS)
def unit_close(request: DeskRequest, pk: int) -> HttpResponse:
    """End a unit."""
    unit = managed(request.actor, pk)

    def run(said: Mapping[str, Any]) -> UnitChange:
        heir = unit_of(said["successor"], "successor") if said["successor"] else None
        return changes.close_unit(
            unit, successor=heir, actor=request.actor, at=clock.now(),
            version=version_of(request), **_dated(said),
        )  # fmt: skip

    form = small.CloseUnitForm(sent(request))
    lead = "停用后不再派单；以前的工单仍显示它的名称。"
    return _change_page(request, unit, "撤销", form, run, lead, red=True)


# --- the list of changes --------------------------------------------------------------------------


def _changes_within(request: DeskRequest) -> QuerySet[UnitChange, UnitChange]:
    """The changes of the actor's region, told by the codes that the changes' own facts keep."""
    rows = UnitChange.objects.all()
    region = request.post.unit.region
    if region.parent_id is None:
        return rows
    code = region.code
    while code.endswith("00"):
        code = code[:-2]
    return rows.filter(Q(before__0__region__startswith=code) | Q(after__0__region__startswith=code))


@desk_view(P.MANAGE_ORGANIZATIONS)
def change_list(request: DeskRequest) -> HttpResponse:
    """The changes still to come, each with its cancelling, and those that happened."""
    every = _changes_within(request)
    past = every.exclude(applied_at=None, cancelled_at=None)
    page = key_page(past, ["-at", "-id"], request.GET.get("after", ""), size=PAGE_SIZE)
    table = Table(
        [
            ListColumn("变更", lambda c: Cell(c.get_kind_display(), strong=True)),
            ListColumn("单位", lambda c: Cell(names_in(c), c.note), "title"),
            ListColumn("生效", lambda c: Cell(
                f"{c.effective}" if c.effective.year > 1949 else "一直",
                tags=[Tag("已取消")] if c.cancelled_at else [])),
            ListColumn("依据", lambda c: Cell(c.document or "—"), "wraps"),
            ListColumn("经办", lambda c: Cell(c.actor_name, f"{c.at:%Y-%m-%d}")),
        ],
        page,
        empty=Empty("还没有机构变更", "新设、更名、划转、合并、分设、撤销都会记在这里。"),
        label="机构变更",
    )  # fmt: skip
    planned = every.filter(applied_at=None, cancelled_at=None).order_by("effective", "pk")[:200]
    context = {
        "page": Page("机构变更", crumbs(("单位", reverse("manage:units")), ("机构变更", "")), ""),
        "planned": [(change, names_in(change)) for change in planned],
        "table": table,
    }
    return render(request, "manage/unit_changes.html", context)


@require_POST
@desk_view(P.MANAGE_ORGANIZATIONS)
def change_cancel(request: DeskRequest, pk: int) -> HttpResponse:
    """Drop a planned change."""
    change = UnitChange.objects.filter(pk=pk).first()
    if change is None:
        raise NotFound
    changes.cancel_change(change, actor=request.actor, at=clock.now())
    return done(request, "已取消该项变更计划。", reverse("manage:unit-changes"))


# --- sheets ---------------------------------------------------------------------------------------


@desk_view(P.MANAGE_ORGANIZATIONS)
def unit_export(request: DeskRequest) -> HttpResponse:
    """The units in force, in the shape the import takes."""

    def rows() -> Iterator[list[object]]:
        found = _within(request.actor, ended=False).select_related("region", "parent")
        for unit in found.order_by("path").iterator(chunk_size=500):
            yield [
                unit.code, unit.name, unit.short_name, unit.get_kind_display(), unit.region.code,
                unit.parent.code if unit.parent else "", unit.phone, unit.inner_review_steps,
            ]  # fmt: skip

    return sheet_response(
        request, "单位", lambda file, kind: write_sheet(file, kind, SHEET, rows(), "单位")
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
    report = imports.import_units(rows, actor=actor, at=at, dry_run=dry_run or bool(unreadable))
    judged = by_import_report(report)
    judged.lines = unreadable + judged.lines
    judged.wrong += len(unreadable)
    return judged


unit_import = view_of(
    SheetImport(
        "units", "单位", P.MANAGE_ORGANIZATIONS, _import, SHEET, "manage:units", "单位",
        "manage:unit-export", ["表里没有的单位不受影响；要撤销单位请到该单位页面办理。"],
    )
)  # fmt: skip
