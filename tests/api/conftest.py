"""Calls the API as an outside system does, and holds every answer to the document."""

import datetime as dt
import itertools
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.conf import settings
from django.http.response import HttpResponseBase
from django.test import Client
from pydantic import TypeAdapter
from tests.factories.world import MONDAY, World

from jiesu.access import SYSTEM, Permission
from jiesu.accounts import api_clients
from jiesu.accounts.api_clients import CENTRE_SYSTEM
from jiesu.api.v1 import auth
from jiesu.api.v1.api import api, document
from jiesu.api.v1.limits import Limiter
from jiesu.foundation import clock

_numbers = itertools.count(1)
_OPERATIONS = {
    (method, f"/api/v1/{bound.prefix.strip('/')}{path}".replace("//", "/")): operation
    for bound in api._get_bound_routers()
    for path, view in bound.path_operations.items()
    for operation in view.operations
    for method in operation.methods
}


class Answer:
    """What came back."""

    def __init__(self, response: HttpResponseBase) -> None:
        self.response = response
        self.status = response.status_code
        self.headers = response.headers
        self.content = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
        for close in response._resource_closers:  # closing the response would close the database
            close()
        is_json = "json" in response.headers.get("Content-Type", "")
        self.data: Any = json.loads(self.content) if is_json else None

    @property
    def code(self) -> str:
        """A problem's code."""
        return str(self.data["title"])

    @property
    def fields(self) -> dict[str, str]:
        """A problem's wrong fields with their codes."""
        return {e["field"]: e["code"] for e in self.data["errors"]}

    def __repr__(self) -> str:
        return f"{self.status} {json.dumps(self.data, ensure_ascii=False)[:600]}"


class Caller:
    """One outside system with its key."""

    def __init__(self, key: str) -> None:
        self.http = Client(headers={"Authorization": f"Bearer {key}"} if key else None)

    def get(self, path: str, **query: Any) -> Answer:
        """GET below /api/v1."""
        return self._held("GET", path, self.http.get(f"/api/v1{path}", query))

    def post(self, path: str, body: Any = None, *, key: str | None = "") -> Answer:
        """POST JSON below /api/v1, each with a key of its own unless given (None: without)."""
        headers = {} if key is None else {"Idempotency-Key": key or f"key-{next(_numbers)}"}
        content = body if isinstance(body, bytes) else json.dumps(body)
        response = self.http.post(
            f"/api/v1{path}", content, content_type="application/json", headers=headers
        )
        return self._held("POST", path, response)

    def upload(
        self, file: Any, path: str = "/attachments", *, key: str = "", **fields: str
    ) -> Answer:
        """POST a file."""
        response = self.http.post(
            f"/api/v1{path}", {"file": file, **fields},
            headers={"Idempotency-Key": key or f"key-{next(_numbers)}"},
        )  # fmt: skip
        return self._held("POST", path, response)

    def _held(self, method: str, path: str, response: HttpResponseBase) -> Answer:
        """Every answer is what the document says: the declared body, or a problem in Chinese."""
        answer = Answer(response)
        if answer.status >= 400:
            assert response.headers["Content-Type"].startswith("application/problem+json")
            assert set(answer.data) == {"type", "title", "status", "detail", "errors"}
            assert answer.data["status"] == answer.status
            assert any("一" <= c <= "鿿" for c in answer.data["detail"]), answer
            assert all(any("一" <= c <= "鿿" for c in e["message"]) for e in answer.data["errors"])
            return answer
        match = response.resolver_match  # type: ignore[attr-defined]
        route = match.route.replace("<", "{").replace(">", "}")
        operation = _OPERATIONS[method, f"/{route}"]
        declared = operation.response_models[answer.status].model_fields["response"].annotation
        if declared is not bytes:
            TypeAdapter(declared).validate_json(answer.content)
        return answer


@pytest.fixture(autouse=True)
def _limits_of_this_test(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "limiter", Limiter())
    monkeypatch.setattr(settings, "MEDIA_ROOT", tmp_path / "media")


class Clock:
    """The time at which calls arrive."""

    def __init__(self) -> None:
        self.at = MONDAY + dt.timedelta(hours=1)

    def forward(self, **much: float) -> None:
        """Let time pass."""
        self.at += dt.timedelta(**much)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Monday at ten, until moved on."""
    shown = Clock()
    monkeypatch.setattr(clock, "now", lambda: shown.at)
    return shown


Issue = Callable[..., Caller]


@pytest.fixture
def issue(world: World) -> Issue:
    """Makes an outside system of a unit: ``issue("urban", {Permission.APPEAL_VIEW})``."""

    def make(
        unit: str, permissions: Iterable[Permission] = CENTRE_SYSTEM, per_minute: int = 6000
    ) -> Caller:
        issued = api_clients.create_client(
            f"{unit}系统", world.units[unit], permissions, actor=SYSTEM, at=MONDAY,
            per_minute=per_minute,
        )  # fmt: skip
        return Caller(issued.key)

    return make


@pytest.fixture
def centre(issue: Issue) -> Caller:
    """The system of Fuzhou's hotline centre, with everything a client may hold."""
    return issue("fuzhou_centre")


@pytest.fixture
def urban(issue: Issue) -> Caller:
    """The system of Gulou's urban management, as units have it."""
    return issue("urban", api_clients.UNIT_SYSTEM)


def order(**changes: Any) -> dict[str, Any]:
    """The body of a complete and right registration."""
    return {
        "content": "东街口地铁站C口附近有商贩长期占道经营，影响通行，要求尽快处理并答复。",
        "title": "东街口地铁站C口占道经营", "region_code": "350102001", "channel": "phone",
        "appeal_type": "03", "category_code": "0105", "name": "陈小满", "phone": "13812342046",
        **changes,
    }  # fmt: skip


__all__ = ["Answer", "Caller", "Issue", "document", "order"]
