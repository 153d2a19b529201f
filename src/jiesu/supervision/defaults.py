"""The rules an efficiency office starts with; it edits them afterwards (domain §6, 山东 黄红牌)."""

import datetime as dt

from jiesu.access import Actor
from jiesu.supervision import rules
from jiesu.supervision.conditions import Condition
from jiesu.supervision.models import TriggerRule
from jiesu.supervision.rules import Wish

Action = TriggerRule.Action
DEFAULTS: tuple[Wish, ...] = (
    Wish("黄牌催办（T−1）", Condition.YELLOW, Action.URGE, "办理时限将到，请抓紧办理并按时答复。",
         clock="handle"),
    Wish("红牌提醒函（T+1）", Condition.OVERDUE, Action.REMINDER,
         "该工单已超过办理时限，请立即办理，并说明超期原因和办结时间。", clock="handle", amount=1,
         limit_days=2),
    Wish("超期 3 日督办", Condition.OVERDUE, Action.ORDER_DRAFT,
         "请明确责任人和办结时间，办结后反馈处理结果和整改措施。", clock="handle", amount=3,
         limit_days=5),
    Wish("拒不签收督办", Condition.OVERDUE, Action.ORDER_DRAFT,
         "派单后长期未签收，请立即签收办理，并说明原因。", clock="sign", amount=1, limit_days=2),
    Wish("二次办理满 2 次督办", Condition.REDO, Action.ORDER_DRAFT,
         "诉求经两次办理仍未解决，请由分管领导牵头办理并反馈结果。", amount=2, limit_days=5),
    Wish("30 日内反复反映 3 次督办", Condition.REPEATED, Action.ORDER_DRAFT,
         "同一诉求反复反映，请查明原因、彻底解决，并反馈结果。", amount=3, days=30, limit_days=5),
    Wish("两次不满意督办", Condition.DISSATISFIED, Action.ORDER_DRAFT,
         "诉求人两次评价不满意，请重新联系诉求人，改进办理并反馈。", amount=2, limit_days=5),
    Wish("不当退单线索", Condition.IMPROPER_RETURN, Action.CLUE,
         "退单被驳回，列为推诿线索。", amount=1),
    Wish("预警超时未处置督办", Condition.NOT_ACTED_ON, Action.ORDER_DRAFT,
         "预警超过处置时限仍未处置，请立即处置并说明原因。", amount=120, event="warning",
         answered_by="warning_acted", limit_days=1),
)  # fmt: skip


def load(actor: Actor, at: dt.datetime) -> int:
    """This will give the actor's office the rules it lacks, by name; how many."""
    present = {rows[-1].name for rows in rules.versions(actor.unit_id or 0).values()}
    wanted = [wish for wish in DEFAULTS if wish.name not in present]
    for wish in wanted:
        rules.set_rule(wish, actor=actor, at=at)
    return len(wanted)
