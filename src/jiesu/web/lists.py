"""A desk's list of orders: tabs, filters, columns, one page by key. Shared by every desk.

A desk says what its rows are and what may be done with several; the rest is here.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import NoReverseMatch, reverse

from jiesu.access import Permission as P
from jiesu.appeals.models import Appeal, Assignment
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table as CodeTable
from jiesu.foundation import clock
from jiesu.listing import columns as listed
from jiesu.listing import filters, saved
from jiesu.listing.filters import OrderFilter
from jiesu.search import finding
from jiesu.web.components.faces import face_of_row, state_words, status_words, tags_of
from jiesu.web.components.pieces import Bulk, Cell, Chip, Column, Empty, Tab, Table
from jiesu.web.components.times import when_words
from jiesu.web.doors import Arguments, DeskRequest, Guarded, View, desk_view, go
from jiesu.web.paging import key_page
from jiesu.web.pick.views import category_label, region_label, unit_label

PAGE_SIZE = 25
TOLD = 5  # refusals of a bulk action that are shown one by one
COUNT_CEILING = 1000  # a tab that holds more says 999+

DESK_COLUMNS = listed.DESK_KEYS
QUICK: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("今日到期", {"due": "today"}),
    ("黄牌", {"due": "yellow"}),
    ("特急、紧急", {"urgency": "1,2"}),
    ("被催办", {"flag": "urged"}),
)
QUICK_MINE = (("我的", {"mine": "1"}), *QUICK)
FIRST_DUE = ("due_at", "id")


def list_view(
    *permissions: P,
) -> Callable[[View[Arguments]], Guarded[Arguments]]:
    """Guard a page that reads an ``OrderFilter`` from its address (``doors.desk_view``).

    An address that holds somebody's telephone or identity number is never answered: it leads to the
    same page with the number's keyed hash, or without it for who is not signed in.
    """

    def guard(view: View[Arguments]) -> Guarded[Arguments]:
        guarded = desk_view(*permissions)(view)

        @wraps(guarded)
        def nameless(
            request: HttpRequest, *args: Arguments.args, **kwargs: Arguments.kwargs
        ) -> HttpResponse:
            person, words = finding.person_in(" ".join(request.GET.getlist("q")))
            if not person:
                return guarded(request, *args, **kwargs)
            query = request.GET.copy()
            del query["q"]
            if words:
                query["q"] = words
            if getattr(request, "post", None) is not None:
                query["person"] = person
            return go(request, f"{request.path}?{query.urlencode()}".rstrip("?"))

        return cast("Guarded[Arguments]", nameless)

    return guard


@dataclass(frozen=True)
class Work:
    """One tab of a desk: a work state with its rows."""

    name: str
    label: str
    rows: QuerySet[Any, Any]
    order: Sequence[str] = FIRST_DUE
    red: bool = False
    export: Mapping[str, str] | None = None  # the same rows as an export names them, if it can
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


def _category_cell(row: Any) -> Cell:
    appeal = appeal_of(row)
    name = appeal.category_name.split(" › ")[-1] if appeal.category_name else "未分类"
    return Cell(name, codes.label(CodeTable.APPEAL_TYPE, appeal.appeal_type))


def _status_cell(row: Any) -> Cell:
    if isinstance(row, Assignment):
        again = f" · 第 {row.round} 次" if row.round > 1 else ""
        return Cell(state_words(row), f"{row.get_nature_display()}{again}")
    return Cell(status_words(row))


def _unit_cell(row: Any) -> Cell:
    if isinstance(row, Assignment):
        return Cell(row.handler_name or "未指定")
    return Cell(row.lead_unit_name or "—")


def _source_cell(row: Any) -> Cell:
    appeal = appeal_of(row)
    return Cell(
        codes.label(CodeTable.CHANNEL, appeal.channel),
        when_words(appeal.registered_at, clock.now()),
    )


def _answered_cell(row: Any) -> Cell:
    appeal = appeal_of(row)
    tries = f"已拨 {appeal.callback_tries} 次" if appeal.callback_tries else ""
    if appeal.next_callback_at is not None:
        tries = f"约 {when_words(appeal.next_callback_at, clock.now())}"
    return Cell(when_words(appeal.replied_at, clock.now()) if appeal.replied_at else "—", tries)


def near(region_name: str, own: str) -> str:
    """A place as somebody of this region calls it: 福州市鼓楼区东街街道 is 鼓楼区东街街道 there."""
    at = region_name.find(own) if own else -1
    if at > 0:
        return region_name[at:]
    return region_name[len(own) :] or region_name if at == 0 else region_name


def desk_columns(
    at: dt.datetime,
    keys: Sequence[str] = DESK_COLUMNS,
    own_region: str = "",
    *,
    units: bool = False,
) -> list[Column]:
    """The columns of these keys: the desk's own two-line ones, or any that exports know.

    ``units``: the rows are a unit's own, whose last column names the person.
    """

    def matter(row: Any) -> Cell:
        appeal = appeal_of(row)
        place = " · ".join(t for t in (near(appeal.region_name, own_region), appeal.address) if t)
        href = reverse("orders:order", args=[appeal.number])
        return Cell(appeal.title, place, href=href, tags=tags_of(appeal))

    own: dict[str, Column] = {
        "order": Column("工单", _order_cell, "is-number-of-order"),
        "matter": Column("诉求", matter, "title"),
        "category": Column("类别", _category_cell),
        "limit": Column("剩余时限", lambda row: Cell(clock=face_of_row(row, at))),
        "status": Column("状态", _status_cell),
        "unit": Column("承办人" if units else "承办单位", _unit_cell),
        "source": Column("来源", _source_cell),
        "answered": Column("答复", _answered_cell),
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
    first_time: Sequence[str] = (),
) -> dict[str, Any]:
    """Everything ``lists/list.html`` shows: the chosen tab's page, counts, filters, chips.

    The tab is ``?tab=``; the first one by default. Statements: one a counted tab, one for the page,
    two for what the person kept.
    """
    chosen = _chosen(request, work)
    wishes = OrderFilter.read(request.GET)
    is_unit = chosen.rows.model is Assignment
    prefix = "appeal__" if is_unit else ""
    order = wishes.order(chosen.order)
    rows = wishes.apply(
        light(chosen.rows), request.actor, at, prefix=prefix, newest_first=order != chosen.order
    )
    page = key_page(rows, order, request.GET.get("after", ""), size=PAGE_SIZE)
    is_first = wishes.is_empty and not request.GET.get("after")
    mark = _mark_of(page.items) if is_first else _mark(chosen)
    columns = saved.columns_of(request.actor, desk, keys)
    kept = saved.filters_of(request.actor, desk)
    counts = {w.name: count_up_to(w.rows) for w in work if w.counted}
    here = urlencode({"tab": chosen.name})
    return {
        "desk": desk,
        "chosen": chosen,
        "tabs": _tabs(work, chosen, counts) if len(work) > 1 else [],
        "chips": _chips(wishes, chosen.name, quick, kept),
        "kept_filter": next((k for k in kept if k.query == wishes.query()), None),
        "wishes": wishes,
        "table": Table(
            desk_columns(at, columns, request.post.unit.region.name, units=is_unit),
            page,
            key=lambda row: row.pk if isinstance(row, Assignment) else row.number,
            bulk=chosen.bulk,
            empty=Empty("没有符合条件的工单", "去掉一些筛选条件再试。", "清除筛选", f"?{here}")
            if not wishes.is_empty
            else chosen.empty,
            label=chosen.label,
        ),
        "filter_options": _options(wishes, at),
        "columns": columns,
        "all_columns": _all_columns(columns, keys, units=is_unit),
        "save_query": wishes.query(),
        "export_query": _export_query(request, chosen, wishes),
        "news_url": f"{_news_of(desk)}?{here}&since={at.timestamp():.3f}&mark={mark}"
        if _news_of(desk)
        else "",
        "reload_url": f"?{here}&{wishes.query()}" if not wishes.is_empty else f"?{here}",
        "first_time": first_time if first_time and not any(counts.values()) else (),
    }


def news(request: DeskRequest, work: Sequence[Work], at: dt.datetime) -> HttpResponse:
    """What changed since a list was drawn: the tabs' counts, and one sentence when it matters.

    Polled; the list itself stays as it is until its reader wants the new one.
    """
    chosen = _chosen(request, work)
    found: dict[str, Any] = {
        w.name: {"text": words_of(n), "red": w.red and n > 0}
        for w in work
        if w.counted
        for n in [count_up_to(w.rows)]
    }
    since = _since(request.GET.get("since", ""), at)
    changed = _mark(chosen) != request.GET.get("mark", "")
    lapsed = count_up_to(chosen.rows.filter(due_at__gt=since, due_at__lte=at, is_paused=False))
    said = ["工单新到或有变化"] if changed else []
    said += [f"{words_of(lapsed)} 件刚刚超期"] if lapsed else []
    text = f"有 {'、'.join(said)}，点此刷新" if said else ""
    return JsonResponse({**found, "news": {"text": text, "red": bool(lapsed)}})


def tell_each(request: HttpRequest, done: int, refused: Sequence[str], verb: str) -> None:
    """Say what became of several chosen orders."""
    if done:
        messages.success(request, f"已{verb} {done} 件。")
    for words in refused[:TOLD]:
        messages.error(request, words)
    if len(refused) > TOLD:
        messages.error(request, f"另有 {len(refused) - TOLD} 件未能{verb}。")
    if not done and not refused:
        messages.error(request, "请先勾选工单。")


# --- inside ---------------------------------------------------------------------------------------


def _chosen(request: DeskRequest, work: Sequence[Work]) -> Work:
    return next((w for w in work if w.name == request.GET.get("tab")), work[0])


def _since(given: str, at: dt.datetime) -> dt.datetime:
    """When the list was drawn; at most a day ago."""
    try:
        since = dt.datetime.fromtimestamp(float(given), dt.UTC)
    except (ValueError, OverflowError, OSError):
        return at
    return max(since, at - dt.timedelta(days=1))


def _mark(chosen: Work) -> str:
    """What stands on the tab's first page and how often each changed, in a few letters."""
    return _mark_of(key_page(light(chosen.rows), list(chosen.order), size=PAGE_SIZE).items)


def _mark_of(rows: Iterable[Any]) -> str:
    seen = [(row.pk, row.version) for row in rows]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def _news_of(desk: str) -> str:
    try:
        return reverse(f"{desk}:news")
    except NoReverseMatch:
        return ""


def _tabs(work: Sequence[Work], chosen: Work, counts: Mapping[str, int]) -> list[Tab]:
    return [
        Tab(
            w.label,
            f"?{urlencode({'tab': w.name})}",
            words_of(counts[w.name]) if w.counted else None,
            current=w is chosen,
            red=w.red and counts.get(w.name, 0) > 0,
            name=w.name,
        )
        for w in work
    ]


def _export_query(request: DeskRequest, chosen: Work, wishes: OrderFilter) -> str:
    """What the export's page is asked for; "" where it cannot name these rows."""
    if chosen.export is None or not request.actor.may(P.APPEAL_EXPORT):
        return ""
    return urlencode({**wishes.values, **chosen.export, "title": chosen.label})


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


def _all_columns(
    chosen: Sequence[str], keys: Sequence[str], *, units: bool
) -> list[tuple[str, str, bool]]:
    own = {"order": "工单（编号）", "matter": "诉求（标题、地点、标记）", "category": "类别",
           "limit": "剩余时限", "status": "状态", "unit": "承办人" if units else "承办单位",
           "source": "来源（渠道、登记时间）", "answered": "答复（时间、回访）"}  # fmt: skip
    offered = {k: label for k, label in own.items() if k in {*DESK_COLUMNS, *keys}}
    further = {k: c.label for k, c in listed.COLUMNS.items() if k not in (*own, "number", "title")}
    return [(k, label, k in chosen) for k, label in {**offered, **further}.items()]
