"""Classification: schemes, their classes as a tree, the switch from one scheme to the next."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, BinaryIO

from django import forms
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.catalogue import categories, schemes, switching
from jiesu.catalogue.imports import export_classes, import_classes
from jiesu.catalogue.imports.classes import FLAT
from jiesu.catalogue.models import Category, CategoryMap, Scheme
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound, UseCaseError, invalid
from jiesu.web.components.pieces import Action, Option
from jiesu.web.components.widgets import Picker
from jiesu.web.doors import DeskRequest, desk_view, done, options_response, refuse
from jiesu.web.form_pages import LinedForm, Page, form_page, sent, sheet_response, today
from jiesu.web.manage import catalogue_forms as small
from jiesu.web.manage.pages import crumbs
from jiesu.web.manage.sheet_imports import Judged, SheetImport, by_report, view_of

MAPPED_AT_ONCE = 40  # classes of the old scheme that a page asks about


def scheme_of(pk: int) -> Scheme:
    """The scheme. Refuses none."""
    scheme = Scheme.objects.filter(pk=pk).first()
    if scheme is None:
        raise NotFound
    return scheme


def class_of(pk: int) -> Category:
    """The class with its scheme and parent. Refuses none."""
    found = Category.objects.select_related("scheme", "parent").filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def class_label(value: str) -> str:
    """The words of a class already picked by its id."""
    found = Category.objects.filter(pk=int(value)).first() if value.isdecimal() else None
    return found.path_name if found else ""


def state_of(scheme: Scheme, day: dt.date) -> tuple[str, str]:
    """How a scheme stands, and the tone to say it in."""
    if not scheme.is_active:
        return "草稿", "amber"
    if scheme.valid_from and scheme.valid_from > day:
        return f"{scheme.valid_from} 起启用", "blue"
    if scheme.valid_to and scheme.valid_to <= day:
        return f"已于 {scheme.valid_to} 停用", ""
    return "现行", "green"


# --- schemes --------------------------------------------------------------------------------------


@desk_view(P.MANAGE_CATALOGUE)
def scheme_list(request: DeskRequest) -> HttpResponse:
    """Every scheme, the one in force first."""
    day = today()
    rows = Scheme.objects.annotate(
        classes=Count("categories", filter=Q(categories__is_retired=False))
    ).order_by("is_active", "-valid_from", "-pk")
    context = {
        "page": Page("诉求分类", crumbs(("诉求分类", "")), reverse("manage:home")),
        "schemes": [(scheme, *state_of(scheme, day)) for scheme in rows],
    }
    return render(request, "manage/schemes.html", context)


@desk_view(P.MANAGE_CATALOGUE)
def scheme_new(request: DeskRequest) -> HttpResponse:
    """Begin a new scheme, empty or as a copy."""
    back = reverse("manage:schemes")
    page = Page("新建分类方案", crumbs(("诉求分类", back), ("新建方案", "")), back, yes="新建草稿",
                lead="先建草稿，随便改；到“切换”页对好新旧分类，再定日子启用。")  # fmt: skip
    form = small.DraftForm(sent(request))

    def run(said: Mapping[str, Any]) -> Scheme:
        return schemes.draft(
            said["name"], said["version"], copy_of=said["copy_of"], actor=request.actor,
            at=clock.now(),
        )  # fmt: skip

    return form_page(
        request,
        page,
        form,
        run,
        said="已建草稿。",
        to=lambda scheme: reverse("manage:scheme", args=[scheme.pk]),
    )


def _level(rows: QuerySet[Category, Category]) -> list[Category]:
    inside = Category.objects.filter(parent=OuterRef("pk"))
    return list(rows.annotate(has_children=Exists(inside)).order_by("code"))


@desk_view(P.MANAGE_CATALOGUE)
def scheme_page(request: DeskRequest, pk: int) -> HttpResponse:
    """The classes of a scheme as a tree, or those that match what was searched for."""
    scheme = scheme_of(pk)
    words = request.GET.get("q", "").strip()
    state, tone = state_of(scheme, today())
    context: dict[str, Any] = {
        "page": Page(
            str(scheme), crumbs(("诉求分类", reverse("manage:schemes")), (str(scheme), "")), ""
        ),
        "scheme": scheme,
        "state": state,
        "tone": tone,
        "words": words,
    }
    if words:
        context["hits"] = categories.search(words, scheme, 50)
    else:
        context["nodes"] = _level(scheme.categories.filter(parent=None))
    return render(request, "manage/scheme.html", context)


@desk_view(P.MANAGE_CATALOGUE)
def class_children(request: DeskRequest, pk: int) -> HttpResponse:
    """One level of the tree, when it is opened."""
    nodes = _level(Category.objects.filter(parent_id=pk))
    return render(request, "manage/class_level.html", {"nodes": nodes})


@require_POST
@desk_view(P.MANAGE_CATALOGUE)
def scheme_discard(request: DeskRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    schemes.discard(scheme_of(pk), actor=request.actor, at=clock.now())
    return done(request, "草稿已删除。", reverse("manage:schemes"))


@desk_view(P.MANAGE_CATALOGUE)
def pick_classes(request: DeskRequest, pk: int) -> HttpResponse:
    """Classes of one scheme, drafts too; the value is the class's id."""
    found = categories.search(request.GET.get("q", ""), scheme_of(pk))
    options = [Option(str(hit.id), hit.path_name, hit.code) for hit in found]
    return options_response(request, options, "没有匹配的分类")


# --- the switch -----------------------------------------------------------------------------------


def _in_force(scheme: Scheme) -> Scheme | None:
    newest = Scheme.objects.filter(is_active=True).exclude(pk=scheme.pk).order_by("-valid_from")
    return newest.first()


class MapForm(LinedForm):
    """Which class of the new scheme continues each of the old one that has none."""

    def __init__(self, *args: Any, left: list[Category], scheme: Scheme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        url = reverse("manage:pick-classes", args=[scheme.pk])
        for old in left:
            self.fields[f"to{old.pk}"] = forms.IntegerField(
                label=f"{old.code} {old.path_name}", required=False,
                widget=Picker(url, class_label),
            )  # fmt: skip


def _switch_context(scheme: Scheme, form: Any) -> dict[str, Any]:
    old = _in_force(scheme)
    left = switching.unmapped(old, scheme) if old else []
    links = CategoryMap.objects.filter(old__scheme=old, new__scheme=scheme).exclude(
        old__code=F("new__code"), old__name=F("new__name")
    )
    steps = crumbs(
        ("诉求分类", reverse("manage:schemes")),
        (str(scheme), reverse("manage:scheme", args=[scheme.pk])),
        ("切换", ""),
    )
    return {
        "page": Page(f"切换到 {scheme}", steps, reverse("manage:scheme", args=[scheme.pk])),
        "scheme": scheme,
        "old": old,
        "left": len(left),
        "asked": min(len(left), MAPPED_AT_ONCE),
        "maps": MapForm(left=left[:MAPPED_AT_ONCE], scheme=scheme) if left else None,
        "links": list(links.select_related("old", "new").order_by("old__code")[:100]),
        "form": form,
    }


@desk_view(P.MANAGE_CATALOGUE)
def scheme_switch(request: DeskRequest, pk: int) -> HttpResponse:
    """What of the old scheme has no heir yet, and the day the new one takes over."""
    scheme = scheme_of(pk)
    if request.method == "POST" and request.POST.get("step") == "map":
        return _save_maps(request, scheme)
    form = small.ActivateForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            switching.activate(
                scheme, effective=form.cleaned_data["effective"], actor=request.actor,
                at=clock.now(),
            )  # fmt: skip
        except UseCaseError as error:
            context = _switch_context(scheme, form)
            return refuse(request, error, "manage/scheme_switch.html", context, form=form)
        return done(request, f"方案“{scheme}”已定启用。", reverse("manage:schemes"))
    return render(request, "manage/scheme_switch.html", _switch_context(scheme, form))


def _save_maps(request: DeskRequest, scheme: Scheme) -> HttpResponse:
    saved = 0
    for name, value in request.POST.items():
        pk = name.removeprefix("to")
        if not (name.startswith("to") and pk.isdecimal() and str(value).isdecimal()):
            continue
        heir = class_of(int(str(value)))
        if heir.scheme_id != scheme.pk:
            raise invalid(name, "接续分类应属于新方案，请重新选择。", "other_scheme")
        schemes.map_class(class_of(int(pk)), [heir], actor=request.actor, at=clock.now())
        saved += 1
    words = f"已保存 {saved} 个对应关系。" if saved else "没有选择任何对应关系。"
    return done(request, words, reverse("manage:scheme-switch", args=[scheme.pk]))


# --- classes --------------------------------------------------------------------------------------


def _crumbs(scheme: Scheme, *steps: tuple[str, str]) -> Any:
    return crumbs(
        ("诉求分类", reverse("manage:schemes")),
        (str(scheme), reverse("manage:scheme", args=[scheme.pk])),
        *steps,
    )


def _href(category: Category) -> str:
    return reverse("manage:class", args=[category.pk])


@desk_view(P.MANAGE_CATALOGUE)
def class_page(request: DeskRequest, pk: int) -> HttpResponse:
    """One class: wording, what lies below, what continues it, who answers for it."""
    category = class_of(pk)
    scheme = category.scheme
    actions = []
    if not category.is_retired:
        actions.append(Action("改名和关键词", reverse("manage:class-edit", args=[pk]), main=True))
        if category.level < schemes.MAX_LEVEL:
            below = reverse("manage:class-new", args=[scheme.pk])
            actions.append(Action("新增下级分类", f"{below}?parent={pk}"))
        actions.append(Action("停用", reverse("manage:class-retire", args=[pk]), tone="red"))
    else:
        actions.append(
            Action("恢复使用", post=reverse("manage:class-restore", args=[pk]), main=True,
                   confirm=f"恢复使用“{category.name}”？")
        )  # fmt: skip
    if not scheme.is_active:
        actions.append(
            Action("从草稿中删除", post=reverse("manage:class-remove", args=[pk]), tone="red",
                   confirm=f"从草稿中删除“{category.path_name}”和它的下级？")
        )  # fmt: skip
    heirs = CategoryMap.objects.filter(old=category).select_related("new__scheme")
    ancestors = CategoryMap.objects.filter(new=category).select_related("old__scheme")
    duties = category.duty_entries.filter(Q(valid_to=None) | Q(valid_to__gt=today()))
    context = {
        "page": Page(category.name, _crumbs(scheme, (category.name, "")), ""),
        "category": category,
        "nodes": _level(Category.objects.filter(parent=category)),
        "heirs": heirs.order_by("new__code")[:50],
        "ancestors": ancestors.order_by("old__code")[:50],
        "duties": list(duties.select_related("region", "unit").order_by("region__path")[:21]),
        "actions": actions,
    }
    return render(request, "manage/class.html", context)


@desk_view(P.MANAGE_CATALOGUE)
def class_new(request: DeskRequest, pk: int) -> HttpResponse:
    """Add a class to a scheme."""
    scheme = scheme_of(pk)
    asked = request.GET.get("parent", "")
    parent = class_of(int(asked)) if asked.isdecimal() else None
    back = _href(parent) if parent else reverse("manage:scheme", args=[pk])
    where = f"“{parent.path_name}”之下" if parent else "一级分类"
    page = Page(f"新增分类：{where}", _crumbs(scheme, ("新增分类", "")), back, yes="新增")
    form = small.NewClassForm(sent(request), initial={"code": parent.code if parent else ""})

    def run(said: Mapping[str, Any]) -> Category:
        return schemes.add_class(
            scheme, said["code"], said["name"], parent=parent, keywords=said["keywords"],
            actor=request.actor, at=clock.now(),
        )  # fmt: skip

    return form_page(request, page, form, run, said=lambda c: f"已新增“{c.path_name}”。", to=_href)


@desk_view(P.MANAGE_CATALOGUE)
def class_edit(request: DeskRequest, pk: int) -> HttpResponse:
    """Change a class's wording and keywords."""
    category = class_of(pk)
    page = Page(f"修改“{category.name}”", _crumbs(category.scheme, (category.name, _href(category)),
                                               ("修改", "")), _href(category))  # fmt: skip
    initial = {"name": category.name, "keywords": category.keywords}

    def run(said: Mapping[str, Any]) -> Category:
        return schemes.rename_class(
            category, said["name"], keywords=said["keywords"], actor=request.actor, at=clock.now()
        )

    form = small.ClassForm(sent(request), initial=initial)
    return form_page(request, page, form, run, said="已保存。", to=_href(category))


@desk_view(P.MANAGE_CATALOGUE)
def class_retire(request: DeskRequest, pk: int) -> HttpResponse:
    """Let a class be chosen no longer."""
    category = class_of(pk)
    page = Page(
        f"停用“{category.path_name}”",
        _crumbs(category.scheme, (category.name, _href(category)), ("停用", "")),
        _href(category), "今天起不能再选；已有工单保留这个分类。", "停用", True,
    )  # fmt: skip
    url = reverse("manage:pick-classes", args=[category.scheme_id])
    form = small.RetireClassForm(sent(request), url=url, label_for=class_label)

    def run(said: Mapping[str, Any]) -> None:
        heir = class_of(said["successor"]) if said["successor"] else None
        schemes.retire_class(category, successor=heir, actor=request.actor, at=clock.now())

    return form_page(request, page, form, run, said="已停用。", to=_href(category))


@require_POST
@desk_view(P.MANAGE_CATALOGUE)
def class_restore(request: DeskRequest, pk: int) -> HttpResponse:
    """Let a retired class be chosen again."""
    category = class_of(pk)
    schemes.restore_class(category, actor=request.actor, at=clock.now())
    return done(request, "已恢复使用。", _href(category))


@require_POST
@desk_view(P.MANAGE_CATALOGUE)
def class_remove(request: DeskRequest, pk: int) -> HttpResponse:
    """Take a class out of a draft."""
    category = class_of(pk)
    schemes.remove_class(category, actor=request.actor, at=clock.now())
    return done(request, "已删除。", reverse("manage:scheme", args=[category.scheme_id]))


# --- sheets ---------------------------------------------------------------------------------------


@desk_view(P.MANAGE_CATALOGUE)
def class_export(request: DeskRequest, pk: int) -> HttpResponse:
    """The classes of a scheme, in the shape the import takes."""
    scheme = scheme_of(pk)
    return sheet_response(
        request, f"诉求分类{scheme.version}",
        lambda file, kind: export_classes(file, kind, scheme=scheme),
    )  # fmt: skip


def _import(
    file: BinaryIO,
    name: str,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool,
    place: Mapping[str, Any],
) -> Judged:
    scheme = scheme_of(place["pk"])
    return by_report(import_classes(file, name, scheme=scheme, actor=actor, at=at, dry_run=dry_run))


class_import = view_of(
    SheetImport(
        "classes", "诉求分类", P.MANAGE_CATALOGUE, _import, FLAT, "manage:scheme", "诉求分类",
        "manage:class-export",
        ["也可以一行写到三级：一级编码、一级分类、二级编码、二级分类、三级编码、三级分类。",
         "没有“上级编码”一列时，按编码的前几位找上级；表里没有的分类不受影响。"],
    )
)  # fmt: skip
