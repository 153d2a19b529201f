"""Stepping aside 回避 (济南条例 art. 32): who has an interest in a matter leaves it to others."""

import datetime as dt

from jiesu.access import Actor
from jiesu.appeals import lifecycle as life
from jiesu.appeals.actions.transition import changing
from jiesu.appeals.models import Appeal
from jiesu.foundation.errors import Forbidden, invalid
from jiesu.foundation.text import clean_text


def step_aside(appeal: Appeal, reason: str, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will let the actor step aside: from now on they only read the appeal.

    Refusals: Invalid without a reason; Forbidden for whoever is no person at a post.
    """
    why = clean_text(reason, max_length=300, field="reason", label="回避理由")
    if not why:
        raise invalid("reason", "请写明与该诉求有什么利害关系。", "required")
    if actor.user_id is None:
        raise Forbidden
    with changing(appeal, actor=actor, at=at) as change:
        change.move(life.RECUSE, data={"reason": why}, recused=[*appeal.recused, actor.user_id])
        change.outdate()
    return appeal
