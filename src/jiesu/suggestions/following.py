"""What follows an event: suggestions kept beside the appeal, taken or overruled; auto-dispatch."""

import datetime as dt
import logging
from collections.abc import Iterator, Sequence

from jiesu.access import SYSTEM
from jiesu.appeals import rules
from jiesu.appeals.actions import dispatch, suggestions
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.actions.suggestions import Choice, Made
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Event
from jiesu.appeals.rules import Rule
from jiesu.foundation.errors import UseCaseError
from jiesu.suggestions.classes import suggest_classes, suggest_types
from jiesu.suggestions.units import confidence, suggest_units

log = logging.getLogger(__name__)


def keep(events: Sequence[Event], at: dt.datetime) -> None:
    """On registration: what was suggested, and whether the person at the desk chose it."""
    suggestions.keep(
        ((e.appeal, made) for e in events for made in _suggested(e.appeal, at)), at=at
    )  # fmt: skip
    note_class(events, at)


def _suggested(appeal: Appeal, at: dt.datetime) -> Iterator[Made]:
    for c in suggest_classes(appeal.content, at, title=appeal.title):
        yield Made("category", c.hit.code, c.hit.path_name, c.probability, c.words, c.version)
    for t in suggest_types(appeal.content, title=appeal.title):
        yield Made("type", t.code, t.code, t.probability, t.words, t.version)
    for u in suggest_units(
        appeal.category, appeal.region, at, content=appeal.content, title=appeal.title,
        appeal=appeal,
    ):  # fmt: skip
        yield Made("unit", u.code, u.name, u.probability, u.reasons, u.version)


def note_class(events: Sequence[Event], at: dt.datetime) -> None:
    """On registration, acceptance or correction: the class and type that hold now."""
    chosen = []
    for event in events:
        appeal, by = event.appeal, event.actor_name
        if appeal.category is not None:
            chosen.append(Choice(appeal.pk, "category", appeal.category.code, by, event.at))
        chosen.append(Choice(appeal.pk, "type", appeal.appeal_type, by, event.at))
    suggestions.decide(chosen)


def note_unit(events: Sequence[Event], at: dt.datetime) -> None:
    """On dispatch: the unit it went to."""
    suggestions.decide(
        Choice(event.appeal_id, "unit", event.appeal.lead_unit.code, event.actor_name, event.at)
        for event in events
        if event.appeal.lead_unit is not None
    )


def dispatch_alone(events: Sequence[Event], at: dt.datetime) -> None:
    """On acceptance, where the centre's dated rule says so: send what is beyond doubt.

    Both the duty catalogue (not its fall-back) and the model must name the unit, the model with at
    least the rule's confidence. The event of the dispatch says that it was automatic.
    """
    if rules.value(Rule.AUTO_DISPATCH_CONFIDENCE, at):
        for event in events:
            _dispatch_alone(event.appeal, at)


def _dispatch_alone(appeal: Appeal, at: dt.datetime) -> None:
    least = rules.value(Rule.AUTO_DISPATCH_CONFIDENCE, at)
    if appeal.status != Status.ACCEPTED or appeal.return_count:
        return
    hit = dispatch.suggest(appeal, at)
    if hit is None or hit.is_fallback or appeal.category is None:
        return
    code, sure = confidence(appeal.category, appeal.region, appeal.content, appeal.title)
    if code != hit.unit.code or sure * 100 < least:
        return
    order = Order(lead=hit.unit, reason=f"自动派单：把握 {sure:.0%}，规则要求 {least}% 以上")
    try:
        dispatch.assign(appeal, order, actor=SYSTEM, at=at)
    except UseCaseError as refusal:  # it stays in the dispatchers' queue
        log.info("%s was not dispatched automatically: %s", appeal.number, refusal.code)
