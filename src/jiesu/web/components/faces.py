"""Limits and statuses as people see them, from rows already read: no queries."""

import datetime as dt
from typing import Protocol

from jiesu.appeals.lifecycle import STATE_NAMES, STATUS_NAMES, State, Status
from jiesu.appeals.models import Appeal, Assignment, Clock
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table, Urgency
from jiesu.deadlines import policies
from jiesu.deadlines.kinds import CLOCK_NAMES, ClockKind
from jiesu.deadlines.worktime import Budget, Unit, remaining_words
from jiesu.foundation.errors import UseCaseError
from jiesu.textintel.emotion import Emotion, Mood
from jiesu.web.components.pieces import ClockFace, ClockState, Tag, Tone


class Due(Protocol):
    """Whatever shows a due time: an appeal's or an assignment's row."""

    due_at: dt.datetime | None
    yellow_at: dt.datetime | None
    due_kind: str
    due_unit: str
    is_paused: bool


def _words(at: dt.datetime, due: dt.datetime, unit: str) -> str:
    try:
        return remaining_words(policies.calendar(at), at, due, Unit(unit))
    except UseCaseError:
        return f"{due:%m-%d %H:%M} 到期"


def _state(at: dt.datetime, due: dt.datetime, yellow: dt.datetime | None) -> ClockState:
    if due <= at:
        return ClockState.RED
    return ClockState.YELLOW if yellow is not None and yellow <= at else ClockState.OK


def face_of_row(row: Due, at: dt.datetime) -> ClockFace | None:
    """The limit badge of a list's row; None where nothing runs."""
    if row.due_at is None or not row.due_unit:
        return None
    name = CLOCK_NAMES[ClockKind(row.due_kind)]
    if row.is_paused:
        return ClockFace(ClockState.PAUSED, "挂起", row.due_at, name=name)
    return ClockFace(
        _state(at, row.due_at, row.yellow_at),
        _words(at, row.due_at, row.due_unit),
        row.due_at,
        row.yellow_at,
        name=name,
    )


def face_of_clock(clock: Clock, at: dt.datetime, unit_name: str = "") -> ClockFace:
    """One clock on the order's page, running, paused or done."""
    name = CLOCK_NAMES[ClockKind(clock.kind)]
    if unit_name:
        name = f"{name} · {unit_name}"
    limit = Budget(clock.amount, Unit(clock.unit)).words
    if clock.stopped_at is not None:
        state = ClockState.DONE_LATE if clock.was_late else ClockState.DONE_IN_TIME
        words = "超时" if clock.was_late else "准时"
        if clock.kind == ClockKind.RETURN and clock.stopped_at == clock.due_at:
            words = "已过"  # the right ended unused
    elif clock.paused_at is not None:
        state, words = ClockState.PAUSED, "挂起"
    else:
        state = _state(at, clock.due_at, clock.yellow_at)
        words = _words(at, clock.due_at, clock.unit)
    return ClockFace(state, words, clock.due_at, clock.yellow_at, name=name, limit=limit)


def status_words(appeal: Appeal) -> str:
    """待派单, 承办中 …"""
    return STATUS_NAMES[Status(appeal.status)]


def state_words(assignment: Assignment) -> str:
    """待签收, 办理中 …"""
    return STATE_NAMES[State(assignment.state)]


MOOD_TONES = {
    Mood.DISCONTENT: Tone.NONE, Mood.ANGRY: Tone.AMBER,
    Mood.FURIOUS: Tone.RED,
}  # fmt: skip


def mood_tag(felt: Emotion) -> Tag | None:
    """How somebody sounded, with the words that told it; None for a calm tone."""
    if felt.mood is Mood.CALM:
        return None
    return Tag(felt.name, MOOD_TONES[felt.mood], "、".join(felt.words))


def tags_of(appeal: Appeal) -> list[Tag]:
    """What one must know of an appeal before opening it."""
    tags: list[Tag] = []
    if appeal.urgency == Urgency.EXTREME:
        tags.append(Tag("特急", Tone.RED))
    elif appeal.urgency == Urgency.URGENT:
        tags.append(Tag("紧急", Tone.AMBER))
    if appeal.is_difficult:
        tags.append(Tag("疑难", Tone.LINE))
    if appeal.merged_count:
        tags.append(Tag(f"并入 {appeal.merged_count} 件", Tone.BLUE))
    if appeal.urge_count:
        tags.append(Tag(f"催办 {appeal.urge_count} 次", Tone.AMBER))
    if appeal.redo_count:
        tags.append(Tag(f"二次办理 {appeal.redo_count}", Tone.AMBER))
    if appeal.pending_applications:
        tags.append(Tag("有申请待审批", Tone.BLUE))
    if appeal.confidentiality != "0":
        tags.append(Tag("保密", Tone.LINE))
    return tags


def type_words(appeal: Appeal) -> str:
    """投诉, 咨询 …"""
    return codes.label(Table.APPEAL_TYPE, appeal.appeal_type)
