"""The use cases on rows in memory: what each step of a plan leaves behind.

Kept alike to ``appeals.actions`` by tests/cli/test_bulk.py, which walks the same lives through
both and compares every column. The reply gate is left out: its words on a reply depend on what
else the database holds, so an approval in bulk names no defects as overruled.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from jiesu.access import ActorKind
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.actions.handling import Answer, Plea
from jiesu.appeals.actions.intake_form import Intake
from jiesu.appeals.lifecycle import ALL_CLOCKS, State, Status
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.cli.simulation.bulk import tables
from jiesu.cli.simulation.bulk.limits import Limits
from jiesu.cli.simulation.bulk.state import LifeBroken, OrderState
from jiesu.cli.simulation.bulk.tables import Row
from jiesu.cli.simulation.plan import Plan, Step
from jiesu.cli.simulation.province import Province
from jiesu.deadlines.kinds import ClockKind
from jiesu.foundation import identifiers
from jiesu.foundation.crypto import keyring
from jiesu.organizations.models import Region, Unit

MAX_TRIES = 3  # Rule.MAX_CALLBACK_TRIES; the planner never goes further
_labels: dict[tuple[Table, str], str] = {}


def _label(table: Table, code: str) -> str:
    key = (table, code)
    if key not in _labels:
        _labels[key] = codes.label(table, code)
    return _labels[key]


def remember_labels() -> None:
    """Read every code's name now, so that no database is asked later."""
    for table in (
        Table.REPLY_WAY, Table.REFUSAL_REASON, Table.HAND_OVER_LINE, Table.SEND_BACK_REASON,
        Table.DISSATISFIED_REASON,
    ):  # fmt: skip
        for item in codes.items(table, dt.date.today()):  # noqa: DTZ011 - any day will do
            _label(table, item.code)


class Walk:
    """The orders of one plan, walked from their first steps to a moment."""

    def __init__(
        self, province: Province, limits: Limits, ids: list[tuple[int, int]], numbers: list[str]
    ) -> None:
        self.province, self.numbers = province, numbers
        self.orders = [OrderState(pk, assignment, limits) for pk, assignment in ids]

    def walk(self, plan: Plan, until: dt.datetime) -> list[OrderState]:
        """Perform the plan's steps; the orders that came to be."""
        for step in plan.sorted(until):
            order = self.orders[step.order]
            order.begin(step.who, step.at)
            DOES[step.do](self, order, step)
            order.finish()
        lived = [order for order in self.orders if order.row]
        for order in lived:
            order.show()
        return lived


def _short(unit: Unit) -> str:
    return unit.short_name or unit.name


# --- taking in ------------------------------------------------------------------------------------


def _register(walk: Walk, o: OrderState, step: Step) -> None:
    said: Intake = step.what["intake"]
    region = walk.province.by_code[said.region_code]
    category = walk.province.classes[said.category_code] if said.category_code else None
    actor, at = step.who, step.at
    phone = identifiers.normalize_phone(said.phone)
    find = keyring().search_hash
    o.is_new = True
    o.row = tables.APPEALS.new(
        id=o.pk, number=walk.numbers[step.order], centre_id=_centre(walk, step, region),
        channel=said.channel, call_id=said.call_id, received_at=said.received_at or at,
        registered_at=at, agent_id=actor.user_id,
        agent_name=actor.name if actor.kind is ActorKind.PERSON else "",
        petitioner_kind=said.petitioner_kind, is_anonymous=said.is_anonymous,
        confidentiality=said.confidentiality, name=said.name, name_hash=find(said.name),
        sex=said.sex, phone=phone, phone_hash=find(phone), enterprise=said.enterprise,
        petitioner_tags=list(said.petitioner_tags), reply_wanted=said.reply_wanted,
        reply_way=said.reply_way, may_publish=said.may_publish,
        query_code=step.what["query_code"], title=said.title, content=said.content,
        appeal_type=said.appeal_type, category_id=category.pk if category else None,
        category_name=category.path_name if category else "", region_id=region.pk,
        region_path=region.path, region_name=walk.province.region_names[region.pk],
        address=said.address, urgency=said.urgency,
        is_business=said.is_business or said.petitioner_kind == "enterprise",
        tags=[], local_answers={}, sensitive=[],
    )  # fmt: skip
    o.row["status"] = ""
    o.move(
        "register",
        {
            "channel": said.channel, "type": said.appeal_type,
            "category": o.row["category_name"], "region": o.row["region_name"],
            "urgency": said.urgency, "title": said.title,
        },
    )  # fmt: skip
    if step.what["accept"]:
        o.move("accept", {"category": o.row["category_name"]})


def _centre(walk: Walk, step: Step, region: Region) -> int:
    """The agent's own centre, or the nearest to the place."""
    if step.who.unit_id is not None:
        return step.who.unit_id
    near = [c.unit for c in walk.province.centres if region.path.startswith(c.unit.region.path)]
    return max(near, key=lambda unit: len(unit.region.path)).pk


def _accept(walk: Walk, o: OrderState, step: Step) -> None:
    category = walk.province.classes[step.what["category_code"]]
    before, after = o.row["category_name"], category.path_name
    o.row["category_id"], o.row["category_name"] = category.pk, after
    facts: dict[str, Any] = {"category": after}
    if before != after:
        facts |= {"before": {"category_name": before}, "after": {"category_name": after}}
    o.move("accept", facts)


def _answer_directly(walk: Walk, o: OrderState, step: Step) -> None:
    said = step.what["answer"]
    o.move(
        "answer_directly", {"answer": said}, public_reply=said, replied_at=step.at,
        outcome="answered_directly", closed_at=step.at,
    )  # fmt: skip


def _refuse(walk: Walk, o: OrderState, step: Step) -> None:
    code, said = step.what["reason_code"], step.what["explanation"]
    o.move(
        "refuse", {"reason": _label(Table.REFUSAL_REASON, code), "explanation": said},
        refusal_reason=code, public_reply=said, replied_at=step.at, outcome="refused",
        closed_at=step.at,
    )  # fmt: skip


def _hand_over(walk: Walk, o: OrderState, step: Step) -> None:
    code = step.what["line_code"]
    label = _label(Table.HAND_OVER_LINE, code)
    o.move(
        "hand_over", {"to": label, "note": step.what["note"]}, handed_over_to=code,
        outcome="handed_over", closed_at=step.at, replied_at=step.at,
        public_reply=f"您反映的事项已移交{label}处理。",
    )  # fmt: skip


def _urge(walk: Walk, o: OrderState, step: Step) -> None:
    o.move("urge", {"text": step.what["text"]}, urge_count=o.row["urge_count"] + 1)


def _add_facts(walk: Walk, o: OrderState, step: Step) -> None:
    o.move("add_facts", {"text": step.what["text"]})


def _withdraw(walk: Walk, o: OrderState, step: Step) -> None:
    o.move("withdraw", {"reason": step.what["reason"]}, outcome="withdrawn", closed_at=step.at)


def _merge(walk: Walk, o: OrderState, step: Step) -> None:
    main = walk.orders[step.what["master"]]
    main.begin(step.who, step.at)
    for assignment in o.live():
        o.move_assignment(assignment, "cancel", {"reason": "并单"})
    o.move(
        "merge", {"master": main.row["number"], "reason": step.what["reason"]},
        master_id=main.pk, lead_unit_id=main.row["lead_unit_id"],
        lead_unit_name=main.row["lead_unit_name"], lead_unit_path=main.row["lead_unit_path"],
    )  # fmt: skip
    main.row["merged_count"] += 1
    main.record("merged_in", {"number": o.row["number"], "title": o.row["title"]})
    main.finish()


# --- sending --------------------------------------------------------------------------------------


def _assign(walk: Walk, o: OrderState, step: Step) -> None:
    order: Order = step.what["order"]
    lead, reason = order.lead, order.reason.strip()
    hit = walk.province.answers(_code_of(walk, o), walk.province.regions[o.row["region_id"]])
    named = hit is not None and hit.unit.pk == lead.pk
    basis = hit.reason if hit is not None and named else ""
    o.move(
        "dispatch",
        {
            "lead": _short(lead), "joint": [_short(u) for u in order.joint], "basis": basis,
            "reason": reason, "instruction": order.instruction.strip(),
            "designated": order.designate,
        },
        lead_unit_id=lead.pk, lead_unit_name=_short(lead), lead_unit_path=lead.path,
    )  # fmt: skip
    entry = hit.entry if hit is not None and named else None
    _add(o, step, lead, "assign_lead", "lead", basis=basis[:300] or reason,
         duty_entry_id=entry.pk if entry is not None else None, is_designated=order.designate,
         instruction=order.instruction.strip())  # fmt: skip
    for unit in order.joint:
        _add(o, step, unit, "assign_joint", "joint", instruction=order.instruction.strip())


def _add(o: OrderState, step: Step, unit: Unit, move: str, nature: str, **values: Any) -> Row:
    return o.add(
        move,
        tables.ASSIGNMENTS.new(
            unit_id=unit.pk, unit_name=_short(unit), unit_path=unit.path, nature=nature,
            assigned_at=step.at,
            **{"assigner_unit_id": step.who.unit_id or o.row["centre_id"], **values},
        ),
    )  # fmt: skip


def _judge(walk: Walk, o: OrderState, step: Step) -> None:
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
        _judge_return(walk, o, step, application, assignment, facts)
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
    walk: Walk, o: OrderState, step: Step, application: Row, assignment: Row, facts: Row
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
    suggested = walk.province.units.get(application["suggested_unit_id"])
    o.move(
        "take_back",
        {"unit": assignment["unit_name"], "suggested": _short(suggested) if suggested else ""},
        lead_unit_id=None, lead_unit_name="", lead_unit_path="",
        return_count=o.row["return_count"] + 1,
    )  # fmt: skip


def _resume(walk: Walk, o: OrderState, step: Step) -> None:
    o.move("resume", {"reason": step.what["reason"]})


def _list_difficult(walk: Walk, o: OrderState, step: Step) -> None:
    o.move("list_difficult", {"reason": step.what["reason"]}, is_difficult=True)


# --- the unit -------------------------------------------------------------------------------------


def _open(walk: Walk, o: OrderState, step: Step) -> None:
    mine = o.of_unit(step.what["unit"])
    if mine["state"] == "assigned":
        o.move_assignment(mine, "open", {}, opened_at=step.at)


def _sign(walk: Walk, o: OrderState, step: Step) -> None:
    mine = o.of_unit(step.what["unit"])
    o.move_assignment(
        mine, "sign", {}, opened_at=mine["opened_at"] or step.at, signed_at=step.at,
        handler_id=step.who.user_id, handler_name=step.who.name,
    )  # fmt: skip


def _pass_down(walk: Walk, o: OrderState, step: Step) -> None:
    mine, below = o.of_unit(step.what["unit"]), step.what["to"]
    text = step.what["instruction"]
    o.move_assignment(
        mine, "pass_down", {"to": _short(below), "instruction": text},
        opened_at=mine["opened_at"] or step.at, signed_at=mine["signed_at"] or step.at,
    )  # fmt: skip
    _add(
        o, step, below, "assign_below", mine["nature"], parent_id=mine["id"],
        depth=mine["depth"] + 1, assigner_unit_id=mine["unit_id"],
        basis=f"{mine['unit_name']}转派", instruction=text, round=mine["round"],
    )  # fmt: skip


def _contact(walk: Walk, o: OrderState, step: Step) -> None:
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
        {"way": _label(Table.REPLY_WAY, what["way"]), "reached": what["reached"],
         "note": what["note"]},
        mine,
    )  # fmt: skip


def _apply(walk: Walk, o: OrderState, step: Step) -> None:
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


def _report(walk: Walk, o: OrderState, step: Step) -> None:
    mine = o.of_unit(step.what["unit"])
    answer: Answer = step.what["answer"]
    if o.row["status"] != Status.DISPATCHED:
        raise LifeBroken(f"a report in {o.row['status']}")
    steps = walk.province.units[mine["unit_id"]].inner_review_steps
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


def _inner_approve(walk: Walk, o: OrderState, step: Step) -> None:
    mine = o.of_unit(step.what["unit"])
    steps = walk.province.units[mine["unit_id"]].inner_review_steps
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


def _inner_reject(walk: Walk, o: OrderState, step: Step) -> None:
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


# --- the centre checks and asks -------------------------------------------------------------------


def _submitted(o: OrderState) -> Row:
    tops = {a["id"]: a for a in o.assignments if a["nature"] == "lead" and a["depth"] == 0}
    found = [r for r in o.replies if r["stage"] == "submitted" and r["assignment_id"] in tops]
    if not found:
        raise LifeBroken("nothing was handed in")
    return max(found, key=lambda r: r["submitted_at"])


def _approve(walk: Walk, o: OrderState, step: Step) -> None:
    reply = _submitted(o)
    note = step.what["note"]
    reply.update(stage="approved", decided_at=step.at, decided_by=step.who.name, decision=note)
    answer = reply["public_reply"]
    unit = next(a for a in o.assignments if a["id"] == reply["assignment_id"])["unit_name"]
    _answer(o, "approve", answer, {"note": note, "mended": False, "unit": unit}, step)
    if step.what["publish"]:
        o.row["published_at"] = step.at
    if o.row["merged_count"]:
        for child in walk.orders:
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
        _finish_assignments(o)
    o.move(
        move, {**facts, "reply": answer[:300], "callback": wanted},
        to=Status.CALLBACK if wanted else Status.CLOSED, **changes,
    )  # fmt: skip
    if not wanted:
        o.stop(ALL_CLOCKS)


def _finish_assignments(o: OrderState) -> None:
    for assignment in o.live():
        if assignment["state"] == "reported":
            o.move_assignment(assignment, "finish", None)


def _send_back(walk: Walk, o: OrderState, step: Step) -> None:
    reply, what = _submitted(o), step.what
    reply.update(
        stage="sent_back", decided_at=step.at, decided_by=step.who.name, decision=what["reason"],
        decision_codes=list(what["reason_codes"]),
    )  # fmt: skip
    lead = o.lead()
    labels = [_label(Table.SEND_BACK_REASON, code) for code in what["reason_codes"]]
    o.move(
        "send_back", {"reason": what["reason"], "faults": labels}, lead,
        send_back_count=o.row["send_back_count"] + 1,
    )  # fmt: skip
    o.move_assignment(
        lead, "work_again", None, round=lead["round"] + 1, reported_at=None, inner_step=0
    )
    o.reopen(ClockKind.HANDLE, lead)


def _said_facts(said: Said) -> Row:
    return {
        "reached": said.reached, "solved": said.solved, "satisfaction": said.satisfaction,
        "reason": _label(Table.DISSATISFIED_REASON, said.dissatisfied_reason)
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


def _call_back(walk: Walk, o: OrderState, step: Step) -> None:
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
    _finish_assignments(o)
    o.move(
        "close", {"outcome": outcome, **facts}, outcome=outcome, closed_at=step.at,
        next_callback_at=None,
    )  # fmt: skip


def _rate(walk: Walk, o: OrderState, step: Step) -> None:
    said: Said = step.what["said"]
    waiting = o.row["status"] == Status.CALLBACK
    _store(o, said, "none" if said.is_bad else "close", step)
    verdict = _verdict(said) if waiting or o.row["satisfaction"] is None else {}
    o.move("rate", {**_said_facts(said), "note": said.note}, **verdict)
    if waiting and not said.is_bad:
        _end(o, step, "handled", {"by": "rating"})
    elif waiting:
        o.row["next_callback_at"] = step.at


def _archive(walk: Walk, o: OrderState, step: Step) -> None:
    o.move("archive", {}, archived_at=step.at)


def _code_of(walk: Walk, o: OrderState) -> str:
    return walk.province.codes[o.row["category_id"]]


DOES: dict[str, Callable[[Walk, OrderState, Step], None]] = {
    "register": _register, "accept": _accept, "answer_directly": _answer_directly,
    "refuse": _refuse, "hand_over": _hand_over, "urge": _urge, "add_facts": _add_facts,
    "withdraw": _withdraw, "merge": _merge, "assign": _assign, "judge": _judge,
    "resume": _resume, "list_difficult": _list_difficult, "open": _open, "sign": _sign,
    "pass_down": _pass_down, "contact": _contact, "apply": _apply, "report": _report,
    "inner_approve": _inner_approve, "inner_reject": _inner_reject, "approve": _approve,
    "send_back": _send_back, "call_back": _call_back, "rate": _rate, "archive": _archive,
}  # fmt: skip
