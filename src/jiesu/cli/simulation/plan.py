"""A life written down before it is lived: which use case, when, by whom, with what.

The same plan is played through the real use cases (``player``) or written in bulk (``bulk``).
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from jiesu.access import Actor


@dataclass(frozen=True, slots=True)
class Step:
    """One thing somebody does with one order of the plan."""

    at: dt.datetime
    order: int
    do: str
    who: Actor
    what: dict[str, Any]


@dataclass
class Plan:
    """The life of one order, or of several that are merged into one; steps in time's order."""

    steps: list[Step] = field(default_factory=list)
    orders: int = 0

    def sorted(self, until: dt.datetime | None = None) -> list[Step]:
        """The steps in the order of their times, up to a moment."""
        kept = self.steps if until is None else [s for s in self.steps if s.at <= until]
        return sorted(kept, key=_time)


def _time(step: Step) -> dt.datetime:
    return step.at
