"""Matters handled elsewhere: linked, never handled twice (domain §6)."""

import datetime as dt

from django.db import IntegrityError, transaction

from jiesu.access import Actor, Permission
from jiesu.appeals.actions import overlays
from jiesu.appeals.models import Appeal
from jiesu.foundation.errors import Forbidden, NotAllowedNow, NotFound, invalid
from jiesu.foundation.text import clean_text
from jiesu.supervision.models import Elsewhere
from jiesu.supervision.texts import required


def open_links(appeal: Appeal) -> list[Elsewhere]:
    """Where the matter is being handled now, besides here."""
    return list(Elsewhere.objects.filter(appeal=appeal, ended_at=None).order_by("pk"))


def must_not_be_elsewhere(appeal: Appeal) -> None:
    """Refuse a second handling while the matter is under complaint, inspection or petition."""
    for link in open_links(appeal):
        raise NotAllowedNow(
            f"该事项已在{link.get_system_display()}办理（{link.reference}），只关联、不重复督办。"
            "那边办结后可在工单的督办栏解除关联。",
            code="handled_elsewhere",
        )


def link(
    appeal: Appeal, system: str, reference: str, note: str = "", *, actor: Actor, at: dt.datetime
) -> Elsewhere:
    """This will note that the matter is handled elsewhere; supervision of it stops being offered.

    Refusals: Forbidden; Invalid at ``system``, ``reference``; NotAllowedNow when it is linked.
    """
    if not actor.may(Permission.SUPERVISION_ISSUE):
        raise Forbidden
    if system not in set(Elsewhere.System):
        raise invalid("system", "请选择在哪里办理。", "unknown")
    number = required(reference, "reference", "那边的编号或文号", 64)
    told = clean_text(note, max_length=500, field="note", label="说明")
    try:
        with transaction.atomic():
            made = Elsewhere.objects.create(
                appeal=appeal, system=system, reference=number, note=told, linked_at=at,
                linked_by=actor.name,
            )  # fmt: skip
            overlays.lay(
                appeal, "linked_elsewhere",
                {"text": f"{made.get_system_display()} {number}\n{told}".strip()},
                actor=actor, at=at,
            )  # fmt: skip
    except IntegrityError:
        raise NotAllowedNow("已经登记过这件另案，无需重复登记。") from None
    return made


def unlink(pk: int, appeal: Appeal, *, actor: Actor, at: dt.datetime) -> None:
    """This will note that the other side has finished; supervision is open again."""
    if not actor.may(Permission.SUPERVISION_ISSUE):
        raise Forbidden
    ended = Elsewhere.objects.filter(pk=pk, appeal=appeal, ended_at=None).update(
        ended_at=at, ended_by=actor.name
    )
    if not ended:
        raise NotFound("没有找到这条关联，可能已解除。")
