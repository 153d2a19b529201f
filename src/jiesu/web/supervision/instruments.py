"""One instrument: writing it, what may be done with it, its letter; a unit's own list."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.appeals.gate import get_appeal_for
from jiesu.appeals.models import Appeal
from jiesu.foundation import clock
from jiesu.supervision import instruments as use
from jiesu.supervision import letters
from jiesu.supervision import lifecycle as life
from jiesu.supervision.instruments import Answer, Draft
from jiesu.supervision.models import Instrument, LedgerEntry, NoteTask
from jiesu.web import papers
from jiesu.web.components.pieces import Action, Cell, Column, Empty, Entry, Tab, Table
from jiesu.web.components.times import when_words
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.form_pages import Page, form_page, sent, unit_of, version_of
from jiesu.web.lists import count_up_to, words_of
from jiesu.web.navigation import Count
from jiesu.web.paging import key_page
from jiesu.web.supervision import forms as small
from jiesu.web.supervision.files import file_items, uploads_of
from jiesu.web.supervision.views import (
    TONES,
    dialog,
    draw,
    instrument_columns,
    limit_face,
    unit_for,
)

_FORMS: dict[str, type[forms.Form]] = {
    "submit": small.EmptyForm, "issue": small.EmptyForm, "approve": small.CommentForm,
    "refuse": small.ReasonForm, "answer": small.AnswerForm, "return": small.ReturnForm,
    "accept": small.OptionalResultForm, "conclude": small.ResultForm, "cancel": small.ReasonForm,
}  # fmt: skip
_MAIN = frozenset({"issue", "submit", "approve", "answer", "accept"})
_RED = frozenset({"cancel", "refuse", "return"})


def draft_of(said: Mapping[str, Any]) -> Draft:
    """The draft that the form says."""
    return Draft(
        kind=said["kind"], unit=unit_of(said["unit"], "unit"), matter=said["matter"],
        demands=said["demands"], basis=said["basis"], person=said["person"],
        limit_days=said["limit_days"], colour=said["colour"] if said["kind"] == "listed" else "",
        old_level=said["old_level"], new_level=said["new_level"], meets_at=said["meets_at"],
        place=said["place"],
    )  # fmt: skip


@desk_view(P.SUPERVISION_ISSUE)
def new(request: DeskRequest) -> HttpResponse:
    """Write an instrument, over an order when it names one."""
    number = request.GET.get("number", "")
    appeal = get_appeal_for(request.actor, number, P.SUPERVISION_ISSUE) if number else None
    issue = request.POST.get("then", "issue") == "issue"
    key = request.POST.get("idempotency_key", "")

    def run(said: Mapping[str, Any]) -> Instrument:
        make = use.issue_new if issue else use.draft
        return make(draft_of(said), actor=request.actor, at=clock.now(), appeal=appeal,
                    idempotency_key=key)  # fmt: skip

    page = Page("新建督办", (), _back(appeal), yes="签发")
    form = small.InstrumentForm(sent(request), initial=_initial(appeal))
    return form_page(
        request, page, form, run, said=_said, to=_page, template="supervision/form.html",
        context={"appeal": appeal, "may_draft": True},
    )  # fmt: skip


@desk_view(P.SUPERVISION_ISSUE)
def edit(request: DeskRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    mine = use.get_for(request.actor, pk, P.SUPERVISION_ISSUE, version=version_of(request))

    def run(said: Mapping[str, Any]) -> Instrument:
        return use.edit(mine, draft_of(said), actor=request.actor, at=clock.now())

    names = ("kind", "person", "matter", "basis", "demands", "colour", "old_level", "new_level",
             "meets_at", "place")  # fmt: skip
    initial = {**{name: getattr(mine, name) for name in names}, "unit": mine.unit_id}
    page = Page("修改草稿", (), _page(mine), yes="保存草稿")
    form = small.InstrumentForm(sent(request), initial=initial)
    return form_page(
        request, page, form, run, said="已保存。", to=_page, template="supervision/form.html",
        context={"version": mine.version, "appeal": mine.appeal},
    )  # fmt: skip


@desk_view(P.SUPERVISION_VIEW, P.SUPERVISION_ANSWER)
def show(request: DeskRequest, pk: int) -> HttpResponse:
    """One instrument: what it says, what happened, what I may do."""
    mine = use.get_for(request.actor, pk)
    at = clock.now()
    may = use.moves_for(mine, request.actor)
    first = next((m for m in may if m.name in _MAIN), None)
    actions = [
        Action(
            m.label, main=m is first, tone="red" if m.name in _RED else "",
            rare=m is life.CANCEL, **_where(mine, m),
        )
        for m in may
    ]  # fmt: skip
    steps = [
        Entry(_label(s.move), s.at, f"{s.unit_name} · {s.by}" if s.unit_name else s.by, s.text,
              "now" if index == 0 else "")
        for index, s in enumerate(mine.steps.order_by("-pk")[:100])
    ]  # fmt: skip
    context = {
        "mine": mine, "face": limit_face(mine, at), "tone": TONES.get(mine.state, ""),
        "actions": actions, "steps": steps, "files": file_items(mine.files.all()),
        "colour": use.COLOURS.get(mine.colour, ""),
        "sees_order": mine.appeal is not None
        and Appeal.objects.visible_to(request.actor).filter(pk=mine.appeal.pk).exists(),
    }  # fmt: skip
    return draw(request, "supervision/instrument.html", context)


@desk_view(P.SUPERVISION_ISSUE, P.SUPERVISION_APPROVE, P.SUPERVISION_ANSWER)
def move(request: DeskRequest, pk: int, name: str) -> HttpResponse:
    """One move of an instrument: its dialog, and doing it."""
    chosen = life.MOVES.get(name)
    if chosen is None or name not in _FORMS:
        raise Http404
    mine = use.get_for(request.actor, pk, chosen.needs, version=version_of(request))
    at, actor = clock.now(), request.actor

    def run(said: Mapping[str, Any]) -> object:
        if name == "answer":
            return use.answer(mine, Answer(**said), actor=actor, at=at, proofs=uploads_of(request))
        if name == "return":
            return use.return_answer(mine, said["reason"], actor=actor, at=at,
                                     limit_days=said["limit_days"] or 2)  # fmt: skip
        acts: dict[str, Any] = {
            "submit": use.submit, "issue": use.issue, "approve": use.approve,
            "refuse": use.refuse, "accept": use.accept, "conclude": use.conclude,
            "cancel": use.cancel,
        }  # fmt: skip
        return acts[name](mine, *said.values(), actor=actor, at=at)

    return dialog(
        request, _FORMS[name], run, chosen.label, f"已{chosen.label}。", _page(mine),
        lead=f"{mine.unit_name}：{mine.matter}", red=name in _RED, version=mine.version,
        initial={"person": mine.person},
        with_files=name == "answer",
    )  # fmt: skip


@desk_view(P.SUPERVISION_VIEW, P.SUPERVISION_ANSWER)
def letter(request: DeskRequest, pk: int, form: str) -> HttpResponse:
    """The official paper, as Word or PDF."""
    mine = use.get_for(request.actor, pk)
    name = f"{mine.number or '草稿'} {mine.matter[:40]}"
    return papers.download(letters.paper_of(mine, clock.now()), form, name)


# --- a unit's own --------------------------------------------------------------------------------


def owed(actor: Actor, at: dt.datetime) -> Count:
    """What the unit owes an answer to, for the navigation."""
    mine = Instrument.objects.owed_by(actor)
    tasks = NoteTask.objects.filter(unit_id=actor.unit_id or 0, answered_at=None)
    return Count(count_up_to(mine) + count_up_to(tasks), red=mine.overdue(at).exists())


@desk_view(P.SUPERVISION_ANSWER)
def mine(request: DeskRequest) -> HttpResponse:
    """What the unit must answer: instruments, notes; and what stands on ledgers."""
    at, actor = clock.now(), request.actor
    owing = Instrument.objects.owed_by(actor)
    tasks = NoteTask.objects.filter(unit_id=actor.unit_id or 0, answered_at=None)
    entries = LedgerEntry.objects.filter(unit_id=actor.unit_id or 0).exclude(status="closed")
    ours = Instrument.objects.visible_to(actor)
    columns = instrument_columns(at)
    first = ("due_at", "id")
    work: list[tuple[str, str, Any, list[Column], tuple[str, ...], Empty]] = [
        ("owed", "待反馈", owing, columns, first,
         Empty("没有待反馈的督办", "效能办发来的催办、督办单和约谈会出现在这里。")),
        ("notes", "批示待落实", tasks.select_related("note"), _task_columns(at), ("id",),
         Empty("没有待落实的批示")),
        ("ledgers", "台账事项", entries, _entry_columns(), ("target_date", "id"),
         Empty("没有列入台账的事项")),
        ("all", "全部督办", ours, columns, ("-id",), Empty("还没有督办")),
    ]  # fmt: skip
    chosen = next((w for w in work if w[0] == request.GET.get("tab")), work[0])
    drawn = [
        Tab(label, f"?tab={name}", words_of(count_up_to(rows)) if name != "all" else None,
            current=name == chosen[0])
        for name, label, rows, *_ in work
    ]  # fmt: skip
    page = key_page(chosen[2], list(chosen[4]), request.GET.get("after", ""), size=25)
    table = Table(chosen[3], page, empty=chosen[5], label=chosen[1])
    return draw(request, "supervision/mine.html", {"tabs": drawn, "table": table})


# --- inside --------------------------------------------------------------------------------------


def _task_columns(at: dt.datetime) -> list[Column]:
    return [
        Column("批示", lambda t: Cell(t.note.text or "（见扫描件）",
                                    t.note.report or t.note.appeal_number,
                                    href=reverse("supervision:note", args=[t.note_id])), "title"),
        Column("领导", lambda t: Cell(t.note.leader, t.note.leader_title)),
        Column("落实要求", lambda t: Cell(t.demand or "—"), "wraps"),
        Column("反馈时限", lambda t: Cell(when_words(t.note.due_at, at) if t.note.due_at else "—")),
    ]  # fmt: skip


def _entry_columns() -> list[Column]:
    return [
        Column("编号", lambda e: Cell(e.number, e.get_ledger_display(),
                                    href=reverse("supervision:ledger", args=[e.pk]))),
        Column("事项", lambda e: Cell(e.matter, e.source,
                                    href=reverse("supervision:ledger", args=[e.pk])), "title"),
        Column("责任人", lambda e: Cell(e.person)),
        Column("目标时限", lambda e: Cell(e.target_date.isoformat())),
        Column("状态", lambda e: Cell(e.get_status_display())),
    ]  # fmt: skip


def _where(mine: Instrument, chosen: life.Move) -> dict[str, Any]:
    if chosen is life.EDIT:
        return {"href": reverse("supervision:edit", args=[mine.pk])}
    return {"dialog_url": reverse("supervision:move", args=[mine.pk, chosen.name])}


def _label(name: str) -> str:
    return life.MOVES[name].label if name in life.MOVES else "拟稿"


def _page(mine: Instrument) -> str:
    return reverse("supervision:instrument", args=[mine.pk])


def _said(mine: Instrument) -> str:
    said = {"issued": f"已签发，{mine.number}。", "pending": "已报领导批准。"}
    return said.get(mine.state, "已存为草稿。")


def _back(appeal: Appeal | None) -> str:
    if appeal is None:
        return reverse("supervision:home")
    return reverse("orders:order", args=[appeal.number])


def _initial(appeal: Appeal | None) -> dict[str, Any]:
    if appeal is None:
        return {"kind": "order"}
    return {"kind": "order", "unit": unit_for(appeal).pk, "matter": appeal.title,
            "person": ""}  # fmt: skip
