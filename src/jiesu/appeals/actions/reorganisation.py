"""Follows a reorganisation: paths kept beside appeals, and open work of units that ended.

Named in ``settings.JIESU_TREE_FOLLOWERS``; runs in the transaction of the reorganisation. What is
over stays under the unit that did it.
"""

import datetime as dt
from collections.abc import Sequence

from django.db.models import Q

from jiesu.access import SYSTEM
from jiesu.appeals.actions.many import MASTERS_FIRST, changing_many
from jiesu.appeals.actions.transition import Change
from jiesu.appeals.lifecycle import ENDED, LIVE
from jiesu.appeals.models import Appeal, Application, Assignment
from jiesu.appeals.queries import AppealQuerySet, within
from jiesu.organizations.followers import Happened
from jiesu.organizations.models import PathMove, Unit
from jiesu.organizations.paths import below, moved

BATCH = 200


class AppealsFollow:
    """The follower of both trees for appeals and assignments."""

    def obstacles(self, unit: Unit, day: dt.date) -> Sequence[str]:
        """Open orders that nobody would answer for."""
        count = Assignment.objects.live().filter(unit=unit).count()
        held = Appeal.objects.open().filter(centre=unit).count()
        return [f"{n} 件{what}" for n, what in ((count, "在办工单"), (held, "主管工单")) if n]

    def follow(self, happened: Happened) -> None:
        """Move the paths, then hand open work of ended units to their heirs."""
        for move in happened.moves:
            follow_move(move)
        for ended, heir in happened.inherited:
            inherit(ended, heir, document=happened.document, at=happened.at)


def follow_move(move: PathMove) -> None:
    """Give the rows below a moved subtree their new path: an UPDATE for each kept path."""
    old, new = move.old_prefix, move.new_prefix
    if move.tree == PathMove.Tree.REGION:
        rows = _locked(Appeal.objects.filter(within(old)))
        rows.update(region_path=moved("region_path", old, new))
        return
    Assignment.objects.filter(**below("unit_path", old)).update(
        unit_path=moved("unit_path", old, new)
    )
    units = Unit.objects.filter(**below("path", new)).values("pk")  # the tree has moved already
    leads = Appeal.objects.filter(lead_unit__in=units, **below("lead_unit_path", old))
    _locked(leads).update(lead_unit_path=moved("lead_unit_path", old, new))


def _locked(rows: AppealQuerySet) -> AppealQuerySet:
    """These, locked as everybody locks many; an UPDATE alone takes them as they come."""
    list(rows.select_for_update().order_by(*MASTERS_FIRST).values_list("pk"))
    return rows


def inherit(ended: Unit, heir: Unit, *, document: str, at: dt.datetime) -> int:
    """Put the open orders of an ended unit into the hands of its heir; how many appeals."""
    _locked(Appeal.objects.open().filter(centre=ended)).update(centre=heir)
    Application.objects.filter(judge_unit=ended, verdict=Application.Verdict.PENDING).update(
        judge_unit=heir
    )
    Assignment.objects.live().filter(assigner_unit=ended).update(assigner_unit=heir)
    theirs = Q(assignments__unit=ended, assignments__state__in=LIVE) | Q(lead_unit=ended)
    pks = list(
        Appeal.objects.exclude(status__in=ENDED).filter(theirs).order_by(*MASTERS_FIRST)
        .distinct().values_list("pk", flat=True)
    )  # fmt: skip
    for start in range(0, len(pks), BATCH):
        with changing_many(pks[start : start + BATCH], actor=SYSTEM, at=at, wait=True) as changes:
            for change in changes.values():
                _inherit_one(change, ended, heir, document)
    return len(pks)


def _inherit_one(change: Change, ended: Unit, heir: Unit, document: str) -> None:
    name = heir.short_name or heir.name
    facts = {"from": ended.short_name or ended.name, "to": name, "document": document}
    for assignment in change.live():
        if assignment.unit_id == ended.pk:
            change.change_assignment(
                assignment, unit=heir, unit_name=name, unit_path=heir.path,
                version=assignment.version + 1,
            )  # fmt: skip
    if change.appeal.lead_unit_id == ended.pk:
        change.change_appeal(lead_unit=heir, lead_unit_name=name, lead_unit_path=heir.path)
    change.change_appeal(version=change.appeal.version + 1)
    change.record("inherited", facts)
