"""Taking in, and what the citizen does."""

from typing import Any

from jiesu.access import ActorKind
from jiesu.appeals.actions.intake_form import Intake
from jiesu.catalogue.codes import Table
from jiesu.cli.simulation.bulk import tables
from jiesu.cli.simulation.bulk.lives import Lives
from jiesu.cli.simulation.bulk.state import OrderState
from jiesu.cli.simulation.bulk.steps.parts import label
from jiesu.cli.simulation.plan import Step
from jiesu.foundation import identifiers
from jiesu.foundation.crypto import keyring
from jiesu.organizations.models import Region


def register(lives: Lives, o: OrderState, step: Step) -> None:
    """A new order and its first event."""
    said: Intake = step.what["intake"]
    region = lives.province.by_code[said.region_code]
    category = lives.province.classes[said.category_code] if said.category_code else None
    actor, at = step.who, step.at
    phone = identifiers.normalize_phone(said.phone)
    find = keyring().search_hash
    o.is_new = True
    o.row = tables.APPEALS.new(
        id=o.pk, number=lives.numbers[step.order], centre_id=_centre(lives, step, region),
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
        region_path=region.path, region_name=lives.province.region_names[region.pk],
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


def _centre(lives: Lives, step: Step, region: Region) -> int:
    """The agent's own centre, or the nearest to the place."""
    if step.who.unit_id is not None:
        return step.who.unit_id
    near = [c.unit for c in lives.province.centres if region.path.startswith(c.unit.region.path)]
    return max(near, key=lambda unit: len(unit.region.path)).pk


def accept(lives: Lives, o: OrderState, step: Step) -> None:
    """Taken in, perhaps under another class."""
    category = lives.province.classes[step.what["category_code"]]
    before, after = o.row["category_name"], category.path_name
    o.row["category_id"], o.row["category_name"] = category.pk, after
    facts: dict[str, Any] = {"category": after}
    if before != after:
        facts |= {"before": {"category_name": before}, "after": {"category_name": after}}
    o.move("accept", facts)


def answer_directly(lives: Lives, o: OrderState, step: Step) -> None:
    """Answered at the desk."""
    said = step.what["answer"]
    o.move(
        "answer_directly", {"answer": said}, public_reply=said, replied_at=step.at,
        outcome="answered_directly", closed_at=step.at,
    )  # fmt: skip


def refuse(lives: Lives, o: OrderState, step: Step) -> None:
    """Not taken in."""
    code, said = step.what["reason_code"], step.what["explanation"]
    o.move(
        "refuse", {"reason": label(Table.REFUSAL_REASON, code), "explanation": said},
        refusal_reason=code, public_reply=said, replied_at=step.at, outcome="refused",
        closed_at=step.at,
    )  # fmt: skip


def hand_over(lives: Lives, o: OrderState, step: Step) -> None:
    """Given to another line."""
    code = step.what["line_code"]
    line = label(Table.HAND_OVER_LINE, code)
    o.move(
        "hand_over", {"to": line, "note": step.what["note"]}, handed_over_to=code,
        outcome="handed_over", closed_at=step.at, replied_at=step.at,
        public_reply=f"您反映的事项已移交{line}处理。",
    )  # fmt: skip


def urge(lives: Lives, o: OrderState, step: Step) -> None:
    """The citizen asks to hurry."""
    o.move("urge", {"text": step.what["text"]}, urge_count=o.row["urge_count"] + 1)


def add_facts(lives: Lives, o: OrderState, step: Step) -> None:
    """The citizen adds something."""
    o.move("add_facts", {"text": step.what["text"]})


def withdraw(lives: Lives, o: OrderState, step: Step) -> None:
    """The citizen takes it back."""
    o.move("withdraw", {"reason": step.what["reason"]}, outcome="withdrawn", closed_at=step.at)


def merge(lives: Lives, o: OrderState, step: Step) -> None:
    """Put under another order of the same family."""
    main = lives.orders[step.what["master"]]
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
