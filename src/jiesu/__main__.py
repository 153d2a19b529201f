"""The ``jiesu`` command: Django's management commands under the product's own name."""

import os
import sys


def main() -> None:
    """Run one management command, named by the first argument.

    A wrong setting is a person's mistake, not a defect: one sentence, no traceback.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiesu.config.settings")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    from jiesu.config.env import WrongSetting

    try:
        settings.INSTALLED_APPS  # noqa: B018  # reads the settings
    except (WrongSetting, ImproperlyConfigured) as wrong:
        sys.exit(f"jiesu: {wrong}")

    from django.core.management import execute_from_command_line
    from django.db import DatabaseError

    try:
        execute_from_command_line(sys.argv)
    except DatabaseError as error:
        if words := _not_ready(error):
            sys.exit(f"jiesu: {words}")
        raise


def _not_ready(error: Exception) -> str:
    """What to do about a database that is away or not made yet; empty when it is neither."""
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        reason = str(error).strip().splitlines()[0]
        return f"连不上数据库（{reason}）。请检查数据库是否已启动、JIESU_DATABASE_URL 是否正确。"
    return "数据库还没有建好或版本较旧。请先运行：jiesu migrate" if behind else ""


if __name__ == "__main__":
    main()
