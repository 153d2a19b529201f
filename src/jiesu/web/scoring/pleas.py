"""Exclusions and remedies: asked for by a unit's leader, decided by others."""

from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from jiesu.access import Permission as P
from jiesu.appeals.actions.callback import LEVELS
from jiesu.appeals.gate import get_appeal_for
from jiesu.appeals.models import Appeal, Attachment
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.foundation import clock
from jiesu.foundation.errors import NotAllowedNow, UseCaseError
from jiesu.organizations.models import Unit
from jiesu.scoring import exclusions, reading, remedies
from jiesu.scoring.indicators import INDICATORS
from jiesu.scoring.models import Exclusion, Remedy
from jiesu.web import uploads
from jiesu.web.components.pieces import Chip, FileItem
from jiesu.web.components.widgets import Marks, Segmented
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.once import once
from jiesu.web.paging import key_page
from jiesu.web.scoring import pages
from jiesu.web.scoring.moves import version_in

SIZE = 30


def words(label: str, longest: int, rows: int = 3, help_text: str = "") -> forms.CharField:
    """Several lines of text."""
    return forms.CharField(
        label=label, max_length=longest, widget=forms.Textarea(attrs={"rows": rows}),
        help_text=help_text, error_messages={"required": f"请填写{label}。"},
    )  # fmt: skip


class ExclusionForm(forms.Form):
    """Why an order should not count."""

    ground = forms.ChoiceField(
        label="剔除理由", error_messages={"required": "请选择剔除理由。"},
        choices=lambda: [("", "请选择"), *codes.choices(Table.EXCLUSION_GROUND, clock.now())],
    )  # fmt: skip
    indicators = forms.MultipleChoiceField(
        label="剔除哪些指标", required=False, widget=Marks, help_text="不选为全部。"
    )
    reason = words("事实和理由", 1000, 5, "写明事实、依据和证据说明，至少 10 个字。")

    def __init__(self, costs: list[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["indicators"]
        chosen.choices = [(code, INDICATORS[code].name) for code in costs]


class VerdictForm(forms.Form):
    """One person's verdict on an exclusion."""

    verdict = forms.ChoiceField(
        label="审定", choices=list(exclusions.VERDICTS.items()), widget=Segmented,
        error_messages={"required": "请选择同意剔除或不予剔除。"},
    )  # fmt: skip
    note = words("审定意见", 500)


class ContestForm(forms.Form):
    """Why a rating should not count."""

    reason = words("事实和理由", 1000, 5, "写明办理情况、依据和证据说明，至少 10 个字。")


class RemedyForm(forms.Form):
    """The centre's decision."""

    verdict = forms.ChoiceField(
        label="裁定", choices=[("upheld", "救济成立"), ("refused", "维持评价")], widget=Segmented,
        error_messages={"required": "请选择救济成立或维持评价。"},
    )  # fmt: skip
    decision = words("裁定的事实和依据", 1000)


class FindForm(forms.Form):
    """Which order."""

    number = forms.CharField(
        label="工单编号", max_length=19, error_messages={"required": "请填写工单编号。"}
    )


def _files(appeal: Appeal, key: str) -> list[FileItem]:
    """The evidence that came with an application."""
    rows = Attachment.objects.filter(appeal=appeal, upload_key=key) if key else ()
    return [
        FileItem(f.name, reverse("orders:attachment", args=[appeal.number, f.pk]), f.size)
        for f in rows
    ]


# --- exclusions -----------------------------------------------------------------------------------


@desk_view(P.SCORING_APPLY)
def exclude(request: DeskRequest, pk: int, number: str) -> HttpResponse:
    """Apply for an exclusion of one order."""
    score = reading.get_score_for(request.actor, pk, request.actor.unit_id or 0)
    period = score.revision.period
    appeal = get_appeal_for(request.actor, number)
    costs = exclusions.costing(period, score.unit_id, appeal.pk)
    form = ExclusionForm(costs, request.POST if request.method == "POST" else None)
    key = uploads.key_of(request)
    back = reverse("scoring:unit", args=[pk, score.unit_id])
    context: dict[str, Any] = {
        "form": form, "appeal": appeal, "period": period, "upload_key": key, "back": back,
        "title": "申请剔除", "yes": "提交申请", "costs": [INDICATORS[c].name for c in costs],
        "lead": "由效能办两名不同的人审定。同意的，公布成绩不计这件；原始成绩保留。",
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "scoring/plea_form.html", context)
    try:
        uploads.receive(request, request.actor, "application", key)
        if form.is_valid():
            unit, said = Unit.objects.get(pk=score.unit_id), form.cleaned_data
            once(
                request,
                lambda: str(
                    exclusions.apply(
                        period, unit, appeal, upload_key=key, actor=request.actor,
                        at=clock.now(), **said,
                    ).pk
                ),
            )  # fmt: skip
            return done(request, "已提交剔除申请。", back)
    except UseCaseError as error:
        context["uploaded"] = uploads.waiting(request.actor, key)
        return refuse(request, error, "scoring/plea_form.html", context, form=form)
    context["uploaded"] = uploads.waiting(request.actor, key)
    return render(request, "scoring/plea_form.html", context, status=422)


@desk_view(P.SCORING_DECIDE, P.SCORING_OWN, P.SCORING_VIEW)
def exclusions_(request: DeskRequest) -> HttpResponse:
    """What waits for a verdict, or all; a unit's people see their own."""
    actor = request.actor
    state = request.GET.get("state", "pending" if actor.may(P.SCORING_DECIDE) else "all")
    rows = Exclusion.objects.select_related("period", "period__scheme")
    if actor.may(P.SCORING_VIEW):
        rows = rows.filter(period__in=reading.periods_in_reach(actor))
    else:
        rows = rows.filter(unit=reading.own_unit_id(actor) or 0)
    if state in set(Exclusion.State):
        rows = rows.filter(state=state)
    page = key_page(rows, ["-id"], request.GET.get("after", ""), size=SIZE)
    here = reverse("scoring:exclusions")
    chips = [
        Chip(label, f"{here}?state={value}", on=value == state)
        for value, label in (*Exclusion.State.choices, ("all", "全部"))
    ]
    context = {
        "tabs": pages.desk_tabs(actor, "exclusions"), "page": page, "chips": chips,
        "mine": actor.user_id,
    }  # fmt: skip
    return render(request, "scoring/exclusions.html", context)


@desk_view(P.SCORING_DECIDE, P.SCORING_OWN, P.SCORING_VIEW)
def exclusion(request: DeskRequest, pk: int) -> HttpResponse:
    """One application, and the verdict of whoever may decide."""
    found = exclusions.get_exclusion_for(request.actor, pk)
    deciding = (
        request.actor.may(P.SCORING_DECIDE)
        and found.state == Exclusion.State.PENDING
        and found.first_by_id != request.actor.user_id
    )
    form = VerdictForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "one": found, "form": form, "deciding": deciding,
        "files": _files(found.appeal, found.upload_key),
        "ground": codes.label(Table.EXCLUSION_GROUND, found.ground),
        "indicators": [INDICATORS[code].name for code in found.indicators] or ["全部指标"],
        "waits_for_other": found.state == Exclusion.State.PENDING
        and found.first_by_id is not None
        and found.first_by_id == request.actor.user_id,
        "first": exclusions.VERDICTS.get(Exclusion.State(found.first_verdict))
        if found.first_verdict else "",
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "scoring/exclusion.html", context)
    if form.is_valid():
        try:
            exclusions.decide(
                found, form.cleaned_data["verdict"], form.cleaned_data["note"],
                actor=request.actor, at=clock.now(), version=version_in(request),
            )  # fmt: skip
        except UseCaseError as error:
            return refuse(request, error, "scoring/exclusion.html", context, form=form)
        following = pages.pending_exclusions(request.actor).order_by("id").first()
        url = reverse("scoring:exclusion", args=[following.pk]) if following else ""
        return done(request, "已记下您的审定。", url or reverse("scoring:exclusions"))
    return render(request, "scoring/exclusion.html", context, status=422)


# --- remedies -------------------------------------------------------------------------------------


@desk_view(P.SCORING_APPLY)
def find(request: DeskRequest) -> HttpResponse:
    """Which rating to contest: by number, or one of the unit's newest bad ones."""
    form = FindForm(request.GET if "number" in request.GET else None)
    if form.is_bound and form.is_valid():
        appeal = get_appeal_for(request.actor, form.cleaned_data["number"].strip())
        return redirect("scoring:contest", number=appeal.number)
    found = reading.scores_of(reading.own_unit_id(request.actor) or 0, 1)
    context = {
        "form": form,
        "worst": [
            w for w in (reading.worst_orders(found[0], 30) if found else [])
            if "不满意" in w.faults or "未解决" in w.faults
        ],
    }  # fmt: skip
    return render(request, "scoring/remedy_find.html", context)


@desk_view(P.SCORING_APPLY)
def contest(request: DeskRequest, number: str) -> HttpResponse:
    """Contest the rating of one order."""
    appeal = get_appeal_for(request.actor, number)
    if not remedies.is_bad(appeal):
        raise NotAllowedNow("这件工单没有不满意或未解决的评价，不需要救济。")
    form = ContestForm(request.POST if request.method == "POST" else None)
    key = uploads.key_of(request)
    context: dict[str, Any] = {
        "form": form, "appeal": appeal, "upload_key": key, "back": reverse("scoring:remedies"),
        "title": "不满意件救济", "yes": "提交申请", "rating": _rating(appeal),
        "lead": "由该工单的热线中心裁定。诉求人的评价不改；成立的，考核不计入满意率和解决率。",
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "scoring/plea_form.html", context)
    try:
        uploads.receive(request, request.actor, "application", key)
        if form.is_valid():
            why = form.cleaned_data["reason"]
            once(
                request,
                lambda: str(
                    remedies.contest(
                        appeal, why, upload_key=key, actor=request.actor, at=clock.now()
                    ).pk
                ),
            )
            return done(request, "已提交救济申请。", reverse("scoring:remedies"))
    except UseCaseError as error:
        context["uploaded"] = uploads.waiting(request.actor, key)
        return refuse(request, error, "scoring/plea_form.html", context, form=form)
    context["uploaded"] = uploads.waiting(request.actor, key)
    return render(request, "scoring/plea_form.html", context, status=422)


def _rating(one: Any) -> str:
    said = [LEVELS.get(one.satisfaction or 0, "未评价满意度")]
    if one.solved is not None:
        said.append("已解决" if one.solved else "未解决")
    if one.dissatisfied_reason:
        said.append(codes.label(Table.DISSATISFIED_REASON, one.dissatisfied_reason))
    return " · ".join(said)


@desk_view(P.SCORING_REMEDY, P.SCORING_OWN)
def remedies_(request: DeskRequest) -> HttpResponse:
    """What a centre is to decide, or a unit has asked for."""
    actor = request.actor
    rows = Remedy.objects.filter(
        Q(centre=actor.unit_id) if actor.may(P.SCORING_REMEDY)
        else Q(unit=reading.own_unit_id(actor) or 0)
    )  # fmt: skip
    state = request.GET.get("state", "pending" if actor.may(P.SCORING_REMEDY) else "all")
    if state in set(Remedy.State):
        rows = rows.filter(state=state)
    page = key_page(rows, ["-id"], request.GET.get("after", ""), size=SIZE)
    here = reverse("scoring:remedies")
    chips = [
        Chip(label, f"{here}?state={value}", on=value == state)
        for value, label in (*Remedy.State.choices, ("all", "全部"))
    ]
    context = {
        "tabs": pages.desk_tabs(actor, "remedies"), "page": page.map(lambda r: (r, _rating(r))),
        "chips": chips, "may_apply": actor.may(P.SCORING_APPLY),
    }  # fmt: skip
    return render(request, "scoring/remedies.html", context)


@desk_view(P.SCORING_REMEDY, P.SCORING_OWN)
def remedy(request: DeskRequest, pk: int) -> HttpResponse:
    """One remedy: what the citizen said, what the unit says, and the centre's decision."""
    found = remedies.get_remedy_for(request.actor, pk)
    form = RemedyForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "one": found, "form": form, "rating": _rating(found),
        "files": _files(found.appeal, found.upload_key),
        "deciding": request.actor.may(P.SCORING_REMEDY) and found.state == Remedy.State.PENDING,
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "scoring/remedy.html", context)
    if form.is_valid():
        try:
            remedies.decide(
                found, form.cleaned_data["verdict"], form.cleaned_data["decision"],
                actor=request.actor, at=clock.now(), version=version_in(request),
            )  # fmt: skip
        except UseCaseError as error:
            return refuse(request, error, "scoring/remedy.html", context, form=form)
        return done(request, "已裁定。", reverse("scoring:remedies"))
    return render(request, "scoring/remedy.html", context, status=422)
