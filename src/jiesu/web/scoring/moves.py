"""A period's moves: opened, counted, frozen, published, corrected."""

import datetime as dt

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Permission as P
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError, invalid
from jiesu.scoring import periods, schemes
from jiesu.web.doors import DeskRequest, desk_view, done, refuse


def version_in(request: DeskRequest) -> int:
    """The version of what the person saw."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def _to(pk: int) -> str:
    return reverse("scoring:period", args=[pk])


def _counting(pk: int, at: dt.datetime) -> str:
    """The page that waits until what was asked for at this moment is counted."""
    return f"{_to(pk)}?asked={int(at.timestamp())}"


@require_POST
@desk_view(P.SCORING_MANAGE)
def open_(request: DeskRequest, pk: int) -> HttpResponse:
    """Open the period a day lies in, and count it."""
    found = schemes.get_scheme_for(request.actor, pk)
    try:
        day = dt.date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        raise invalid("day", "请填写有效日期，例如 2026-10-01。", "invalid") from None
    at = clock.now()
    made = periods.open_period(found, day, actor=request.actor, at=at)
    periods.ask_to_count(made, actor=request.actor, at=at)
    return done(request, f"已打开{made.name}，正在计算。", _counting(made.pk, at))


@require_POST
@desk_view(P.SCORING_MANAGE)
def count(request: DeskRequest, pk: int) -> HttpResponse:
    """Have a preview counted anew."""
    found = periods.get_period_for(request.actor, pk)
    at = clock.now()
    periods.ask_to_count(found, actor=request.actor, at=at)
    return done(request, "正在重新计算，完成后本页自动更新。", _counting(pk, at))


@require_POST
@desk_view(P.SCORING_MANAGE)
def freeze(request: DeskRequest, pk: int) -> HttpResponse:
    """Freeze what was previewed."""
    found = periods.get_period_for(request.actor, pk)
    periods.freeze(found, actor=request.actor, at=clock.now(), version=version_in(request))
    return done(request, "已冻结。单位可以核对成绩、申请剔除。", _to(pk))


@require_POST
@desk_view(P.SCORING_MANAGE)
def publish(request: DeskRequest, pk: int) -> HttpResponse:
    """Publish."""
    found = periods.get_period_for(request.actor, pk)
    periods.publish(found, actor=request.actor, at=clock.now(), version=version_in(request))
    return done(request, "已公布。", _to(pk))


class CorrectForm(forms.Form):
    """Why it is corrected."""

    reason = forms.CharField(
        label="更正原因", max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明更正原因，将随更正公布。"},
    )  # fmt: skip


@desk_view(P.SCORING_MANAGE)
def correct(request: DeskRequest, pk: int) -> HttpResponse:
    """Add a revision, with the reason why; a dialog."""
    found = periods.get_period_for(request.actor, pk)
    form = CorrectForm(request.POST if request.method == "POST" else None)
    context = {
        "title": f"更正{found.name}", "post_url": reverse("scoring:correct", args=[pk]),
        "yes": "更正", "version": found.version,
        "lead": "按现在的剔除、救济和过错重新计算，另立一个版本；已公布的版本保留。",
    }  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            periods.correct(
                found, form.cleaned_data["reason"], actor=request.actor, at=clock.now(),
                version=version_in(request),
            )  # fmt: skip
        except UseCaseError as error:
            return refuse(request, error, "components/reason_dialog.html", context, form=form)
        return done(request, "已更正，新版本已公布。", _to(pk))
    wrong = request.method == "POST"
    given = {**context, "form": form}
    return render(request, "components/reason_dialog.html", given, status=422 if wrong else 200)
