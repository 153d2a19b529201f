"""The audit of what people saw and changed: sign-ins, exports, reveals, management (等保三级)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from jiesu.access import Actor
from jiesu.foundation.crypto import sm3
from jiesu.journal.chain import actor_facts, instant, plain
from jiesu.journal.models import AuditRecord


def record(
    kind: str,
    *,
    actor: Actor,
    at: dt.datetime,
    subject: str = "",
    data: Mapping[str, Any] | None = None,
    ip: str = "",
) -> AuditRecord:
    """Write one audit record, in the caller's transaction: one statement."""
    row = AuditRecord(
        kind=str(kind),
        at=at,
        subject=subject[:128],
        data=plain(data or {}),
        ip=ip[:45],
        **actor_facts(actor),
    )
    row.hash = content_hash(*(getattr(row, column) for column in HASHED))
    row.save(force_insert=True)
    return row


HASHED = (
    "kind",
    "at",
    "actor_kind",
    "actor_name",
    "actor_role",
    "actor_user_id",
    "actor_unit_id",
    "actor_unit_name",
    "subject",
    "ip",
    "data",
)


def content_hash(
    kind: str,
    at: dt.datetime,
    actor_kind: str,
    actor_name: str,
    actor_role: str,
    actor_user_id: int | None,
    actor_unit_id: int | None,
    actor_unit_name: str,
    subject: str,
    ip: str,
    data: Mapping[str, Any],
) -> str:
    """The SM3 over the canonical JSON of one record; the columns come in the order of HASHED."""
    content = {
        "actor": {
            "kind": str(actor_kind),
            "name": actor_name,
            "role": str(actor_role),
            "unit_id": actor_unit_id,
            "unit_name": actor_unit_name,
            "user_id": actor_user_id,
        },
        "at": instant(at),
        "data": plain(data),
        "ip": ip,
        "kind": kind,
        "subject": subject,
    }
    return sm3(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hex()


@dataclass(frozen=True)
class AuditPage:
    """One page of the audit, newest first; ``before`` fetches the next, None at the end."""

    rows: list[AuditRecord]
    before: int | None


def page(
    *,
    kind: str = "",
    user_id: int | None = None,
    subject: str = "",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    before: int | None = None,
    size: int = 50,
) -> AuditPage:
    """One page of the audit, paged by key: one statement whatever the size of the table."""
    rows = AuditRecord.objects.order_by("-pk")
    if kind:
        rows = rows.filter(kind=kind)
    if user_id is not None:
        rows = rows.filter(actor_user_id=user_id)
    if subject:
        rows = rows.filter(subject=subject)
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: size + 1])
    return AuditPage(found[:size], found[size - 1].pk if len(found) > size else None)
