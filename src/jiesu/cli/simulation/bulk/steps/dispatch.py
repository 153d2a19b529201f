"""Sending, and judging what units apply for."""

from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.lifecycle import State
from jiesu.cli.simulation.bulk.lives import Lives
from jiesu.cli.simulation.bulk.state import LifeBroken, OrderState
from jiesu.cli.simulation.bulk.steps.parts import add_assignment, short
from jiesu.cli.simulation.bulk.tables import Row
from jiesu.cli.simulation.plan import Step
from jiesu.deadlines.kinds import ClockKind


def _code_of(lives: Lives, o: OrderState) -> str:
    return lives.province.codes[o.row["category_id"]]


def assign(lives: Lives, o: OrderState, step: Step) -> None:
    """Sent to its units."""
    order: Order = step.what["order"]
    lead, reason = order.lead, order.reason.strip()
    hit = lives.province.answers(_code_of(lives, o), lives.province.regions[o.row["region_id"]])
    named = hit is not None and hit.unit.pk == lead.pk
    basis = hit.reason if hit is not None and named else ""
    o.move(
        "dispatch",
        {
            "lead": short(lead), "joint": [short(u) for u in order.joint], "basis": basis,
            "reason": reason, "instruction": order.instruction.strip(),
            "designated": order.designate,
        },
        lead_unit_id=lead.pk, lead_unit_name=short(lead), lead_unit_path=lead.path,
    )  # fmt: skip
    entry = hit.entry if hit is not None and named else None
    add_assignment(
        o, step, lead, "assign_lead", "lead", basis=basis[:300] or reason,
        duty_entry_id=entry.pk if entry is not None else None, is_designated=order.designate,
        instruction=order.instruction.strip(),
    )  # fmt: skip
    for unit in order.joint:
        add_assignment(
            o, step, unit, "assign_joint", "joint", instruction=order.instruction.strip()
        )


def judge(lives: Lives, o: OrderState, step: Step) -> None:
    """What a unit applied for is decided."""
    what = step.what
    application = next(
        (a for a in o.applications if a["kind"] == what["kind"] and a["verdict"] == "pending"), None
    )
    if application is None:
        raise LifeBroken(f"no {what['kind']} waits to be judged")
    assignment = next(a for a in o.assignments if a["id"] == application["assignment_id"])
    application.update(
        verdict="approved" if what["accept"] else "refused", decision=what["decision"],
        decided_by=step.who.name, decided_at=step.at,
    )  # fmt: skip
    facts = {"reason": application["reason"], "decision": what["decision"]}
    left = max(o.row["pending_applications"] - 1, 0)
    if what["kind"] == "return":
        o.row["pending_applications"] = left
        _judge_return(lives, o, step, application, assignment, facts)
    elif what["kind"] == "extension":
        days = what["days"] or application["amount"] or 0
        if not what["accept"]:
            o.move(
                "refuse_application", {"kind": "extension", "days": days, **facts}, assignment,
                pending_applications=left,
            )  # fmt: skip
            return
        o.move(
            "extend", {"days": days, **facts}, assignment, pending_applications=left,
            extension_count=o.row["extension_count"] + 1,
        )  # fmt: skip
        o.extend((ClockKind.HANDLE, ClockKind.JOINT, ClockKind.TOTAL), days)
    else:
        name = "suspend" if what["accept"] else "refuse_application"
        o.move(name, {"kind": what["kind"], **facts}, assignment, pending_applications=left)


def _judge_return(
    lives: Lives, o: OrderState, step: Step, application: Row, assignment: Row, facts: Row
) -> None:
    if not step.what["accept"]:
        designate = step.what["designate"]
        o.move_assignment(
            assignment, "refuse_return",
            {**facts, "improper": "1", "designated": "1" if designate else ""},
            to=State.HANDLING if application["was_signed"] else State.OPENED,
            is_designated=assignment["is_designated"] or designate,
        )  # fmt: skip
        o.row["improper_return_count"] += 1
        return
    o.move_assignment(assignment, "accept_return", facts)
    for other in o.live():
        o.move_assignment(other, "cancel", {"reason": "主办单位退单"})
    suggested = lives.province.units.get(application["suggested_unit_id"])
    o.move(
        "take_back",
        {"unit": assignment["unit_name"], "suggested": short(suggested) if suggested else ""},
        lead_unit_id=None, lead_unit_name="", lead_unit_path="",
        return_count=o.row["return_count"] + 1,
    )  # fmt: skip


def resume(lives: Lives, o: OrderState, step: Step) -> None:
    """What was suspended goes on."""
    o.move("resume", {"reason": step.what["reason"]})


def list_difficult(lives: Lives, o: OrderState, step: Step) -> None:
    """Put on the long-term list."""
    o.move("list_difficult", {"reason": step.what["reason"]}, is_difficult=True)
