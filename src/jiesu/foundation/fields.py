"""A model field whose column holds ciphertext: the only Django module of ``foundation``."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

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
