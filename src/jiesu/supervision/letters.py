"""An instrument, or a leader's note to be carried out, as an official paper."""

import datetime as dt

from jiesu.documents.paper import Block, Heading, Paper, Table, Text, date_words
from jiesu.foundation.clock import BEIJING
from jiesu.supervision import numbers
from jiesu.supervision.instruments import COLOURS
from jiesu.supervision.lifecycle import Kind
from jiesu.supervision.models import Instrument

_TITLES = {
    Kind.URGE: "关于抓紧办理“{}”的催办单",
    Kind.REMINDER: "关于“{}”的提醒函",
    Kind.ORDER: "关于“{}”的督办单",
    Kind.SESSION: "关于召开“{}”专题调度会的通知",
    Kind.LISTED: "关于对“{}”挂牌督办的通知",
    Kind.TALK: "关于就“{}”进行约谈的通知",
    Kind.RAISED: "关于对“{}”提级办理的通知",
}


def paper_of(mine: Instrument, at: dt.datetime) -> Paper:
    """The instrument's paper; one not yet issued has neither number nor date."""
    head = numbers.head_of(mine.office, mine.issued_at or at)
    body: list[Block] = []
    if mine.basis:
        body.append(Text(mine.basis))
    facts = _facts(mine)
    if facts:
        body.append(Table(["项目", "内容"], facts, widths=(1, 3)))
    if mine.demands:
        body += [Heading("办理要求"), Text(mine.demands)]
    if mine.due_at is not None and mine.what not in (Kind.SESSION, Kind.TALK):
        due = mine.due_at.astimezone(BEIJING)
        body.append(Text(
            f"请于{date_words(due.date())} {due:%H:%M}前，"
            "将办理情况、整改措施和责任人通过热线平台反馈。"
        ))  # fmt: skip
    issued = mine.issued_at.astimezone(BEIJING).date() if mine.issued_at else None
    return Paper(
        title=_TITLES[mine.what].format(mine.matter), head=head.head, number=mine.number,
        to=mine.unit_name, body=body, signature=head.signature, date=issued,
    )  # fmt: skip


def _facts(mine: Instrument) -> list[list[str]]:
    levels = f"{mine.old_level} → {mine.new_level}" if mine.new_level else ""
    meets = (
        f"{date_words(mine.meets_at.astimezone(BEIJING).date())} "
        f"{mine.meets_at.astimezone(BEIJING):%H:%M}" if mine.meets_at else ""
    )  # fmt: skip
    rows = [
        ("工单编号", mine.appeal_number), ("责任人", mine.person),
        ("挂牌", COLOURS.get(mine.colour, "")), ("办理层级", levels), ("时间", meets),
        ("地点", mine.place),
    ]  # fmt: skip
    return [[label, value] for label, value in rows if value]
