"""``jiesu keys``, as an administrator runs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings
from tests.journal.ledger.models import Secret

from jiesu.foundation import crypto
from jiesu.foundation.fields import count_by_key


@pytest.fixture
def key_file(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """Where this installation keeps its keys; there is no file yet."""
    before = vars(crypto._process).copy()
    settings.JIESU_KEY_FILE = tmp_path / "keys.json"
    crypto.use_key_file(settings.JIESU_KEY_FILE)
    yield settings.JIESU_KEY_FILE
    vars(crypto._process).update(before)


def test_keys_are_made_once(key_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("keys", "create")

    assert "请立即备份" in capsys.readouterr().out
    with pytest.raises(CommandError, match="已存在"):
        call_command("keys", "create")


@pytest.mark.parametrize("action", ["rotate", "reencrypt", "show-status"])
def test_without_a_key_file_every_other_action_says_what_to_do(key_file: Path, action: str) -> None:
    with pytest.raises(CommandError, match="jiesu keys create"):
        call_command("keys", action)


@pytest.mark.django_db
def test_rotating_and_reencrypting_moves_every_row_to_the_new_key(
    key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("keys", "create")
    Secret.objects.bulk_create([Secret(name=f"市民{n}", phone="1") for n in range(12)])

    call_command("keys", "rotate")
    call_command("keys", "reencrypt", "--batch=5")
    call_command("keys", "show-status", "--rows")

    said = capsys.readouterr().out
    assert "已启用 2 号密钥" in said
    assert "ledger.Secret：重新加密 12 行" in said
    assert "1 号 SM4 密钥" in said
    assert "ledger.Secret：k2 24 项" in said
    assert count_by_key(Secret) == {"k2": 24}


def test_no_action_shows_a_key(key_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("keys", "create")
    call_command("keys", "rotate")
    call_command("keys", "show-status")

    said = capsys.readouterr().out
    record = key_file.read_text()
    assert not [
        word for word in record.split('"') if len(word) > 20 and word.endswith("=") and word in said
    ]
