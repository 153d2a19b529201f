"""Efficiency cases: the list, one case with its steps, and the form of each step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound
from jiesu.inspection import cases, clues
from jiesu.inspection import lifecycle as life
from jiesu.inspection.cases import Opening
from jiesu.inspection.lifecycle import STAGE_NAMES, Stage
from jiesu.inspection.models import Case, Clue
from jiesu.inspection.sheets import day_of
from jiesu.web.components.pieces import Action, Cell, Column, Empty, Entry, Tab, Table, Tag
from jiesu.web.components.times import when_words
from jiesu.web.components.widgets import Segmented
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.efficiency.clues import FORM, PAGE_SIZE, any_unit_field, crumbs
from jiesu.web.form_pages import (
    LinedForm,
    Page,
    day_field,
    form_page,
    line_field,
    long_field,
    sent,
    unit_of,
    version_of,
)
from jiesu.web.lists import count_up_to, words_of
from jiesu.web.paging import key_page

_WORKED = (P.EFFICIENCY_CASES, P.EFFICIENCY_DECIDE)
_COLUMNS = [
    Column("案由", lambda c: Cell(c.title, c.number, href=reverse("efficiency:case", args=[c.pk])),
           "title"),
    Column("单位", lambda c: Cell(c.unit.name)),
    Column("类型", lambda c: Cell(c.get_kind_display())),
    Column("状态", lambda c: Cell(c.get_stage_display(), tags=_late(c))),
    Column("核查人", lambda c: Cell(c.examiner_name or "—")),
    Column("处理", lambda c: Cell(c.get_outcome_display() if c.decided_at else "—",
                                  when_words(c.opened_at, clock.now()))),
]  # fmt: skip


def _late(case: Case) -> list[Tag]:
    open_ = Stage(case.stage) in life.STAGES_OPEN
    late = open_ and case.due is not None and case.due < day_of(clock.now())
    return [Tag("超核查期限", "red")] if late else []


def _case(request: DeskRequest, pk: int) -> Case:
    row = cases.visible_to(request.actor).filter(pk=pk).first()
    if row is None:
        raise NotFound("没有找到该案件，或您无权查看。")
    return row


@desk_view(*_WORKED)
def home(request: DeskRequest) -> HttpResponse:
    """The cases by stage."""
    rows = cases.visible_to(request.actor)
    asked = request.GET.get("tab", "")
    first = Stage.PROPOSED if not request.actor.may(P.EFFICIENCY_CASES) else Stage.OPEN
    chosen = next((s for s in Stage if s == asked), first)
    page = key_page(rows.filter(stage=chosen), ["-id"], request.GET.get("after", ""), PAGE_SIZE)
    tabs = [
        Tab(
            STAGE_NAMES[s], f"?tab={s}",
            words_of(count_up_to(rows.filter(stage=s))) if s in life.STAGES_OPEN else None,
            s is chosen,
        )
        for s in Stage
    ]  # fmt: skip
    table = Table(_COLUMNS, page, empty=Empty("没有案件", "从线索立案，或直接立案。"), label="案件")
    shown = {"tabs": tabs, "table": table, "section": "cases",
             "works": request.actor.may(P.EFFICIENCY_CASES)}  # fmt: skip
    return render(request, "efficiency/home.html", shown)


@desk_view(*_WORKED)
def case(request: DeskRequest, pk: int) -> HttpResponse:
    """One case: what it is about, its clues and orders, what happened, what may be done now."""
    row = _case(request, pk)
    steps = [
        Entry(s.label, s.at, s.by, s.text, tone="now" if n == 0 else "")
        for n, s in enumerate(row.steps.order_by("-pk")[:50])
    ]
    may = [
        Action(
            one.label, href=reverse("efficiency:case-step", args=[pk, one.name]),
            main=one in (life.EXAMINE, life.PROPOSE, life.DECIDE, life.CLOSE),
            tone="red" if one in (life.DROP, life.SEND_BACK) else "",
        )
        for one in life.CASE_STEPS
        if Stage(row.stage) in one.from_ and request.actor.may(one.needs)
        and not (one in (life.DECIDE, life.SEND_BACK) and row.proposer_id == request.actor.user_id)
    ]  # fmt: skip
    orders = [
        (fact, clue)
        for clue in row.clues.order_by("pk")[:10]
        for fact in clue.facts.select_related("appeal").order_by("-at")[:10]
    ]
    others = (
        cases.visible_to(request.actor).filter(unit=row.unit).exclude(pk=row.pk).order_by("-pk")[:5]
    )
    waits = row.stage == Stage.PROPOSED and row.proposer_id == request.actor.user_id
    return render(
        request, "efficiency/case.html",
        {"case": row, "steps": steps, "actions": may, "orders": orders, "others": others,
         "late": _late(row), "waits_for_another": waits},
    )  # fmt: skip


class OpenForm(LinedForm):
    """What a case begins with."""

    layout = (("unit", "kind"), ("due", "elsewhere"))
    unit = any_unit_field("被反映单位")
    kind = forms.ChoiceField(label="类型", choices=Case.Kind.choices, widget=Segmented)
    title = line_field("案由", 128)
    matter = long_field("反映的问题", 5000, rows=6)
    due = day_field("核查期限", required=False)
    elsewhere = line_field(
        "信访、纪检等另案", 200, required=False, help_text="已在其他渠道办理的，写明单位和编号。"
    )
    beside = forms.BooleanField(label="该单位有未结的同类案件，这是另一件事", required=False)


@desk_view(P.EFFICIENCY_CASES)
def new(request: DeskRequest) -> HttpResponse:
    """Open a case, perhaps from a clue."""
    given = request.GET.get("clue", "")
    clue: Clue | None = clues.get_for(request.actor, int(given)) if given.isdecimal() else None
    initial: dict[str, Any] = {"kind": Case.Kind.INSPECTION}
    if clue is not None:
        orders = clue.facts.select_related("appeal").order_by("-at")[:20]
        listed = "\n".join(f"{f.appeal.number} {f.appeal.title}：{f.words}" for f in orders)
        initial |= {
            "unit": clue.unit_id,
            "title": f"{clue.unit.name}{clue.get_kind_display()}",
            "matter": f"{clue.note}\n{listed}",
        }
    back = reverse("efficiency:clue", args=[clue.pk]) if clue else reverse("efficiency:cases")
    page = Page("立案", crumbs(("案件", reverse("efficiency:cases")), ("立案", "")), back,
                yes="立案")  # fmt: skip

    def run(said: Mapping[str, Any]) -> Case:
        unit = unit_of(said["unit"], "unit")
        opening = Opening(**{**said, "unit": unit, "clues": [clue] if clue else []})
        return cases.open_case(opening, actor=request.actor, at=clock.now())

    return form_page(
        request, page, OpenForm(sent(request), initial=initial), run,
        said=lambda row: f"已立案，案号 {row.number}。",
        to=lambda row: reverse("efficiency:case", args=[row.pk]), template=FORM,
    )  # fmt: skip


# --- the steps ------------------------------------------------------------------------------------


class NothingForm(LinedForm):
    """A step that only needs a yes."""


class NoteForm(LinedForm):
    """A step with words."""

    note = long_field("说明", 1000, required=False, rows=4)


class ProposeForm(LinedForm):
    """Findings, basis, outcome."""

    layout = (("is_true", "outcome"),)
    findings = long_field("核查结果", 5000, rows=8)
    is_true = forms.TypedChoiceField(
        label="是否属实", choices=[("1", "属实"), ("0", "不属实")], widget=Segmented,
        coerce=lambda v: v == "1", error_messages={"required": "请选择是否属实。"},
    )  # fmt: skip
    outcome = forms.ChoiceField(label="处理", choices=Case.Outcome.choices)
    basis = long_field("依据", 500, required=False, rows=2, help_text="法规、制度的名称和条款。")


@dataclass(frozen=True)
class StepPage:
    """The form of one step and its use case."""

    step: "life.Step[Stage]"
    form: type[LinedForm]
    run: Callable[[Case, Mapping[str, Any], Actor], Case]
    said: str
    lead: str = ""


STEPS: dict[str, StepPage] = {
    page.step.name: page
    for page in (
        StepPage(life.EXAMINE, NothingForm,
                 lambda c, v, a: cases.examine(c, actor=a, at=clock.now()),
                 "已开始核查。", "由您核查。核查人与审定人须为两人。"),
        StepPage(life.PROPOSE, ProposeForm,
                 lambda c, v, a: cases.propose(c, **v, actor=a, at=clock.now()),
                 "处理意见已提交，等待另一人审定。"),
        StepPage(life.DECIDE, NoteForm,
                 lambda c, v, a: cases.decide(c, v["note"], accept=True, actor=a, at=clock.now()),
                 "已审定。"),
        StepPage(life.SEND_BACK, NoteForm,
                 lambda c, v, a: cases.decide(c, v["note"], accept=False, actor=a, at=clock.now()),
                 "已退回再查。", "写明还要查什么。"),
        StepPage(life.CLOSE, NoteForm,
                 lambda c, v, a: cases.close(c, v["note"], actor=a, at=clock.now()),
                 "案件已办结。", "写明处理如何落实：文号、日期、谈话人等。"),
        StepPage(life.DROP, NoteForm,
                 lambda c, v, a: cases.drop(c, v["note"], actor=a, at=clock.now()),
                 "已不予立案。", "写明理由，线索留在案件里。"),
    )
}  # fmt: skip


@desk_view(*_WORKED)
def step(request: DeskRequest, pk: int, step: str) -> HttpResponse:
    """One step of a case: its form, its use case."""
    shown = STEPS.get(step)
    row = _case(request, pk)
    if shown is None:
        raise NotFound
    if (seen := version_of(request)) is not None:
        row.version = seen
    back = reverse("efficiency:case", args=[pk])
    lead = f"{row.number} {row.unit.name}：{row.title}。{shown.lead}"
    page = Page(shown.step.label, crumbs(("案件", reverse("efficiency:cases")), (row.title, back),
                                         (shown.step.label, "")), back, lead,
                yes=shown.step.label, red=shown.step in (life.DROP, life.SEND_BACK))  # fmt: skip
    return form_page(
        request, page, shown.form(sent(request)),
        lambda said: shown.run(row, said, request.actor), said=shown.said, to=back, template=FORM,
        context={"version": row.version, "case": row},
    )  # fmt: skip
