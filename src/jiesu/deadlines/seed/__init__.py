"""The calendar and the limits a new installation starts with.

``calendar.csv``: the State Council's notices to 2026 (its licence lies beside it). ``limits.csv``:
the default matrix, from published ones of 天津, 福州, 北京 and 山东. The whole way 全程 has three
working days more than the handling for the centre's steps.
"""

import csv
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources

from django.db import transaction

from jiesu.access import SYSTEM, Actor
from jiesu.catalogue.models import EPOCH
from jiesu.deadlines import snapshot, years
from jiesu.deadlines.draft import DayRow
from jiesu.deadlines.models import (
    CalendarDay,
    CalendarRules,
    CalendarYear,
    LimitPolicy,
    OfficeHours,
)
from jiesu.journal import audit

OFFICE_HOURS = "08:30-12:00 14:30-17:30"


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much of what was new."""

    years: int
    drafts: int
    limits: int


@transaction.atomic
def load_defaults(at: dt.datetime, actor: Actor = SYSTEM) -> Loaded:
    """Load what is missing: official years, a draft of the next, office hours, rules, limits.

    Idempotent. A limit somebody ended or replaced stays as they left it; a draft year for which a
    notice is packaged becomes official.
    """
    snapshot.touch()
    new_years = _load_years(at, actor)
    drafts = len(years.draft_missing_years(actor=actor, at=at))
    if not OfficeHours.objects.exists():
        OfficeHours.objects.create(valid_from=EPOCH, intervals=OFFICE_HOURS, note="默认")
    if not CalendarRules.objects.exists():
        CalendarRules.objects.create(valid_from=EPOCH, note="民法典第二百零一条、第二百零三条")
    limits = _load_limits(at, actor)
    if new_years or limits:
        audit.record(
            "deadlines.defaults_loaded",
            actor=actor,
            at=at,
            subject="calendar:defaults",
            data={"years": new_years, "drafts": drafts, "limits": limits},
        )
    transaction.on_commit(snapshot.forget)
    return Loaded(new_years, drafts, limits)


def packaged_years() -> dict[int, list[DayRow]]:
    """The packaged notices: the days each year's notice names."""
    found: dict[int, list[DayRow]] = {}
    for row in _rows("calendar.csv"):
        found.setdefault(int(row["year"]), []).append(
            DayRow(dt.date.fromisoformat(row["date"]), row["is_workday"] == "1", row["name"])
        )
    return found


def notice_of(year: int) -> str:
    """The name of the State Council's notice for a year."""
    return f"国务院办公厅关于 {year} 年部分节假日安排的通知"


def _load_years(at: dt.datetime, actor: Actor) -> int:
    present = dict(CalendarYear.objects.values_list("year", "provisional"))
    packaged = packaged_years()
    for year, days in packaged.items():
        if present.get(year):  # a draft
            years.load_year(days, year=year, notice=notice_of(year), actor=actor, at=at)
    missing = [year for year in packaged if year not in present]
    rows = CalendarYear.objects.bulk_create(
        CalendarYear(year=year, notice=notice_of(year), loaded_at=at) for year in missing
    )
    CalendarDay.objects.bulk_create(
        CalendarDay(
            date=day.date,
            is_workday=day.is_workday,
            name=day.name,
            source=row.notice,
            year=row,
        )
        for row in rows
        for day in packaged[row.year]
    )
    return len(missing) + sum(1 for year in packaged if present.get(year))


def _load_limits(at: dt.datetime, actor: Actor) -> int:
    known = set(LimitPolicy.objects.values_list("key", flat=True))
    policies = []
    for row in _rows("limits.csv"):
        difficult = None if row["difficult"] == "" else row["difficult"] == "1"
        key = LimitPolicy.key_of(row["clock"], row["appeal_type"], row["urgency"], difficult, None)
        if key in known:
            continue
        policies.append(
            LimitPolicy(
                key=key,
                clock=row["clock"],
                appeal_type=row["appeal_type"],
                urgency=row["urgency"],
                difficult=difficult,
                amount=Decimal(row["amount"]),
                unit=row["unit"],
                yellow_amount=Decimal(row["yellow_amount"]) if row["yellow_amount"] else None,
                yellow_unit=row["yellow_unit"],
                valid_from=EPOCH,
                note=row["note"],
                created_at=at,
                created_by=actor.name,
            )
        )
    LimitPolicy.objects.bulk_create(policies)
    return len(policies)


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
