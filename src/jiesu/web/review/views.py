"""The centre's review desk 审核: complaint and reply side by side."""

import datetime as dt
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.appeals.actions import exposure, review
from jiesu.appeals.gate import get_appeal_for
from jiesu.appeals.lifecycle import LIVE, State, Status
from jiesu.appeals.models import Appeal, Assignment, Attachment, Reply
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table as CodeTable
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError, invalid
from jiesu.web import reply_check
from jiesu.web.components.faces import face_of_row, tags_of, type_words
from jiesu.web.components.pieces import Empty, FileItem, Waiting
from jiesu.web.components.widgets import Marks
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.lists import Work, count_up_to, list_context, list_view, near
from jiesu.web.lists import news as list_news
from jiesu.web.navigation import Count
from jiesu.web.orders.forms import text_field

EMPTY = Empty("没有待审核的答复", "承办单位提交的答复会出现在这里。")
KEYS = ("order", "matter", "category", "limit", "unit", "source")
FIRST_TIME = (
    "承办单位内审通过的答复会排进“待审核”，先到期的在前。",
    "点“逐件审核”：左边诉求和办理报告，中间答复。小的文字问题可以直接改，改动会记入工单经过。",
    "答复不行的，标出问题、写明要补什么，退回重办；承办单位的时限接着原来的算。",
)


def tabs(actor: Actor, at: dt.datetime) -> list[Work]:
    """What waits for a reviewer, and what became of it."""
    ours = Appeal.objects.of_centre(actor)
    return [
        Work("reported", "待审核", ours.awaiting_review(), empty=EMPTY,
             export={"statuses": Status.REPORTED, "own": "1"}),
        Work("overdue", "已超期", ours.awaiting_review().overdue(at), red=True,
             empty=Empty("没有超期未审的答复", "都在限期内。"),
             export={"statuses": Status.REPORTED, "own": "1", "due": "overdue"}),
        Work("again", "退回重办中", ours.filter(status=Status.DISPATCHED, send_back_count__gt=0),
             counted=False, empty=Empty("没有退回重办的工单", "退回后承办单位重新提交前在这里。")),
        Work("ended", "近期办结", ours.filter(status=Status.CLOSED), ("-id",), counted=False,
             empty=Empty("还没有办结的工单"), export={"statuses": Status.CLOSED, "own": "1"}),
    ]  # fmt: skip


def waiting(actor: Actor, at: dt.datetime) -> Count:
    """What waits for the reviewers, for the navigation."""
    ours = Appeal.objects.of_centre(actor).awaiting_review()
    return Count(count_up_to(ours), red=ours.overdue(at).exists())


class ReviewForm(forms.Form):
    """Let it go or send it back."""

    public_reply = text_field("给诉求人的答复", 20_000, required=False, rows=8,
                              help_text="可以改文字；改动会记入工单经过。")  # fmt: skip
    note = text_field("审核意见", 1000, required=False, rows=2)
    publish = forms.BooleanField(label="公开答复", required=False)
    reason_codes = forms.MultipleChoiceField(
        label="答复的问题（点选标出）", required=False, widget=Marks,
        choices=lambda: codes.choices(CodeTable.SEND_BACK_REASON, clock.now()),
    )  # fmt: skip


@list_view(P.REVIEW_DECIDE)
def home(request: DeskRequest) -> HttpResponse:
    """The replies that wait, due first."""
    at = clock.now()
    work = tabs(request.actor, at)
    shown = list_context(request, "review", work, at, keys=KEYS, first_time=FIRST_TIME)
    return render(request, "review/list.html", {**shown, "heading": "审核"})


@desk_view(P.REVIEW_DECIDE)
def news(request: DeskRequest) -> HttpResponse:
    """What changed since the list was drawn."""
    at = clock.now()
    return list_news(request, tabs(request.actor, at), at)


@desk_view(P.REVIEW_DECIDE)
def work(request: DeskRequest, number: str) -> HttpResponse:
    """One reply beside its complaint; a decision leads to the next."""
    at = clock.now()
    given = request.POST.get("version", "")
    appeal = get_appeal_for(
        request.actor, number, P.REVIEW_DECIDE, version=int(given) if given.isdecimal() else None
    )
    reply = review.current_reply(appeal)
    initial = {"public_reply": reply.public_reply} if reply else {}
    form = ReviewForm(request.POST if request.method == "POST" else None, initial=initial)
    shown = _context(request, appeal, reply, form, at)
    if request.method != "POST":
        return render(request, "review/work.html", shown)
    if not form.is_valid():
        return render(request, "review/work.html", shown, status=422)
    said = form.cleaned_data
    try:
        if request.POST.get("verdict") == "approve":
            review.approve(
                appeal, said["note"], public_reply=said["public_reply"], publish=said["publish"],
                actor=request.actor, at=at,
            )  # fmt: skip
            words = f"{number} 已审核通过。"
        else:
            marked = [codes.label(CodeTable.SEND_BACK_REASON, c) for c in said["reason_codes"]]
            why = said["note"].strip() or "；".join(marked)
            if not why:
                raise invalid("note", "退回须标出问题或写明理由，承办单位要据此重办。", "required")
            review.send_back(appeal, why, said["reason_codes"], actor=request.actor, at=at)
            words = f"{number} 已退回重办。"
    except UseCaseError as error:
        return refuse(request, error, "review/work.html", shown, form=form)
    following = _queue(request.actor).exclude(pk=appeal.pk).first()
    url = reverse("review:work", args=[following.number]) if following else reverse("review:home")
    return done(request, words, url)


@require_POST
@desk_view(P.REVIEW_DECIDE)
def check(request: DeskRequest, number: str) -> HttpResponse:
    """The five gates of the reply as it now stands in the field."""
    appeal = get_appeal_for(request.actor, number, P.REVIEW_DECIDE)
    text = request.POST.get("public_reply", "")[:20_000]
    said = reply_check.shown(appeal, text, clock.now())
    return render(request, "components/reply_gate.html", {**said, "inside": True})


def _queue(actor: Actor) -> Any:
    return (
        Appeal.objects.of_centre(actor)
        .awaiting_review()
        .order_by("due_at", "id")
        .only("number", "title", "lead_unit_name", "due_at", "yellow_at", "due_kind", "due_unit",
              "is_paused", "status")
    )  # fmt: skip


def _context(
    request: DeskRequest, appeal: Appeal, reply: Reply | None, form: ReviewForm, at: dt.datetime
) -> dict[str, Any]:
    return {
        "appeal": appeal,
        "reply": reply,
        "form": form,
        "face": face_of_row(appeal, at),
        "tags": tags_of(appeal),
        "type": type_words(appeal),
        "person": exposure.person_of(appeal, request.actor),
        "contacts": list(appeal.contacts.order_by("-at")[:5]),
        "earlier": list(
            Reply.objects.select_related("assignment")
            .filter(appeal=appeal, stage=Reply.Stage.SENT_BACK)
            .order_by("-pk")[:3]
        ),
        "files": [
            FileItem(f.name, reverse("orders:attachment", args=[appeal.number, f.pk]), f.size,
                     f.get_purpose_display())
            for f in Attachment.objects.filter(appeal=appeal).order_by("pk")
        ],
        "joint": list(
            Reply.objects.select_related("assignment")
            .filter(appeal=appeal, assignment__depth=0)
            .exclude(stage=Reply.Stage.DRAFT)
            .exclude(assignment__nature=Assignment.Nature.LEAD)
            .order_by("-pk")[:6]
        ),
        "missing": list(
            Assignment.objects.filter(
                appeal=appeal, depth=0, state__in=LIVE - {State.REPORTED}
            ).exclude(nature=Assignment.Nature.LEAD)
        ),
        "queue": [
            Waiting(a.title, reverse("review:work", args=[a.number]), a.lead_unit_name,
                    face_of_row(a, at), current=a.pk == appeal.pk)
            for a in _queue(request.actor)[:10]
        ],
        "place": near(appeal.region_name, request.post.unit.region.name),
        "ready": appeal.status == Status.REPORTED,
    }  # fmt: skip
