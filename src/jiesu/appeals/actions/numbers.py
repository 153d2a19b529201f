"""Gives every appeal its number: area, day, sequence, check digit (domain §3 Numbers)."""

import datetime as dt
from collections.abc import Mapping

from django.db import connection

from jiesu.appeals.actions import held
from jiesu.appeals.models import NumberSequence
from jiesu.catalogue.versions import day_of
from jiesu.foundation import identifiers
from jiesu.organizations.models import Unit


def next_number(centre: Unit, at: dt.datetime) -> str:
    """The next order number of the centre's area and day; one statement.

    Others who number at the same area wait until this transaction ends, so that none is missing.
    Within ``holding`` the sequence is asked once, and told at the end how far it came.
    """
    area, day = centre.region.code[:6].ljust(6, "0"), day_of(at)
    holding = held.current.get()
    if holding is None:
        last = _take(area, day)
    else:
        known = holding.numbers.get((area, day))
        last = holding.numbers[area, day] = known + 1 if known else _take(area, day)
    return identifiers.order_number(area, day, last)


def store(last: Mapping[tuple[str, dt.date], int]) -> None:
    """Write down how far the sequences came, per area and day."""
    rows = [(n, area, connection.ops.adapt_datefield_value(day)) for (area, day), n in last.items()]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {_table()} SET last = %s WHERE area = %s AND day = %s", rows)  # noqa: S608 - a table's name


def _take(area: str, day: dt.date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table()} AS s (area, day, last) VALUES (%s, %s, 1)"  # noqa: S608 - a table's name
            " ON CONFLICT (area, day) DO UPDATE SET last = s.last + 1 RETURNING last",
            [area, connection.ops.adapt_datefield_value(day)],
        )
        (last,) = cursor.fetchone()
    return int(last)


def _table() -> str:
    return connection.ops.quote_name(NumberSequence._meta.db_table)
