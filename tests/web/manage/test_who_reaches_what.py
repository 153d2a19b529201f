"""Every address of the managers' desk, and who may open it."""

import datetime as dt
from typing import Any

import pytest
from django.urls import URLPattern, reverse
from tests.factories.world import World
from tests.web.signed_in import client_of

from jiesu.access import ROLE_PERMISSIONS, Role
from jiesu.accounts import api_clients
from jiesu.accounts.models import ApiClient
from jiesu.appeals.models import ProcessRule
from jiesu.catalogue.models import (
    CodeItem,
    DutyEntry,
    FallbackUnit,
    LocalForm,
    Scheme,
    TextTemplate,
)
from jiesu.deadlines.models import LimitPolicy
from jiesu.foundation import clock
from jiesu.journal.models import AuditRecord
from jiesu.organizations.models import UnitChange
from jiesu.web.manage import urls

NAMES = [pattern.name for pattern in urls.urlpatterns]
ANSWERS = {200, 204, 302, 405, 409, 422}


def things(top: World) -> dict[str, Any]:
    """One of everything, by the beginning of the URL's name."""
    now = clock.now()
    client = api_clients.create_client(
        "测试平台", top.units["urban"], api_clients.UNIT_SYSTEM, at=now,
        actor=top.actor("top_security"),
    ).client  # fmt: skip
    form = LocalForm.objects.create(
        title="停车", questions=[{"key": "bay", "label": "车位", "type": "text"}]
    )
    change = UnitChange.objects.create(
        kind="rename", effective=dt.date(2099, 1, 1), actor_name="测试", at=now,
        plan={"unit": top.units["urban"].pk, "name": "新名"},
    )  # fmt: skip
    rule = ProcessRule.objects.create(
        key="max_redo", value=3, valid_from=dt.date(2099, 1, 1), set_by="测试"
    )
    text = TextTemplate.objects.create(desk="unit", title="测试", body="您好", unit=None)
    return {
        "unit-change": change.pk,
        "unit": top.units["urban"].pk,
        "region": top.regions["350102"].pk,
        "person": top.posts["clerk"].user_id,
        "post-new": top.posts["clerk"].user_id,
        "post": top.posts["clerk"].pk,
        "api-client": client.pk,
        "scheme": Scheme.objects.get(is_active=True).pk,
        "pick-classes": Scheme.objects.get(is_active=True).pk,
        "class-new": Scheme.objects.get(is_active=True).pk,
        "class-import": Scheme.objects.get(is_active=True).pk,
        "class-export": Scheme.objects.get(is_active=True).pk,
        "class": top.category("0105").pk,
        "duty": DutyEntry.objects.get(category__code="0105").pk,
        "fallback": FallbackUnit.objects.get().pk,
        "code": CodeItem.objects.filter(table__key="channel").first().pk,  # type: ignore[union-attr]  # the seed has them
        "text": text.pk,
        "local-form": form.pk,
        "limit": LimitPolicy.objects.first().pk,  # type: ignore[union-attr]  # the seed has them
        "process": rule.pk,
        "model": 1,  # is only posted to; whoever may not is turned away before it is looked up
        "audit-record": AuditRecord.objects.first().pk,  # type: ignore[union-attr]  # just written
    }


def address(pattern: URLPattern, kept: dict[str, Any]) -> str:
    """The address with what it needs."""
    values: dict[str, Any] = {}
    for name in pattern.pattern.converters:
        if name == "pk":
            assert pattern.name
            begins = max((key for key in kept if pattern.name.startswith(key)), key=len, default="")
            values[name] = kept[begins]
        else:
            values[name] = {"year": 2026, "key": "channel", "kind": "class"}[name]
    if pattern.name == "process-edit":
        values["key"] = "max_redo"
    return reverse(f"manage:{pattern.name}", kwargs=values)


@pytest.mark.parametrize(
    "username", ["top_system", "top_security", "top_audit", "catalogue_editor", "clerk", "agent"]
)
def test_each_address_opens_for_whoever_holds_its_permission_and_nobody_else(
    top: World, username: str
) -> None:
    kept = things(top)
    client = client_of(top, username)
    held = ROLE_PERMISSIONS[Role(top.posts[username].role)]

    wrong = []
    for pattern in urls.urlpatterns:
        needs = getattr(pattern.callback, "permissions", ())
        assert needs, f"{pattern.name} names no permission"
        allowed = bool(set(needs) & held)
        status = client.get(address(pattern, kept)).status_code
        if status == 405 and not allowed:
            status = client.post(address(pattern, kept)).status_code
        # an editor of the city reaches only what lies in the city
        fine = status in ANSWERS | ({404} if username == "catalogue_editor" else set())
        if (allowed and not fine) or (not allowed and status != 403):
            wrong.append((pattern.name, status, allowed))

    assert wrong == []


def test_nobody_reaches_it_without_signing_in(top: World) -> None:
    from django.test import Client

    kept = things(top)
    for pattern in urls.urlpatterns:
        status = Client().get(address(pattern, kept)).status_code
        assert status in {302, 405}, pattern.name


def test_the_three_administrators_see_three_different_desks(top: World) -> None:
    pages = {
        name: client_of(top, name).get(reverse("manage:home")).content.decode()
        for name in ("top_system", "top_security", "top_audit")
    }

    assert "行政区划" in pages["top_system"]
    assert "接口客户端" in pages["top_security"]
    assert "审计记录" in pages["top_audit"]
    assert "人员" not in pages["top_system"]
    assert "权属目录" not in pages["top_security"]
    assert "单位树" not in pages["top_audit"]
    assert ApiClient.objects.count() == 0
