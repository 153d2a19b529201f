"""Which orders a list shows: a filter read from a query string, applied through indexed columns.

The same words filter a desk's page, a saved filter and an export. Unknown or broken values are
dropped with a sentence for the reader; they never widen the scope.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import F, Model, Q, QuerySet

from jiesu.access import Actor, Permission
from jiesu.appeals.lifecycle import STATUS_NAMES, Status
from jiesu.appeals.models import Assignment
from jiesu.appeals.queries import one_of, within
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.catalogue.models import Category
from jiesu.foundation.clock import BEIJING
from jiesu.organizations import paths
from jiesu.organizations.models import Region, Unit
from jiesu.search import finding

M = TypeVar("M", bound=Model)

NEWEST = ("-id",)
BY_DAY = ("-registered_at", "-id")
MAX_FOUND = 200  # of a search, best first
CODED: dict[str, tuple[Table, str]] = {
    "type": (Table.APPEAL_TYPE, "类型"),
    "urgency": (Table.URGENCY, "紧急程度"),
    "channel": (Table.CHANNEL, "渠道"),
}
DUE: dict[str, str] = {"overdue": "已超期", "today": "今日到期", "yellow": "黄牌"}
FLAGS: dict[str, tuple[str, dict[str, Any]]] = {
    "urged": ("被催办", {"urge_count__gt": 0}),
    "redo": ("二次办理", {"redo_count__gt": 0}),
    "difficult": ("疑难", {"is_difficult": True}),
    "applied": ("有申请待审批", {"pending_applications__gt": 0}),
    "merged": ("有并入诉求", {"merged_count__gt": 0}),
    "breached": ("有超时", {"breach_count__gt": 0}),
    "dissatisfied": ("不满意", {"satisfaction__lt": 3}),
    "unsolved": ("未解决", {"solved": False}),
}
KEYS = (
    "q", "person", "status", "type", "urgency", "channel", "category", "region", "unit", "from",
    "to", "due", "flag", "mine", "own",
)  # fmt: skip


@dataclass(frozen=True)
class OrderFilter:
    """A filter as it was asked for; "" is no wish."""

    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "OrderFilter":
        """From a query string's values; unknown keys are left out.

        A telephone or an identity number among the words becomes ``person``, its keyed hash: what
        is shown in addresses, kept and exported names nobody.
        """
        values = {k: query[k].strip()[:200] for k in KEYS if query.get(k, "").strip()}
        person, words = finding.person_in(values.pop("q", ""))
        if person:
            values["person"] = person
        return cls({"q": words, **values} if words else values)

    def get(self, key: str) -> str:
        """One wish, or ""."""
        return self.values.get(key, "")

    def query(self, **changes: str) -> str:
        """The filter as a query string, with some wishes changed ("" takes one away)."""
        merged = {**self.values, **changes}
        return urlencode({k: v for k, v in merged.items() if v})

    @property
    def is_empty(self) -> bool:
        """Whether nothing is wished."""
        return not self.values

    @property
    def runs_by_day(self) -> bool:
        """Whether the indexes of what is wished, a period, region or class, run by registration."""
        return any(self.get(key) for key in ("from", "to", "region", "category"))

    def order(self, usual: Sequence[str]) -> Sequence[str]:
        """The order of a list of orders: newest first is by registration where indexes run so."""
        return BY_DAY if self.runs_by_day and tuple(usual) == NEWEST else usual

    def apply(
        self, rows: QuerySet[M, M], actor: Actor, at: dt.datetime, *, prefix: str = "",
        newest_first: bool = True,
    ) -> QuerySet[M, M]:  # fmt: skip
        """The rows that match; ``prefix`` leads from the row to its appeal (``"appeal__"``).

        A list that is not shown ``newest_first`` walks an index of its own.
        """
        by_day = newest_first and self.runs_by_day
        for key in ("status", "type", "urgency", "channel"):
            if value := self.get(key):
                column = f"{prefix}appeal_type" if key == "type" else f"{prefix}{key}"
                rows = rows.filter(one_of(column, value.split(","), by_day=by_day))
        if value := self.get("category"):
            rows = _of_category(rows, value, f"{prefix}category_id")
        if value := self.get("region"):
            region = Region.objects.filter(code=value).order_by("-pk").first()
            if region is None:
                return rows.none()
            below = paths.below(f"{prefix}region_path", region.path)
            # what hangs on an order is found by its own indexes
            rows = rows.filter(within(region.path) if by_day and not prefix else Q(**below))
        if value := self.get("unit"):
            unit = Unit.objects.filter(pk=int(value)).first() if value.isdecimal() else None
            rows = (
                rows.filter(**paths.below(f"{prefix}lead_unit_path", unit.path))
                if unit
                else rows.none()
            )
        since, until = _day(self.get("from")), _day(self.get("to"))
        if since:
            rows = rows.filter(**{f"{prefix}registered_at__gte": since})
        if until:
            rows = rows.filter(**{f"{prefix}registered_at__lt": until + dt.timedelta(days=1)})
        if value := self.get("due"):
            rows = rows.filter(_due(value, at))
        for flag in filter(None, self.get("flag").split(",")):
            if flag in FLAGS:
                rows = rows.filter(**{f"{prefix}{k}": v for k, v in FLAGS[flag][1].items()})
        if self.get("mine") and actor.user_id is not None:
            rows = rows.filter(_mine(actor, prefix))
        if self.get("own"):
            mine = f"{prefix}centre_id"
            rows = rows.filter(one_of(mine, [actor.unit_id], by_day=by_day))
        if person := self.get("person"):
            found = finding.of_person(person, actor, limit=MAX_FOUND)
            rows = rows.filter(**{f"{prefix}number__in": found})
        if words := self.get("q"):
            found = finding.find(words, actor, limit=MAX_FOUND)
            rows = rows.filter(**{f"{prefix}number__in": found})
        return rows

    def words(self) -> list[tuple[str, str, str]]:
        """What is wished, for people: (key, label, value in words)."""
        said: list[tuple[str, str, str]] = []
        for key, value in self.values.items():
            if key == "q":
                said.append((key, "搜索", value))
            elif key == "person":
                said.append((key, "", "同一电话或证件"))
            elif key == "status":
                names = [STATUS_NAMES[Status(v)] for v in value.split(",") if v in set(Status)]
                said.append((key, "状态", "、".join(names)))
            elif key in CODED:
                table, label = CODED[key]
                said.append(
                    (key, label, "、".join(codes.label(table, v) for v in value.split(",")))
                )
            elif key == "category":
                said.append((key, "分类", value))
            elif key == "region":
                region = Region.objects.filter(code=value).order_by("-pk").first()
                said.append((key, "区域", region.name if region else value))
            elif key == "unit":
                unit = Unit.objects.filter(pk=int(value)).first() if value.isdecimal() else None
                said.append((key, "主办", unit.name if unit else value))
            elif key in ("from", "to"):
                said.append((key, "登记自" if key == "from" else "登记至", value))
            elif key == "due":
                said.append((key, "时限", DUE.get(value, value)))
            elif key == "flag":
                labels = [FLAGS[f][0] for f in value.split(",") if f in FLAGS]
                said.append((key, "标记", "、".join(labels)))
            elif key == "mine":
                said.append((key, "", "我的"))
            elif key == "own":
                said.append((key, "", "本中心的"))
        return said


# A share this large of all orders is walked newest first and the others left out; a smaller one is
# gathered by its index. An expression keeps the index out of it.
_LARGE_CLASS = 2  # digits of a first-level class's code


def _of_category(rows: QuerySet[M, M], code: str, column: str) -> QuerySet[M, M]:
    """The rows of a class and those below it, in whatever scheme."""
    wanted = list(Category.objects.filter(code__startswith=code).values_list("pk", flat=True))
    if len(code) > _LARGE_CLASS:
        return rows.filter(**{f"{column}__in": wanted})
    found: QuerySet[M, M] = rows.alias(_class=F(column) + 0).filter(_class__in=wanted)
    return found


def _day(text: str) -> dt.datetime | None:
    try:
        return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), BEIJING)
    except ValueError:
        return None


def _due(value: str, at: dt.datetime) -> Q:
    if value == "overdue":
        return Q(due_at__lt=at, is_paused=False)
    if value == "today":
        start = at.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
        return Q(due_at__gte=start, due_at__lt=start + dt.timedelta(days=1))
    if value == "yellow":
        return Q(yellow_at__lte=at, due_at__gte=at, is_paused=False)
    return Q()


def _mine(actor: Actor, prefix: str) -> Q:
    """What I handle; for those who take calls, what I registered."""
    if prefix:
        return Q(handler_id=actor.user_id)
    if actor.may(Permission.INTAKE_REGISTER):
        return Q(agent_id=actor.user_id)
    handled = Assignment.objects.filter(handler_id=actor.user_id)
    return Q(pk__in=handled.values("appeal_id"))


def options() -> dict[str, Any]:
    """What the filter's form offers."""
    return {
        "statuses": [(s.value, n) for s, n in STATUS_NAMES.items()],
        "dues": list(DUE.items()),
        "flags": [(k, label) for k, (label, _) in FLAGS.items()],
    }
