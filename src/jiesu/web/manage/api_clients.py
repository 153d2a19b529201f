"""Outside systems and their keys: a key is shown once."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from jiesu.access import Permission as P
from jiesu.access import may_manage
from jiesu.accounts import api_clients
from jiesu.accounts.api_clients import IssuedKey
from jiesu.accounts.models import ApiClient
from jiesu.foundation import clock
from jiesu.foundation.errors import NotAllowedNow, NotFound, UseCaseError
from jiesu.organizations.paths import below
from jiesu.web.components.pieces import Action, Cell, Column, Empty, Table, Tag
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.form_pages import Page, form_page, sent, today, unit_of
from jiesu.web.manage import people_forms as small
from jiesu.web.manage.pages import PAGE_SIZE, crumbs
from jiesu.web.once import once
from jiesu.web.paging import key_page

KIND_NAMES = {"channel": "来诉渠道", "unit": "承办单位的系统", "centre": "热线中心的系统"}


def managed(request: DeskRequest, pk: int) -> ApiClient:
    """The client of a unit in the actor's region; out of reach looks like absent."""
    client = ApiClient.objects.select_related("unit__region").filter(pk=pk).first()
    if client is None or not may_manage(
        request.actor, P.MANAGE_API_CLIENTS, client.unit.region.path
    ):
        raise NotFound
    return client


def kind_of(client: ApiClient) -> str:
    """Which of the three sorts its permissions make it; "" for some other set."""
    held = set(client.permissions)
    for kind, permissions in small.KIND_PERMISSIONS.items():
        if held == {str(permission) for permission in permissions}:
            return kind
    return "" if held else "centre"


def _tags(client: ApiClient, day: dt.date) -> list[Tag]:
    if not client.is_active:
        return [Tag("已停用", "red")]
    if client.expires_on and client.expires_on <= day:
        return [Tag("已到期", "red")]
    tags = [Tag("在用", "green")]
    if client.old_key_until and client.old_key_until > clock.now():
        tags.append(Tag("旧密钥仍有效", "amber"))
    return tags


def _href(client: ApiClient) -> str:
    return reverse("manage:api-client", args=[client.pk])


@desk_view(P.MANAGE_API_CLIENTS)
def client_list(request: DeskRequest) -> HttpResponse:
    """The outside systems of the actor's region."""
    rows = ApiClient.objects.filter(
        **below("unit__region__path", request.actor.region_path)
    ).select_related("unit")
    page = key_page(rows, ["-is_active", "name", "id"], request.GET.get("after", ""), PAGE_SIZE)
    day = today()
    table = Table(
        [
            Column("名称", lambda c: Cell(c.name, f"{c.key_prefix}…", _href(c)), "title"),
            Column("单位", lambda c: Cell(c.unit.name), "wraps"),
            Column("权限", lambda c: Cell(KIND_NAMES.get(kind_of(c), "自定"))),
            Column("每分钟", lambda c: Cell(str(c.per_minute)), "number"),
            Column("最近使用", lambda c: Cell(_seen(c.last_used_at))),
            Column("状态", lambda c: Cell(tags=_tags(c, day))),
        ],
        page,
        empty=Empty("还没有接口客户端", "其他系统要通过接口办理工单，先为它建一个并取得密钥。",
                    "新增接口客户端", reverse("manage:api-client-new")),
        label="接口客户端",
    )  # fmt: skip
    shown = Page("接口客户端", crumbs(("接口客户端", "")), reverse("manage:home"))
    return render(request, "manage/api_clients.html", {"page": shown, "table": table})


def _seen(at: dt.datetime | None) -> str:
    return f"{at.astimezone(clock.BEIJING):%Y-%m-%d %H 时}" if at else "从未使用"


@never_cache
@desk_view(P.MANAGE_API_CLIENTS)
def client_new(request: DeskRequest) -> HttpResponse:
    """Let an outside system in."""
    back = reverse("manage:api-clients")
    page = Page("新增接口客户端", crumbs(("接口客户端", back), ("新增", "")), back, yes="新增",
                lead="新增后给出密钥，只显示一次。")  # fmt: skip
    form = small.NewClient(sent(request))
    context = {"page": page, "form": form}
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "forms/page.html", context, status=status)
    try:
        issued = _create(request, form.cleaned_data)
    except UseCaseError as error:
        return refuse(request, error, "forms/page.html", context, form=form)
    return _show_key(request, issued, "已新增接口客户端")


def _create(request: DeskRequest, said: Mapping[str, Any]) -> IssuedKey:
    """Once for each form: sent twice, the first key stands and cannot be shown again."""
    issued: list[IssuedKey] = []

    def create() -> str:
        issued.append(
            api_clients.create_client(
                said["name"],
                unit_of(said["unit"], "unit"),
                small.KIND_PERMISSIONS[said["kind"]],
                per_minute=said["per_minute"],
                expires_on=said["expires_on"],
                actor=request.actor,
                at=clock.now(),
            )
        )
        return issued[0].client.name

    once(request, create)
    if not issued:
        raise NotAllowedNow("这个接口客户端已经建立，密钥只显示一次。需要时请更换密钥。")
    return issued[0]


def _show_key(request: DeskRequest, issued: IssuedKey, words: str) -> HttpResponse:
    client = issued.client
    steps = crumbs(
        ("接口客户端", reverse("manage:api-clients")), (client.name, _href(client)), (words, "")
    )
    context = {"page": Page(words, steps, _href(client)), "issued": issued, "client": client}
    return render(request, "manage/issued_key.html", context)


@desk_view(P.MANAGE_API_CLIENTS)
def client_page(request: DeskRequest, pk: int) -> HttpResponse:
    """One outside system."""
    client = managed(request, pk)
    actions = [
        Action("更换密钥", reverse("manage:api-client-rotate", args=[pk]), main=True),
        Action("修改", reverse("manage:api-client-edit", args=[pk])),
        Action("停用", post=reverse("manage:api-client-revoke", args=[pk]), tone="red",
               confirm=f"停用“{client.name}”？立即失效，不能恢复，只能新建。"),
    ]  # fmt: skip
    steps = crumbs(("接口客户端", reverse("manage:api-clients")), (client.name, ""))
    context = {
        "page": Page(client.name, steps, ""),
        "client": client,
        "kind": KIND_NAMES.get(kind_of(client), "自定"),
        "tags": _tags(client, today()),
        "in_grace": client.old_key_until and client.old_key_until > clock.now(),
        "actions": actions if client.is_active else [],
    }
    return render(request, "manage/api_client.html", context)


def _page_of(client: ApiClient, title: str, here: str, **more: Any) -> Page:
    steps = crumbs(
        ("接口客户端", reverse("manage:api-clients")), (client.name, _href(client)), (here, "")
    )
    return Page(title, steps, _href(client), **more)


@desk_view(P.MANAGE_API_CLIENTS)
def client_edit(request: DeskRequest, pk: int) -> HttpResponse:
    """Change what a client may do, how often, until when."""
    client = managed(request, pk)
    initial = {
        "name": client.name,
        "kind": kind_of(client),
        "per_minute": client.per_minute,
        "expires_on": client.expires_on,
    }

    def run(said: Mapping[str, Any]) -> ApiClient:
        return api_clients.edit_client(
            client,
            name=said["name"],
            permissions=small.KIND_PERMISSIONS[said["kind"]],
            per_minute=said["per_minute"],
            expires_on=said["expires_on"],
            actor=request.actor,
            at=clock.now(),
        )

    page = _page_of(client, f"修改“{client.name}”", "修改")
    form = small.ClientForm(sent(request), initial=initial)
    return form_page(request, page, form, run, said="已保存。", to=_href(client))


@never_cache
@desk_view(P.MANAGE_API_CLIENTS)
def client_rotate(request: DeskRequest, pk: int) -> HttpResponse:
    """Issue a new key, shown once."""
    client = managed(request, pk)
    form = small.Rotate(sent(request))
    page = _page_of(client, f"更换“{client.name}”的密钥", "更换密钥", yes="更换",
                    lead="给出新密钥，只显示一次。对方换好之前，旧密钥可以再用几天。")  # fmt: skip
    context = {"page": page, "form": form}
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "forms/page.html", context, status=status)
    grace = dt.timedelta(days=int(form.cleaned_data["grace"]))
    try:
        issued = api_clients.rotate_key(client, actor=request.actor, at=clock.now(), grace=grace)
    except UseCaseError as error:
        return refuse(request, error, "forms/page.html", context, form=form)
    return _show_key(request, issued, "密钥已更换")


@require_POST
@desk_view(P.MANAGE_API_CLIENTS)
def client_revoke(request: DeskRequest, pk: int) -> HttpResponse:
    """Keep a client out at once, for good."""
    client = api_clients.revoke_client(managed(request, pk), actor=request.actor, at=clock.now())
    return done(request, "已停用。", _href(client))
