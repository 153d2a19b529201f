"""Lists as files 导出: ask for one, see how far it is, cancel it, fetch it."""

from typing import Any

from django import forms
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.appeals.lifecycle import State, Status
from jiesu.exports import requests, rows
from jiesu.exports.models import Export
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError
from jiesu.listing.filters import KEYS, OrderFilter
from jiesu.web.components.widgets import Segmented, when
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.lists import list_view
from jiesu.web.once import once

PLACES = ("statuses", "states")


class ExportForm(forms.Form):
    """What goes into the file."""

    title = forms.CharField(
        label="名称", max_length=64, error_messages={"required": "请填写名称。"}
    )
    format = forms.ChoiceField(
        label="格式", choices=Export.Format.choices, initial=Export.Format.XLSX, widget=Segmented
    )
    columns = forms.MultipleChoiceField(
        label="列", widget=forms.CheckboxSelectMultiple,
        choices=lambda: list(rows.labels().items()),
        initial=list(rows.DEFAULT), error_messages={"required": "请至少选择一列。"},
    )  # fmt: skip
    reveal = forms.BooleanField(
        label="不脱敏", required=False,
        help_text="姓名、电话、住址和正文里的个人信息以原文导出；须写事由，每次都记入审计。",
    )  # fmt: skip
    reason = when("reveal=on", forms.CharField(label="导出事由", required=False, max_length=200))

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not actor.may(P.APPEAL_REVEAL):
            del self.fields["reveal"], self.fields["reason"]


@list_view(P.APPEAL_EXPORT)
def export(request: DeskRequest) -> HttpResponse:
    """Ask for the list one was looking at as a file."""
    asked = request.POST if request.method == "POST" else request.GET
    wishes = OrderFilter.read(asked)
    bounds = {name: _known(name, asked.get(name, "")) for name in PLACES}
    label = asked.get("title", "").strip()[:64] or "工单"
    form = ExportForm(
        request.actor, request.POST if request.method == "POST" else None, initial={"title": label}
    )
    context = {
        "form": form,
        "label": label,
        "words": [f"{name}：{said}" if name else said for _, name, said in wishes.words()],
        "hidden": [
            *((k, wishes.get(k)) for k in KEYS if wishes.get(k)),
            *((name, ",".join(found)) for name, found in bounds.items() if found),
        ],
        "exports": requests.mine(request.actor, 5),
    }
    if request.method != "POST":
        return render(request, "orders/export.html", context)
    if not form.is_valid():
        return render(request, "orders/export.html", context, status=422)
    said = form.cleaned_data

    def ask() -> str:
        made = requests.request_export(
            request.actor, at=clock.now(), title=said["title"], format=said["format"],
            filters=wishes.values, columns=said["columns"], reveal=said.get("reveal", False),
            reason=said.get("reason", ""), ip=request.META.get("REMOTE_ADDR", ""), **bounds,
        )  # fmt: skip
        return str(made.pk)

    try:
        once(request, ask)
    except UseCaseError as error:
        return refuse(request, error, "orders/export.html", context, form=form)
    return done(request, "已开始导出，完成后在这里下载。", reverse("orders:exports"))


@desk_view(P.APPEAL_EXPORT)
def exports(request: DeskRequest) -> HttpResponse:
    """One's own exports, newest first."""
    return render(request, "orders/exports.html", {"exports": requests.mine(request.actor)})


@desk_view(P.APPEAL_EXPORT)
def state(request: DeskRequest, pk: int) -> HttpResponse:
    """How far one export is; polled."""
    found = requests.of(pk, request.actor)
    return render(request, "orders/export_state.html", {"export": found})


@require_POST
@desk_view(P.APPEAL_EXPORT)
def cancel(request: DeskRequest, pk: int) -> HttpResponse:
    """Stop one."""
    requests.cancel_export(pk, actor=request.actor, at=clock.now())
    return done(request, "已取消导出。", reverse("orders:exports"))


@desk_view(P.APPEAL_EXPORT)
def fetch(request: DeskRequest, pk: int) -> HttpResponse:
    """The file; fetching it is audited."""
    ip = request.META.get("REMOTE_ADDR", "")
    found = requests.fetch(pk, actor=request.actor, at=clock.now(), ip=ip)
    name = f"{found.title}.{found.format}"
    response = FileResponse(found.file.open("rb"), as_attachment=True, filename=name)
    response["X-Content-Type-Options"] = "nosniff"
    return response  # type: ignore[return-value]  # a file is sent as a stream


def _known(name: str, given: str) -> list[str]:
    """The statuses or states that there are, of those an address names."""
    known = set(Status) if name == "statuses" else set(State)
    return [value for value in given.split(",") if value in known]
