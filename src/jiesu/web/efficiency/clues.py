"""Clues: found by rule or laid by hand, with the orders that prove them."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound
from jiesu.inspection import cases, clues, sheets
from jiesu.inspection.lifecycle import Stage
from jiesu.inspection.models import Clue, ClueKind, ClueRule
from jiesu.inspection.sheets import day_of
from jiesu.web.components.pieces import Cell, Column, Crumb, Empty, Tab, Table
from jiesu.web.components.times import when_words
from jiesu.web.components.widgets import Picker
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.form_pages import (
    LinedForm,
    Page,
    day_field,
    form_page,
    long_field,
    sent,
    unit_of,
    version_of,
)
from jiesu.web.lists import count_up_to, words_of
from jiesu.web.navigation import Count
from jiesu.web.paging import key_page
from jiesu.web.pick.views import unit_label

PAGE_SIZE = 25
FORM = "efficiency/form.html"


def waiting(actor: Actor, at: dt.datetime) -> Count:
    """What waits: open clues, and (red) outcomes to approve."""
    proposed = (
        actor.may(P.EFFICIENCY_DECIDE)
        and cases.visible_to(actor).filter(stage=Stage.PROPOSED).exists()
    )
    rows = clues.visible_to(actor).filter(state=Clue.State.OPEN)
    return Count(count_up_to(rows), red=proposed)


def crumbs(*steps: tuple[str, str]) -> list[Crumb]:
    """The path below 效能."""
    return [Crumb("效能", reverse("efficiency:home")), *(Crumb(text, href) for text, href in steps)]


def any_unit_field(label: str) -> forms.Field:
    """A unit of the whole line, by name, initials or code; its value is its id."""
    return forms.IntegerField(
        label=label, widget=Picker("pick:units", unit_label),
        error_messages={"required": f"请选择{label}。", "invalid": f"请从列表中选择{label}。"},
    )  # fmt: skip


def numbers_of(text: str) -> list[str]:
    """Order numbers as people write them: a line each or with commas; spaces do not count."""
    flat = text.replace("，", "\n").replace(",", "\n").replace("、", "\n")
    return [line.replace(" ", "") for line in flat.splitlines() if line.strip()]


_COLUMNS = [
    Column("单位", lambda c: Cell(
        c.unit.name, c.note, href=reverse("efficiency:clue", args=[c.pk])), "title"),
    Column("类型", lambda c: Cell(c.get_kind_display())),
    Column("工单", lambda c: Cell(f"{c.count} 件"), "number"),
    Column("来源", lambda c: Cell(c.found_by)),
    Column("最近", lambda c: Cell(when_words(c.last_at, clock.now()))),
]  # fmt: skip


@desk_view(P.EFFICIENCY_CASES)
def home(request: DeskRequest) -> HttpResponse:
    """The clues by what became of them."""
    rows = clues.visible_to(request.actor)
    asked = request.GET.get("tab", "")
    chosen = next((s for s in Clue.State if s == asked), Clue.State.OPEN)
    page = key_page(
        rows.filter(state=chosen), ["-last_at", "-id"], request.GET.get("after", ""), PAGE_SIZE
    )
    waiting_now = words_of(count_up_to(rows.filter(state=Clue.State.OPEN)))
    tabs = [
        Tab(s.label, f"?tab={s}", waiting_now if s == Clue.State.OPEN else None, s is chosen)
        for s in Clue.State
    ]
    empty = Empty("没有线索", "同一单位的问题工单达到规则件数会自动生成线索；也可以人工登记。")
    table = Table(_COLUMNS, page, empty=empty, label="线索")
    return render(
        request, "efficiency/home.html", {"tabs": tabs, "table": table, "section": "clues"}
    )


@desk_view(P.EFFICIENCY_CASES)
def clue(request: DeskRequest, pk: int) -> HttpResponse:
    """One clue with its orders, and what may be done with it."""
    row = clues.get_for(request.actor, pk)
    facts = row.facts.select_related("appeal").defer("appeal__content").order_by("-at")
    page = key_page(facts, ["-at", "-id"], request.GET.get("after", ""), PAGE_SIZE)
    return render(
        request, "efficiency/clue.html",
        {"clue": row, "page": page, "open": row.state == Clue.State.OPEN,
         "there": cases.open_cases_of(row.unit, "inspection")
         + cases.open_cases_of(row.unit, "complaint")},
    )  # fmt: skip


class LayForm(LinedForm):
    """A clue laid by hand."""

    layout = (("unit", "kind"),)
    unit = any_unit_field("单位")
    kind = forms.ChoiceField(label="类型", choices=ClueKind.choices)
    orders = long_field("作为依据的工单编号", 2000, rows=3, help_text="每行一个，或用逗号分开。")
    note = long_field("说明", 500, rows=3)


@desk_view(P.EFFICIENCY_CASES)
def lay(request: DeskRequest) -> HttpResponse:
    """Lay a clue by hand."""
    back = reverse("efficiency:home")
    page = Page("登记线索", crumbs(("登记线索", "")), back,
                "该单位已有同类线索的，工单并入原线索。")  # fmt: skip
    initial = {"orders": request.GET.get("number", ""), "unit": request.GET.get("unit", "")}

    def run(said: Mapping[str, Any]) -> Clue:
        return clues.lay(
            said["kind"], unit_of(said["unit"], "unit"), numbers_of(said["orders"]), said["note"],
            actor=request.actor, at=clock.now(),
        )  # fmt: skip

    return form_page(
        request, page, LayForm(sent(request), initial=initial), run, said="线索已登记。",
        to=lambda row: reverse("efficiency:clue", args=[row.pk]), template=FORM,
    )  # fmt: skip


class WhyForm(LinedForm):
    """Why a clue is put aside."""

    why = long_field("理由", 300, rows=3)


@desk_view(P.EFFICIENCY_CASES)
def aside(request: DeskRequest, pk: int) -> HttpResponse:
    """Put a clue aside."""
    row = clues.get_for(request.actor, pk)
    if (seen := version_of(request)) is not None:
        row.version = seen
    back = reverse("efficiency:clue", args=[pk])
    page = Page("不予采用", crumbs((row.unit.name, back), ("不予采用", "")), back, red=True,
                yes="不予采用")  # fmt: skip
    return form_page(
        request, page, WhyForm(sent(request)),
        lambda said: clues.set_aside(row, said["why"], actor=request.actor, at=clock.now()),
        said="线索已搁置。", to=reverse("efficiency:home"), template=FORM,
        context={"version": row.version},
    )  # fmt: skip


@desk_view(P.EFFICIENCY_CASES)
def rules(request: DeskRequest) -> HttpResponse:
    """After how many orders within how many days each kind is a clue."""
    today = day_of(clock.now())
    rows = list(ClueRule.objects.order_by("-valid_from"))
    lines = [
        {
            "kind": kind,
            "present": next((r for r in rows if r.kind == kind and r.valid_from <= today), None),
            "coming": [r for r in rows if r.kind == kind and r.valid_from > today],
        }
        for kind in ClueKind
    ]
    may_set = request.actor.may(P.QUALITY_JUDGE)
    return render(request, "efficiency/rules.html", {"lines": lines, "may_set": may_set})


class RuleForm(LinedForm):
    """One clue rule."""

    layout = (("count", "days", "valid_from"),)
    count = forms.IntegerField(label="件数", min_value=1, max_value=1000)
    days = forms.IntegerField(label="天数", min_value=1, max_value=366)
    valid_from = day_field("自哪天起")


@desk_view(P.QUALITY_JUDGE)
def rule(request: DeskRequest, kind: str) -> HttpResponse:
    """Let another number hold from a day on."""
    try:
        wanted = ClueKind(kind)
    except ValueError:
        raise NotFound from None
    present = ClueRule.objects.filter(kind=wanted).order_by("-valid_from").first()
    initial: dict[str, Any] = {"valid_from": day_of(clock.now()) + dt.timedelta(days=1)}
    if present is not None:
        initial |= {"count": present.count, "days": present.days}
    back = reverse("efficiency:rules")
    page = Page(wanted.label, crumbs(("线索规则", back), (wanted.label, "")), back,
                "同一单位在这些天内达到件数，自动生成线索。")  # fmt: skip
    return form_page(
        request, page, RuleForm(sent(request), initial=initial),
        lambda said: sheets.set_clue_rule(wanted, **said, actor=request.actor, at=clock.now()),
        said="规则已保存。", to=back, template=FORM,
    )  # fmt: skip
