"""The instruments of supervision 督办 and their small machine: pure data. Source: domain §6.

An instrument lies over an order, or over no order at all; it never is a status of one.
"""

from dataclasses import dataclass
from enum import StrEnum

from jiesu.access import Permission as P


class Kind(StrEnum):
    """What an instrument is."""

    URGE = "urge"
    REMINDER = "reminder"
    ORDER = "order"
    SESSION = "session"
    LISTED = "listed"
    TALK = "talk"
    RAISED = "raised"


@dataclass(frozen=True)
class KindFacts:
    """How an instrument is named and what it asks for."""

    label: str
    word: str  # what stands in its document number
    answered: bool = True  # the unit owes an answer within a limit
    approved: bool = False  # a leader approves before it is issued
    limit_days: int = 3  # working days offered for the answer


KINDS: dict[Kind, KindFacts] = {
    Kind.URGE: KindFacts("催办", "催", limit_days=1),
    Kind.REMINDER: KindFacts("提醒函", "函"),
    Kind.ORDER: KindFacts("督办单", "督", limit_days=5),
    Kind.SESSION: KindFacts("专题调度", "调", answered=False),
    Kind.LISTED: KindFacts("挂牌督办", "挂", approved=True, limit_days=10),
    Kind.TALK: KindFacts("约谈", "谈", answered=False, approved=True),
    Kind.RAISED: KindFacts("提级办理", "提", limit_days=5),
}


class State(StrEnum):
    """Where an instrument stands."""

    DRAFT = "draft"
    PENDING = "pending"
    ISSUED = "issued"
    ANSWERED = "answered"
    RETURNED = "returned"
    DONE = "done"
    CANCELLED = "cancelled"


STATE_NAMES: dict[State, str] = {
    State.DRAFT: "草稿",
    State.PENDING: "待批准",
    State.ISSUED: "待反馈",
    State.ANSWERED: "待审核反馈",
    State.RETURNED: "退回补充",
    State.DONE: "已办结",
    State.CANCELLED: "已撤销",
}
OWED = frozenset({State.ISSUED, State.RETURNED})  # the unit must do something
OPEN = frozenset({State.PENDING, State.ISSUED, State.ANSWERED, State.RETURNED})
ENDED = frozenset({State.DONE, State.CANCELLED})


@dataclass(frozen=True)
class Move:
    """One step: from where, to where, who may; ``overlay`` is the event an order's history gets."""

    name: str
    label: str
    from_: frozenset[State]
    to: State
    needs: P
    overlay: str = ""


MOVES: dict[str, Move] = {}


def _move(name: str, label: str, *from_: State, to: State, needs: P, overlay: str = "") -> Move:
    MOVES[name] = Move(name, label, frozenset(from_), to, needs, overlay)
    return MOVES[name]


S = State
EDIT = _move("edit", "修改", S.DRAFT, to=S.DRAFT, needs=P.SUPERVISION_ISSUE)
SUBMIT = _move("submit", "报批", S.DRAFT, to=S.PENDING, needs=P.SUPERVISION_ISSUE)
REFUSE = _move("refuse", "退回修改", S.PENDING, to=S.DRAFT, needs=P.SUPERVISION_APPROVE)
APPROVE = _move(
    "approve", "批准签发", S.PENDING, to=S.ISSUED, needs=P.SUPERVISION_APPROVE,
    overlay="supervision_issued",
)  # fmt: skip
ISSUE = _move(
    "issue", "签发", S.DRAFT, to=S.ISSUED, needs=P.SUPERVISION_ISSUE, overlay="supervision_issued"
)
ANSWER = _move(
    "answer", "反馈", S.ISSUED, S.RETURNED, to=S.ANSWERED, needs=P.SUPERVISION_ANSWER,
    overlay="supervision_answered",
)  # fmt: skip
RETURN = _move(
    "return", "退回补充", S.ANSWERED, to=S.RETURNED, needs=P.SUPERVISION_ISSUE,
    overlay="supervision_returned",
)  # fmt: skip
ACCEPT = _move(
    "accept", "认可办结", S.ANSWERED, to=S.DONE, needs=P.SUPERVISION_ISSUE,
    overlay="supervision_done",
)  # fmt: skip
CONCLUDE = _move(  # a session held, a talk had, a sign taken down 摘牌
    "conclude", "登记结果", S.ISSUED, S.RETURNED, to=S.DONE, needs=P.SUPERVISION_ISSUE,
    overlay="supervision_done",
)  # fmt: skip
CANCEL = _move(
    "cancel", "撤销", S.DRAFT, S.PENDING, S.ISSUED, S.ANSWERED, S.RETURNED, to=S.CANCELLED,
    needs=P.SUPERVISION_ISSUE, overlay="supervision_cancelled",
)  # fmt: skip
del S
