"""Leaders' notes 批示: the list, writing one, carrying it out."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse

from jiesu.access import Permission as P
from jiesu.appeals.gate import get_appeal_for
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound
from jiesu.supervision import notes as use
from jiesu.supervision.models import Note
from jiesu.supervision.notes import Words
from jiesu.web.components.pieces import Action, Cell, Column, Empty, Tab, Table, Tag
from jiesu.web.components.times import when_words
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.form_pages import Page, form_page, sent, unit_of, version_of
from jiesu.web.paging import key_page
from jiesu.web.supervision import forms as small
from jiesu.web.supervision.files import file_items, uploads_of
from jiesu.web.supervision.views import dialog, draw

TONES = {"open": "amber", "answered": "blue", "closed": "green"}


@desk_view(P.SUPERVISION_VIEW)
def home(request: DeskRequest) -> HttpResponse:
    """The area's notes, newest first."""
    at = clock.now()
    rows = Note.objects.visible_to(request.actor)
    state = request.GET.get("state", "")
    if state in Note.State:
        rows = rows.filter(state=state)
    tabs = [
        Tab(label, f"?state={value}" if value else "?", current=state == value)
        for value, label in (("", "全部"), *Note.State.choices)
    ]
    columns = [
        Column("批示", lambda n: Cell(n.text or "（见批示件扫描件）",
                                    n.report or f"工单 {n.appeal_number}",
                                    href=reverse("supervision:note", args=[n.pk])), "title"),
        Column("领导", lambda n: Cell(n.leader, n.leader_title)),
        Column("日期", lambda n: Cell(n.noted_on.isoformat())),
        Column("反馈时限", lambda n: Cell(
            when_words(n.due_at, at) if n.due_at else "—",
            tags=[Tag("逾期", "red")] if n.due_at and n.due_at < at and n.state == "open" else [])),
        Column("状态", lambda n: Cell(tags=[Tag(n.get_state_display(), TONES[n.state])])),
    ]  # fmt: skip
    page = key_page(rows, ["-id"], request.GET.get("after", ""), size=25)
    table = Table(columns, page, label="批示", empty=Empty(
        "还没有批示", "领导在手机上或工单页面批示；纸质批示件可以扫描登记。"))  # fmt: skip
    return draw(request, "supervision/notes.html", {"tabs": tabs, "table": table})


@desk_view(P.SUPERVISION_NOTE)
def new(request: DeskRequest) -> HttpResponse:
    """Write a note, or record a sheet."""
    number = request.GET.get("number", "")
    appeal = get_appeal_for(request.actor, number) if number else None
    himself = request.actor.may(P.SUPERVISION_APPROVE)
    key = request.POST.get("idempotency_key", "")

    def run(said: Mapping[str, Any]) -> Note:
        unit = said["unit"]
        words = Words(
            text=said["text"], leader=said.get("leader", ""),
            leader_title=said.get("leader_title", ""), noted_on=said.get("noted_on"),
            report=said.get("report", ""), limit_days=said["limit_days"] or 0,
            units=[unit_of(unit, "unit")] if unit else [], demand=said["demand"],
        )  # fmt: skip
        return use.write(words, actor=request.actor, at=clock.now(), appeal=appeal,
                         sheets=uploads_of(request), idempotency_key=key)  # fmt: skip

    back = reverse("supervision:leader" if himself else "supervision:notes")
    page = Page("批示", (), back, yes="签批" if himself else "登记批示")
    initial = {"unit": appeal.lead_unit_id} if appeal is not None and appeal.lead_unit_id else {}
    form = small.NoteForm(
        sent(request), himself=himself, on_order=appeal is not None, initial=initial
    )
    return form_page(
        request, page, form, run, said="已批示。", to=_page, template="supervision/form.html",
        context={"appeal": appeal, "with_files": True},
    )  # fmt: skip


@desk_view(P.SUPERVISION_VIEW, P.SUPERVISION_ANSWER)
def show(request: DeskRequest, pk: int) -> HttpResponse:
    """One note: its words, its sheet, who carries it out."""
    note = use.get_for(request.actor, pk)
    tasks = list(note.tasks.order_by("pk"))
    actor = request.actor
    actions = []
    if any(t.unit_id == actor.unit_id and t.answered_at is None for t in tasks) and actor.may(
        P.SUPERVISION_ANSWER
    ):
        actions.append(_action(note, "answer", main=True))
    ours = actor.may(P.SUPERVISION_ISSUE) and note.office_id == actor.unit_id
    if ours and note.state != "closed":
        actions.append(_action(note, "split", main=not tasks))
        actions.append(_action(note, "close", main=note.state == "answered"))
    context = {"note": note, "tone": TONES[note.state], "tasks": tasks,
               "files": file_items(note.files.all()), "actions": actions,
               "sees_order": actor.may(P.APPEAL_VIEW)}  # fmt: skip
    return draw(request, "supervision/note.html", context)


@desk_view(P.SUPERVISION_ISSUE, P.SUPERVISION_ANSWER)
def step(request: DeskRequest, pk: int, name: str) -> HttpResponse:
    """Hand it out, answer it, end it."""
    if name not in _STEPS:
        raise Http404
    title, form, done_ = _STEPS[name]
    note = use.get_for(request.actor, pk, version=version_of(request))
    at, actor = clock.now(), request.actor

    def run(said: Mapping[str, Any]) -> object:
        if name == "split":
            names = [n for n in ("unit", "unit2", "unit3") if said[n]]
            units = [unit_of(said[n], n) for n in names]
            return use.split(note, units, said["demand"], actor=actor, at=at,
                             limit_days=said["limit_days"] or 0)  # fmt: skip
        if name == "close":
            return use.close(note, said["conclusion"], actor=actor, at=at)
        task = note.tasks.filter(unit_id=actor.unit_id or 0).first()
        if task is None:
            raise NotFound("这件批示没有分办给您的单位。")
        return use.answer(task, said["text"], actor=actor, at=at)

    return dialog(request, form, run, title, done_, _page(note), version=note.version,
                  lead=note.text[:100])  # fmt: skip


_STEPS: dict[str, tuple[str, type[forms.Form], str]] = {
    "split": ("分办", small.SplitForm, "已分办。"),
    "answer": ("反馈落实情况", small.NoteAnswerForm, "已反馈。"),
    "close": ("办结批示", small.ConclusionForm, "批示已办结。"),
}


def _action(note: Note, name: str, *, main: bool = False) -> Action:
    url = reverse("supervision:note-step", args=[note.pk, name])
    return Action(_STEPS[name][0], dialog_url=url, main=main)


def _page(note: Note) -> str:
    return reverse("supervision:note", args=[note.pk])
