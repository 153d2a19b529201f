"""The only door to one appeal. Absent and out of scope look alike."""

import hmac

from jiesu.access import Actor, Permission
from jiesu.appeals.models import Appeal, Assignment, Opinion
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, NotFound


def get_appeal_for(
    actor: Actor, number: str, permission: Permission | None = None, *, version: int | None = None
) -> Appeal:
    """The appeal with this number, if the actor may see it.

    ``permission`` additionally asks for a permission; ``version`` is what the page showed: another
    one now means somebody acted meanwhile. Refusals: NotFound, Forbidden, ChangedMeanwhile.
    """
    # Not first(): it sorts, and to sort by one of some 150 columns costs as much as the rest. The
    # master is not joined: few have one, and it would double the row.
    found = Appeal.objects.visible_to(actor).filter(number=number)
    found = found.select_related("region", "category", "lead_unit", "centre")
    appeal = next(iter(found[:1]), None) or _invited_to(actor, number)
    if appeal is None:
        raise NotFound("没有找到该工单，或它不在您的查看范围内。请核对工单编号。")
    if permission is not None and not actor.may(permission):
        raise Forbidden
    if version is not None and appeal.version != version:
        raise ChangedMeanwhile
    return appeal


def _invited_to(actor: Actor, number: str) -> Appeal | None:
    """The appeal that the actor's unit was asked to confer on 会商; no list shows it."""
    if actor.unit_id is None or not actor.may(Permission.APPEAL_VIEW):
        return None
    invited = Opinion.objects.filter(unit_id=actor.unit_id).values("consultation__appeal_id")
    found = Appeal.objects.filter(number=number, pk__in=invited)
    return found.select_related("region", "category", "lead_unit", "centre").first()


def get_assignment_for(
    actor: Actor, number: str, assignment_id: int, *, version: int | None = None
) -> Assignment:
    """One assignment of a visible appeal; ``.appeal`` is loaded. Refusals as above."""
    appeal = get_appeal_for(actor, number)
    assignment = (
        Assignment.objects.select_related("unit", "parent")
        .filter(appeal=appeal, pk=assignment_id)
        .first()
    )
    if assignment is None:
        raise NotFound("没有找到这条承办记录，可能已被收回。请刷新后重试。")
    if version is not None and assignment.version != version:
        raise ChangedMeanwhile
    assignment.appeal = appeal
    return assignment


def get_appeal_for_citizen(number: str, proof: str, *, code_only: bool = False) -> Appeal:
    """The appeal a citizen asks for with its number and the phone's last four digits, or the code.

    ``code_only``: what ends or judges the appeal takes the query code, which no unit ever sees;
    the last digits of a phone are known to whoever handles it. Refusals: NotFound, alike for a
    wrong number and a wrong proof. The caller limits the tries.
    """
    appeal = (
        Appeal.objects.select_related("region", "category", "centre", "master")
        .filter(number=number)
        .first()
    )
    given = proof.strip()
    if appeal is not None and len(given) >= 4:
        phones = () if code_only else (appeal.phone, appeal.phone2)
        tails = [p[-4:] for p in phones if len(p) >= 4]
        known = [*tails, appeal.query_code] if appeal.query_code else tails
        if any(hmac.compare_digest(k.encode(), given.encode()) for k in known):
            return appeal
    if code_only:
        raise NotFound(
            "没有查到这件诉求。请核对工单编号和 6 位查询码；忘了查询码，请用登记的电话拨打 12345。"
        )
    raise NotFound("没有查到这件诉求。请核对工单编号，以及登记电话的后四位或查询码。")
