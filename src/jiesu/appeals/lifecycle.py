"""The statuses and moves of an appeal, and of a unit's assignment: pure data, two small machines.

A move is a row: from where, to where, which permission it needs, which clocks it stops, starts,
pauses or resumes. ``actions/`` performs moves, ``actions/transition.py`` alone writes a status.
docs/lifecycle.md is generated from this module. Source: 国办发〔2020〕53号 (the loop
受理-派单-办理-答复-督办-办结-回访-评价) and domain §3. Urging, supervision, warnings and cards lie
over an appeal; they are events, not statuses.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from jiesu.access import Permission as P
from jiesu.deadlines.kinds import ClockKind as C


class Status(StrEnum):
    """Where an appeal stands."""

    REGISTERED = "registered"
    ACCEPTED = "accepted"
    DISPATCHED = "dispatched"
    SUSPENDED = "suspended"
    LISTED = "listed"
    REPORTED = "reported"
    CALLBACK = "callback"
    MERGED = "merged"
    CLOSED = "closed"
    REFUSED = "refused"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    TERMINATED = "terminated"
    ARCHIVED = "archived"


STATUS_NAMES: dict[Status, str] = {
    Status.REGISTERED: "待受理",
    Status.ACCEPTED: "待派单",
    Status.DISPATCHED: "承办中",
    Status.SUSPENDED: "挂起",
    Status.LISTED: "疑难挂账",
    Status.REPORTED: "待审核",
    Status.CALLBACK: "待回访",
    Status.MERGED: "已并单",
    Status.CLOSED: "已办结",
    Status.REFUSED: "不予受理",
    Status.HANDED_OVER: "已移交",
    Status.WITHDRAWN: "已撤诉",
    Status.TERMINATED: "已终止",
    Status.ARCHIVED: "已归档",
}

ENDED = frozenset(
    {
        Status.CLOSED,
        Status.REFUSED,
        Status.HANDED_OVER,
        Status.WITHDRAWN,
        Status.TERMINATED,
        Status.ARCHIVED,
    }
)
OPEN = frozenset(Status) - ENDED


class State(StrEnum):
    """Where one unit's assignment stands."""

    ASSIGNED = "assigned"
    OPENED = "opened"
    HANDLING = "handling"
    RETURNING = "returning"
    PASSED_DOWN = "passed_down"
    INNER_REVIEW = "inner_review"
    REPORTED = "reported"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    DONE = "done"


STATE_NAMES: dict[State, str] = {
    State.ASSIGNED: "待查阅",
    State.OPENED: "待签收",
    State.HANDLING: "办理中",
    State.RETURNING: "退单待审",
    State.PASSED_DOWN: "已转派",
    State.INNER_REVIEW: "待内审",
    State.REPORTED: "已提交",
    State.RETURNED: "已退单",
    State.CANCELLED: "已收回",
    State.DONE: "已办结",
}

LIVE = frozenset(
    {
        State.ASSIGNED,
        State.OPENED,
        State.HANDLING,
        State.RETURNING,
        State.PASSED_DOWN,
        State.INNER_REVIEW,
        State.REPORTED,
    }
)
GONE = frozenset(State) - LIVE

UNIT_CLOCKS = (C.OPEN, C.SIGN, C.RETURN, C.CONTACT, C.HANDLE, C.JOINT)
CENTRE_CLOCKS = (C.ACCEPT, C.DISPATCH, C.REVIEW, C.CALLBACK)
ALL_CLOCKS = tuple(C)

# Where an appeal stands while its units work. A joint unit's limit runs on after the lead has
# answered, so it may still hand in what it owes until the appeal ends.
UNITS_WORK = frozenset({Status.DISPATCHED, Status.LISTED})
JOINT_UNITS_GO_ON = frozenset({Status.REPORTED, Status.CALLBACK})

Where = TypeVar("Where", Status, State)


@dataclass(frozen=True)
class Move(Generic[Where]):
    """One allowed step of a machine.

    ``from_`` empty = it creates the thing. ``to`` empty = the place does not change; several = the
    use case chooses one of them.
    """

    name: str
    label: str
    from_: frozenset[Where]
    to: tuple[Where, ...]
    needs: P
    stops: tuple[C, ...] = ()
    starts: tuple[C, ...] = ()
    pauses: bool = False
    resumes: bool = False


APPEAL_MOVES: dict[str, Move[Status]] = {}
ASSIGNMENT_MOVES: dict[str, Move[State]] = {}


def _appeal(
    name: str,
    label: str,
    *,
    needs: P,
    from_: Iterable[Status] = (),
    to: tuple[Status, ...] | Status = (),
    stops: tuple[C, ...] = (),
    starts: tuple[C, ...] = (),
    pauses: bool = False,
    resumes: bool = False,
) -> Move[Status]:
    targets = (to,) if isinstance(to, Status) else to
    move = Move(name, label, frozenset(from_), targets, needs, stops, starts, pauses, resumes)
    APPEAL_MOVES[name] = move
    return move


def _assignment(
    name: str,
    label: str,
    *,
    needs: P,
    from_: Iterable[State] = (),
    to: tuple[State, ...] | State = (),
    stops: tuple[C, ...] = (),
    starts: tuple[C, ...] = (),
) -> Move[State]:
    targets = (to,) if isinstance(to, State) else to
    move = Move(name, label, frozenset(from_), targets, needs, stops, starts)
    ASSIGNMENT_MOVES[name] = move
    return move


S = Status

# --- the appeal -----------------------------------------------------------------------------------
REGISTER = _appeal(
    "register", "登记", to=S.REGISTERED, needs=P.INTAKE_REGISTER, starts=(C.ACCEPT, C.TOTAL)
)
ADD_FACTS = _appeal(
    "add_facts", "补充情况", from_=OPEN, needs=P.INTAKE_ADD_FACTS
)  # fmt: skip
RECUSE = _appeal("recuse", "申请回避", from_=OPEN, needs=P.APPEAL_VIEW)
URGE = _appeal("urge", "催办", from_=OPEN, needs=P.INTAKE_URGE)
ACCEPT = _appeal(
    "accept", "受理", from_=[S.REGISTERED], to=S.ACCEPTED, needs=P.TRIAGE_ACCEPT,
    stops=(C.ACCEPT,), starts=(C.DISPATCH,),
)  # fmt: skip
RECLASSIFY = _appeal(
    "reclassify", "更正要素", from_=[S.REGISTERED, S.ACCEPTED, S.DISPATCHED], needs=P.TRIAGE_EDIT
)
ANSWER_DIRECTLY = _appeal(
    "answer_directly", "直接答复", from_=[S.REGISTERED, S.ACCEPTED], to=S.CLOSED,
    needs=P.INTAKE_DIRECT_ANSWER, stops=ALL_CLOCKS,
)  # fmt: skip
REFUSE = _appeal(
    "refuse", "不予受理", from_=[S.REGISTERED, S.ACCEPTED], to=S.REFUSED, needs=P.INTAKE_REFUSE,
    stops=ALL_CLOCKS,
)  # fmt: skip
HAND_OVER = _appeal(
    "hand_over", "移交", from_=[S.REGISTERED, S.ACCEPTED], to=S.HANDED_OVER,
    needs=P.INTAKE_HAND_OVER, stops=ALL_CLOCKS,
)  # fmt: skip
MERGE = _appeal(
    "merge", "并单", from_=[S.REGISTERED, S.ACCEPTED, S.DISPATCHED], to=S.MERGED,
    needs=P.TRIAGE_MERGE, stops=(*UNIT_CLOCKS, *CENTRE_CLOCKS),
)  # fmt: skip
UNMERGE = _appeal(
    "unmerge", "撤销并单", from_=[S.MERGED], to=S.ACCEPTED, needs=P.TRIAGE_MERGE,
    starts=(C.DISPATCH,),
)  # fmt: skip
DISPATCH = _appeal(
    "dispatch", "派单", from_=[S.ACCEPTED], to=S.DISPATCHED, needs=P.DISPATCH_ASSIGN,
    stops=(C.DISPATCH,),
)  # fmt: skip
ADD_JOINT = _appeal("add_joint", "增派协办", from_=[S.DISPATCHED], needs=P.DISPATCH_ASSIGN)
REASSIGN = _appeal(
    "reassign", "改派", from_=[S.DISPATCHED], needs=P.DISPATCH_REASSIGN, stops=UNIT_CLOCKS
)
TAKE_BACK = _appeal(
    "take_back", "退回待派", from_=[S.DISPATCHED], to=S.ACCEPTED, needs=P.DISPATCH_JUDGE,
    stops=UNIT_CLOCKS, starts=(C.DISPATCH,),
)  # fmt: skip
EXTEND = _appeal("extend", "批准延期", from_=[S.DISPATCHED], needs=P.DISPATCH_JUDGE)
REFUSE_APPLICATION = _appeal(
    "refuse_application", "驳回申请", from_=[S.DISPATCHED], needs=P.DISPATCH_JUDGE
)
SUSPEND = _appeal(
    "suspend", "挂起", from_=[S.DISPATCHED], to=S.SUSPENDED, needs=P.DISPATCH_JUDGE, pauses=True
)
RESUME = _appeal(
    "resume", "恢复办理", from_=[S.SUSPENDED], to=S.DISPATCHED, needs=P.DISPATCH_JUDGE, resumes=True
)
TERMINATE = _appeal(
    "terminate", "终止", from_=[S.DISPATCHED], to=S.TERMINATED, needs=P.DISPATCH_JUDGE,
    stops=ALL_CLOCKS,
)  # fmt: skip
LIST_DIFFICULT = _appeal(
    "list_difficult", "疑难挂账", from_=[S.DISPATCHED, S.CALLBACK], to=S.LISTED,
    needs=P.DISPATCH_LIST_DIFFICULT, stops=(C.CALLBACK,), pauses=True,
)  # fmt: skip
UNLIST = _appeal(
    "unlist", "销账续办", from_=[S.LISTED], to=S.DISPATCHED, needs=P.DISPATCH_LIST_DIFFICULT,
    resumes=True,
)  # fmt: skip
CONSULT = _appeal(
    "consult", "会商", from_=[S.ACCEPTED, S.DISPATCHED, S.LISTED], needs=P.DISPATCH_CONSULT
)
REPORT = _appeal(
    "report", "提交答复", from_=[S.DISPATCHED], to=S.REPORTED, needs=P.HANDLING_REPORT,
    stops=(C.CONTACT, C.HANDLE), starts=(C.REVIEW,),
)  # fmt: skip
APPROVE = _appeal(
    "approve", "审核通过", from_=[S.REPORTED], to=(S.CALLBACK, S.CLOSED), needs=P.REVIEW_DECIDE,
    stops=(C.REVIEW,), starts=(C.CALLBACK,),
)  # fmt: skip
ANSWER_MERGED = _appeal(
    "answer_merged", "随主单答复", from_=[S.MERGED], to=(S.CALLBACK, S.CLOSED),
    needs=P.REVIEW_DECIDE, starts=(C.CALLBACK,),
)  # fmt: skip
SEND_BACK = _appeal(
    "send_back", "退回重办", from_=[S.REPORTED], to=S.DISPATCHED, needs=P.REVIEW_DECIDE,
    stops=(C.REVIEW,),
)  # fmt: skip
CALL_BACK = _appeal("call_back", "回访", from_=[S.CALLBACK], needs=P.CALLBACK_RECORD)
RATE = _appeal("rate", "评价", from_=[S.CALLBACK, S.CLOSED], needs=P.INTAKE_ADD_FACTS)
REDO = _appeal(
    "redo", "二次办理", from_=[S.CALLBACK], to=(S.DISPATCHED, S.ACCEPTED), needs=P.CALLBACK_RECORD,
    stops=(C.CALLBACK,),
)  # fmt: skip
CLOSE = _appeal(
    "close", "办结", from_=[S.CALLBACK], to=S.CLOSED, needs=P.CLOSURE_CLOSE, stops=ALL_CLOCKS
)
WITHDRAW = _appeal(
    "withdraw", "撤诉",
    from_=[S.REGISTERED, S.ACCEPTED, S.DISPATCHED, S.SUSPENDED, S.LISTED, S.REPORTED, S.MERGED],
    to=S.WITHDRAWN, needs=P.INTAKE_WITHDRAW, stops=ALL_CLOCKS,
)  # fmt: skip
REOPEN = _appeal(
    "reopen", "重新办理",
    from_=[S.CLOSED, S.REFUSED, S.HANDED_OVER, S.WITHDRAWN, S.TERMINATED], to=S.ACCEPTED,
    needs=P.CLOSURE_REOPEN, starts=(C.DISPATCH,),
)  # fmt: skip
ARCHIVE = _appeal(
    "archive", "归档",
    from_=[S.CLOSED, S.REFUSED, S.HANDED_OVER, S.WITHDRAWN, S.TERMINATED], to=S.ARCHIVED,
    needs=P.CLOSURE_ARCHIVE,
)  # fmt: skip

# --- a unit's assignment --------------------------------------------------------------------------
A = State

ASSIGN_LEAD = _assignment(
    "assign_lead", "主办", to=A.ASSIGNED, needs=P.DISPATCH_ASSIGN,
    starts=(C.OPEN, C.SIGN, C.RETURN, C.CONTACT, C.HANDLE),
)  # fmt: skip
ASSIGN_JOINT = _assignment(
    "assign_joint", "协办", to=A.ASSIGNED, needs=P.DISPATCH_ASSIGN,
    starts=(C.OPEN, C.SIGN, C.RETURN, C.JOINT),
)  # fmt: skip
ASSIGN_BELOW = _assignment(
    "assign_below", "转派下级", to=A.ASSIGNED, needs=P.HANDLING_PASS_DOWN,
    starts=(C.OPEN, C.SIGN, C.RETURN),
)  # fmt: skip
OPEN_ASSIGNMENT = _assignment(
    "open", "查阅", from_=[A.ASSIGNED], to=A.OPENED, needs=P.HANDLING_OPEN, stops=(C.OPEN,)
)
SIGN = _assignment(
    "sign", "签收", from_=[A.ASSIGNED, A.OPENED], to=A.HANDLING, needs=P.HANDLING_SIGN,
    stops=(C.OPEN, C.SIGN),
)  # fmt: skip
TAKE_OVER = _assignment(
    "take_over", "指定承办人", from_=[A.OPENED, A.HANDLING], needs=P.HANDLING_SIGN
)
CONTACT = _assignment(
    "contact", "联系诉求人", from_=[A.HANDLING, A.PASSED_DOWN, A.INNER_REVIEW],
    needs=P.HANDLING_CONTACT, stops=(C.CONTACT,),
)  # fmt: skip
REQUEST_RETURN = _assignment(
    "request_return", "申请退单", from_=[A.ASSIGNED, A.OPENED, A.HANDLING], to=A.RETURNING,
    needs=P.HANDLING_APPLY, stops=(C.OPEN,),
)  # fmt: skip
ACCEPT_RETURN = _assignment(
    "accept_return", "同意退单", from_=[A.RETURNING], to=A.RETURNED, needs=P.DISPATCH_JUDGE,
    stops=UNIT_CLOCKS,
)  # fmt: skip
REFUSE_RETURN = _assignment(
    "refuse_return", "驳回退单", from_=[A.RETURNING], to=(A.OPENED, A.HANDLING),
    needs=P.DISPATCH_JUDGE,
)  # fmt: skip
APPLY = _assignment("apply", "提出申请", from_=[A.HANDLING, A.PASSED_DOWN], needs=P.HANDLING_APPLY)
PASS_DOWN = _assignment(
    "pass_down", "转派", from_=[A.ASSIGNED, A.OPENED, A.HANDLING], to=A.PASSED_DOWN,
    needs=P.HANDLING_PASS_DOWN, stops=(C.OPEN, C.SIGN),
)  # fmt: skip
RECALL = _assignment(
    "recall", "收回转派", from_=[A.PASSED_DOWN], to=A.HANDLING, needs=P.HANDLING_PASS_DOWN
)
RECEIVE_FROM_BELOW = _assignment(
    "receive_from_below", "下级已反馈", from_=[A.PASSED_DOWN], to=A.HANDLING,
    needs=P.HANDLING_REPORT,
)  # fmt: skip
SUBMIT = _assignment(
    "submit", "提交内审", from_=[A.HANDLING], to=(A.INNER_REVIEW, A.REPORTED),
    needs=P.HANDLING_REPORT, stops=(C.RETURN,),
)  # fmt: skip
INNER_APPROVE = _assignment(
    "inner_approve", "内审通过", from_=[A.INNER_REVIEW], to=(A.INNER_REVIEW, A.REPORTED),
    needs=P.HANDLING_INNER_REVIEW,
)  # fmt: skip
INNER_REJECT = _assignment(
    "inner_reject", "内审退回", from_=[A.INNER_REVIEW], to=A.HANDLING,
    needs=P.HANDLING_INNER_REVIEW,
)  # fmt: skip
REPORT_JOINT = _assignment(
    "report_joint", "协办反馈", from_=[A.HANDLING, A.INNER_REVIEW], to=A.REPORTED,
    needs=P.HANDLING_REPORT, stops=(C.JOINT, C.RETURN),
)  # fmt: skip
WORK_AGAIN = _assignment(
    "work_again", "重办", from_=[A.REPORTED, A.DONE], to=A.HANDLING, needs=P.REVIEW_DECIDE
)
CANCEL = _assignment(
    "cancel", "收回", from_=LIVE, to=A.CANCELLED, needs=P.DISPATCH_REASSIGN, stops=UNIT_CLOCKS
)
FINISH = _assignment(
    "finish", "办结", from_=[A.REPORTED], to=A.DONE, needs=P.CLOSURE_CLOSE, stops=UNIT_CLOCKS
)

del S, A


@dataclass(frozen=True)
class Overlay:
    """What lies over an order without moving it: an event in its history."""

    label: str
    needs: P


OVERLAYS: dict[str, Overlay] = {
    "supervision_issued": Overlay("签发督办", P.SUPERVISION_ISSUE),
    "supervision_approved": Overlay("批准督办", P.SUPERVISION_APPROVE),
    "supervision_answered": Overlay("督办反馈", P.SUPERVISION_ANSWER),
    "supervision_returned": Overlay("督办反馈退回补充", P.SUPERVISION_ISSUE),
    "supervision_done": Overlay("督办办结", P.SUPERVISION_ISSUE),
    "supervision_cancelled": Overlay("撤销督办", P.SUPERVISION_ISSUE),
    "note_written": Overlay("领导批示", P.SUPERVISION_NOTE),
    "note_answered": Overlay("批示落实反馈", P.SUPERVISION_ANSWER),
    "note_closed": Overlay("批示办结", P.SUPERVISION_ISSUE),
    "ledger_entered": Overlay("列入台账", P.SUPERVISION_ISSUE),
    "ledger_closed": Overlay("台账销号", P.SUPERVISION_ISSUE),
    "ledger_relapsed": Overlay("台账回潮", P.SUPERVISION_ISSUE),
    "linked_elsewhere": Overlay("登记另案处理", P.SUPERVISION_ISSUE),
}

# Which clock an appeal's or assignment's due time is shown from, by where it stands.
STATUS_CLOCK: dict[Status, C] = {
    Status.REGISTERED: C.ACCEPT,
    Status.ACCEPTED: C.DISPATCH,
    Status.DISPATCHED: C.HANDLE,
    Status.SUSPENDED: C.HANDLE,
    Status.LISTED: C.HANDLE,
    Status.REPORTED: C.REVIEW,
    Status.CALLBACK: C.CALLBACK,
    Status.MERGED: C.TOTAL,
}
STATE_CLOCKS: dict[State, tuple[C, ...]] = {
    State.ASSIGNED: (C.OPEN, C.SIGN, C.HANDLE, C.JOINT),
    State.OPENED: (C.SIGN, C.HANDLE, C.JOINT),
    State.HANDLING: (C.HANDLE, C.JOINT),
    State.RETURNING: (C.HANDLE, C.JOINT),
    State.PASSED_DOWN: (C.HANDLE, C.JOINT),
    State.INNER_REVIEW: (C.HANDLE, C.JOINT),
}
