"""Patrols: the list, a new record, the unit's answer, closing it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Permission as P
from jiesu.foundation import clock
from jiesu.inspection import patrols
from jiesu.inspection.models import Patrol
from jiesu.inspection.patrols import Seen
from jiesu.inspection.sheets import day_of
from jiesu.journal import idempotency
from jiesu.organizations.paths import is_below
from jiesu.web.components.pieces import Cell, Column, Empty, Table, Tag
from jiesu.web.components.widgets import Segmented
from jiesu.web.doors import DeskRequest, desk_view, done
from jiesu.web.efficiency.clues import FORM, PAGE_SIZE, any_unit_field, crumbs, numbers_of
from jiesu.web.form_pages import (
    LinedForm,
    Page,
    day_field,
    form_page,
    line_field,
    long_field,
    sent,
    unit_of,
    version_of,
)
from jiesu.web.paging import key_page

_SEEN_BY = (P.PATROL_RECORD, P.EFFICIENCY_DECIDE, P.HANDLING_REPORT, P.HANDLING_INNER_REVIEW)


def _state(row: Patrol) -> list[Tag]:
    if row.settled_at is not None:
        return [Tag("已销号", "green")]
    if not row.is_fault:
        return [Tag("未发现问题", "line")]
    if row.answered_at is not None:
        return [Tag("待销号", "blue")]
    late = row.due is not None and row.due < day_of(clock.now())
    return [Tag("逾期未整改", "red") if late else Tag("待整改", "amber")]


_COLUMNS = [
    Column("情况", lambda p: Cell(p.found[:60], p.place, tags=_state(p),
                                  href=reverse("efficiency:patrol", args=[p.pk])), "title"),
    Column("被查单位", lambda p: Cell(p.unit.name)),
    Column("方式", lambda p: Cell(p.get_kind_display())),
    Column("日期", lambda p: Cell(f"{p.day:%Y-%m-%d}", p.people)),
    Column("整改期限", lambda p: Cell(f"{p.due:%Y-%m-%d}" if p.due else "—")),
]  # fmt: skip


@desk_view(*_SEEN_BY)
def home(request: DeskRequest) -> HttpResponse:
    """The patrols of the region, or of one's own unit."""
    rows = patrols.visible_to(request.actor)
    page = key_page(rows, ["-day", "-id"], request.GET.get("after", ""), PAGE_SIZE)
    table = Table(_COLUMNS, page, empty=Empty("没有巡查记录"), label="巡查")
    return render(
        request, "efficiency/home.html",
        {"tabs": [], "table": table, "section": "patrols",
         "records": request.actor.may(P.PATROL_RECORD)},
    )  # fmt: skip


class PatrolForm(LinedForm):
    """What a patrol brings home."""

    layout = (("unit", "kind"), ("day", "people"), ("due", "place"))
    unit = any_unit_field("被查单位")
    kind = forms.ChoiceField(label="方式", choices=Patrol.Kind.choices)
    day = day_field("日期")
    people = line_field("巡查人员", 200, help_text="两人以上，用顿号分开。")
    found = long_field("情况", 5000, rows=5)
    is_fault = forms.TypedChoiceField(
        label="是否发现问题", choices=[("0", "没有"), ("1", "有，须整改")], widget=Segmented,
        coerce=lambda v: v == "1", initial="0",
    )  # fmt: skip
    demand = long_field("整改要求", 1000, required=False, rows=3)
    due = day_field("整改期限", required=False)
    place = line_field("地点", 200, required=False)
    orders = long_field("相关工单编号", 2000, required=False, rows=2, help_text="每行一个。")


@desk_view(P.PATROL_RECORD)
def new(request: DeskRequest) -> HttpResponse:
    """Keep what a patrol saw; sent twice, kept once."""
    back = reverse("efficiency:patrols")
    page = Page("登记巡查", crumbs(("巡查", back), ("登记巡查", "")), back)
    initial = {"day": day_of(clock.now()), "orders": request.GET.get("number", "")}

    def run(said: Mapping[str, Any]) -> int:
        at = clock.now()
        seen = Seen(**{**said, "unit": unit_of(said["unit"], "unit"),
                       "orders": numbers_of(said["orders"])})  # fmt: skip
        with transaction.atomic():
            once = idempotency.remember(
                request.actor.key, request.POST.get("idempotency_key", ""),
                request_hash="patrol", at=at,
            )  # fmt: skip
            if once.result is None:
                once.store(str(patrols.record(seen, actor=request.actor, at=at).pk))
        return int(once.result or 0)

    return form_page(
        request, page, PatrolForm(sent(request), initial=initial), run, said="巡查记录已保存。",
        to=lambda pk: reverse("efficiency:patrol", args=[pk]), template=FORM,
    )  # fmt: skip


@desk_view(*_SEEN_BY)
def patrol(request: DeskRequest, pk: int) -> HttpResponse:
    """One record."""
    row = patrols.get_for(request.actor, pk)
    actor = request.actor
    mine = actor.may(P.HANDLING_REPORT) and is_below(row.unit_path, actor.unit_path)
    return render(
        request, "efficiency/patrol.html",
        {"patrol": row, "tags": _state(row),
         "orders": row.appeals.visible_to(actor).only("number", "title")[:50],
         "may_answer": mine and row.is_fault and row.settled_at is None,
         "may_settle": actor.may(P.PATROL_RECORD) and row.settled_at is None and row.is_fault},
    )  # fmt: skip


class AnswerForm(LinedForm):
    """How the unit mended it."""

    answer = long_field("整改情况", 1000, rows=5)


@desk_view(P.HANDLING_REPORT)
def answer(request: DeskRequest, pk: int) -> HttpResponse:
    """The unit says how it mended the fault."""
    row = patrols.get_for(request.actor, pk)
    if (seen := version_of(request)) is not None:
        row.version = seen
    back = reverse("efficiency:patrol", args=[pk])
    page = Page("反馈整改", crumbs(("巡查", reverse("efficiency:patrols")), ("反馈整改", "")), back,
                row.demand, yes="提交")  # fmt: skip
    return form_page(
        request, page, AnswerForm(sent(request), initial={"answer": row.answer}),
        lambda said: patrols.answer(row, said["answer"], actor=request.actor, at=clock.now()),
        said="整改情况已反馈。", to=back, template=FORM, context={"version": row.version},
    )  # fmt: skip


@require_POST
@desk_view(P.PATROL_RECORD)
def settle(request: DeskRequest, pk: int) -> HttpResponse:
    """Close a fault that was mended."""
    row = patrols.get_for(request.actor, pk)
    if (seen := version_of(request)) is not None:
        row.version = seen
    patrols.settle(row, actor=request.actor, at=clock.now())
    return done(request, "已销号。", reverse("efficiency:patrol", args=[pk]))
