"""The working calendar: a year on a page, loading a year, office hours, rules of counting."""

import calendar as months
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.catalogue import sheets
from jiesu.catalogue.sheets import Column
from jiesu.deadlines import years
from jiesu.deadlines.draft import LAST_YEAR, DayRow
from jiesu.deadlines.models import CalendarDay, CalendarRules, CalendarYear, OfficeHours
from jiesu.deadlines.notice import read_notice
from jiesu.deadlines.seed import notice_of
from jiesu.deadlines.years import YearLoaded
from jiesu.foundation import clock
from jiesu.foundation.errors import Invalid, UseCaseError
from jiesu.web.components.pieces import Tab
from jiesu.web.components.times import WEEKDAYS
from jiesu.web.doors import DeskRequest, desk_view, done, refuse
from jiesu.web.form_pages import Page, form_page, sent, today
from jiesu.web.manage import deadline_forms as small
from jiesu.web.manage.pages import crumbs
from jiesu.web.manage.sheet_imports import Judged, Line, SheetImport, view_of

SHEET = [
    Column("date", "日期", True, (), 14, "如 2027-01-01"),
    Column("kind", "安排", True, ("类型",), 10, "放假或上班"),
    Column("name", "节日", True, ("名称",), 14, "如 元旦"),
]
OFF, WORK = "放假", "上班"


@dataclass(frozen=True)
class Day:
    """One day of a month's sheet."""

    date: dt.date
    look: str  # "", off, holiday, work
    title: str


@dataclass(frozen=True)
class Month:
    """One month of the year's page."""

    number: int
    weeks: list[list[Day | None]]


def months_of(year: int, days: Mapping[dt.date, CalendarDay], now: dt.date) -> list[Month]:
    """The twelve months of a year, Monday first."""

    def day_of(date: dt.date) -> Day:
        row = days.get(date)
        if row is None:
            look, title = ("off", "周末") if date.weekday() >= 5 else ("", "")
        elif row.is_workday:
            look, title = "work", f"{row.name}调休上班"
        else:
            look, title = "holiday", f"{row.name}放假"
        return Day(date, f"{look} today" if date == now else look, title)

    sheet = months.Calendar()
    return [
        Month(
            number,
            [
                [day_of(date) if date.month == number else None for date in week]
                for week in sheet.monthdatescalendar(year, number)
            ],
        )
        for number in range(1, 13)
    ]


def _said(rows: list[DayRow] | list[CalendarDay]) -> list[tuple[str, str]]:
    """The holidays in order: name, and its days in words."""
    found: dict[str, dict[bool, list[str]]] = {}
    for row in rows:
        said = f"{row.date.month}月{row.date.day}日（周{WEEKDAYS[row.date.weekday()]}）"
        found.setdefault(row.name, {True: [], False: []})[row.is_workday].append(said)
    lines = []
    for name, kinds in found.items():
        off = kinds[False]
        words = (
            f"{off[0]}至{off[-1]}放假，共 {len(off)} 天" if len(off) > 1 else "".join(off) + "放假"
        )
        if kinds[True]:
            words = (f"{words}；" if off else "") + f"{'、'.join(kinds[True])}上班"
        lines.append((name, words))
    return lines


def _crumbs(*steps: tuple[str, str]) -> Any:
    return crumbs(("办理时限", reverse("manage:limits")), *steps)


@desk_view(P.MANAGE_DEADLINES)
def calendar(request: DeskRequest, year: int = 0) -> HttpResponse:
    """One year on one page."""
    now = today()
    asked = request.GET.get("year", "")
    year = year or (int(asked) if asked.isdecimal() and len(asked) == 4 else now.year)
    known = {row.year: row for row in CalendarYear.objects.order_by("-year")[:12]}
    row = known.get(year) or CalendarYear.objects.filter(year=year).first()
    days = CalendarDay.objects.filter(date__year=year).order_by("date")
    listed = list(days)
    shown = sorted({*known, year, now.year, now.year + 1}, reverse=True)
    context = {
        "page": Page("工作日历", _crumbs(("工作日历", "")), reverse("manage:limits")),
        "year": year,
        "row": row,
        "months": months_of(year, {day.date: day for day in listed}, now),
        "weekdays": WEEKDAYS,
        "lines": _said(listed),
        "tabs": [
            Tab(f"{one} 年", f"?year={one}", current=one == year,
                count=None if one in known and not known[one].provisional
                else "临时" if one in known else "未载入")
            for one in shown
        ],
        "may_draft": (row is None) and now.year <= year <= LAST_YEAR,
        "pending": years.pending_changes(),
    }  # fmt: skip
    return render(request, "manage/calendar.html", context)


def _year_href(year: int) -> str:
    return f"{reverse('manage:calendar')}?year={year}"


def _moved(loaded: YearLoaded) -> str:
    year = loaded.year.year
    if not loaded.changed:
        return f"{year} 年已载入，没有改变已有的工作日。"
    some = "、".join(f"{day.month}月{day.day}日" for day in loaded.changed[:12])
    more = f"等 {len(loaded.changed)} 天" if len(loaded.changed) > 12 else ""
    return f"{year} 年已载入，{some}{more}有变；正在走的时限会在一分钟内重新计算。"


@desk_view(P.MANAGE_DEADLINES)
def calendar_load(request: DeskRequest) -> HttpResponse:
    """Paste the State Council's notice: shown as it was read, then loaded."""
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isdecimal() and len(asked) == 4 else today().year + 1
    initial = {"year": year, "notice": notice_of(year)}
    form = small.NoticeForm(sent(request), initial=initial)
    page = Page("载入放假通知", _crumbs(("工作日历", _year_href(year)), ("载入", "")),
                _year_href(year))  # fmt: skip
    context: dict[str, Any] = {"page": page, "form": form, "lines": []}
    template = "manage/calendar_load.html"
    if request.method != "POST" or not form.is_valid():
        return render(request, template, context, status=422 if form.is_bound else 200)
    said = form.cleaned_data
    try:
        rows = read_notice(said["text"], said["year"])
        if request.POST.get("step") != "load":
            return render(request, template, {**context, "lines": _said(rows), "count": len(rows)})
        loaded = years.load_year(
            rows, year=said["year"], notice=said["notice"], actor=request.actor, at=clock.now()
        )
    except UseCaseError as error:
        return refuse(request, error, template, context, form=form)
    return done(request, _moved(loaded), _year_href(said["year"]))


@require_POST
@desk_view(P.MANAGE_DEADLINES)
def calendar_draft(request: DeskRequest, year: int) -> HttpResponse:
    """Load a draft of a year whose notice is not out."""
    loaded = years.load_provisional_year(year, actor=request.actor, at=clock.now())
    return done(request, _moved(loaded), _year_href(year))


def _import(
    file: BinaryIO,
    name: str,
    actor: Actor,
    at: dt.datetime,
    dry_run: bool,
    place: Mapping[str, Any],
) -> Judged:
    rows, lines = [], []
    count = 0
    for row in sheets.read_rows(file, name, SHEET, max_rows=400):
        count += 1
        lines += [Line(row.number, column, said, True) for column, said in row.problems]
        values = row.values
        try:
            date = sheets.as_date(values.get("date", ""))
        except ValueError:
            date = None
        if date is None:
            lines.append(Line(row.number, "日期", "不是日期，请写成 2027-01-01 的样子。", True))
        elif values.get("kind") not in {OFF, WORK}:
            lines.append(Line(row.number, "安排", f"应为“{OFF}”或“{WORK}”。", True))
        else:
            rows.append(DayRow(date, values["kind"] == WORK, values.get("name", "")))
    judged = Judged(count, [("放假和上班的日子", len(rows))], 0, lines)
    if not lines:
        try:
            _load(rows, place["year"], actor, at, dry_run)
            judged.applied = not dry_run
        except Invalid as error:
            lines += [Line(0, "整张表", one.message, True) for one in error.errors]
    judged.wrong = len(lines)
    return judged


def _load(rows: list[DayRow], year: int, actor: Actor, at: dt.datetime, dry_run: bool) -> None:
    with transaction.atomic():
        years.load_year(rows, year=year, notice=notice_of(year), actor=actor, at=at)
        if dry_run:
            transaction.set_rollback(True)


calendar_import = view_of(
    SheetImport(
        "year", "放假安排", P.MANAGE_DEADLINES, _import, SHEET, "manage:calendar-year", "工作日历",
        notes=["一年一张表，把这一年的放假和调休上班的日子都写上，整年替换。"],
    )
)  # fmt: skip


# --- office hours and rules of counting -----------------------------------------------------------


@desk_view(P.MANAGE_DEADLINES)
def counting(request: DeskRequest) -> HttpResponse:
    """The office hours and the rules of counting, now, before and to come."""
    day = today()
    hours = list(OfficeHours.objects.order_by("-valid_from")[:50])
    rules = list(CalendarRules.objects.order_by("-valid_from")[:50])
    context = {
        "page": Page("计算规则", _crumbs(("计算规则", "")), reverse("manage:limits")),
        "hours": _marked(hours, day),
        "rules": _marked(rules, day),
    }
    return render(request, "manage/counting.html", context)


def _marked(rows: list[Any], day: dt.date) -> list[tuple[Any, str, str]]:
    """Each row (newest first) with how it stands: to come, now, before."""
    marked = []
    holds = False
    for row in rows:
        if row.valid_from > day:
            marked.append((row, "将启用", "blue"))
        elif not holds:
            holds = True
            marked.append((row, "现行", "green"))
        else:
            marked.append((row, "", ""))
    return marked


@desk_view(P.MANAGE_DEADLINES)
def hours_set(request: DeskRequest) -> HttpResponse:
    """Set the office hours from a day on."""
    back = reverse("manage:counting")
    page = Page("调整办公时间", _crumbs(("计算规则", back), ("办公时间", "")), back)
    present = OfficeHours.objects.filter(valid_from__lte=today()).order_by("-valid_from").first()
    initial = {"intervals": present.intervals if present else "", "valid_from": today()}
    form = small.HoursForm(sent(request), initial=initial)

    def run(said: Mapping[str, Any]) -> object:
        return years.set_office_hours(actor=request.actor, at=clock.now(), **said)

    return form_page(request, page, form, run, said="已保存。", to=back)


@desk_view(P.MANAGE_DEADLINES)
def rules_set(request: DeskRequest) -> HttpResponse:
    """Set how limits in working days are counted from a day on."""
    back = reverse("manage:counting")
    page = Page("调整算法", _crumbs(("计算规则", back), ("算法", "")), back)
    form = small.CountingForm(sent(request), initial={"valid_from": today()})

    def run(said: Mapping[str, Any]) -> object:
        return years.set_rules(
            from_next_day=said["from_next_day"] == "yes", due_at=said["due_at"],
            valid_from=said["valid_from"], note=said["note"], actor=request.actor, at=clock.now(),
        )  # fmt: skip

    return form_page(request, page, form, run, said="已保存。", to=back)
