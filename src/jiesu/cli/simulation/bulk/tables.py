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
        self.moments = [f.attname for f in fields if isinstance(f, models.DateTimeField)]
        self.decimals = [f.attname for f in fields if isinstance(f, models.DecimalField)]
        self.blank: Row = {f.attname: _default(f) for f in fields}

    def new(self, **values: Any) -> Row:
        """A row with the model's defaults."""
        return {**self.blank, **values}

    def seal(self, row: Row) -> None:
        """Encrypt the row's personal text and write its JSON as text."""
        for key in self.secret:
            if row[key]:
                row[key] = keyring().encrypt(row[key])
        for key in self.json:
            row[key] = orjson.dumps(row[key]).decode()


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
        text = _times[at] = at.astimezone(_UTC).isoformat(" ")[: -len("+00:00")]
    return text


def for_sqlite(table: Table, rows: Iterable[Row]) -> list[Values]:
    """The rows as ``executemany`` wants them."""
    ready = []
    for row in rows:
        table.seal(row)
        for key in table.moments:
            if row[key] is not None:
                row[key] = _utc(row[key])
        for key in table.decimals:
            if row[key] is not None:
                row[key] = str(row[key])
        ready.append(table.values(row))
    return ready


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


def _enumerated(value: Any) -> str:
    return _copied(str(value))


def for_copy(table: Table, rows: Iterable[Row]) -> bytes:
    """The rows as ``COPY … FROM STDIN`` wants them."""
    how = _COPY.get
    lines = []
    for row in rows:
        table.seal(row)
        lines.append("\t".join([how(type(v), _enumerated)(v) for v in table.values(row)]))
    return ("\n".join(lines) + "\n").encode() if lines else b""
