"""The scoring desk 考核: periods, units in a period, the orders behind a figure, my own unit."""

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from jiesu.access import Permission as P
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound
from jiesu.scoring import own, periods, reading
from jiesu.scoring.lifecycle import PeriodState
from jiesu.scoring.models import Exclusion, Period, Revision
from jiesu.scoring.ranking import BLACK, RED
from jiesu.scoring.spans import day_of
from jiesu.web.components.faces import face_of_row
from jiesu.web.components.pieces import Chip, Waiting
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.paging import key_page
from jiesu.web.scoring import pages

SIZE = 30
DRILL_SIZE = 50
QUEUED = 300  # seconds in which a count that was asked for should have begun


@desk_view(P.SCORING_VIEW, P.SCORING_OWN, P.SCORING_REMEDY)
def home(request: DeskRequest) -> HttpResponse:
    """The schemes of the region with their newest periods; a unit's people see their own page."""
    actor = request.actor
    if not actor.may(P.SCORING_VIEW):
        return redirect("scoring:mine" if actor.may(P.SCORING_OWN) else "scoring:remedies")
    found = list(reading.schemes_in_reach(actor).order_by("ended_at", "id")[:50])
    newest: dict[int, list[Period]] = {}
    for period in reading.periods_in_reach(actor)[:200]:
        shown = newest.setdefault(period.scheme_id, [])
        if len(shown) < 4:
            shown.append(period)
    context = {
        "tabs": pages.desk_tabs(actor, "home"),
        "schemes": [
            (one, [(p, pages.state_tag(p)) for p in newest.get(one.pk, [])]) for one in found
        ],
        "may_manage": actor.may(P.SCORING_MANAGE),
    }
    return render(request, "scoring/home.html", context)


def _steps(period: Period) -> list[dict[str, Any]]:
    """The life of a period as the page shows it."""
    order = list(PeriodState)
    now = order.index(PeriodState(period.state))
    said = (
        "随时计算，数据随工单变",
        "数据不再变；单位核对、申请剔除，两人审定",
        "排名、红黑榜；此后更正另立版本",
    )
    names = ("预览", "冻结", "公布")
    when = (None, period.frozen_at, period.published_at)
    return [
        {"name": n, "words": w, "at": at, "state": "done" if i < now else "now" if i == now else ""}
        for i, (n, w, at) in enumerate(zip(names, said, when, strict=True))
    ]


@desk_view(P.SCORING_VIEW)
def period(request: DeskRequest, pk: int) -> HttpResponse:
    """One period: where it stands, what to do next, red and black list, every unit by rank."""
    found = periods.get_period_for(request.actor, pk)
    at = clock.now()
    revision = reading.newest(found)
    context: dict[str, Any] = {
        "period": found, "revision": revision, "state": pages.state_tag(found),
        "steps": _steps(found), "may_manage": request.actor.may(P.SCORING_MANAGE), "at": at,
        "over": at >= periods.whole(found).until,
        "may_publish": found.apply_until is None or at >= found.apply_until,
        "pending": Exclusion.objects.filter(period=found, state=Exclusion.State.PENDING).count(),
    }  # fmt: skip
    context["asked"] = request.GET.get("asked", "")
    context["counting"] = _is_asked_for(found, revision, context["asked"], at)
    if revision is None:
        return render(request, "scoring/period.html", context)
    groups = reading.groups_of(revision)
    group = request.GET.get("group", groups[0] if groups else "")
    rows = reading.scores(revision, group)
    if q := request.GET.get("q", "").strip():
        rows = rows.filter(unit_name__contains=q[:64])
    page = key_page(rows, ["rank", "-orders", "id"], request.GET.get("after", ""), size=SIZE)
    summary = next((one for one in revision.summary if one["group"] == group), None)
    here = reverse("scoring:period", args=[pk])
    context |= {
        "rows": pages.totals(list(page.items)), "page": page, "q": q, "group": group,
        "chips": [Chip(f"{g} {one['units']}", f"{here}?group={g}", on=g == group)
                  for g, one in zip(groups, revision.summary, strict=True) if g],
        "summary": summary,
        "red": reading.board(revision, RED), "black": reading.board(revision, BLACK),
        "names": [(m["code"], m["name"]) for m in pages.measures_of(page.items[0])]
        if page.items else [],
        "corrections": max(revision.number - 1, 0),
    }  # fmt: skip
    return render(request, "scoring/period.html", context)


@desk_view(P.SCORING_VIEW)
def state(request: DeskRequest, pk: int) -> HttpResponse:
    """How far the counting is; polled. Done: the page is drawn anew."""
    found = periods.get_period_for(request.actor, pk)
    asked = request.GET.get("asked", "")
    response = render(request, "scoring/state.html", {"period": found, "asked": asked})
    waiting = _is_asked_for(found, reading.newest(found), asked, clock.now())
    if found.busy_since is None and not waiting:
        response["HX-Refresh"] = "true"
    return response


def _is_asked_for(period: Period, revision: Revision | None, asked: str, at: dt.datetime) -> bool:
    """Whether a count that was asked for at ``asked`` (seconds) has not begun yet; a while long."""
    if period.state != PeriodState.PREVIEW or period.problem or not asked.isdecimal():
        return False
    ago = at.timestamp() - int(asked[:12])
    return 0 <= ago < QUEUED and (
        revision is None or revision.taken_at.timestamp() < int(asked[:12])
    )


@desk_view(P.SCORING_VIEW)
def revisions(request: DeskRequest, pk: int) -> HttpResponse:
    """What was published, and each correction with what it changed."""
    found = periods.get_period_for(request.actor, pk)
    rows: list[Revision] = list(reading.light(found).order_by("number"))
    told = [
        (row, reading.differences(before, row) if before else [])
        for before, row in zip([None, *rows[:-1]], rows, strict=True)
    ]
    context = {"period": found, "told": told[::-1], "state": pages.state_tag(found)}
    return render(request, "scoring/revisions.html", context)


@desk_view(P.SCORING_VIEW, P.SCORING_OWN)
def unit(request: DeskRequest, pk: int, unit: int) -> HttpResponse:
    """One unit in one period: its score, its worst orders, what it is made of, every revision."""
    score = reading.get_score_for(request.actor, pk, unit)
    found = score.revision.period
    context = {
        "score": score, "period": found, "state": pages.state_tag(found),
        "measures": pages.measures_of(score), "moved": pages.moved_words(score.moved),
        "worst": reading.worst_orders(score), "faults": reading.faults_of(score),
        "history": reading.history(score),
        "exclusions": list(
            Exclusion.objects.filter(period=found, unit=score.unit_id).order_by("-id")[:50]
        ),
        "may_apply": _may_apply(request, found, unit),
        "sees_all": request.actor.may(P.SCORING_VIEW),
    }  # fmt: skip
    return render(request, "scoring/unit.html", context)


def _may_apply(request: DeskRequest, period: Period, unit: int) -> bool:
    return (
        request.actor.may(P.SCORING_APPLY)
        and request.actor.unit_id == unit
        and period.state == PeriodState.FROZEN
        and (period.apply_until is None or clock.now() <= period.apply_until)
    )


@desk_view(P.SCORING_VIEW, P.SCORING_OWN)
def orders(request: DeskRequest, pk: int, unit: int, code: str) -> HttpResponse:
    """The very orders behind one figure of one unit."""
    score = reading.get_score_for(request.actor, pk, unit)
    which = request.GET.get("which", "bad")
    asked = request.GET.get("from", "0")
    start = int(asked) if asked.isdecimal() and len(asked) < 8 else 0
    drilled = reading.drill_down(score, code, which, start, DRILL_SIZE)
    measure = next((m for m in pages.measures_of(score) if m["code"] == code), None)
    if measure is None:
        raise NotFound
    here = reverse("scoring:orders", args=[pk, unit, code])
    names = (("bad", drilled.indicator.missed), ("counted", "分母"), ("left_out", "未计入"))
    context = {
        "score": score, "period": score.revision.period, "drilled": drilled, "measure": measure,
        "which": which, "start": start, "which_tabs": [
            Chip(label, f"{here}?which={name}", on=name == which) for name, label in names
        ],
        "next": start + DRILL_SIZE if start + DRILL_SIZE < drilled.total else None,
        "previous": max(start - DRILL_SIZE, 0) if start else None,
        "may_apply": _may_apply(request, score.revision.period, unit) and which == "bad",
    }  # fmt: skip
    return render(request, "scoring/orders.html", context)


@desk_view(P.SCORING_OWN)
def mine(request: DeskRequest) -> HttpResponse:
    """My unit: rates today, what will sink them this week, what one order costs, the group."""
    at = clock.now()
    unit_id = reading.own_unit_id(request.actor)
    found = reading.scores_of(unit_id) if unit_id else []
    asked = request.GET.get("period", "")
    chosen = next((s for s in found if str(s.revision.period_id) == asked), own.running(found))
    context: dict[str, Any] = {"tabs": pages.desk_tabs(request.actor, "mine"), "scores": found}
    if chosen is not None:
        shown = own.mine(chosen, at=at)
        context |= {
            "mine": shown, "period": chosen.revision.period, "today": day_of(at),
            "moved": pages.moved_words(chosen.moved), "at": at,
            "state": pages.state_tag(chosen.revision.period),
            "due": [_waiting(a, at) for a in shown.due],
            "unsigned": [_waiting(a, at) for a in shown.unsigned],
        }  # fmt: skip
    return render(request, "scoring/mine.html", context)


def _waiting(assignment: Any, at: Any) -> Waiting:
    appeal = assignment.appeal
    url = reverse("orders:order", args=[appeal.number])
    return Waiting(appeal.title, url, assignment.unit_name, face_of_row(assignment, at))
