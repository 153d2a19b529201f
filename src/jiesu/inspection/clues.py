"""Clues 线索: events of orders that, several within a window, point at a unit's fault.

``note_*`` follow events and keep one fact an order; as many facts as the dated rule says within its
days make a clue, further ones join it while it is open. A person may lay a clue by hand.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from django.db import transaction
from django.db.models import F, QuerySet

from jiesu.access import Actor, ActorKind, Permission
from jiesu.appeals.models import Appeal, Assignment, Event
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, NotFound, invalid
from jiesu.foundation.text import clean_text
from jiesu.inspection.models import Clue, ClueFact, ClueKind, ClueRule
from jiesu.inspection.replies import newest_approved
from jiesu.inspection.sheets import clue_rule, day_of
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import below
from jiesu.supervision.conditions import Condition
from jiesu.supervision.models import Hit

BY_RULE = "规则"
LONGEST_WINDOW = 366  # days: no rule looks further back


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


@dataclass(frozen=True)
class Found:
    """One order that speaks for a fault of one unit, in words, since when."""

    kind: ClueKind
    unit_id: int
    appeal_id: int
    words: str
    at: dt.datetime


def note_return(events: Sequence[Event], at: dt.datetime) -> None:
    """A refused return is an improper one; a second of the same order is shirking."""
    found = []
    for event, unit in _with_units(e for e in events if e.data.get("improper")):
        reason = str(event.data.get("decision", ""))[:200]
        found.append(_found(ClueKind.IMPROPER_RETURN, unit, event, f"退单被驳回：{reason}"))
        times = event.appeal.improper_return_count
        if times > 1:
            words = f"同一工单第 {times} 次不当退单"
            found.append(_found(ClueKind.SHIRKING, unit, event, words))
    _note(found)


def note_breach(events: Sequence[Event], at: dt.datetime) -> None:
    """A handling limit not kept is slow; a signing limit not kept is shirking."""
    says = {
        "handle": (ClueKind.SLOW, "超过办理时限未办结"),
        "joint": (ClueKind.SLOW, "超过办理时限未办结"),
        "sign": (ClueKind.SHIRKING, "超过签收时限未签收"),
    }
    _note(
        _found(says[event.data["clock"]][0], unit, event, says[event.data["clock"]][1])
        for event, unit in _with_units(e for e in events if e.data.get("clock") in says)
    )


def note_send_back(events: Sequence[Event], at: dt.datetime) -> None:
    """A reply sent back by the centre's review speaks of its quality."""
    found = []
    for event, unit in _with_units(events):
        faults = "、".join(event.data.get("faults") or [])
        words = faults or str(event.data.get("reason", ""))[:100]
        found.append(_found(ClueKind.BAD_QUALITY, unit, event, f"答复被退回：{words}"))
    _note(found)


def note_verdict(events: Sequence[Event], at: dt.datetime) -> None:
    """The citizen says unsolved where the unit reported it solved: perhaps a false report."""
    denied = _with_lead_units(e for e in events if e.data.get("solved") is False)
    if not denied:
        return
    replies = newest_approved(e.appeal_id for e, _ in denied)
    _note(
        _found(ClueKind.FALSE_REPORT, unit, event, "单位报已解决，诉求人回访称未解决")
        for event, unit in denied
        if event.appeal_id in replies and replies[event.appeal_id].solved
    )


def note_repeat(events: Sequence[Event], at: dt.datetime) -> None:
    """The same matter told again after its unit had answered: dispatched as a repeat."""
    again = _with_lead_units(e for e in events if e.appeal.repeat_of_id is not None)
    if not again:
        return
    earlier = Appeal.objects.only("number", "lead_unit_id").in_bulk(
        [e.appeal.repeat_of_id for e, _ in again]
    )
    _note(
        _found(ClueKind.REPEATED, unit, event, f"同一诉求再次反映（前单 {before.number}）")
        for event, unit in again
        if (before := earlier[event.appeal.repeat_of_id]).lead_unit_id == unit
    )


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
    marked = Hit.objects.filter(state=Hit.State.CLUE)
    with transaction.atomic():
        rows = marked.select_for_update(of=("self",), skip_locked=True)
        hits = list(rows.select_related("rule", "appeal").order_by("pk")[:batch])
        if hits:
            marked.filter(pk__in=[hit.pk for hit in hits]).update(
                state=Hit.State.DONE, decided_at=at, decided_by=BY_RULE
            )
            _note(
                Found(_POINTS_AT[Condition(hit.rule.condition)], unit, hit.appeal_id,
                      hit.rule.name, hit.happened_at)
                for hit in hits
                if (unit := hit.appeal.lead_unit_id) is not None
            )  # fmt: skip
    return len(hits)


def _with_units(events: Iterable[Event]) -> list[tuple[Event, int]]:
    """The events that are about an assignment, each with the assignment's unit."""
    about = [e for e in events if e.assignment_id is not None]
    if not about:
        return []
    rows = Assignment.objects.filter(pk__in={e.assignment_id for e in about})
    units = dict(rows.values_list("pk", "unit_id"))
    return [(e, units[e.assignment_id]) for e in about if e.assignment_id in units]


def _with_lead_units(events: Iterable[Event]) -> list[tuple[Event, int]]:
    """The events of orders that have a lead unit, each with it."""
    return [(e, unit) for e in events if (unit := e.appeal.lead_unit_id) is not None]


def _found(kind: ClueKind, unit_id: int, event: Event, words: str) -> Found:
    return Found(kind, unit_id, event.appeal_id, words, event.at)


def _note(found: Iterable[Found]) -> None:
    """Keep one fact an order; make or feed the clues whose rule's number is reached.

    Five statements however many facts, one for each rule, and two for each clue made or fed.
    """
    said = {(one.unit_id, one.kind, one.appeal_id): one for one in reversed(list(found))}
    if not said:
        return
    kept = ClueFact.objects.filter(appeal_id__in={appeal for _, _, appeal in said})
    for unit_id, kind, appeal_id in kept.values_list("unit_id", "kind", "appeal_id"):
        said.pop((unit_id, ClueKind(kind), appeal_id), None)
    by_pair: dict[tuple[int, ClueKind], list[Found]] = defaultdict(list)
    for one in sorted(said.values(), key=lambda one: one.at):
        by_pair[one.unit_id, one.kind].append(one)
    if not by_pair:
        return
    pairs = {"unit_id__in": {u for u, _ in by_pair}, "kind__in": {k for _, k in by_pair}}
    clues = {(c.unit_id, c.kind): c for c in Clue.objects.filter(state=Clue.State.OPEN, **pairs)}
    before = _loose({pair for pair in by_pair if pair not in clues}, said.values())
    ClueFact.objects.bulk_create(
        ClueFact(unit_id=one.unit_id, kind=one.kind, appeal_id=one.appeal_id,
                 words=one.words[:300], at=one.at)
        for one in said.values()
    )  # fmt: skip
    rule_of = cache(clue_rule)
    for pair, facts in by_pair.items():
        if pair in clues:
            _feed(clues[pair], facts)
        else:
            _make(pair, before[pair], facts, rule_of)


def _loose(
    pairs: Collection[tuple[int, ClueKind]], new: Iterable[Found]
) -> dict[tuple[int, ClueKind], list[dt.datetime]]:
    """When the facts happened that are in no clue yet and may still make one with the new."""
    found: dict[tuple[int, ClueKind], list[dt.datetime]] = defaultdict(list)
    if pairs:
        since = min(one.at for one in new) - dt.timedelta(days=LONGEST_WINDOW)
        rows = ClueFact.objects.filter(
            unit_id__in={u for u, _ in pairs}, kind__in={k for _, k in pairs}, clue=None,
            at__gt=since,
        )  # fmt: skip
        for unit_id, kind, at in rows.values_list("unit_id", "kind", "at"):
            found[unit_id, ClueKind(kind)].append(at)
    return found


def _make(
    pair: tuple[int, ClueKind], before: list[dt.datetime], new: Sequence[Found],
    rule_of: Callable[[ClueKind, dt.date], ClueRule | None],
) -> None:  # fmt: skip
    """Make the clue at the first new fact with which the rule's number is reached, if there is."""
    unit_id, kind = pair
    moments = list(before)
    for place, fact in enumerate(new):
        moments.append(fact.at)
        rule = rule_of(kind, day_of(fact.at))
        if rule is None:
            continue
        since = fact.at - dt.timedelta(days=rule.days)
        count = sum(at > since for at in moments)
        if count < rule.count:
            continue
        unit = Unit.objects.select_related("region").get(pk=unit_id)
        clue = Clue.objects.create(
            kind=kind, unit=unit, unit_path=unit.path, region_path=unit.region.path,
            found_by=BY_RULE, note=f"{rule.days} 天内 {rule.count} 件",
            count=count + len(new) - place - 1, made_at=fact.at, last_at=new[-1].at,
        )  # fmt: skip
        loose = ClueFact.objects.filter(unit_id=unit_id, kind=kind, clue=None, at__gt=since)
        loose.update(clue=clue)  # with the new facts that came after this one
        return


def _feed(clue: Clue, facts: Sequence[Found]) -> None:
    """Let new facts join an open clue."""
    new = ClueFact.objects.filter(unit_id=clue.unit_id, kind=clue.kind)
    new.filter(appeal_id__in=[f.appeal_id for f in facts]).update(clue=clue)
    Clue.objects.filter(pk=clue.pk).update(count=F("count") + len(facts), last_at=facts[-1].at)


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
