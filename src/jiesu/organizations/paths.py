"""Paths of the region and unit trees, made so that a subtree is one index range on any database.

A path is the chain of ancestors, four decimal digits a level: a province ``0001``, its third city
``00010003``. Digits compare the same under every collation, so ``below`` needs no LIKE.
"""

from django.db.models import CharField, Value
from django.db.models.functions import Concat, Substr

STEP = 4


def child_path(parent: str, ordinal: int) -> str:
    """The path of a parent's ``ordinal``-th child (1-based); ValueError past 9,998 children."""
    if not 1 <= ordinal < 10**STEP - 1:
        raise ValueError(f"ordinal {ordinal} does not fit {STEP} digits")
    return f"{parent}{ordinal:0{STEP}d}"


def subtree(path: str) -> tuple[str, str]:
    """``(first, last)``: every path p at or below ``path`` has first ≤ p < last."""
    return path, f"{path[:-STEP]}{int(path[-STEP:]) + 1:0{STEP}d}"


def below(field: str, path: str) -> dict[str, str]:
    """Django filter arguments for "``field`` is at or below ``path``"."""
    first, last = subtree(path)
    return {f"{field}__gte": first, f"{field}__lt": last}


def is_below(path: str, ancestor: str) -> bool:
    """Whether ``path`` is ``ancestor`` or lies below it."""
    return path.startswith(ancestor)


def ancestors(path: str) -> list[str]:
    """The paths from the root to ``path`` itself."""
    return [path[:end] for end in range(STEP, len(path) + 1, STEP)]


def moved(field: str, old_prefix: str, new_prefix: str) -> Concat:
    """The new value of ``field`` for an UPDATE of the rows ``below(field, old_prefix)``."""
    return Concat(Value(new_prefix), Substr(field, len(old_prefix) + 1), output_field=CharField())
