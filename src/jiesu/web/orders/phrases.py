"""What stands in the places of ready-made texts when they are used on an order."""

import datetime as dt

from jiesu.access import Actor
from jiesu.appeals.models import Appeal
from jiesu.foundation.clock import BEIJING
from jiesu.web.components.times import citizen_time


def places_of(appeal: Appeal, actor: Actor, at: dt.datetime) -> dict[str, str]:
    """The values of ``catalogue.templates.PLACEHOLDERS``; nothing that a person must not see."""
    return {
        "编号": appeal.number,
        "标题": appeal.title,
        "分类": appeal.category_name,
        "地点": appeal.address or appeal.region_name,
        "受理时间": citizen_time(appeal.received_at),
        "期限": citizen_time(appeal.due_at) if appeal.due_at else "",
        "承办单位": appeal.lead_unit_name,
        "经办人": actor.name,
        "今天": f"{at.astimezone(BEIJING):%Y年%m月%d日}",
    }
