"""Score sheets and sample shares, by the day from which they hold."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from jiesu.access import Permission as P
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound
from jiesu.inspection import sheets
from jiesu.inspection.models import SampleRule, ScoreSheet, Subject
from jiesu.inspection.sheets import day_of
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.form_pages import LinedForm, Page, day_field, form_page, line_field, long_field, sent
from jiesu.web.quality.views import crumbs


def _subject(given: str) -> Subject:
    try:
        return Subject(given)
    except ValueError:
        raise NotFound from None


def _tomorrow() -> dt.date:
    return day_of(clock.now()) + dt.timedelta(days=1)


@desk_view(P.QUALITY_INSPECT, P.QUALITY_JUDGE)
def home(request: DeskRequest) -> HttpResponse:
    """Every sheet and share, the newest first."""
    today = day_of(clock.now())
    by_subject: list[dict[str, Any]] = []
    rows = list(ScoreSheet.objects.order_by("-valid_from"))
    shares = list(SampleRule.objects.order_by("-valid_from"))
    for subject in Subject:
        mine = [r for r in rows if r.subject == subject]
        drawn = [r for r in shares if r.subject == subject]
        by_subject.append(
            {
                "subject": subject,
                "present": next((r for r in mine if r.valid_from <= today), None),
                "coming": [r for r in mine if r.valid_from > today],
                "share": next((r for r in drawn if r.valid_from <= today), None),
                "share_coming": [r for r in drawn if r.valid_from > today],
                "sampled": subject is not Subject.CALL,
            }
        )
    return render(
        request, "quality/sheets.html",
        {"subjects": by_subject, "may_set": request.actor.may(P.QUALITY_JUDGE)},
    )  # fmt: skip


class SheetForm(LinedForm):
    """A sheet, one item a line."""

    layout = (("name", "pass_mark", "valid_from"),)
    name = line_field("名称", 64)
    pass_mark = forms.IntegerField(label="合格分", min_value=0, max_value=100)
    valid_from = day_field("自哪天起")
    items = long_field(
        "项目", 4000, rows=10, help_text="每行一项：项目 分值 说明。各项合计 100 分。"
    )
    fatal = long_field(
        "一票否决项", 1000, rows=5, required=False, help_text="每行一项，出现即 0 分。"
    )


@desk_view(P.QUALITY_JUDGE)
def sheet(request: DeskRequest, subject: str) -> HttpResponse:
    """Let another sheet hold from a day on."""
    kind = _subject(subject)
    present = ScoreSheet.objects.filter(subject=kind).order_by("-valid_from").first()
    initial: dict[str, Any] = {"valid_from": _tomorrow(), "pass_mark": 80}
    if present is not None:
        initial |= {
            "name": present.name,
            "pass_mark": present.pass_mark,
            "items": "\n".join(f"{i['name']} {i['points']} {i['hint']}" for i in present.items),
            "fatal": "\n".join(i["name"] for i in present.fatal),
        }
    back = reverse("quality:sheets")
    title = f"{kind.label}质检评分表"
    page = Page(title, crumbs(("评分表", back), (title, "")), back,
                "改动从生效日起抽取的质检件用；已经抽取的仍用原表。")  # fmt: skip

    def run(said: Mapping[str, Any]) -> ScoreSheet:
        fatal = [line.strip()[:32] for line in said["fatal"].splitlines() if line.strip()]
        return sheets.set_sheet(
            kind, said["name"], sheets.points_of(said["items"]),
            [{"code": f"f{n}", "name": name} for n, name in enumerate(fatal, 1)],
            said["pass_mark"], valid_from=said["valid_from"], actor=request.actor, at=clock.now(),
        )  # fmt: skip

    return form_page(
        request, page, SheetForm(sent(request), initial=initial), run, said="评分表已保存。",
        to=back, template="quality/form.html",
    )  # fmt: skip


class SampleForm(LinedForm):
    """How many are drawn, and how."""

    layout = (("share", "weighted", "valid_from"),)
    share = forms.DecimalField(label="抽检比例（%）", max_digits=5, decimal_places=2)
    weighted = forms.DecimalField(
        label="其中按风险抽取（%）", max_digits=5, decimal_places=2,
        help_text="其余随机抽取。机检发现越多越容易抽到。",
    )  # fmt: skip
    valid_from = day_field("自哪天起")


@desk_view(P.QUALITY_JUDGE)
def sample(request: DeskRequest, subject: str) -> HttpResponse:
    """Let another share be drawn from a day on."""
    kind = _subject(subject)
    if kind is Subject.CALL:
        raise NotFound
    present = SampleRule.objects.filter(subject=kind).order_by("-valid_from").first()
    initial: dict[str, Any] = {"valid_from": _tomorrow()}
    if present is not None:
        initial |= {"share": present.share, "weighted": present.weighted}
    back = reverse("quality:sheets")
    title = f"{kind.label}抽检比例"
    page = Page(title, crumbs(("评分表", back), (title, "")), back,
                "每天自动抽取前一天的样本。抽取按日期和中心固定，谁都不能挑。")  # fmt: skip
    return form_page(
        request, page, SampleForm(sent(request), initial=initial),
        lambda said: sheets.set_sample(kind, **said, actor=request.actor, at=clock.now()),
        said="抽检比例已保存。", to=back, template="quality/form.html",
    )  # fmt: skip
