"""What ``jiesu text evaluate`` can measure: one module a task.

Each module offers ``evaluate(test, train) -> (metrics, rows)``: ``test`` and ``train`` are the CSV
files (``train`` is None when none was named), ``metrics`` what is printed as JSON, ``rows`` one
dictionary per row of the test file, in its order, for the predictions file.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

Evaluated = tuple[dict[str, Any], list[dict[str, Any]]]

TASKS: dict[str, str] = {
    "class": "jiesu.cli.text.tasks.classes",
    "followups": "jiesu.cli.text.tasks.followups",
    "places": "jiesu.cli.text.tasks.places",
    "topics": "jiesu.cli.text.tasks.topics",
    "unit": "jiesu.cli.text.tasks.units",
    "replies": "jiesu.cli.text.tasks.replies",
    "warnings": "jiesu.cli.text.tasks.warnings",
}


def evaluator(task: str) -> Callable[[Path, Path | None], Evaluated]:
    """The task's ``evaluate``; its module is loaded only now (some load models)."""
    found: Callable[[Path, Path | None], Evaluated] = import_module(TASKS[task]).evaluate
    return found
