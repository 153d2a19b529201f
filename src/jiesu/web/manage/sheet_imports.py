"""Taking a sheet in: upload, look at what it would do row by row, confirm. All rows or none."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from jiesu.access import Actor, Permission
from jiesu.catalogue.imports import Report
from jiesu.catalogue.sheets import Column, read_rows
from jiesu.foundation import clock
from jiesu.foundation.errors import Invalid, UseCaseError
from jiesu.organizations.sheet_rows import ImportReport, Outcome
from jiesu.web.doors import DeskRequest, desk_view, done
from jiesu.web.form_pages import Page
from jiesu.web.manage import kept_sheets
from jiesu.web.manage.kept_sheets import MAX_MB
from jiesu.web.manage.pages import crumbs

SHOWN = 200  # rows of a report that a page shows


@dataclass(frozen=True)
class Line:
    """One row of the sheet in the report."""

    number: int
    what: str
    said: str
    is_wrong: bool


@dataclass
class Judged:
    """What a sheet would do, or did."""

    rows: int
    counts: Sequence[tuple[str, int]]
    wrong: int
    lines: list[Line] = field(default_factory=list)
    applied: bool = False

    @property
    def changes(self) -> int:
        """How many rows would do something."""
        return sum(count for label, count in self.counts if label != "无变化")

    @property
    def left_off(self) -> int:
        """How many lines the page does not show."""
        return max(0, len(self.lines) - SHOWN)

    @property
    def shown(self) -> list[Line]:
        """The lines that the page shows: what is wrong first."""
        return sorted(self.lines, key=lambda line: (not line.is_wrong, line.number))[:SHOWN]


Run = Callable[[BinaryIO, str, Actor, dt.datetime, bool, Mapping[str, Any]], Judged]


def by_report(report: Report) -> Judged:
    """What the catalogue's imports say."""
    counts = (
        ("新增", report.added),
        ("修改", report.changed),
        ("停用", report.ended),
        ("无变化", report.unchanged),
    )
    lines = [Line(e.row, e.column, e.message, True) for e in report.errors]
    wrong = len({error.row for error in report.errors})
    return Judged(report.rows, counts, wrong, lines, report.applied)


def by_import_report(report: ImportReport) -> Judged:
    """What the organizations' imports say: every row that does something."""
    words = {Outcome.NEW: "新增", Outcome.CHANGED: "修改", Outcome.SAME: "无变化"}
    counts = [(label, report.count(outcome)) for outcome, label in words.items()]
    lines = []
    for row in report.rows:
        if row.outcome is Outcome.SAME:
            continue
        wrong = row.outcome is Outcome.REFUSED
        said = "；".join(e.message for e in row.errors) if wrong else words[row.outcome]
        lines.append(Line(row.number, f"{row.code} {row.name}".strip(), said, wrong))
    return Judged(len(report.rows), counts, len(report.refused), lines, report.applied)


def rows_of(
    file: BinaryIO, name: str, columns: Sequence[Column]
) -> tuple[list[tuple[int, Mapping[str, object]]], list[Line]]:
    """The rows as the organizations' imports take them, and the cells nobody can read."""
    rows: list[tuple[int, Mapping[str, object]]] = []
    unreadable = []
    for row in read_rows(file, name, columns):
        rows.append((row.number, row.values))
        unreadable += [Line(row.number, column, said, True) for column, said in row.problems]
    return rows, unreadable


@dataclass(frozen=True)
class SheetImport:
    """One kind of sheet: who may bring it in, what it looks like, the use case that takes it."""

    kind: str
    title: str
    permission: Permission
    run: Run
    columns: Sequence[Column]
    back: str  # the URL name of the list it belongs to
    back_label: str
    export: str = ""  # the URL name that gives what there is, in the same shape
    notes: Sequence[str] = ()


def view_of(sheet: SheetImport) -> Callable[..., HttpResponse]:
    """The page of one kind of sheet."""

    @desk_view(sheet.permission)
    def view(request: DeskRequest, /, **place: Any) -> HttpResponse:
        kind = ":".join([sheet.kind, *map(str, place.values())])
        if request.method != "POST":
            return _draw(request, sheet, kind, place)
        match request.POST.get("step"):
            case "confirm":
                return _confirm(request, sheet, kind, place)
            case "drop":
                kept_sheets.drop(request, kind)
                return redirect(request.path)
        return _upload(request, sheet, kind, place)

    return view


def _upload(
    request: DeskRequest, sheet: SheetImport, kind: str, place: Mapping[str, Any]
) -> HttpResponse:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return _draw(request, sheet, kind, place, "请先选择要导入的表格文件。")
    if not (file.name or "").lower().endswith((".xlsx", ".csv")):
        return _draw(request, sheet, kind, place, "只能导入 .xlsx 或 .csv 表格，请另存后再上传。")
    if (file.size or 0) > MAX_MB * 1024 * 1024:
        words = f"文件超过 {MAX_MB} MB，请拆成几个表格分别导入。"
        return _draw(request, sheet, kind, place, words)
    kept_sheets.keep(request, kind, file)
    return redirect(request.path)


def _confirm(
    request: DeskRequest, sheet: SheetImport, kind: str, place: Mapping[str, Any]
) -> HttpResponse:
    kept = kept_sheets.find(request, kind)
    if kept is None:
        words = "待导入的表格已不在（可能已经导入，或已超过一天）。请重新上传。"
        return _draw(request, sheet, kind, place, words)
    with kept.open() as file:
        judged = sheet.run(file, kept.name, request.actor, clock.now(), False, place)
    if not judged.applied:
        return _draw(request, sheet, kind, place)
    kept_sheets.drop(request, kind)
    told = "，".join(f"{label} {count} 行" for label, count in judged.counts if count)
    back = reverse(sheet.back, kwargs=dict(place))
    return done(request, f"已导入“{kept.name}”：{told or '没有变化'}。", back)


def _draw(
    request: DeskRequest,
    sheet: SheetImport,
    kind: str,
    place: Mapping[str, Any],
    problem: str = "",
) -> HttpResponse:
    kept = kept_sheets.find(request, kind)
    judged, status = None, 422 if problem else 200
    if kept is not None and not problem:
        try:
            with kept.open() as file:
                judged = sheet.run(file, kept.name, request.actor, clock.now(), True, place)
        except UseCaseError as error:
            if not isinstance(error, Invalid):
                kept_sheets.drop(request, kind)
                raise
            problem, status = f"“{kept.name}”：{error.message}", error.status
            kept_sheets.drop(request, kind)
            kept = None
    back = reverse(sheet.back, kwargs=dict(place))
    page = Page(
        f"导入{sheet.title}", crumbs((sheet.back_label, back), (f"导入{sheet.title}", "")), back
    )
    context = {
        "page": page,
        "sheet": sheet,
        "kept": kept,
        "judged": judged,
        "problem": problem,
        "max_mb": MAX_MB,
        "export": reverse(sheet.export, kwargs=dict(place)) if sheet.export else "",
    }
    return render(request, "manage/import.html", context, status=status)
