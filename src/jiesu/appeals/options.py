"""What a person may do now with an appeal or an assignment, and why not the rest.

The desks and the API show these; the actions check again. Reads nothing but what it is given.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jiesu.access import Actor, ActorKind
from jiesu.access.recusal import why_step_aside
from jiesu.appeals import lifecycle as life
from jiesu.appeals.lifecycle import LIVE, STATE_NAMES, STATUS_NAMES, Move, State, Status
from jiesu.appeals.models import Appeal, Assignment, Clock
from jiesu.deadlines.kinds import ClockKind

# The order in which a page offers them; the first allowed one is the main one.
APPEAL_OPTIONS: tuple[Move[Status], ...] = (
    life.ACCEPT, life.DISPATCH, life.APPROVE, life.CALL_BACK, life.SEND_BACK, life.RESUME,
    life.UNLIST, life.ANSWER_DIRECTLY, life.REASSIGN, life.ADD_JOINT, life.MERGE, life.UNMERGE,
    life.RECLASSIFY, life.ADD_FACTS, life.URGE, life.CONSULT, life.LIST_DIFFICULT, life.REFUSE,
    life.HAND_OVER, life.WITHDRAW, life.CLOSE, life.REOPEN, life.ARCHIVE, life.RECUSE,
)  # fmt: skip
ASSIGNMENT_OPTIONS: tuple[Move[State], ...] = (
    life.SIGN, life.SUBMIT, life.INNER_APPROVE, life.INNER_REJECT, life.CONTACT, life.APPLY,
    life.REQUEST_RETURN, life.PASS_DOWN, life.RECALL, life.TAKE_OVER,
)  # fmt: skip
OPEN_TO_ALL_UNITS = frozenset({"add_facts", "urge", "consult", "recuse"})


@dataclass(frozen=True)
class Option:
    """One move, whether it is open now, and the reason when it is not."""

    name: str
    label: str
    allowed: bool
    why_not: str = ""


def appeal_options(appeal: Appeal, actor: Actor) -> list[Option]:
    """The appeal's moves that this actor's post has at all, in the order to show them."""
    options = []
    for move in APPEAL_OPTIONS:
        if not actor.may(move.needs):
            continue
        if move is life.RECUSE and actor.kind is not ActorKind.PERSON:
            continue  # only people have interests
        reason = ""
        if why_step_aside(actor, appeal.recused):
            reason = "您已申请回避"
        elif (
            actor.kind in (ActorKind.PERSON, ActorKind.CLIENT)
            and move.name not in OPEN_TO_ALL_UNITS
            and appeal.centre_id != actor.unit_id
        ):
            reason = "由其他热线中心管理"
        elif Status(appeal.status) not in move.from_:
            reason = f"{STATUS_NAMES[Status(appeal.status)]}时不能{move.label}"
        options.append(Option(move.name, move.label, not reason, reason))
    return options


def assignment_options(
    appeal: Appeal, assignment: Assignment, actor: Actor, *, no_return: str = ""
) -> list[Option]:
    """The moves of one assignment, for the unit it belongs to; [] for anyone else.

    ``no_return``: what ``why_no_return`` said.
    """
    if assignment.unit_id != actor.unit_id or State(assignment.state) not in LIVE:
        return []
    joint = assignment.nature == Assignment.Nature.JOINT
    on_list = appeal.status == Status.LISTED and not joint and not assignment.depth
    may_work = life.UNITS_WORK | (life.JOINT_UNITS_GO_ON if joint else frozenset())
    options = []
    for move in ASSIGNMENT_OPTIONS:
        if not actor.may(move.needs):
            continue
        reason = ""
        if why_step_aside(actor, appeal.recused):
            reason = "您已申请回避"
        elif Status(appeal.status) not in may_work:
            reason = f"工单{STATUS_NAMES[Status(appeal.status)]}"
        elif State(assignment.state) not in move.from_:
            reason = f"{STATE_NAMES[State(assignment.state)]}时不能{move.label}"
        elif on_list and move in (life.APPLY, life.REQUEST_RETURN):
            reason = "疑难挂账期间不能提出申请"
        elif move is life.REQUEST_RETURN:
            reason = no_return
        options.append(Option(move.name, move.label, not reason, reason))
    return options


def why_no_return(
    assignment: Assignment, *, returns: int, most: int, limits: Iterable[Clock], at: dt.datetime
) -> str:
    """Why the unit may not return the order, "" when it may.

    ``returns`` of the appeal by this unit so far, ``most`` the rule allows; ``limits`` the clocks
    known of the appeal: the right to return ends with its own, unless none is set.
    """
    if assignment.is_designated:
        return "已指定由本单位承办，确有困难请申请会商"
    if returns >= most:
        return f"本单位对该工单已退单 {returns} 次，不能再退"
    own = [c for c in limits if c.kind == ClockKind.RETURN and c.assignment_id == assignment.pk]
    if own and not any(c.stopped_at is None and c.due_at >= at for c in own):
        return "已超过退单时限，请办理或申请会商"
    return ""


def my_assignment(assignments: Sequence[Assignment], actor: Actor) -> Assignment | None:
    """The live assignment this actor's unit holds, the deepest first."""
    mine = [a for a in assignments if a.unit_id == actor.unit_id and State(a.state) in LIVE]
    return max(mine, key=lambda a: (a.depth, a.pk), default=None)
