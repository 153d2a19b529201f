"""What was published of a month, a quarter or a year, as bulletins tell it. Changes nothing.

A span of the scheme's own length is one period. A longer one (a quarter of a monthly scheme) is
made of its periods: what was met and what was due is added up unit by unit, from the results that
were kept, and scored anew; a rate is never the average of rates.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from jiesu.foundation.errors import NotAllowedNow, UseCaseError
from jiesu.organizations.models import Region
from jiesu.scoring import keeping, ranking, reading
from jiesu.scoring.computing import Count, Subject, UnitResult, score
from jiesu.scoring.definitions import Definition, Every, from_json
from jiesu.scoring.lifecycle import PeriodState
from jiesu.scoring.models import Period, Revision, ScoreScheme, UnitScore
from jiesu.scoring.ranking import BLACK, RED
from jiesu.scoring.spans import Span, length_of, span
from jiesu.scoring.subjects import attribute
from jiesu.scoring.summarising import summary


@dataclass(frozen=True)
class Standing:
    """Where one ranked unit stands; ``total`` in points, as text."""

    unit_id: int
    name: str
    group: str
    rank: int
    total: str
    moved: int | None
    board: str


@dataclass(frozen=True)
class Published:
    """A published span on the whole: by which revisions, what it sums to, who stands where.

    ``standings`` holds the ranked units, the best of each group first.
    """

    scheme: ScoreScheme
    every: Every
    days: Span
    revisions: tuple[Revision, ...]
    definition: Definition
    summary: Sequence[Mapping[str, Any]]  # per group, as summarising.summary gives it
    standings: Sequence[Standing]
    before: "Published | None" = None

    @property
    def red(self) -> list[Standing]:
        """The red list, the best first."""
        return [one for one in self.standings if one.board == RED]

    @property
    def black(self) -> list[Standing]:
        """The black list, the worst of each group first."""
        mine = [one for one in self.standings if one.board == BLACK]
        return sorted(mine, key=lambda one: (one.group, -one.rank, one.unit_id))


def published(
    scheme: ScoreScheme, every: Every, day: dt.date, *, with_before: bool = True
) -> Published:
    """The span of this length in which a day lies, and the one before it to compare with.

    Refuses with NotAllowedNow, naming what is missing, when a period of it is not published, or
    when the scheme changed midway.
    """
    days = span(every, day)
    parts = parts_of(Period.objects.filter(scheme=scheme), days)
    revisions = tuple(_newest(parts, days))
    definition = from_json(revisions[-1].definition)
    before = _before(scheme, every, days) if with_before else None
    if len(parts) == 1:
        return Published(
            scheme, every, days, revisions, definition, revisions[0].summary,
            _standings_of(revisions[0]), before,
        )  # fmt: skip
    if any(_counts_by(one) != _counts_by(revisions[-1]) for one in revisions):
        raise NotAllowedNow(
            f"考核方案在{days.name}中间改过，各期口径不同，不能合并计算。请分期通报。",
            code="scheme_changed",
        )
    previous = {one.unit_id: one.rank for one in before.standings} if before else {}
    results = together(revisions, definition, scheme.region, days.last, previous)
    return Published(
        scheme, every, days, revisions, definition, summary(results, definition),
        _standings(results), before,
    )  # fmt: skip


def parts_of(periods: Iterable[Period], days: Span) -> list[Period]:
    """The scheme's periods that lie in a span, the first first."""
    return sorted(
        (one for one in periods if days.first <= one.first and one.last <= days.last),
        key=lambda one: one.first,
    )


def lacking(parts: Sequence[Period], days: Span) -> list[str]:
    """What is missing of a span, by name: periods that were never opened, or are not published."""
    if not parts:
        return [days.name]
    every, found = length_of(parts[0].first, parts[0].last), []
    known, day = {one.first: one for one in parts}, days.first
    while day <= days.last:
        part = known.get(day)
        if part is None or part.state != PeriodState.PUBLISHED:
            found.append(span(every, day).name)
        day = (span(every, day).last if part is None else part.last) + dt.timedelta(days=1)
    return found


def _newest(parts: Sequence[Period], days: Span) -> Iterable[Revision]:
    missing = lacking(parts, days)
    if missing:
        raise NotAllowedNow(
            f"{days.name}还不能通报：{'、'.join(missing)}没有公布。请先公布考核期，再拟写通报。",
            code="not_published",
        )
    for part in parts:
        revision = reading.newest(part)
        if revision is not None:
            yield revision


def _counts_by(revision: Revision) -> dict[str, Any]:
    """What of a scheme decides rates and points; how lists are cut and until when units may apply
    does not: the last period's holds."""
    said = dict(revision.definition)
    for name in ("red", "black", "least_orders", "apply_days"):
        said.pop(name)
    return said


def _before(scheme: ScoreScheme, every: Every, days: Span) -> Published | None:
    try:
        return published(scheme, every, days.first - dt.timedelta(days=1), with_before=False)
    except UseCaseError:  # not published, or under other rules: nothing to compare with
        return None


# --- several periods together ---------------------------------------------------------------------


@dataclass
class _Sum:
    """What one unit adds up to."""

    orders: int = 0
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)
    faults: list[int] = field(default_factory=list)


def together(
    revisions: Sequence[Revision], definition: Definition, region: Region, last: dt.date,
    previous: Mapping[int, int],
) -> list[UnitResult]:  # fmt: skip
    """Every unit's score over several periods under one definition, by id; ranked within groups.

    The units of the last period are scored, each in the group it had then; what a unit did that
    ended meanwhile is its main heir's. An order that counts in two periods counts in both.
    """
    kept = [orjson.loads(keeping.result_of(one)) for one in revisions]
    subjects = {row["unit"]: row for row in kept[-1]}
    ended = {row["unit"] for rows in kept for row in rows} - set(subjects)
    whose = attribute(definition, region, last).whose if ended else {}
    sums: dict[int, _Sum] = {unit: _Sum() for unit in subjects}
    for row in (row for rows in kept for row in rows):
        unit = row["unit"]
        mine = sums.get(whose.get(unit, 0) if unit in ended else unit)
        if mine is None:  # ended without an heir
            continue
        mine.orders += row["orders"]
        mine.faults += row["faults"]
        for measure in row["measures"]:
            met, due = mine.counts.get(measure["code"], (0, 0))
            mine.counts[measure["code"]] = met + measure["num"], due + measure["den"]
    results = [
        score(
            Subject(unit, row["name"], "", ""), row["group"], sums[unit].orders,
            [Count(*sums[unit].counts.get(code, (0, 0))) for code in definition.codes],
            definition, sums[unit].faults,
        )
        for unit, row in sorted(subjects.items())
    ]  # fmt: skip
    return ranking.rank(results, definition, previous)


def _standings(results: Iterable[UnitResult]) -> list[Standing]:
    found = [
        Standing(one.subject, one.name, one.group, one.rank, str(one.total), one.moved, one.board)
        for one in results if one.rank is not None
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.group, one.rank, one.unit_id))


def _standings_of(revision: Revision) -> list[Standing]:
    rows = reading.scores(revision).exclude(rank=None).order_by("group", "rank", "id")
    fields = ("unit_id", "unit_name", "group", "rank", "total", "moved", "board")
    return [
        Standing(unit, name, group, rank or 0, str(total), moved, board)
        for unit, name, group, rank, total, moved, board in rows.values_list(*fields)
    ]


def worst_orders(revisions: Sequence[Revision], unit_id: int) -> list[reading.Worst]:
    """What cost one unit most in each of these periods: three orders together."""
    each = max(1, reading.WORST // len(revisions))
    rows = UnitScore.objects.select_related("revision__period").defer(
        "revision__result", "revision__inputs"
    )
    found = []
    for row in rows.filter(revision__in=revisions, unit=unit_id).order_by(
        "revision__period__first"
    ):
        found += reading.worst_orders(row, each)
    return found


def longer_than(every: Every) -> list[Every]:
    """The spans that are made of several periods of this length."""
    return list(Every)[list(Every).index(every) + 1 :]
