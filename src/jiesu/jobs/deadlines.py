"""The tick: what time alone brings about. A missed run is late, never wrong; nothing happens twice.

Marks come first, since they have a budget (at most a minute late); the rest is bounded per tick.
"""

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jiesu.access import SYSTEM
from jiesu.appeals import rules
from jiesu.appeals.actions import attachments, closure, drafts, marks
from jiesu.appeals.models import Clock
from jiesu.appeals.queries import ClockQuerySet
from jiesu.appeals.rules import Rule
from jiesu.deadlines import policies, years
from jiesu.deadlines.worktime import Unit
from jiesu.exports import requests as exports
from jiesu.foundation.errors import UseCaseError
from jiesu.inspection import marking, sampling
from jiesu.journal import idempotency, tries
from jiesu.notifications import notices
from jiesu.organizations import changes

log = logging.getLogger(__name__)

MOST_LEFT_OUT = 500  # appeals in other hands at once; past it the tick leaves the rest to the next
ARCHIVED_PER_TICK = 200
UPLOADS_KEPT = dt.timedelta(days=1)
SETTLED = dt.timedelta(seconds=5)  # other processes may count by the old calendar for two seconds


@dataclass
class Ticked:
    """What one tick did, by name; ``trouble`` names what failed and will be tried again."""

    counts: dict[str, int] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)

    def add(self, name: str, count: int) -> None:
        """Count something that was done."""
        if count:
            self.counts[name] = self.counts.get(name, 0) + count

    def __str__(self) -> str:
        said = [f"{name} {count}" for name, count in self.counts.items()]
        return ", ".join([*said, *(f"FAILED {name}" for name in self.trouble)])


def tick(at: dt.datetime, batch: int = 500) -> Ticked:
    """This will mark what is due, then do the chores. One that fails does not keep the others."""
    done = Ticked()
    chores: list[tuple[str, Callable[[], Any]]] = [
        ("marks", lambda: mark_due(at, batch, done)),
        ("calendar drafts", lambda: done.add("drafted", len(_drafts(at)))),
        ("recount", lambda: recount(at, batch, done)),
        ("reorganisations", lambda: done.add("applied", len(changes.apply_due_changes(at)))),
        ("archive", lambda: archive(at, done)),
        ("uploads", lambda: done.add("uploads", attachments.remove_unclaimed(at - UPLOADS_KEPT))),
        ("keys", lambda: done.add("keys", idempotency.purge(at))),
        ("tries", lambda: done.add("tries", tries.purge(at))),
        ("intake drafts", lambda: done.add("intake_drafts", drafts.purge(at))),
        ("notices", lambda: done.add("notices", notices.forget_old(at))),
        ("exports", lambda: done.add("exports", exports.remove_expired(at))),
        ("samples", lambda: done.add("drawn", sampling.draw_due(at))),
        ("inspections", lambda: done.add("settled", marking.settle_due(at))),
    ]
    for name, chore in chores:
        try:
            chore()
        except Exception:
            log.exception("the tick's %s failed", name)
            done.trouble.append(name)
    return done


def mark_due(at: dt.datetime, batch: int, done: Ticked) -> None:
    """Mark every limit that is due, then every one that turns yellow, a batch at a time."""
    for waiting in (marks.due(at), marks.turning_yellow(at)):
        _mark_all(waiting, at, batch, done)


def _mark_all(waiting: ClockQuerySet, at: dt.datetime, batch: int, done: Ticked) -> None:
    passed_over: set[int] = set()
    while len(passed_over) <= MOST_LEFT_OUT:
        rows = waiting.exclude(appeal_id__in=passed_over) if passed_over else waiting
        found = list(dict.fromkeys(rows.values_list("appeal_id", flat=True)[:batch]))
        if not found:
            return
        passed_over |= _mark(found, at, done)


def _mark(pks: list[int], at: dt.datetime, done: Ticked) -> set[int]:
    """Mark one batch; gives the appeals to come back for at the next tick."""
    try:
        marked = marks.mark(pks, at=at)
    except Exception:
        if len(pks) == 1:
            log.exception("appeal %d cannot be marked", pks[0])
            done.trouble.append(f"appeal {pks[0]}")
            return set(pks)
        half = len(pks) // 2
        return _mark(pks[:half], at, done) | _mark(pks[half:], at, done)
    done.add("breached", marked.breached)
    done.add("yellow", marked.yellow)
    done.add("lapsed", marked.lapsed)
    return marked.left_out


def recount(at: dt.datetime, batch: int, done: Ticked) -> None:
    """Count open limits anew after changes of the calendar; begun again when it was interrupted."""
    pending = [change for change in years.pending_changes() if change.at <= at - SETTLED]
    since = years.recompute_from(pending)
    if since is None:
        return
    policies.forget()  # what this process remembers may be older than the change
    open_ones = Clock.objects.filter(
        stopped_at=None, due_at__gte=since, unit__in=[u for u in Unit if not u.is_natural]
    )
    last, left = 0, set[int]()
    while page := list(
        open_ones.filter(appeal_id__gt=last).order_by("appeal_id")
        .values_list("appeal_id", flat=True)[: batch * 2]
    ):  # fmt: skip
        last = page[-1]
        left |= _recount(list(dict.fromkeys(page)), at, done)
    if left:
        left = _recount(sorted(left), at, done)
    if not left:
        years.mark_recomputed(pending, at=at)
        done.add("calendar changes", len(pending))


def _recount(pks: list[int], at: dt.datetime, done: Ticked) -> set[int]:
    left: set[int] = set()
    for start in range(0, len(pks), 500):
        marked = marks.recount(pks[start : start + 500], at=at)
        done.add("moved", marked.moved)
        left |= marked.left_out
    return left


def archive(at: dt.datetime, done: Ticked) -> None:
    """Archive what ended long enough ago."""
    before = at - dt.timedelta(days=rules.value(Rule.ARCHIVE_AFTER_DAYS, at))
    for appeal in closure.due_for_archive(before, ARCHIVED_PER_TICK):
        try:
            closure.archive(appeal, actor=SYSTEM, at=at)
        except UseCaseError:
            continue  # somebody took it up again meanwhile
        done.add("archived", 1)


def _drafts(at: dt.datetime) -> list[years.YearLoaded]:
    return years.draft_missing_years(actor=SYSTEM, at=at)
