"""Taking in: register, add facts, urge, withdraw, answer at once, refuse, hand over."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from jiesu.access import Actor, ActorKind
from jiesu.appeals import lifecycle as life
from jiesu.appeals import lookups
from jiesu.appeals.actions import merged, triage
from jiesu.appeals.actions.attachments import claim_uploads
from jiesu.appeals.actions.families import ALONE, merging, parting
from jiesu.appeals.actions.held import is_holding
from jiesu.appeals.actions.intake_form import (
    CONTENT_LENGTH,
    TITLE_LENGTH,
    Intake,
    build,
    fingerprint,
)
from jiesu.appeals.actions.many import changing_many
from jiesu.appeals.actions.transition import (
    Change,
    changing,
    check_centre,
    check_permission,
)
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.catalogue.models import Category
from jiesu.foundation.errors import NotAllowedNow, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import idempotency
from jiesu.organizations.models import Region


def register(
    intake: Intake, *, actor: Actor, at: dt.datetime, idempotency_key: str = "",
    accept: bool = False, query_code: str = "",
) -> Appeal:  # fmt: skip
    """This will take an appeal in: number it, start its clocks, write its first event.

    ``accept`` also accepts it at once (an agent's own intake). The same ``idempotency_key`` from
    the same actor gives the first appeal back. ``query_code`` is one the citizen already holds.
    Refusals: Invalid (every wrong field at once), Forbidden, UseCaseError ``secret_matter`` for
    涉密 matters.
    """
    check_permission(actor, life.REGISTER)
    with transaction.atomic(savepoint=not is_holding()):
        remembered = None
        if idempotency_key:
            remembered = idempotency.remember(
                actor.key, idempotency_key, request_hash=fingerprint(intake, accept), at=at
            )
            if remembered.result is not None:
                return Appeal.objects.get(number=remembered.result)
        appeal = build(intake, actor, at, query_code)
        with changing(appeal, actor=actor, at=at) as change:
            change.follow(
                life.REGISTER,
                data={
                    "channel": appeal.channel,
                    "type": appeal.appeal_type,
                    "category": appeal.category_name,
                    "region": appeal.region_name,
                    "urgency": appeal.urgency,
                    "title": appeal.title,
                },
            )
            if accept:
                _accept(change)
        if intake.upload_key:
            claim_uploads(appeal, intake.upload_key, actor)
        if appeal.repeat_of_id is not None:
            _tell_repeat(appeal, actor, at)
        if remembered is not None:
            remembered.store(appeal.number)
    return appeal


def accept(
    appeal: Appeal, *, actor: Actor, at: dt.datetime, category_code: str = "",
    appeal_type: str = "", urgency: str = "", region_code: str = "",
) -> Appeal:  # fmt: skip
    """This will accept a registered appeal, keeping or overruling how it was classified.

    Refusals: NotAllowedNow, Forbidden, ChangedMeanwhile, Invalid for an unknown code.
    """
    changes = _classification(appeal, at, category_code, appeal_type, urgency, region_code)
    before, changes = _overruled(appeal, changes)
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        check_permission(actor, life.ACCEPT)
        if changes:
            change.change_appeal(**changes)
        _accept(change, before, changes)
    return appeal


def reclassify(
    appeal: Appeal, *, actor: Actor, at: dt.datetime, category_code: str = "",
    appeal_type: str = "", urgency: str = "", region_code: str = "", title: str = "",
    address: str | None = None, is_difficult: bool | None = None,
) -> Appeal:  # fmt: skip
    """This will correct class, type, urgency, area, title or address of an open appeal.

    Running limits keep their start; after dispatch a new urgency counts for later clocks only.
    """
    changes = _classification(appeal, at, category_code, appeal_type, urgency, region_code)
    if title:
        changes["title"] = clean_text(
            title, max_length=TITLE_LENGTH, field="title", label="标题", multiline=False
        )
    if address is not None:
        changes["address"] = clean_text(
            address, max_length=256, field="address", label="事发地址", multiline=False
        )
    if is_difficult is not None:
        changes["is_difficult"] = is_difficult
    before, changes = _overruled(appeal, changes)
    if not changes:
        return appeal
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        change.move(life.RECLASSIFY, data=_facts_of(before, changes), **changes)
        change.outdate()  # who reads the old class or place must not act on it
    return appeal


def add_facts(
    appeal: Appeal, text: str, *, actor: Actor, at: dt.datetime, upload_key: str = ""
) -> Appeal:
    """This will append what the citizen adds; units see it on the timeline."""
    told = clean_text(text, max_length=4000, field="text", label="补充情况")
    if not told and not upload_key:
        raise invalid("text", "请填写要补充的情况。", "required")
    with changing(appeal, actor=actor, at=at) as change:
        change.move(life.ADD_FACTS, data={"text": told})
        if upload_key:
            claim_uploads(appeal, upload_key, actor)
    return appeal


def urge(appeal: Appeal, text: str = "", *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will urge whoever has the appeal now 催办; a citizen may once a day."""
    told = clean_text(text, max_length=500, field="text", label="催办说明")
    with changing(appeal, actor=actor, at=at) as change:
        if (
            actor.kind is ActorKind.CITIZEN
            and appeal.events.filter(
                kind=life.URGE.name, actor_kind=ActorKind.CITIZEN, at__gt=at - dt.timedelta(days=1)
            ).exists()
        ):
            raise NotAllowedNow("您今天已经催办过，我们已转告承办单位。请明天再试。")
        change.move(life.URGE, data={"text": told}, urge_count=appeal.urge_count + 1)
    return appeal


def withdraw(
    appeal: Appeal, reason: str, *, actor: Actor, at: dt.datetime, proven: bool = False
) -> Appeal:
    """This will end the appeal because the citizen takes it back 撤诉.

    Only its own centre takes the citizen's word, unless they have ``proven`` to a channel that it
    is theirs. Whoever was merged under it has not taken back anything and waits for dispatch again.
    """
    why = clean_text(reason, max_length=500, field="reason", label="撤诉原因")
    if not why and actor.kind is not ActorKind.CITIZEN:
        raise invalid("reason", "请填写诉求人撤诉的原因。", "required")
    with (
        parting(appeal, actor=actor, at=at),
        changing(appeal, actor=actor, at=at) as change,
    ):
        if not proven:
            check_centre(actor, appeal)
        change.move(
            life.WITHDRAW, data={"reason": why}, outcome="withdrawn", closed_at=at,
            **(ALONE if appeal.master_id is not None else {}),
        )  # fmt: skip
        merged.part(change, "主单已撤诉")
    return appeal


def answer_directly(appeal: Appeal, answer: str, *, actor: Actor, at: dt.datetime) -> Appeal:
    """This will close the appeal with the answer given at the desk 直接答复."""
    said = clean_text(answer, max_length=CONTENT_LENGTH, field="answer", label="答复内容")
    if not said:
        raise invalid("answer", "请填写答复内容。", "required")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        change.move(
            life.ANSWER_DIRECTLY, data={"answer": said}, public_reply=said, replied_at=at,
            outcome="answered_directly", closed_at=at,
        )  # fmt: skip
        merged.answer(change, said)
    return appeal


def refuse(
    appeal: Appeal, reason_code: str, explanation: str, *, actor: Actor, at: dt.datetime
) -> Appeal:
    """This will refuse the appeal 不予受理 with a listed reason and words for the citizen."""
    codes.check(Table.REFUSAL_REASON, reason_code, at, "reason_code")
    said = clean_text(explanation, max_length=2000, field="explanation", label="告知内容")
    if not said:
        raise invalid("explanation", "请写明不予受理的理由和诉求人可走的其他途径。", "required")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        change.move(
            life.REFUSE,
            data={
                "reason": codes.label(Table.REFUSAL_REASON, reason_code),
                "explanation": said,
            },
            refusal_reason=reason_code, public_reply=said, replied_at=at, outcome="refused",
            closed_at=at,
        )  # fmt: skip
        merged.answer(change, said)
    return appeal


def hand_over(
    appeal: Appeal, line_code: str, note: str, *, actor: Actor, at: dt.datetime
) -> Appeal:
    """This will record that the matter went to 110 or another line 移交 (国办发〔2022〕12号)."""
    codes.check(Table.HAND_OVER_LINE, line_code, at, "line_code")
    said = clean_text(note, max_length=1000, field="note", label="移交情况")
    with changing(appeal, actor=actor, at=at) as change:
        check_centre(actor, appeal)
        label = codes.label(Table.HAND_OVER_LINE, line_code)
        told = f"您反映的事项已移交{label}处理。"
        change.move(
            life.HAND_OVER, data={"to": label, "note": said}, handed_over_to=line_code,
            outcome="handed_over", closed_at=at, public_reply=told, replied_at=at,
        )  # fmt: skip
        merged.answer(change, told)
    return appeal


def register_and_answer(
    intake: Intake, answer: str, *, actor: Actor, at: dt.datetime, idempotency_key: str = ""
) -> Appeal:
    """This will register an appeal and close it with the answer given at the desk, in one step."""
    with transaction.atomic():
        appeal = register(intake, actor=actor, at=at, idempotency_key=idempotency_key)
        if appeal.where is not Status.REGISTERED:
            return appeal  # the same form, sent twice
        return answer_directly(appeal, answer, actor=actor, at=at)


def register_and_refuse(
    intake: Intake, reason_code: str, explanation: str, *, actor: Actor, at: dt.datetime,
    idempotency_key: str = "",
) -> Appeal:  # fmt: skip
    """This will register an appeal and refuse it, in one step: the refusal is on record."""
    with transaction.atomic():
        appeal = register(intake, actor=actor, at=at, idempotency_key=idempotency_key)
        if appeal.where is not Status.REGISTERED:
            return appeal
        return refuse(appeal, reason_code, explanation, actor=actor, at=at)


def register_and_hand_over(
    intake: Intake, line_code: str, note: str, *, actor: Actor, at: dt.datetime,
    idempotency_key: str = "",
) -> Appeal:  # fmt: skip
    """This will register an appeal and record its hand-over to 110 or another line, in one step."""
    with transaction.atomic():
        appeal = register(intake, actor=actor, at=at, idempotency_key=idempotency_key)
        if appeal.where is not Status.REGISTERED:
            return appeal
        return hand_over(appeal, line_code, note, actor=actor, at=at)


def register_and_merge(
    intake: Intake, master: Appeal, *, actor: Actor, at: dt.datetime, idempotency_key: str = ""
) -> Appeal:
    """This will register an appeal and put it under a master at once 挂到主单."""
    with merging(master):  # before the earlier order that registration tells of the repeat
        appeal = register(intake, actor=actor, at=at, idempotency_key=idempotency_key)
        if appeal.where is not Status.REGISTERED:
            return appeal
        return triage.merge(appeal, master, "同一事项", actor=actor, at=at)


# --- inside ---------------------------------------------------------------------------------------


def _accept(
    change: Change,
    before: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Accept; what was overruled stands in the event as it was and as it is."""
    overruled = _facts_of(before or {}, changes) if changes else {}
    change.follow(life.ACCEPT, data={"category": change.appeal.category_name, **overruled})


def _overruled(appeal: Appeal, changes: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands now in the fields that really change, and what they change to."""
    before = {k: _plain(getattr(appeal, k)) for k in changes}
    changes = {k: v for k, v in changes.items() if _plain(v) != before[k]}
    return {k: before[k] for k in changes}, changes


_IN_WORDS = {"category", "region", "region_path"}  # their names stand beside them


def _facts_of(before: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    told = [k for k in changes if k not in _IN_WORDS]
    return {
        "before": {k: before[k] for k in told}, "after": {k: changes[k] for k in told}
    }  # fmt: skip


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Category | Region) else value


def _classification(
    appeal: Appeal, at: dt.datetime, category_code: str, appeal_type: str, urgency: str,
    region_code: str,
) -> dict[str, Any]:  # fmt: skip
    """The fields that new codes change; refuses unknown ones."""
    changes: dict[str, Any] = {}
    if category_code:
        category = lookups.category(category_code, at, "category_code")
        changes |= {"category": category, "category_name": category.path_name}
    if appeal_type:
        codes.check(Table.APPEAL_TYPE, appeal_type, at, "appeal_type")
        changes["appeal_type"] = appeal_type
    if urgency:
        codes.check(Table.URGENCY, urgency, at, "urgency")
        changes["urgency"] = urgency
    if region_code and region_code != appeal.region.code:
        region = lookups.region(region_code)
        changes |= {
            "region": region,
            "region_path": region.path,
            "region_name": lookups.region_name(region),
        }
    return changes


def _tell_repeat(appeal: Appeal, actor: Actor, at: dt.datetime) -> None:
    """Leave a trace on the earlier appeal that the citizen came again."""
    earlier = appeal.repeat_of
    if earlier is None or earlier.where is Status.ARCHIVED:
        return
    # It moves nothing, so neither a step taken meanwhile nor 回避 keeps the new appeal out.
    with changing_many([earlier.pk], actor=actor, at=at, wait=True) as changes:
        changes[earlier.pk].record("repeated", {"number": appeal.number, "title": appeal.title})
