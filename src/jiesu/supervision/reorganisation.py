"""Follows a reorganisation: kept paths, and what an ended unit owes goes to its heir.

Named in ``settings.JIESU_TREE_FOLLOWERS``; runs in the transaction of the reorganisation.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from jiesu.organizations.followers import Happened
from jiesu.organizations.models import PathMove, Unit
from jiesu.organizations.paths import below, moved
from jiesu.supervision import lifecycle as life
from jiesu.supervision.models import Instrument, LedgerEntry, Note, NoteTask

_BY_UNIT: tuple[Any, ...] = (Instrument, LedgerEntry, NoteTask)
_BY_REGION: tuple[Any, ...] = (Instrument, LedgerEntry, Note)


class SupervisionFollows:
    """The follower of both trees for supervision."""

    def obstacles(self, unit: Unit, day: dt.date) -> Sequence[str]:
        """What a unit without an heir would leave unanswered."""
        owed = Instrument.objects.filter(unit=unit, state__in=life.OPEN).count()
        listed = LedgerEntry.objects.filter(unit=unit).exclude(status="closed").count()
        tasks = NoteTask.objects.filter(unit=unit, answered_at=None).count()
        named = ((owed, "未办结督办"), (listed, "未销号台账"), (tasks, "未反馈批示"))
        return [f"{count} 件{what}" for count, what in named if count]

    def follow(self, happened: Happened) -> None:
        """Move the paths, then hand over what is open; what is over stays where it was."""
        for move in happened.moves:
            region = move.tree == PathMove.Tree.REGION
            field = "region_path" if region else "unit_path"
            for model in _BY_REGION if region else _BY_UNIT:
                rows = model.objects.filter(**below(field, move.old_prefix))
                rows.update(**{field: moved(field, move.old_prefix, move.new_prefix)})
        for ended, heir in happened.inherited:
            theirs = {"unit": heir, "unit_name": heir.name, "unit_path": heir.path}
            open_ones = Instrument.objects.filter(unit=ended, state__in=life.OPEN)
            open_ones.update(**theirs)
            LedgerEntry.objects.filter(unit=ended).exclude(status="closed").update(**theirs)
            for task in NoteTask.objects.filter(unit=ended, answered_at=None):
                if NoteTask.objects.filter(note=task.note_id, unit=heir).exists():
                    task.delete()  # the heir answers once
                else:
                    NoteTask.objects.filter(pk=task.pk).update(**theirs)
            _hand_over_office(ended, heir)


def _hand_over_office(ended: Unit, heir: Unit) -> None:
    open_ones = Instrument.objects.filter(office=ended, state__in=[*life.OPEN, life.State.DRAFT])
    open_ones.update(office=heir, office_name=heir.name)
    LedgerEntry.objects.filter(office=ended).exclude(status="closed").update(office=heir)
    Note.objects.filter(office=ended).exclude(state="closed").update(office=heir)
