"""Pages that are one form: its fields in lines, what a page says around it, doing it once."""

import datetime as dt
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar, TypeVar
from urllib.parse import quote

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from jiesu.foundation import clock
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import UseCaseError, invalid
from jiesu.journal import audit
from jiesu.organizations.models import Region, Unit
from jiesu.web.components.pieces import Crumb
from jiesu.web.doors import DeskRequest, done, refuse
from jiesu.web.once import once

T = TypeVar("T")
Lines = Sequence[Sequence[str]]  # fields of a form that share a line
_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def today() -> dt.date:
    """The day in Beijing."""
    return clock.now().astimezone(BEIJING).date()


@dataclass(frozen=True)
class Page:
    """What a page that is one form says around it."""

    title: str
    crumbs: Sequence[Crumb]
    back: str
    lead: str = ""
    yes: str = "保存"
    red: bool = False
    confirm: str = ""
    warning: str = ""


class LinedForm(forms.Form):
    """A form drawn in lines; ``layout`` names the fields that share one."""

    layout: ClassVar[Lines] = ()

    @property
    def lines(self) -> list[list[forms.BoundField]]:
        """The fields as they stand, those of one line together."""
        together = {name: group for group in self.layout for name in group}
        drawn: set[str] = set()
        found = []
        for name in self.fields:
            if name not in drawn:
                group = [one for one in together.get(name, (name,)) if one in self.fields]
                found.append([self[one] for one in group])
                drawn.update(group)
        return found


class DayInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def day_field(label: str, *, required: bool = True, **options: Any) -> forms.DateField:
    """A day."""
    return forms.DateField(
        label=label,
        required=required,
        widget=DayInput(),
        error_messages={"invalid": "请填写有效日期，例如 2026-01-31。"},
        **options,
    )


def line_field(label: str, longest: int, *, required: bool = True, **options: Any) -> forms.Field:
    """One line of text."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=longest,
        error_messages={
            "required": f"请填写{label}。",
            "max_length": f"{label}最多 {longest} 个字。",
        },
        **options,
    )


def long_field(
    label: str, longest: int, *, required: bool = True, rows: int = 3, **options: Any
) -> forms.Field:
    """Several lines of text."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=longest,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={
            "required": f"请填写{label}。",
            "max_length": f"{label}最多 {longest} 个字。",
        },
        **options,
    )


def unit_of(pk: int | None, field: str) -> Unit:
    """The unit that a picker gave. Refuses none."""
    rows = Unit.objects.select_related("region", "parent__region")
    unit = rows.filter(pk=pk).first() if pk else None
    if unit is None:
        raise invalid(field, "请从列表中选择单位。", "unknown_unit")
    return unit


def region_of(code: str, field: str) -> Region:
    """The region that a picker gave. Refuses none."""
    region = Region.objects.filter(code=code, valid_to=None).first() if code else None
    if region is None:
        raise invalid(field, "请从列表中选择区划。", "unknown_region")
    return region


def version_of(request: DeskRequest) -> int | None:
    """The version of what the person saw when they began to fill the form."""
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def sent(request: HttpRequest) -> QueryDict | None:
    """What a form was sent with, even when that is nothing; None while it is only asked for."""
    return request.POST if request.method == "POST" else None


def form_page(
    request: DeskRequest,
    page: Page,
    form: forms.Form,
    run: Callable[[Mapping[str, Any]], T],
    *,
    said: str | Callable[[T], str],
    to: str | Callable[[T], str],
    template: str = "forms/page.html",
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """Draw the form; sent, run the use case once: its refusal at the fields, or on to ``to``."""
    given = {"page": page, "form": form, **(context or {})}
    if request.method == "POST" and form.is_valid():
        words = ""

        def act() -> str:
            nonlocal words
            made = run(form.cleaned_data)
            words = said if isinstance(said, str) else said(made)
            return to if isinstance(to, str) else to(made)

        try:
            leads_to = once(request, act)
        except UseCaseError as error:
            return refuse(request, error, template, given, form=form)
        return done(request, words or "已保存。", leads_to)
    wrong = form.is_bound and bool(form.errors)
    return render(request, template, given, status=422 if wrong else 200)


def sheet_response(
    request: DeskRequest, title: str, write: Callable[[BinaryIO, str], int]
) -> HttpResponse:
    """A sheet to take home, as ``?format=`` says; that it was taken is audited."""
    kind = "csv" if request.GET.get("format") == "csv" else "xlsx"
    file = io.BytesIO()
    rows = write(file, kind)
    at = clock.now()
    audit.record(
        "manage_export",
        actor=request.actor,
        at=at,
        subject=title,
        data={"rows": rows, "format": kind},
        ip=request.META.get("REMOTE_ADDR", ""),
    )
    response = HttpResponse(file.getvalue(), content_type=_TYPES[kind])
    name = quote(f"{title}{at.astimezone(BEIJING):%Y%m%d}.{kind}")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response
