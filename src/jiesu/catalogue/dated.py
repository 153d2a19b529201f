"""Rows of one key that hold one after another: each from its day until the next one begins.

For models with ``key``, ``valid_from`` and ``valid_to`` (None: until further notice).
"""

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)


def let_hold(rows: QuerySet[M], key: str, day: dt.date, values: Mapping[str, Any]) -> M:
    """This will let a row with these values hold from a day on, until the next one there is.

    What held before ends then. An empty ``key`` begins a new one.
    """
    key = key or secrets.token_hex(8)
    of_key = rows.filter(key=key)
    following = of_key.filter(valid_from__gt=day).order_by("valid_from")
    until = following.values_list("valid_from", flat=True).first()
    of_key.filter(_holds_on(day), valid_from__lt=day).update(valid_to=day)
    row, _ = rows.update_or_create(key=key, valid_from=day, defaults={**values, "valid_to": until})
    return row


def let_end(rows: QuerySet[M], key: str, day: dt.date) -> bool:
    """This will let a key hold no longer from a day on, and drop what was to come.

    False when it had ended already.
    """
    of_key = rows.filter(key=key)
    dropped = of_key.filter(valid_from__gt=day).delete()[0]
    ended = of_key.filter(_holds_on(day), valid_from__lte=day).update(valid_to=day)
    return bool(dropped or ended)


def _holds_on(day: dt.date) -> Q:
    return Q(valid_to=None) | Q(valid_to__gt=day)
