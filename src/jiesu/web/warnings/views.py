"""The ringing warnings: shortest time first, their clocks running; what was done is noted here."""

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.foundation import clock
from jiesu.warnings import raising
from jiesu.warnings.models import Warning
from jiesu.web.doors import DeskRequest, desk_view, done
from jiesu.web.lists import count_up_to
from jiesu.web.navigation import Count
from jiesu.web.paging import key_page

SHOWN = 30


def waiting(actor: Actor, at: dt.datetime) -> Count:
    """How many ring; red when one is past its time."""
    rows = raising.visible_to(actor).filter(acted_at=None)
    return Count(count_up_to(rows), red=rows.filter(act_by__lt=at).exists())


@desk_view(P.WARNINGS_ACT)
def home(request: DeskRequest) -> HttpResponse:
    """What rings, and what was done before."""
    done_before = key_page(
        raising.visible_to(request.actor).exclude(acted_at=None).select_related("appeal"),
        ["-acted_at", "-id"], request.GET.get("after", ""), 20,
    )  # fmt: skip
    may_words = request.actor.may(P.WARNINGS_WORDS)
    return render(
        request, "warnings/home.html",
        {**_ringing(request), "before": done_before, "may_words": may_words},
    )  # fmt: skip


@desk_view(P.WARNINGS_ACT)
def ringing(request: DeskRequest) -> HttpResponse:
    """The part of the page that asks again by itself."""
    return render(request, "warnings/ringing.html", _ringing(request))


@require_POST
@desk_view(P.WARNINGS_ACT)
def act(request: DeskRequest, pk: int) -> HttpResponse:
    """Note what was done."""
    row = raising.act(
        pk, request.POST.get("act", ""), request.POST.get("note", ""), actor=request.actor,
        at=clock.now(),
    )  # fmt: skip
    return done(
        request, f"{row.get_kind_display()}：{row.get_act_display()}。", reverse("warnings:home")
    )


def _ringing(request: DeskRequest) -> dict[str, Any]:
    at = clock.now()
    rows = list(
        raising.visible_to(request.actor)
        .filter(acted_at=None)
        .select_related("appeal")
        .order_by("act_by", "id")[: SHOWN + 1]
    )
    return {
        "rows": [(row, min(99, round(row.score * 100)), *_left(row, at)) for row in rows[:SHOWN]],
        "more": len(rows) > SHOWN,
        "acts": Warning.Act.choices,
    }


def _left(row: Warning, at: dt.datetime) -> tuple[str, bool]:
    """How long until it must be acted on, in words, and whether that is past."""
    seconds = int((row.act_by - at).total_seconds())
    late = seconds < 0
    minutes, rest = divmod(abs(seconds), 60)
    words = (
        f"{minutes // 60} 小时 {minutes % 60} 分" if minutes >= 60 else f"{minutes} 分 {rest} 秒"
    )
    return (f"已超 {words}" if late else f"还有 {words}"), late
