"""The ``jiesu`` command: Django's management commands under the product's own name."""

import os
import sys


def main() -> None:
    """Run one management command, named by the first argument."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiesu.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
