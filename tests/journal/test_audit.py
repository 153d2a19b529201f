"""The audit of what people saw and changed."""

import contextlib
import datetime as dt
from typing import Any

import pytest
from django.db import transaction

from jiesu.access import SYSTEM, Actor, ActorKind, Role
from jiesu.foundation.errors import Invalid
from jiesu.journal import audit
from jiesu.journal.models import AuditRecord

pytestmark = pytest.mark.django_db

AT = dt.datetime(2026, 3, 9, 8, 30, tzinfo=dt.UTC)
ADMIN = Actor(
    kind=ActorKind.PERSON,
    name="林安",
    role=Role.SECURITY_ADMIN,
    user_id=4,
    unit_id=2,
    unit_name="热线中心",
)


def test_a_record_keeps_who_what_when_and_from_where(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        audit.record(
            "reveal", actor=ADMIN, at=AT, subject="3501022603090000171",
            data={"field": "phone", "reason": "回访", "until": AT}, ip="10.0.0.9",
        )  # fmt: skip

    row = AuditRecord.objects.get()
    assert (row.kind, row.at, row.actor_name, row.actor_role) == (
        "reveal",
        AT,
        "林安",
        "security_admin",
    )
    assert (row.actor_user_id, row.actor_unit_name, row.ip) == (4, "热线中心", "10.0.0.9")
    assert row.data == {"field": "phone", "reason": "回访", "until": "2026-03-09T08:30:00.000000Z"}
    assert row.hash == audit.content_hash(*(getattr(row, column) for column in audit.HASHED))


def test_a_record_goes_with_the_change_it_is_about() -> None:
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        audit.record("export", actor=ADMIN, at=AT)
        raise ZeroDivisionError

    assert not AuditRecord.objects.exists()


def test_the_audit_is_read_newest_first_page_by_page(django_assert_num_queries: Any) -> None:
    for n in (3, 0, 1, 2, 2):  # two of one moment, and one written late
        audit.record("sign_in", actor=ADMIN, at=AT + dt.timedelta(minutes=n))

    with django_assert_num_queries(3):
        first = audit.page(size=2)
        second = audit.page(size=2, before=first.before)
        third = audit.page(size=2, before=second.before)

    minutes = [row.at.minute - 30 for page in (first, second, third) for row in page.rows]
    assert minutes == [3, 2, 2, 1, 0]
    assert third.before == ""


def test_the_audit_is_found_by_kind_person_subject_and_time() -> None:
    audit.record("sign_in", actor=ADMIN, at=AT)
    audit.record("export", actor=SYSTEM, at=AT + dt.timedelta(hours=1), subject="A1")

    def kinds(**wanted: Any) -> list[str]:
        return [row.kind for row in audit.page(**wanted).rows]

    assert kinds(kind="export") == ["export"]
    assert kinds(user_id=4) == ["sign_in"]
    assert kinds(subject="A1") == ["export"]
    assert kinds(since=AT + dt.timedelta(minutes=1)) == ["export"]
    assert kinds(until=AT + dt.timedelta(minutes=1)) == ["sign_in"]
    assert kinds(kind="reveal") == []
    assert kinds(kind="export.") == []
    audit.record("catalogue.edit", actor=SYSTEM, at=AT)
    assert kinds(kind="catalogue.") == ["catalogue.edit"]


@pytest.mark.parametrize("token", ["x", "5", "~", "2026-03-09~x", "2026-03-09T08:30:00Z~1e9"])
def test_a_made_up_page_token_is_refused(token: str) -> None:
    with pytest.raises(Invalid, match="翻页位置无效"):
        audit.page(before=token)
