"""Which bulletins a person reads, and what may be done with one now."""

from django.db.models import Q, QuerySet

from jiesu.access import Actor, Permission, may_manage
from jiesu.bulletins import lifecycle
from jiesu.bulletins.lifecycle import Move, State
from jiesu.bulletins.models import Bulletin
from jiesu.foundation.errors import ChangedMeanwhile, NotFound
from jiesu.organizations.paths import ancestors, below


def visible_to(actor: Actor) -> QuerySet[Bulletin]:
    """The newest first: whoever sees the region's scores sees all of them, a unit that is scored
    (and whoever sits below the region) those let out."""
    rows = Bulletin.objects.select_related("period", "period__scheme").defer("text", "inputs")
    if not actor.region_path:
        return rows.none()
    seen = Q(pk__in=())
    if actor.may(Permission.SCORING_VIEW):
        seen |= Q(**below("region_path", actor.region_path))
    if actor.may(Permission.SCORING_VIEW) or actor.may(Permission.SCORING_OWN):
        seen |= Q(region_path__in=ancestors(actor.region_path), state=State.PUBLISHED)
    return rows.filter(seen).order_by("-pk")


def get_for(actor: Actor, pk: int, version: int | None = None) -> Bulletin:
    """One bulletin with its words. NotFound out of reach; ChangedMeanwhile for a stale page."""
    found = (
        visible_to(actor).defer(None).filter(pk=pk)
        .select_related("period__scheme__region", "revision", "corrects")
        .defer("revision__inputs", "revision__result").first()
    )  # fmt: skip
    if found is None:
        raise NotFound("没有找到这份通报，或您无权查看。")
    if version is not None and version != found.version:
        raise ChangedMeanwhile("该通报已被他人处理，请刷新后重试。您填写的内容已保留。")
    return found


def moves_for(bulletin: Bulletin, actor: Actor) -> list[Move]:
    """What the actor may do with it now, in order."""
    own = bulletin.drafted_by_id is not None and bulletin.drafted_by_id == actor.user_id
    return [
        move
        for move in lifecycle.MOVES.values()
        if bulletin.where in move.from_
        and may_manage(actor, move.needs, bulletin.region_path)
        and not (move is lifecycle.APPROVE and own)
    ]


def to_approve(actor: Actor) -> QuerySet[Bulletin]:
    """What waits for this leader."""
    if not actor.may(Permission.SUPERVISION_APPROVE):
        return Bulletin.objects.none()
    rows = visible_to(actor).filter(state=State.SUBMITTED)
    return rows.exclude(drafted_by_id=actor.user_id or 0)
