"""The keys of outside systems: shown once, kept as a hash, rotated with a time of grace.

A key is ``jk_`` and nine characters, by which the row is found, then ``_`` and 43 more: 256 random
bits need no slow hash.
"""

import datetime as dt
import hmac
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q

from jiesu.access import ROLE_PERMISSIONS, Actor, Permission, Role, may_manage
from jiesu.access.roles import REFERENCE_DATA
from jiesu.accounts.models import ApiClient
from jiesu.foundation.crypto import sm3
from jiesu.foundation.errors import Forbidden, NotAllowedNow, NotFound, invalid
from jiesu.journal import audit
from jiesu.organizations.checks import Problems, day_of, holds, when
from jiesu.organizations.models import Unit

P = Permission
PREFIX_LENGTH = 12
GRACE = dt.timedelta(days=7)
MOST_PER_MINUTE = 60_000
_LETTERS = string.ascii_letters + string.digits
_NOTED_EVERY = dt.timedelta(hours=1)

# What a responsible unit's own system needs; a centre's may be given all of Role.API_CLIENT.
UNIT_SYSTEM = frozenset(
    {
        P.HANDLING_OPEN, P.HANDLING_SIGN, P.HANDLING_APPLY, P.HANDLING_PASS_DOWN,
        P.HANDLING_CONTACT, P.HANDLING_REPORT, P.HANDLING_INNER_REVIEW, P.DISPATCH_CONSULT,
        P.APPEAL_VIEW, P.APPEAL_REVEAL, P.SCORING_OWN,
    }
)  # fmt: skip
# What a channel that only brings appeals in needs: a website, an app, another line.
CHANNEL = frozenset({P.INTAKE_REGISTER, P.INTAKE_ADD_FACTS, P.INTAKE_URGE, P.INTAKE_WITHDRAW})
CENTRE_SYSTEM = ROLE_PERMISSIONS[Role.API_CLIENT] - REFERENCE_DATA
# What a register of units or a catalogue needs that is kept elsewhere; it sees no appeal.
REFERENCE_SYSTEM = REFERENCE_DATA | {P.MANAGE_TEMPLATES}


@dataclass(frozen=True)
class IssuedKey:
    """A client and its key in the clear: to be shown once, then gone."""

    client: ApiClient
    key: str


def create_client(
    name: str,
    unit: Unit,
    permissions: Iterable[Permission],
    *,
    actor: Actor,
    at: dt.datetime,
    per_minute: int = 600,
    expires_on: dt.date | None = None,
) -> IssuedKey:
    """This will let an outside system in, for one unit, with exactly these permissions.

    Refuses no permission at all or one no client may hold, a unit not in force, an odd limit.
    """
    _must_manage(actor, unit)
    held = _checked(name, permissions, per_minute, expires_on, at)
    if not holds(unit, day_of(at)):
        raise invalid("unit", f"“{unit.name}”{when(unit)}，请选择其他单位。", "unit_not_in_force")
    with transaction.atomic():
        prefix = "jk_" + _random(PREFIX_LENGTH - 3)
        key = f"{prefix}_{_random(43)}"
        client = ApiClient.objects.create(
            unit=unit,
            key_prefix=prefix,
            key_hash=_hash(key),
            per_minute=per_minute,
            expires_on=expires_on,
            **held,
        )
        _audit("api_client_create", client, actor, at)
    return IssuedKey(client, key)


def edit_client(
    client: ApiClient,
    *,
    name: str,
    permissions: Iterable[Permission],
    per_minute: int,
    expires_on: dt.date | None,
    actor: Actor,
    at: dt.datetime,
) -> ApiClient:
    """This will change what a client may do, how often, and until when."""
    with transaction.atomic():
        client = _managed(client, actor)
        for field, value in _checked(name, permissions, per_minute, expires_on, at).items():
            setattr(client, field, value)
        client.per_minute, client.expires_on = per_minute, expires_on
        client.save(update_fields=["name", "permissions", "per_minute", "expires_on"])
        _audit("api_client_edit", client, actor, at)
    return client


def rotate_key(
    client: ApiClient, *, actor: Actor, at: dt.datetime, grace: dt.timedelta = GRACE
) -> IssuedKey:
    """This will issue a new key; the old one still opens for a time of grace (0: a leaked key).

    Refuses a revoked client.
    """
    with transaction.atomic():
        client = _managed(client, actor)
        _refuse_revoked(client)
        key = f"{client.key_prefix}_{_random(43)}"
        client.old_key_hash = client.key_hash if grace else ""
        client.old_key_until = at + grace if grace else None
        client.key_hash = _hash(key)
        client.save(update_fields=["key_hash", "old_key_hash", "old_key_until"])
        _audit("api_client_rotate", client, actor, at)
    return IssuedKey(client, key)


def revoke_client(client: ApiClient, *, actor: Actor, at: dt.datetime) -> ApiClient:
    """This will keep the client out at once, for good. Refuses one revoked already."""
    with transaction.atomic():
        client = _managed(client, actor)
        _refuse_revoked(client)
        client.is_active, client.old_key_hash, client.old_key_until = False, "", None
        client.save(update_fields=["is_active", "old_key_hash", "old_key_until"])
        _audit("api_client_revoke", client, actor, at)
    return client


def authenticate(key: str, *, at: dt.datetime) -> ApiClient | None:
    """The client whose key this is, with its unit and region; None when it may not come in.

    One statement.
    """
    if len(key) > 200 or not (key.startswith("jk_") and key.isascii() and key.isprintable()):
        return None
    rows = ApiClient.objects.select_related("unit__region")
    client = next(iter(rows.filter(key_prefix=key[:PREFIX_LENGTH])[:1]), None)  # first() sorts
    if client is None or not client.is_active:
        return None
    day = day_of(at)
    if not holds(client.unit, day) or (client.expires_on and client.expires_on <= day):
        return None
    given = _hash(key)
    if hmac.compare_digest(given, client.key_hash):
        return client
    in_grace = client.old_key_until is not None and at < client.old_key_until
    if in_grace and hmac.compare_digest(given, client.old_key_hash):
        return client
    return None


def note_use(client: ApiClient, *, at: dt.datetime) -> None:
    """This will keep when the client was last seen, to the hour: mostly no statement."""
    stale = at - _NOTED_EVERY
    if client.last_used_at is None or client.last_used_at <= stale:
        unseen = Q(last_used_at__isnull=True) | Q(last_used_at__lte=stale)
        ApiClient.objects.filter(unseen, pk=client.pk).update(last_used_at=at)
        client.last_used_at = at


def _checked(
    name: str,
    permissions: Iterable[Permission],
    per_minute: int,
    expires_on: dt.date | None,
    at: dt.datetime,
) -> dict[str, Any]:
    problems = Problems()
    name = problems.text(name, max_length=64, field="name", label="名称")
    if not name:
        problems.add("name", "required", "请填写名称。")
    asked = {str(permission) for permission in permissions}
    if not asked:
        problems.add("permissions", "required", "请至少选择一项权限。")
    if not asked <= {str(permission) for permission in ROLE_PERMISSIONS[Role.API_CLIENT]}:
        problems.add("permissions", "not_for_clients", "所选权限中有接口客户端不能持有的，请去掉。")
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        problems.add("per_minute", "out_of_range", f"每分钟上限应在 1 至 {MOST_PER_MINUTE} 之间。")
    if expires_on is not None and expires_on <= day_of(at):
        problems.add("expires_on", "in_the_past", "有效期须晚于今天。")
    problems.refuse()
    return {"name": name, "permissions": sorted(asked)}


def _managed(client: ApiClient, actor: Actor) -> ApiClient:
    rows = ApiClient.objects.select_for_update(of=("self",)).select_related("unit__region")
    found = rows.filter(pk=client.pk).first()
    if found is None:
        raise NotFound
    _must_manage(actor, found.unit)
    return found


def _must_manage(actor: Actor, unit: Unit) -> None:
    if not may_manage(actor, Permission.MANAGE_API_CLIENTS, unit.region.path):
        raise Forbidden


def _refuse_revoked(client: ApiClient) -> None:
    if not client.is_active:
        raise NotAllowedNow(f"接口客户端“{client.name}”已停用，请新建一个。")


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _hash(key: str) -> str:
    return sm3(key.encode()).hex()


def _audit(kind: str, client: ApiClient, actor: Actor, at: dt.datetime) -> None:
    audit.record(
        kind,
        actor=actor,
        at=at,
        subject=f"api_client:{client.pk}",
        data={
            "name": client.name,
            "unit": client.unit.name,
            "permissions": client.permissions,
            "per_minute": client.per_minute,
            "expires_on": client.expires_on.isoformat() if client.expires_on else None,
        },
    )
