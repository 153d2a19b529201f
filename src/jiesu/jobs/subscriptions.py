"""Who is told of which event: the one list.

A follower is ``f(events, at)``: it gets a batch's events of the kinds it wants, the oldest first,
each with its ``appeal`` as it stands now, and asks and writes once for all of them. Everything it
writes to the database is committed together with the events' marks, so it happens exactly once;
what is not in the database (mail, the search index) it leaves to a loop of its own. Kinds are the
moves' names and the marks of clocks; a kind that is not listed has no follower.

The search index follows every event by itself (``search.indexing``), each host at its own pace.
What happens to no order has no event; who is told of it stands in ``jobs/news.py``.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Sequence

from jiesu.appeals.models import Event
from jiesu.inspection import clues, sampling
from jiesu.notifications import notices, recipients
from jiesu.suggestions import following
from jiesu.supervision import followers as supervision
from jiesu.warnings import raising

Follower = Callable[[Sequence[Event], dt.datetime], None]

# Which follower wants which kinds. Each has a whole batch before the next has any of it: who reads
# what another writes stands below it. Later rooms add theirs at the end.
WISHES: tuple[tuple[Follower, Collection[str]], ...] = (
    (raising.raise_on_registration, ("register",)),
    (notices.tell, recipients.RULES),
    (sampling.look_at_registration, ("dispatch", "answer_directly", "refuse", "hand_over")),
    (sampling.look_at_reply, ("approve",)),
    (clues.note_return, ("refuse_return",)),
    (clues.note_breach, ("clock_breached",)),
    (clues.note_send_back, ("send_back",)),
    (clues.note_verdict, ("call_back", "rate")),
    (clues.note_repeat, ("dispatch",)),
    (supervision.relapse, ("repeated",)),
    (following.keep, ("register",)),
    (following.note_class, ("accept", "reclassify")),
    (following.note_unit, ("dispatch",)),
    (following.dispatch_alone, ("accept",)),
)


def followers_of(events: Sequence[Event]) -> Iterator[tuple[Follower, list[Event]]]:
    """The followers of these events in the order they run, each with the events it wants."""
    for follower, kinds in WISHES:
        wanted = [event for event in events if event.kind in kinds]
        if wanted:
            yield follower, wanted
