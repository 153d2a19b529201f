"""The house keeps its shape. (Which package may import which is held by import-linter.)"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from jiesu.config import env

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "jiesu"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
VAGUE = {"utils", "util", "common", "core", "helpers", "misc", "shared", "base"}


def modules() -> Iterator[Path]:
    yield from (path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)


def test_every_package_stands_on_a_line_of_the_layers() -> None:
    contract = next(c for c in PROJECT["tool"]["importlinter"]["contracts"] if c.get("exhaustive"))
    listed = {name.strip() for line in contract["layers"] for name in line.split("|")}
    built = {name for name in listed if not name.startswith("(")}  # the others are foreseen

    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}

    assert packages == built


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [path for path in modules() if path.stem in VAGUE or path.parent.name in VAGUE]

    assert not vague


def test_nothing_happens_behind_a_signal() -> None:
    wired = re.compile(r"@receiver\b|django\.db\.models\.signals|django\.dispatch|\bSignal\(\)")

    behind = [path.relative_to(ROOT) for path in modules() if wired.search(path.read_text())]

    assert not behind
    assert not [path for path in modules() if path.stem in {"signals", "receivers"}]


def test_no_form_saves_by_itself() -> None:
    acting = [
        path.relative_to(ROOT)
        for path in modules()
        if re.search(
            r"\bModelForm\b|\bCreateView\b|\bUpdateView\b|\bDeleteView\b", path.read_text()
        )
    ]

    assert not acting


@pytest.mark.parametrize("package", ["appeals", "deadlines", "catalogue", "organizations",
                                     "accounts", "journal", "access", "foundation"])  # fmt: skip
def test_use_cases_are_told_the_time(package: str) -> None:
    asked = re.compile(
        r"\btimezone\.now\(|\bdatetime\.now\(|\bdate\.today\(|\bclock\.now\(|auto_now="
    )

    doors_to_the_clock = {
        SOURCE / "foundation" / "clock.py",
        SOURCE / "foundation" / "crypto.py",  # a key remembers when it was made
    }

    telling = [
        path.relative_to(ROOT)
        for path in (SOURCE / package).rglob("*.py")
        if path not in doors_to_the_clock and asked.search(path.read_text())
    ]

    assert not telling


def test_every_setting_stands_in_the_docs_as_it_is_declared() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()

    assert page == env.as_markdown(), "write it anew: make docs"


def test_every_setting_has_a_reason() -> None:
    assert all(len(setting.reason) > 3 for setting in env.BY_NAME.values())


def test_no_setting_is_read_behind_the_lists_back() -> None:
    reading = re.compile(r"os\.environ|os\.getenv|\bgetenv\(")
    allowed = {
        SOURCE / "config" / "env.py",
        SOURCE / "config" / "settings.py",
        SOURCE / "config" / "wsgi.py",
        SOURCE / "config" / "metrics.py",  # PROMETHEUS_MULTIPROC_DIR, prometheus_client's own
        SOURCE / "__main__.py",
        SOURCE / "cli" / "supervisor.py",  # hands the environment on
        SOURCE / "cli" / "management" / "commands" / "serve.py",  # PORT, NOTIFY_SOCKET
    }

    elsewhere = [
        path.relative_to(ROOT)
        for path in modules()
        if path not in allowed and reading.search(path.read_text())
    ]

    assert not elsewhere


def test_every_type_ignore_names_its_error_and_its_reason() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "type: ignore" in line and not re.search(r"type: ignore\[[\w,-]+\]\s+(#|-) ?\S+", line)
    ]

    assert not bare
