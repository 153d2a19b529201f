"""Months, quarters and years in Beijing time: their bounds and their names."""

import datetime as dt
from dataclasses import dataclass

from jiesu.foundation.clock import BEIJING
from jiesu.scoring.definitions import Every

_MONTHS = {Every.MONTH: 1, Every.QUARTER: 3, Every.YEAR: 12}


@dataclass(frozen=True)
class Span:
    """Some whole months; ``last`` is the last day that belongs to it."""

    first: dt.date
    last: dt.date
    name: str

    @property
    def since(self) -> dt.datetime:
        """Its first moment."""
        return midnight(self.first)

    @property
    def until(self) -> dt.datetime:
        """The first moment after it."""
        return midnight(self.last + dt.timedelta(days=1))


def midnight(day: dt.date) -> dt.datetime:
    """The moment at which a day begins in Beijing."""
    return dt.datetime.combine(day, dt.time(), BEIJING)


def day_of(at: dt.datetime) -> dt.date:
    """The day in Beijing."""
    return at.astimezone(BEIJING).date()


def span(every: Every, day: dt.date) -> Span:
    """The period of this length in which a day lies."""
    months = _MONTHS[every]
    begins = (day.month - 1) // months * months + 1
    first = dt.date(day.year, begins, 1)
    months_on = begins - 1 + months
    following = dt.date(day.year + months_on // 12, months_on % 12 + 1, 1)
    name = {
        Every.MONTH: f"{day.year}年{begins}月",
        Every.QUARTER: f"{day.year}年第{(begins - 1) // 3 + 1}季度",
        Every.YEAR: f"{day.year}年",
    }[every]
    return Span(first, following - dt.timedelta(days=1), name)


def length_of(first: dt.date, last: dt.date) -> Every:
    """Whether these days are a month, a quarter or a year."""
    return next(every for every in Every if span(every, first).last == last)
