"""The tables that are written, their columns, and how a value is written on each database."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
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
from jiesu.cli.simulation.bulk import times
from jiesu.foundation.crypto import keyring
from jiesu.foundation.fields import EncryptedTextField

Row = dict[str, Any]
Values = tuple[Any, ...]
Rows = dict["Table", list[Row]]


class Written:
    """The moments of one lot of rows, each written once; the rows must outlive it."""

    def __init__(self, zone: str = "") -> None:
        self.zone = zone
        self._known: dict[int, str] = {}  # by the object: hashing a moment costs more than writing

    def column(self, moments: Iterable[dt.datetime | None]) -> list[str | None]:
        """Moments as a database reads them."""
        known, write = self._known.get, self._write
        return [None if at is None else known(id(at)) or write(at) for at in moments]

    def _write(self, at: dt.datetime) -> str:
        text = self._known[id(at)] = times.utc(at) + self.zone
        return text


class Table:
    """One model's columns in the order in which they are written.

    ``told`` are JSON columns whose rows hold the JSON already written, as text.
    """

    def __init__(
        self, model: type[models.Model], *, keyed: bool = False, told: tuple[str, ...] = ()
    ) -> None:
        fields = [f for f in model._meta.local_concrete_fields if keyed or not f.primary_key]
        self.model = model
        self.name = model._meta.db_table
        self.columns = [f.column for f in fields]
        self.keys = [f.attname for f in fields]
        self.values: Callable[[Row], Values] = itemgetter(*self.keys)
        self.secret = _places(fields, EncryptedTextField)
        self.json = [i for i in _places(fields, models.JSONField) if self.keys[i] not in told]
        self.moments = _places(fields, models.DateTimeField)
        self.decimals = _places(fields, models.DecimalField)
        self.blank: Row = {f.attname: _default(f) for f in fields}

    def new(self, **values: Any) -> Row:
        """A row with the model's defaults."""
        return {**self.blank, **values}

    def sealed(self, rows: Iterable[Row], written: Written) -> list[Sequence[Any]]:
        """The rows' columns: personal text encrypted, JSON and moments as text."""
        columns: list[Sequence[Any]] = list(zip(*map(self.values, rows), strict=True))
        if not columns:
            return columns
        encrypt = keyring().encrypt
        for place in self.secret:
            columns[place] = [encrypt(text) if text else text for text in columns[place]]
        for place in self.json:
            columns[place] = [orjson.dumps(value).decode() for value in columns[place]]
        for place in self.moments:
            columns[place] = written.column(columns[place])
        return columns


def _places(fields: list[Any], kind: type[Any]) -> list[int]:
    return [place for place, field in enumerate(fields) if isinstance(field, kind)]


def _default(field: models.Field[Any, Any]) -> Any:
    if not field.has_default():
        return (
            None if field.null or not isinstance(field, models.CharField | models.TextField) else ""
        )
    return field.get_default()


APPEALS = Table(Appeal, keyed=True)
ASSIGNMENTS = Table(Assignment, keyed=True)
CLOCKS, EVENTS, REPLIES = Table(Clock), Table(Event, told=("data",)), Table(Reply)
CONTACTS, CALLBACKS, APPLICATIONS = Table(Contact), Table(Callback), Table(Application)
# In the order in which they are written: what is pointed at comes first.
TABLES = (APPEALS, ASSIGNMENTS, CLOCKS, EVENTS, REPLIES, CONTACTS, CALLBACKS, APPLICATIONS)


def for_sqlite(data: Rows) -> dict[str, Any]:
    """Each table's rows as ``executemany`` wants them."""
    written = Written()
    ready = {}
    for table, rows in data.items():
        columns = table.sealed(rows, written)
        for place in table.decimals if columns else ():
            columns[place] = [None if v is None else str(v) for v in columns[place]]
        ready[table.name] = list(zip(*columns, strict=True))
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
    Decimal: str,
    float: repr,
}


def _enumerated(value: Any) -> str:
    return _copied(str(value))


def for_copy(data: Rows) -> dict[str, Any]:
    """Each table's rows as ``COPY … FROM STDIN`` wants them."""
    written = Written("+00")
    how = _COPY.get
    ready = {}
    for table, rows in data.items():
        columns = [
            [how(type(v), _enumerated)(v) for v in column] for column in table.sealed(rows, written)
        ]
        lines = map("\t".join, zip(*columns, strict=True))
        ready[table.name] = ("\n".join(lines) + "\n").encode() if rows else b""
    return ready
