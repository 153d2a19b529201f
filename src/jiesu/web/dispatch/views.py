"""The dispatch desk 派单: what waits for a unit, and what units apply for."""

import datetime as dt
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.appeals.actions import dispatch, exposure, intake
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.gate import get_appeal_for
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Application
from jiesu.catalogue.duty import DutyHit
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError, invalid
from jiesu.suggestions.models import Kind
from jiesu.suggestions.registry import has_trouble
from jiesu.suggestions.units import suggest_units
from jiesu.web.components.faces import face_of_row, tags_of, type_words
from jiesu.web.components.pieces import Bulk, Cell, Column, Empty, Tab, Table, Waiting
from jiesu.web.components.times import when_words
from jiesu.web.doors import DeskRequest, desk_view, done, page_of, refuse
from jiesu.web.lists import (
    DESK_COLUMNS,
    Work,
    count_up_to,
    list_context,
    list_view,
    near,
    tell_each,
)
from jiesu.web.lists import news as list_news
from jiesu.web.navigation import Count
from jiesu.web.orders.dialogs import order_of
from jiesu.web.orders.forms import Dispatching
from jiesu.web.paging import key_page

EMPTY = Empty("没有待派的工单", "话务员提交、网上登记的诉求受理后会出现在这里。")
QUEUE_SHOWN = 12
SIMILAR_SHOWN = 4
WAITING_KEYS = ("order", "matter", "category", "limit", "source")
FIRST_TIME = (
    "话务员提交的、网上登记后受理的诉求会排进“待派单”，先到期的在前。",
    "点“逐件派单”：左边队列，中间诉求，右边承办单位。按 1 选中推荐的，Ctrl 回车派出并看下一件。",
    "目录写得明白的可以勾选后批量派单；没有推荐的会留下来，由您手工派单并写明理由。",
    "承办单位的退单、延期等申请在“待审批申请”里审批。",
)


def tabs(actor: Actor, at: dt.datetime) -> list[Work]:
    """What waits at the dispatch desk."""
    ours = Appeal.objects.of_centre(actor)
    send = [
        Bulk("按权属目录批量派单", url=reverse("dispatch:dispatch-many"), key="d",
             confirm="把选中的工单派给权属目录推荐的单位？没有推荐的会留下。"),
    ]  # fmt: skip
    take = [
        Bulk("批量受理", url=reverse("dispatch:accept-many"), key="a", confirm="受理选中的诉求？")
    ]
    return [
        Work("accepted", "待派单", ours.awaiting_dispatch(), bulk=send, empty=EMPTY,
             export={"statuses": Status.ACCEPTED, "own": "1"}),
        Work("registered", "待受理", ours.awaiting_acceptance(), bulk=take,
             empty=Empty("没有待受理的诉求", "网上、微信和其他渠道登记的诉求会出现在这里。"),
             export={"statuses": Status.REGISTERED, "own": "1"}),
        Work("overdue", "已超期", ours.filter(status__in=[Status.REGISTERED, Status.ACCEPTED])
             .overdue(at), red=True, empty=Empty("没有超期未派的工单", "都在限期内。"),
             export={"statuses": f"{Status.REGISTERED},{Status.ACCEPTED}", "own": "1",
                     "due": "overdue"}),
        Work("dispatched", "承办中", ours.filter(status=Status.DISPATCHED), counted=False,
             export={"statuses": Status.DISPATCHED, "own": "1"}),
        Work("suspended", "挂起", ours.filter(status=Status.SUSPENDED), ("-id",), counted=False,
             empty=Empty("没有挂起的工单"), export={"statuses": Status.SUSPENDED, "own": "1"}),
        Work("listed", "疑难挂账", ours.filter(status=Status.LISTED), ("-id",), counted=False,
             empty=Empty("没有疑难挂账的工单", "一时办不了的挂账后在这里，条件具备时销账续办。"),
             export={"statuses": Status.LISTED, "own": "1"}),
        Work("merged", "已并单", ours.filter(status=Status.MERGED), ("-id",), counted=False,
             empty=Empty("没有并单的工单"), export={"statuses": Status.MERGED, "own": "1"}),
    ]  # fmt: skip


def waiting(actor: Actor, at: dt.datetime) -> Count:
    """What waits for the dispatchers, for the navigation."""
    ours = Appeal.objects.of_centre(actor).filter(status__in=[Status.REGISTERED, Status.ACCEPTED])
    pleas = Application.objects.filter(
        judge_unit_id=actor.unit_id or 0, verdict=Application.Verdict.PENDING
    )
    return Count(count_up_to(ours) + count_up_to(pleas), red=ours.overdue(at).exists())


@list_view(P.DISPATCH_ASSIGN)
def home(request: DeskRequest) -> HttpResponse:
    """The queue, due first."""
    at = clock.now()
    work = tabs(request.actor, at)
    chosen = request.GET.get("tab", "accepted")
    keys = WAITING_KEYS if chosen in ("accepted", "registered", "overdue") else DESK_COLUMNS
    shown = list_context(request, "dispatch", work, at, keys=keys, first_time=FIRST_TIME)
    shown["tabs"] = [*shown["tabs"], _applications_tab(request.actor)]
    return render(request, "dispatch/list.html", {**shown, "heading": "派单"})


@desk_view(P.DISPATCH_ASSIGN)
def news(request: DeskRequest) -> HttpResponse:
    """What changed since the list was drawn."""
    at = clock.now()
    return list_news(request, tabs(request.actor, at), at)


def _applications_tab(actor: Actor, *, current: bool = False) -> Tab:
    pending = Application.objects.filter(
        judge_unit_id=actor.unit_id or 0, verdict=Application.Verdict.PENDING
    )
    return Tab(
        "待审批申请", reverse("dispatch:applications"), count_up_to(pending), current=current
    )


@desk_view(P.DISPATCH_JUDGE, P.HANDLING_PASS_DOWN)
def applications(request: DeskRequest) -> HttpResponse:
    """Returns, extensions, suspensions and endings that wait for a verdict, oldest first."""
    at = clock.now()
    rows = Application.objects.select_related("appeal", "assignment", "suggested_unit").filter(
        judge_unit_id=request.actor.unit_id or 0, verdict=Application.Verdict.PENDING
    )
    kind = request.GET.get("kind", "")
    if kind in Application.Kind.values:
        rows = rows.filter(kind=kind)
    page = key_page(rows, ["applied_at", "id"], request.GET.get("after", ""), size=25)
    columns = [
        Column("申请", lambda a: Cell(a.get_kind_display(), a.assignment.unit_name)),
        Column("工单", lambda a: Cell(
            a.appeal.title, a.reason, href=reverse("orders:order", args=[a.appeal.number])),
            "title"),
        Column("建议/天数", _wish_cell),
        Column("办理时限", lambda a: Cell(clock=face_of_row(a.appeal, at))),
        Column("申请时间", lambda a: Cell(when_words(a.applied_at, at), a.applied_by)),
        Column("", lambda a: Cell(
            "审批", dialog_url=reverse("orders:judge", args=[a.appeal.number, a.pk]))),
    ]  # fmt: skip
    table = Table(
        columns,
        page,
        empty=Empty("没有待审批的申请", "承办单位的退单、延期、挂起和终止申请会出现在这里。"),
    )
    kinds = [
        Tab(label, f"?kind={value}", current=kind == value)
        for value, label in [("", "全部"), *Application.Kind.choices]
    ]
    return render(
        request, "dispatch/applications.html",
        {"table": table, "tabs": kinds, "heading": "待审批申请"},
    )  # fmt: skip


def _wish_cell(application: Application) -> Cell:
    """What is asked for: another unit, or more days."""
    if application.suggested_unit is not None:
        return Cell(application.suggested_unit.name)
    return Cell(f"{application.amount} 个工作日" if application.amount else "")


@desk_view(P.DISPATCH_ASSIGN)
def work(request: DeskRequest, number: str) -> HttpResponse:
    """Three columns: the queue, the order, the units; sending leads to the next order."""
    at = clock.now()
    given = request.POST.get("version", "")
    appeal = get_appeal_for(
        request.actor, number, P.DISPATCH_ASSIGN, version=int(given) if given.isdecimal() else None
    )
    hit = dispatch.suggest(appeal, at)
    initial = {"lead": hit.unit.pk} if hit else {}
    form = Dispatching(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            dispatch.assign(appeal, order_of(form.cleaned_data), actor=request.actor, at=at)
        except UseCaseError as error:
            shown = _work_context(request, appeal, form, hit, at)
            return refuse(request, error, "dispatch/work.html", shown, form=form)
        following = _queue(request.actor).exclude(pk=appeal.pk).first()
        url = reverse("dispatch:work", args=[following.number]) if following else None
        return done(request, f"{appeal.number} 已派单。", url or reverse("dispatch:home"))
    status = 422 if request.method == "POST" else 200
    shown = _work_context(request, appeal, form, hit, at)
    return render(request, "dispatch/work.html", shown, status=status)


def _queue(actor: Actor) -> Any:
    return (
        Appeal.objects.of_centre(actor)
        .awaiting_dispatch()
        .order_by("due_at", "id")
        .only("number", "title", "region_name", "due_at", "yellow_at", "due_kind", "due_unit",
              "is_paused", "status", "urgency")
    )  # fmt: skip


def _work_context(
    request: DeskRequest, appeal: Appeal, form: Dispatching, hit: DutyHit | None, at: dt.datetime
) -> dict[str, Any]:
    own = request.post.unit.region.name
    return {
        "appeal": appeal,
        "form": form,
        "hit": hit,
        "face": face_of_row(appeal, at),
        "tags": tags_of(appeal),
        "type": type_words(appeal),
        "person": exposure.person_of(appeal, request.actor),
        "place": near(appeal.region_name, own),
        "queue": [
            Waiting(a.title, reverse("dispatch:work", args=[a.number]),
                    near(a.region_name, own), face_of_row(a, at), current=a.pk == appeal.pk)
            for a in _queue(request.actor)[:QUEUE_SHOWN]
        ],
        "units": suggest_units(
            appeal.category, appeal.region, at, content=appeal.content, title=appeal.title,
            appeal=appeal,
        ),
        "trouble": has_trouble(Kind.UNIT),
        "similar": _history(appeal, request.actor),
        "ready": appeal.status == Status.ACCEPTED,
    }  # fmt: skip


def _history(appeal: Appeal, actor: Actor) -> list[Appeal]:
    """Who answered for the same class in the same area lately."""
    if appeal.category_id is None:
        return []
    return list(
        Appeal.objects.visible_to(actor)
        .filter(category_id=appeal.category_id, region_path=appeal.region_path)
        .exclude(lead_unit=None)
        .exclude(pk=appeal.pk)
        .only("number", "title", "lead_unit_name", "status", "registered_at")
        .order_by("-id")[:SIMILAR_SHOWN]
    )


@require_POST
@desk_view(P.DISPATCH_ASSIGN)
def dispatch_many(request: DeskRequest) -> HttpResponse:
    """Send the chosen orders to the units the duty catalogue names; the rest stays, with why."""
    sent, refused = 0, []
    rows = Appeal.objects.of_centre(request.actor).select_related("category", "region")
    for appeal in rows.filter(number__in=request.POST.getlist("picked")[:100]):
        at = clock.now()
        try:
            hit = dispatch.suggest(appeal, at)
            if hit is None or hit.is_fallback:
                raise invalid("", "权属目录没有明确的承办单位，请单独派单。", "no_duty")
            dispatch.assign(appeal, Order(lead=hit.unit), actor=request.actor, at=at)
            sent += 1
        except UseCaseError as error:
            refused.append(f"{appeal.number}：{error.message}")
    return _told(request, sent, refused, "派单")


@require_POST
@desk_view(P.TRIAGE_ACCEPT)
def accept_many(request: DeskRequest) -> HttpResponse:
    """Accept the chosen appeals as they were classified."""
    taken, refused = 0, []
    rows = Appeal.objects.of_centre(request.actor).select_related("category", "region")
    for appeal in rows.filter(number__in=request.POST.getlist("picked")[:100]):
        try:
            intake.accept(appeal, actor=request.actor, at=clock.now())
            taken += 1
        except UseCaseError as error:
            refused.append(f"{appeal.number}：{error.message}")
    return _told(request, taken, refused, "受理")


def _told(request: DeskRequest, count: int, refused: list[str], verb: str) -> HttpResponse:
    tell_each(request, count, refused, verb)
    back = page_of(request)
    return redirect(back if back.startswith(reverse("dispatch:home")) else "dispatch:home")
