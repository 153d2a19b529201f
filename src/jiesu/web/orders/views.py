"""One order: what happened, what I may do now, and doing it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from jiesu.access import Permission as P
from jiesu.appeals.actions import conferring, exposure, handling
from jiesu.appeals.gate import get_appeal_for, get_assignment_for
from jiesu.appeals.lifecycle import APPEAL_MOVES, ASSIGNMENT_MOVES, State
from jiesu.appeals.models import Appeal, Assignment, Attachment, Consultation, Opinion
from jiesu.foundation import clock
from jiesu.foundation.errors import Forbidden, NotFound, UseCaseError
from jiesu.web.components.pieces import Option
from jiesu.web.doors import DeskRequest, desk_view, done, page_of, refuse
from jiesu.web.once import once
from jiesu.web.orders import dialogs
from jiesu.web.orders import forms as small
from jiesu.web.orders.page import context

DIALOG = "components/reason_dialog.html"


@desk_view(P.APPEAL_VIEW)
def order(request: DeskRequest, number: str) -> HttpResponse:
    """The order's page; looking at it is the unit's 查阅."""
    at = clock.now()
    appeal = get_appeal_for(request.actor, number)
    _note_look(request, appeal)
    shown = context(appeal, request.actor, at)
    request.desk = shown["desk"][0]
    return render(request, "orders/order.html", shown)


@desk_view(P.APPEAL_VIEW)
def print_(request: DeskRequest, number: str) -> HttpResponse:
    """The order as one sheet for the printer."""
    appeal = get_appeal_for(request.actor, number)
    shown = context(appeal, request.actor, clock.now())
    return render(request, "orders/print.html", {**shown, "now": clock.now()})


@desk_view(P.APPEAL_VIEW)
def move(request: DeskRequest, number: str, name: str) -> HttpResponse:
    """One move of the appeal: its dialog, and doing it."""
    dialog = dialogs.DIALOGS.get(name)
    if dialog is None:
        raise Http404
    at = clock.now()
    appeal = get_appeal_for(
        request.actor, number, APPEAL_MOVES[name].needs, version=_version(request)
    )

    def run(values: Mapping[str, Any]) -> object:
        return dialog.run(appeal, values, request.actor, at)

    return _dialog(
        request, dialog, run, number, version=appeal.version, initial=dialog.initial(appeal, at),
        near=dialog.near(appeal, request.actor), near_field=dialog.near_field,
    )  # fmt: skip


@desk_view(P.APPEAL_VIEW)
def assignment_move(request: DeskRequest, number: str, pk: int, name: str) -> HttpResponse:
    """One move of an assignment: its dialog, and doing it."""
    dialog = dialogs.ASSIGNMENT_DIALOGS.get(name)
    if dialog is None:
        raise Http404
    at = clock.now()
    assignment = get_assignment_for(request.actor, number, pk, version=_version(request))
    if not request.actor.may(ASSIGNMENT_MOVES[name].needs):
        raise Forbidden

    def run(values: Mapping[str, Any]) -> object:
        return dialog.run(assignment, values, request.actor, at)

    return _dialog(request, dialog, run, number, version=assignment.version)


@desk_view(P.APPEAL_VIEW)
def judge(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """Decide on what a unit applied for."""
    application = dialogs.application_for(request.actor, number, pk)
    if application.judge_unit_id != request.actor.unit_id:
        raise Forbidden("这项申请由派单的单位审批。")
    title = f"审批{application.get_kind_display()}申请"

    def run(values: Mapping[str, Any]) -> object:
        return dialogs.judge(application, values, request.actor, clock.now())

    form = small.JUDGING.get(application.kind, small.Judging)
    dialog = dialogs.Dialog(title, form, lambda *_: None, "已审批。", yes="提交审批")
    return _dialog(request, dialog, run, number, facts=dialogs.pleaded(application))


@desk_view(P.DISPATCH_CONSULT, P.APPEAL_VIEW)
def opine(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """Give the unit's opinion in a consultation."""
    appeal = get_appeal_for(request.actor, number)
    opinion = (
        Opinion.objects.select_related("consultation")
        .filter(consultation__appeal=appeal, pk=pk)
        .first()
    )
    if opinion is None:
        raise NotFound
    opinion.consultation.appeal = appeal

    def run(values: Mapping[str, Any]) -> object:
        conferring.give_opinion(opinion, values["text"], actor=request.actor, at=clock.now())
        return opinion

    dialog = dialogs.Dialog(
        "会商意见", small.Opining, lambda *_: None, "已提交会商意见。",
        lead=opinion.consultation.question,
    )  # fmt: skip
    return _dialog(request, dialog, run, number)


@desk_view(P.DISPATCH_CONSULT)
def conclude(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """End a consultation with its conclusion."""
    appeal = get_appeal_for(request.actor, number)
    consultation = Consultation.objects.filter(appeal=appeal, pk=pk).first()
    if consultation is None:
        raise NotFound
    consultation.appeal = appeal

    def run(values: Mapping[str, Any]) -> object:
        conferring.conclude(consultation, values["text"], actor=request.actor, at=clock.now())
        return consultation

    dialog = dialogs.Dialog(
        "会商结论", small.Opining, lambda *_: None, "会商已结束。", lead=consultation.question
    )
    return _dialog(request, dialog, run, number)


@desk_view(P.APPEAL_REVEAL)
def reveal(request: DeskRequest, number: str) -> HttpResponse:
    """Show the petitioner's data in the clear, for a reason."""
    appeal = get_appeal_for(request.actor, number, P.APPEAL_REVEAL)
    form = small.Revealing(request.POST or None)
    given = {"title": "查看诉求人信息", "post_url": request.path, "form": form}
    if request.method != "POST":
        return render(request, "components/confirm_reveal.html", given)
    if not form.is_valid():
        return render(request, "components/confirm_reveal.html", given, status=422)
    try:
        person = exposure.reveal(
            appeal,
            form.cleaned_data["reason"],
            actor=request.actor,
            at=clock.now(),
            ip=request.META.get("REMOTE_ADDR", ""),
        )
    except UseCaseError as error:
        return refuse(request, error, "components/confirm_reveal.html", given, form=form)
    facts = [
        (label, value)
        for label, value in (
            ("姓名", person.name), ("联系电话", person.phone), ("备用电话", person.phone2),
            ("证件号码", person.document_number), ("地址", person.home_address),
            *((answer.label, answer.text) for answer in person.answers),
        )
        if value
    ]  # fmt: skip
    answer = {"title": "诉求人信息", "facts": facts}
    return render(request, "components/reveal_result.html", answer)


@desk_view(P.APPEAL_VIEW)
def attachment(request: DeskRequest, number: str, pk: int) -> HttpResponse:
    """A file of the order; shown as a download, never run in the page."""
    appeal = get_appeal_for(request.actor, number)
    found = Attachment.objects.filter(appeal=appeal, pk=pk).first()
    if found is None:
        raise NotFound("没有找到这个附件，可能已被移除。")
    inline = found.content_type.startswith(("image/", "video/", "audio/"))
    response = FileResponse(
        found.file.open("rb"),
        as_attachment=not inline,
        filename=found.name,
        content_type=found.content_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response  # type: ignore[return-value]  # a file is sent as a stream


# --- inside ---------------------------------------------------------------------------------------


def _version(request: DeskRequest) -> int | None:
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() else None


def _note_look(request: DeskRequest, appeal: Appeal) -> None:
    """The first look of the unit's own staff is recorded as 查阅."""
    if request.actor.unit_id is None or not request.actor.may(P.HANDLING_OPEN):
        return
    waiting = Assignment.objects.select_related("unit").filter(
        appeal=appeal, unit_id=request.actor.unit_id, state=State.ASSIGNED
    )
    for assignment in waiting:
        assignment.appeal = appeal
        handling.open_(assignment, actor=request.actor, at=clock.now())


def _dialog(
    request: DeskRequest,
    dialog: dialogs.Dialog | dialogs.AssignmentDialog,
    run: Callable[[Mapping[str, Any]], object],
    number: str,
    *,
    version: int | None = None,
    initial: Mapping[str, Any] | None = None,
    facts: Sequence[tuple[str, str]] = (),
    near: Sequence[Option] = (),
    near_field: str = "",
) -> HttpResponse:
    """Show a move's form, or do the move; wrong input comes back at its fields."""
    form: forms.Form = dialog.form(request.POST if request.method == "POST" else None,
                                   initial=dict(initial or {}))  # fmt: skip
    given = {
        "title": dialog.title,
        "post_url": request.path,
        "form": form,
        "yes": dialog.yes or dialog.title,
        "lead": dialog.lead,
        "facts": facts,
        "near": near,
        "near_field": near_field,
        "version": version,
        "red": dialog.red,
    }
    if request.method != "POST":
        return render(request, DIALOG, given)
    if not form.is_valid():
        return render(request, DIALOG, given, status=422)
    try:
        once(request, lambda: _ran(run, form.cleaned_data))
    except UseCaseError as error:
        return refuse(request, error, DIALOG, given, form=form)
    return done(request, dialog.done, _back(request, number))


def _ran(run: Callable[[Mapping[str, Any]], object], values: Mapping[str, Any]) -> str:
    run(values)
    return ""


def _back(request: DeskRequest, number: str) -> str:
    """The page the dialog was opened on, or the order's."""
    page = page_of(request) if request.htmx else "/"
    return page if page != "/" else reverse("orders:order", args=[number])
