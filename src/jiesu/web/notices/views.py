"""Notices 通知: the page of all of them, and what the frame of every page shows of them."""

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor, Permission
from jiesu.foundation import clock
from jiesu.notifications import notices
from jiesu.notifications.models import Notice as Told
from jiesu.scoring import reading as scores
from jiesu.web.doors import DeskRequest, desk_view, done
from jiesu.web.navigation import Count, Notice

SHOWN_BELOW_THE_BELL = 8


def newest(actor: Actor, at: dt.datetime) -> list[Notice]:
    """What opens below 通知 in the bar."""
    page = notices.page(actor.user_id or 0, size=SHOWN_BELOW_THE_BELL)
    return [
        Notice(words_of(n), reverse("notices:open", args=[n.pk]), n.at, is_unread=n.read_at is None)
        for n in page.rows
    ]


def unread(actor: Actor, at: dt.datetime) -> Count:
    """How many have not been read."""
    return Count(notices.unread_count(actor.user_id or 0))


def words_of(notice: Told) -> str:
    """新派工单：东街口地铁站占道经营."""
    return f"{notice.title}：{notice.text}" if notice.text else notice.title


@desk_view()
def home(request: DeskRequest) -> HttpResponse:
    """All of one's notices, newest first."""
    given = request.GET.get("before", "")
    only_unread = request.GET.get("tab") == "unread"
    page = notices.page(
        request.actor.user_id or 0,
        before=int(given) if given.isdecimal() and len(given) < 19 else None,
        unread=only_unread,
    )
    context = {"page": page, "only_unread": only_unread}
    return render(request, "notices/home.html", context)


@desk_view()
def open_(request: DeskRequest, pk: int) -> HttpResponse:
    """Go to what a notice tells of, and count it as read."""
    notice = notices.mark_read(pk, actor=request.actor, at=clock.now())
    if notice.number:
        return redirect("orders:order", notice.number)
    return redirect(_page_of(notice.subject, request.actor))


def _page_of(subject: str, actor: Actor) -> str:
    """The page of what a notice without an order tells of: ``bulletin:12``."""
    what, _, pk = subject.partition(":")
    if what == "bulletin":
        return reverse("bulletins:bulletin", args=[pk])
    if what == "instrument":
        return reverse("supervision:instrument", args=[pk])
    if what == "score_exclusion":
        return reverse("scoring:exclusion", args=[pk])
    if what == "remedy":
        return reverse("scoring:remedy", args=[pk])
    if what == "score_period":
        unit = None if actor.may(Permission.SCORING_VIEW) else scores.own_unit_id(actor)
        return reverse("scoring:unit", args=[pk, unit]) if unit else reverse(
            "scoring:period", args=[pk]
        )  # fmt: skip
    return reverse("notices:home")


@require_POST
@desk_view()
def read_all(request: DeskRequest) -> HttpResponse:
    """Count all up to the newest one shown as read."""
    given = request.POST.get("up_to", "")
    up_to = int(given) if given.isdecimal() and len(given) < 19 else None
    notices.mark_all_read(actor=request.actor, at=clock.now(), up_to=up_to)
    return done(request, "已全部标为已读。", reverse("notices:home"))
