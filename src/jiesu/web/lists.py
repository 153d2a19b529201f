"""A desk's list of orders: tabs, filters, columns, one page by key. Shared by every desk.

A desk says what its rows are and what may be done with several; the rest is here.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from jiesu.access import Permission as P
from jiesu.appeals.models import Appeal, Assignment
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table as CodeTable
from jiesu.listing import columns as listed
from jiesu.listing import filters, saved
from jiesu.listing.filters import OrderFilter
from jiesu.web.components.faces import face_of_row, state_words, status_words, tags_of
from jiesu.web.components.pieces import Bulk, Cell, Chip, Column, Empty, Tab, Table
from jiesu.web.doors import DeskRequest
from jiesu.web.paging import key_page
from jiesu.web.pick.views import category_label, region_label, unit_label

PAGE_SIZE = 25
COUNT_CEILING = 1000  # a tab that holds more says 999+

DESK_COLUMNS = listed.DESK_KEYS
QUICK: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("我的", {"mine": "1"}),
    ("今日到期", {"due": "today"}),
    ("黄牌", {"due": "yellow"}),
    ("已超期", {"due": "overdue"}),
    ("特急、紧急", {"urgency": "1,2"}),
    ("被催办", {"flag": "urged"}),
)


@dataclass(frozen=True)
class Work:
    """One tab of a desk: a work state with its rows."""

    name: str
    label: str
    rows: QuerySet[Any, Any]
    order: Sequence[str] = ("due_at", "id")
    red: bool = False
    bulk: Sequence[Bulk] = ()
    empty: Empty = field(default_factory=lambda: Empty("没有工单", "换一个筛选条件试试。"))
    counted: bool = True


def appeal_of(row: Appeal | Assignment) -> Appeal:
    """The appeal of a row, whichever a list holds."""
    return row.appeal if isinstance(row, Assignment) else row


def _order_cell(row: Any) -> Cell:
    appeal = appeal_of(row)
    return Cell(
        appeal.number[:6], appeal.number[6:], href=reverse("orders:order", args=[appeal.number])
    )


def _matter_cell(row: Any) -> Cell:
    appeal = appeal_of(row)
    place = " · ".join(t for t in (appeal.region_name, appeal.address) if t)
    href = reverse("orders:order", args=[appeal.number])
    return Cell(appeal.title, place, href=href, tags=tags_of(appeal))


def _category_cell(row: Any) -> Cell:
    appeal = appeal_of(row)
    name = appeal.category_name.split(" › ")[-1] if appeal.category_name else "未分类"
    return Cell(name, codes.label(CodeTable.APPEAL_TYPE, appeal.appeal_type))


def _status_cell(row: Any) -> Cell:
    if isinstance(row, Assignment):
        again = f"第 {row.round} 次办理" if row.round > 1 else ""
        return Cell(state_words(row), again or row.get_nature_display())
    return Cell(status_words(row))


def _unit_cell(row: Any) -> Cell:
    if isinstance(row, Assignment):
        return Cell(row.handler_name or "未指定", row.unit_name)
    return Cell(row.lead_unit_name)


def desk_columns(at: dt.datetime, keys: Sequence[str] = DESK_COLUMNS) -> list[Column]:
    """The columns of these keys: the desk's own two-line ones, or any that exports know."""
    own: dict[str, Column] = {
        "order": Column("工单", _order_cell),
        "matter": Column("诉求", _matter_cell, "title"),
        "category": Column("类别", _category_cell),
        "limit": Column("剩余时限", lambda row: Cell(clock=face_of_row(row, at))),
        "status": Column("状态", _status_cell),
        "unit": Column("承办", _unit_cell),
    }
    made = []
    for key in keys:
        if key in own:
            made.append(own[key])
        elif key in listed.COLUMNS:
            made.append(_plain_column(listed.COLUMNS[key].label, listed.COLUMNS[key].text))
    return made


def _plain_column(label: str, text: Callable[[Appeal], str]) -> Column:
    return Column(label, lambda row: Cell(text(appeal_of(row))), "wraps")


def light(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """The rows without long and encrypted columns, ready for a list."""
    if rows.model is Assignment:
        return rows.select_related("appeal").defer(
            *(f"appeal__{f.name}" for f in Appeal._meta.concrete_fields
              if f.name not in listed.LIGHT_FIELDS and f.attname not in listed.LIGHT_FIELDS
              and not f.primary_key),
        )  # fmt: skip
    return rows.only(*listed.LIGHT_FIELDS)


def count_up_to(rows: QuerySet[Any, Any], ceiling: int = COUNT_CEILING) -> int:
    """How many, but never counting past the ceiling: cheap on any table."""
    return rows.order_by()[:ceiling].count()


def words_of(count: int) -> str:
    """The count as a tab shows it."""
    return "999+" if count >= COUNT_CEILING else str(count)


def list_context(
    request: DeskRequest,
    desk: str,
    work: Sequence[Work],
    at: dt.datetime,
    *,
    keys: Sequence[str] = DESK_COLUMNS,
    quick: Sequence[tuple[str, Mapping[str, str]]] = QUICK,
) -> dict[str, Any]:
    """Everything ``lists/list.html`` shows: the chosen tab's page, counts, filters, chips.

    The tab is ``?tab=``; the first one by default. Statements: one a counted tab, one for the page,
    two for what the person kept.
    """
    chosen = next((w for w in work if w.name == request.GET.get("tab")), work[0])
    wishes = OrderFilter.read(request.GET)
    prefix = "appeal__" if chosen.rows.model is Assignment else ""
    rows = wishes.apply(light(chosen.rows), request.actor, at, prefix=prefix)
    page = key_page(rows, list(chosen.order), request.GET.get("after", ""), size=PAGE_SIZE)
    columns = saved.columns_of(request.actor, desk, keys)
    kept = saved.filters_of(request.actor, desk)
    may_export = request.actor.may(P.APPEAL_EXPORT)
    return {
        "desk": desk,
        "chosen": chosen,
        "tabs": [
            Tab(
                w.label,
                f"?{urlencode({'tab': w.name})}",
                words_of(count_up_to(w.rows)) if w.counted else None,
                current=w is chosen,
                red=w.red,
                name=w.name,
            )
            for w in work
        ]
        if len(work) > 1
        else [],
        "chips": _chips(wishes, chosen.name, quick, kept),
        "wishes": wishes,
        "table": Table(
            desk_columns(at, columns),
            page,
            key=lambda row: row.pk if isinstance(row, Assignment) else row.number,
            bulk=chosen.bulk,
            empty=Empty("没有符合条件的工单", "去掉一些筛选条件再试。", "清除筛选",
                        f"?{urlencode({'tab': chosen.name})}")
            if not wishes.is_empty
            else chosen.empty,
            label=chosen.label,
        ),
        "filter_options": _options(wishes, at),
        "columns": columns,
        "all_columns": _all_columns(columns),
        "save_query": wishes.query(),
        "may_export": may_export,
        "export_query": urlencode({"desk": desk, "tab": chosen.name}) + "&" + wishes.query(),
    }  # fmt: skip


def _chips(
    wishes: OrderFilter,
    tab: str,
    quick: Sequence[tuple[str, Mapping[str, str]]],
    kept: Sequence[Any],
) -> list[Chip]:
    base = urlencode({"tab": tab})
    chips = []
    covered: set[str] = set()
    for label, change in quick:
        on = all(wishes.get(k) == v for k, v in change.items())
        covered |= {k for k in change if on}
        target = dict.fromkeys(change, "") if on else dict(change)
        chips.append(Chip(label, f"?{base}&{wishes.query(**target)}", on))
    for key, label, words in wishes.words():
        if key in covered:
            continue
        text = f"{label}：{words}" if label else words
        chips.append(Chip(text, f"?{base}&{wishes.query(**{key: ''})}", on=True))
    for row in kept:
        on = bool(wishes.values) and row.query == wishes.query()
        chips.append(Chip(row.name, f"?{base}" if on else f"?{base}&{row.query}", on))
    return chips


def _options(wishes: OrderFilter, at: dt.datetime) -> dict[str, Any]:
    offered = filters.options()
    offered["types"] = codes.choices(CodeTable.APPEAL_TYPE, at)
    offered["urgencies"] = codes.choices(CodeTable.URGENCY, at)
    offered["channels"] = codes.choices(CodeTable.CHANNEL, at)
    offered["region_label"] = region_label(wishes.get("region")) if wishes.get("region") else ""
    offered["unit_label"] = unit_label(wishes.get("unit")) if wishes.get("unit") else ""
    category = wishes.get("category")
    offered["category_label"] = category_label(category) if category else ""
    return offered


def _all_columns(chosen: Sequence[str]) -> list[tuple[str, str, bool]]:
    own = {"order": "工单", "matter": "诉求", "category": "类别", "limit": "剩余时限",
           "status": "状态", "unit": "承办"}  # fmt: skip
    names = {**own, **{k: c.label for k, c in listed.COLUMNS.items() if k not in own}}
    return [(k, label, k in chosen) for k, label in names.items()]
