"""A unit's work: open, sign, contact, apply, pass down, report, and its inner review."""

import datetime as dt
from dataclasses import dataclass

from jiesu.access import Actor
from jiesu.appeals import lifecycle as life
from jiesu.appeals import options, rules
from jiesu.appeals.actions.attachments import claim_uploads
from jiesu.appeals.actions.transition import (
    Change,
    changing,
    check_from,
    check_permission,
    check_unit,
)
from jiesu.appeals.lifecycle import JOINT_UNITS_GO_ON, UNITS_WORK, State, Status
from jiesu.appeals.models import Application, Assignment, Clock, Contact, Reply
from jiesu.appeals.rules import Rule
from jiesu.catalogue import codes
from jiesu.catalogue.codes import SuspensionReason, Table
from jiesu.deadlines.kinds import ClockKind
from jiesu.foundation.errors import (
    FieldError,
    Forbidden,
    Invalid,
    NotAllowedNow,
    invalid,
)
from jiesu.foundation.text import clean_text
from jiesu.organizations.checks import day_of, holds, when
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import is_below

REPORT_LENGTH = 20_000


def open_(assignment: Assignment, *, actor: Actor, at: dt.datetime) -> Assignment:
    """This will record that the unit looked at the order 查阅; a second look changes nothing."""
    if assignment.where is not State.ASSIGNED:
        return assignment
    with changing(assignment.appeal, actor=actor, at=at) as change:
        mine = _own(change, assignment, actor)
        change.move_assignment(mine, life.OPEN_ASSIGNMENT, opened_at=at)
    return mine


def sign(
    assignment: Assignment, *, actor: Actor, at: dt.datetime, handler_id: int | None = None,
    handler_name: str = "",
) -> Assignment:  # fmt: skip
    """This will sign for the order 签收; whoever signs handles it, unless another is named."""
    with changing(assignment.appeal, actor=actor, at=at) as change:
        mine = _own(change, assignment, actor)
        change.move_assignment(
            mine, life.SIGN, opened_at=mine.opened_at or at, signed_at=at,
            handler_id=handler_id or actor.user_id, handler_name=handler_name or actor.name,
        )  # fmt: skip
    return mine


def take_over(
    assignment: Assignment, handler_id: int, handler_name: str, *, actor: Actor, at: dt.datetime
) -> Assignment:
    """This will put the order into another colleague's hands 指定承办人."""
    with changing(assignment.appeal, actor=actor, at=at) as change:
        mine = _own(change, assignment, actor)
        change.move_assignment(
            mine, life.TAKE_OVER, data={"handler": handler_name}, handler_id=handler_id,
            handler_name=handler_name,
        )  # fmt: skip
    return mine


def contact(
    assignment: Assignment, *, way: str, reached: bool, note: str, actor: Actor, at: dt.datetime,
    spoken_at: dt.datetime | None = None,
) -> Contact:  # fmt: skip
    """This will record that the unit spoke, or tried to speak, with the citizen.

    Being reached stops the contact clock (北京条例: contact the citizen first).
    """
    codes.check(Table.REPLY_WAY, way, at, "way")
    said = clean_text(note, max_length=1000, field="note", label="沟通情况")
    if reached and not said:
        raise invalid("note", "请写下与诉求人沟通的内容。", "required")
    spoken = spoken_at or at
    if spoken > at + dt.timedelta(minutes=5):
        raise invalid("spoken_at", "联系时间晚于现在，请核对。", "future")
    if spoken < assignment.assigned_at:
        raise invalid("spoken_at", "联系时间早于派单时间，请核对。", "too_early")
    with changing(assignment.appeal, actor=actor, at=at) as change:
        mine = _own(change, assignment, actor)
        check_permission(actor, life.CONTACT)
        check_from(life.CONTACT, mine.where)
        made = Contact(
            appeal=change.appeal, assignment=mine, way=way, reached=reached, note=said, at=spoken,
            by=actor.name, by_id=actor.user_id,
        )  # fmt: skip
        change.store(made)
        if reached:
            change.clocks.stop(life.CONTACT.stops)
            if mine.contacted_at is None:
                change.change_assignment(mine, contacted_at=spoken)
        change.record(
            life.CONTACT.name,
            {"way": codes.label(Table.REPLY_WAY, way), "reached": reached, "note": said},
            mine,
        )
    return made


@dataclass(frozen=True, kw_only=True)
class Plea:
    """What a unit applies for, and why."""

    kind: str  # Application.Kind
    reason_code: str
    reason: str
    basis: str = ""
    suggested_unit: Unit | None = None
    plan: str = ""
    citizen_told: str = ""
    days: int | None = None
    upload_key: str = ""


REASONS = {
    Application.Kind.RETURN: Table.RETURN_REASON,
    Application.Kind.EXTENSION: Table.EXTENSION_REASON,
    Application.Kind.SUSPENSION: Table.SUSPENSION_REASON,
    Application.Kind.ENDING: Table.ENDING_REASON,
}


def apply_for(assignment: Assignment, plea: Plea, *, actor: Actor, at: dt.datetime) -> Application:
    """This will apply for a return, an extension, a suspension or an end of the order.

    Guards of domain §3: a return within its limit, once per unit, with basis and suggested unit,
    never after designation; an extension before due, with plan and proof that the citizen was told;
    a suspension for listed reasons only. Refusals: Invalid at its fields, NotAllowedNow, Forbidden.
    """
    kind = Application.Kind(plea.kind)
    _check_plea(plea, kind, at)
    with changing(assignment.appeal, actor=actor, at=at) as change:
        mine = _own(change, assignment, actor)
        if mine.nature == Assignment.Nature.LEAD and mine.depth == 0:
            _guard_listed(change)
        if Application.objects.filter(
            assignment=mine, verdict=Application.Verdict.PENDING
        ).exists():
            raise NotAllowedNow("已有一项申请等待审批，审批后才能再次申请。")
        was_signed = mine.signed_at is not None
        if kind == Application.Kind.RETURN:
            _guard_return(change, mine, at)
            change.move_assignment(
                mine, life.REQUEST_RETURN, opened_at=mine.opened_at or at,
                data={"reason": plea.reason, "basis": plea.basis,
                      "suggested": plea.suggested_unit.name if plea.suggested_unit else ""},
            )  # fmt: skip
        else:
            _guard_lead(mine)
            if kind == Application.Kind.EXTENSION:
                _guard_extension(change, mine, at)
            if plea.reason_code == SuspensionReason.UNREACHABLE:
                _guard_unreachable(mine, at)
            change.move_assignment(
                mine, life.APPLY,
                data={"kind": kind, "reason": plea.reason, "days": plea.days,
                      "citizen_told": plea.citizen_told},
            )  # fmt: skip
        made = Application.objects.create(
            appeal=change.appeal, assignment=mine, judge_unit_id=mine.assigner_unit_id, kind=kind,
            reason_code=plea.reason_code, reason=plea.reason.strip(), basis=plea.basis.strip(),
            suggested_unit=plea.suggested_unit, plan=plea.plan.strip(),
            citizen_told=plea.citizen_told.strip(), amount=plea.days, was_signed=was_signed,
            applied_at=at, applied_by=actor.name, applied_by_id=actor.user_id,
        )  # fmt: skip
        change.change_appeal(pending_applications=change.appeal.pending_applications + 1)
        if plea.upload_key:
            claim_uploads(change.appeal, plea.upload_key, actor, assignment_id=mine.pk)
    return made


def pass_down(
    assignment: Assignment, unit: Unit, instruction: str, *, actor: Actor, at: dt.datetime
) -> Assignment:
    """This will pass the order to a unit below 转派, at most three levels deep.

    The unit that passes it down stays responsible: the handling clock goes on, and the lower unit's
    result comes back to it.
    """
    text = clean_text(instruction, max_length=500, field="instruction", label="办理要求")
    if not is_below(unit.path, assignment.unit_path) or unit.pk == assignment.unit_id:
        raise invalid("unit", "只能转派给本单位的下级单位或科室。", "not_below")
    if not holds(unit, day_of(at)):
        raise invalid("unit", f"“{unit.name}”{when(unit)}，请另选单位。", "unit_ended")
    deepest = rules.value(Rule.MAX_PASS_DOWN, at)
    if assignment.depth >= deepest:
        raise NotAllowedNow(f"该工单已转派 {deepest} 层，不能再往下转派，请本单位办理。")
    with changing(assignment.appeal, actor=actor, at=at) as change:
        mine = _own(change, assignment, actor)
        name = unit.short_name or unit.name
        change.move_assignment(
            mine, life.PASS_DOWN, data={"to": name, "instruction": text},
            opened_at=mine.opened_at or at, signed_at=mine.signed_at or at,
        )  # fmt: skip
        return change.add_assignment(
            Assignment(
                appeal=change.appeal, unit=unit, unit_name=name, unit_path=unit.path,
                nature=mine.nature, state=State.ASSIGNED, parent=mine, depth=mine.depth + 1,
                assigner_unit_id=mine.unit_id, basis=f"{mine.unit_name}转派"[:300],
                instruction=text, assigned_at=at, round=mine.round,
            ),
            life.ASSIGN_BELOW,
        )  # fmt: skip


def recall(assignment: Assignment, reason: str, *, actor: Actor, at: dt.datetime) -> Assignment:
    """This will take back an order that was passed down; the unit handles it itself."""
    why = clean_text(reason, max_length=300, field="reason", label="收回理由")
    with changing(assignment.appeal, actor=actor, at=at) as change:
        mine = _own(change, assignment, actor)
        for child in _line_below(change, mine):
            change.follow_assignment(child, life.CANCEL, data={"reason": why or "上级收回"})
        change.move_assignment(
            mine, life.RECALL, data={"reason": why}, handler_id=actor.user_id,
            handler_name=actor.name,
        )  # fmt: skip
    return mine


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A unit's result: the internal report, and the public reply as a text of its own."""

    handling_report: str
    public_reply: str = ""
    found_true: bool | None = None
    solved: bool | None = None
    unsolved_reason: str = ""
    beyond_competence: str = ""
    legal_basis: str = ""
    signed_off_by: str = ""
    upload_key: str = ""


def save_draft(assignment: Assignment, answer: Answer, *, actor: Actor, at: dt.datetime) -> Reply:
    """This will keep what was written so far; nothing leaves the unit."""
    with changing(assignment.appeal, actor=actor, at=at) as change:  # not while it is handed in
        mine = _own(change, assignment, actor)
        check_permission(actor, life.SUBMIT)
        check_from(life.SUBMIT, mine.where)
        reply = _reply_of(change, mine)
        _fill(reply, answer)
        reply.written_by, reply.written_by_id, reply.updated_at = actor.name, actor.user_id, at
        change.store(reply)
    return reply


def report(assignment: Assignment, answer: Answer, *, actor: Actor, at: dt.datetime) -> Reply:
    """This will hand the result in: to the unit's inner review, or straight on where it has none.

    Guards: a handling report; for the lead a public reply of enough words and a contact record
    (unless the citizen is anonymous or wants no reply); why not, when unsolved. Refusals: Invalid
    at its fields, NotAllowedNow.
    """
    appeal = assignment.appeal
    with changing(appeal, actor=actor, at=at) as change:
        mine = _own(change, assignment, actor)
        if mine.nature == Assignment.Nature.LEAD or appeal.where is Status.LISTED:
            check_from(life.REPORT, appeal.where)
        check_permission(actor, life.SUBMIT)
        check_from(life.SUBMIT, mine.where)
        _check_answer(change, mine, answer)
        waiting = Application.objects.filter(assignment=mine, verdict=Application.Verdict.PENDING)
        if appeal.pending_applications and waiting.exists():
            raise NotAllowedNow("有一项申请等待审批，请等审批后再提交答复。")
        if (
            mine.nature == Assignment.Nature.LEAD
            and rules.value(Rule.LEAD_WAITS_FOR_JOINT, at)
            and any(
                a.nature == Assignment.Nature.JOINT and a.where is not State.REPORTED
                for a in change.live()
            )
        ):
            raise NotAllowedNow("还有协办单位未反馈，请待协办反馈后再提交。")
        reply = _reply_of(change, mine)
        _fill(reply, answer)
        reply.written_by, reply.written_by_id = actor.name, actor.user_id
        reply.updated_at = reply.submitted_at = at
        steps = mine.unit.inner_review_steps
        reply.stage = Reply.Stage.INNER_REVIEW if steps else Reply.Stage.SUBMITTED
        change.store(reply)
        if answer.upload_key:
            claim_uploads(appeal, answer.upload_key, actor, assignment_id=mine.pk, is_public=False)
        if steps:
            change.move_assignment(
                mine, life.SUBMIT, to=State.INNER_REVIEW, inner_step=0,
                data={"solved": answer.solved, "step": 0, "steps": steps},
            )  # fmt: skip
        else:
            change.clocks.stop(life.SUBMIT.stops, mine)
            _hand_in(change, mine, reply)
    return reply


def inner_approve(
    assignment: Assignment, note: str, *, actor: Actor, at: dt.datetime
) -> Assignment:
    """This will pass the reply one step of the unit's inner review; after the last it leaves.

    Nobody approves what they wrote themselves, nor two steps of the same reply. Refusals:
    Forbidden, NotAllowedNow.
    """
    said = clean_text(note, max_length=500, field="note", label="内审意见")
    with changing(assignment.appeal, actor=actor, at=at) as change:
        mine = _own(change, assignment, actor)
        check_permission(actor, life.INNER_APPROVE)
        check_from(life.INNER_APPROVE, mine.where)
        reply = _reply_of(change, mine)
        if actor.user_id is not None and reply.written_by_id == actor.user_id:
            raise Forbidden("不能审核自己拟写的答复，请由其他负责人审核。")
        if mine.inner_step and _has_approved(mine, reply, actor):
            raise Forbidden("这份答复的上一级内审是您通过的，请由其他负责人审核。")
        step = mine.inner_step + 1
        reply.signed_off_by = actor.name
        facts = {"note": said, "step": step, "steps": mine.unit.inner_review_steps}
        if step < mine.unit.inner_review_steps:
            change.store(reply, "signed_off_by")
            change.move_assignment(
                mine, life.INNER_APPROVE, to=State.INNER_REVIEW, data=facts, inner_step=step
            )
        else:
            reply.stage = Reply.Stage.SUBMITTED
            change.store(reply, "signed_off_by", "stage")
            change.record(life.INNER_APPROVE.name, facts, mine)
            change.change_assignment(mine, inner_step=step)
            _hand_in(change, mine, reply)
    return mine


def inner_reject(
    assignment: Assignment, reason: str, *, actor: Actor, at: dt.datetime
) -> Assignment:
    """This will give the reply back to whoever wrote it, with the reason."""
    why = clean_text(reason, max_length=1000, field="reason", label="退回理由")
    if not why:
        raise invalid("reason", "请写明退回修改的理由。", "required")
    with changing(assignment.appeal, actor=actor, at=at) as change:
        mine = _own(change, assignment, actor)
        change.move_assignment(mine, life.INNER_REJECT, data={"reason": why}, inner_step=0)
        reply = _reply_of(change, mine)
        reply.stage, reply.decision = Reply.Stage.DRAFT, why
        change.store(reply, "stage", "decision")
    return mine


# --- inside ---------------------------------------------------------------------------------------


def _own(change: Change, assignment: Assignment, actor: Actor) -> Assignment:
    """The change's own object of the assignment, if it is this actor's unit's."""
    mine = change.mine(assignment)
    check_unit(actor, mine)
    may_work = UNITS_WORK
    if mine.nature == Assignment.Nature.JOINT:
        may_work |= JOINT_UNITS_GO_ON
    if change.appeal.where not in may_work:
        check_from(life.REPORT, change.appeal.where)
    return mine


def _hand_in(change: Change, mine: Assignment, reply: Reply) -> None:
    """The reply leaves the unit: to the superior that passed the order down, or to the centre."""
    if mine.nature == Assignment.Nature.JOINT and mine.parent_id is None:
        change.follow_assignment(
            mine, life.REPORT_JOINT, data={"report": reply.handling_report[:300]},
            reported_at=change.at,
        )  # fmt: skip
        return
    move = life.INNER_APPROVE if mine.where is State.INNER_REVIEW else life.SUBMIT
    change.follow_assignment(mine, move, to=State.REPORTED, record=False, reported_at=change.at)
    if mine.parent_id is not None:
        parent = next(a for a in change.assignments if a.pk == mine.parent_id)
        change.follow_assignment(parent, life.RECEIVE_FROM_BELOW, data={"from": mine.unit_name})
        return
    change.follow(
        life.REPORT, assignment=mine,
        data={"solved": reply.solved, "found_true": reply.found_true,
              "reply": reply.public_reply[:300], "round": mine.round},
    )  # fmt: skip


def _has_approved(mine: Assignment, reply: Reply, actor: Actor) -> bool:
    """Whether this person passed an earlier step since the reply was handed in."""
    if actor.user_id is None:
        return False
    passed = mine.appeal.events.filter(
        kind=life.INNER_APPROVE.name, assignment_id=mine.pk, actor_user_id=actor.user_id,
        at__gte=reply.submitted_at,
    )  # fmt: skip
    return passed.exists()


def _line_below(change: Change, assignment: Assignment) -> list[Assignment]:
    """The live assignments that came from this one, however deep."""
    line, above = [], {assignment.pk}
    for other in change.live():
        if other.parent_id in above:
            line.append(other)
            above.add(other.pk)
    return line


def _reply_of(change: Change, mine: Assignment) -> Reply:
    """This round's reply of the assignment, or a new one, yet to be stored."""
    for reply in change.replies:
        if (reply.assignment_id, reply.round) == (mine.pk, mine.round):
            return reply
    new = Reply(
        appeal=change.appeal, assignment=mine, round=mine.round, written_by=change.actor.name,
        written_by_id=change.actor.user_id, updated_at=change.at,
    )  # fmt: skip
    change.replies.append(new)
    return new


def _fill(reply: Reply, answer: Answer) -> None:
    reply.handling_report = clean_text(
        answer.handling_report, max_length=REPORT_LENGTH, field="handling_report", label="办理报告"
    )
    reply.public_reply = clean_text(
        answer.public_reply, max_length=REPORT_LENGTH, field="public_reply", label="答复内容"
    )
    reply.legal_basis = clean_text(
        answer.legal_basis, max_length=500, field="legal_basis", label="法律政策依据"
    )
    reply.found_true, reply.solved = answer.found_true, answer.solved
    reply.unsolved_reason = answer.unsolved_reason if answer.solved is False else ""
    reply.beyond_competence = answer.beyond_competence[:32]
    if answer.signed_off_by:
        reply.signed_off_by = answer.signed_off_by[:64]


def _check_answer(change: Change, assignment: Assignment, answer: Answer) -> None:
    """Every fault of the answer at once."""
    appeal, at = change.appeal, change.at
    errors: list[FieldError] = []
    if not answer.handling_report.strip():
        errors.append(FieldError("handling_report", "required", "请填写办理报告。"))
    if assignment.nature == Assignment.Nature.LEAD and assignment.depth == 0:
        least = rules.value(Rule.MIN_REPLY_CHARACTERS, at)
        if len(answer.public_reply.strip()) < least:
            errors.append(
                FieldError(
                    "public_reply", "too_short",
                    f"给诉求人的答复至少 {least} 个字，须写明核查情况、处理措施和结果。",
                )
            )  # fmt: skip
        if answer.solved is None:
            errors.append(FieldError("solved", "required", "请选择诉求是否已解决。"))
        if (
            rules.value(Rule.CONTACT_REQUIRED, at)
            and appeal.reply_wanted
            and not appeal.is_anonymous
            and not any(change.unwritten(Contact))
            and not Contact.objects.filter(appeal=appeal).exists()
        ):
            errors.append(
                FieldError("contact", "no_contact", "还没有联系诉求人的记录，请先登记联系情况。")
            )
    if answer.solved is False:
        try:
            codes.check(Table.UNSOLVED_REASON, answer.unsolved_reason, at, "unsolved_reason")
        except Invalid as error:
            errors.extend(error.errors)
    if errors:
        raise Invalid(errors)


def _check_plea(plea: Plea, kind: Application.Kind, at: dt.datetime) -> None:
    """Every fault of an application at once."""
    errors: list[FieldError] = []
    for field, label, longest, needed in (
        ("reason", "申请理由", 1000, True),
        ("basis", "法律依据", 500, kind == Application.Kind.RETURN),
        ("plan", "办理计划", 1000, kind == Application.Kind.EXTENSION),
        ("citizen_told", "告知诉求人情况", 300,
         kind in (Application.Kind.EXTENSION, Application.Kind.SUSPENSION)),
    ):  # fmt: skip
        text = getattr(plea, field).strip()
        if len(text) > longest:
            errors.append(FieldError(field, "too_long", f"{label}最多 {longest} 字，请精简。"))
        elif needed and not text:
            errors.append(FieldError(field, "required", f"请填写{label}。"))
    try:
        codes.check(REASONS[kind], plea.reason_code, at, "reason_code")
    except Invalid as error:
        errors.extend(error.errors)
    if kind == Application.Kind.RETURN and plea.suggested_unit is None:
        errors.append(FieldError("suggested_unit", "required", "请选择您认为应承办的单位。"))
    if kind == Application.Kind.EXTENSION and not 1 <= (plea.days or 0) <= 60:
        errors.append(FieldError("days", "out_of_range", "申请延长 1 到 60 个工作日。"))
    if errors:
        raise Invalid(errors)


def _guard_return(change: Change, mine: Assignment, at: dt.datetime) -> None:
    returns = Application.objects.filter(
        appeal=change.appeal, assignment__unit_id=mine.unit_id, kind=Application.Kind.RETURN
    )
    why = options.why_no_return(
        mine, returns=returns.count(), most=rules.value(Rule.MAX_RETURNS_PER_UNIT, at),
        limits=Clock.objects.filter(assignment=mine, kind=ClockKind.RETURN), at=at,
    )  # fmt: skip
    if why:
        raise NotAllowedNow(f"不能退单：{why}。")


def _guard_listed(change: Change) -> None:
    if change.appeal.where is Status.LISTED:  # nobody could judge it there
        raise NotAllowedNow("疑难挂账期间不能提出申请，请待热线中心销账续办后再申请。")


def _guard_lead(mine: Assignment) -> None:
    if mine.nature != Assignment.Nature.LEAD or mine.depth:
        raise NotAllowedNow("延期、挂起和终止由主办单位向热线中心申请。")


def _guard_extension(change: Change, mine: Assignment, at: dt.datetime) -> None:
    appeal = change.appeal
    rule = Rule.MAX_EXTENSIONS_DIFFICULT if appeal.is_difficult else Rule.MAX_EXTENSIONS
    most = rules.value(rule, at)
    if appeal.extension_count >= most:
        raise NotAllowedNow(f"该工单已延期 {appeal.extension_count} 次，不能再延。")
    clock = change.clocks.running(ClockKind.HANDLE, mine)
    if clock is not None and clock.due_at < at:
        raise NotAllowedNow("办理时限已过，不能申请延期。请尽快办结并说明原因。")


def _guard_unreachable(mine: Assignment, at: dt.datetime) -> None:
    needed = rules.value(Rule.UNREACHABLE_DAYS, at)
    tries = Contact.objects.filter(assignment=mine, reached=False).values_list("at", flat=True)
    days = {day_of(tried) for tried in tries}
    if len(days) < needed:
        raise NotAllowedNow(
            f"以联系不上诉求人为由挂起，须在不同日期联系过 {needed} 天，现有记录 {len(days)} 天。"
        )
