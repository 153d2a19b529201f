"""Keeps what a person typed when the session ran out under their hands, or a form was refused.

The fields (never files, passwords or keys) go, encrypted, into a short-lived session row of their
own; the browser gets a signed token. The page it returns to shows them again (``forms.js``).
"""

import json
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest

from jiesu.foundation.crypto import keyring

LIFE_SECONDS = 30 * 60
MOST_CHARACTERS = 200_000
_SALT = "jiesu.web.saved_forms"
_NEVER = frozenset({"csrfmiddlewaretoken", "idempotency_key", "version"})


def _may_keep(name: str) -> bool:
    return name not in _NEVER and not any(
        word in name for word in ("password", "totp", "one_time", "secret")
    )


def keep(request: HttpRequest) -> str:
    """Store the form that was posted; its token, or "" when there is nothing to keep."""
    fields = {
        name: values for name, values in request.POST.lists() if _may_keep(name) and any(values)
    }
    text = json.dumps({"action": request.path, "fields": fields}, ensure_ascii=False)
    if not fields or len(text) > MOST_CHARACTERS:
        return ""
    row = SessionStore()
    row["form"] = keyring().encrypt(text)
    row.set_expiry(LIFE_SECONDS)
    row.create()
    row.save()
    return TimestampSigner(salt=_SALT).sign(str(row.session_key))


def load(token: str, user_id: int | None) -> dict[str, Any] | None:
    """The form behind a token: ``{"action": …, "fields": {name: [values]}}``; None when it is gone.

    The first person who opens it owns it; nobody else does after.
    """
    try:
        key = TimestampSigner(salt=_SALT).unsign(token, max_age=LIFE_SECONDS)
    except BadSignature:
        return None
    row = SessionStore(session_key=key)
    kept = row.get("form")
    if kept is None or row.get("owner", user_id) != user_id:
        return None
    if "owner" not in row:
        row["owner"] = user_id
        row.save()
    form: dict[str, Any] = json.loads(keyring().decrypt(kept))
    return form
