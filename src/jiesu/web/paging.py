"""Pages by key, not by number: page 10,000 costs what page 1 costs, and nothing is counted.

A page is asked for by the sort values of the row it follows. New rows never shift what a person
is reading. The order may mix directions (``["-urgent", "due_at", "id"]``) and must end in a field
that is unique. Empty (NULL) values come last in either direction.
"""

import base64
import binascii
import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Model, OrderBy, Q, QuerySet

M = TypeVar("M", bound=Model)
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class KeyPage(Generic[T]):
    """One page; ``next`` and ``previous`` are tokens for ``?after=``, "" where there is none."""

    items: Sequence[T]
    next: str = ""
    previous: str = ""

    def __iter__(self) -> Any:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def map(self, change: Callable[[T], U]) -> "KeyPage[U]":
        """The same page with each item changed."""
        return KeyPage([change(item) for item in self.items], self.next, self.previous)


@dataclass(frozen=True)
class _Key:
    name: str
    descending: bool
    nullable: bool
    field: "Field[Any, Any]"


def _keys(model: type[Model], fields: Sequence[str]) -> list[_Key]:
    keys = []
    for spec in fields:
        name, at, nullable = spec.removeprefix("-"), model, False
        for part in name.split("__"):
            try:
                found = at._meta.pk if part == "pk" else at._meta.get_field(part)
            except FieldDoesNotExist as error:
                raise ValueError(f"cannot page by {spec!r}") from error
            if not isinstance(found, Field):
                raise TypeError(f"cannot page by {spec!r}")
            field: Field[Any, Any] = found
            nullable = nullable or field.null
            at = field.related_model if isinstance(field.related_model, type) else at
        keys.append(_Key(name, spec.startswith("-"), nullable, field))
    if keys[-1].nullable or not keys[-1].field.unique:
        raise ValueError("the last field of the order must be unique")
    return keys


def _order(key: _Key, backwards: bool) -> OrderBy:
    descending = key.descending != backwards
    if not key.nullable:  # a plain order lets the database walk its index
        return OrderBy(F(key.name), descending=descending)
    return OrderBy(
        F(key.name),
        descending=descending,
        nulls_first=True if backwards else None,
        nulls_last=None if backwards else True,
    )


def _beyond(key: _Key, value: Any, backwards: bool) -> Q:
    """Rows whose ``key`` comes strictly after ``value`` (before it, when going backwards)."""
    if value is None:
        return Q(**{f"{key.name}__isnull": False}) if backwards else Q(pk__in=[])
    operator = "lt" if key.descending != backwards else "gt"
    beyond = Q(**{f"{key.name}__{operator}": value})
    if key.nullable and not backwards:
        beyond |= Q(**{f"{key.name}__isnull": True})
    return beyond


def _same(key: _Key, value: Any) -> Q:
    return Q(**{f"{key.name}__isnull": True}) if value is None else Q(**{key.name: value})


def _after(keys: Sequence[_Key], values: Sequence[Any], backwards: bool) -> Q:
    """(a beyond) or (a same and b beyond) or …"""
    total, same = Q(pk__in=[]), Q()
    for key, value in zip(keys, values, strict=True):
        total |= same & _beyond(key, value, backwards)
        same &= _same(key, value)
    return total


def _stretches(keys: Sequence[_Key], values: Sequence[Any], backwards: bool) -> list[Q]:
    """The rows from here on as stretches of the leading column, each one index range.

    "due ≥ x, or none" is no range, so the rows without a value make a stretch of their own.
    """
    first, value = keys[0], values[0]
    without = Q(**{f"{first.name}__isnull": True})
    if value is None:
        rest = without & _after(keys[1:], values[1:], backwards)
        return [rest, Q(**{f"{first.name}__isnull": False})] if backwards else [rest]
    operator = "lte" if first.descending != backwards else "gte"
    firm = [replace(first, nullable=False), *keys[1:]]
    here = Q(**{f"{first.name}__{operator}": value}) & _after(firm, values, backwards)
    return [here, without] if first.nullable and not backwards else [here]


def _read(thing: Any, name: str) -> Any:
    if isinstance(thing, dict):
        return thing[name]
    for part in name.split("__"):
        thing = getattr(thing, part)
        if thing is None:
            return None
    return thing.pk if isinstance(thing, Model) else thing


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _token(keys: Sequence[_Key], thing: Any, backwards: bool) -> str:
    values = [_plain(_read(thing, key.name)) for key in keys]
    text = json.dumps(["<" if backwards else ">", *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _parse(token: str, keys: Sequence[_Key]) -> tuple[bool, list[Any]] | None:
    """What a token says; None for anything that we did not write ourselves."""
    try:
        text = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        way, *values = json.loads(text)
        if way not in ("<", ">") or len(values) != len(keys):
            return None
        return way == "<", [
            None if value is None and key.nullable else key.field.to_python(_scalar(value))
            for key, value in zip(keys, values, strict=True)
        ]
    except (ValueError, TypeError, binascii.Error, ValidationError, UnicodeDecodeError):
        return None


def _scalar(value: Any) -> Any:
    if isinstance(value, str | int | float | bool):
        return value
    raise TypeError("not a sort value")


def key_page(
    queryset: "QuerySet[M, Any]", order: Sequence[str], after: str = "", size: int = 25, *,
    firm: bool = False,
) -> KeyPage[Any]:  # fmt: skip
    """One page of ``queryset`` in this order; ``after`` is a token of another page, or "".

    A token that cannot be read gives the first page. One statement (two where a page reaches from
    rows with a leading value into those without), never a COUNT. ``firm``: none of these rows is
    without a value, so that a plain order walks the index on every database.
    """
    keys = _keys(queryset.model, order)
    if firm:
        keys = [replace(key, nullable=False) for key in keys]
    place = _parse(after, keys) if after else None
    backwards = bool(place and place[0])
    rows = queryset.order_by(*(_order(key, backwards) for key in keys))
    found: list[M] = []
    for stretch in _stretches(keys, place[1], backwards) if place else [Q()]:
        found += rows.filter(stretch)[: size + 1 - len(found)]
        if len(found) > size:
            break
    more = len(found) > size
    found = found[:size]
    if backwards:
        if not found:  # everything before was taken away meanwhile
            return key_page(queryset, order, "", size, firm=firm)
        found.reverse()
        return KeyPage(
            found,
            next=_token(keys, found[-1], backwards=False),
            previous=_token(keys, found[0], backwards=True) if more else "",
        )
    return KeyPage(
        found,
        next=_token(keys, found[-1], backwards=False) if more else "",
        previous=_token(keys, found[0], backwards=True) if place and found else "",
    )
