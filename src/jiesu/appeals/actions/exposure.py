"""Personal data: how it is shown to an actor, and showing it in the clear with a reason."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from jiesu.access import Actor
from jiesu.access.exposure import View, is_centre_staff, may_reveal, personal_view
from jiesu.access.masking import mask_address, mask_document, mask_name, mask_phone
from jiesu.access.recusal import why_step_aside
from jiesu.appeals import lookups
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal
from jiesu.catalogue import local_forms
from jiesu.catalogue.models import LocalForm
from jiesu.foundation.errors import Forbidden, NotAllowedNow, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import audit

HIDDEN = "已隐去"


@dataclass(frozen=True)
class Person:
    """The petitioner as one actor sees them: masked, hidden or in the clear."""

    name: str
    phone: str
    phone2: str
    document_number: str
    home_address: str
    can_reveal: bool
    answers: Sequence[local_forms.Shown] = ()  # what local forms asked and names a person


def person_of(appeal: Appeal, actor: Actor) -> Person:
    """The petitioner's data as the actor may see it without giving a reason."""
    level = int(appeal.confidentiality)
    centre = is_centre_staff(actor)
    registered = actor.user_id is not None and appeal.agent_id == actor.user_id
    view = personal_view(actor, level, centre, registered_by_actor=registered)
    if view is View.HIDDEN:
        return Person(HIDDEN, HIDDEN, "", "", "", can_reveal=False)
    return Person(
        name=mask_name(appeal.name),
        phone=mask_phone(appeal.phone),
        phone2=mask_phone(appeal.phone2),
        document_number=mask_document(appeal.document_number),
        home_address=mask_address(appeal.home_address),
        can_reveal=may_reveal(actor, level, centre, registered_by_actor=registered),
    )


def answers_of(
    appeal: Appeal, *, clear: bool = False, forms: Sequence[LocalForm] | None = None
) -> list[local_forms.Shown]:
    """What the local forms asked and heard, in the order asked.

    The answers that name a person are hidden; with ``clear``, for whoever may see them, they alone.
    ``forms``: those that asked, where the caller knows them.
    """
    personal = json.loads(appeal.personal_answers or "{}")
    said = {**appeal.local_answers, **personal}
    if not said:
        return []
    if forms is None:
        forms = lookups.forms(appeal.category, appeal.region, appeal.registered_at)
    listed = local_forms.shown(forms, personal if clear else said)
    return [replace(one, text=HIDDEN) if one.personal and not clear else one for one in listed]


def reveal(appeal: Appeal, reason: str, *, actor: Actor, at: dt.datetime, ip: str = "") -> Person:
    """This will show the petitioner's data in the clear and write down who saw it and why.

    Refusals: Invalid without a reason of at least four characters, Forbidden where the actor's post
    or the appeal's confidentiality does not let them.
    """
    why = clean_text(reason, max_length=200, field="reason", label="查看事由")
    if len(why) < 4:
        raise invalid("reason", "请写明查看个人信息的事由（至少 4 个字），将记入审计。", "required")
    if aside := why_step_aside(actor, appeal.recused):
        raise Forbidden(aside)
    if not person_of(appeal, actor).can_reveal:
        raise Forbidden("该诉求人信息对您的岗位保密，不能查看。")
    audit.record("reveal", actor=actor, at=at, subject=appeal.number, data={"reason": why}, ip=ip)
    return Person(
        appeal.name,
        appeal.phone,
        appeal.phone2,
        appeal.document_number,
        appeal.home_address,
        can_reveal=True,
        answers=answers_of(appeal, clear=True),
    )


def reveal_to_call(appeal: Appeal, *, actor: Actor, at: dt.datetime, ip: str = "") -> Person:
    """The petitioner's data for the call-back that is due: the duty itself is the reason.

    Refusals: NotAllowedNow when no call-back is due; the rest as ``reveal``.
    """
    if appeal.status != Status.CALLBACK:
        raise NotAllowedNow("这件工单现在不在回访队列里，不能为回访查看号码。")
    return reveal(appeal, "回访拨打电话", actor=actor, at=at, ip=ip)
