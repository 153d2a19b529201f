"""What views hand to the components: plain data, no HTML, no queries."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from jiesu.web.paging import KeyPage


class Tone(StrEnum):
    """A judgement that a tag or an entry carries besides its words."""

    NONE = ""
    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    BLUE = "blue"
    LINE = "line"  # only a line around it: a fact, not a judgement


class ClockState(StrEnum):
    """How a limit stands; each has its words and its look."""

    OK = "ok"
    YELLOW = "yellow"
    RED = "red"
    PAUSED = "paused"
    DONE_IN_TIME = "done_in_time"
    DONE_LATE = "done_late"


@dataclass(frozen=True)
class ClockFace:
    """One limit as people see it. ``words`` says what is left: “剩 1 工作日”, “超 3 小时”."""

    state: str
    words: str
    due_at: dt.datetime | None = None
    yellow_at: dt.datetime | None = None
    name: str = ""  # 办理
    limit: str = ""  # 5 个工作日


@dataclass(frozen=True)
class Tag:
    """A few words with a soft ground."""

    text: str
    tone: str = ""
    title: str = ""


@dataclass(frozen=True)
class Crumb:
    """One step of the path in the bar; without ``href`` it is where we are."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Tab:
    """A work state with its count; ``red`` marks what is overdue."""

    label: str
    href: str
    count: int | str | None = None
    current: bool = False
    red: bool = False
    name: str = ""  # for polling: data-count="name"


@dataclass(frozen=True)
class Chip:
    """A filter; ``on`` ones carry the link that takes them off."""

    label: str
    href: str
    on: bool = False
    drop: str = ""  # the URL that forgets it, for a filter somebody kept


@dataclass(frozen=True)
class Cell:
    """What stands in one cell: a first line, a grey second one, tags, or a limit badge."""

    text: str = ""
    second: str = ""
    href: str = ""
    strong: bool = False
    tags: Sequence[Tag] = ()
    clock: Any = None  # anything deadline_badge takes
    dialog_url: str = ""  # a button that opens a dialog, instead of ``href``


@dataclass(frozen=True)
class Waiting:
    """One order in the narrow list beside the work."""

    text: str
    href: str
    second: str = ""
    clock: Any = None
    current: bool = False


@dataclass(frozen=True)
class Column:
    """A column of an order table. ``cell`` makes its cell from a row's object."""

    label: str
    cell: Callable[[Any], Cell]
    kind: str = ""  # "title" takes the room, "number" stands right, "wraps" may break
    sort_href: str = ""


@dataclass(frozen=True)
class Bulk:
    """Something done to every chosen row: a button that posts, or opens a dialog by id."""

    label: str
    url: str = ""
    dialog: str = ""
    key: str = ""
    confirm: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Empty:
    """What an empty list says: what it means and what to do next."""

    title: str
    text: str = ""
    action: str = ""
    href: str = ""


@dataclass(frozen=True)
class Row:
    """One line, made by ``Table.rows``."""

    key: str
    cells: Sequence[tuple[Column, Cell]]
    pickable: bool = True


@dataclass(frozen=True)
class Table:
    """A list of orders: columns, one page of objects, what may be done with several of them."""

    columns: Sequence[Column]
    page: "KeyPage[Any]"
    key: Callable[[Any], object] = lambda thing: thing.pk
    bulk: Sequence[Bulk] = ()
    pickable: Callable[[Any], bool] = lambda thing: True
    empty: Empty = field(default_factory=lambda: Empty("没有工单", "换一个筛选条件试试。"))
    label: str = "工单列表"

    @property
    def rows(self) -> Iterable[Row]:
        """The page's rows with their cells."""
        for thing in self.page.items:
            cells = [(column, column.cell(thing)) for column in self.columns]
            yield Row(str(self.key(thing)), cells, bool(self.bulk) and self.pickable(thing))


@dataclass(frozen=True)
class Entry:
    """One step of what happened. The newest comes first and is marked by ``tone="now"``."""

    title: str
    at: dt.datetime
    who: str = ""
    text: str = ""
    tone: str = ""  # now, red, quiet
    facts: Sequence[tuple[str, str]] = ()
    tags: Sequence[Tag] = ()


@dataclass(frozen=True)
class Action:
    """Something this person may do now: a link, a dialog by id or URL, or a POST."""

    label: str
    href: str = ""
    dialog: str = ""
    dialog_url: str = ""
    post: str = ""
    key: str = ""
    main: bool = False
    tone: str = ""
    confirm: str = ""
    version: int | None = None
    rare: bool = False  # folded away behind 更多


@dataclass(frozen=True)
class WhyNot:
    """Something this person may not do now, and why."""

    label: str
    why: str


@dataclass(frozen=True)
class Option:
    """One match in a picker's list."""

    value: str
    label: str
    note: str = ""
    end: str = ""
    disabled: bool = False


@dataclass(frozen=True)
class FileItem:
    """An attachment as it is listed."""

    name: str
    href: str
    size: int = 0
    note: str = ""
    removable: str = ""  # the URL that removes it
