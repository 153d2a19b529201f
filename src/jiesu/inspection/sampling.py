"""The machine looks at every order and reply; people look at a share, drawn by rule.

``look_at`` follows events; ``draw`` takes a day's sample once. Part of it is drawn at random, part
by risk without replacement: keys ``u ** (1 / weight)``, the largest win (Efraimidis and Spirakis,
"Weighted random sampling with a reservoir", 2006). The day and the centre are the seed, so a draw
can be repeated and nobody chooses whom to inspect.
"""

import datetime as dt
import hashlib
import heapq
import math
from collections.abc import Iterable, Sequence

from django.db import transaction

from jiesu.access import SYSTEM, Actor, Permission
from jiesu.appeals.models import Appeal, Contact, Event, Reply
from jiesu.foundation.errors import Forbidden, NotAllowedNow, NotFound, invalid
from jiesu.inspection import prechecks
from jiesu.inspection.lifecycle import Mark
from jiesu.inspection.models import DrawnDay, Inspection, Precheck, Subject
from jiesu.inspection.prechecks import Finding, Registration
from jiesu.inspection.replies import newest_approved
from jiesu.inspection.sheets import day_of, sample_rule
from jiesu.journal import audit
from jiesu.organizations.models import Unit
from jiesu.warnings.models import Warning


def look_at_registration(events: Sequence[Event], at: dt.datetime) -> None:
    """This will let the machine look at registrations once they left the seat; once an order.

    A follower of what ends the seat's work: dispatch, direct answer, refusal, hand-over.
    """
    by_seats = [e for e in events if e.appeal.agent_id is not None]  # else a citizen wrote it
    if not by_seats:
        return
    looked_at = Appeal.objects.filter(pk__in=[e.appeal_id for e in by_seats])
    changed = set(looked_at.filter(events__kind="reclassify").values_list("pk", flat=True))
    urgent = (Warning.Kind.EXTREME, Warning.Kind.SUDDEN_DANGER)
    raised = Warning.objects.filter(appeal__in=looked_at, kind__in=urgent)
    warned = set(raised.values_list("appeal_id", flat=True))
    rows = []
    for event in by_seats:
        appeal = event.appeal
        found = prechecks.check_registration(
            Registration(
                title=appeal.title, content=appeal.content, address=appeal.address,
                appeal_type=appeal.appeal_type, urgency=appeal.urgency,
                category_level=appeal.category.level if appeal.category else 0,
                reclassified=appeal.pk in changed, returned=appeal.return_count > 0,
                warned=appeal.pk in warned,
            )
        )  # fmt: skip
        rows.append(
            _precheck(event, Subject.ORDER, 1, found, unit_id=appeal.centre_id,
                      person_id=appeal.agent_id, person_name=appeal.agent_name)
        )  # fmt: skip
    Precheck.objects.bulk_create(rows, ignore_conflicts=True)  # each is looked at once


def look_at_reply(events: Sequence[Event], at: dt.datetime) -> None:
    """This will let the machine look at replies that were let go; a follower of ``approve``."""
    appeals = {e.appeal_id for e in events}
    replies = newest_approved(appeals)
    reached = Contact.objects.filter(appeal_id__in=appeals, reached=True)
    contacted = set(reached.values_list("appeal_id", flat=True))
    rows = []
    for event in events:
        reply = replies.get(event.appeal_id)
        if reply is None:
            continue
        found = prechecks.check_reply(
            reply.public_reply,
            title=event.appeal.title,
            content=event.appeal.content,
            contacted=event.appeal_id in contacted,
            solved=reply.solved,
        )
        rows.append(
            _precheck(event, Subject.REPLY, event.appeal.redo_count + 1, found,
                      unit_id=reply.assignment.unit_id, person_id=reply.written_by_id,
                      person_name=reply.written_by)
        )  # fmt: skip
    Precheck.objects.bulk_create(rows, ignore_conflicts=True)  # each is looked at once


def _precheck(
    event: Event, subject: Subject, round_: int, found: Iterable[Finding], *, unit_id: int,
    person_id: int | None, person_name: str,
) -> Precheck:  # fmt: skip
    findings = list(found)
    return Precheck(
        appeal_id=event.appeal_id, subject=subject, round=round_,
        centre_id=event.appeal.centre_id, day=day_of(event.at), risk=prechecks.risk(findings),
        findings=[{"code": f.code, "words": f.words} for f in findings], person_id=person_id,
        person_name=person_name, unit_id=unit_id,
    )  # fmt: skip


def draw(
    centre: Unit, subject: str, day: dt.date, *, actor: Actor, at: dt.datetime
) -> list[Inspection]:
    """This will draw a day's sample of one centre for people to inspect; a second call adds none.

    At least one where there was anything. Refusals: Forbidden, NotAllowedNow before the day ended.
    """
    if not actor.may(Permission.QUALITY_INSPECT):
        raise Forbidden
    if day >= day_of(at):
        raise NotAllowedNow("当天还没有结束，明天才能抽取今天的样本。")
    rule = sample_rule(subject, day)
    if rule is None:
        raise NotAllowedNow("没有设置抽检比例，请先在“评分表”里设置。")
    with transaction.atomic():
        Unit.objects.select_for_update().get(pk=centre.pk)  # one draw at a time
        of_day = Precheck.objects.filter(centre=centre, subject=subject, day=day)
        if of_day.filter(drawn=True).exists():
            return []
        rows = list(of_day.values_list("pk", "risk"))
        if not rows:
            return []
        size = math.ceil(len(rows) * rule.share / 100)
        by_risk = math.floor(size * rule.weighted / 100)
        chosen = choose(rows, size, by_risk, seed=f"{centre.pk}|{subject}|{day}")
        made = _open(chosen, at)
        audit.record(
            "inspection.drawn", actor=actor, at=at, subject=f"sample:{subject}",
            data={"day": day.isoformat(), "of": len(rows), "drawn": len(made)},
        )  # fmt: skip
    return made


def draw_due(at: dt.datetime) -> int:
    """This will draw yesterday's samples of every centre, once a day; how many were drawn."""
    day = day_of(at) - dt.timedelta(days=1)
    if DrawnDay.objects.filter(day=day).exists():
        return 0
    made = 0
    for subject in (Subject.ORDER, Subject.REPLY):
        if sample_rule(subject, day) is None:
            continue
        for centre in Unit.objects.filter(kind=Unit.Kind.CENTRE, valid_to=None).order_by("pk"):
            made += len(draw(centre, subject, day, actor=SYSTEM, at=at))
    DrawnDay.objects.get_or_create(day=day, defaults={"at": at, "drawn": made})
    return made


def choose(
    rows: list[tuple[int, int]], size: int, by_risk: int, *, seed: str
) -> dict[int, Inspection.Origin]:
    """Of (id, risk): ``by_risk`` drawn by risk, the rest of ``size`` at random from what is left.

    The same rows and seed give the same choice.
    """

    def lot(pk: int, turn: str) -> float:
        digest = hashlib.sha256(f"{seed}|{turn}|{pk}".encode()).digest()
        return (int.from_bytes(digest[:7], "big") + 1) / 2**56

    risky = [(lot(pk, "risk") ** (1 / risk), pk) for pk, risk in rows if risk > 0]
    weighted = {pk for _, pk in heapq.nlargest(by_risk, risky)}
    others = [(lot(pk, "random"), pk) for pk, _ in rows if pk not in weighted]
    random = {pk for _, pk in heapq.nlargest(size - len(weighted), others)}
    return {
        **dict.fromkeys(sorted(weighted), Inspection.Origin.RISK),
        **dict.fromkeys(sorted(random), Inspection.Origin.RANDOM),
    }


def _open(chosen: dict[int, Inspection.Origin], at: dt.datetime) -> list[Inspection]:
    made = []
    drawn = Precheck.objects.in_bulk(list(chosen))
    for pk, origin in chosen.items():
        seen = drawn[pk]
        row, is_new = Inspection.objects.get_or_create(
            appeal_id=seen.appeal_id, subject=seen.subject,
            state__in=[m for m in Mark if m is not Mark.FINAL],
            defaults={
                "origin": origin, "centre_id": seen.centre_id, "person_id": seen.person_id,
                "person_name": seen.person_name, "unit_id": seen.unit_id, "drawn_at": at,
                "findings": seen.findings, "state": Mark.WAITING,
            },
        )  # fmt: skip
        if is_new:
            made.append(row)
    Precheck.objects.filter(pk__in=list(chosen)).update(drawn=True)
    return made


def inspect_by_hand(
    appeal: Appeal, subject: str, *, call_id: str = "", actor: Actor, at: dt.datetime
) -> Inspection:
    """This will put one order, call or reply on the inspectors' desk.

    Refusals: Forbidden; Invalid for a reply that was never given; NotAllowedNow when it is open.
    """
    if not actor.may(Permission.QUALITY_INSPECT):
        raise Forbidden
    kind = Subject(subject)
    person: tuple[int | None, str, int]
    if kind is Subject.REPLY:
        reply = (
            Reply.objects.select_related("assignment")
            .filter(appeal=appeal).exclude(submitted_at=None).order_by("-pk").first()
        )  # fmt: skip
        if reply is None:
            raise invalid("subject", "这件工单还没有答复，不能质检答复。", "no_reply")
        person = (reply.written_by_id, reply.written_by, reply.assignment.unit_id)
    else:
        if appeal.agent_id is None:
            raise invalid(
                "subject", "这件工单不是话务员登记的，没有可质检的通话和登记。", "no_agent"
            )
        person = (appeal.agent_id, appeal.agent_name, appeal.centre_id)
    seen = Precheck.objects.filter(appeal=appeal, subject=kind).order_by("-round").first()
    with transaction.atomic():
        row, is_new = Inspection.objects.get_or_create(
            appeal=appeal, subject=kind, state__in=[m for m in Mark if m is not Mark.FINAL],
            defaults={
                "origin": Inspection.Origin.HAND, "centre_id": appeal.centre_id,
                "person_id": person[0], "person_name": person[1], "unit_id": person[2],
                "drawn_at": at, "findings": seen.findings if seen else [],
                "call_id": call_id or appeal.call_id, "state": Mark.WAITING,
            },
        )  # fmt: skip
    if not is_new:
        raise NotAllowedNow("这件已经在质检，请在质检台查看。")
    return row


def centre_of(pk: int) -> Unit:
    """The centre with this id. Refuses NotFound."""
    unit = Unit.objects.select_related("region").filter(pk=pk, kind=Unit.Kind.CENTRE).first()
    if unit is None:
        raise NotFound
    return unit
