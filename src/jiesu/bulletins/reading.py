"""Which bulletins a person reads, and what may be done with one now."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from jiesu.access import Actor, Permission, may_manage
from jiesu.bulletins import lifecycle
from jiesu.bulletins.lifecycle import Move, State
from jiesu.bulletins.models import Bulletin
from jiesu.foundation.errors import ChangedMeanwhile, NotFound
from jiesu.organizations.paths import ancestors, below
from jiesu.scoring import publication
from jiesu.scoring import reading as scores
from jiesu.scoring.definitions import Every
from jiesu.scoring.lifecycle import PeriodState
from jiesu.scoring.models import Period, Revision, ScoreScheme
from jiesu.scoring.spans import Span, day_of, length_of, span
from jiesu.textintel import redact

RECENT = dt.timedelta(days=100)


def visible_to(actor: Actor) -> QuerySet[Bulletin]:
    """The newest first: whoever writes or approves a region's sees all of them; units, and whoever
    else sits in the region or below it, those let out."""
    rows = Bulletin.objects.select_related("scheme").defer("text", "inputs")
    if not actor.region_path:
        return rows.none()
    seen = Q(pk__in=())
    if actor.may(Permission.BULLETIN_DRAFT) or actor.may(Permission.BULLETIN_APPROVE):
        seen |= Q(**below("region_path", actor.region_path))
    if actor.may(Permission.BULLETIN_READ):
        seen |= Q(region_path__in=ancestors(actor.region_path), state=State.PUBLISHED)
    return rows.filter(seen).order_by("-pk")


def get_for(actor: Actor, pk: int, version: int | None = None) -> Bulletin:
    """One bulletin with its words. NotFound out of reach; ChangedMeanwhile for a stale page."""
    found = (
        visible_to(actor).defer(None).filter(pk=pk)
        .select_related("scheme__region", "corrects").first()
    )  # fmt: skip
    if found is None:
        raise NotFound("没有找到这份通报，或您无权查看。")
    if version is not None and version != found.version:
        raise ChangedMeanwhile("该通报已被他人处理，请刷新后重试。您填写的内容已保留。")
    return found


def moves_for(bulletin: Bulletin, actor: Actor) -> list[Move]:
    """What the actor may do with it now, in order."""
    own = actor.user_id in bulletin.writers
    return [
        move
        for move in lifecycle.MOVES.values()
        if bulletin.where in move.from_
        and may_manage(actor, move.needs, bulletin.region_path)
        and not (move is lifecycle.APPROVE and own)
    ]


def to_approve(actor: Actor) -> QuerySet[Bulletin]:
    """What others drafted and waits for one who approves."""
    if not actor.may(Permission.BULLETIN_APPROVE):
        return Bulletin.objects.none()
    rows = visible_to(actor).filter(state=State.SUBMITTED)
    return rows.exclude(drafted_by_id=actor.user_id or 0)


def is_outdated(bulletin: Bulletin) -> bool:
    """Whether a period it tells of was corrected since: its figures no longer hold."""
    mine = bulletin.revisions.values("pk")
    later = Revision.objects.filter(
        period=OuterRef("period"), number__gt=OuterRef("number")
    )  # fmt: skip
    return Revision.objects.filter(Exists(later), pk__in=mine).exists()


def looks_personal(bulletin: Bulletin) -> list[tuple[str, str]]:
    """What in its free words looks personal, with its kind; people decide whether it stays."""
    said = f"{bulletin.title}\n{bulletin.text}"
    pieces = [(said[one.start : one.end], one.kind.value) for one in redact.find(said)]
    return list(dict.fromkeys(pieces))


# --- what has none yet ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """A span that can have a bulletin and has none; ``lacking`` names what is not published."""

    scheme: ScoreScheme
    every: Every
    days: Span
    lacking: Sequence[str]


def wanted(actor: Actor, at: dt.datetime) -> list[Wanted]:
    """The spans of this and last year that are over and without a bulletin, the newest first.

    One of which something is missing is named while it is recent. Two statements.
    """
    today = day_of(at)
    since = dt.date(today.year - 1, 1, 1)
    rows = scores.periods_in_reach(actor).filter(first__gte=since)
    told = set(
        visible_to(actor).filter(first__gte=since).exclude(state=State.DROPPED)
        .values_list("scheme_id", "every", "first")
    )  # fmt: skip
    by_scheme: dict[int, list[Period]] = defaultdict(list)
    for one in rows:
        by_scheme[one.scheme_id].append(one)
    found = {}
    for mine in by_scheme.values():
        for period in mine:
            if period.state != PeriodState.PUBLISHED:
                continue
            own = length_of(period.first, period.last)
            for every in (own, *publication.longer_than(own)):
                days = span(every, period.first)
                key = (period.scheme_id, every.value, days.first)
                if days.last >= today or days.first < since or key in told:
                    continue
                missing = publication.lacking(publication.parts_of(mine, days), days)
                if not missing or days.last >= today - RECENT:
                    found[key] = Wanted(period.scheme, every, days, missing)
    return sorted(
        found.values(), key=lambda one: (one.days.last, one.days.first, one.scheme.pk), reverse=True
    )
