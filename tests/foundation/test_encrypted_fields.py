"""A column that holds ciphertext, and its change of keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import FieldError
from django.db import connection
from django.db.models import F, Value
from tests.journal.ledger.models import Secret

from jiesu.foundation import crypto
from jiesu.foundation.crypto import Keyring
from jiesu.foundation.fields import count_by_key, encrypted_fields, reencrypt

pytestmark = pytest.mark.django_db


@pytest.fixture
def key_file(tmp_path: Path) -> Iterator[Path]:
    """A key file of this test's own, used by the process while it runs."""
    before = vars(crypto._process).copy()
    path = tmp_path / "keys.json"
    crypto.use_keyring(Keyring.create(path))
    yield path
    vars(crypto._process).update(before)


def stored(column: str = "name") -> list[str | None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM ledger_secret ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_python_sees_clear_text_and_the_database_ciphertext() -> None:
    Secret.objects.create(name="陈小满", phone="13812342046")

    secret = Secret.objects.get()

    assert (secret.name, secret.phone) == ("陈小满", "13812342046")
    assert all(str(value).startswith("k1:") for value in (*stored(), *stored("phone")))
    assert "13812342046" not in str(stored("phone"))


def test_nothing_stays_nothing() -> None:
    Secret.objects.create()

    secret = Secret.objects.get(phone__isnull=True)

    assert (secret.name, secret.phone) == ("", None)
    assert (stored(), stored("phone")) == ([""], [None])


def test_every_way_of_writing_encrypts() -> None:
    one, two = Secret.objects.bulk_create([Secret(name="甲"), Secret(name="乙")])
    Secret.objects.filter(pk=one.pk).update(name="丙", phone=F("name"))
    two.name = "丁"
    Secret.objects.bulk_update([two], ["name"])

    assert list(Secret.objects.order_by("pk").values_list("name", flat=True)) == ["丙", "丁"]
    assert Secret.objects.get(pk=one.pk).phone == "甲"
    assert all(str(value).startswith("k1:") for value in stored())


@pytest.mark.parametrize("lookup", ["name", "name__contains", "name__in", "phone__startswith"])
def test_filtering_by_an_encrypted_column_is_a_defect_that_shows(lookup: str) -> None:
    with pytest.raises(FieldError, match="search by its hash"):
        list(Secret.objects.filter(**{lookup: ["陈"] if lookup.endswith("in") else "陈"}))


def test_old_rows_move_to_the_newest_key_in_batches_and_stay_readable(key_file: Path) -> None:
    names = [f"市民{n}" for n in range(25)]
    Secret.objects.bulk_create([Secret(name=n, phone="") for n in names] + [Secret()])
    crypto.use_keyring(Keyring.rotate(key_file))
    Secret.objects.create(name="新市民")
    assert count_by_key(Secret) == {"k1": 25, "k2": 1}

    batches = list(reencrypt(Secret, batch=10))

    assert [count for _, count in batches] == [10, 10, 5]
    assert count_by_key(Secret) == {"k2": 26}
    found = Secret.objects.order_by("pk").values_list("name", flat=True)
    assert list(found) == [*names, "", "新市民"]


def test_reencryption_stopped_half_way_goes_on_where_it_was(key_file: Path) -> None:
    Secret.objects.bulk_create([Secret(name=f"市民{n}", phone="1") for n in range(30)])
    crypto.use_keyring(Keyring.rotate(key_file))

    next(iter(reencrypt(Secret, batch=10)))
    half = count_by_key(Secret)
    rest = sum(count for _, count in reencrypt(Secret, batch=10))

    assert half == {"k1": 40, "k2": 20}
    assert rest == 20
    assert count_by_key(Secret) == {"k2": 60}
    assert list(reencrypt(Secret)) == []


def test_the_encrypted_fields_of_a_model_are_known() -> None:
    assert encrypted_fields(Secret) == ["name", "phone"]


def test_an_expression_passes_as_it_is() -> None:
    Secret.objects.create(label="空", name="甲")

    Secret.objects.update(name=Value(""))

    assert stored() == [""]
