"""Who is told of which event: the one list.

A follower is ``f(event, appeal, at)``. Everything it writes to the database is committed together
with the event's mark, so it happens exactly once; what is not in the database (mail, the search
index) it leaves to a loop of its own. Kinds are the moves' names and the marks of clocks; a kind
that is not listed has no follower.

The search index follows every event by itself (``search.indexing``), each host at its own pace.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from jiesu.appeals.models import Appeal, Event
from jiesu.notifications import notices, recipients

Follower = Callable[[Event, Appeal, dt.datetime], None]

# Later rooms add theirs: scoring, supervision, connectors.
FOLLOWERS: dict[str, Sequence[Follower]] = {
    **dict.fromkeys(recipients.RULES, (notices.tell,)),
}


def followers_of(kind: str) -> Sequence[Follower]:
    """The followers of one kind of event, in the order they run."""
    return FOLLOWERS.get(kind, ())
