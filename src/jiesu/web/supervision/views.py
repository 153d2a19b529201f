"""The supervision desk 督办: what waits, the orders to urge, what lies over one order."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.appeals.actions import intake
from jiesu.appeals.gate import get_appeal_for
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal
from jiesu.foundation import clock
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import UseCaseError
from jiesu.organizations.models import Unit
from jiesu.supervision import engine, linked
from jiesu.supervision import instruments as use
from jiesu.supervision.instruments import Draft
from jiesu.supervision.lifecycle import State
from jiesu.supervision.models import Closing, Elsewhere, Hit, Instrument, LedgerEntry, Note
from jiesu.web.components.pieces import Bulk, Cell, ClockFace, Column, Empty, Tab, Table, Tag
from jiesu.web.components.times import when_words
from jiesu.web.doors import DeskRequest, desk_view, done, page_of, refuse
from jiesu.web.lists import Work, count_up_to, list_context, list_view, tell_each, words_of
from jiesu.web.lists import news as list_news
from jiesu.web.navigation import Count
from jiesu.web.paging import key_page
from jiesu.web.supervision.forms import BulkForm, ElsewhereForm, ReasonForm

DIALOG = "components/reason_dialog.html"
TONES = {"answered": "amber", "returned": "amber", "pending": "amber", "done": "green",
         "cancelled": "line", "draft": "line", "issued": "blue"}  # fmt: skip
HIT_TONES = {"waiting": "amber", "clue": "amber", "done": "green"}


# --- lists ---------------------------------------------------------------------------------------


def limit_face(mine: Instrument, at: dt.datetime) -> ClockFace | None:
    """The limit for the answer, as the badge shows it."""
    if mine.due_at is None or mine.state in (State.DRAFT, State.PENDING, State.CANCELLED):
        return None
    if mine.answered_at is not None and mine.where not in (State.ISSUED, State.RETURNED):
        late = mine.answered_at > mine.due_at
        state, words = ("done_late", "逾期反馈") if late else ("done_in_time", "按时反馈")
        return ClockFace(state, words, mine.due_at)
    if mine.where is State.DONE:
        return None
    if mine.due_at < at:
        return ClockFace("red", f"超 {_span(at - mine.due_at)}", mine.due_at)
    state = "yellow" if mine.due_at - at < dt.timedelta(days=1) else "ok"
    return ClockFace(state, f"剩 {_span(mine.due_at - at)}", mine.due_at)


def _span(span: dt.timedelta) -> str:
    return f"{span.days} 天" if span.days else f"{span.seconds // 3600} 小时"


def instrument_columns(at: dt.datetime) -> list[Column]:
    """The columns of every list of instruments."""
    return [
        Column("文号", lambda i: Cell(i.number or "（未编号）", i.get_kind_display(),
                                    href=reverse("supervision:instrument", args=[i.pk]))),
        Column("事项", lambda i: Cell(
            i.matter, f"工单 {i.appeal_number}" if i.appeal_number else "无工单",
            href=reverse("supervision:instrument", args=[i.pk]),
            tags=[Tag("规则触发", "line")] if i.source == "rule" else []), "title"),
        Column("被督办单位", lambda i: Cell(i.unit_name, i.person)),
        Column("时限", lambda i: Cell(clock=limit_face(i, at))),
        Column("状态", lambda i: Cell(tags=[Tag(i.get_state_display(), TONES.get(i.state, ""))])),
    ]  # fmt: skip


def hit_columns(at: dt.datetime) -> list[Column]:
    """The columns of the rules' hits."""
    return [
        Column("规则", lambda h: Cell(h.rule.name, h.get_action_display())),
        Column("工单", lambda h: Cell(
            h.appeal.title, h.appeal.number, href=reverse("orders:order", args=[h.appeal.number])),
            "title"),
        Column("主办单位", lambda h: Cell(h.appeal.lead_unit_name or "—")),
        Column("发生", lambda h: Cell(when_words(h.happened_at, at))),
        Column("处置", lambda h: Cell(
            h.instrument.number or "草稿" if h.instrument else h.reason,
            href=reverse("supervision:instrument", args=[h.instrument.pk]) if h.instrument else "",
            tags=[Tag(h.get_state_display(), HIT_TONES.get(h.state, "line"))])),
        Column("", lambda h: Cell(
            "不予处置", dialog_url=reverse("supervision:dismiss", args=[h.pk]))
            if h.state in ("waiting", "clue") else Cell()),
    ]  # fmt: skip


def closing_columns(at: dt.datetime) -> list[Column]:
    """The columns of applications to strike off."""
    return [
        Column("台账", lambda c: Cell(c.entry.number, c.entry.get_ledger_display(),
                                    href=reverse("supervision:ledger", args=[c.entry_id]))),
        Column("事项", lambda c: Cell(
            c.entry.matter, c.evidence[:60],
            href=reverse("supervision:ledger", args=[c.entry_id])), "title"),
        Column("责任单位", lambda c: Cell(c.entry.unit_name, c.applied_by)),
        Column("申请", lambda c: Cell(when_words(c.applied_at, at))),
        Column("状态", lambda c: Cell(tags=[Tag(c.get_state_display(), "amber")])),
    ]  # fmt: skip


@dataclass(frozen=True)
class Waits:
    """One tab of the desk."""

    name: str
    label: str
    rows: QuerySet[Any]
    columns: Callable[[dt.datetime], list[Column]]
    order: tuple[str, ...]
    empty: Empty
    red: bool = False
    counted: bool = True


def tabs(actor: Actor, at: dt.datetime) -> list[Waits]:
    """What waits for this office, what is due first on top."""
    ours = Instrument.objects.of_office(actor)
    hits = Hit.objects.filter(office_id=actor.unit_id or 0).select_related(
        "rule", "appeal", "instrument"
    )
    closings = Closing.objects.filter(entry__office_id=actor.unit_id or 0).select_related("entry")
    first = ("due_at", "id")
    return [
        Waits("answers", "待审核反馈", ours.filter(state=State.ANSWERED), instrument_columns, first,
              Empty("没有待审核的反馈", "单位反馈后出现在这里，认可办结或退回补充。")),
        Waits("overdue", "逾期未反馈", ours.overdue(at), instrument_columns, first,
              Empty("没有逾期未反馈的督办", "都在时限内。"), red=True),
        Waits("drafts", "待签发", ours.filter(state__in=[State.DRAFT, State.PENDING]),
              instrument_columns, ("-id",),
              Empty("没有草稿", "自己拟的、规则拟的督办件在这里签发或报批。")),
        Waits("hits", "规则命中", hits.filter(state__in=["waiting", "clue"]), hit_columns, ("-id",),
              Empty("没有待处置的命中", "触发规则命中的工单出现在这里；效能线索交督查使用。")),
        Waits("closings", "待销号", closings.filter(state__in=["applied", "checked"]),
              closing_columns, ("id",),
              Empty("没有销号申请", "责任单位申请、回访核实后在这里审批。")),
        Waits("open", "督办中", ours.filter(state__in=[State.ISSUED, State.RETURNED]),
              instrument_columns, first,
              Empty("没有在办的督办", "从工单页面点“督办”，或在这里“新建督办”。")),
        Waits("acted", "已处置命中", hits.exclude(state__in=["waiting", "clue"]), hit_columns,
              ("-id",), Empty("规则还没有命中"), counted=False),
        Waits("all", "本地区全部", Instrument.objects.visible_to(actor), instrument_columns,
              ("-id",), Empty("还没有督办件"), counted=False),
    ]  # fmt: skip


def waiting(actor: Actor, at: dt.datetime) -> Count:
    """What waits for the office, for the navigation."""
    ours = Instrument.objects.of_office(actor)
    closings = Closing.objects.filter(entry__office_id=actor.unit_id or 0, state="checked")
    answers = count_up_to(ours.filter(state=State.ANSWERED))
    return Count(answers + count_up_to(closings), red=ours.overdue(at).exists())


@desk_view(P.SUPERVISION_ISSUE, P.SUPERVISION_VIEW)
def home(request: DeskRequest) -> HttpResponse:
    """The office's desk."""
    at = clock.now()
    found = tabs(request.actor, at)
    chosen = next((w for w in found if w.name == request.GET.get("tab")), None)
    counts = {w.name: count_up_to(w.rows) for w in found if w.counted}
    if chosen is None:  # the first with something in it
        chosen = next((w for w in found if counts.get(w.name)), found[0])
    page = key_page(chosen.rows, list(chosen.order), request.GET.get("after", ""), size=25)
    drawn = [
        Tab(w.label, f"?tab={w.name}", words_of(counts[w.name]) if w.counted else None,
            current=w is chosen, red=w.red and counts.get(w.name, 0) > 0)
        for w in found
    ]  # fmt: skip
    table = Table(chosen.columns(at), page, empty=chosen.empty, label=chosen.label)
    return draw(request, "supervision/home.html", {"tabs": drawn, "table": table})


# --- orders to urge ------------------------------------------------------------------------------


def order_work(actor: Actor, at: dt.datetime) -> list[Work]:
    """The area's orders that ask for supervision."""
    handled = Appeal.objects.visible_to(actor).filter(status=Status.DISPATCHED)
    local = at.astimezone(BEIJING)
    today = local.replace(hour=0, minute=0, second=0, microsecond=0)
    may = actor.may(P.SUPERVISION_ISSUE)
    bulk = [
        Bulk("批量催办", url=reverse("supervision:urge-many"), key="u", confirm="催办选中的工单？"),
        Bulk("批量督办", dialog="bulk-dialog", key="d"),
    ] if may else []  # fmt: skip
    late = handled.filter(due_at__lt=at, is_paused=False)
    return [
        Work("overdue", "已超期", late, red=True, bulk=bulk,
             empty=Empty("没有超期工单", "本地区承办中的工单都在时限内。")),
        Work("red_today", "今日红牌", late.filter(due_at__gte=today), red=True, bulk=bulk,
             empty=Empty("今天没有新超期的工单")),
        Work("yellow", "黄牌",
             handled.filter(yellow_at__lte=at, due_at__gte=at, is_paused=False), bulk=bulk,
             empty=Empty("没有临期工单", "到期前一个工作日出现在这里。")),
        Work("redo", "二次办理", handled.filter(redo_count__gt=0), bulk=bulk, counted=False,
             empty=Empty("没有二次办理的工单")),
        Work("difficult", "疑难挂账",
             Appeal.objects.visible_to(actor).filter(status=Status.LISTED), bulk=bulk,
             counted=False, empty=Empty("没有疑难挂账的工单")),
    ]  # fmt: skip


@list_view(P.SUPERVISION_ISSUE, P.SUPERVISION_VIEW)
def orders(request: DeskRequest) -> HttpResponse:
    """The area's overdue and yellow orders, to urge or supervise one or many."""
    at = clock.now()
    shown = list_context(request, "supervision", order_work(request.actor, at), at)
    return draw(
        request, "supervision/orders.html", {**shown, "heading": "工单督办", "bulk": BulkForm()}
    )


@desk_view(P.SUPERVISION_ISSUE, P.SUPERVISION_VIEW)
def news(request: DeskRequest) -> HttpResponse:
    """What changed since the list was drawn."""
    at = clock.now()
    return list_news(request, order_work(request.actor, at), at)


@require_POST
@desk_view(P.SUPERVISION_ISSUE)
def urge_many(request: DeskRequest) -> HttpResponse:
    """Urge several orders; each stands for itself."""

    def one(appeal: Appeal) -> object:
        return intake.urge(appeal, "效能办催办，请抓紧办理。", actor=request.actor, at=clock.now())

    return _each(request, one, "催办")


@require_POST
@desk_view(P.SUPERVISION_ISSUE)
def supervise_many(request: DeskRequest) -> HttpResponse:
    """Issue one supervision order each over several orders."""
    form = BulkForm(request.POST)
    if not form.is_valid():
        messages.error(request, "请写明督办要求。")
        return redirect(_list_url(request))
    said = form.cleaned_data

    def one(appeal: Appeal) -> object:
        return use.issue_new(
            Draft("order", unit_for(appeal), appeal.title, said["demands"],
                  limit_days=said["limit_days"]),
            actor=request.actor, at=clock.now(), appeal=appeal,
        )  # fmt: skip

    return _each(request, one, "督办")


def unit_for(appeal: Appeal) -> Unit:
    """Whom supervision of an order concerns: its lead unit, else the centre."""
    return Unit.objects.select_related("region").get(pk=appeal.lead_unit_id or appeal.centre_id)


def _each(request: DeskRequest, act: Callable[[Appeal], object], verb: str) -> HttpResponse:
    done_, refused = 0, []
    rows = Appeal.objects.visible_to(request.actor)
    for appeal in rows.filter(number__in=request.POST.getlist("picked")[:100]):
        try:
            act(appeal)
            done_ += 1
        except UseCaseError as error:
            refused.append(f"{appeal.number}：{error.message}")
    tell_each(request, done_, refused, verb)
    return redirect(_list_url(request))


def _list_url(request: DeskRequest) -> str:
    back = page_of(request)
    return back if back.startswith(reverse("supervision:orders")) else reverse("supervision:orders")


# --- over one order ------------------------------------------------------------------------------


@desk_view(P.SUPERVISION_VIEW, P.SUPERVISION_ANSWER)
def panel(request: DeskRequest, number: str) -> HttpResponse:
    """What lies over one order, drawn into its page after it has come."""
    appeal = get_appeal_for(request.actor, number)
    at = clock.now()
    found = Instrument.objects.visible_to(request.actor).filter(appeal=appeal).order_by("-pk")
    context = {
        "appeal": appeal,
        "instruments": [(i, limit_face(i, at), TONES.get(i.state, "")) for i in found[:10]],
        "entries": LedgerEntry.objects.visible_to(request.actor).filter(appeal=appeal)[:10],
        "notes": Note.objects.visible_to(request.actor).filter(appeal=appeal)[:10],
        "links": Elsewhere.objects.filter(appeal=appeal, ended_at=None)[:10],
    }
    return draw(request, "supervision/panel.html", context)


@require_POST
@desk_view(P.SUPERVISION_ISSUE)
def urge(request: DeskRequest, number: str) -> HttpResponse:
    """Urge one order with one click."""
    appeal = get_appeal_for(request.actor, number, P.SUPERVISION_ISSUE)
    intake.urge(appeal, "效能办催办，请抓紧办理。", actor=request.actor, at=clock.now())
    return done(request, "已催办。", reverse("orders:order", args=[number]))


@desk_view(P.SUPERVISION_ISSUE)
def link(request: DeskRequest, number: str) -> HttpResponse:
    """Note that the matter is handled elsewhere."""
    appeal = get_appeal_for(request.actor, number, P.SUPERVISION_ISSUE)

    def run(said: Mapping[str, Any]) -> object:
        return linked.link(appeal, said["system"], said["reference"], said["note"],
                           actor=request.actor, at=clock.now())  # fmt: skip

    return dialog(
        request, ElsewhereForm, run, "登记另案办理", "已登记。",
        reverse("orders:order", args=[number]),
        lead="效能投诉、督查、信访正在办的，只关联、不重复督办。",
    )  # fmt: skip


@require_POST
@desk_view(P.SUPERVISION_ISSUE)
def unlink(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """Note that the other side has finished."""
    appeal = get_appeal_for(request.actor, number, P.SUPERVISION_ISSUE)
    linked.unlink(pk, appeal, actor=request.actor, at=clock.now())
    return done(request, "已解除关联。", reverse("orders:order", args=[number]))


@desk_view(P.SUPERVISION_ISSUE)
def dismiss(request: DeskRequest, pk: int) -> HttpResponse:
    """Lay a hit aside."""

    def run(said: Mapping[str, Any]) -> object:
        return engine.dismiss(pk, said["reason"], actor=request.actor, at=clock.now())

    return dialog(request, ReasonForm, run, "不予处置", "已记录。",
                  f"{reverse('supervision:home')}?tab=hits")  # fmt: skip


def dialog(
    request: DeskRequest, form_class: type[forms.Form], run: Callable[[Mapping[str, Any]], object],
    title: str, said: str, to: str, *, lead: str = "", red: bool = False,
    version: int | None = None, yes: str = "", with_files: bool = False,
    initial: Mapping[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    """A small form in a dialog and its one use case; a refusal stands at its field."""
    template = "supervision/dialog_files.html" if with_files else DIALOG
    form = form_class(
        request.POST if request.method == "POST" else None, initial=dict(initial or {})
    )
    given = {"title": title, "post_url": request.path, "form": form, "yes": yes or title,
             "lead": lead, "red": red, "version": version}  # fmt: skip
    if request.method != "POST":
        return render(request, template, given)
    if not form.is_valid():
        return render(request, template, given, status=422)
    try:
        run(form.cleaned_data)
    except UseCaseError as error:
        return refuse(request, error, template, given, form=form)
    return done(request, said, to)


def draw(request: DeskRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """A page of this desk, which knows what this person may do at all."""
    may = request.actor.may
    given = {
        "may_issue": may(P.SUPERVISION_ISSUE), "may_view": may(P.SUPERVISION_VIEW),
        "may_note": may(P.SUPERVISION_NOTE), "may_rules": may(P.SUPERVISION_RULES),
        "is_leader": may(P.SUPERVISION_APPROVE),
    }  # fmt: skip
    return render(request, template, {**given, **context})
