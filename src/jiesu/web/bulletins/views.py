"""Bulletins 通报 on the scoring desk: the list, one as it will be printed, its words, its moves."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from jiesu.access import Permission as P
from jiesu.bulletins import cases, figures, lifecycle, paper, reading, wording, writing
from jiesu.bulletins.lifecycle import State
from jiesu.bulletins.models import Bulletin
from jiesu.documents.paper import Heading, Picture, Table, Text
from jiesu.foundation import clock
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import UseCaseError
from jiesu.scoring import schemes
from jiesu.scoring.definitions import Every
from jiesu.web import papers
from jiesu.web.components.pieces import Action, Cell, Column, Empty, Tag
from jiesu.web.components.pieces import Table as Listed
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.form_pages import long_field, version_of
from jiesu.web.once import once
from jiesu.web.paging import key_page
from jiesu.web.scoring import pages

SEEN_BY = (P.BULLETIN_READ,)
SIZE = 25
WANTED = 12
DIALOG = "components/reason_dialog.html"
TONES = {State.DRAFT: "line", State.SUBMITTED: "amber", State.APPROVED: "blue",
         State.PUBLISHED: "green", State.DROPPED: "line"}  # fmt: skip


def state_tag(mine: Bulletin) -> Tag:
    """Where a bulletin stands."""
    return Tag(mine.get_state_display(), TONES[mine.where])


def _day(at: dt.datetime | None) -> str:
    return f"{at.astimezone(BEIJING):%Y-%m-%d}" if at else "—"


_COLUMNS = [
    Column("通报", lambda b: Cell(b.title, b.number or f"{b.drafted_by} 拟稿", tags=[state_tag(b)],
                                  href=reverse("bulletins:bulletin", args=[b.pk])), "title"),
    Column("考核期", lambda b: Cell(b.name, b.scheme.name)),
    Column("批准", lambda b: Cell(b.approved_by or "—")),
    Column("发布", lambda b: Cell(_day(b.published_at))),
]  # fmt: skip


@desk_view(*SEEN_BY)
def home(request: DeskRequest) -> HttpResponse:
    """The bulletins this person reads, the newest first; published periods without one."""
    request.desk = "scoring"
    actor = request.actor
    rows = reading.visible_to(actor).exclude(state=State.DROPPED)
    page = key_page(rows, ["-id"], request.GET.get("after", ""), size=SIZE)
    may = actor.may(P.BULLETIN_DRAFT)
    wanted = reading.wanted(actor, clock.now())[:WANTED] if may else []
    empty = Empty("还没有通报", "考核期公布后，效能办可以拟写通报；发布后各单位都能看到。")
    given = {
        "tabs": pages.desk_tabs(actor, "bulletins"), "may_manage": may, "wanted": wanted,
        "table": Listed(_COLUMNS, page, empty=empty, label="通报"),
    }  # fmt: skip
    return render(request, "bulletins/home.html", given)


@require_POST
@desk_view(P.BULLETIN_DRAFT)
def draft(request: DeskRequest, pk: int, every: str) -> HttpResponse:
    """Write a draft of what a scheme (``pk``) published; ``day`` lies in the span."""
    if every not in set(Every):
        raise Http404
    scheme = schemes.get_scheme_for(request.actor, pk)
    day = parse_date(request.POST.get("day", ""))
    if day is None:
        raise Http404

    def act() -> str:
        made = writing.draft(scheme, Every(every), day, actor=request.actor, at=clock.now())
        return str(made.pk)

    made = once(request, act)
    return done(request, "已按模板拟出草稿。", reverse("bulletins:bulletin", args=[made]))


@desk_view(*SEEN_BY)
def bulletin(request: DeskRequest, pk: int) -> HttpResponse:
    """One bulletin as it reads, and what may be done with it now."""
    request.desk = "scoring"
    mine = reading.get_for(request.actor, pk)
    given = {
        "mine": mine, "tag": state_tag(mine), "parts": _parts(mine),
        "actions": [_action(mine, move) for move in reading.moves_for(mine, request.actor)],
        "outdated": reading.is_outdated(mine),
        "personal": reading.looks_personal(mine) if mine.where in lifecycle.OPEN else [],
        "periods": [(one.period_id, one.period.name) for one in
                    mine.revisions.select_related("period").only("period__name").order_by("period__first")],
        "corrections": list(mine.corrections.filter(state=State.PUBLISHED)),
        "sees_scores": request.actor.may(P.SCORING_VIEW),
        "may_draft": request.actor.may(P.BULLETIN_DRAFT) and mine.where is State.PUBLISHED,
    }  # fmt: skip
    return render(request, "bulletins/bulletin.html", given)


def _parts(mine: Bulletin) -> list[dict[str, Any]]:
    """The paper's body for the page; a chart is our own SVG, with everything in it escaped."""
    parts: list[dict[str, Any]] = []
    for block in paper.body(mine.text, mine.inputs, mine.cases):
        match block:
            case Heading(text, level):
                parts.append({"kind": f"heading{level}", "text": text})
            case Text(text):
                parts.append({"kind": "text", "text": text})
            case Table():
                parts.append({"kind": "table", "table": block})
            case Picture(content, caption):
                svg = mark_safe(content.decode())  # noqa: S308  # charts.bars escapes its words
                parts.append({"kind": "picture", "svg": svg, "text": caption})
    return parts


def _action(mine: Bulletin, move: lifecycle.Move) -> Action:
    red = move in (lifecycle.REFUSE, lifecycle.DROP)
    main = move in (lifecycle.SUBMIT, lifecycle.APPROVE, lifecycle.PUBLISH)
    if move is lifecycle.EDIT:
        return Action(move.label, href=reverse("bulletins:edit", args=[mine.pk]))
    return Action(
        move.label, main=main, tone="red" if red else "", rare=move is lifecycle.DROP,
        dialog_url=reverse("bulletins:move", args=[mine.pk, move.name]),
    )  # fmt: skip


class WordsForm(forms.Form):
    """A bulletin's words: title, text, and each typical case."""

    title = forms.CharField(
        label="标题", max_length=100, error_messages={"required": "请填写标题。"}
    )
    text = long_field("正文", 20_000, rows=24)

    def __init__(self, *args: Any, mine: Bulletin, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mine = mine
        for place, case in enumerate(mine.cases):
            self.fields[f"case_title_{place}"] = forms.CharField(
                label="案例标题", max_length=100, required=False, initial=case["title"]
            )
            self.fields[f"case_{place}"] = long_field(
                "案例（清空即去掉）", 2000, required=False, rows=5, initial=case["text"]
            )

    @property
    def case_lines(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Each case: its order's number, its two fields."""
        return [
            (case["number"], self[f"case_title_{place}"], self[f"case_{place}"])
            for place, case in enumerate(self.mine.cases)
        ]

    def cases(self) -> list[dict[str, str]]:
        """The cases as they were gone over."""
        said = self.cleaned_data
        return [
            {"number": case["number"], "title": said[f"case_title_{place}"],
             "text": said[f"case_{place}"]}
            for place, case in enumerate(self.mine.cases)
        ]  # fmt: skip


@desk_view(P.BULLETIN_DRAFT)
def edit(request: DeskRequest, pk: int) -> HttpResponse:
    """Change a draft's words; on the right the tables it may hold."""
    request.desk = "scoring"
    mine = reading.get_for(request.actor, pk, version=version_of(request))
    form = WordsForm(
        request.POST if request.method == "POST" else None, mine=mine,
        initial={"title": mine.title, "text": mine.text},
    )  # fmt: skip
    given = {
        "mine": mine, "form": form, "blocks": wording.BLOCKS,
        "figures": [(name, value) for name, value in mine.inputs["figures"].items()
                    if value not in figures.WITHOUT_VALUE],
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "bulletins/edit.html", given)
    if not form.is_valid():
        return render(request, "bulletins/edit.html", given, status=422)
    said = form.cleaned_data
    try:
        writing.edit(
            mine, said["title"], said["text"], form.cases(), actor=request.actor, at=clock.now()
        )
    except UseCaseError as error:
        return refuse(request, error, "bulletins/edit.html", given, form=form)
    return done(request, "已保存。", reverse("bulletins:bulletin", args=[pk]))


@desk_view(P.BULLETIN_DRAFT)
def cases_(request: DeskRequest, pk: int) -> HttpResponse:
    """Choose typical cases among what cost the black list most, or by number."""
    request.desk = "scoring"
    mine = reading.get_for(request.actor, pk, version=version_of(request))
    chosen = [case["number"] for case in mine.cases]
    suggested = cases.suggested(mine)
    known = {one.appeal.number for one in suggested}
    given: dict[str, Any] = {
        "mine": mine, "suggested": suggested, "chosen": chosen,
        "others": [number for number in chosen if number not in known],
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "bulletins/cases.html", given)
    wanted = [*request.POST.getlist("numbers"), *request.POST.get("more", "").split()]
    orders = list(dict.fromkeys(number.strip() for number in wanted if number.strip()))
    try:
        writing.choose_cases(mine, orders, actor=request.actor, at=clock.now())
    except UseCaseError as error:
        given |= {"error": error.message, "chosen": orders, "more": request.POST.get("more", "")}
        return render(request, "bulletins/cases.html", given, status=error.status)
    return done(
        request, "已放入典型案例，个人信息已遮盖，请核对文字。",
        reverse("bulletins:edit", args=[pk]),
    )  # fmt: skip


class NoWords(forms.Form):
    """A move that asks nothing."""


class ReasonForm(forms.Form):
    """What is wanted."""

    reason = long_field("修改意见", 500)


_LEADS = {
    "submit": "送领导或效能办另一位同事批准；批准前不能再改。",
    "approve": "批准后编号发布。",
    "refuse": "退回拟稿人修改。",
    "publish": "编文号并发布：被考核单位都能看到，此后内容不再变。",
    "drop": "作废本稿；该考核期可以重新拟稿。",
}


@desk_view(P.BULLETIN_DRAFT, P.BULLETIN_APPROVE)
def move(request: DeskRequest, pk: int, name: str) -> HttpResponse:
    """One move of a bulletin: its dialog, and doing it."""
    chosen = lifecycle.MOVES.get(name)
    if chosen is None or chosen is lifecycle.EDIT:
        raise Http404
    mine = reading.get_for(request.actor, pk, version=version_of(request))
    form_class = ReasonForm if chosen is lifecycle.REFUSE else NoWords
    form = form_class(request.POST if request.method == "POST" else None)
    given = {
        "title": chosen.label, "post_url": request.path, "form": form, "yes": chosen.label,
        "lead": _LEADS[name], "version": mine.version,
        "red": chosen in (lifecycle.REFUSE, lifecycle.DROP),
    }  # fmt: skip
    if request.method != "POST":
        return render(request, DIALOG, given)
    if not form.is_valid():
        return render(request, DIALOG, given, status=422)
    try:
        _ACTS[name](mine, *form.cleaned_data.values(), actor=request.actor, at=clock.now())
    except UseCaseError as error:
        return refuse(request, error, DIALOG, given, form=form)
    to = "bulletins:home" if chosen is lifecycle.DROP else "bulletins:bulletin"
    return done(
        request, f"已{chosen.label}。",
        reverse(to, args=[] if chosen is lifecycle.DROP else [pk]),
    )  # fmt: skip


_ACTS: dict[str, Callable[..., Bulletin]] = {
    "submit": writing.submit, "approve": writing.approve, "refuse": writing.refuse,
    "publish": writing.publish, "drop": writing.drop,
}  # fmt: skip


@desk_view(*SEEN_BY)
def paper_file(request: DeskRequest, pk: int, form: str) -> HttpResponse:
    """The official paper, as Word or PDF."""
    mine = reading.get_for(request.actor, pk)
    name = f"{mine.number or '草稿'} {mine.title}"
    return papers.download(paper.paper_of(mine), form, name)
