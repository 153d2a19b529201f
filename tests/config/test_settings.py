"""The settings as a whole, read by a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = {
    "JIESU_ENV": "production",
    "JIESU_SECRET_KEY": "0123456789-abcdefghij-KLMNOPQRST-uvwxyz-9876543210-+*",
    "JIESU_ALLOWED_HOSTS": "12345.example.gov.cn",
}


def jiesu(*argv: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JIESU_", "DJANGO_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "jiesu", *argv],
        env={**bare, "JIESU_VAR": str(folder), "DJANGO_SETTINGS_MODULE": "jiesu.config.settings"}
        | settings,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (without("JIESU_SECRET_KEY"), "JIESU_SECRET_KEY"),
        (without("JIESU_ALLOWED_HOSTS"), "JIESU_ALLOWED_HOSTS"),
        (GOOD | {"JIESU_DEBUG": "1"}, "JIESU_DEBUG"),
        (GOOD | {"JIESU_DATABASE_URL": "nonsense"}, "JIESU_DATABASE_URL"),
        (GOOD | {"JIESU_DATABASE_URL": "mysql://a@b/c"}, "PostgreSQL"),
        (GOOD | {"JIESU_PORT": "http"}, "JIESU_PORT"),
    ],
)
def test_a_wrong_or_missing_setting_gets_one_sentence(
    tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    done = jiesu("check", folder=tmp_path, **settings)

    assert done.returncode != 0
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_production_passes_djangos_deployment_check(tmp_path: Path) -> None:
    made = jiesu("keys", "create", folder=tmp_path, **GOOD)
    assert made.returncode == 0, made.stderr

    done = jiesu("check", "--deploy", "--fail-level", "WARNING", folder=tmp_path, **GOOD)

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_production_without_its_key_file_does_not_pass(tmp_path: Path) -> None:
    done = jiesu("check", "--deploy", folder=tmp_path, **GOOD)

    assert done.returncode != 0
    assert "jiesu.E001" in done.stderr


def test_development_makes_its_own_secret_once_and_for_its_owner_only(tmp_path: Path) -> None:
    first = jiesu("check", folder=tmp_path)
    secret = (tmp_path / "secret-key").read_text()
    second = jiesu("check", folder=tmp_path)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert len(secret) >= 50
    assert (tmp_path / "secret-key").read_text() == secret
    assert (tmp_path / "secret-key").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        done = jiesu("serve", "--port", str(port), folder=tmp_path)

    assert done.returncode != 0
    assert str(port) in done.stderr
    assert "已被占用" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unprepared_database_is_one_sentence(tmp_path: Path) -> None:
    done = jiesu("serve", "--no-web", folder=tmp_path)

    assert done.returncode != 0
    assert "jiesu migrate" in done.stderr
    assert "Traceback" not in done.stderr
