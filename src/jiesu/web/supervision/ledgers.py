"""Ledgers 台账: the lists, one entry's life, a sheet to take home."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import urlencode

from django import forms
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse

from jiesu.access import Permission as P
from jiesu.appeals.gate import get_appeal_for
from jiesu.foundation import clock
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import NotFound
from jiesu.supervision import ledgers as use
from jiesu.supervision.ledgers import Line
from jiesu.supervision.models import Closing, LedgerEntry
from jiesu.web.components.pieces import Action, Cell, Chip, Column, Empty, Tab, Table, Tag
from jiesu.web.doors import DeskRequest, desk_view
from jiesu.web.form_pages import Page, form_page, sent, sheet_response, today, unit_of, version_of
from jiesu.web.paging import key_page
from jiesu.web.supervision import forms as small
from jiesu.web.supervision.files import file_items, uploads_of
from jiesu.web.supervision.views import dialog, draw, unit_for

STATUS_TONES = {"open": "blue", "applied": "amber", "closed": "green", "relapsed": "red"}
SHEET_ROWS = 20_000
HEADINGS = ("编号", "台账", "事项", "来源", "工单编号", "责任单位", "责任人", "措施", "目标时限",
            "状态", "回潮次数", "进展", "销号申请", "回访核实", "审批", "销号日期")  # fmt: skip


def _wanted(request: DeskRequest) -> tuple[QuerySet[LedgerEntry, LedgerEntry], dict[str, str]]:
    """The entries that the query asks for, and what it asks."""
    rows = LedgerEntry.objects.visible_to(request.actor)
    asked = {k: request.GET.get(k, "")[:64] for k in ("ledger", "status", "late", "q")}
    if asked["ledger"] in LedgerEntry.Ledger:
        rows = rows.filter(ledger=asked["ledger"])
    if asked["status"] in LedgerEntry.Status:
        rows = rows.filter(status=asked["status"])
    if asked["late"]:
        rows = rows.overdue(today())
    if asked["q"]:
        words = asked["q"]
        rows = rows.filter(
            Q(number=words) | Q(appeal_number=words) | Q(unit_name__contains=words)
            | Q(matter__contains=words)
        )  # fmt: skip
    return rows, {k: v for k, v in asked.items() if v}


@desk_view(P.SUPERVISION_VIEW, P.CALLBACK_RECORD, P.SUPERVISION_ANSWER)
def home(request: DeskRequest) -> HttpResponse:
    """The ledgers of the area, one tab each."""
    rows, asked = _wanted(request)

    def link(**changes: str) -> str:
        return f"?{urlencode({k: v for k, v in {**asked, **changes}.items() if v})}"

    tabs = [
        Tab(label, link(ledger=value), current=asked.get("ledger", "") == value)
        for value, label in (("", "全部"), *LedgerEntry.Ledger.choices)
    ]
    chips = [
        Chip(label, link(status="" if asked.get("status") == value else value),
             asked.get("status") == value)
        for value, label in LedgerEntry.Status.choices
    ]  # fmt: skip
    chips.append(Chip("超目标时限", link(late="" if asked.get("late") else "1"), "late" in asked))
    page = key_page(rows, ["-id"], request.GET.get("after", ""), size=25)
    table = Table(_columns(), page, label="台账", empty=Empty(
        "没有台账条目", "把重点、督办、挂牌、疑难事项列入台账，盯到销号。"))  # fmt: skip
    context = {"tabs": tabs, "chips": chips, "table": table, "words": asked.get("q", ""),
               "sheet": f"{reverse('supervision:ledger-sheet')}{link()}"}  # fmt: skip
    return draw(request, "supervision/ledgers.html", context)


@desk_view(P.SUPERVISION_VIEW)
def sheet(request: DeskRequest) -> HttpResponse:
    """What the list shows, with progress and closing, as an Excel sheet; audited."""
    rows, _ = _wanted(request)
    by = f"{request.actor.unit_name} {request.actor.name}"

    def write(file: BinaryIO, kind: str) -> int:
        import xlsxwriter  # loaded when a sheet is written: the web starts without it

        book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False})
        page = book.add_worksheet("台账")
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True})
        page.write_row(0, 0, HEADINGS, bold)
        page.set_column(2, 2, 40)
        count = 0
        for cells in _sheet_rows(rows):
            count += 1
            page.write_row(count, 0, cells, wrapped)
        page.set_footer(f"&L{by} 导出，仅限工作使用")
        book.close()
        return count

    return sheet_response(request, "督办台账", write)


def _sheet_rows(rows: QuerySet[LedgerEntry, LedgerEntry]) -> Iterator[list[str]]:
    found = rows.prefetch_related("progress", "closings").order_by("-pk")[:SHEET_ROWS]
    for entry in found.iterator(chunk_size=500):
        last = max(entry.closings.all(), key=lambda c: c.pk, default=None)
        told = "\n".join(
            f"{p.at.astimezone(BEIJING):%m-%d} {p.text}"
            for p in sorted(entry.progress.all(), key=lambda p: p.pk)
        )
        yield [
            entry.number, entry.get_ledger_display(), entry.matter, entry.source,
            entry.appeal_number, entry.unit_name, entry.person, entry.measures,
            entry.target_date.isoformat(), entry.get_status_display(), str(entry.relapse_count),
            told, last.evidence if last else "", last.check_note if last else "",
            last.decision if last else "", entry.closed_on.isoformat() if entry.closed_on else "",
        ]  # fmt: skip


@desk_view(P.SUPERVISION_ISSUE)
def new(request: DeskRequest) -> HttpResponse:
    """Put a matter on a ledger."""
    number = request.GET.get("number", "")
    appeal = get_appeal_for(request.actor, number, P.SUPERVISION_ISSUE) if number else None

    def run(said: Mapping[str, Any]) -> LedgerEntry:
        line = Line(**{**said, "unit": unit_of(said["unit"], "unit")})
        return use.enter(line, actor=request.actor, at=clock.now(), appeal=appeal)

    initial: dict[str, Any] = {"ledger": "key", "source": "人工列入"}
    if appeal is not None:
        initial |= {"matter": appeal.title, "unit": unit_for(appeal).pk, "source": "热线工单"}
    page = Page("列入台账", (), reverse("supervision:ledgers"), yes="列入台账")
    return form_page(
        request, page, small.LedgerForm(sent(request), initial=initial), run, said="已列入台账。",
        to=_page, template="supervision/form.html", context={"appeal": appeal},
    )  # fmt: skip


@desk_view(P.SUPERVISION_VIEW, P.CALLBACK_RECORD, P.SUPERVISION_ANSWER)
def show(request: DeskRequest, pk: int) -> HttpResponse:
    """One entry: its line, its progress, its closings, what I may do."""
    entry = use.get_for(request.actor, pk)
    closings = list(entry.closings.prefetch_related("files").order_by("-pk"))
    context = {
        "entry": entry, "tone": STATUS_TONES[entry.status], "actions": _actions(entry, closings,
                                                                               request),
        "progress": list(entry.progress.order_by("-pk")[:200]),
        "closings": [(c, file_items(c.files.all())) for c in closings],
        "late": entry.status != "closed" and entry.target_date < today(),
    }  # fmt: skip
    return draw(request, "supervision/ledger.html", context)


@desk_view(P.SUPERVISION_VIEW, P.CALLBACK_RECORD, P.SUPERVISION_ANSWER)
def step(request: DeskRequest, pk: int, name: str) -> HttpResponse:
    """One step of an entry: its dialog, and doing it."""
    if name not in _STEPS:
        raise Http404
    title, form, done_ = _STEPS[name]
    entry = use.get_for(request.actor, pk, version=version_of(request))
    at, actor = clock.now(), request.actor

    def run(said: Mapping[str, Any]) -> object:
        if name == "progress":
            return use.tell_progress(
                entry,
                said["text"],
                actor=actor,
                at=at,
                measures=said["measures"] or None,
                person=said["person"],
            )
        if name == "apply":
            return use.apply_for_closing(
                entry, said["evidence"], actor=actor, at=at, proofs=uploads_of(request)
            )
        if name == "relapse":
            return use.relapse(entry, said["reason"], actor=actor, at=at)
        closing = entry.closings.order_by("-pk").first()
        if closing is None:
            raise NotFound("没有销号申请，请刷新后重试。")
        if name == "check":
            return use.check_closing(
                closing, solved=said["solved"] == "yes", note=said["note"], actor=actor, at=at
            )
        return use.decide_closing(closing, accept=said["verdict"] == "accept",
                                  decision=said["decision"], actor=actor, at=at)  # fmt: skip

    return dialog(
        request, form, run, title, done_, _page(entry), lead=entry.matter, version=entry.version,
        with_files=name == "apply", initial={"measures": entry.measures, "person": entry.person},
    )  # fmt: skip


# --- inside --------------------------------------------------------------------------------------

_STEPS: dict[str, tuple[str, type[forms.Form], str]] = {
    "progress": ("登记进展", small.ProgressForm, "已登记。"),
    "apply": ("申请销号", small.ClosingForm, "已申请销号，等待回访核实。"),
    "check": ("回访核实", small.CheckForm, "已登记核实情况。"),
    "decide": ("审批销号", small.DecideForm, "已审批。"),
    "relapse": ("登记回潮", small.ReasonForm, "已恢复办理。"),
}


def _actions(entry: LedgerEntry, closings: list[Closing], request: DeskRequest) -> list[Action]:
    """What this person may do now; the use cases check again."""
    actor = request.actor
    office = actor.may(P.SUPERVISION_ISSUE) and entry.office_id == actor.unit_id
    unit = actor.may(P.SUPERVISION_ANSWER) and entry.unit_id == actor.unit_id
    open_ = closings[0] if closings else None
    names = []
    if (office or unit) and entry.status != "closed":
        names.append("progress")
    if (office or unit) and entry.status in ("open", "relapsed"):
        names.append("apply")
    if open_ is not None and open_.state == "applied" and open_.applied_by_id != actor.user_id and (
        office or actor.may(P.CALLBACK_RECORD)
    ):  # fmt: skip
        names.insert(0, "check")
    others = {open_.applied_by_id, open_.checked_by_id} if open_ else set()
    if open_ is not None and open_.state == "checked" and office and actor.user_id not in others:
        names.insert(0, "decide")
    if office and entry.status == "closed":
        names.append("relapse")
    return [
        Action(_STEPS[name][0], dialog_url=reverse("supervision:ledger-step",
                                                   args=[entry.pk, name]), main=index == 0)
        for index, name in enumerate(names)
    ]  # fmt: skip


def _columns() -> list[Column]:
    day = today()

    def target(entry: LedgerEntry) -> Cell:
        late = entry.status != "closed" and entry.target_date < day
        return Cell(entry.target_date.isoformat(), tags=[Tag("已超期", "red")] if late else [])

    def status(entry: LedgerEntry) -> Cell:
        again = f"回潮 {entry.relapse_count} 次" if entry.relapse_count else ""
        return Cell(second=again, tags=[Tag(entry.get_status_display(),
                                            STATUS_TONES[entry.status])])  # fmt: skip

    return [
        Column("编号", lambda e: Cell(e.number, e.get_ledger_display(), href=_page(e))),
        Column("事项", lambda e: Cell(
            e.matter, f"{e.source} · 工单 {e.appeal_number}" if e.appeal_number else e.source,
            href=_page(e)), "title"),
        Column("责任单位", lambda e: Cell(e.unit_name, e.person)),
        Column("措施", lambda e: Cell(e.measures[:60] or "—"), "wraps"),
        Column("目标时限", target),
        Column("状态", status),
    ]  # fmt: skip


def _page(entry: LedgerEntry) -> str:
    return reverse("supervision:ledger", args=[entry.pk])
