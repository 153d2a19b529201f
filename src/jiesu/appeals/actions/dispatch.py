"""Sending to units: assign, re-assign, judge what units apply for, list as difficult."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jiesu.access import Actor, ActorKind, Permission
from jiesu.appeals import lifecycle as life
from jiesu.appeals import lookups
from jiesu.appeals.actions import merged
from jiesu.appeals.actions.held import is_holding
from jiesu.appeals.actions.transition import (
    Change,
    changing,
    check_centre,
)
from jiesu.appeals.lifecycle import State, Status
from jiesu.appeals.models import (
    Appeal,
    Application,
    Assignment,
)
from jiesu.catalogue import duty
from jiesu.catalogue.duty import DutyHit
from jiesu.deadlines.kinds import ClockKind
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, NotAllowedNow, invalid
from jiesu.foundation.text import clean_text
from jiesu.organizations.checks import day_of, holds, when
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import is_below


@dataclass(frozen=True, kw_only=True)
class Order:
    """Where an appeal is sent: one lead, any joint units, by which reason."""

    lead: Unit
    joint: Sequence[Unit] = field(default_factory=tuple)
    reason: str = ""  # needed when the duty catalogue does not name the lead
    instruction: str = ""
    designate: bool = False  # 指定承办: the lead may not return it


def suggest(appeal: Appeal, at: dt.datetime) -> DutyHit | None:
    """The unit the duty catalogue names, with its reason; None when it names none."""
    if appeal.category is None:
        return None
    if is_holding():  # a whole history: the same classes and areas again and again
        return lookups.duty(appeal.category, appeal.region, at)
    return duty.find(appeal.category, appeal.region, at)


def assign(appeal: Appeal, order: Order, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will send an accepted appeal to its lead and joint units and start their clocks.

    Guards (domain §3): classified to level 2, area known, and a duty-catalogue hit or a written
    reason. Refusals: Invalid at ``category``, ``reason``, ``lead`` or ``joint``; NotAllowedNow.
    """
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        hit = _check_order(appeal, order, actor, at)
        change.move(
            life.DISPATCH,
            data=_order_facts(order, hit),
            lead_unit=order.lead,
            lead_unit_name=short(order.lead),
            lead_unit_path=order.lead.path,
        )
        _send(change, order, hit)
    return appeal


def add_joint(
    appeal: Appeal, units: Sequence[Unit], instruction: str = "", *, actor: Actor, at: dt.datetime
) -> Appeal:
    """This will add joint units to a dispatched appeal."""
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        _check_joint(units, [a.unit_id for a in change.live()], actor, at)
        change.move(life.ADD_JOINT, data={"joint": [short(u) for u in units]})
        for unit in units:
            _add(change, unit, Assignment.Nature.JOINT, instruction=instruction)
    return appeal


def reassign(appeal: Appeal, order: Order, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will take the appeal from its units and send it elsewhere 改派.

    The new unit's clocks start anew; the citizen's total clock goes on.
    """
    if not order.reason.strip():
        raise invalid("reason", "改派须写明理由，原承办单位会看到。", "required")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        lead = change.lead()
        if lead is not None and lead.unit_id == order.lead.pk:
            raise invalid("lead", "改派的单位与现承办单位相同，请另选单位。", "same")
        hit = _check_order(appeal, order, actor, at)
        change.move(
            life.REASSIGN,
            data=_order_facts(order, hit) | {"from": lead.unit_name if lead else ""},
            lead_unit=order.lead,
            lead_unit_name=short(order.lead),
            lead_unit_path=order.lead.path,
        )
        _recall_all(change, order.reason)
        _send(change, order, hit)
    return appeal


# --- what units apply for ---------------------------------------------------------------------


def judge_return(
    application: Application, *, accept: bool, decision: str, actor: Actor, at: dt.datetime,
    designate: bool = False,
) -> Appeal:  # fmt: skip
    """This will accept or refuse a return 退单.

    Accepted: the appeal waits for dispatch again (a joint unit is just released, an order passed
    down goes back to whoever passed it). Refused: the original clocks go on, an improper return is
    recorded, and with ``designate`` the unit may not return it again.
    """
    said = _decision(decision, accept)
    appeal = application.appeal
    with changing(appeal, actor=actor, at=at) as change:
        _check_judge(application, actor)
        assignment = _assignment_of(change, application)
        _decide(application, accept, said, actor, at)
        change.change_appeal(pending_applications=max(appeal.pending_applications - 1, 0))
        facts = {"reason": application.reason, "decision": said}
        if assignment.parent_id is not None and not actor.may(Permission.HANDLING_PASS_DOWN):
            raise Forbidden
        if assignment.parent_id is None and not actor.may(life.ACCEPT_RETURN.needs):
            raise Forbidden
        if not accept:
            _refuse_return(change, assignment, application, facts, designate)
            return appeal
        change.follow_assignment(assignment, life.ACCEPT_RETURN, data=facts)
        if assignment.parent_id is not None:
            _parent_works_again(change, assignment)
        elif assignment.nature == Assignment.Nature.LEAD:
            _recall_all(change, "主办单位退单")
            suggested = application.suggested_unit
            change.follow(
                life.TAKE_BACK,
                data={"unit": assignment.unit_name,
                      "suggested": short(suggested) if suggested else ""},
                lead_unit=None, lead_unit_name="", lead_unit_path="",
                return_count=appeal.return_count + 1,
            )  # fmt: skip
    return appeal


def _refuse_return(
    change: Change, assignment: Assignment, application: Application, facts: dict[str, str],
    designate: bool,
) -> None:  # fmt: skip
    change.follow_assignment(
        assignment,
        life.REFUSE_RETURN,
        to=State.HANDLING if application.was_signed else State.OPENED,
        data={**facts, "improper": "1", "designated": "1" if designate else ""},
        is_designated=assignment.is_designated or designate,
    )
    change.change_appeal(improper_return_count=change.appeal.improper_return_count + 1)


def judge_extension(
    application: Application, *, accept: bool, decision: str, actor: Actor, at: dt.datetime,
    days: int | None = None,
) -> Appeal:  # fmt: skip
    """This will accept (for ``days`` working days, or as many as asked) or refuse an extension.

    The lead's limit, the joint units' and the citizen's total one grow alike.
    """
    said = _decision(decision, accept)
    appeal = application.appeal
    with changing(appeal, actor=actor, at=at) as change:
        _check_judge(application, actor)
        granted = days or application.amount or 0
        if accept and not 1 <= granted <= 60:
            raise invalid("days", "延长天数应在 1 到 60 个工作日之间。", "out_of_range")
        assignment = _assignment_of(change, application)
        _decide(application, accept, said, actor, at)
        left = max(appeal.pending_applications - 1, 0)
        facts = {"days": granted, "reason": application.reason, "decision": said}
        if not accept:
            change.move(
                life.REFUSE_APPLICATION, data={"kind": "extension", **facts},
                assignment=assignment, pending_applications=left,
            )  # fmt: skip
            return appeal
        change.move(
            life.EXTEND, data=facts, assignment=assignment, pending_applications=left,
            extension_count=appeal.extension_count + 1,
        )  # fmt: skip
        change.clocks.extend((ClockKind.HANDLE, ClockKind.JOINT, ClockKind.TOTAL), granted)
    return appeal


def judge_suspension(
    application: Application, *, accept: bool, decision: str, actor: Actor, at: dt.datetime
) -> Appeal:
    """This will pause every clock of the appeal 挂起, or refuse to."""
    said = _decision(decision, accept)
    return _judge_plain(application, accept, said, actor, at, life.SUSPEND, {})


def judge_ending(
    application: Application, *, accept: bool, decision: str, actor: Actor, at: dt.datetime
) -> Appeal:
    """This will end the appeal without a result 终止, or refuse to (潍坊: only after audit).

    The decision is what the citizen reads, and whoever was merged under the appeal.
    """
    said = _decision(decision, accept)
    return _judge_plain(
        application, accept, said, actor, at, life.TERMINATE,
        {"outcome": "terminated", "closed_at": at, "public_reply": said, "replied_at": at},
    )  # fmt: skip


def _judge_plain(
    application: Application, accept: bool, said: str, actor: Actor, at: dt.datetime,
    move: "life.Move[Status]", changes: dict[str, Any],
) -> Appeal:  # fmt: skip
    appeal = application.appeal
    with changing(appeal, actor=actor, at=at) as change:
        _check_judge(application, actor)
        assignment = _assignment_of(change, application)
        _decide(application, accept, said, actor, at)
        left = max(appeal.pending_applications - 1, 0)
        facts = {"kind": application.kind, "reason": application.reason, "decision": said}
        if accept:
            change.move(
                move, data=facts, assignment=assignment, pending_applications=left, **changes
            )
            if move is life.TERMINATE:
                merged.answer(change, said)
        else:
            change.move(
                life.REFUSE_APPLICATION, data=facts, assignment=assignment,
                pending_applications=left,
            )  # fmt: skip
    return appeal


def resume(appeal: Appeal, reason: str, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will let a suspended appeal go on; its clocks take up where they stood."""
    why = clean_text(reason, max_length=500, field="reason", label="恢复说明")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        change.move(life.RESUME, data={"reason": why})
    return appeal


# --- the long-term list --------------------------------------------------------------------------


def list_difficult(appeal: Appeal, reason: str, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will put the appeal on the long-term list 疑难挂账; its clocks stand still.

    Refused while something its units applied for waits: on the list nobody could judge it.
    """
    why = clean_text(reason, max_length=1000, field="reason", label="挂账理由")
    if not why:
        raise invalid("reason", "请写明挂账理由和后续计划。", "required")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        if appeal.pending_applications:
            raise NotAllowedNow(
                f"有 {appeal.pending_applications} 项申请等待审批，请先审批，再列入疑难挂账。"
            )
        change.move(life.LIST_DIFFICULT, data={"reason": why}, is_difficult=True)
    return appeal


def unlist(appeal: Appeal, reason: str, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will take the appeal off the long-term list; its unit handles it on."""
    why = clean_text(reason, max_length=1000, field="reason", label="销账说明")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        change.move(life.UNLIST, data={"reason": why})
        lead = change.lead()
        if lead is not None and lead.where is State.REPORTED:
            change.follow_assignment(
                lead, life.WORK_AGAIN, record=False, round=lead.round + 1, reported_at=None,
                inner_step=0,
            )  # fmt: skip
            if change.clocks.running(ClockKind.HANDLE) is None:
                change.clocks.start(ClockKind.HANDLE, lead)
    return appeal


# --- inside ---------------------------------------------------------------------------------------


def short(unit: Unit) -> str:
    """What the unit is called on an order."""
    return unit.short_name or unit.name


def _order_facts(order: Order, hit: DutyHit | None) -> dict[str, object]:
    by_catalogue = hit is not None and hit.unit.pk == order.lead.pk
    return {
        "lead": short(order.lead),
        "joint": [short(u) for u in order.joint],
        "basis": hit.reason if hit is not None and by_catalogue else "",
        "reason": order.reason.strip(),
        "instruction": order.instruction.strip(),
        "designated": order.designate,
    }


def _check_order(appeal: Appeal, order: Order, actor: Actor, at: dt.datetime) -> DutyHit | None:
    """The catalogue's hit, if any; refuses an order the guards do not let pass."""
    category = appeal.category
    if category is None or category.level < 2:
        raise invalid("category", "请先把分类选到二级再派单。", "unclassified")
    clean_text(order.reason, max_length=300, field="reason", label="派单理由")
    clean_text(order.instruction, max_length=500, field="instruction", label="办理要求")
    hit = suggest(appeal, at)
    if (hit is None or hit.unit.pk != order.lead.pk) and not order.reason.strip():
        raise invalid(
            "reason", "所选单位不是权属目录推荐的单位，请写明派单理由。", "reason_required"
        )
    _check_unit(order.lead, "lead", actor, at)
    _check_joint(order.joint, [order.lead.pk], actor, at)
    return hit


def _check_unit(unit: Unit, field: str, actor: Actor, at: dt.datetime) -> None:
    """Refuse a unit not in force, or another area's: neither below the centre nor above it."""
    here, there = actor.region_path, unit.region.path
    if here and not is_below(there, here) and not is_below(here, there):
        raise invalid(
            field, f"“{unit.name}”不在本热线中心的辖区内。请核对事发区域，或改选辖区内的单位。",
            "other_area",
        )  # fmt: skip
    check_in_force(unit, field, at)


def check_in_force(unit: Unit, field: str, at: dt.datetime) -> None:
    """Refuse a unit that is not in force, at the field."""
    if not holds(unit, day_of(at)):
        raise invalid(
            field, f"“{unit.name}”{when(unit)}，请改选承接其职责的单位。", "unit_ended"
        )  # fmt: skip


def _check_joint(
    units: Sequence[Unit], taken: Sequence[int], actor: Actor, at: dt.datetime
) -> None:
    seen = set(taken)
    for unit in units:
        _check_unit(unit, "joint", actor, at)
        if unit.pk in seen:
            raise invalid("joint", f"“{short(unit)}”已在承办单位中，请勿重复选择。", "twice")
        seen.add(unit.pk)


def _send(change: Change, order: Order, hit: DutyHit | None) -> None:
    by_catalogue = hit is not None and hit.unit.pk == order.lead.pk
    _add(
        change,
        order.lead,
        Assignment.Nature.LEAD,
        basis=hit.reason[:300] if hit is not None and by_catalogue else order.reason.strip(),
        instruction=order.instruction.strip(),
        duty_entry_id=hit.entry.pk if hit is not None and by_catalogue and hit.entry else None,
        is_designated=order.designate,
    )
    for unit in order.joint:
        _add(change, unit, Assignment.Nature.JOINT, instruction=order.instruction.strip())


def _add(
    change: Change, unit: Unit, nature: Assignment.Nature, *, basis: str = "",
    instruction: str = "", duty_entry_id: int | None = None, is_designated: bool = False,
) -> Assignment:  # fmt: skip
    move = life.ASSIGN_LEAD if nature == Assignment.Nature.LEAD else life.ASSIGN_JOINT
    return change.add_assignment(
        Assignment(
            appeal=change.appeal,
            unit=unit,
            unit_name=short(unit),
            unit_path=unit.path,
            nature=nature,
            state=State.ASSIGNED,
            assigner_unit_id=change.actor.unit_id or change.appeal.centre_id,
            basis=basis,
            instruction=instruction,
            duty_entry_id=duty_entry_id,
            is_designated=is_designated,
            assigned_at=change.at,
        ),
        move,
    )


def _recall_all(change: Change, reason: str) -> None:
    """Cancel every live assignment; what they applied for lapses."""
    for assignment in change.live():
        change.follow_assignment(assignment, life.CANCEL, data={"reason": reason})


def _parent_works_again(change: Change, child: Assignment) -> None:
    """The order a lower unit gave back lies with the unit that passed it down."""
    for parent in change.live():
        if parent.pk == child.parent_id and parent.where is State.PASSED_DOWN:
            change.follow_assignment(parent, life.RECALL, record=False)


def _decision(decision: str, accept: bool) -> str:
    said = clean_text(decision, max_length=1000, field="decision", label="审批意见")
    if not said and not accept:
        raise invalid("decision", "驳回须写明理由，申请单位会看到。", "required")
    return said


def _check_judge(application: Application, actor: Actor) -> None:
    if actor.kind is not ActorKind.SYSTEM and application.judge_unit_id != actor.unit_id:
        raise Forbidden("这项申请由派单单位审批。")


def _assignment_of(change: Change, application: Application) -> Assignment:
    for assignment in change.live():
        if assignment.pk == application.assignment_id:
            return assignment
    raise ChangedMeanwhile


def _decide(
    application: Application, accept: bool, said: str, actor: Actor, at: dt.datetime
) -> None:
    """Store the verdict, once: a second judge finds it decided."""
    verdict = Application.Verdict.APPROVED if accept else Application.Verdict.REFUSED
    decided = Application.objects.filter(
        pk=application.pk, verdict=Application.Verdict.PENDING
    ).update(verdict=verdict, decision=said, decided_by=actor.name, decided_at=at)
    if not decided:
        raise ChangedMeanwhile("这项申请已由他人审批，请刷新查看结果。")
    application.verdict, application.decision = verdict, said
    application.decided_by, application.decided_at = actor.name, at
