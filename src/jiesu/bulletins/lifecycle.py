"""The life of a bulletin: pure data. 拟稿 → 送审 → 批准 → 发布.

Whoever wrote any of it does not approve it; a leader does, or any second person of the office. Let
out, it stands; when its period is corrected afterwards, another bulletin corrects it and both stay.
"""

from dataclasses import dataclass
from enum import StrEnum

from jiesu.access import Permission as P


class State(StrEnum):
    """Where a bulletin stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    PUBLISHED = "published"
    DROPPED = "dropped"


STATE_NAMES: dict[State, str] = {
    State.DRAFT: "草稿",
    State.SUBMITTED: "待批准",
    State.APPROVED: "待发布",
    State.PUBLISHED: "已发布",
    State.DROPPED: "已作废",
}
OPEN = (State.DRAFT, State.SUBMITTED, State.APPROVED)


@dataclass(frozen=True)
class Move:
    """One step: from where, to where, who may."""

    name: str
    label: str
    from_: tuple[State, ...]
    to: State
    needs: P


EDIT = Move("edit", "修改", (State.DRAFT,), State.DRAFT, P.BULLETIN_DRAFT)
SUBMIT = Move("submit", "送审", (State.DRAFT,), State.SUBMITTED, P.BULLETIN_DRAFT)
APPROVE = Move("approve", "批准", (State.SUBMITTED,), State.APPROVED, P.BULLETIN_APPROVE)
REFUSE = Move("refuse", "退回修改", (State.SUBMITTED,), State.DRAFT, P.BULLETIN_APPROVE)
PUBLISH = Move("publish", "发布", (State.APPROVED,), State.PUBLISHED, P.BULLETIN_APPROVE)
DROP = Move("drop", "作废", OPEN, State.DROPPED, P.BULLETIN_DRAFT)
MOVES: dict[str, Move] = {
    move.name: move for move in (EDIT, SUBMIT, APPROVE, REFUSE, PUBLISH, DROP)
}
