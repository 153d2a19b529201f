"""Runs the trigger rules: finds what they hit, once per cause, and does what they say.

Finding is set-wise and incremental: a rule remembers up to which moment it has looked and looks a
little back, so that what was committed late is seen; a cause found twice is one hit. Acting takes
hits a batch at a time; killed anywhere, nothing is lost and nothing is done twice.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models.fields.json import KT

from jiesu.access import SYSTEM, Actor, Permission
from jiesu.appeals.actions import overlays
from jiesu.appeals.lifecycle import ENDED
from jiesu.appeals.models import Appeal, Assignment, Event
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import Forbidden, NotAllowedNow, NotFound, UseCaseError
from jiesu.organizations.models import Unit
from jiesu.supervision import conditions, instruments
from jiesu.supervision.conditions import Condition, Found
from jiesu.supervision.lifecycle import Kind
from jiesu.supervision.models import Elsewhere, Hit, Instrument, TriggerMark, TriggerRule
from jiesu.supervision.texts import required

LOOK_BACK = dt.timedelta(minutes=10)  # longer than any transaction runs
_PAGE = 2_000
ACTED_AT_ONCE = 500
_KIND_OF = {"reminder": Kind.REMINDER, "order": Kind.ORDER, "order_draft": Kind.ORDER}


@dataclass
class Ran:
    """What one turn did."""

    found: int = 0
    acted: int = 0
    left: int = 0  # waiting, since somebody was changing the order
    rules: int = 0
    more: bool = False
    by_state: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        said = [("hits", self.found), ("acted on", self.acted), ("left", self.left)]
        return ", ".join(f"{what} {count}" for what, count in said if count)


def run(at: dt.datetime, *, batches: int = 20) -> Ran:
    """This will look for what is new under every rule, then act on what waits."""
    done = Ran()
    for key in TriggerRule.objects.order_by("key").values_list("key", flat=True).distinct():
        done.found += look(key, at)
        done.rules += 1
    for _ in range(batches):
        count = act(at, done)
        if count < ACTED_AT_ONCE:
            return done
    done.more = True
    return done


# --- finding -------------------------------------------------------------------------------------


@transaction.atomic
def look(key: str, at: dt.datetime) -> int:
    """This will store what one rule hit since it last looked; how many are new.

    The first time it looks from the day on which it holds. Skipped while another process looks.
    """
    rows = TriggerRule.objects.filter(key=key).select_related("office__region", "region")
    versions = list(rows.order_by("valid_from"))
    TriggerMark.objects.get_or_create(key=key, defaults={"upto": _midnight(versions[0].valid_from)})
    mark = TriggerMark.objects.select_for_update(skip_locked=True).filter(key=key).first()
    if mark is None or mark.upto >= at:
        return 0
    since = max(mark.upto - LOOK_BACK, _midnight(versions[0].valid_from))
    before = Hit.objects.filter(rule_key=key).count() if since < mark.upto else None
    made = 0
    for rule in versions:
        begin = max(since, _midnight(rule.valid_from))
        end = min(at, _midnight(rule.valid_to)) if rule.valid_to else at
        if rule.is_on and begin < end:
            made += _store(rule, conditions.find(rule, begin, end), at)
    mark.upto = at
    mark.save(update_fields=["upto"])
    return made if before is None else Hit.objects.filter(rule_key=key).count() - before


def _store(rule: TriggerRule, found: Found, at: dt.datetime) -> int:
    """Keep each row as a hit; one that is known already stays as it is."""
    state = Hit.State.CLUE if rule.action == TriggerRule.Action.CLUE else Hit.State.WAITING
    made = 0
    for page in _pages(found):
        targets = _targets(rule, page)
        hits = [
            Hit(
                rule=rule, rule_key=rule.key, office_id=rule.office_id,
                appeal_id=targets.get(pk, appeal_id), assignment_id=assignment_id,
                cause=found.cause(pk), action=rule.action, state=state, happened_at=moment,
                found_at=at,
            )
            for pk, appeal_id, assignment_id, moment in page
        ]  # fmt: skip
        Hit.objects.bulk_create(hits, ignore_conflicts=True)
        made += len(hits)
    return made


_FoundRow = tuple[int, int, int | None, dt.datetime]


def _pages(found: Found) -> Iterator[Sequence[_FoundRow]]:
    rows = found.rows.order_by(found.moment, "pk").values_list(
        "pk", "appeal_id", found.assignment, found.moment
    )
    page: list[_FoundRow] = []
    for row in rows.iterator(chunk_size=_PAGE):
        page.append(row)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


def _targets(rule: TriggerRule, page: Sequence[_FoundRow]) -> dict[int, int]:
    """A repeat is told on the earlier order; what is supervised is the one that repeats it."""
    if rule.condition != Condition.REPEATED:
        return {}
    events = Event.objects.filter(pk__in=[row[0] for row in page])
    named = dict(events.values_list("pk", KT("data__number")))  # as text: it is all digits
    orders = dict(Appeal.objects.filter(number__in=[n for n in named.values() if n])
                  .values_list("number", "pk"))  # fmt: skip
    return {pk: orders[number] for pk, number in named.items() if number in orders}


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), BEIJING)


# --- acting --------------------------------------------------------------------------------------


def act(at: dt.datetime, done: Ran | None = None) -> int:
    """This will do what the oldest waiting hits say, in one transaction; how many it took."""
    told = done if done is not None else Ran()
    with transaction.atomic():
        waiting = Hit.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            state=Hit.State.WAITING
        )
        hits = list(waiting.select_related("rule__office__region").order_by("pk")[:ACTED_AT_ONCE])
        if not hits:
            return 0
        _sort_out(hits)
        _urge([h for h in hits if h.state == Hit.State.WAITING and h.action == "urge"], at)
        _write_papers([h for h in hits if h.state == Hit.State.WAITING and h.action != "urge"], at)
        for hit in hits:
            told.by_state[hit.state] = told.by_state.get(hit.state, 0) + 1
        decided = [h for h in hits if h.state != Hit.State.WAITING]
        for hit in decided:
            hit.decided_at, hit.decided_by = at, SYSTEM.name
        Hit.objects.bulk_update(
            decided, ["state", "instrument", "decided_at", "decided_by", "reason"], batch_size=100
        )
    told.acted += len(decided)
    told.left += len(hits) - len(decided)
    return len(decided)


def _sort_out(hits: list[Hit]) -> None:
    """Set aside what was done for the same cause, and what is handled elsewhere."""
    known = set(
        Hit.objects.filter(cause__in=[h.cause for h in hits], state=Hit.State.DONE)
        .values_list("cause", "action")
    )  # fmt: skip
    linked = set(
        Elsewhere.objects.filter(appeal_id__in=[h.appeal_id for h in hits], ended_at=None)
        .values_list("appeal_id", flat=True)
    )  # fmt: skip
    for hit in hits:
        if (hit.cause, hit.action) in known:
            hit.state, hit.reason = Hit.State.ALREADY, "同一事由已由另一条规则处置"
        elif hit.appeal_id in linked and hit.action != "urge":
            hit.state, hit.reason = Hit.State.LINKED, "该事项另案处理中，只关联不督办"
        else:
            known.add((hit.cause, hit.action))


def _urge(hits: list[Hit], at: dt.datetime) -> None:
    """One urge an order, whatever number of rules hit it in this batch."""
    by_order: defaultdict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_order[hit.appeal_id].append(hit)
    if not by_order:
        return
    texts = {pk: "\n".join(dict.fromkeys(h.rule.text for h in of)) for pk, of in by_order.items()}
    urged, left_out = overlays.urge_many(texts, at=at)
    for pk, of in by_order.items():
        if pk in left_out:
            continue
        for hit in of:
            hit.state = Hit.State.DONE if pk in urged else Hit.State.PASSED


def _write_papers(hits: list[Hit], at: dt.datetime) -> None:
    """A letter or a supervision order each; a refusal is what became of the hit."""
    orders = Appeal.objects.select_related("lead_unit__region", "centre__region", "region").in_bulk(
        [h.appeal_id for h in hits]
    )
    holders = Assignment.objects.select_related("unit__region").in_bulk(
        [h.assignment_id for h in hits if h.assignment_id is not None]
    )
    for hit in hits:
        appeal = orders[hit.appeal_id]
        holder = holders.get(hit.assignment_id or 0)
        unit = holder.unit if holder else appeal.lead_unit or appeal.centre
        if appeal.where in ENDED and hit.rule.condition in (Condition.OVERDUE, Condition.YELLOW):
            hit.state = Hit.State.PASSED
            continue
        try:
            with transaction.atomic():
                hit.instrument = _paper(hit.rule, appeal, unit, at, draft=hit.action)
            hit.state = Hit.State.DONE
        except NotAllowedNow as refusal:
            hit.state, hit.reason = Hit.State.ALREADY, refusal.message[:300]
        except UseCaseError as refusal:
            hit.state, hit.reason = Hit.State.DISMISSED, refusal.message[:300]


def _paper(
    rule: TriggerRule, appeal: Appeal, unit: Unit, at: dt.datetime, *, draft: str
) -> Instrument:
    said = instruments.Draft(
        kind=_KIND_OF[draft], unit=unit, matter=appeal.title, demands=rule.text,
        basis=f"你单位承办的热线工单 {appeal.number}（{appeal.title}）：{rule.name}。",
        limit_days=rule.limit_days,
    )  # fmt: skip
    made = instruments.draft(said, actor=SYSTEM, at=at, appeal=appeal, office=rule.office,
                             source=Instrument.Source.RULE)  # fmt: skip
    if draft == TriggerRule.Action.ORDER_DRAFT:
        return made
    return instruments.issue(made, actor=SYSTEM, at=at)


# --- people --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DryRun:
    """What a rule would have hit: orders, each once, by unit, and the rows to look at."""

    orders: int
    units: list[tuple[str, int]]
    found: Found
    since: dt.datetime
    upto: dt.datetime


def dry_run(rule: TriggerRule, since: dt.datetime, upto: dt.datetime) -> DryRun:
    """What this rule would have hit in (since, upto]; changes nothing."""
    found = conditions.find(rule, since, upto)
    return DryRun(conditions.orders_hit(found), conditions.unit_counts(found), found, since, upto)


@transaction.atomic
def dismiss(hit_id: int, reason: str, *, actor: Actor, at: dt.datetime) -> Hit:
    """This will lay a waiting hit or a clue aside, with a reason. Refusals: Forbidden, NotFound."""
    if not actor.may(Permission.SUPERVISION_ISSUE):
        raise Forbidden
    hit = Hit.objects.select_for_update().filter(pk=hit_id, office_id=actor.unit_id or 0).first()
    if hit is None:
        raise NotFound("没有找到这条命中记录，或它属于其他效能办。")
    if hit.state not in (Hit.State.WAITING, Hit.State.CLUE):
        raise NotAllowedNow("这条命中已经处置。")
    hit.reason = required(reason, "reason", "不予处置的原因", 300)
    hit.state, hit.decided_at, hit.decided_by = Hit.State.DISMISSED, at, actor.name
    hit.save()
    return hit
