"""System checks of the installation: ``jiesu check --deploy --database default`` runs them all."""

import importlib.util
import stat
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.db import DatabaseError

from jiesu.config import env, health
from jiesu.foundation import clock


def keys(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """The key file is there and nobody else reads it."""
    file = settings.JIESU_KEY_FILE
    if not file.exists():
        if settings.IN_PRODUCTION:
            return [
                Error(
                    f"The key file {file} is missing: personal data could not be read.",
                    hint="Restore it from its backup, or make the first one: jiesu keys create",
                    id="jiesu.E001",
                )
            ]
        return []  # made at the first use
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return [
            Error(f"Others may read the key file {file}.", hint="chmod 600", id="jiesu.E002")
        ]  # fmt: skip
    return []


def unknown_settings(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """A misspelt setting is noticed."""
    return [
        Warning(f"{name} is set, but no such setting exists.", hint="docs/settings.md",
                id="jiesu.W001")
        for name in env.unknown()
    ]  # fmt: skip


def attachment_storage(app_configs: object, **kwargs: Any) -> list[CheckMessage]:
    """S3 is chosen only where its client is installed."""
    chosen = settings.STORAGES["default"]["BACKEND"].startswith("storages.")
    if chosen and importlib.util.find_spec("storages") is None:
        return [
            Error("JIESU_S3_BUCKET is set, but the S3 client is not installed.",
                  hint="Install jiesu[s3].", id="jiesu.E003")
        ]  # fmt: skip
    return []


def calendar_years(
    app_configs: object, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """The working days of this year and the next are known."""
    if not databases:
        return []
    try:
        missing = health.missing_years(clock.now())
    except DatabaseError:
        return []  # not migrated yet
    this_year = clock.now().year
    return [
        (Error if year == this_year else Warning)(
            f"The working days of {year} are not loaded: limits that reach into it are refused.",
            hint="Load the State Council's notice: 管理 › 日历.",
            id="jiesu.E004" if year == this_year else "jiesu.W002",
        )
        for year in missing
    ]
