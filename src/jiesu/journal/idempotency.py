"""The same request sent twice happens once (a double click, a retry after a lost answer)."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction

from jiesu.foundation.errors import UseCaseError
from jiesu.journal.models import IdempotencyKey

KEPT = dt.timedelta(days=7)


@dataclass
class Remembered:
    """A remembered request: ``result`` is what its first run made, None in that first run."""

    result: str | None
    _pk: int

    def store(self, ref: str) -> None:
        """Keep what the request made, such as an order's number, before the commit."""
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {_table()} SET ref = %s WHERE id = %s", [ref, self._pk])  # noqa: S608 - a table's name
        self.result = ref


def remember(actor_key: str, key: str, *, request_hash: str, at: dt.datetime) -> Remembered:
    """Claim the key inside the caller's transaction; a second claim waits for the first's end.

    Raises ``UseCaseError`` ``idempotency_mismatch`` when the key came with another request before,
    ``idempotency_key_invalid`` when it is empty or longer than 128 characters.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("remember() belongs in the transaction")
    if not key or len(key) > 128:
        raise UseCaseError(
            "防重复提交的编号应为 1 到 128 个字符，请刷新页面后重新提交。",
            code="idempotency_key_invalid",
        )
    created_at = connection.ops.adapt_datetimefield_value(at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table()} (actor_key, key, request_hash, ref, created_at)"  # noqa: S608 - a table's name
            " VALUES (%s, %s, %s, '', %s) ON CONFLICT DO NOTHING RETURNING id",
            [actor_key, key, request_hash, created_at],
        )
        claimed = cursor.fetchone()
    if claimed is not None:
        return Remembered(None, claimed[0])
    first = IdempotencyKey.objects.get(actor_key=actor_key, key=key)
    if first.request_hash != request_hash:
        raise UseCaseError(
            "这次提交的内容与上次不同，但用了同一个防重复编号。请刷新页面后重新提交。",
            code="idempotency_mismatch",
        )
    if not first.ref:
        raise RuntimeError("the first run of this key committed without store()")
    return Remembered(first.ref, first.pk)


def _table() -> str:
    return connection.ops.quote_name(IdempotencyKey._meta.db_table)


def purge(at: dt.datetime, *, batch: int = 5_000) -> int:
    """Forget keys older than seven days; gives how many."""
    gone = 0
    while True:
        old = IdempotencyKey.objects.filter(created_at__lt=at - KEPT).order_by("created_at")
        pks = list(old.values_list("pk", flat=True)[:batch])
        if not pks:
            return gone
        gone += IdempotencyKey.objects.filter(pk__in=pks).delete()[0]
