"""What supervision does when something happens to an order."""

import datetime as dt

from jiesu.appeals.models import Appeal, Event
from jiesu.supervision import ledgers


def relapse(event: Event, appeal: Appeal, at: dt.datetime) -> None:
    """A matter that was struck off and is reported again is open again 回潮."""
    ledgers.relapse_on_repeat(appeal, str(event.data.get("number", "")), at)
