"""What use cases share that follow one another in memory: see ``many.holding``."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models, transaction

from jiesu.appeals.actions.rows import fresh_pks, insert_each

if TYPE_CHECKING:
    from jiesu.appeals.actions.transition import Change

T = TypeVar("T")


class Held:
    """What is changed and new, and not yet written."""

    def __init__(self) -> None:
        self.changes: dict[int, Change] = {}  # by the appeal's primary key
        self.rows: defaultdict[type[models.Model], list[Any]] = defaultdict(list)  # to insert
        self.numbers: dict[tuple[str, dt.date], int] = {}  # last given out, per area and day
        self._pks: dict[type[models.Model], Iterator[int]] = {}
        self._known: dict[Any, Any] = {}

    def add(self, row: models.Model) -> None:
        """Take up a new row, with the primary key that it will have."""
        model = type(row)
        if model not in self._pks:
            self._pks[model] = fresh_pks(model)
        row.pk = next(self._pks[model])
        self.rows[model].append(row)

    def remember(self, key: Any, find: Callable[[], T]) -> T:
        """What ``find`` gives, asked once in the whole transaction."""
        if key not in self._known:
            self._known[key] = find()
        return self._known[key]  # type: ignore[no-any-return]  # a key is only ever of one kind

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Use cases that stand or fall together: what fails leaves nothing, not even a number.

        They work on appeals that nothing before them has taken up.
        """
        changes, numbers = dict(self.changes), dict(self.numbers)
        rows = {model: len(found) for model, found in self.rows.items()}
        try:
            with transaction.atomic():  # for what a use case writes at once
                yield
        except BaseException:
            self.changes, self.numbers = changes, numbers
            for model, found in self.rows.items():
                del found[rows.get(model, 0) :]
            raise

    def insert(self) -> None:
        """Store the new rows, one statement a table, sent many times."""
        for found in self.rows.values():
            insert_each(found)


current: ContextVar[Held | None] = ContextVar("held", default=None)


def is_holding() -> bool:
    """Whether use cases are following one another in memory."""
    return current.get() is not None
