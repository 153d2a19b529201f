"""What supervision does when something happens to an order."""

import datetime as dt
from collections.abc import Sequence

from jiesu.appeals.models import Event
from jiesu.supervision import ledgers


def relapse(events: Sequence[Event], at: dt.datetime) -> None:
    """Matters that were struck off and are reported again are open again 回潮."""
    for event in events:
        ledgers.relapse_on_repeat(event.appeal, str(event.data.get("number", "")), at)
