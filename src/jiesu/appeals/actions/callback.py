"""Asking the citizen 回访 and hearing the citizen 评价: solved? satisfied? what follows?

Solved, satisfied and closed are three facts. Five levels after GB/T 39735-2020: 5 非常满意, 4 满意,
3 基本满意, 2 不满意, 1 非常不满意.
"""

import datetime as dt
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from jiesu.access import Actor, ActorKind
from jiesu.appeals import lifecycle as life
from jiesu.appeals import rules
from jiesu.appeals.actions.closure import end
from jiesu.appeals.actions.families import ALONE, parting
from jiesu.appeals.actions.transition import Change, changing, check_centre, check_permission
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Callback
from jiesu.appeals.rules import Rule
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.deadlines.kinds import ClockKind
from jiesu.foundation.errors import FieldError, Invalid, NotAllowedNow, invalid
from jiesu.foundation.text import clean_text

SATISFIED_FROM = 3  # 基本满意 and above
LEVELS: dict[int, str] = {5: "非常满意", 4: "满意", 3: "基本满意", 2: "不满意", 1: "非常不满意"}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one call-back brought."""

    reached: bool
    way: str = Callback.Way.PHONE
    solved: bool | None = None
    satisfaction: int | None = None
    agent_satisfaction: int | None = None
    handling_satisfaction: int | None = None
    dissatisfied_reason: str = ""
    note: str = ""
    decision: str = ""  # Callback.Decision; "" = what follows by itself
    finding: str = ""
    next_at: dt.datetime | None = None

    @property
    def is_dissatisfied(self) -> bool:
        """Below 基本满意."""
        return self.satisfaction is not None and self.satisfaction < SATISFIED_FROM

    @property
    def is_bad(self) -> bool:
        """Unsolved or dissatisfied: something must follow."""
        return self.solved is False or self.is_dissatisfied


def record(appeal: Appeal, said: Said, *, actor: Actor, at: dt.datetime) -> Callback:
    """This will record a call-back and do what follows.

    Not reached: try again (at most as often as the rule says, then close). Solved and satisfied:
    close. Otherwise: redo (at most twice) or close with a finding 认定 backed by evidence.
    Refusals: Invalid at its fields, NotAllowedNow past the last redo.
    """
    decision = _check(appeal, said, at)
    leaves = decision == Callback.Decision.REDO
    with (
        parting(appeal, actor=actor, at=at) if leaves else nullcontext(),
        changing(appeal, actor=actor, at=at) as change,
    ):
        check_centre(actor, appeal)
        check_permission(actor, life.CALL_BACK)
        made = _store(change, said, decision)
        tries = appeal.callback_tries + 1
        facts = _facts(said)
        change.follow(
            life.CALL_BACK, data={**facts, "decision": decision}, callback_tries=tries,
            next_callback_at=said.next_at, **_verdict(said),
        )  # fmt: skip
        change.outdate()  # one call is recorded once, though the page is sent twice
        if decision == Callback.Decision.REDO:
            _redo(change, said.note or "诉求人不满意或未解决")
        elif decision == Callback.Decision.CLOSE:
            end(change, "handled" if said.reached else "unreachable", {})
        elif decision == Callback.Decision.FINDING:
            end(change, "finding", {"finding": said.finding})
        elif tries >= rules.value(Rule.MAX_CALLBACK_TRIES, at) and not said.reached:
            end(change, "unreachable", {"tries": tries})
    return made


def rate(
    appeal: Appeal, said: Said, *, actor: Actor, at: dt.datetime, proven: bool = False
) -> Callback:
    """This will record the citizen's own rating (web, SMS) 评价.

    Good: closed. Bad: stays for a person to call back (every bad rating is called back). After the
    end a rating is kept and changes nothing else; each answer can be rated once. Only the appeal's
    own centre notes a rating, unless the citizen has ``proven`` to a channel that it is theirs.
    """
    if said.satisfaction is None or said.satisfaction not in LEVELS:
        raise invalid("satisfaction", "请选择满意程度。", "required")
    note = clean_text(said.note, max_length=1000, field="note", label="评价内容")
    errors = _wrong_levels(said)
    if said.dissatisfied_reason:
        errors += _wrong_reason(said, at)
    if errors:
        raise Invalid(errors)
    with changing(appeal, actor=actor, at=at) as change:
        check_permission(actor, life.RATE)
        if not proven:
            check_centre(actor, appeal)
        if has_rated(appeal):
            raise NotAllowedNow("您已经评价过了，感谢您的参与。")
        waiting = appeal.where is Status.CALLBACK
        decision = Callback.Decision.NONE if said.is_bad else Callback.Decision.CLOSE
        made = _store(change, said, decision)
        change.follow(
            life.RATE, data={**_facts(said), "note": note},
            **(_verdict(said) if waiting or appeal.satisfaction is None else {}),
        )  # fmt: skip
        if waiting and not said.is_bad:
            end(change, "handled", {"by": "rating"})
        elif waiting:
            change.change_appeal(next_callback_at=at)
    return made


def has_rated(appeal: Appeal) -> bool:
    """Whether the citizen rated the answer they have now; one after a redo is another answer."""
    ratings = Callback.objects.filter(
        appeal=appeal, way__in=[Callback.Way.WEB, Callback.Way.SMS], round=appeal.redo_count + 1
    )
    if appeal.replied_at is not None:
        ratings = ratings.filter(at__gte=appeal.replied_at)
    return ratings.exists()


# --- inside ---------------------------------------------------------------------------------------


def _check(appeal: Appeal, said: Said, at: dt.datetime) -> str:
    """What follows; refuses what does not fit together, every fault at once."""
    errors: list[FieldError] = []
    if len(said.note) > 1000:
        errors.append(FieldError("note", "too_long", "回访情况最多 1000 字，请精简。"))
    if said.next_at is not None and said.next_at < at:
        errors.append(FieldError("next_at", "past", "下次回访时间早于现在，请重选。"))
    if not said.reached:
        if errors:
            raise Invalid(errors)
        chosen = said.decision or Callback.Decision.AGAIN
        if chosen not in (Callback.Decision.AGAIN, Callback.Decision.CLOSE):
            raise invalid("decision", "未接通时只能再次回访或按未接通办结。", "not_reached")
        least = rules.value(Rule.MAX_CALLBACK_TRIES, at)
        if chosen == Callback.Decision.CLOSE and appeal.callback_tries + 1 < least:
            raise invalid("decision", f"回访未满 {least} 次，不能按未接通办结。", "too_few_tries")
        return chosen
    if said.solved is None:
        errors.append(FieldError("solved", "required", "请选择诉求人认为是否已解决。"))
    if said.satisfaction not in LEVELS:
        errors.append(FieldError("satisfaction", "required", "请选择诉求人的满意程度。"))
    errors += _wrong_levels(said)
    if said.is_dissatisfied or said.dissatisfied_reason:
        errors += _wrong_reason(said, at)
    if errors:
        raise Invalid(errors)
    if not said.is_bad:
        return Callback.Decision.CLOSE
    if said.decision == Callback.Decision.REDO:
        most = rules.value(Rule.MAX_REDO, at)
        if appeal.redo_count >= most:
            raise NotAllowedNow(
                f"已二次办理 {appeal.redo_count} 次，不能再退回。请转督办，或附证据认定办结。"
            )
        return Callback.Decision.REDO
    if said.decision == Callback.Decision.FINDING:
        if len(said.finding.strip()) < 10:
            raise invalid("finding", "认定办结须写明依据和证据（至少 10 个字）。", "required")
        return Callback.Decision.FINDING
    if said.decision == Callback.Decision.AGAIN:
        return Callback.Decision.AGAIN
    raise invalid("decision", "诉求人不满意或未解决，请选择二次办理或认定办结。", "required")


def _wrong_levels(said: Said) -> list[FieldError]:
    """The further levels, which may be left out but not be anything."""
    return [
        FieldError(field, "out_of_range", "满意程度应在 1 到 5 之间。")
        for field in ("agent_satisfaction", "handling_satisfaction")
        if getattr(said, field) is not None and getattr(said, field) not in LEVELS
    ]


def _wrong_reason(said: Said, at: dt.datetime) -> list[FieldError]:
    try:
        codes.check(Table.DISSATISFIED_REASON, said.dissatisfied_reason, at, "dissatisfied_reason")
    except Invalid as error:
        return list(error.errors)
    return []


def _store(change: Change, said: Said, decision: str) -> Callback:
    appeal, actor = change.appeal, change.actor
    return Callback.objects.create(
        appeal=appeal, way=said.way, round=appeal.redo_count + 1, reached=said.reached,
        solved=said.solved, satisfaction=said.satisfaction,
        agent_satisfaction=said.agent_satisfaction,
        handling_satisfaction=said.handling_satisfaction,
        dissatisfied_reason=said.dissatisfied_reason, note=said.note.strip()[:1000],
        decision=decision, finding=said.finding.strip()[:1000], next_at=said.next_at,
        at=change.at, by="诉求人" if actor.kind is ActorKind.CITIZEN else actor.name,
        by_id=actor.user_id,
    )  # fmt: skip


def _facts(said: Said) -> dict[str, Any]:
    return {
        "reached": said.reached,
        "solved": said.solved,
        "satisfaction": said.satisfaction,
        "reason": codes.label(Table.DISSATISFIED_REASON, said.dissatisfied_reason)
        if said.dissatisfied_reason
        else "",
        "note": said.note.strip()[:300],
    }


def _verdict(said: Said) -> dict[str, Any]:
    if not said.reached:
        return {}
    return {
        "solved": said.solved,
        "satisfaction": said.satisfaction,
        "dissatisfied_reason": said.dissatisfied_reason,
    }


def _redo(change: Change, reason: str) -> None:
    """Send it back to its lead for another round, with a limit of its own 二次办理."""
    appeal = change.appeal
    lead = change.lead()
    facts = {"reason": reason, "round": appeal.redo_count + 1}
    changes: dict[str, Any] = {
        "redo_count": appeal.redo_count + 1, "next_callback_at": None, "published_at": None,
    }  # fmt: skip
    if lead is None:  # it was answered with its master and never had a unit of its own
        change.follow(life.REDO, to=Status.ACCEPTED, data=facts, **ALONE, **changes)
        change.clocks.start(ClockKind.DISPATCH)
        return
    change.follow(life.REDO, assignment=lead, data=facts, **changes)
    change.follow_assignment(
        lead, life.WORK_AGAIN, record=False, round=lead.round + 1, reported_at=None,
        inner_step=0, ended_at=None,
    )  # fmt: skip
    change.clocks.start(ClockKind.HANDLE, lead)
