"""The audit of what people saw and changed: sign-ins, exports, reveals, management (等保三级)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import Q

from jiesu.access import Actor
from jiesu.foundation.crypto import sm3
from jiesu.foundation.errors import invalid
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
    """One page of the audit, newest first; ``before`` fetches the next, "" at the end."""

    rows: list[AuditRecord]
    before: str


def page(
    *,
    kind: str = "",
    kinds: Sequence[str] = (),
    user_id: int | None = None,
    units: Any = None,
    subject: str = "",
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    before: str = "",
    size: int = 50,
) -> AuditPage:
    """One page of the audit, by time and then id: one indexed statement at any size of table.

    A ``kind`` that ends in a dot or a stroke means all that begin so, such as "catalogue." and
    "unit_"; ``kinds`` means any of several. ``units`` narrows to what was done from units of these
    ids (a list or a subquery). ``since`` is included, ``until`` is not; ``before`` is the token an
    earlier page gave. Raises ``Invalid`` when somebody made up the token.
    """
    rows = AuditRecord.objects.order_by("-at", "-pk")
    wanted = Q()
    for one in (*kinds, *([kind] if kind else [])):
        wanted |= Q(kind__startswith=one) if one.endswith((".", "_")) else Q(kind=one)
    rows = rows.filter(wanted)
    if units is not None:
        rows = rows.filter(actor_unit_id__in=units)
    if user_id is not None:
        rows = rows.filter(actor_user_id=user_id)
    if subject:
        rows = rows.filter(subject=subject)
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    if before:
        at, pk = _place(before)
        rows = rows.filter(Q(at__lt=at) | Q(pk__lt=pk), at__lte=at)
    found = list(rows[: size + 1])
    if len(found) <= size:
        return AuditPage(found, "")
    last = found[size - 1]
    return AuditPage(found[:size], f"{instant(last.at)}~{last.pk}")


def _place(token: str) -> tuple[dt.datetime, int]:
    at, _, pk = token.partition("~")
    try:
        return dt.datetime.fromisoformat(at).astimezone(dt.UTC), int(pk)
    except (ValueError, OverflowError):
        raise invalid("before", "翻页位置无效，请回到第一页重新查询。") from None
