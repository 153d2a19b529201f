"""A warning on an order and what was done about it, written into the order's own history."""

import datetime as dt
from typing import Any

from jiesu.access import Actor
from jiesu.appeals.actions.transition import changing
from jiesu.appeals.models import Appeal


def note_warning(appeal: Appeal, facts: dict[str, Any], *, actor: Actor, at: dt.datetime) -> None:
    """This will write down that the order was found to warn: class, words, how sure, by when."""
    with changing(appeal, actor=actor, at=at) as change:
        change.record("warning", facts)


def note_sensitive(
    appeal: Appeal, classes: dict[str, str], *, actor: Actor, at: dt.datetime
) -> None:
    """This will note the sensitive classes of an order (domain §7) with the words that spoke."""
    with changing(appeal, actor=actor, at=at) as change:
        change.change_appeal(sensitive=sorted({*appeal.sensitive, *classes}))
        change.record("sensitive", {"classes": classes})


def note_acted(appeal: Appeal, facts: dict[str, Any], *, actor: Actor, at: dt.datetime) -> None:
    """This will write down what was done about a warning."""
    with changing(appeal, actor=actor, at=at) as change:
        change.record("warning_acted", facts)
