"""A responsible unit's desk 承办: to open, sign, handle, review inside, answer."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.appeals.actions import exposure, handling
from jiesu.appeals.gate import get_assignment_for
from jiesu.appeals.lifecycle import LIVE, State
from jiesu.appeals.models import Assignment, Attachment, Reply
from jiesu.catalogue import templates as texts
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError
from jiesu.web import uploads
from jiesu.web.components.faces import face_of_row
from jiesu.web.components.pieces import Bulk, Empty
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.lists import Work, count_up_to, list_context
from jiesu.web.navigation import Count
from jiesu.web.unit.forms import ReportForm

EMPTY = Empty("没有要办的工单", "热线中心派来的工单会出现在这里，时限从派单起算。")


def tabs(actor: Actor, at: dt.datetime) -> list[Work]:
    """The unit's real work states."""
    mine = Assignment.objects.of_unit(actor)
    sign = [Bulk("批量签收", url=reverse("unit:sign-many"), key="s", confirm="签收选中的工单？")]
    may_sign = actor.may(P.HANDLING_SIGN)
    return [
        Work("to_open", "待查阅", mine.to_open(), bulk=sign if may_sign else (), empty=EMPTY),
        Work("to_sign", "待签收", mine.to_sign(), bulk=sign if may_sign else (), empty=EMPTY),
        Work("handling", "办理中", mine.handling(), empty=EMPTY),
        Work("inner", "待内审", mine.in_inner_review(), empty=EMPTY),
        Work("again", "退回重办", mine.sent_back(), empty=EMPTY),
        Work("overdue", "已超期", mine.overdue(at), red=True,
             empty=Empty("没有超期工单", "保持下去。")),
        Work("below", "已转派", mine.filter(state=State.PASSED_DOWN), empty=EMPTY, counted=False),
        Work("sent", "已提交", mine.filter(state=State.REPORTED), ("-reported_at", "-id"),
             empty=EMPTY, counted=False),
        Work("ended", "已结束", mine.exclude(state__in=LIVE), ("-id",), empty=EMPTY,
             counted=False),
    ]  # fmt: skip


def waiting(actor: Actor, at: dt.datetime) -> Count:
    """What waits for the unit, for the navigation."""
    mine = Assignment.objects.of_unit(actor).filter(
        state__in=[State.ASSIGNED, State.OPENED, State.HANDLING, State.INNER_REVIEW]
    )
    return Count(count_up_to(mine), red=mine.overdue(at).exists())


@desk_view(P.HANDLING_SIGN, P.HANDLING_INNER_REVIEW)
def home(request: DeskRequest) -> HttpResponse:
    """The unit's list; whoever only reviews starts at the inner review."""
    at = clock.now()
    work = tabs(request.actor, at)
    if not request.actor.may(P.HANDLING_SIGN):
        work.sort(key=lambda w: w.name != "inner")
    shown = list_context(request, "unit", work, at)
    return render(request, "lists/list.html", {**shown, "heading": "承办"})


@require_POST
@desk_view(P.HANDLING_SIGN)
def sign_many(request: DeskRequest) -> HttpResponse:
    """Sign several orders; each stands for itself, and each refusal is told."""
    picked = [int(p) for p in request.POST.getlist("picked") if p.isdigit()][:100]
    signed, refused = 0, []
    rows = Assignment.objects.of_unit(request.actor).select_related("appeal", "unit")
    for assignment in rows.filter(pk__in=picked):
        try:
            handling.sign(assignment, actor=request.actor, at=clock.now())
            signed += 1
        except UseCaseError as error:
            refused.append(f"{assignment.appeal.number}：{error.message}")
    if signed:
        messages.success(request, f"已签收 {signed} 件。")
    for words in refused[:5]:
        messages.error(request, words)
    if not picked:
        messages.error(request, "请先勾选要签收的工单。")
    return redirect("unit:home")


@desk_view(P.HANDLING_REPORT)
def report(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """Write the answer and hand it in."""
    given = request.POST.get("version", "")
    assignment = get_assignment_for(
        request.actor, number, pk, version=int(given) if given.isdigit() else None
    )
    key = uploads.key_of(request)
    if request.method != "POST":
        form = ReportForm(initial=_written(assignment))
        return render(request, "unit/report.html", _context(request, assignment, form, key))
    form = ReportForm(request.POST)
    if not form.is_valid():
        shown = _context(request, assignment, form, key)
        return render(request, "unit/report.html", shown, status=422)
    try:
        uploads.receive(request, request.actor, Attachment.Purpose.REPLY, key)
        handling.report(assignment, form.answer(key), actor=request.actor, at=clock.now())
    except UseCaseError as error:
        shown = _context(request, assignment, form, key)
        return refuse(request, error, "unit/report.html", shown, form=form)
    return done(request, "答复已提交。", reverse("orders:order", args=[number]))


@require_POST
@desk_view(P.HANDLING_REPORT)
def save_draft(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """Keep what was written so far."""
    assignment = get_assignment_for(request.actor, number, pk)
    form = ReportForm(request.POST)
    if not form.is_valid():
        shown = _context(request, assignment, form, uploads.key_of(request))
        return render(request, "unit/report.html", shown, status=422)
    handling.save_draft(assignment, form.answer(), actor=request.actor, at=clock.now())
    return done(request, "草稿已保存。", reverse("unit:report", args=[number, pk]))


# --- inside ---------------------------------------------------------------------------------------


def _written(assignment: Assignment) -> dict[str, Any]:
    """This round's draft; else the last round's words; else what the unit below reported."""
    replies = Reply.objects.filter(assignment=assignment).order_by("-round")
    reply = replies.first() or (
        Reply.objects.filter(assignment__parent=assignment).order_by("-pk").first()
    )
    if reply is None:
        return {}
    words = {None: "", True: "yes", False: "no"}
    return {
        "public_reply": reply.public_reply,
        "handling_report": reply.handling_report,
        "found_true": words[reply.found_true],
        "solved": words[reply.solved],
        "unsolved_reason": reply.unsolved_reason,
        "legal_basis": reply.legal_basis,
    }


def _context(
    request: DeskRequest, assignment: Assignment, form: ReportForm, key: str
) -> dict[str, Any]:
    at = clock.now()
    appeal = assignment.appeal
    others = list(
        Reply.objects.select_related("assignment")
        .filter(appeal=appeal)
        .exclude(stage=Reply.Stage.DRAFT)
        .order_by("-pk")[:6]
    )
    is_lead = assignment.nature == Assignment.Nature.LEAD and assignment.depth == 0
    return {
        "appeal": appeal,
        "assignment": assignment,
        "form": form,
        "face": face_of_row(assignment, at),
        "person": exposure.person_of(appeal, request.actor),
        "contacts": list(appeal.contacts.order_by("-at")[:5]),
        "contact_url": reverse("orders:assignment-move",
                               args=[appeal.number, assignment.pk, "contact"]),
        "others": others,
        "phrases": list(texts.for_desk("unit", request.post.unit)[:20]),
        "upload_key": key,
        "uploaded": uploads.waiting(request.actor, key),
        "is_lead": is_lead,
        "rejected": next(
            (r for r in others if r.stage == Reply.Stage.SENT_BACK
             and r.assignment_id == assignment.pk), None
        ),
        "next_step": _next_step(assignment),
    }  # fmt: skip


def _next_step(assignment: Assignment) -> str:
    steps = assignment.unit.inner_review_steps
    if steps:
        return format_html("提交后先由本单位内审（{} 级），通过后送出。", steps)
    if assignment.parent_id is not None:
        return "提交后交回转派单位。"
    return "提交后直接送热线中心审核。"
