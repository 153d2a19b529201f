"""A model field whose column holds ciphertext: the only Django module of ``foundation``."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.db import connection, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Cast, StrIndex, Substr

from jiesu.foundation.crypto import keyring

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class EncryptedTextField(_TextField):
    """Clear text in Python, SM4-GCM in the database; "" and NULL stay as they are.

    The same text is never the same ciphertext, so nothing can be filtered or sorted by it: keep a
    ``search_hash`` beside it.
    """

    description = "Text, encrypted at rest"

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """The ciphertext to store; an expression passes as it is."""
        prepared = super().get_db_prep_save(value, connection)
        return keyring().encrypt(prepared) if isinstance(prepared, str) and prepared else prepared

    def from_db_value(
        self, value: str | None, expression: Any, connection: BaseDatabaseWrapper
    ) -> str | None:
        """The clear text of a stored value."""
        return keyring().decrypt(value) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        """Only NULL can be asked for; anything else would silently find nothing."""
        if lookup_name != "isnull":
            raise FieldError(
                f"{self.name} is encrypted: search by its hash, not by {lookup_name!r}"
            )
        return super().get_lookup(lookup_name)


def encrypted_fields(model: type[models.Model]) -> list[str]:
    """The names of the model's own encrypted fields."""
    fields = model._meta.local_concrete_fields
    return [field.name for field in fields if isinstance(field, EncryptedTextField)]


def count_by_key(model: type[models.Model]) -> dict[str, int]:
    """How many values each key encrypted, such as {"k1": 120, "k2": 3}: reads the whole table."""
    counts: Counter[str] = Counter()
    for name in encrypted_fields(model):
        raw = Cast(name, models.TextField())
        key = Substr(raw, 1, StrIndex(raw, models.Value(":")) - 1)
        rows = model._base_manager.annotate(raw=raw).exclude(raw="").exclude(raw=None)
        by_key = rows.annotate(key_of=key).values_list("key_of").order_by("key_of")
        counts.update(dict(by_key.annotate(n=models.Count("*"))))
    return dict(counts)


def reencrypt(
    model: type[models.Model], *, after: Any = None, batch: int = 500
) -> Iterator[tuple[Any, int]]:
    """Encrypt again, with the newest key, what an older one encrypted.

    Works in batches of primary keys, each its own transaction, and yields (last pk, rows changed)
    after each. It may be stopped at any point: the next run, from the start or ``after`` a pk,
    passes over what is done.
    """
    names = encrypted_fields(model)
    ring = keyring()
    newest = f"k{ring.provider.newest_key()}:"
    raw = {f"raw_{name}": Cast(name, models.TextField()) for name in names}
    is_old = models.Q()
    for column in raw:
        is_clear = models.Q(**{column: ""}) | models.Q(**{f"{column}__isnull": True})
        is_old |= ~models.Q(**{f"{column}__startswith": newest}) & ~is_clear
    rows = model._base_manager.annotate(**raw).filter(is_old).order_by("pk")
    while names:
        page = rows if after is None else rows.filter(pk__gt=after)
        with transaction.atomic():
            found = list(page.select_for_update().values_list("pk", *raw)[:batch])
            if not found:
                return
            _write_columns(
                model,
                names,
                [
                    (*(ring.encrypt(ring.decrypt(v)) if v else v for v in values), pk)
                    for pk, *values in found
                ],
            )
        after = found[-1][0]
        yield after, len(found)


def _write_columns(
    model: type[models.Model], names: list[str], rows: list[tuple[Any, ...]]
) -> None:
    """Write these columns of many rows as they are; each row ends with its primary key."""
    quote = connection.ops.quote_name
    key = model._meta.pk
    column_of = {f.name: quote(str(f.column)) for f in model._meta.local_concrete_fields}
    columns = ", ".join(f"{column_of[name]} = %s" for name in names)
    table, pk = quote(model._meta.db_table), column_of[key.name]
    prepared = [(*values, key.get_db_prep_value(pk_, connection)) for *values, pk_ in rows]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET {columns} WHERE {pk} = %s", prepared)  # noqa: S608 - names
