"""``jiesu import``; Python keeps the word for itself, so the command lives elsewhere."""

from jiesu.cli.imports.command import Command

__all__ = ["Command"]
