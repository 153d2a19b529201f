"""What lies over an order without moving it: supervision, notes, ledgers 叠加事项.

The rooms above call these so that the order's own history tells of it and whoever is concerned is
told; the status stays what it is (国办发〔2020〕53号: 督办 goes beside the loop).
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from jiesu.access import SYSTEM, Actor
from jiesu.appeals.actions.many import changing_many
from jiesu.appeals.actions.transition import changing
from jiesu.appeals.lifecycle import ENDED, OVERLAYS, URGE
from jiesu.appeals.models import Appeal
from jiesu.foundation.errors import Forbidden

Facts = Mapping[str, Any]


def lay(appeal: Appeal, kind: str, facts: Facts, *, actor: Actor, at: dt.datetime) -> None:
    """This will add one event to the order's history; ``kind`` is one of ``OVERLAYS``.

    Refusals: Forbidden without the overlay's permission.
    """
    overlay = OVERLAYS[kind]
    if not actor.may(overlay.needs):
        raise Forbidden(f"您的岗位不能{overlay.label}。请切换岗位或联系管理员。")
    fresh = Appeal.objects.get(pk=appeal.pk)  # an overlay is never stale: it moves nothing
    with changing(fresh, actor=actor, at=at) as change:
        change.record(kind, dict(facts))


def lay_many(kind: str, facts: Mapping[int, Facts], *, at: dt.datetime) -> set[int]:
    """The system's own overlays, {appeal's pk: facts}, in a handful of statements.

    Gives the appeals that somebody was changing at this moment: come back for them.
    """
    with changing_many(list(facts), actor=SYSTEM, at=at) as changes:
        for pk, change in changes.items():
            change.record(kind, dict(facts[pk]))
    return set(facts) - set(changes)


def urge_many(texts: Mapping[int, str], *, at: dt.datetime) -> tuple[set[int], set[int]]:
    """This will urge whoever has these orders, {appeal's pk: text}; each counted 催办.

    Gives (urged, left out): an order that has ended is in neither.
    """
    urged: set[int] = set()
    with changing_many(list(texts), actor=SYSTEM, at=at) as changes:
        for pk, change in changes.items():
            if change.appeal.where in ENDED:
                continue
            change.change_appeal(urge_count=change.appeal.urge_count + 1)
            change.record(URGE.name, {"text": texts[pk]})
            urged.add(pk)
    return urged, set(texts) - set(changes)
