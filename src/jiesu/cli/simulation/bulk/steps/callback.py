"""The centre asks; the citizen rates."""

from jiesu.access import ActorKind
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.lifecycle import Status
from jiesu.catalogue.codes import Table
from jiesu.cli.simulation.bulk import tables
from jiesu.cli.simulation.bulk.lives import Lives
from jiesu.cli.simulation.bulk.state import OrderState
from jiesu.cli.simulation.bulk.steps.parts import finish_assignments, label
from jiesu.cli.simulation.bulk.tables import Row
from jiesu.cli.simulation.plan import Step
from jiesu.deadlines.kinds import ClockKind

MAX_TRIES = 3  # Rule.MAX_CALLBACK_TRIES; the planner never goes further


def _said_facts(said: Said) -> Row:
    return {
        "reached": said.reached, "solved": said.solved, "satisfaction": said.satisfaction,
        "reason": label(Table.DISSATISFIED_REASON, said.dissatisfied_reason)
        if said.dissatisfied_reason else "",
        "note": said.note.strip()[:300],
    }  # fmt: skip


def _store(o: OrderState, said: Said, decision: str, step: Step) -> None:
    o.callbacks.append(
        tables.CALLBACKS.new(
            appeal_id=o.pk, way=said.way, round=o.row["redo_count"] + 1, reached=said.reached,
            solved=said.solved, satisfaction=said.satisfaction,
            agent_satisfaction=said.agent_satisfaction,
            handling_satisfaction=said.handling_satisfaction,
            dissatisfied_reason=said.dissatisfied_reason, note=said.note.strip()[:1000],
            decision=decision, finding=said.finding.strip()[:1000], next_at=said.next_at,
            at=step.at, by="诉求人" if step.who.kind is ActorKind.CITIZEN else step.who.name,
            by_id=step.who.user_id,
        )
    )  # fmt: skip


def _verdict(said: Said) -> Row:
    if not said.reached:
        return {}
    return {
        "solved": said.solved, "satisfaction": said.satisfaction,
        "dissatisfied_reason": said.dissatisfied_reason,
    }  # fmt: skip


def call_back(lives: Lives, o: OrderState, step: Step) -> None:
    """A call, with what it leads to."""
    said: Said = step.what["said"]
    if not said.reached:
        decision = said.decision or "again"
    else:
        decision = said.decision if said.is_bad else "close"
    o.outdate()
    _store(o, said, decision, step)
    tries = o.row["callback_tries"] + 1
    o.move(
        "call_back", {**_said_facts(said), "decision": decision}, callback_tries=tries,
        next_callback_at=said.next_at, **_verdict(said),
    )  # fmt: skip
    if decision == "redo":
        _redo(o, said.note or "诉求人不满意或未解决")
    elif decision == "close":
        _end(o, step, "handled" if said.reached else "unreachable", {})
    elif decision == "finding":
        _end(o, step, "finding", {"finding": said.finding})
    elif tries >= MAX_TRIES and not said.reached:
        _end(o, step, "unreachable", {"tries": tries})


def _redo(o: OrderState, reason: str) -> None:
    lead = o.lead()
    count = o.row["redo_count"] + 1
    o.move(
        "redo", {"reason": reason, "round": count}, lead, redo_count=count, next_callback_at=None
    )
    o.move_assignment(
        lead, "work_again", None, round=lead["round"] + 1, reported_at=None, inner_step=0,
        ended_at=None,
    )  # fmt: skip
    o.start(ClockKind.HANDLE, lead)


def _end(o: OrderState, step: Step, outcome: str, facts: Row) -> None:
    finish_assignments(o)
    o.move(
        "close", {"outcome": outcome, **facts}, outcome=outcome, closed_at=step.at,
        next_callback_at=None,
    )  # fmt: skip


def rate(lives: Lives, o: OrderState, step: Step) -> None:
    """The citizen's own rating."""
    said: Said = step.what["said"]
    waiting = o.row["status"] == Status.CALLBACK
    _store(o, said, "none" if said.is_bad else "close", step)
    verdict = _verdict(said) if waiting or o.row["satisfaction"] is None else {}
    o.move("rate", {**_said_facts(said), "note": said.note}, **verdict)
    if waiting and not said.is_bad:
        _end(o, step, "handled", {"by": "rating"})
    elif waiting:
        o.row["next_callback_at"] = step.at
