"""A responsible unit's desk 承办: to open, sign, handle, review inside, answer."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.appeals import lifecycle as life
from jiesu.appeals.actions import exposure, handling
from jiesu.appeals.gate import get_assignment_for
from jiesu.appeals.lifecycle import LIVE, State
from jiesu.appeals.models import Assignment, Attachment, Reply
from jiesu.catalogue import templates as texts
from jiesu.connectors.llm import drafting
from jiesu.connectors.llm.drafting import Wanted
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError
from jiesu.web import reply_check, uploads
from jiesu.web.components.faces import face_of_row
from jiesu.web.components.pieces import Bulk, Empty
from jiesu.web.doors import DeskRequest, desk_view, done, page_of, refuse
from jiesu.web.lists import QUICK_MINE, Work, count_up_to, list_context, list_view, near, tell_each
from jiesu.web.lists import news as list_news
from jiesu.web.navigation import Count
from jiesu.web.orders.dialogs import taking_over, unit_of
from jiesu.web.orders.forms import PassingDown, TakingOver
from jiesu.web.orders.phrases import places_of
from jiesu.web.unit.forms import ReportForm

EMPTY = Empty("没有要办的工单", "热线中心派来的工单会出现在这里，时限从派单起算。")


FIRST_TIME = (
    "热线中心派来的工单先在“待查阅”。点开就算查阅，请在时限内签收，或写明依据申请退单。",
    "签收后先联系诉求人，再办理；需要下级单位或科室办的，用“转派”。",
    "办完写答复：给诉求人的答复和内部的办理报告分开写。提交后先由本单位内审，再送热线中心审核。",
    "按 ? 看所有快捷键；右上角“通知”会告诉您新派、临期和退回的工单。",
)
PAUSED_LAST = ("is_paused", "due_at", "id")


def tabs(actor: Actor, at: dt.datetime) -> list[Work]:
    """The unit's real work states, what is due first on top."""
    mine = Assignment.objects.of_unit(actor)
    sign = Bulk("批量签收", url=reverse("unit:sign-many"), key="s", confirm="签收选中的工单？")
    down = Bulk("批量转派", dialog="pass-dialog", key="p")
    hand = Bulk("指定承办人", dialog="hand-dialog", key="h")
    signing = [sign] if actor.may(P.HANDLING_SIGN) else []
    sharing = [down] if actor.may(P.HANDLING_PASS_DOWN) else []
    sharing += [hand] if actor.may(life.TAKE_OVER.needs) else []
    return [
        Work("to_open", "待查阅", mine.to_open(), bulk=signing, empty=EMPTY,
             export={"states": "assigned"}),
        Work("to_sign", "待签收", mine.to_sign(), bulk=[*signing, *sharing[:1]], empty=EMPTY,
             export={"states": "opened"}),
        Work("handling", "办理中", mine.handling(), PAUSED_LAST, bulk=sharing, empty=EMPTY,
             export={"states": "handling,returning,passed_down"}),
        Work("inner", "待内审", mine.in_inner_review(),
             empty=Empty("没有待内审的答复", "承办人提交的答复会出现在这里，逐级审签后送出。"),
             export={"states": "inner_review"}),
        Work("again", "退回重办", mine.sent_back(), PAUSED_LAST, bulk=sharing,
             empty=Empty("没有退回重办的工单", "热线中心退回的、要二次办理的会出现在这里。")),
        Work("overdue", "已超期", mine.overdue(at), red=True, bulk=sharing,
             empty=Empty("没有超期工单", "都在限期内。")),
        Work("below", "已转派", mine.filter(state=State.PASSED_DOWN), PAUSED_LAST, counted=False,
             empty=Empty("没有转派出去的工单", "转派给下级单位或科室的会出现在这里，可以收回。"),
             export={"states": "passed_down"}),
        Work("sent", "已提交", mine.filter(state=State.REPORTED), ("-reported_at", "-id"),
             counted=False, export={"states": "reported"},
             empty=Empty("没有等热线中心审核的答复", "提交后在这里看热线中心审到哪一步。")),
        Work("ended", "已结束", mine.exclude(state__in=LIVE), ("-id",), counted=False,
             empty=Empty("还没有结束的工单"), export={"states": "done"}),
    ]  # fmt: skip


def waiting(actor: Actor, at: dt.datetime) -> Count:
    """What waits for the unit, for the navigation."""
    mine = Assignment.objects.of_unit(actor).filter(
        state__in=[State.ASSIGNED, State.OPENED, State.HANDLING, State.INNER_REVIEW]
    )
    return Count(count_up_to(mine), red=mine.overdue(at).exists())


@list_view(P.HANDLING_SIGN, P.HANDLING_INNER_REVIEW)
def home(request: DeskRequest) -> HttpResponse:
    """The unit's list; whoever only reviews starts at the inner review."""
    at = clock.now()
    shown = list_context(
        request, "unit", _work(request, at), at, quick=QUICK_MINE, first_time=FIRST_TIME
    )
    context = {**shown, "heading": "承办", "passing": PassingDown(), "handing": TakingOver()}
    return render(request, "unit/list.html", context)


@desk_view(P.HANDLING_SIGN, P.HANDLING_INNER_REVIEW)
def news(request: DeskRequest) -> HttpResponse:
    """What changed since the list was drawn."""
    at = clock.now()
    return list_news(request, _work(request, at), at)


def _work(request: DeskRequest, at: dt.datetime) -> list[Work]:
    work = tabs(request.actor, at)
    if not request.actor.may(P.HANDLING_SIGN):
        work.sort(key=lambda w: w.name != "inner")
    return work


@require_POST
@desk_view(P.HANDLING_SIGN)
def sign_many(request: DeskRequest) -> HttpResponse:
    """Sign several orders; each stands for itself, and each refusal is told."""

    def sign(assignment: Assignment) -> object:
        return handling.sign(assignment, actor=request.actor, at=clock.now())

    return _each(request, sign, "签收")


@require_POST
@desk_view(P.HANDLING_PASS_DOWN)
def pass_many(request: DeskRequest) -> HttpResponse:
    """Pass several orders down to one unit."""
    form = PassingDown(request.POST)
    if not form.is_valid():
        messages.error(request, "请从列表中选择下级单位或科室。")
        return redirect(_list_url(request))
    said = form.cleaned_data

    def pass_down(assignment: Assignment) -> object:
        unit = unit_of(said["unit"], "unit")
        return handling.pass_down(
            assignment, unit, said["instruction"], actor=request.actor, at=clock.now()
        )

    return _each(request, pass_down, "转派")


@require_POST
@desk_view(life.TAKE_OVER.needs)
def hand_many(request: DeskRequest) -> HttpResponse:
    """Give several orders to one colleague."""
    form = TakingOver(request.POST)
    if not form.is_valid():
        messages.error(request, "请从列表中选择承办人。")
        return redirect(_list_url(request))

    def hand(assignment: Assignment) -> object:
        return taking_over(assignment, form.cleaned_data, request.actor, clock.now())

    return _each(request, hand, "指定承办人")


def _each(request: DeskRequest, act: Callable[[Assignment], object], verb: str) -> HttpResponse:
    """Do it to each chosen order; each stands for itself, and each refusal is told."""
    picked = [int(p) for p in request.POST.getlist("picked") if p.isdecimal()][:100]
    rows = Assignment.objects.of_unit(request.actor).select_related("appeal", "unit", "parent")
    done_, refused = 0, []
    for assignment in rows.filter(pk__in=picked):
        try:
            act(assignment)
            done_ += 1
        except UseCaseError as error:
            refused.append(f"{assignment.appeal.number}：{error.message}")
    tell_each(request, done_, refused, verb)
    return redirect(_list_url(request))


def _list_url(request: DeskRequest) -> str:
    """The list these rows were chosen in."""
    back = page_of(request)
    return back if back.startswith(reverse("unit:home")) else reverse("unit:home")


@desk_view(P.HANDLING_REPORT)
def report(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """Write the answer and hand it in."""
    assignment = _shown(request, number, pk)
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
def check(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """What the reply gate says of what is being written."""
    assignment = get_assignment_for(request.actor, number, pk)
    text = request.POST.get("public_reply", "")[:20_000]
    said = reply_check.shown(assignment.appeal, text, clock.now()) if text.strip() else {}
    return render(request, "components/reply_gate.html" if said else "unit/no_check.html", said)


@require_POST
@desk_view(P.HANDLING_REPORT)
def model_draft(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """A draft of the reply by the language model, to be taken and mended, or left."""
    assignment = get_assignment_for(request.actor, number, pk)
    appeal = assignment.appeal
    known = f"诉求：{appeal.title}\n{appeal.content}"
    handled = request.POST.get("handling_report", "")[:5_000] or "（还没有写）"
    found = drafting.draft(
        Wanted.REPLY, f"{known[:4_000]}\n办理情况：{handled}",
        personal=[appeal.name, appeal.phone, appeal.phone2, appeal.document_number,
                  appeal.home_address],
        confidentiality=appeal.confidentiality, subject=f"appeal:{number}",
        actor=request.actor, at=clock.now(),
    )  # fmt: skip
    return render(request, "unit/model_draft.html", {"draft": found})


@require_POST
@desk_view(P.HANDLING_REPORT)
def save_draft(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """Keep what was written so far."""
    assignment = _shown(request, number, pk)
    form = ReportForm(request.POST)
    if not form.is_valid():
        shown = _context(request, assignment, form, uploads.key_of(request))
        return render(request, "unit/report.html", shown, status=422)
    handling.save_draft(assignment, form.answer(), actor=request.actor, at=clock.now())
    return done(request, "草稿已保存。", reverse("unit:report", args=[number, pk]))


# --- inside ---------------------------------------------------------------------------------------


def _shown(request: DeskRequest, number: str, pk: int) -> Assignment:
    """The assignment, if it is still the one that the page showed."""
    given = request.POST.get("version", "")
    version = int(given) if given.isdecimal() else None
    return get_assignment_for(request.actor, number, pk, version=version)


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
    told = places_of(appeal, request.actor, at)
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
        "phrases": [
            (t.title, texts.fill(t.body, told))
            for t in texts.for_desk("unit", request.post.unit)[:20]
        ],
        "waiting": list(
            Assignment.objects.filter(appeal=appeal, state__in=LIVE - {State.REPORTED})
            .exclude(pk=assignment.pk).filter(depth=assignment.depth)
        )
        if is_lead
        else [],
        "place": near(appeal.region_name, request.post.unit.region.name),
        "upload_key": key,
        "uploaded": uploads.waiting(request.actor, key),
        "has_model": drafting.is_on(),
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
