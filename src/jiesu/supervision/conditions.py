"""What trigger rules look for: each condition is one set-wise question to an index.

Events are asked by ``event_triggering`` (kind, time), limits by ``clock_due`` (kind, due time); a
question covers what happened after ``since`` up to ``upto`` and never reads all orders.
Source: domain §6 (triggers of the instruments), §7 (warnings not acted on in time).
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import RawSQL

from jiesu.appeals.models import Appeal, Clock, Event
from jiesu.appeals.models.event import TRIGGERING
from jiesu.deadlines import policies
from jiesu.deadlines.worktime import Budget
from jiesu.deadlines.worktime import Unit as TimeUnit
from jiesu.organizations.paths import STEP, below
from jiesu.supervision.models import TriggerRule

_EVENTS: Any = Event.objects  # known to the type checker as any subject's events
# The condition of ``event_triggering`` word for word: SQLite uses a partial index for nothing less.
_INDEXED = RawSQL(  # noqa: S611 - our own constants
    " OR ".join(f"\"appeals_event\".\"kind\" = '{kind}'" for kind in TRIGGERING),
    (), output_field=BooleanField(),
)  # fmt: skip


class Condition(StrEnum):
    """What may trigger."""

    YELLOW = "yellow"
    BREACHED = "breached"
    OVERDUE = "overdue"
    REDO = "redo"
    SENT_BACK = "sent_back"
    DISSATISFIED = "dissatisfied"
    IMPROPER_RETURN = "improper_return"
    URGED = "urged"
    REPEATED = "repeated"
    NOT_ACTED_ON = "not_acted_on"


@dataclass(frozen=True)
class Question:
    """How a condition is put to people, and which of a rule's numbers it reads."""

    label: str
    amount: str = ""  # what ``amount`` means, "" when it is not read
    days: bool = False
    clock: bool = False
    event: bool = False
    kinds: tuple[str, ...] = ()


QUESTIONS: dict[Condition, Question] = {
    Condition.YELLOW: Question("时限将到（黄牌，T−1）", clock=True, kinds=("clock_yellow",)),
    Condition.BREACHED: Question("刚超时限（红牌）", clock=True, kinds=("clock_breached",)),
    Condition.OVERDUE: Question("超时限满 N 个工作日仍未完成", "超期工作日", clock=True),
    Condition.REDO: Question("二次办理达到次数", "次数", days=True, kinds=("redo",)),
    Condition.SENT_BACK: Question("审核退回达到次数", "次数", days=True, kinds=("send_back",)),
    Condition.DISSATISFIED: Question(
        "诉求人不满意达到次数", "次数", days=True, kinds=("call_back", "rate")
    ),
    Condition.IMPROPER_RETURN: Question(
        "不当退单达到次数", "次数", days=True, kinds=("refuse_return",)
    ),
    Condition.URGED: Question("诉求人催办达到次数", "次数", days=True, kinds=("urge",)),
    Condition.REPEATED: Question("同一人同类诉求反复反映", "次数", days=True, kinds=("repeated",)),
    Condition.NOT_ACTED_ON: Question("预警超时未处置", "分钟", event=True),
}


@dataclass(frozen=True)
class Found:
    """The rows that hit: events or limits; ``cause`` makes the name of what each is about."""

    rows: QuerySet[Any]
    moment: str  # the field by which rows are dated and paged
    cause: Callable[[int], str]
    assignment: str = "assignment_id"


def find(rule: TriggerRule, since: dt.datetime, upto: dt.datetime) -> Found:
    """What this version of a rule hits in (since, upto]: two to four statements' worth of SQL.

    An order is in the rule's area when its region lies below the office's and the rule's own.
    """
    condition = Condition(rule.condition)
    if condition is Condition.OVERDUE:
        return Found(_overdue(rule, since, upto), "due_at", _clock_cause(rule.amount))
    if condition is Condition.NOT_ACTED_ON:
        return Found(_not_acted_on(rule, since, upto), "at", _event_cause)
    rows = _events(rule, QUESTIONS[condition].kinds, since, upto)
    if condition in (Condition.YELLOW, Condition.BREACHED):
        if rule.clock:
            rows = rows.filter(data__clock=rule.clock)
        return Found(rows, "at", _event_cause)
    if condition is Condition.REPEATED:
        return Found(_repeated(rule, rows), "at", _event_cause)
    counted = _counted(condition)
    rows = rows.filter(counted)
    if rule.amount > 1 or rule.days:
        rows = _nth(rule, rows, QUESTIONS[condition].kinds, counted)
    return Found(rows, "at", _event_cause)


def in_area(rule: TriggerRule, prefix: str = "appeal__") -> Q:
    """The orders a rule is about."""
    areas = [rule.office.region.path, rule.region.path if rule.region else ""]
    wanted = Q()
    for path in areas:
        if len(path) > STEP:  # what lies at the very top is everything
            wanted &= Q(**below(f"{prefix}region_path", path))
    if rule.urgencies:
        wanted &= Q(**{f"{prefix}urgency__in": rule.urgencies})
    if rule.appeal_types:
        wanted &= Q(**{f"{prefix}appeal_type__in": rule.appeal_types})
    return wanted


# --- inside --------------------------------------------------------------------------------------


def _event_cause(pk: int) -> str:
    return f"event:{pk}"


def _clock_cause(amount: int) -> Callable[[int], str]:
    """Overdue by one day and by three are two things; twice by one is the same."""
    return lambda pk: f"clock:{pk}:{amount}"


def _events(
    rule: TriggerRule, kinds: tuple[str, ...], since: dt.datetime, upto: dt.datetime
) -> QuerySet[Any]:
    found: QuerySet[Any] = _EVENTS.filter(in_area(rule), kind__in=kinds, at__gt=since, at__lte=upto)
    return found.filter(_INDEXED) if set(kinds) <= set(TRIGGERING) else found


def _overdue(rule: TriggerRule, since: dt.datetime, upto: dt.datetime) -> QuerySet[Any]:
    """Limits that reached N working days past due in the window, still running at that time.

    The window is cut into days: within one, "still running" is judged at its end.
    """
    calendar = policies.calendar(upto)
    late = Budget(rule.amount, TimeUnit.WORK_DAYS)
    first = calendar.subtract(since, late)
    last = first
    running = Q()
    begin = since
    while begin < upto:
        end = min(begin + dt.timedelta(days=1), upto)
        cut = calendar.subtract(end, late)
        still = Q(stopped_at=None) | Q(stopped_at__gt=end)
        running |= Q(due_at__gt=last, due_at__lte=cut) & still
        last, begin = cut, end
    rows = Clock.objects.filter(in_area(rule), due_at__gt=first, due_at__lte=last, paused_at=None)
    if rule.clock:
        rows = rows.filter(kind=rule.clock)
    return rows.filter(running) if running else rows.none()


def _counted(condition: Condition) -> Q:
    """Which events of its kinds a counting condition counts."""
    if condition is Condition.DISSATISFIED:
        return Q(data__satisfaction__lte=2)
    if condition is Condition.URGED:
        return Q(actor_kind="citizen")
    return Q()


def _nth(
    rule: TriggerRule, rows: QuerySet[Any], kinds: tuple[str, ...], counted: Q
) -> QuerySet[Any]:
    """Those that are the N-th of their order, within so many days (0 = ever)."""
    before = _EVENTS.filter(
        counted, appeal_id=OuterRef("appeal_id"), kind__in=kinds, seq__lte=OuterRef("seq")
    )
    if rule.days:
        before = before.filter(at__gt=_shifted(-dt.timedelta(days=rule.days)))
    found: QuerySet[Any] = rows.alias(nth=_count(before)).filter(nth=rule.amount)
    return found


def _repeated(rule: TriggerRule, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Where the same person's reports of the class reach N within so many days."""
    same = Appeal.objects.filter(
        ~Q(phone_hash=""), phone_hash=OuterRef("appeal__phone_hash"),
        category=OuterRef("appeal__category"), registered_at__lte=OuterRef("at"),
        registered_at__gt=_shifted(-dt.timedelta(days=rule.days)),
    )  # fmt: skip
    found: QuerySet[Any] = rows.alias(times=_count(same)).filter(times__gte=rule.amount)
    return found


def _not_acted_on(rule: TriggerRule, since: dt.datetime, upto: dt.datetime) -> QuerySet[Any]:
    """Events of the kind whose minutes ran out in the window without any that answers them."""
    patience = dt.timedelta(minutes=rule.amount)
    rows = _events(rule, (rule.event,), since - patience, upto - patience)
    answers = _EVENTS.filter(
        appeal_id=OuterRef("appeal_id"), kind__in=rule.answered_by.split(","),
        seq__gt=OuterRef("seq"), at__lte=_shifted(patience),
    )  # fmt: skip
    return rows.filter(~Exists(answers))


def _shifted(by: dt.timedelta) -> Any:
    return ExpressionWrapper(OuterRef("at") + Value(by), output_field=DateTimeField())


def _count(rows: QuerySet[Any]) -> Subquery:
    counted = rows.order_by().annotate(n=Func(F("pk"), function="COUNT")).values("n")
    return Subquery(counted, output_field=IntegerField())


def orders_hit(found: Found) -> int:
    """How many orders, each once."""
    return found.rows.aggregate(n=Count("appeal_id", distinct=True))["n"] or 0


def unit_counts(found: Found, most: int = 12) -> list[tuple[str, int]]:
    """Which units' orders, the most first."""
    rows = found.rows.values_list("appeal__lead_unit_name").annotate(
        n=Count("appeal_id", distinct=True)
    )
    most_first = rows.order_by("-n", "appeal__lead_unit_name")[:most]
    return [(name or "（未派单）", n) for name, n in most_first]
