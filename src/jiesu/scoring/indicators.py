"""The indicators of domain §5: which rows count, which of them are met, and why others do not.

Pure functions over ``facts``. A row that counts is in the denominator; one that is met is in the
numerator. A row left out says why (``Why``), so that a unit can ask. Sources: 国办发〔2020〕53号
(evaluation), 北京市接诉即办工作条例 art 32 (the three rates), GB/T 39735-2020 (five levels).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from jiesu.deadlines.kinds import ClockKind
from jiesu.scoring.facts import KINDS, End, Outcome, Rows, Sheet, Solved

if TYPE_CHECKING:  # loaded where rows are judged
    import numpy as np
    import numpy.typing as npt

Mask: TypeAlias = "npt.NDArray[np.bool_]"

SATISFIED_FROM = 3  # 基本满意 and above
REPEAT_WITHIN = 30 * 86_400_000_000  # microseconds


class Why(IntEnum):
    """Why a row does not count though it is of the indicator's kind."""

    NOTHING = 0
    TAKEN_AWAY = 1
    SUSPENDED = 2
    NO_REPLY_OWED = 3
    SILENT = 4
    GRANTED = 5
    REMEDIED = 6


WHY_NAMES: dict[Why, str] = {
    Why.TAKEN_AWAY: "到期前已退单、改派或收回",
    Why.SUSPENDED: "经批准挂起中",
    Why.NO_REPLY_OWED: "匿名或不需要答复",
    Why.SILENT: "未评价或未联系上",
    Why.GRANTED: "经审定剔除",
    Why.REMEDIED: "评价经救济不计入",
}


class Silence(StrEnum):
    """What it counts as when the citizen was not reached or said nothing."""

    EXCLUDE = "exclude"
    SATISFIED = "satisfied"
    DISSATISFIED = "dissatisfied"


SILENCE_NAMES: dict[Silence, str] = {
    Silence.EXCLUDE: "不计入",
    Silence.SATISFIED: "视为满意",
    Silence.DISSATISFIED: "视为不满意",
}


@dataclass(frozen=True)
class Rules:
    """What a scheme decides about how rows are judged."""

    silence: Silence = Silence.EXCLUDE
    joint: bool = True  # a joint unit's limit counts as its own


@dataclass(frozen=True)
class Judged:
    """The verdict on each row of a sheet; ``met`` lies within ``counts``."""

    counts: Mask
    met: Mask
    why: "npt.NDArray[np.uint8]"

    def without(self, left_out: Mask, why: Why) -> "Judged":
        """The same with some rows left out."""
        import numpy as np

        hit = self.counts & left_out
        return Judged(
            self.counts & ~hit, self.met & ~hit, np.where(hit, np.uint8(why), self.why)
        )  # fmt: skip


Judge = Callable[[Rows, Rules], Judged]


@dataclass(frozen=True)
class Indicator:
    """One rate: its name, its formula in words, and how its rows are judged."""

    code: str
    name: str
    formula: str
    anchor: str
    sheet: Sheet
    judge: Judge
    clocks: tuple[ClockKind, ...] = ()
    lower_is_better: bool = False
    needs: frozenset[str] = frozenset()  # columns that cost something to read
    missed: str = "未达标"  # what a row that is not met is called


def _verdict(counts: Mask, met: Mask, *reasons: tuple[Mask, Why]) -> Judged:
    """Rows that count minus those with a reason not to."""
    import numpy as np

    why = np.zeros(len(counts), np.uint8)
    for left_out, reason in reasons:
        hit = counts & left_out
        why[hit] = reason
        counts = counts & ~hit
    return Judged(counts, met & counts, why)


def _of_kinds(rows: Rows, kinds: tuple[ClockKind, ...]) -> Mask:
    import numpy as np

    mask: Mask = np.isin(rows["kind"], [KINDS[kind] for kind in kinds])
    return mask


def _taken(rows: Rows) -> Mask:
    """The limit stopped because the order was taken from the unit, not by the unit's deed."""
    gone = (rows["end"] == End.RETURNED) | (rows["end"] == End.CANCELLED)
    taken: Mask = gone & ((rows["done"] == 0) | (rows["done"] >= rows["ended"]))
    return taken


def _duty(rows: Rows, kinds: tuple[ClockKind, ...], met: Mask, *also: tuple[Mask, Why]) -> Judged:
    """Limits that ended in the period. Taken away before due: nobody's fault. After: missed."""
    taken = _taken(rows)
    return _verdict(
        _of_kinds(rows, kinds),
        met & ~taken,
        (taken & (rows["ended"] <= rows["due"]), Why.TAKEN_AWAY),
        ((rows["paused"] == 1) & (rows["done"] == 0), Why.SUSPENDED),
        *also,
    )


def _in_time(*kinds: ClockKind) -> Judge:
    def judge(rows: Rows, rules: Rules) -> Judged:
        wanted = tuple(k for k in kinds if rules.joint or k is not ClockKind.JOINT)
        return _duty(rows, wanted, (rows["done"] > 0) & (rows["done"] <= rows["due"]))

    return judge


def _replied(rows: Rows, rules: Rules) -> Judged:
    """A reply went out after the unit's report; the citizen does not deny having been asked."""
    met = (rows["done"] > 0) & (rows["replied"] >= rows["done"]) & (rows["not_contacted"] == 0)
    return _duty(rows, (ClockKind.HANDLE,), met, (rows["owes_reply"] == 0, Why.NO_REPLY_OWED))


def _satisfied(rows: Rows, rules: Rules) -> Judged:
    answered = rows["outcome"] == Outcome.ANSWERED
    silent = rows["satisfaction"] == 0
    met = rows["satisfaction"] >= SATISFIED_FROM
    if rules.silence is Silence.EXCLUDE:
        return _verdict(answered, met, (silent, Why.SILENT))
    if rules.silence is Silence.SATISFIED:
        met = met | silent
    return _verdict(answered, met)


def _solved(rows: Rows, rules: Rules) -> Judged:
    answered = rows["outcome"] == Outcome.ANSWERED
    return _verdict(
        answered, rows["solved"] == Solved.YES, (rows["solved"] == Solved.UNKNOWN, Why.SILENT)
    )


def _first_time(rows: Rows, rules: Rules) -> Judged:
    again = (rows["repeated"] > 0) & (rows["repeated"] <= rows["closed"] + REPEAT_WITHIN)
    return _verdict(rows["outcome"] == Outcome.ANSWERED, (rows["redo"] == 0) & ~again)


def _repeated(rows: Rows, rules: Rules) -> Judged:
    return _verdict(rows["outcome"] == Outcome.ANSWERED, rows["is_repeat"] == 1)


def _returned(rows: Rows, rules: Rules) -> Judged:
    return _verdict(_of_kinds(rows, (ClockKind.RETURN,)), rows["returns"] > 0)


def _improper(rows: Rows, rules: Rules) -> Judged:
    asked = _of_kinds(rows, (ClockKind.RETURN,)) & (rows["returns"] > 0)
    decided = (rows["refused"] > 0) | (rows["end"] == End.RETURNED)
    return _verdict(asked & decided, rows["refused"] > 0)


def _direct(rows: Rows, rules: Rules) -> Judged:
    return _verdict(rows["effective"] == 1, rows["outcome"] == Outcome.DIRECT)


C = ClockKind
_BY_DUE, _BY_CLOSED = "按到期日归期", "按办结日归期"
INDICATORS: dict[str, Indicator] = {
    one.code: one
    for one in (
        Indicator("opened", "及时查阅率", "时限内查阅 ÷ 到期应查阅", _BY_DUE, Sheet.DUTIES,
                  _in_time(C.OPEN), (C.OPEN,), missed="未及时查阅"),
        Indicator("signed", "及时签收率", "时限内签收 ÷ 到期应签收", _BY_DUE, Sheet.DUTIES,
                  _in_time(C.SIGN), (C.SIGN,), missed="未及时签收"),
        Indicator("responded", "响应率", "时限内联系诉求人 ÷ 到期应联系", _BY_DUE, Sheet.DUTIES,
                  _in_time(C.CONTACT), (C.CONTACT,), missed="未及时联系"),
        Indicator("closed_in_time", "按时办结率",
                  "到期前（含批准的延期、挂起）办结 ÷ 本期到期应办结", _BY_DUE, Sheet.DUTIES,
                  _in_time(C.HANDLE, C.JOINT), (C.HANDLE, C.JOINT), missed="超期办理"),
        Indicator("replied", "反馈回复率", "确已答复诉求人 ÷ 本期到期应答复", _BY_DUE, Sheet.DUTIES,
                  _replied, (C.HANDLE,), needs=frozenset({"reply"}), missed="未回复"),
        Indicator("satisfied", "群众满意率", "评价基本满意及以上 ÷ 有效评价", _BY_CLOSED,
                  Sheet.CLOSED, _satisfied, missed="不满意"),
        Indicator("solved", "解决率", "诉求人认为已解决 ÷ 回访到的", _BY_CLOSED, Sheet.CLOSED,
                  _solved, missed="未解决"),
        Indicator("first_time", "一次办结率", "未重办且30日内未重复来件 ÷ 办结", _BY_CLOSED,
                  Sheet.CLOSED, _first_time, needs=frozenset({"repeated"}), missed="重办或重复"),
        Indicator("repeated", "重复投诉率", "重复来件 ÷ 办结", _BY_CLOSED, Sheet.CLOSED, _repeated,
                  lower_is_better=True, missed="重复来件"),
        Indicator("returned", "退单率", "申请退单 ÷ 派单（退单时限本期到期）", _BY_DUE,
                  Sheet.DUTIES, _returned, (C.RETURN,), lower_is_better=True,
                  needs=frozenset({"returns"}), missed="申请退单"),
        Indicator("improper_return", "不当退单率", "退单被驳回 ÷ 已审定的退单申请", _BY_DUE,
                  Sheet.DUTIES, _improper, (C.RETURN,), lower_is_better=True,
                  needs=frozenset({"returns"}), missed="不当退单"),
        Indicator("direct", "直接答复率", "座席当场答复办结 ÷ 有效受理", "按来件日归期",
                  Sheet.INTAKE, _direct, missed="转派办理"),
    )
}  # fmt: skip
del C


def bad_rows(indicator: Indicator, judged: Judged) -> Mask:
    """The rows that cost points: not met, or met where a low rate is the aim."""
    return judged.met if indicator.lower_is_better else judged.counts & ~judged.met


def judge_all(sheets: Any, codes: list[str], rules: Rules) -> dict[str, Judged]:
    """Every named indicator over ``Facts``."""
    return {
        code: INDICATORS[code].judge(sheets[INDICATORS[code].sheet], rules) for code in codes
    }  # fmt: skip
