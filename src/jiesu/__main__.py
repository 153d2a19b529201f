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

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
