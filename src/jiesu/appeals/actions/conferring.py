"""Several units confer on an appeal 会商: asked, heard, concluded."""

import datetime as dt
from collections.abc import Sequence

from jiesu.access import Actor, ActorKind
from jiesu.appeals import lifecycle as life
from jiesu.appeals.actions.dispatch import check_in_force, short
from jiesu.appeals.actions.transition import changing, check_permission
from jiesu.appeals.models import Appeal, Consultation, Opinion
from jiesu.foundation.errors import Forbidden, NotAllowedNow, invalid
from jiesu.foundation.text import clean_text
from jiesu.organizations.models import Unit


def consult(
    appeal: Appeal, question: str, units: Sequence[Unit], *, actor: Actor, at: dt.datetime
) -> Consultation:
    """This will ask several units for their opinion 会商; each then sees the appeal.

    Other areas' units may be asked, too. Refusals: Invalid for a unit that is not in force.
    """
    asked = clean_text(question, max_length=1000, field="question", label="会商事项")
    if not asked:
        raise invalid("question", "请写明需要会商的事项。", "required")
    if not units:
        raise invalid("units", "请至少选择一个参加会商的单位。", "required")
    if actor.unit_id is None:
        raise Forbidden
    for unit in units:
        check_in_force(unit, "units", at)
    with changing(appeal, actor=actor, at=at) as change:
        consultation = Consultation.objects.create(
            appeal=appeal, question=asked, convened_by=actor.name,
            convened_unit_id=actor.unit_id, convened_at=at,
        )  # fmt: skip
        Opinion.objects.bulk_create(
            [Opinion(consultation=consultation, unit=unit) for unit in dict.fromkeys(units)]
        )
        change.move(life.CONSULT, data={"question": asked, "units": [short(u) for u in units]})
    return consultation


def give_opinion(opinion: Opinion, text: str, *, actor: Actor, at: dt.datetime) -> None:
    """This will record what an invited unit says in a consultation."""
    said = clean_text(text, max_length=2000, field="text", label="会商意见")
    if not said:
        raise invalid("text", "请填写会商意见。", "required")
    check_permission(actor, life.CONSULT)
    if actor.kind is not ActorKind.SYSTEM and opinion.unit_id != actor.unit_id:
        raise Forbidden("这条会商意见应由受邀单位填写。")
    consultation = opinion.consultation
    with changing(consultation.appeal, actor=actor, at=at) as change:
        if not Consultation.objects.filter(pk=consultation.pk, concluded_at=None).exists():
            raise NotAllowedNow("会商已经结束，不能再填写意见。")
        opinion.text, opinion.by, opinion.at = said, actor.name, at
        opinion.save(update_fields=["text", "by", "at"])
        change.record("opinion", {"text": said, "unit": actor.unit_name})


def conclude(consultation: Consultation, text: str, *, actor: Actor, at: dt.datetime) -> None:
    """This will end a consultation with its conclusion; only the unit that convened it may."""
    said = clean_text(text, max_length=2000, field="text", label="会商结论")
    if not said:
        raise invalid("text", "请填写会商结论。", "required")
    check_permission(actor, life.CONSULT)
    if actor.kind is not ActorKind.SYSTEM and consultation.convened_unit_id != actor.unit_id:
        raise Forbidden("会商结论由发起单位填写。")
    with changing(consultation.appeal, actor=actor, at=at) as change:
        concluded = Consultation.objects.filter(pk=consultation.pk, concluded_at=None).update(
            conclusion=said, concluded_at=at
        )
        if not concluded:
            raise NotAllowedNow("会商已经结束。")
        consultation.conclusion, consultation.concluded_at = said, at
        change.record("concluded", {"text": said})
