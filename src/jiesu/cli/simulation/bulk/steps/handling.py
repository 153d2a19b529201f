"""The unit's own."""

from jiesu.appeals.actions.handling import Answer, Plea
from jiesu.appeals.lifecycle import State, Status
from jiesu.catalogue.codes import Table
from jiesu.cli.simulation.bulk import tables
from jiesu.cli.simulation.bulk.lives import Lives
from jiesu.cli.simulation.bulk.state import LifeBroken, OrderState
from jiesu.cli.simulation.bulk.steps.parts import add_assignment, label, short
from jiesu.cli.simulation.bulk.tables import Row
from jiesu.cli.simulation.plan import Step
from jiesu.deadlines.kinds import ClockKind


def open_(lives: Lives, o: OrderState, step: Step) -> None:
    """Looked at by the unit."""
    mine = o.of_unit(step.what["unit"])
    if mine["state"] == "assigned":
        o.move_assignment(mine, "open", {}, opened_at=step.at)


def sign(lives: Lives, o: OrderState, step: Step) -> None:
    """Signed for."""
    mine = o.of_unit(step.what["unit"])
    o.move_assignment(
        mine, "sign", {}, opened_at=mine["opened_at"] or step.at, signed_at=step.at,
        handler_id=step.who.user_id, handler_name=step.who.name,
    )  # fmt: skip


def pass_down(lives: Lives, o: OrderState, step: Step) -> None:
    """Given to a unit below."""
    mine, below = o.of_unit(step.what["unit"]), step.what["to"]
    text = step.what["instruction"]
    o.move_assignment(
        mine, "pass_down", {"to": short(below), "instruction": text},
        opened_at=mine["opened_at"] or step.at, signed_at=mine["signed_at"] or step.at,
    )  # fmt: skip
    add_assignment(
        o, step, below, "assign_below", mine["nature"], parent_id=mine["id"],
        depth=mine["depth"] + 1, assigner_unit_id=mine["unit_id"],
        basis=f"{mine['unit_name']}转派", instruction=text, round=mine["round"],
    )  # fmt: skip


def contact(lives: Lives, o: OrderState, step: Step) -> None:
    """The citizen was called."""
    mine, what = o.of_unit(step.what["unit"]), step.what
    o.contacts.append(
        tables.CONTACTS.new(
            appeal_id=o.pk, assignment_id=mine["id"], way=what["way"], reached=what["reached"],
            note=what["note"], at=step.at, by=step.who.name, by_id=step.who.user_id,
        )
    )  # fmt: skip
    if what["reached"]:
        o.stop((ClockKind.CONTACT,))
        if mine["contacted_at"] is None:
            o.change(mine, contacted_at=step.at)
    o.record(
        "contact",
        {"way": label(Table.REPLY_WAY, what["way"]), "reached": what["reached"],
         "note": what["note"]},
        mine,
    )  # fmt: skip


def apply_for(lives: Lives, o: OrderState, step: Step) -> None:
    """The unit applies for something."""
    mine = o.of_unit(step.what["unit"])
    plea: Plea = step.what["plea"]
    was_signed = mine["signed_at"] is not None
    if plea.kind == "return":
        suggested = plea.suggested_unit
        o.move_assignment(
            mine, "request_return",
            {"reason": plea.reason, "basis": plea.basis,
             "suggested": suggested.name if suggested else ""},
            opened_at=mine["opened_at"] or step.at,
        )  # fmt: skip
    else:
        o.move_assignment(
            mine, "apply",
            {"kind": plea.kind, "reason": plea.reason, "days": plea.days,
             "citizen_told": plea.citizen_told},
        )  # fmt: skip
    o.applications.append(
        tables.APPLICATIONS.new(
            appeal_id=o.pk, assignment_id=mine["id"], judge_unit_id=mine["assigner_unit_id"],
            kind=plea.kind, reason_code=plea.reason_code, reason=plea.reason, basis=plea.basis,
            suggested_unit_id=plea.suggested_unit.pk if plea.suggested_unit else None,
            plan=plea.plan, citizen_told=plea.citizen_told, amount=plea.days,
            was_signed=was_signed, applied_at=step.at, applied_by=step.who.name,
            applied_by_id=step.who.user_id,
        )
    )  # fmt: skip
    o.row["pending_applications"] += 1


def _reply_of(o: OrderState, mine: Row, step: Step) -> Row:
    for reply in o.replies:
        if reply["assignment_id"] == mine["id"] and reply["round"] == mine["round"]:
            return reply
    reply = tables.REPLIES.new(
        appeal_id=o.pk, assignment_id=mine["id"], round=mine["round"], written_by=step.who.name,
        written_by_id=step.who.user_id, decision_codes=[],
    )  # fmt: skip
    o.replies.append(reply)
    return reply


def report(lives: Lives, o: OrderState, step: Step) -> None:
    """The result is handed in."""
    mine = o.of_unit(step.what["unit"])
    answer: Answer = step.what["answer"]
    if o.row["status"] != Status.DISPATCHED:
        raise LifeBroken(f"a report in {o.row['status']}")
    steps = lives.province.units[mine["unit_id"]].inner_review_steps
    reply = _reply_of(o, mine, step)
    reply.update(
        handling_report=answer.handling_report, public_reply=answer.public_reply,
        legal_basis=answer.legal_basis, found_true=answer.found_true, solved=answer.solved,
        unsolved_reason=answer.unsolved_reason if answer.solved is False else "",
        updated_at=step.at, submitted_at=step.at,
        stage="inner_review" if steps else "submitted",
    )  # fmt: skip
    if steps:
        o.move_assignment(
            mine, "submit", {"solved": answer.solved, "step": 0, "steps": steps},
            to=State.INNER_REVIEW, inner_step=0,
        )  # fmt: skip
    else:
        o.stop((ClockKind.RETURN,), mine)
        _hand_in(o, mine, reply, step)


def inner_approve(lives: Lives, o: OrderState, step: Step) -> None:
    """The inner review lets it pass."""
    mine = o.of_unit(step.what["unit"])
    steps = lives.province.units[mine["unit_id"]].inner_review_steps
    reply = _reply_of(o, mine, step)
    reply["signed_off_by"] = step.who.name
    passed = mine["inner_step"] + 1
    facts = {"note": step.what["note"], "step": passed, "steps": steps}
    if passed < steps:
        o.move_assignment(mine, "inner_approve", facts, to=State.INNER_REVIEW, inner_step=passed)
        return
    reply["stage"] = "submitted"
    o.record("inner_approve", facts, mine)
    o.change(mine, inner_step=passed)
    _hand_in(o, mine, reply, step)


def inner_reject(lives: Lives, o: OrderState, step: Step) -> None:
    """The inner review sends it back."""
    mine = o.of_unit(step.what["unit"])
    why = step.what["reason"]
    o.move_assignment(mine, "inner_reject", {"reason": why}, inner_step=0)
    reply = _reply_of(o, mine, step)
    reply["stage"], reply["decision"] = "draft", why


def _hand_in(o: OrderState, mine: Row, reply: Row, step: Step) -> None:
    if mine["nature"] == "joint" and mine["parent_id"] is None:
        o.move_assignment(
            mine, "report_joint", {"report": reply["handling_report"][:300]}, reported_at=step.at
        )
        return
    move = "inner_approve" if mine["state"] == "inner_review" else "submit"
    o.move_assignment(mine, move, None, to=State.REPORTED, reported_at=step.at)
    if mine["parent_id"] is not None:
        parent = next(a for a in o.assignments if a["id"] == mine["parent_id"])
        o.move_assignment(parent, "receive_from_below", {"from": mine["unit_name"]})
        return
    o.move(
        "report",
        {"solved": reply["solved"], "found_true": reply["found_true"],
         "reply": reply["public_reply"][:300], "round": mine["round"]},
        mine,
    )  # fmt: skip
