"""The centre checks a unit's reply 审核: lets it go to the citizen, or sends it back."""

import datetime as dt
from collections.abc import Iterable, Sequence

from jiesu.access import Actor
from jiesu.appeals import lifecycle as life
from jiesu.appeals.actions import merged, reply_gate
from jiesu.appeals.actions.transition import Change, changing, check_centre, check_permission
from jiesu.appeals.models import Appeal, Assignment, Attachment, Reply
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.deadlines.kinds import ClockKind
from jiesu.foundation.errors import ChangedMeanwhile, invalid
from jiesu.foundation.text import clean_text


def current_reply(appeal: Appeal) -> Reply | None:
    """The reply of the lead unit that waits for the centre, or the last one approved."""
    return _current(Reply.objects.select_related("assignment").filter(appeal=appeal))


def approve(
    appeal: Appeal, note: str = "", *, actor: Actor, at: dt.datetime, public_reply: str = "",
    publish: bool = False,
) -> Appeal:  # fmt: skip
    """This will let the reply go: the citizen sees it, the call-back becomes due.

    ``public_reply`` is the wording as the reviewer mended it. Where no reply is wanted, the
    appeal is closed at once. Every appeal merged under this one is answered with it.
    ``publish`` shows matter and answer to anyone, if the citizen agreed. A reply with as many kinds
    of defects as the dated rule says is refused (Invalid); fewer need a ``note`` that says why it
    may go all the same, and are written down as overruled.
    """
    said = clean_text(note, max_length=1000, field="note", label="审核意见")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        check_permission(actor, life.APPROVE)
        reply = _submitted(change)
        answer = clean_text(
            public_reply or reply.public_reply, max_length=20_000, field="public_reply",
            label="答复内容",
        )  # fmt: skip
        mended = bool(public_reply) and answer != reply.public_reply
        if publish and not appeal.may_publish:
            raise invalid("publish", "诉求人不同意公开，不能公开发布。", "no_consent")
        flaws = reply_gate.check(appeal, answer, at) if answer else []
        if flaws and not said:
            raise invalid(
                "note", f"答复自查有“{'”“'.join(flaws)}”。要放行，请在审核意见里写明理由。",
                "overrule_reason",
            )  # fmt: skip
        overruled = {"overruled": flaws} if flaws else {}
        reply.stage, reply.decided_at = Reply.Stage.APPROVED, at
        reply.decided_by, reply.decision = actor.name, said
        change.store(reply, "stage", "decided_at", "decided_by", "decision")
        if not appeal._state.adding:  # else it has no files yet
            Attachment.objects.filter(
                appeal=appeal, purpose=Attachment.Purpose.REPLY,
                assignment_id=reply.assignment_id,
            ).update(is_public=True)  # fmt: skip
        merged.give(
            change, life.APPROVE, answer,
            {"note": said, "mended": mended, "unit": reply.assignment.unit_name, **overruled},
        )  # fmt: skip
        if publish:
            change.change_appeal(published_at=at)
        merged.answer(change, answer)
    return appeal


def send_back(
    appeal: Appeal, reason: str, reason_codes: Sequence[str] = (), *, actor: Actor, at: dt.datetime
) -> Appeal:
    """This will send the reply back to its unit with reasons 退回重办.

    The unit's clock goes on where it stood: the time of the review is not the unit's, and a reply
    handed in too early wins none.
    """
    why = clean_text(reason, max_length=1000, field="reason", label="退回理由")
    if not why:
        raise invalid("reason", "请写明退回理由，承办单位要据此重办。", "required")
    for code in reason_codes:
        codes.check(Table.SEND_BACK_REASON, code, at, "reason_codes")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        reply = _submitted(change)
        reply.stage, reply.decided_at = Reply.Stage.SENT_BACK, at
        reply.decided_by, reply.decision = actor.name, why
        reply.decision_codes = list(reason_codes)
        change.store(reply, "stage", "decided_at", "decided_by", "decision", "decision_codes")
        lead = change.lead()
        if lead is None:
            raise ChangedMeanwhile
        labels = [codes.label(Table.SEND_BACK_REASON, c) for c in reason_codes]
        change.move(
            life.SEND_BACK, assignment=lead, send_back_count=appeal.send_back_count + 1,
            data={"reason": why, "faults": labels},
        )  # fmt: skip
        change.follow_assignment(
            lead, life.WORK_AGAIN, record=False, round=lead.round + 1, reported_at=None,
            inner_step=0,
        )  # fmt: skip
        change.clocks.reopen(ClockKind.HANDLE, lead)
    return appeal


# --- inside ---------------------------------------------------------------------------------------


def _current(replies: Iterable[Reply]) -> Reply | None:
    handed_in = [
        reply
        for reply in replies
        if reply.stage in (Reply.Stage.SUBMITTED, Reply.Stage.APPROVED)
        and reply.assignment.nature == Assignment.Nature.LEAD
        and reply.assignment.depth == 0
    ]
    return max(handed_in, key=lambda reply: (reply.submitted_at, reply.pk), default=None)


def _submitted(change: Change) -> Reply:
    reply = _current(change.replies)
    if reply is None or reply.stage != Reply.Stage.SUBMITTED:
        raise ChangedMeanwhile("没有待审核的答复，可能已由他人审核。请刷新后重试。")
    return reply
