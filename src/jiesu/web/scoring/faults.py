"""The register of faults in the interface."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from jiesu.access import Permission as P
from jiesu.appeals.gate import get_appeal_for
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound, UseCaseError, invalid
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import below
from jiesu.scoring import faults
from jiesu.scoring.models import Fault
from jiesu.scoring.spans import day_of
from jiesu.web.components.widgets import Picker
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.once import once
from jiesu.web.paging import key_page
from jiesu.web.pick.views import unit_label
from jiesu.web.scoring import pages

SIZE = 30


class FaultForm(forms.Form):
    """A fault of a unit."""

    unit = forms.IntegerField(
        label="单位", widget=Picker("pick:units", unit_label),
        error_messages={"required": "请选择单位。", "invalid": "请从列表中选择单位。"},
    )  # fmt: skip
    kind = forms.ChoiceField(
        label="过错类型", error_messages={"required": "请选择过错类型。"},
        choices=lambda: [("", "请选择"), *codes.choices(Table.FAULT_KIND, clock.now())],
    )  # fmt: skip
    day = forms.DateField(
        label="发生日期", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="计入这一天所在的考核期。", error_messages={"required": "请填写发生日期。",
                                              "invalid": "请填写有效日期。"},
    )  # fmt: skip
    number = forms.CharField(label="工单编号", max_length=19, required=False)
    basis = forms.CharField(
        label="事实和依据", max_length=500, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="被登记的单位可以看到。", error_messages={"required": "请写明事实和依据。"},
    )  # fmt: skip


class RevokeForm(forms.Form):
    """Why a fault is taken back."""

    reason = forms.CharField(
        label="撤销原因", max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请写明撤销原因。"},
    )  # fmt: skip


@desk_view(P.SCORING_VIEW)
def register(request: DeskRequest) -> HttpResponse:
    """Every fault in the region, the newest first; the revoked ones stay."""
    rows = Fault.objects.filter(**below("unit__region__path", request.actor.region_path or "9"))
    page = key_page(rows, ["-id"], request.GET.get("after", ""), size=SIZE)
    kinds = dict(codes.choices(Table.FAULT_KIND, clock.now()))
    context = {
        "tabs": pages.desk_tabs(request.actor, "faults"),
        "page": page.map(lambda f: (f, kinds.get(f.kind) or codes.label(Table.FAULT_KIND, f.kind))),
        "may_manage": request.actor.may(P.SCORING_MANAGE),
    }
    return render(request, "scoring/faults.html", context)


@desk_view(P.SCORING_MANAGE)
def new(request: DeskRequest) -> HttpResponse:
    """Register a fault."""
    initial = {"day": day_of(clock.now()), "number": request.GET.get("number", "")}
    form = FaultForm(request.POST if request.method == "POST" else None, initial=initial)
    context: dict[str, Any] = {
        "form": form, "title": "登记过错", "yes": "登记", "back": reverse("scoring:faults"),
        "lead": "每条过错按方案扣分。已公布的考核期要另行更正才会变。",
    }  # fmt: skip
    if request.method != "POST":
        return render(request, "scoring/plea_form.html", context)
    if form.is_valid():
        try:
            once(request, lambda: _record(request, form.cleaned_data))
        except UseCaseError as error:
            return refuse(request, error, "scoring/plea_form.html", context, form=form)
        return done(request, "已登记。", reverse("scoring:faults"))
    return render(request, "scoring/plea_form.html", context, status=422)


def _record(request: DeskRequest, said: dict[str, Any]) -> str:
    unit = Unit.objects.select_related("region").filter(pk=said["unit"]).first()
    if unit is None:
        raise invalid("unit", "请从列表中选择单位。", "unknown_unit")
    made = faults.record(
        unit, said["kind"], said["day"], said["basis"], actor=request.actor, at=clock.now(),
        appeal=_appeal(request, said["number"].strip()),
    )  # fmt: skip
    return str(made.pk)


def _appeal(request: DeskRequest, number: str) -> Any:
    if not number:
        return None
    try:
        return get_appeal_for(request.actor, number)
    except NotFound as absent:
        raise invalid("number", absent.message, "unknown") from None


@desk_view(P.SCORING_MANAGE)
def revoke(request: DeskRequest, pk: int) -> HttpResponse:
    """Take a fault back; a dialog."""
    found = faults.get_fault_for(request.actor, pk)
    form = RevokeForm(request.POST if request.method == "POST" else None)
    settled = "、".join(p.name for p in faults.settled_periods(found))
    after = f"{settled}已公布，撤销后请到该考核期更正。" if settled else "登记保留，注明已撤销。"
    context = {
        "title": f"撤销{found.unit_name}的过错", "yes": "撤销", "red": True,
        "post_url": reverse("scoring:fault-revoke", args=[pk]),
        "lead": after,
    }  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            faults.revoke(found, form.cleaned_data["reason"], actor=request.actor, at=clock.now())
        except UseCaseError as error:
            return refuse(request, error, "components/reason_dialog.html", context, form=form)
        return done(request, "已撤销。", reverse("scoring:faults"))
    wrong = request.method == "POST"
    given = {**context, "form": form}
    return render(request, "components/reason_dialog.html", given, status=422 if wrong else 200)
