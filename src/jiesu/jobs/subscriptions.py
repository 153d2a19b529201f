"""Who is told of which event: the one list.

A follower is ``f(event, appeal, at)``. Everything it writes to the database is committed together
with the event's mark, so it happens exactly once; what is not in the database (mail, the search
index) it leaves to a loop of its own. Kinds are the moves' names and the marks of clocks; a kind
that is not listed has no follower.

The search index follows every event by itself (``search.indexing``), each host at its own pace.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from jiesu.appeals.models import Appeal, Event
from jiesu.inspection import clues, sampling
from jiesu.notifications import notices, recipients
from jiesu.suggestions import following
from jiesu.supervision import followers as supervision
from jiesu.warnings import raising

Follower = Callable[[Event, Appeal, dt.datetime], None]

# Which follower wants which kinds. Later rooms add theirs at the end.
WISHES: tuple[tuple[Follower, Iterable[str]], ...] = (
    (notices.tell, recipients.RULES),
    (sampling.look_at_registration, ("dispatch", "answer_directly", "refuse", "hand_over")),
    (sampling.look_at_reply, ("approve",)),
    (clues.note_return, ("refuse_return",)),
    (clues.note_breach, ("clock_breached",)),
    (clues.note_send_back, ("send_back",)),
    (clues.note_verdict, ("call_back", "rate")),
    (clues.note_repeat, ("dispatch",)),
    (supervision.relapse, ("repeated",)),
    (raising.raise_on_registration, ("register",)),
    (following.keep, ("register",)),
    (following.note_class, ("accept", "reclassify")),
    (following.note_unit, ("dispatch",)),
    (following.dispatch_alone, ("accept",)),
)


def _by_kind() -> dict[str, Sequence[Follower]]:
    found: dict[str, list[Follower]] = {}
    for follower, kinds in WISHES:
        for kind in kinds:
            found.setdefault(kind, []).append(follower)
    return {kind: tuple(followers) for kind, followers in found.items()}


FOLLOWERS = _by_kind()


def followers_of(kind: str) -> Sequence[Follower]:
    """The followers of one kind of event, in the order they run."""
    return FOLLOWERS.get(kind, ())
