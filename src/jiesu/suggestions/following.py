"""What follows an event: suggestions kept beside the appeal, taken or overruled; auto-dispatch."""

import datetime as dt
import logging

from jiesu.access import SYSTEM
from jiesu.appeals import rules
from jiesu.appeals.actions import dispatch, suggestions
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.actions.suggestions import Made
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Event
from jiesu.appeals.rules import Rule
from jiesu.foundation.errors import UseCaseError
from jiesu.suggestions.classes import suggest_classes, suggest_types
from jiesu.suggestions.units import confidence, suggest_units

log = logging.getLogger(__name__)


def keep(event: Event, appeal: Appeal, at: dt.datetime) -> None:
    """On registration: what was suggested, and whether the person at the desk chose it."""
    classes = suggest_classes(appeal.content, at, title=appeal.title)
    types = suggest_types(appeal.content, title=appeal.title)
    units = suggest_units(
        appeal.category, appeal.region, at, content=appeal.content, title=appeal.title,
        appeal=appeal,
    )  # fmt: skip
    made = [
        *(Made("category", c.hit.code, c.hit.path_name, c.probability, c.words, c.version)
          for c in classes),
        *(Made("type", t.code, t.code, t.probability, t.words, t.version) for t in types),
        *(Made("unit", u.code, u.name, u.probability, u.reasons, u.version) for u in units),
    ]  # fmt: skip
    suggestions.keep(appeal, made, at=at)
    _chosen(event, appeal)


def note_class(event: Event, appeal: Appeal, at: dt.datetime) -> None:
    """On acceptance or correction: the class and type that hold now."""
    _chosen(event, appeal)


def _chosen(event: Event, appeal: Appeal) -> None:
    by = event.actor_name
    if appeal.category is not None:
        suggestions.decide(appeal, "category", appeal.category.code, by=by, at=event.at)
    suggestions.decide(appeal, "type", appeal.appeal_type, by=by, at=event.at)


def note_unit(event: Event, appeal: Appeal, at: dt.datetime) -> None:
    """On dispatch: the unit it went to."""
    if appeal.lead_unit is not None:
        suggestions.decide(appeal, "unit", appeal.lead_unit.code, by=event.actor_name, at=event.at)


def dispatch_alone(event: Event, appeal: Appeal, at: dt.datetime) -> None:
    """On acceptance, where the centre's dated rule says so: send what is beyond doubt.

    Both the duty catalogue (not its fall-back) and the model must name the unit, the model with at
    least the rule's confidence. The event of the dispatch says that it was automatic.
    """
    least = rules.value(Rule.AUTO_DISPATCH_CONFIDENCE, at)
    if not least or appeal.status != Status.ACCEPTED or appeal.return_count:
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
