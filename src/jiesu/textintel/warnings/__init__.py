"""Warnings: what in a text calls for an act within minutes."""

from jiesu.textintel.warnings.reading import (
    LEVELS,
    Found,
    Kind,
    Level,
    Model,
    Reading,
    builtin_model,
    model_trouble,
    read_warnings,
)

__all__ = [
    "LEVELS", "Found", "Kind", "Level", "Model", "Reading", "builtin_model", "model_trouble",
    "read_warnings",
]  # fmt: skip
