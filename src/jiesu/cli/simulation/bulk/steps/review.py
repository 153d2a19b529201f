"""The centre checks."""

from jiesu.appeals.lifecycle import ALL_CLOCKS, Status
from jiesu.catalogue.codes import Table
from jiesu.cli.simulation.bulk.lives import Lives
from jiesu.cli.simulation.bulk.state import LifeBroken, OrderState
from jiesu.cli.simulation.bulk.steps.parts import finish_assignments, label
from jiesu.cli.simulation.bulk.tables import Row
from jiesu.cli.simulation.plan import Step
from jiesu.deadlines.kinds import ClockKind


def _submitted(o: OrderState) -> Row:
    tops = {a["id"]: a for a in o.assignments if a["nature"] == "lead" and a["depth"] == 0}
    found = [r for r in o.replies if r["stage"] == "submitted" and r["assignment_id"] in tops]
    if not found:
        raise LifeBroken("nothing was handed in")
    return max(found, key=lambda r: r["submitted_at"])


def approve(lives: Lives, o: OrderState, step: Step) -> None:
    """The reply goes out."""
    reply = _submitted(o)
    note = step.what["note"]
    reply.update(stage="approved", decided_at=step.at, decided_by=step.who.name, decision=note)
    answer = reply["public_reply"]
    unit = next(a for a in o.assignments if a["id"] == reply["assignment_id"])["unit_name"]
    _answer(o, "approve", answer, {"note": note, "mended": False, "unit": unit}, step)
    if step.what["publish"]:
        o.row["published_at"] = step.at
    if o.row["merged_count"]:
        for child in lives.orders:
            if child.row and child.row["master_id"] == o.pk and child.row["status"] == "merged":
                child.begin(step.who, step.at)
                _answer(child, "answer_merged", answer, {"master": o.row["number"]}, step)
                child.finish()


def _answer(o: OrderState, move: str, answer: str, facts: Row, step: Step) -> None:
    row = o.row
    wanted = row["reply_wanted"] and not (row["is_anonymous"] and not row["phone"])
    changes: Row = {
        "public_reply": answer, "replied_at": step.at, "callback_tries": 0,
        "next_callback_at": None,
    }  # fmt: skip
    if not wanted:
        changes |= {"outcome": "handled", "closed_at": step.at}
        finish_assignments(o)
    o.move(
        move, {**facts, "reply": answer[:300], "callback": wanted},
        to=Status.CALLBACK if wanted else Status.CLOSED, **changes,
    )  # fmt: skip
    if not wanted:
        o.stop(ALL_CLOCKS)


def send_back(lives: Lives, o: OrderState, step: Step) -> None:
    """The reply goes back to its unit."""
    reply, what = _submitted(o), step.what
    reply.update(
        stage="sent_back", decided_at=step.at, decided_by=step.who.name, decision=what["reason"],
        decision_codes=list(what["reason_codes"]),
    )  # fmt: skip
    lead = o.lead()
    labels = [label(Table.SEND_BACK_REASON, code) for code in what["reason_codes"]]
    o.move(
        "send_back", {"reason": what["reason"], "faults": labels}, lead,
        send_back_count=o.row["send_back_count"] + 1,
    )  # fmt: skip
    o.move_assignment(
        lead, "work_again", None, round=lead["round"] + 1, reported_at=None, inner_step=0
    )
    o.reopen(ClockKind.HANDLE, lead)


def archive(lives: Lives, o: OrderState, step: Step) -> None:
    """Put away."""
    o.move("archive", {}, archived_at=step.at)
