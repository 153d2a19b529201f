"""The database the installation runs on is set up as the design says."""

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction


@pytest.mark.django_db
def test_the_migrated_database_answers() -> None:
    assert Session.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_sqlite_writes_ahead_and_takes_the_lock_when_a_transaction_begins() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite only")

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        journal = cursor.fetchone()
        cursor.execute("PRAGMA foreign_keys")
        foreign_keys = cursor.fetchone()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        in_transaction = connection.connection.in_transaction

    assert journal == ("wal",)
    assert foreign_keys == (1,)
    assert in_transaction
