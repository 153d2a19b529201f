"""Pages by key with an opaque cursor: page 10,000 costs what page 1 costs, nothing is counted."""

import base64
import binascii
import datetime as dt
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from jiesu.foundation.errors import Invalid, invalid

M = TypeVar("M", bound=Model)
LARGEST = 100


@dataclass(frozen=True)
class Order:
    """By which fields a list runs; the last is unique and all run the same way."""

    name: str
    fields: tuple[str, ...]
    descending: bool = False


@dataclass(frozen=True)
class Found(Generic[M]):
    """One page and the cursor of the next one, None at the end."""

    rows: list[M]
    next: str | None


def page(rows: "QuerySet[M, M]", order: Order, after: str, size: int) -> Found[M]:
    """The page that follows the cursor ``after`` ("" for the first): one statement.

    Refuses a cursor that was not given out for this order.
    """
    sign = "-" if order.descending else ""
    rows = rows.order_by(*(sign + name for name in order.fields))
    if after:
        rows = rows.filter(_beyond(rows.model, order, _read(after, order)))
    found = list(rows[: size + 1])
    more = len(found) > size
    found = found[:size]
    return Found(found, _write(order, found[-1]) if more else None)


def _beyond(model: type[Model], order: Order, values: list[Any]) -> Q:
    way = "lt" if order.descending else "gt"
    total, same = Q(pk__in=[]), Q()
    keys = [_key(model, *pair) for pair in zip(order.fields, values, strict=True)]
    for name, key in zip(order.fields, keys, strict=True):
        total |= same & Q(**{f"{name}__{way}": key})
        same &= Q(**{name: key})
    if len(keys) > 1:  # says it again for the leading column, so that an index range helps
        total &= Q(**{f"{order.fields[0]}__{way}e": keys[0]})
    return total


def _key(model: type[Model], name: str, value: Any) -> Any:
    field: Any = model._meta.get_field(name)
    try:
        return field.to_python(value)
    except (ValidationError, ValueError, OverflowError) as error:
        raise _wrong() from error


def _write(order: Order, row: Model) -> str:
    values = [getattr(row, name) for name in order.fields]
    text = orjson.dumps(
        [order.name, *(v.isoformat() if isinstance(v, dt.datetime) else v for v in values)]
    )
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def _read(cursor: str, order: Order) -> list[Any]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        said: list[Any] = orjson.loads(text)
        name, *values = said
    except (ValueError, TypeError, binascii.Error) as error:
        raise _wrong() from error
    if name != order.name or len(values) != len(order.fields):
        raise _wrong()
    if not all(isinstance(v, str | int) and not isinstance(v, bool) for v in values):
        raise _wrong()
    return values


def _wrong() -> Invalid:
    return invalid(
        "after", "翻页标记 after 无效或与排序不符，请从第一页重新读取。", "invalid_cursor"
    )
