"""The life of a period: pure data. 预览 → 冻结 → 公布; a correction is a further revision.

While it is a preview it is counted anew as often as anyone likes. Frozen, its facts never change
again: units see theirs and apply for exclusions, two people decide each. Published, it stands; what
is found wrong later makes another revision beside it.
"""

from dataclasses import dataclass
from enum import StrEnum

from jiesu.access import Permission as P


class PeriodState(StrEnum):
    """Where a period stands."""

    PREVIEW = "preview"
    FROZEN = "frozen"
    PUBLISHED = "published"


STATE_NAMES: dict[PeriodState, str] = {
    PeriodState.PREVIEW: "预览",
    PeriodState.FROZEN: "已冻结",
    PeriodState.PUBLISHED: "已公布",
}


@dataclass(frozen=True)
class Move:
    """One step: from where, to where, who may."""

    name: str
    label: str
    from_: PeriodState
    to: PeriodState
    needs: P


S = PeriodState
REFRESH = Move("refresh", "重新计算", S.PREVIEW, S.PREVIEW, P.SCORING_MANAGE)
FREEZE = Move("freeze", "冻结", S.PREVIEW, S.FROZEN, P.SCORING_MANAGE)
APPLY = Move("apply", "申请剔除", S.FROZEN, S.FROZEN, P.SCORING_APPLY)
DECIDE = Move("decide", "审定剔除", S.FROZEN, S.FROZEN, P.SCORING_DECIDE)
PUBLISH = Move("publish", "公布", S.FROZEN, S.PUBLISHED, P.SCORING_MANAGE)
CORRECT = Move("correct", "更正", S.PUBLISHED, S.PUBLISHED, P.SCORING_MANAGE)
MOVES = (REFRESH, FREEZE, APPLY, DECIDE, PUBLISH, CORRECT)
del S
