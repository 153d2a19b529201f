"""Templates of bulletins: which holds for months, quarters, years; another from a day on."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from jiesu.access import Permission as P
from jiesu.bulletins import figures, templates, wording
from jiesu.bulletins.models import BulletinTemplate
from jiesu.foundation import clock
from jiesu.scoring.definitions import EVERY_NAMES, Every
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.form_pages import (
    LinedForm,
    Page,
    day_field,
    form_page,
    line_field,
    long_field,
    sent,
    today,
)


@desk_view(P.BULLETIN_DRAFT)
def home(request: DeskRequest) -> HttpResponse:
    """The words that hold today for each kind of period."""
    request.desk = "scoring"
    region = request.post.unit.region
    rows = [(every, f"{name}度通报", templates.held(region, every, today()))
            for every, name in EVERY_NAMES.items()]  # fmt: skip
    return render(request, "bulletins/templates.html", {"rows": rows})


class TemplateForm(LinedForm):
    """A template's words, and from when."""

    title = line_field("标题", 100)
    text = long_field("正文", templates.LONGEST, rows=24)
    effective = day_field("启用日期", required=False, help_text="不填为今天。")


@desk_view(P.BULLETIN_DRAFT)
def edit(request: DeskRequest, every: str) -> HttpResponse:
    """Let this region's bulletins read otherwise from a day on."""
    request.desk = "scoring"
    if every not in set(Every):
        raise Http404
    region = request.post.unit.region
    now = templates.held(region, every, today())

    def run(said: Mapping[str, Any]) -> BulletinTemplate:
        return templates.set_template(
            region, every, said["title"], said["text"], actor=request.actor, at=clock.now(),
            effective=said["effective"],
        )  # fmt: skip

    page = Page(f"{EVERY_NAMES[Every(every)]}度通报模板", (), reverse("bulletins:templates"))
    form = TemplateForm(sent(request), initial={"title": now.title, "text": now.text})
    return form_page(
        request, page, form, run, said="已保存，自启用日期起按新模板拟稿。", to=page.back,
        template="bulletins/template.html",
        context={"blocks": wording.BLOCKS, "names": figures.names()},
    )  # fmt: skip
