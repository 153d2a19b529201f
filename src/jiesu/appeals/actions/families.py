"""A master and those merged under it: who is locked before whom, and how one leaves.

Whoever changes several appeals locks a master before those under it, so that nobody waits in a
circle (``many.MASTERS_FIRST``, for many at once). A merge locks what is not yet under its
master, so there is one at a time.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from jiesu.access import Actor
from jiesu.appeals.actions.transition import changing
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal
from jiesu.foundation.errors import invalid
from jiesu.organizations.models import Unit

# What changes in an appeal that leaves its master.
ALONE: dict[str, Any] = {
    "master": None, "lead_unit": None, "lead_unit_name": "", "lead_unit_path": "",
}  # fmt: skip


@contextmanager
def merging(master: Appeal) -> Iterator[None]:
    """What happens within may put an appeal under this master, which is locked.

    One merge of a centre at a time: two people who merge the same two the other way round would
    each hold what the other waits for. Refused where the master is itself merged, before anything
    that might be its own master is locked.
    """
    with transaction.atomic():
        centre = Unit.objects.select_for_update(no_key=True).filter(pk=master.centre_id)
        list(centre.values_list("pk"))
        locked = Appeal.objects.select_for_update().filter(pk=master.pk)
        if Status.MERGED in (master.where, *locked.values_list("status", flat=True)):
            raise invalid("master", "这件工单本身已并入其他工单，请并入它的主单。", "merged")
        yield


@contextmanager
def parting(appeal: Appeal, *, actor: Actor, at: dt.datetime) -> Iterator[None]:
    """What happens within takes the appeal from under its master, which counts one fewer.

    An appeal under no master goes its way.
    """
    if appeal.master_id is None:
        yield
        return
    master = Appeal.objects.get(pk=appeal.master_id)
    with changing(master, actor=actor, at=at) as main:
        yield
        main.change_appeal(merged_count=max(master.merged_count - 1, 0))
        main.record("parted", {"number": appeal.number})
