"""All orders within one's scope, and what a person keeps of any desk's list."""

from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_POST

from jiesu.access import Permission as P
from jiesu.appeals.lifecycle import ENDED, Status
from jiesu.appeals.models import Appeal
from jiesu.foundation import clock
from jiesu.foundation.errors import UseCaseError
from jiesu.listing import saved
from jiesu.listing.filters import OrderFilter
from jiesu.web.components.pieces import Empty
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.lists import QUICK_MINE, Work, list_context, list_view

_OPEN = {"statuses": ",".join(s for s in Status if s not in ENDED)}


@list_view(P.APPEAL_VIEW)
def home(request: DeskRequest) -> HttpResponse:
    """Every order the actor may see, newest first; the search box of all pages leads here."""
    at = clock.now()
    visible = Appeal.objects.visible_to(request.actor)
    empty = Empty("还没有工单", "您的查看范围内还没有工单。有新工单时会出现在这里。")
    work = [
        Work("all", "全部", visible, ("-id",), counted=False, empty=empty, export={}),
        Work("open", "在办", visible.open(), ("-id",), counted=False, empty=empty, export=_OPEN),
        Work("overdue", "已超期", visible.overdue(at), red=True, counted=False, empty=empty,
             export={"due": "overdue"}),
    ]  # fmt: skip
    shown = list_context(request, "orders", work, at, quick=QUICK_MINE)
    return render(request, "lists/list.html", {**shown, "heading": "全部工单"})


@require_POST
@desk_view(P.APPEAL_VIEW)
def find(request: DeskRequest) -> HttpResponse:
    """What was typed into a search box or a filter, brought to the list as an address.

    Sent by POST, so that a telephone someone searches for stands in no address and no log.
    """
    wishes = OrderFilter.read(request.POST.dict())
    tab = urlencode({"tab": tab}) if (tab := request.POST.get("tab", "")) else ""
    query = "&".join(part for part in (tab, wishes.query()) if part)
    return redirect(f"{_home(request.POST.get('desk', ''))}?{query}")


@require_POST
@desk_view(P.APPEAL_VIEW)
def keep_filter(request: DeskRequest, desk: str) -> HttpResponse:
    """Keep the present filter under a name."""
    wishes = OrderFilter.read(dict(parse_qsl(request.POST.get("query", ""))))
    try:
        saved.keep(desk, request.POST.get("name", ""), wishes, actor=request.actor, at=clock.now())
    except UseCaseError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "筛选已保存。")
    tab = request.POST.get("tab", "")
    return redirect(f"{_home(desk)}?tab={tab}&{wishes.query()}")


@require_POST
@desk_view(P.APPEAL_VIEW)
def columns(request: DeskRequest, desk: str) -> HttpResponse:
    """Remember the columns this person wants at a desk."""
    try:
        wanted = [] if "reset" in request.POST else request.POST.getlist("columns")
        saved.choose_columns(desk, wanted, actor=request.actor)
    except UseCaseError as error:
        messages.error(request, error.message)
    return redirect(f"{_home(desk)}?tab={request.POST.get('tab', '')}")


@require_POST
@desk_view(P.APPEAL_VIEW)
def drop_filter(request: DeskRequest, pk: int) -> HttpResponse:
    """Forget a kept filter."""
    saved.drop(pk, actor=request.actor)
    messages.success(request, "筛选已删除。")
    return redirect(_home(request.POST.get("desk", "")))


def _home(desk: str) -> str:
    try:
        return reverse(f"{desk}:home")
    except NoReverseMatch:
        return reverse("orders:home")
