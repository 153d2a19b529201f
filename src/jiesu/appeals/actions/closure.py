"""The end: close, archive, reopen."""

import datetime as dt

from jiesu.access import Actor
from jiesu.appeals import lifecycle as life
from jiesu.appeals.actions.families import ALONE, parting
from jiesu.appeals.actions.transition import Change, changing, check_centre
from jiesu.appeals.lifecycle import State
from jiesu.appeals.models import Appeal
from jiesu.deadlines.kinds import ClockKind
from jiesu.foundation.errors import invalid
from jiesu.foundation.text import clean_text


def finish_assignments(change: Change) -> None:
    """Mark every handed-in assignment done; what never came is taken back by the closing move."""
    for assignment in change.live():
        if assignment.where is State.REPORTED:
            change.follow_assignment(assignment, life.FINISH, record=False)


def end(change: Change, outcome: str, facts: dict[str, object]) -> None:
    """Close the appeal with an outcome, inside another move's change."""
    finish_assignments(change)
    change.follow(
        life.CLOSE, data={"outcome": outcome, **facts}, outcome=outcome, closed_at=change.at,
        next_callback_at=None,
    )  # fmt: skip


def close(appeal: Appeal, reason: str, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will close an answered appeal without a (further) call-back, with the reason why."""
    why = clean_text(reason, max_length=500, field="reason", label="办结说明")
    if not why:
        raise invalid("reason", "不经回访办结须写明原因。", "required")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        finish_assignments(change)
        change.move(
            life.CLOSE, data={"reason": why}, outcome="handled", closed_at=at,
            next_callback_at=None,
        )  # fmt: skip
    return appeal


def archive(appeal: Appeal, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will put an ended appeal into the archive 归档; it can no longer be reopened."""
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        change.move(life.ARCHIVE, archived_at=at)
    return appeal


def reopen(appeal: Appeal, reason: str, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will take an ended appeal up again; it waits for dispatch.

    The citizen's total clock goes on from its first start: it never restarts.
    """
    why = clean_text(reason, max_length=1000, field="reason", label="重新办理理由")
    if not why:
        raise invalid("reason", "请写明重新办理的理由。", "required")
    with (
        parting(appeal, actor=actor, at=at),
        changing(appeal, actor=actor, at=at) as change,
    ):
        check_centre(actor, appeal)
        change.move(
            life.REOPEN, data={"reason": why, "outcome": appeal.outcome}, outcome="",
            closed_at=None, refusal_reason="", handed_over_to="", published_at=None, **ALONE,
        )  # fmt: skip
        change.clocks.reopen(ClockKind.TOTAL)
    return appeal


def due_for_archive(before: dt.datetime, limit: int = 500) -> list[Appeal]:
    """Ended appeals closed before a day and not yet archived, oldest first."""
    return list(Appeal.objects.to_archive(before)[:limit])
