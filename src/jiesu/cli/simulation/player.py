"""Plays plans through the real use cases, in the order of time."""

import datetime as dt
import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jiesu.appeals.actions import (
    callback,
    closure,
    conferring,
    dispatch,
    handling,
    intake,
    marks,
    review,
    triage,
)
from jiesu.appeals.lifecycle import LIVE
from jiesu.appeals.models import Appeal, Application, Assignment
from jiesu.cli.simulation.plan import Plan, Step
from jiesu.foundation.errors import ChangedMeanwhile, UseCaseError

TICK = dt.timedelta(minutes=30)  # how often the simulated loop looks at the limits


@dataclass
class Played:
    """What came of it."""

    orders: int = 0
    steps: int = 0
    refused: Counter[str] = field(default_factory=Counter)


class Cast:
    """The orders of one plan, by their number in it; kept as the last use case left them."""

    def __init__(self, plan: Plan, until: dt.datetime) -> None:
        self.steps = iter(plan.sorted(until))
        self.appeals: dict[int, int] = {}
        self.dropped: set[int] = set()
        self._kept: dict[int, Appeal] = {}

    def keep(self, order: int, appeal: Appeal) -> None:
        """A new order."""
        self.appeals[order], self._kept[order] = appeal.pk, appeal

    def appeal(self, order: int) -> Appeal:
        """The order as this cast last saw it."""
        found = self._kept.get(order)
        if found is None:
            found = self._kept[order] = Appeal.objects.select_related("region", "category").get(
                pk=self.appeals[order]
            )
        return found

    def forget(self) -> None:
        """Somebody else moved an order: read it again."""
        self._kept.clear()

    def assignment(self, order: int, unit: int) -> Assignment:
        """The live assignment of that unit in that order."""
        found = (
            Assignment.objects.select_related("unit")
            .filter(appeal=self.appeals[order], unit=unit, state__in=LIVE)
            .latest("pk")
        )
        found.appeal = self.appeal(order)
        return found


def play(
    plans: Iterable[Plan], *, until: dt.datetime, tick: bool = True,
    tell: Callable[[int], None] = lambda _: None, keep: Callable[[Cast], None] = lambda _: None,
) -> Played:  # fmt: skip
    """Perform every step up to ``until``; the limits are looked at as the loop would.

    ``tell`` hears how many orders there are, ``keep`` is given each plan's cast.
    """
    done = Played()
    ticked: dt.datetime | None = None
    for step, cast in _in_order(plans, until, keep):
        if tick and (ticked is None or step.at - ticked >= TICK):
            ticked = step.at
            _tick(step.at)
        if step.order in cast.dropped:
            continue
        try:
            _perform(cast, step)
        except UseCaseError as refusal:
            cast.forget()
            done.refused[f"{step.do}: {refusal}"] += 1
            cast.dropped.add(step.order)
            continue
        done.steps += 1
        if step.do == "register":
            done.orders += 1
            tell(done.orders)
    if tick:
        _tick(until)
    return done


def _perform(cast: Cast, step: Step) -> None:
    try:
        DOES[step.do](cast, step)
    except ChangedMeanwhile:  # answered with its master, marked by the loop
        cast.forget()
        DOES[step.do](cast, step)


def _in_order(
    plans: Iterable[Plan], until: dt.datetime, keep: Callable[[Cast], None]
) -> Iterator[tuple[Step, Cast]]:
    """Every step of every plan in the order of time. Plans come in the order of their first."""
    waiting: list[tuple[dt.datetime, int, Step, Cast]] = []
    number = 0

    def put(cast: Cast) -> None:
        nonlocal number
        step = next(cast.steps, None)
        if step is not None:
            number += 1
            heapq.heappush(waiting, (step.at, number, step, cast))

    for plan in plans:
        cast = Cast(plan, until)
        keep(cast)
        first = next(cast.steps, None)
        if first is None:
            continue
        while waiting and waiting[0][0] < first.at:
            _, _, step, other = heapq.heappop(waiting)
            yield step, other
            put(other)
        yield first, cast
        put(cast)
    while waiting:
        _, _, step, cast = heapq.heappop(waiting)
        yield step, cast
        put(cast)


def _tick(at: dt.datetime) -> None:
    for waiting in (marks.due(at), marks.turning_yellow(at)):
        while pks := list(dict.fromkeys(waiting.values_list("appeal_id", flat=True)[:500])):
            if marks.mark(pks, at=at).left_out:
                break


# --- what each step does --------------------------------------------------------------------------


def _register(cast: Cast, step: Step) -> None:
    what = step.what
    appeal = intake.register(
        what["intake"], actor=step.who, at=step.at, accept=what["accept"],
        query_code=what["query_code"],
    )  # fmt: skip
    cast.keep(step.order, appeal)


def _on_appeal(action: Callable[..., Any]) -> Callable[[Cast, Step], None]:
    def do(cast: Cast, step: Step) -> None:
        action(cast.appeal(step.order), **step.what, actor=step.who, at=step.at)

    return do


def _on_assignment(action: Callable[..., Any]) -> Callable[[Cast, Step], None]:
    def do(cast: Cast, step: Step) -> None:
        what = dict(step.what)
        assignment = cast.assignment(step.order, what.pop("unit"))
        action(assignment, **what, actor=step.who, at=step.at)

    return do


def _pass_down(cast: Cast, step: Step) -> None:
    assignment = cast.assignment(step.order, step.what["unit"])
    handling.pass_down(
        assignment, step.what["to"], step.what["instruction"], actor=step.who, at=step.at
    )


def _judge(cast: Cast, step: Step) -> None:
    what = step.what
    application = Application.objects.select_related("suggested_unit").get(
        appeal=cast.appeals[step.order], kind=what["kind"], verdict=Application.Verdict.PENDING
    )
    application.appeal = cast.appeal(step.order)
    common: dict[str, Any] = {
        "accept": what["accept"], "decision": what["decision"], "actor": step.who, "at": step.at
    }  # fmt: skip
    match what["kind"]:
        case "return":
            dispatch.judge_return(application, designate=what["designate"], **common)
        case "extension":
            dispatch.judge_extension(application, days=what["days"] or None, **common)
        case _:
            dispatch.judge_suspension(application, **common)


def _merge(cast: Cast, step: Step) -> None:
    master = cast.appeal(step.what["master"])
    triage.merge(cast.appeal(step.order), master, step.what["reason"], actor=step.who, at=step.at)


DOES: dict[str, Callable[[Cast, Step], None]] = {
    "register": _register,
    "accept": _on_appeal(intake.accept),
    "answer_directly": _on_appeal(intake.answer_directly),
    "refuse": _on_appeal(intake.refuse),
    "hand_over": _on_appeal(intake.hand_over),
    "urge": _on_appeal(intake.urge),
    "add_facts": _on_appeal(intake.add_facts),
    "withdraw": _on_appeal(intake.withdraw),
    "assign": _on_appeal(dispatch.assign),
    "judge": _judge,
    "resume": _on_appeal(dispatch.resume),
    "list_difficult": _on_appeal(dispatch.list_difficult),
    "consult": _on_appeal(conferring.consult),
    "merge": _merge,
    "open": _on_assignment(handling.open_),
    "sign": _on_assignment(handling.sign),
    "pass_down": _pass_down,
    "contact": _on_assignment(handling.contact),
    "apply": _on_assignment(handling.apply_for),
    "report": _on_assignment(handling.report),
    "inner_approve": _on_assignment(handling.inner_approve),
    "inner_reject": _on_assignment(handling.inner_reject),
    "approve": _on_appeal(review.approve),
    "send_back": _on_appeal(review.send_back),
    "call_back": _on_appeal(callback.record),
    "rate": _on_appeal(callback.rate),
    "archive": _on_appeal(closure.archive),
}
