"""A new installation is opened by one command."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from jiesu.accounts.models import Post
from jiesu.catalogue.models import Category
from jiesu.organizations.models import Unit

pytestmark = pytest.mark.django_db


def setup(*arguments: str) -> str:
    out = StringIO()
    call_command("setup", *arguments, stdout=out)
    return out.getvalue()


def test_it_makes_the_installation_ready(client: Client) -> None:
    said = setup()

    assert Category.objects.exists()
    assert client.get("/readyz").status_code == 200
    assert "--region" in said


def test_it_opens_a_hotline_with_three_administrators_and_says_their_passwords_once() -> None:
    said = setup("--region", "350100", "福州市")

    assert Unit.objects.get().name == "福州市12345热线中心"
    assert sorted(Post.objects.values_list("user__username", flat=True)) == [
        "audit_admin",
        "security_admin",
        "system_admin",
    ]
    assert len(re.findall(r"_admin +[!-~]{8,}\n", said)) == 3


def test_it_is_safe_to_repeat_and_opens_only_once() -> None:
    setup("--region", "350100", "福州市")

    setup()
    with pytest.raises(CommandError, match="已有单位"):
        setup("--region", "350100", "福州市")


def test_a_wrong_code_is_one_sentence_and_leaves_nothing() -> None:
    with pytest.raises(CommandError, match="代码"):
        setup("--region", "99", "福州市")

    assert not Unit.objects.exists()


def test_without_a_database_made_it_says_what_to_run(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"

    done = subprocess.run(
        [sys.executable, "-m", "jiesu", "setup"],
        env={**os.environ, "JIESU_DATABASE_URL": url},
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    assert done.stderr.strip() == "jiesu: 数据库还没有建好或版本较旧。请先运行：jiesu migrate"
