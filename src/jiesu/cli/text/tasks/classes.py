"""``class``: which class a text belongs to. Learned from the training file alone."""

from pathlib import Path

from jiesu.cli.text.tasks import Evaluated, labelled


def evaluate(test: Path, train: Path | None) -> Evaluated:
    """Columns ``text`` or ``title``, ``detail``; ``label``; optional ``group``."""
    return labelled.evaluate(test, train)
