"""Where an inspection and an efficiency case stand, and the moves between: pure data.

Whoever looked first never decides last: a contested inspection is judged by somebody other than its
inspector, a case's outcome is approved by somebody other than whoever proposed it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from jiesu.access import Permission as P


class Mark(StrEnum):
    """Where one quality inspection 质检 stands."""

    WAITING = "waiting"
    MARKED = "marked"
    CONTESTED = "contested"
    FINAL = "final"


MARK_NAMES: dict[Mark, str] = {
    Mark.WAITING: "待评",
    Mark.MARKED: "已评",
    Mark.CONTESTED: "申诉中",
    Mark.FINAL: "定稿",
}


class Stage(StrEnum):
    """Where one efficiency case 效能案件 stands."""

    OPEN = "open"
    EXAMINING = "examining"
    PROPOSED = "proposed"
    DECIDED = "decided"
    CLOSED = "closed"
    DROPPED = "dropped"


STAGE_NAMES: dict[Stage, str] = {
    Stage.OPEN: "待核查",
    Stage.EXAMINING: "核查中",
    Stage.PROPOSED: "待审定",
    Stage.DECIDED: "待落实",
    Stage.CLOSED: "已办结",
    Stage.DROPPED: "不予立案",
}
STAGES_OPEN = frozenset({Stage.OPEN, Stage.EXAMINING, Stage.PROPOSED, Stage.DECIDED})

Where = TypeVar("Where", Mark, Stage)


@dataclass(frozen=True)
class Step(Generic[Where]):
    """One allowed step: from where, to where, which permission it needs."""

    name: str
    label: str
    from_: frozenset[Where]
    to: Where
    needs: P


MARKING = Step(
    "mark", "评分", frozenset({Mark.WAITING, Mark.MARKED}), Mark.MARKED, P.QUALITY_INSPECT
)
CONTESTING = Step("contest", "申诉", frozenset({Mark.MARKED}), Mark.CONTESTED, P.QUALITY_CONTEST)
JUDGING = Step("judge", "复核", frozenset({Mark.CONTESTED}), Mark.FINAL, P.QUALITY_JUDGE)
SETTLING = Step("settle", "定稿", frozenset({Mark.MARKED}), Mark.FINAL, P.QUALITY_JUDGE)

EXAMINE = Step("examine", "开始核查", frozenset({Stage.OPEN}), Stage.EXAMINING, P.EFFICIENCY_CASES)
PROPOSE = Step(
    "propose", "提出处理意见", frozenset({Stage.EXAMINING}), Stage.PROPOSED, P.EFFICIENCY_CASES
)
SEND_BACK = Step(
    "send_back", "退回再查", frozenset({Stage.PROPOSED}), Stage.EXAMINING, P.EFFICIENCY_DECIDE
)
DECIDE = Step("decide", "审定", frozenset({Stage.PROPOSED}), Stage.DECIDED, P.EFFICIENCY_DECIDE)
CLOSE = Step("close", "办结", frozenset({Stage.DECIDED}), Stage.CLOSED, P.EFFICIENCY_CASES)
DROP = Step(
    "drop", "不予立案", frozenset({Stage.OPEN, Stage.EXAMINING}), Stage.DROPPED, P.EFFICIENCY_CASES
)
CASE_STEPS: tuple[Step[Stage], ...] = (EXAMINE, PROPOSE, SEND_BACK, DECIDE, CLOSE, DROP)
MARK_STEPS: tuple[Step[Mark], ...] = (MARKING, CONTESTING, JUDGING, SETTLING)
