"""One matter told several times: merge appeals under a master, or part them again 并单.

国办函〔2025〕66号: repeated appeals are merged; every caller is still answered.
"""

import datetime as dt

from jiesu.access import Actor
from jiesu.appeals import lifecycle as life
from jiesu.appeals.actions.families import ALONE, merging, parting
from jiesu.appeals.actions.transition import changing, check_centre
from jiesu.appeals.lifecycle import OPEN, Status
from jiesu.appeals.models import Appeal
from jiesu.foundation.errors import NotAllowedNow, invalid
from jiesu.foundation.text import clean_text


def merge(appeal: Appeal, master: Appeal, reason: str, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will put the appeal under a master; it is answered when the master is.

    Refused: under itself, under one that is itself merged, answered or ended, one that has others
    under it, another centre's.
    """
    why = clean_text(reason, max_length=500, field="reason", label="并单理由")
    if appeal.pk == master.pk:
        raise invalid("master", "不能并入自身，请填写另一件工单的编号。", "same")
    if master.centre_id != appeal.centre_id:
        raise invalid("master", "主单由其他热线中心管理，不能并入。", "other_centre")
    with merging(master), changing(master, actor=actor, at=at) as main:
        if master.where not in OPEN:
            raise invalid(
                "master", "主单已经结束。同一诉求人有新情况的，请关联原单重新派单。", "ended"
            )
        if master.where is Status.CALLBACK:
            raise invalid(
                "master", "主单已经答复，正在回访，不能再并入。请派单，或用主单的答复直接答复。",
                "answered",
            )  # fmt: skip
        with changing(appeal, actor=actor, at=at) as change:
            check_centre(actor, appeal)
            if appeal.merged_count:
                raise NotAllowedNow("这件工单下已并有其他诉求，请把它作为主单。")
            for assignment in change.live():
                change.follow_assignment(assignment, life.CANCEL, data={"reason": "并单"})
            change.move(
                life.MERGE, data={"master": master.number, "reason": why}, master=master,
                lead_unit=master.lead_unit, lead_unit_name=master.lead_unit_name,
                lead_unit_path=master.lead_unit_path,
            )  # fmt: skip
        main.change_appeal(merged_count=master.merged_count + 1)
        main.record("merged_in", {"number": appeal.number, "title": appeal.title})
    return appeal


def unmerge(appeal: Appeal, reason: str, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will part a merged appeal from its master; it waits for dispatch again."""
    why = clean_text(reason, max_length=500, field="reason", label="撤销理由")
    if not why:
        raise invalid("reason", "请说明为什么撤销并单。", "required")
    master = appeal.master
    if master is None:
        raise NotAllowedNow("这件工单没有并入其他工单。")
    with (
        parting(appeal, actor=actor, at=at),
        changing(appeal, actor=actor, at=at) as change,
    ):
        check_centre(actor, appeal)
        change.move(life.UNMERGE, data={"master": master.number, "reason": why}, **ALONE)
    return appeal
