"""Storing many rows of one table at once."""

from collections.abc import Sequence

from django.db import connection, models


def write_each(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Store these fields of many rows of one table, each with its own values.

    One prepared UPDATE sent many times: four times as fast as ``bulk_update``, whose CASE grows
    with the square of the rows; a morning's limits turn yellow all at once.
    """
    meta = rows[0]._meta
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
