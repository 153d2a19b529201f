"""Bring rows to the database: COPY on PostgreSQL, ``executemany`` on SQLite.

Into an installation without orders everything is one transaction, in which indexes and foreign
keys are taken away, and made again from their own definitions (which checks them all): killed at
any point it leaves nothing. Where orders are already, indexes stay and each chunk is a transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from django.db import connection, transaction

from jiesu.cli.simulation.bulk.generate import Chunk, Form
from jiesu.cli.simulation.bulk.tables import TABLES, for_copy, for_sqlite


class Writer(Protocol):
    """What a database needs."""

    form: Form

    @contextmanager
    def whole(self, *, fresh: bool) -> Iterator[None]:
        """Around everything."""
        yield

    def write(self, chunk: Chunk) -> None:
        """One chunk."""


class PostgresWriter:
    """COPY, a table at a time."""

    form: Form = staticmethod(for_copy)

    @contextmanager
    def whole(self, *, fresh: bool) -> Iterator[None]:
        """One transaction without indexes when fresh; sequences are set at the end."""
        self.fresh = fresh
        if not fresh:
            yield
            self._set_sequences()
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
            again = list(self._take_away(cursor))
            yield
            for statement in again:
                cursor.execute(statement)
            self._set_sequences()
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"ANALYZE {connection.ops.quote_name(table.name)}")

    def write(self, chunk: Chunk) -> None:
        """COPY every table's rows; what is pointed at first."""
        with transaction.atomic(), connection.cursor() as cursor:
            for table in TABLES:
                data = chunk.data[table.name]
                if data:
                    name = connection.ops.quote_name(table.name)
                    columns = ", ".join(map(connection.ops.quote_name, table.columns))
                    with cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
                        copy.write(data)

    def _take_away(self, cursor: Any) -> Iterator[str]:
        """Drop unique and foreign keys and indexes; yields the statements that make them again."""
        names = [table.name for table in TABLES]
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype"
            " FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f', 'u')"
            " ORDER BY contype DESC, conname",
            [names],
        )
        constraints = cursor.fetchall()
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
            " WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisprimary AND NOT EXISTS"
            " (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype = 'u')",
            [names],
        )
        indexes = cursor.fetchall()
        for table, name, _, _ in constraints:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {connection.ops.quote_name(name)}")
        for index, _ in indexes:
            cursor.execute(f"DROP INDEX {index}")
        for _, definition in indexes:
            yield definition
        for table, name, definition, _ in constraints:
            quoted = connection.ops.quote_name(name)
            yield f"ALTER TABLE {table} ADD CONSTRAINT {quoted} {definition}"

    def _set_sequences(self) -> None:
        with connection.cursor() as cursor:
            for table in TABLES[:2]:
                name = connection.ops.quote_name(table.name)
                cursor.execute(
                    f"SELECT setval(pg_get_serial_sequence(%s, 'id'), max(id)) FROM {name}"  # noqa: S608 - our own tables
                    " HAVING max(id) IS NOT NULL",
                    [table.name],
                )


class SqliteWriter:
    """``executemany``, a table at a time."""

    form: Form = staticmethod(for_sqlite)

    @contextmanager
    def whole(self, *, fresh: bool) -> Iterator[None]:
        """One transaction without indexes when fresh.

        It keeps a rollback journal instead of the write-ahead log meanwhile: pages that are new
        need no journal, so everything is written once and still is there as a whole or not at all.
        Foreign keys and conditions on columns are not checked row by row: rows come from one place
        and point at each other by construction (a test asks for both afterwards).
        """
        self.fresh = fresh
        with connection.cursor() as cursor:
            if not fresh or not self._journal(cursor, "delete"):
                self.fresh = False
                yield
                return
            cursor.execute("PRAGMA temp_store = FILE")
            self._checks(cursor, on=False)
            try:
                with transaction.atomic():
                    again = self._take_away(cursor)
                    # rows come in order: a cache that the processor's own holds is the quickest
                    cursor.execute("PRAGMA cache_size = -8000")
                    yield
                    cursor.execute("PRAGMA cache_size = -400000")  # what is sorted in memory
                    for statement in again:
                        cursor.execute(statement)
            finally:
                self._checks(cursor, on=True)
                self._journal(cursor, "wal")
                cursor.execute("PRAGMA cache_size = -32000")

    def write(self, chunk: Chunk) -> None:
        """Insert every table's rows; what is pointed at first."""
        with transaction.atomic(), connection.cursor() as cursor:
            raw = cursor.connection
            for table in TABLES:
                rows = chunk.data[table.name]
                if rows:
                    columns = ", ".join(f'"{column}"' for column in table.columns)
                    marks = ", ".join("?" * len(table.columns))
                    raw.executemany(
                        f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks})',  # noqa: S608
                        rows,
                    )

    def _checks(self, cursor: Any, *, on: bool) -> None:
        cursor.execute(f"PRAGMA foreign_keys = {int(on)}")
        cursor.execute(f"PRAGMA ignore_check_constraints = {int(not on)}")

    def _journal(self, cursor: Any, mode: str) -> bool:
        cursor.execute(f"PRAGMA journal_mode = {mode}")
        return bool(cursor.fetchone()[0] == mode)

    def _take_away(self, cursor: Any) -> list[str]:
        cursor.execute(
            "SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        )
        names = {table.name for table in TABLES}
        indexes = [(name, sql) for name, sql, table in cursor.fetchall() if table in names]
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        return [sql for _, sql in indexes]


def writer() -> Writer:
    """The writer of the database in use."""
    return PostgresWriter() if connection.vendor == "postgresql" else SqliteWriter()
