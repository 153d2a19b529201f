"""Clues 线索: events of orders that, several within a window, point at a unit's fault.

``note_*`` follow events and keep one fact an order; as many facts as the dated rule says within its
days make a clue, further ones join it while it is open. A person may lay a clue by hand.
"""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet

from jiesu.access import Actor, ActorKind, Permission
from jiesu.appeals.models import Appeal, Assignment, Event, Reply
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, NotFound, invalid
from jiesu.foundation.text import clean_text
from jiesu.inspection.models import Clue, ClueFact, ClueKind
from jiesu.inspection.sheets import clue_rule, day_of
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import below
from jiesu.supervision.conditions import Condition
from jiesu.supervision.models import Hit

BY_RULE = "规则"


def visible_to(actor: Actor) -> QuerySet[Clue, Clue]:
    """The clues of an efficiency office's region; nobody else sees any."""
    rows = Clue.objects.select_related("unit", "case")
    if actor.kind is ActorKind.SYSTEM:
        return rows
    if not actor.may(Permission.EFFICIENCY_CASES):
        return rows.none()
    return rows.filter(**below("region_path", actor.region_path))


def get_for(actor: Actor, pk: int) -> Clue:
    """One clue. Refuses NotFound (absent or out of scope)."""
    row = visible_to(actor).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


# --- what follows events --------------------------------------------------------------------------


def note_return(event: Event, appeal: Appeal, at: dt.datetime) -> None:
    """A refused return is an improper one; a second of the same order is shirking."""
    unit = _unit_of(event)
    if unit is None or not event.data.get("improper"):
        return
    reason = str(event.data.get("decision", ""))[:200]
    _note(ClueKind.IMPROPER_RETURN, unit, appeal, f"退单被驳回：{reason}", event.at)
    if appeal.improper_return_count > 1:
        words = f"同一工单第 {appeal.improper_return_count} 次不当退单"
        _note(ClueKind.SHIRKING, unit, appeal, words, event.at)


def note_breach(event: Event, appeal: Appeal, at: dt.datetime) -> None:
    """A handling limit not kept is slow; a signing limit not kept is shirking."""
    unit = _unit_of(event)
    if unit is None:
        return
    clock = event.data.get("clock")
    if clock in ("handle", "joint"):
        _note(ClueKind.SLOW, unit, appeal, "超过办理时限未办结", event.at)
    elif clock == "sign":
        _note(ClueKind.SHIRKING, unit, appeal, "超过签收时限未签收", event.at)


def note_send_back(event: Event, appeal: Appeal, at: dt.datetime) -> None:
    """A reply sent back by the centre's review speaks of its quality."""
    unit = _unit_of(event)
    if unit is not None:
        faults = (
            "、".join(event.data.get("faults") or []) or str(event.data.get("reason", ""))[:100]
        )
        _note(ClueKind.BAD_QUALITY, unit, appeal, f"答复被退回：{faults}", event.at)


def note_verdict(event: Event, appeal: Appeal, at: dt.datetime) -> None:
    """The citizen says unsolved where the unit reported it solved: perhaps a false report."""
    if event.data.get("solved") is not False or appeal.lead_unit_id is None:
        return
    reply = (
        Reply.objects.filter(appeal_id=appeal.pk, stage=Reply.Stage.APPROVED)
        .order_by("-pk")
        .first()
    )
    if reply is not None and reply.solved:
        words = "单位报已解决，诉求人回访称未解决"
        _note(ClueKind.FALSE_REPORT, appeal.lead_unit_id, appeal, words, event.at)


def note_repeat(event: Event, appeal: Appeal, at: dt.datetime) -> None:
    """The same matter told again after its unit had answered: dispatched as a repeat."""
    if appeal.repeat_of_id is None or appeal.lead_unit_id is None:
        return
    earlier = Appeal.objects.only("number", "lead_unit_id").get(pk=appeal.repeat_of_id)
    if earlier.lead_unit_id == appeal.lead_unit_id:
        words = f"同一诉求再次反映（前单 {earlier.number}）"
        _note(ClueKind.REPEATED, appeal.lead_unit_id, appeal, words, event.at)


# What a supervision rule's condition points at, when the rule says 列为效能线索.
_POINTS_AT = {
    Condition.OVERDUE: ClueKind.SLOW,
    Condition.BREACHED: ClueKind.SLOW,
    Condition.YELLOW: ClueKind.SLOW,
    Condition.URGED: ClueKind.SLOW,
    Condition.NOT_ACTED_ON: ClueKind.SLOW,
    Condition.REDO: ClueKind.BAD_QUALITY,
    Condition.SENT_BACK: ClueKind.BAD_QUALITY,
    Condition.DISSATISFIED: ClueKind.BAD_QUALITY,
    Condition.IMPROPER_RETURN: ClueKind.IMPROPER_RETURN,
    Condition.REPEATED: ClueKind.REPEATED,
}


def take_hits(at: dt.datetime, batch: int = 200) -> int:
    """This will take in what supervision's rules marked as clues; how many. Each once."""
    rows = Hit.objects.select_related("rule", "appeal").filter(state=Hit.State.CLUE)
    taken = 0
    for hit in rows.order_by("pk")[:batch]:
        with transaction.atomic():
            claimed = Hit.objects.filter(pk=hit.pk, state=Hit.State.CLUE).update(
                state=Hit.State.DONE, decided_at=at, decided_by=BY_RULE
            )
            unit_id = hit.appeal.lead_unit_id
            if claimed and unit_id is not None:
                kind = _POINTS_AT[Condition(hit.rule.condition)]
                _note(kind, unit_id, hit.appeal, hit.rule.name, hit.happened_at)
            taken += claimed
    return taken


def _unit_of(event: Event) -> int | None:
    if event.assignment_id is None:
        return None
    return (
        Assignment.objects.filter(pk=event.assignment_id).values_list("unit_id", flat=True).first()
    )


def _note(kind: ClueKind, unit_id: int, appeal: Appeal, words: str, at: dt.datetime) -> None:
    """Keep one fact an order; make or feed the clue when the rule's number is reached."""
    fact, is_new = ClueFact.objects.get_or_create(
        unit_id=unit_id, kind=kind, appeal_id=appeal.pk, defaults={"words": words[:300], "at": at}
    )
    if not is_new:
        return
    clue = Clue.objects.filter(unit_id=unit_id, kind=kind, state=Clue.State.OPEN).first()
    if clue is None:
        rule = clue_rule(kind, day_of(at))
        if rule is None:
            return
        since = at - dt.timedelta(days=rule.days)
        loose = ClueFact.objects.filter(unit_id=unit_id, kind=kind, clue=None, at__gt=since)
        if loose.count() < rule.count:
            return
        unit = Unit.objects.select_related("region").get(pk=unit_id)
        clue = Clue.objects.create(
            kind=kind, unit=unit, unit_path=unit.path, region_path=unit.region.path,
            found_by=BY_RULE, note=f"{rule.days} 天内 {rule.count} 件", made_at=at, last_at=at,
        )  # fmt: skip
        loose.update(clue=clue)
    else:
        ClueFact.objects.filter(pk=fact.pk).update(clue=clue)
    Clue.objects.filter(pk=clue.pk).update(count=clue.facts.count(), last_at=at)


# --- what people do -------------------------------------------------------------------------------


@transaction.atomic
def lay(
    kind: str, unit: Unit, numbers: Sequence[str], note: str, *, actor: Actor, at: dt.datetime
) -> Clue:
    """This will lay a clue by hand with the orders that prove it; joins the open one of its kind.

    Refusals: Forbidden, Invalid (no or unknown orders, no note, a unit out of the region).
    """
    if not actor.may(Permission.EFFICIENCY_CASES):
        raise Forbidden
    said = clean_text(note, max_length=500, field="note", label="说明")
    wanted = list(dict.fromkeys(n.strip() for n in numbers if n.strip()))
    if not said:
        raise invalid("note", "请写明线索说明。", "required")
    if not wanted:
        raise invalid("orders", "请至少填写一件作为依据的工单编号。", "required")
    if not unit.region.path.startswith(actor.region_path):
        raise invalid("unit", "该单位不在本级管辖范围内。", "out_of_region")
    appeals = list(Appeal.objects.visible_to(actor).filter(number__in=wanted).only("pk", "number"))
    missing = sorted(set(wanted) - {a.number for a in appeals})
    if missing:
        raise invalid("orders", f"没有找到工单 {'、'.join(missing[:3])}，请核对编号。", "unknown")
    clue, _ = Clue.objects.get_or_create(
        unit=unit, kind=ClueKind(kind), state=Clue.State.OPEN,
        defaults={
            "unit_path": unit.path, "region_path": unit.region.path, "found_by": actor.name,
            "note": said, "made_at": at, "last_at": at,
        },
    )  # fmt: skip
    for appeal in appeals:
        fact, is_new = ClueFact.objects.get_or_create(
            unit=unit, kind=clue.kind, appeal=appeal,
            defaults={"words": said[:300], "at": at, "clue": clue},
        )  # fmt: skip
        if not is_new and fact.clue_id is None:
            ClueFact.objects.filter(pk=fact.pk).update(clue=clue)
    Clue.objects.filter(pk=clue.pk).update(count=clue.facts.count(), last_at=at)
    clue.refresh_from_db()
    return clue


@transaction.atomic
def set_aside(clue: Clue, why: str, *, actor: Actor, at: dt.datetime) -> None:
    """This will put a clue aside with the reason; its orders may not make another clue."""
    if not actor.may(Permission.EFFICIENCY_CASES):
        raise Forbidden
    said = clean_text(why, max_length=300, field="why", label="理由")
    if not said:
        raise invalid("why", "请写明不予采用的理由。", "required")
    done = Clue.objects.filter(
        pk=clue.pk, version=clue.version, state=Clue.State.OPEN
    ).update(
        state=Clue.State.SET_ASIDE, why_not=said, decided_by=actor.name, decided_at=at,
        version=clue.version + 1,
    )  # fmt: skip
    if not done:
        raise ChangedMeanwhile("这条线索已被他人处理，请刷新查看。")
