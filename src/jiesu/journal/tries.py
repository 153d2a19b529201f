"""How often somebody tried something, counted once for every process and every host.

One row per thing counted and one statement per try (an atomic upsert): no two processes can each
allow the last one, and no cache or broker is needed. Rows name nobody: their key is a keyed hash.
"""

import datetime as dt

from django.db import connection

from jiesu.foundation.crypto import keyring
from jiesu.journal.models import Tally


def add(what: str, by: str, count: int = 1, *, window: dt.timedelta, at: dt.datetime) -> int:
    """Count one try or several; how many this window has now, which begins with its first.

    ``what`` is tried (``"citizen:query"``), ``by`` an address, a number: it is not kept. Not for
    use inside a transaction that a refusal rolls back: the try would not be counted.
    """
    table = connection.ops.quote_name(Tally._meta.db_table)
    now, until = (connection.ops.adapt_datetimefield_value(t) for t in (at, at + window))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS kept (key, count, until) VALUES (%s, %s, %s)"  # noqa: S608 - a table's name
            " ON CONFLICT (key) DO UPDATE SET"
            " count = excluded.count + CASE WHEN kept.until > %s THEN kept.count ELSE 0 END,"
            " until = CASE WHEN kept.until > %s THEN kept.until ELSE excluded.until END"
            " RETURNING count",
            [_key(what, by), count, until, now, now],
        )
        return int(cursor.fetchone()[0])


def so_far(what: str, by: str, *, at: dt.datetime) -> int:
    """How many tries its window has counted so far."""
    kept = Tally.objects.filter(key=_key(what, by), until__gt=at)
    return kept.values_list("count", flat=True).first() or 0


def purge(at: dt.datetime) -> int:
    """Forget what no longer counts; gives how many."""
    return Tally.objects.filter(until__lte=at).delete()[0]


def _key(what: str, by: str) -> str:
    return keyring().search_hash(f"{what}\0{by}")
