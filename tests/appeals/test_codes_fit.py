"""Any code of any table fits where it is kept: PostgreSQL refuses what SQLite lets through."""

import pytest
from django.db import models

from jiesu.appeals.models import Appeal, Application, Callback, Contact, Reply
from jiesu.catalogue.models import CODE_LENGTH

KEPT: list[tuple[type[models.Model], str]] = [
    *((Appeal, name) for name in (
        "channel", "petitioner_kind", "document_kind", "reply_way", "appeal_type", "urgency",
        "refusal_reason", "handed_over_to", "dissatisfied_reason",
    )),
    (Application, "reason_code"), (Contact, "way"), (Reply, "unsolved_reason"),
    (Callback, "dissatisfied_reason"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "name"), KEPT, ids=lambda part: getattr(part, "__name__", part))
def test_a_code_fits_its_column(model: type[models.Model], name: str) -> None:
    field = model._meta.get_field(name)

    assert isinstance(field, models.CharField)
    assert field.max_length == CODE_LENGTH
