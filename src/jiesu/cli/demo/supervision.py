"""Something on the supervision desk: rules, papers, a ledger, a leader's note."""

import datetime as dt

from jiesu.access import Actor, Role
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal
from jiesu.organizations.models import Unit
from jiesu.supervision import defaults, instruments, ledgers, notes, numbers
from jiesu.supervision.instruments import Answer, Draft
from jiesu.supervision.ledgers import Line
from jiesu.supervision.notes import Words

SHOWN = 4


def plant(at: dt.datetime) -> None:
    """This will let the demo's office supervise what its city has overdue."""
    office, leader = _actor("supervisor"), _actor("leader")
    if office is None or leader is None:
        return
    numbers.set_head("福州市效能办文件", "榕效", "福州市效能办", actor=office, at=at)
    defaults.load(office, at)
    handled = Appeal.objects.visible_to(office).filter(
        status=Status.DISPATCHED, lead_unit__region__path__startswith=office.region_path
    )
    orders = list(handled.order_by("due_at", "pk")[: SHOWN * 2])
    for index, appeal in enumerate(orders[:SHOWN]):
        unit = Unit.objects.select_related("region").get(pk=appeal.lead_unit_id or 0)
        _supervise(appeal, unit, index, office, at)
        if index == 0:
            notes.write(
                Words(text="请抓紧解决，结果报我。", units=[unit], limit_days=3), actor=leader,
                at=at, appeal=appeal,
            )  # fmt: skip
        if index < 2:
            due = at.date() + dt.timedelta(days=20)
            ledgers.enter(
                Line(("key", "difficult")[index], appeal.title, unit, "分管领导", due,
                     "热线工单", "专班办理，每周报进展"),
                actor=office, at=at, appeal=appeal,
            )  # fmt: skip


def _supervise(appeal: Appeal, unit: Unit, index: int, office: Actor, at: dt.datetime) -> None:
    """One order, one listing for the leader, two answered."""
    kind = ("listed", "order", "reminder", "order")[index]
    made = instruments.issue_new(
        Draft(kind, unit, appeal.title, "请明确责任人和办结时间，办结后反馈。",
              colour="yellow" if kind == "listed" else ""),
        actor=office, at=at, appeal=appeal,
    )  # fmt: skip
    post = _post_in(unit)
    if kind == "order" and post is not None:
        instruments.answer(
            made, Answer("已到现场处理，正在落实长效措施。", "增加巡查频次", "分管领导"),
            actor=actor_for(post), at=at,
        )  # fmt: skip


def _actor(username: str) -> Actor | None:
    post = (
        Post.objects.select_related("user", "unit", "unit__region")
        .filter(user__username=username)
        .first()
    )
    return actor_for(post) if post is not None else None


def _post_in(unit: Unit) -> Post | None:
    return (
        Post.objects.select_related("user", "unit", "unit__region")
        .filter(unit=unit, role=Role.CLERK)
        .first()
    )
