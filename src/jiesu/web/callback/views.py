"""The call-back desk 回访: whom to call, what to say, what they said."""

import datetime as dt
from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.appeals import rules
from jiesu.appeals.actions import callback, exposure
from jiesu.appeals.gate import get_appeal_for
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Callback
from jiesu.appeals.rules import Rule
from jiesu.catalogue import templates as texts
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError
from jiesu.web.components.faces import face_of_row, tags_of, type_words
from jiesu.web.components.pieces import Empty
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.lists import Work, count_up_to, list_context
from jiesu.web.navigation import Count
from jiesu.web.orders.dialogs import said_of
from jiesu.web.orders.forms import CallingBack

EMPTY = Empty("没有要回访的工单", "审核通过的答复会出现在这里，三个工作日内回访。")


def tabs(actor: Actor, at: dt.datetime) -> list[Work]:
    """Whom to call now, later, and what they said."""
    ours = Appeal.objects.of_centre(actor)
    return [
        Work("now", "待回访", ours.awaiting_callback(at), empty=EMPTY),
        Work("later", "已约时间", ours.awaiting_callback().filter(next_callback_at__gt=at),
             ("next_callback_at", "id"), empty=EMPTY),
        Work("bad", "不满意待核实", ours.awaiting_callback().filter(satisfaction__lt=3),
             red=True, empty=Empty("没有不满意待核实的工单", "")),
        Work("overdue", "已超期", ours.awaiting_callback().overdue(at), red=True, empty=EMPTY),
        Work("done", "近期办结", ours.filter(status=Status.CLOSED), ("-id",), counted=False),
    ]  # fmt: skip


def waiting(actor: Actor, at: dt.datetime) -> Count:
    """Whom to call now, for the navigation."""
    ours = Appeal.objects.of_centre(actor).awaiting_callback(at)
    return Count(count_up_to(ours), red=ours.overdue(at).exists())


@desk_view(P.CALLBACK_RECORD)
def home(request: DeskRequest) -> HttpResponse:
    """The call list, due first."""
    at = clock.now()
    shown = list_context(request, "callback", tabs(request.actor, at), at)
    return render(request, "callback/list.html", {**shown, "heading": "回访"})


@desk_view(P.CALLBACK_RECORD)
def work(request: DeskRequest, number: str) -> HttpResponse:
    """One call: the script, the answer that was given, the outcome by keys; then the next call."""
    at = clock.now()
    given = request.POST.get("version", "")
    appeal = get_appeal_for(
        request.actor, number, P.CALLBACK_RECORD, version=int(given) if given.isdigit() else None
    )
    form = CallingBack(request.POST if request.method == "POST" else None)
    shown = _context(request, appeal, form, at)
    if request.method != "POST":
        return render(request, "callback/work.html", shown)
    if not form.is_valid():
        return render(request, "callback/work.html", shown, status=422)
    try:
        callback.record(appeal, said_of(form.cleaned_data), actor=request.actor, at=at)
    except UseCaseError as error:
        return refuse(request, error, "callback/work.html", shown, form=form)
    following = _queue(request.actor, at).exclude(pk=appeal.pk).first()
    url = (
        reverse("callback:work", args=[following.number]) if following else reverse("callback:home")
    )
    return done(request, f"{number} 已记录回访。", url)


def _queue(actor: Actor, at: dt.datetime) -> Any:
    return (
        Appeal.objects.of_centre(actor)
        .awaiting_callback(at)
        .order_by(F("due_at").asc(nulls_last=True), "id")
        .only("number", "title", "lead_unit_name", "due_at", "yellow_at", "due_kind", "due_unit",
              "is_paused", "status")
    )  # fmt: skip


def _context(
    request: DeskRequest, appeal: Appeal, form: CallingBack, at: dt.datetime
) -> dict[str, Any]:
    most = rules.value(Rule.MAX_REDO, at)
    person = exposure.person_of(appeal, request.actor)
    return {
        "appeal": appeal,
        "form": form,
        "face": face_of_row(appeal, at),
        "tags": tags_of(appeal),
        "type": type_words(appeal),
        "person": person,
        "reveal_url": reverse("orders:reveal", args=[appeal.number]),
        "calls": list(Callback.objects.filter(appeal=appeal).order_by("-pk")[:6]),
        "script": list(texts.for_desk("callback", request.post.unit)[:6]),
        "redo_left": max(most - appeal.redo_count, 0),
        "tries_left": max(rules.value(Rule.MAX_CALLBACK_TRIES, at) - appeal.callback_tries, 0),
        "queue": [(a, face_of_row(a, at)) for a in _queue(request.actor, at)[:10]],
        "ready": appeal.status == Status.CALLBACK,
    }
