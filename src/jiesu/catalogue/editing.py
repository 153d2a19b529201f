"""What every change to the catalogue obeys: who may, from which day, and that it is recorded."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models.functions import Length

from jiesu.access import Actor, Permission, may_manage
from jiesu.catalogue import versions
from jiesu.catalogue.versions import day_of
from jiesu.foundation.errors import FieldError, Forbidden, Invalid, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.organizations.models import Region, Unit

STALE = "该内容已被他人修改，请刷新后重试。"


def must_edit(
    actor: Actor, region: Region | None, permission: Permission = Permission.MANAGE_CATALOGUE
) -> None:
    """Refuse an actor who may not edit the catalogue of that region; None means everywhere.

    What holds everywhere is edited at the top: from a post whose region holds the topmost unit's.
    """
    path = region.path if region else _top()
    if not may_manage(actor, permission, path):
        if region is None and actor.may(permission):
            raise Forbidden("这是全局内容，只能由最上级热线中心的目录管理员修改。")
        raise Forbidden


def _top() -> str:
    top = (
        Unit.objects.filter(parent__isnull=True, valid_to__isnull=True)
        .order_by(Length("region__path"), "region__path")
        .values_list("region__path", flat=True)
        .first()
    )
    return top or "0001"


def starting(day: dt.date | None, at: dt.datetime, field: str = "effective") -> dt.date:
    """The day a change takes effect, today unless given; refuses one that has passed."""
    today = day_of(at)
    if day is not None and day < today:
        raise invalid(
            field, f"生效日期不能早于今天（{today:%Y-%m-%d}），已经过去的日子不再改动。", "past_day"
        )
    return day or today


def changed(
    kind: str, *, actor: Actor, at: dt.datetime, subject: str, data: Mapping[str, Any]
) -> None:
    """Write the audit of a change and tell the caches; in the change's own transaction."""
    audit.record(f"catalogue.{kind}", actor=actor, at=at, subject=subject, data=data)
    versions.touch()


class Problems:
    """Collects every wrong field before refusing."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def add(self, field: str, message: str, code: str = "invalid") -> None:
        """Note one wrong field."""
        self.found.append(FieldError(field, code, message))

    def text(
        self,
        value: str,
        *,
        max_length: int,
        field: str,
        label: str,
        required: bool = True,
        multiline: bool = False,
    ) -> str:
        """The tidied text; noted when it is too long, or missing."""
        try:
            text = clean_text(
                value, max_length=max_length, field=field, label=label, multiline=multiline
            )
        except Invalid as refusal:
            self.found.extend(refusal.errors)
            return value
        if required and not text:
            self.add(field, f"请填写{label}。", "required")
        return text

    def refuse(self) -> None:
        """Raise ``Invalid`` if anything was noted."""
        if self.found:
            raise Invalid(self.found)
