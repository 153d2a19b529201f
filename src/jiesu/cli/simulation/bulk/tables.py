"""The tables that are written, their columns, and how a value is written on each database."""

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from operator import itemgetter
from typing import Any

import orjson
from django.db import models

from jiesu.appeals.models import (
    Appeal,
    Application,
    Assignment,
    Callback,
    Clock,
    Contact,
    Event,
    Reply,
)
from jiesu.foundation.crypto import keyring
from jiesu.foundation.fields import EncryptedTextField

Row = dict[str, Any]
Values = tuple[Any, ...]


class Table:
    """One model's columns in the order in which they are written."""

    def __init__(self, model: type[models.Model], *, keyed: bool = False) -> None:
        fields = [f for f in model._meta.local_concrete_fields if keyed or not f.primary_key]
        self.model = model
        self.name = model._meta.db_table
        self.columns = [f.column for f in fields]
        self.keys = [f.attname for f in fields]
        self.values: Callable[[Row], Values] = itemgetter(*self.keys)
        self.secret = [f.attname for f in fields if isinstance(f, EncryptedTextField)]
        self.json = [f.attname for f in fields if isinstance(f, models.JSONField)]
        self.blank: Row = {f.attname: _default(f) for f in fields}

    def new(self, **values: Any) -> Row:
        """A row with the model's defaults."""
        return {**self.blank, **values}

    def ready(self, row: Row) -> Values:
        """The row's values, personal text encrypted, JSON as text."""
        for key in self.secret:
            if row[key]:
                row[key] = keyring().encrypt(row[key])
        for key in self.json:
            row[key] = orjson.dumps(row[key]).decode()
        return self.values(row)


def _default(field: models.Field[Any, Any]) -> Any:
    if not field.has_default():
        return (
            None if field.null or not isinstance(field, models.CharField | models.TextField) else ""
        )
    return field.get_default()


APPEALS = Table(Appeal, keyed=True)
ASSIGNMENTS = Table(Assignment, keyed=True)
CLOCKS, EVENTS, REPLIES = Table(Clock), Table(Event), Table(Reply)
CONTACTS, CALLBACKS, APPLICATIONS = Table(Contact), Table(Callback), Table(Application)
# In the order in which they are written: what is pointed at comes first.
TABLES = (APPEALS, ASSIGNMENTS, CLOCKS, EVENTS, REPLIES, CONTACTS, CALLBACKS, APPLICATIONS)

_UTC = dt.UTC
_times: dict[dt.datetime, str] = {}


def _utc(at: dt.datetime) -> str:
    """A moment as SQLite keeps it: UTC, without a zone."""
    text = _times.get(at)
    if text is None:
        if len(_times) > 50_000:
            _times.clear()
        text = _times[at] = str(at.astimezone(_UTC).replace(tzinfo=None))
    return text


def for_sqlite(rows: Iterable[Values]) -> list[Values]:
    """The rows as ``executemany`` wants them."""
    plain: dict[type, Callable[[Any], str]] = {dt.datetime: _utc, Decimal: str}
    return [
        tuple([plain[type(v)](v) if type(v) in plain else v for v in row]) for row in rows
    ]  # fmt: skip


def _copied(text: str) -> str:
    """Text in COPY's own writing."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if "\n" in text or "\t" in text or "\r" in text:
        text = text.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r")
    return text


_COPY: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "\\N",
    bool: lambda v: "t" if v else "f",
    int: str,
    str: _copied,
    dt.datetime: lambda v: _utc(v) + "+00",
    Decimal: str,
    float: repr,
}


def for_copy(rows: Iterable[Values]) -> bytes:
    """The rows as ``COPY … FROM STDIN`` wants them."""
    write = _COPY
    lines = ["\t".join([_written(write, v) for v in row]) for row in rows]
    return ("\n".join(lines) + "\n").encode() if lines else b""


def _written(write: dict[type, Callable[[Any], str]], value: Any) -> str:
    found = write.get(type(value))
    return found(value) if found is not None else _copied(str(value))  # an enumeration's text
