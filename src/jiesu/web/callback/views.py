"""The call-back desk 回访: whom to call, what to say, what they said."""

import datetime as dt
from typing import Any

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

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
from jiesu.web.components.pieces import Empty, Waiting
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.lists import Work, count_up_to, list_context, list_view
from jiesu.web.lists import news as list_news
from jiesu.web.navigation import Count
from jiesu.web.orders.dialogs import said_of
from jiesu.web.orders.forms import CallingBack
from jiesu.web.orders.phrases import places_of

EMPTY = Empty("没有要回访的工单", "审核通过的答复会出现在这里，三个工作日内回访。")
KEYS = ("order", "matter", "limit", "unit", "answered")
FIRST_TIME = (
    "审核通过的答复会排进“待回访”，先到期的在前；约了时间的到点才出现。",
    "点“开始回访”：左边是话术、诉求和答复，右边记结果。接通按 Y，已解决按 S，满意度按 5 到 1，"
    "Ctrl 回车记录并打下一件。",
    "不满意或未解决的，选二次办理退回承办单位，或附依据认定办结；打不通的约时间再打。",
)


def tabs(actor: Actor, at: dt.datetime) -> list[Work]:
    """Whom to call now, later, and what they said."""
    ours = Appeal.objects.of_centre(actor)
    mine = {"statuses": Status.CALLBACK, "own": "1"}
    return [
        Work("now", "待回访", ours.awaiting_callback(at), empty=EMPTY, export=mine),
        Work("later", "已约时间", ours.awaiting_callback().filter(next_callback_at__gt=at),
             ("next_callback_at", "id"),
             empty=Empty("没有约好时间的回访", "约了时间再打的会出现在这里，到时候回到待回访。")),
        Work("bad", "不满意待核实", ours.awaiting_callback().filter(satisfaction__lt=3), red=True,
             empty=Empty("没有不满意待核实的工单", "诉求人自己评价不满意的，由您打电话核实。"),
             export={**mine, "flag": "dissatisfied"}),
        Work("overdue", "已超期", ours.awaiting_callback().overdue(at), red=True,
             empty=Empty("没有超期未回访的工单", "都在限期内。"),
             export={**mine, "due": "overdue"}),
        Work("done", "近期办结", ours.filter(status=Status.CLOSED), ("-id",), counted=False,
             empty=Empty("还没有办结的工单"), export={"statuses": Status.CLOSED, "own": "1"}),
    ]  # fmt: skip


def waiting(actor: Actor, at: dt.datetime) -> Count:
    """Whom to call now, for the navigation."""
    ours = Appeal.objects.of_centre(actor).awaiting_callback(at)
    return Count(count_up_to(ours), red=ours.overdue(at).exists())


@list_view(P.CALLBACK_RECORD)
def home(request: DeskRequest) -> HttpResponse:
    """The call list, due first."""
    at = clock.now()
    work = tabs(request.actor, at)
    shown = list_context(request, "callback", work, at, keys=KEYS, first_time=FIRST_TIME)
    return render(request, "callback/list.html", {**shown, "heading": "回访"})


@desk_view(P.CALLBACK_RECORD)
def news(request: DeskRequest) -> HttpResponse:
    """What changed since the list was drawn."""
    at = clock.now()
    return list_news(request, tabs(request.actor, at), at)


@desk_view(P.CALLBACK_RECORD)
def work(request: DeskRequest, number: str) -> HttpResponse:
    """One call: the script, the answer that was given, the outcome by keys; then the next call."""
    at = clock.now()
    given = request.POST.get("version", "")
    appeal = get_appeal_for(
        request.actor, number, P.CALLBACK_RECORD, version=int(given) if given.isdecimal() else None
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


@desk_view(P.CALLBACK_RECORD)
@require_POST
def phone(request: DeskRequest, number: str) -> HttpResponse:
    """Whom to call, in the clear; the audit log has who looked, and that it was for this call."""
    appeal = get_appeal_for(request.actor, number, P.CALLBACK_RECORD)
    person = exposure.reveal_to_call(
        appeal, actor=request.actor, at=clock.now(), ip=request.META.get("REMOTE_ADDR", "")
    )
    return render(request, "callback/phone.html", {"person": person})


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
    told = places_of(appeal, request.actor, at)
    return {
        "appeal": appeal,
        "form": form,
        "face": face_of_row(appeal, at),
        "tags": tags_of(appeal),
        "type": type_words(appeal),
        "person": person,
        "calls": [
            (call, callback.LEVELS.get(call.satisfaction or 0, ""))
            for call in Callback.objects.filter(appeal=appeal).order_by("-pk")[:6]
        ],
        "script": [
            (t.title, texts.fill(t.body, told))
            for t in texts.for_desk("callback", request.post.unit)[:6]
        ],
        "redo_left": max(most - appeal.redo_count, 0),
        "tries_left": max(rules.value(Rule.MAX_CALLBACK_TRIES, at) - appeal.callback_tries, 0),
        "queue": [
            Waiting(a.title, reverse("callback:work", args=[a.number]), a.lead_unit_name,
                    face_of_row(a, at), current=a.pk == appeal.pk)
            for a in _queue(request.actor, at)[:10]
        ],
        "ready": appeal.status == Status.CALLBACK,
    }  # fmt: skip
