"""A form that is sent twice does its work once: a double click, a retry, "back" and send again."""

import hashlib
from collections.abc import Callable

from django.db import transaction
from django.http import HttpRequest

from jiesu.foundation import clock
from jiesu.journal import idempotency

_NOT_CONTENT = frozenset({"csrfmiddlewaretoken", "idempotency_key"})


def once(request: HttpRequest, run: Callable[[], str]) -> str:
    """Run what a form asks for and give what ``run`` gave: a reference of at most 128 characters.

    The same words sent again with the form's ``idempotency_key`` are not run again: they get what
    the first sending gave. Other words are another request; so is a form without a key. A refusal
    of ``run`` leaves the key free, and undoes what ``run`` wrote.
    """
    key = request.POST.get("idempotency_key", "")[:64]
    if not key:
        return run()
    said = [request.path, *sorted(i for i in request.POST.lists() if i[0] not in _NOT_CONTENT)]
    content = hashlib.sha256(repr(said).encode()).hexdigest()
    whose = request.actor.key  # type: ignore[attr-defined]  # set by PostMiddleware
    with transaction.atomic():
        first = idempotency.remember(
            whose, f"{key}:{content[:32]}", request_hash=content, at=clock.now()
        )
        if first.result is None:
            first.store(run() or "done")
        return first.result or ""
