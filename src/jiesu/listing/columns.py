"""What the columns of order lists and exports say, one row of data each."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from jiesu.appeals.lifecycle import STATUS_NAMES, Status
from jiesu.appeals.models import Appeal
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.foundation.clock import BEIJING

DESK_KEYS = ("order", "matter", "category", "limit", "status", "unit")  # the desks' two-line cells
MORE_DESK_KEYS = ("source", "answered")  # two-line cells of some desks
LIGHT_FIELDS = (
    "number", "title", "status", "appeal_type", "category_name", "region_name", "address",
    "urgency", "channel", "lead_unit_name", "registered_at", "due_at", "yellow_at", "due_kind",
    "due_unit", "is_paused", "is_difficult", "urge_count", "redo_count", "merged_count",
    "pending_applications", "confidentiality", "agent_name", "closed_at", "satisfaction", "solved",
    "version", "centre_id", "callback_tries", "next_callback_at", "master_id", "outside_number",
    "return_count", "breach_count", "replied_at", "outcome",
)  # fmt: skip


@dataclass(frozen=True)
class OrderColumn:
    """One column: its key, heading, and the text of an appeal in it."""

    key: str
    label: str
    text: Callable[[Appeal], str]
    wide: bool = False


def _time(value: dt.datetime | None) -> str:
    return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if value else ""


def _yes(value: bool | None) -> str:
    return "" if value is None else "是" if value else "否"


COLUMNS: dict[str, OrderColumn] = {
    c.key: c
    for c in (
        OrderColumn("number", "工单编号", lambda a: a.number),
        OrderColumn("title", "标题", lambda a: a.title, wide=True),
        OrderColumn("status", "状态", lambda a: STATUS_NAMES[Status(a.status)]),
        OrderColumn("type", "类型", lambda a: codes.label(Table.APPEAL_TYPE, a.appeal_type)),
        OrderColumn("category", "分类", lambda a: a.category_name),
        OrderColumn("region", "区域", lambda a: a.region_name),
        OrderColumn("address", "地址", lambda a: a.address),
        OrderColumn("urgency", "紧急程度", lambda a: codes.label(Table.URGENCY, a.urgency)),
        OrderColumn("channel", "渠道", lambda a: codes.label(Table.CHANNEL, a.channel)),
        OrderColumn("unit", "主办单位", lambda a: a.lead_unit_name),
        OrderColumn("agent", "登记人", lambda a: a.agent_name),
        OrderColumn("registered", "登记时间", lambda a: _time(a.registered_at)),
        OrderColumn("due", "到期时间", lambda a: _time(a.due_at)),
        OrderColumn("replied", "答复时间", lambda a: _time(a.replied_at)),
        OrderColumn("closed", "办结时间", lambda a: _time(a.closed_at)),
        OrderColumn("solved", "是否解决", lambda a: _yes(a.solved)),
        OrderColumn("satisfaction", "满意度", lambda a: str(a.satisfaction or "")),
        OrderColumn("returns", "退单次数", lambda a: str(a.return_count)),
        OrderColumn("redo", "二次办理", lambda a: str(a.redo_count)),
        OrderColumn("breaches", "超时次数", lambda a: str(a.breach_count)),
        OrderColumn("outside", "外部编号", lambda a: a.outside_number),
    )
}


def known(keys: Sequence[str]) -> list[OrderColumn]:
    """The columns of these keys, unknown ones left out."""
    return [COLUMNS[k] for k in keys if k in COLUMNS]
