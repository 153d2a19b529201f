"""Storing many rows of one table at once: one prepared statement, sent many times."""

import itertools
from collections.abc import Iterator, Sequence

# The connection itself: its proxy looks it up for every value.
from django.db import DEFAULT_DB_ALIAS, connections, models


def write_each(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Store these fields of many rows of one table, each with its own values.

    Four times as fast as ``bulk_update``, whose CASE grows with the square of the rows; a
    morning's limits turn yellow all at once.
    """
    connection, meta = connections[DEFAULT_DB_ALIAS], rows[0]._meta
    by_name = {field.name: field for field in meta.concrete_fields}
    fields = [by_name[name] for name in names]
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    values = [
        [*(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields),
         row.pk]
        for row in rows
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {quote(meta.db_table)} SET {columns} WHERE id = %s",  # noqa: S608 - names of our own columns
            values,
        )


def insert_each(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one table, either all or none with a primary key.

    ``bulk_create`` writes a longer statement for fewer rows at a time, and asks for the keys back.
    """
    if not rows:
        return
    connection, meta = connections[DEFAULT_DB_ALIAS], rows[0]._meta
    keyed = rows[0].pk is not None
    fields = [f for f in meta.concrete_fields if keyed or not f.primary_key]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    values = [
        [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {quote(meta.db_table)} ({columns}) VALUES ({places})",  # noqa: S608 - names of our own columns
            values,
        )
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias


def fresh_pks(model: type[models.Model]) -> Iterator[int]:
    """Primary keys of a table that no other row has or will get; for use in one transaction.

    On SQLite, where nobody else writes meanwhile, all rows that the transaction inserts into the
    table must have their keys from here.
    """
    connection, table = connections[DEFAULT_DB_ALIAS], model._meta.db_table
    if connection.vendor != "sqlite":
        return _from_sequence(table)
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        (last,) = cursor.fetchone() or (0,)
    return itertools.count(last + 1)


def _from_sequence(table: str) -> Iterator[int]:
    """Keys of PostgreSQL's own sequence, a hundred at a time; those not used are gone."""
    connection = connections[DEFAULT_DB_ALIAS]
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, 100)",
                [connection.ops.quote_name(table)],
            )
            keys = [key for (key,) in cursor.fetchall()]
        yield from keys
