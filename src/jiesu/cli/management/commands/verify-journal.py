"""``jiesu verify-journal``, as people write it."""

from jiesu.cli.management.commands.verify_journal import Command

__all__ = ["Command"]
