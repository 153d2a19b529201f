"""Who calls: a key in ``Authorization: Bearer jk_…``, one statement, then the client's limit."""

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from jiesu.access import Actor
from jiesu.accounts import api_clients
from jiesu.accounts.actors import actor_for_client
from jiesu.accounts.models import ApiClient
from jiesu.api.v1.errors import ApiRefusal, unauthenticated
from jiesu.api.v1.limits import Limiter
from jiesu.foundation import clock


class Call(HttpRequest):
    """A request whose caller is known; ``at`` is the one time this call happens at."""

    actor: Actor
    at: dt.datetime
    client: ApiClient


limiter = Limiter()  # this process's


class ClientKey(HttpBearer):
    """Lets in whoever holds a valid key, as often as their limit allows."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Set ``actor``, ``at`` and ``client``; refuse with 401 or 429."""
        at = clock.now()
        client = api_clients.authenticate(token.strip(), at=at)
        if client is None:
            raise unauthenticated()
        wait = limiter.wait(client.pk, client.per_minute, at)
        if wait:
            raise ApiRefusal(
                "rate_limited",
                f"请求过于频繁：每分钟最多 {client.per_minute} 次。请 {wait} 秒后再试。",
                {"Retry-After": str(wait)},
            )
        api_clients.note_use(client, at=at)
        request.client = client  # type: ignore[attr-defined]  # typed in Call
        request.actor = actor_for_client(client)  # type: ignore[attr-defined]  # typed in Call
        request.at = at  # type: ignore[attr-defined]  # typed in Call
        return client
