"""Keeping a filter under a name, and choosing columns."""

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from jiesu.access import Actor
from jiesu.foundation.errors import Forbidden, invalid
from jiesu.foundation.text import clean_text
from jiesu.listing.columns import COLUMNS, DESK_KEYS, MORE_DESK_KEYS
from jiesu.listing.filters import OrderFilter
from jiesu.listing.models import ColumnChoice, SavedFilter

MOST = 12


def filters_of(actor: Actor, desk: str) -> list[SavedFilter]:
    """The filters a person kept for a desk, oldest first."""
    return list(SavedFilter.objects.filter(user_id=actor.user_id or 0, desk=desk).order_by("pk"))


def keep(
    desk: str, name: str, wishes: OrderFilter, *, actor: Actor, at: dt.datetime
) -> SavedFilter:
    """This will keep a filter under a name; at most twelve a desk."""
    if actor.user_id is None:
        raise Forbidden
    called = clean_text(name, max_length=24, field="name", label="筛选名称", multiline=False)
    if not called:
        raise invalid("name", "请给这个筛选起个名字。", "required")
    if wishes.is_empty:
        raise invalid("name", "还没有筛选条件，先选条件再保存。", "empty")
    if SavedFilter.objects.filter(user_id=actor.user_id or 0, desk=desk).count() >= MOST:
        raise invalid("name", f"最多保存 {MOST} 个筛选，请先删除不用的。", "too_many")
    try:
        with transaction.atomic():
            return SavedFilter.objects.create(
                user_id=actor.user_id or 0,
                desk=desk,
                name=called,
                query=wishes.query(),
                created_at=at,
            )
    except IntegrityError as error:
        raise invalid("name", f"已有名为“{called}”的筛选，请换个名字。", "taken") from error


def drop(pk: int, *, actor: Actor) -> None:
    """This will forget a person's own filter; another's stays."""
    SavedFilter.objects.filter(pk=pk, user_id=actor.user_id or 0).delete()


def columns_of(actor: Actor, desk: str, default: Sequence[str]) -> list[str]:
    """The columns a person chose for a desk, or the desk's own."""
    choice = ColumnChoice.objects.filter(user_id=actor.user_id or 0, desk=desk).first()
    return list(choice.columns) if choice and choice.columns else [*default]


def choose_columns(desk: str, keys: Sequence[str], *, actor: Actor) -> None:
    """This will remember which columns a person wants in a desk's list; none = the desk's own."""
    if actor.user_id is None:
        raise Forbidden
    wanted = [k for k in keys if k in DESK_KEYS or k in MORE_DESK_KEYS or k in COLUMNS]
    if not keys:  # the desk's own again
        ColumnChoice.objects.filter(user_id=actor.user_id, desk=desk).delete()
        return
    if not wanted:
        raise invalid("columns", "请至少选择一列。", "required")
    ColumnChoice.objects.update_or_create(
        user_id=actor.user_id or 0, desk=desk, defaults={"columns": wanted}
    )
