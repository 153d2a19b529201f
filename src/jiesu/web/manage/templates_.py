"""Text templates: ready-made words of each desk, for a unit or for everybody."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, BinaryIO

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.catalogue import templates as texts
from jiesu.catalogue.imports import export_texts, import_texts
from jiesu.catalogue.imports import texts as sheet
from jiesu.catalogue.models import TextTemplate
from jiesu.foundation import clock
from jiesu.foundation.errors import Forbidden, NotFound
from jiesu.organizations.paths import below
from jiesu.web.components.pieces import Tab
from jiesu.web.doors import DeskRequest, desk_view, done
from jiesu.web.form_pages import Page, form_page, sent, sheet_response, unit_of
from jiesu.web.manage import catalogue_forms as small
from jiesu.web.manage.pages import PAGE_SIZE, crumbs
from jiesu.web.manage.sheet_imports import Judged, SheetImport, by_report, view_of
from jiesu.web.paging import key_page


def _seen(actor: Actor) -> QuerySet[TextTemplate, TextTemplate]:
    """Everybody's texts, and those the actor may edit."""
    mine = Q(unit=None) | Q(**below("unit__path", actor.unit_path))
    if actor.may(P.MANAGE_CATALOGUE):
        mine |= Q(**below("unit__region__path", actor.region_path))
    return TextTemplate.objects.filter(mine)


def may_edit(actor: Actor, text: TextTemplate) -> bool:
    """Whether this text is the actor's to change."""
    try:
        texts.must_edit_for(actor, text.unit)
    except Forbidden:
        return False
    return True


def text_of(request: DeskRequest, pk: int) -> TextTemplate:
    """The text; out of reach looks like absent."""
    found = _seen(request.actor).select_related("unit__region").filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


@desk_view(P.MANAGE_TEMPLATES)
def text_list(request: DeskRequest) -> HttpResponse:
    """The texts of one desk."""
    desks = TextTemplate.Desk
    asked = request.GET.get("desk", "")
    desk = desks(asked) if asked in desks.values else desks.SEAT
    rows = _seen(request.actor).filter(desk=desk).select_related("unit__region")
    page = key_page(rows, ["order", "title", "id"], request.GET.get("after", ""), size=PAGE_SIZE)
    for_all = None
    lines = []
    for text in page.items:
        if text.unit_id is None:
            for_all = may_edit(request.actor, text) if for_all is None else for_all
            lines.append((text, for_all))
        else:
            lines.append((text, may_edit(request.actor, text)))
    context = {
        "page": Page("文本模板", crumbs(("文本模板", "")), reverse("manage:home")),
        "tabs": [Tab(d.label, f"?desk={d.value}", current=d == desk) for d in desks],
        "desk": desk,
        "lines": lines,
        "pages": page,
    }
    return render(request, "manage/texts.html", context)


def _list_of(desk: str) -> str:
    return f"{reverse('manage:texts')}?desk={desk}"


def _placeholders() -> dict[str, Any]:
    return {"placeholders": texts.PLACEHOLDERS.items()}


@desk_view(P.MANAGE_TEMPLATES)
def text_new(request: DeskRequest) -> HttpResponse:
    """Add a text for one unit or for everybody."""
    desk = request.GET.get("desk", "seat")
    wide = request.actor.may(P.MANAGE_CATALOGUE)
    initial = {"desk": desk, "unit": None if wide else request.actor.unit_id}
    page = Page("新增文本模板", crumbs(("文本模板", _list_of(desk)), ("新增", "")), _list_of(desk),
                yes="新增")  # fmt: skip
    form = small.NewTextForm(sent(request), initial=initial)

    def run(said: Mapping[str, Any]) -> TextTemplate:
        return texts.add(
            said["desk"], said["title"], said["body"],
            unit=unit_of(said["unit"], "unit") if said["unit"] else None,
            order=said["order"] or 0, actor=request.actor, at=clock.now(),
        )  # fmt: skip

    return form_page(
        request,
        page,
        form,
        run,
        said="已新增。",
        to=lambda text: _list_of(text.desk),
        template="manage/text_form.html",
        context=_placeholders(),
    )


@desk_view(P.MANAGE_TEMPLATES)
def text_edit(request: DeskRequest, pk: int) -> HttpResponse:
    """Change a text."""
    text = text_of(request, pk)
    back = _list_of(text.desk)
    page = Page(f"修改“{text.title}”", crumbs(("文本模板", back), ("修改", "")), back)
    initial = {"title": text.title, "order": text.order, "body": text.body}
    form = small.TextForm(sent(request), initial=initial)

    def run(said: Mapping[str, Any]) -> TextTemplate:
        return texts.change(
            text, said["title"], said["body"], order=said["order"], actor=request.actor,
            at=clock.now(),
        )  # fmt: skip

    return form_page(
        request, page, form, run, said="已保存。", to=back, template="manage/text_form.html",
        context=_placeholders(),
    )  # fmt: skip


@require_POST
@desk_view(P.MANAGE_TEMPLATES)
def text_remove(request: DeskRequest, pk: int) -> HttpResponse:
    """Remove a text."""
    text = text_of(request, pk)
    back = _list_of(text.desk)
    texts.remove(text, actor=request.actor, at=clock.now())
    return done(request, "已删除。", back)


@desk_view(P.MANAGE_TEMPLATES)
def text_export(request: DeskRequest) -> HttpResponse:
    """Everybody's texts and those of one's unit and below, in the shape the import takes."""
    unit = request.post.unit
    return sheet_response(
        request, "文本模板", lambda file, kind: export_texts(file, kind, within=unit)
    )


def _import(
    file: BinaryIO,
    name: str,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool,
    place: Mapping[str, Any],
) -> Judged:
    return by_report(import_texts(file, name, actor=actor, at=at, dry_run=dry_run))


text_import = view_of(
    SheetImport(
        "texts", "文本模板", P.MANAGE_TEMPLATES, _import, sheet.ALL, "manage:texts", "文本模板",
        "manage:text-export", ["同一环节、同一单位里标题相同的，用表里的正文替换。"],
    )
)  # fmt: skip
