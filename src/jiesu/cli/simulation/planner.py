"""Invents whole lives: how long things take, what goes wrong, how it ends."""

import datetime as dt
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jiesu.appeals.actions.callback import Said
from jiesu.cli.simulation import matters
from jiesu.cli.simulation.life import Life
from jiesu.cli.simulation.plan import Plan
from jiesu.cli.simulation.province import Centre, Province
from jiesu.deadlines.kinds import ClockKind
from jiesu.deadlines.worktime import Budget, Calendar
from jiesu.deadlines.worktime import Unit as TimeUnit
from jiesu.foundation.clock import BEIJING
from jiesu.organizations.models import Region, Unit

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
# How many calls come in each hour of the day, and on each day of the week.
HOURS = (3, 2, 1, 1, 1, 2, 5, 14, 34, 52, 50, 38, 26, 26, 40, 48, 46, 38, 28, 26, 24, 19, 12, 6)
WEEKDAYS = (1.12, 1.05, 1.02, 1.0, 1.0, 0.72, 0.64)
MONTHS = (1.0, 0.85, 0.95, 1.0, 1.05, 1.1, 1.15, 1.15, 1.05, 0.95, 0.95, 0.95)
# How often things happen.
WEB, ANSWERED, REFUSED, HANDED_OVER, WITHDRAWN = 0.26, 0.72, 0.02, 0.01, 0.012
JOINT, RETURNED, RETURN_RIGHT, LATE, EXTENDED, SUSPENDED = 0.08, 0.06, 0.6, 0.07, 0.05, 0.012
SENT_BACK, INNER_REJECTED, UNREACHED, BAD, REDONE = 0.06, 0.04, 0.17, 0.13, 0.6
URGED, FACTS, PASSED, RATED, LISTED, PUBLISHED = 0.06, 0.04, 0.6, 0.25, 0.004, 0.35
MERGED = 0.025
_FIVE_DAYS = Budget(5, TimeUnit.WORK_DAYS)


@dataclass(frozen=True, slots=True)
class Arrival:
    """An appeal that comes in: when, at which centre, and under which earlier one it belongs."""

    index: int
    at: dt.datetime
    centre: int
    master: int = -1  # the index of the arrival it is merged under


def arrivals(
    count: int, days: int, end: dt.datetime, province: Province, seed: str
) -> list[Arrival]:
    """When ``count`` appeals come in over the ``days`` before ``end``, in the order of time."""
    rng = random.Random(f"{seed} arrivals")  # noqa: S311 - a simulation, no secret
    begin = end - days * DAY
    slots: list[dt.datetime] = []
    weights: list[float] = []
    hour = begin.replace(minute=0, second=0, microsecond=0)
    while hour < end:
        slots.append(hour)
        share = 1.0 if hour >= begin else 0.0
        weights.append(share * HOURS[hour.hour] * WEEKDAYS[hour.weekday()] * MONTHS[hour.month - 1])
        hour += HOUR
    latest = end - MINUTE
    times = sorted(
        min(slot + dt.timedelta(seconds=rng.randrange(3600)), latest)
        for slot in rng.choices(slots, weights, k=count)
    )
    centre_weights = [c.weight for c in province.centres]
    centres = rng.choices(range(len(province.centres)), centre_weights, k=count)
    made: list[Arrival] = []
    newest: dict[int, Arrival] = {}  # per centre: the last that may have others under it
    for index, (at, centre) in enumerate(zip(times, centres, strict=True)):
        master = newest.get(centre)
        if master is not None and at - master.at < 4 * HOUR and rng.random() < MERGED:
            made.append(Arrival(index, at, centre, master.index))
            continue
        arrival = Arrival(index, at, centre)
        made.append(arrival)
        newest[centre] = arrival
    return made


def families(made: list[Arrival]) -> Iterator[list[Arrival]]:
    """Each arrival with those merged under it, in the order in which the first came."""
    below: dict[int, list[Arrival]] = {}
    for arrival in made:
        if arrival.master >= 0:
            below.setdefault(arrival.master, []).append(arrival)
    for arrival in made:
        if arrival.master < 0:
            yield [arrival, *below.get(arrival.index, ())]


def plan_family(family: list[Arrival], province: Province, seed: str) -> Plan:
    """The whole life of an arrival and of those merged under it."""
    first = family[0]
    rng = random.Random(f"{seed} {first.index}")  # noqa: S311 - a simulation, no secret
    centre = province.centres[first.centre]
    region = _place(rng, centre)
    matter = matters.choose(rng, first.at.month)
    while len(family) > 1 and matter.type != "03":  # several complain of the same thing
        matter = matters.choose(rng, first.at.month)
    plan = Plan()
    master = Life(plan, province, centre, region, matter, rng)
    writer = _Writer(master)
    if len(family) > 1:
        writer.is_master = True
        writer.hold_until = max(a.at for a in family) + 5 * HOUR
    writer.live(first.at)
    for arrival in family[1:]:
        child = Life(plan, province, centre, region, matter, rng)
        child.told = master.told
        _Writer(child).live_under(arrival.at, writer)
    return plan


def _place(rng: random.Random, centre: Centre) -> Region:
    """A place; the first ones, the city's middle, more often."""
    places = centre.places
    return places[int(len(places) * rng.random() ** 1.7)]


class _Writer:
    """Lives one order: draws chances and durations and writes the steps."""

    def __init__(self, life: Life) -> None:
        self.life, self.rng, self.limits = life, life.rng, life.province.limits
        self.is_master = False
        self.has_joint = self.has_applied = False
        self.hold_until: dt.datetime | None = None
        self.answered_at: list[dt.datetime] = []
        self.dispatched_at: dt.datetime | None = None
        self.urgent = life.matter.urgency != "3"

    # --- time -----------------------------------------------------------------------------------

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def after(self, at: dt.datetime, minutes: float, *, always: bool = False) -> dt.datetime:
        """About so much later, at a time when people work (``always``: round the clock)."""
        spread = minutes * math.exp(self.rng.gauss(0, 0.5))
        later = at + dt.timedelta(seconds=round(spread * 60))
        return later if always or self.urgent else self.at_work(later)

    def at_work(self, at: dt.datetime) -> dt.datetime:
        """That time, or a while after work next begins."""
        calendar = self.limits.calendar(at)
        day, minute = at.date(), at.hour * 60 + at.minute
        if not calendar.is_workday(day) or minute >= 17 * 60 + 30:
            begin = dt.datetime.combine(calendar.next_workday(day), dt.time(8, 30), tzinfo=BEIJING)
        elif minute < 8 * 60 + 30:
            begin = at.replace(hour=8, minute=30)
        elif 12 * 60 <= minute < 14 * 60 + 30:
            begin = at.replace(hour=14, minute=30)
        else:
            return at
        return begin + dt.timedelta(seconds=self.rng.randrange(50 * 60))

    def due(self, kind: ClockKind, at: dt.datetime) -> dt.datetime:
        """When the limit that will run is due; without one, five days are allowed."""
        life = self.life
        matter = life.matter
        limit = self.limits.limit(
            kind, matter.type, matter.urgency, False, life.region.path, at
        )  # fmt: skip
        return limit.due(at)[0] if limit else self.limits.calendar(at).due(at, _FIVE_DAYS)

    # --- the way --------------------------------------------------------------------------------

    def live(self, start: dt.datetime) -> None:
        """From the first ring to the archive."""
        at = self.come_in(start)
        if not self.is_master and self.ends_at_the_desk(at):
            return
        at = self.after(at, 4 if self.urgent else 45, always=self.urgent)
        self.dispatch_to(at)

    def come_in(self, start: dt.datetime) -> dt.datetime:
        life = self.life
        web = self.chance(WEB) and not self.urgent and len(life.centre.unit.region.path) > 4
        if not web:
            return life.register(start)
        life.register(start, channel=self.rng.choice(("web", "app", "wechat", "wechat")))
        return life.accept(self.after(start, 25))

    def ends_at_the_desk(self, at: dt.datetime) -> bool:
        life = self.life
        soon = at + dt.timedelta(seconds=self.rng.randrange(60, 900))
        if life.matter.type == "01" and self.chance(ANSWERED):
            end = life.answer_directly(soon)
        elif self.chance(REFUSED):
            end = life.refuse(soon)
        elif self.chance(HANDED_OVER):
            end = life.hand_over(soon, self.rng.choice(("110", "120", "12348", "other")))
        else:
            return False
        self.archive(end)
        return True

    def dispatch_to(self, at: dt.datetime, lead: Unit | None = None, reason: str = "") -> None:
        """Sent to a unit; it opens, and returns it or handles it."""
        life = self.life
        joint: tuple[Unit, ...] = ()
        named = lead or life.answers()
        if named is None:
            return None
        if lead is None and self.chance(JOINT):
            other = life.province.others(self.rng, named)
            joint = (other,) if other is not None else ()
        life.assign(at, named, joint, reason)
        self.dispatched_at = at
        unit = named
        for other in joint:  # the lead waits for them, and does nothing they could not follow
            handed = self.joint_part(at, other)
            self.has_joint, self.hold_until = True, max(handed + MINUTE, self.hold_until or handed)
        opened = self.after(at, 3 if self.urgent else 70, always=self.urgent)
        if self.chance(0.6):
            life.open(opened, unit)
        tied = self.urgent or self.is_master or self.has_joint
        if lead is None and not tied and self.chance(RETURNED):
            other = life.province.others(self.rng, unit)
            asked = opened + dt.timedelta(minutes=self.rng.randrange(5, 60))
            if other is not None and asked < self.due(ClockKind.RETURN, at):
                return self.give_back(asked, unit, other)
        return self.handle(at, opened, unit)

    def joint_part(self, at: dt.datetime, unit: Unit) -> dt.datetime:
        """A joint unit signs and reports soon."""
        life = self.life
        signed = life.sign(self.after(at, 4 if self.urgent else 60, always=self.urgent), unit)
        handed = life.report(self.after(signed, 8 if self.urgent else 120), unit)
        for step in range(unit.inner_review_steps):
            handed = life.inner_approve(self.after(handed, 5 if self.urgent else 20), unit, step)
        return handed

    def give_back(self, at: dt.datetime, unit: Unit, other: Unit) -> None:
        """Returned: judged right, it goes to the other; judged wrong, it stays."""
        life = self.life
        life.apply(at, unit, "return", suggested_unit=other)
        judged = self.after(at, 60)
        if self.chance(RETURN_RIGHT):
            life.judge(judged, "return", accept=True)
            self.dispatch_to(self.after(judged, 20), other, "原承办单位退单，经核改派。")
            return
        life.judge(judged, "return", accept=False, designate=self.chance(0.5))
        self.handle(at, self.after(judged, 60), unit)

    def handle(self, sent: dt.datetime, at: dt.datetime, unit: Unit) -> None:
        """Signed, worked on, reported."""
        life, rng = self.life, self.rng
        signed = at + dt.timedelta(seconds=rng.randrange(20, 1800 if not self.urgent else 120))
        if not self.urgent and self.chance(0.04):
            signed = self.at_work(self.due(ClockKind.SIGN, sent) + HOUR)
        sections = life.province.sections.get(unit.pk)
        hand = unit
        if sections and not self.urgent and self.chance(PASSED):
            hand = rng.choice(sections)
            life.pass_down(signed, unit, hand)
            signed = life.sign(self.after(signed, 40), hand)
        else:
            life.sign(signed, unit)
        spoke = self.after(signed, 6 if self.urgent else 150, always=self.urgent)
        if self.chance(0.1):
            life.contact(spoke, hand, reached=False)
            spoke = self.after(spoke, 10 if self.urgent else 240, always=self.urgent)
        life.contact(spoke, hand)
        due = self.due(ClockKind.HANDLE, sent)
        if not self.has_joint and self.chance(LISTED):
            life.list_difficult(self.after(spoke, 600))
            return
        calendar = self.limits.calendar(spoke)
        if not self.urgent and hand is unit and spoke + 3 * HOUR < due:
            if self.chance(EXTENDED):
                due = self.extend(spoke, due, unit, calendar)
            elif not self.has_joint and self.chance(SUSPENDED):
                spoke, due = self.suspend(spoke, due, unit)
        ready = self.ready(sent, spoke, due)
        if self.ends_early(spoke, ready):
            return
        if hand is not unit:
            below = life.report(ready, hand)
            ready = self.after(below, 30)
        self.hand_in(ready, unit)

    def ready(self, sent: dt.datetime, spoke: dt.datetime, due: dt.datetime) -> dt.datetime:
        """When the result is written: mostly in time, the last days most, sometimes late."""
        if self.chance(LATE):
            mean = 90 if self.urgent else 900
            late = due + dt.timedelta(minutes=self.rng.expovariate(1 / mean))
            ready = late if self.urgent else self.at_work(late)
        else:
            part = 0.15 + 0.65 * self.rng.random() ** 1.4
            ready = sent + (due - sent) * part
            ready = ready if self.urgent else self.at_work(ready)
        ready = max(ready, spoke + 5 * MINUTE)
        if self.hold_until is not None and ready < self.hold_until:
            ready = self.at_work(self.hold_until + self.rng.randrange(60) * MINUTE)
        return ready

    def extend(
        self, spoke: dt.datetime, due: dt.datetime, unit: Unit, calendar: Calendar
    ) -> dt.datetime:
        asked = spoke + (due - spoke) * (0.05 + 0.3 * self.rng.random())
        days = self.rng.choice((2, 3, 5, 5, 10))
        self.life.apply(asked, unit, "extension", days=days)
        self.has_applied = True  # it is judged before anything ends
        judged = asked + (due - asked) * 0.3
        granted = self.chance(0.85)
        self.life.judge(judged, "extension", accept=granted)
        self.hold_until = max(judged + MINUTE, self.hold_until or judged)
        return calendar.add(due, Budget(days, TimeUnit.WORK_DAYS)) if granted else due

    def suspend(
        self, spoke: dt.datetime, due: dt.datetime, unit: Unit
    ) -> tuple[dt.datetime, dt.datetime]:
        self.life.apply(spoke + 30 * MINUTE, unit, "suspension")
        judged = self.life.judge(spoke + HOUR, "suspension", accept=True)
        away = dt.timedelta(days=self.rng.randrange(3, 15))
        back = self.at_work(judged + away)
        self.life.resume(back)
        return back, due + (back - judged)

    def ends_early(self, spoke: dt.datetime, ready: dt.datetime) -> bool:
        """The citizen calls meanwhile: urges, adds, or takes it back."""
        between = ready - spoke
        if between > 2 * HOUR:
            if self.chance(URGED):
                self.life.urge(spoke + between * 0.6)
            if self.chance(FACTS):
                self.life.add_facts(spoke + between * 0.4)
            tied = self.is_master or self.has_joint or self.has_applied
            if not tied and self.chance(WITHDRAWN):
                self.archive(self.life.withdraw(spoke + between * 0.8))
                return True
        return False

    def hand_in(self, at: dt.datetime, unit: Unit) -> None:
        """Reported, reviewed inside and by the centre, called back."""
        life = self.life
        solved = not self.chance(0.1)
        at = life.report(at, unit, solved=solved)
        brisk = 6 if self.urgent else 35
        if unit.inner_review_steps and self.chance(INNER_REJECTED):
            at = life.inner_reject(self.after(at, brisk), unit)
            at = life.report(self.after(at, brisk), unit, solved=solved)
        for step in range(unit.inner_review_steps):
            at = life.inner_approve(self.after(at, brisk), unit, step)
        checked = self.after(at, 15 if self.urgent else 110, always=self.urgent)
        if life.round < 3 and self.chance(SENT_BACK):
            life.send_back(checked)
            self.hand_in(self.after(checked, 30 if self.urgent else 300), unit)
            return
        intake = next(s.what["intake"] for s in life.plan.steps if s.order == life.number)
        publish = intake.may_publish and life.matter.type in ("01", "03", "05")
        life.approve(checked, publish=publish and self.chance(PUBLISHED))
        self.answered_at.append(checked)
        self.ask(checked, unit, wanted=bool(intake.phone))

    def ask(self, answered: dt.datetime, unit: Unit | None, *, wanted: bool, tries: int = 0,
            redone: int = 0) -> None:  # fmt: skip
        """Called back until reached; the dissatisfied get a redo or a finding."""
        life, rng = self.life, self.rng
        if not wanted:
            self.archive(answered)
            return
        at = self.after(answered, 300)
        if self.chance(RATED):
            stars = rng.choices((5, 4, 3), (6, 3, 1))[0]
            end = life.rate(answered + (at - answered) * 0.5, Said(
                reached=True, way="web", solved=True, satisfaction=stars))  # fmt: skip
            self.archive(end)
            return
        while self.chance(UNREACHED):
            tries += 1
            if tries >= 3:
                end = life.call_back(at, Said(reached=False, decision="close", note="三次未接通"))
                self.archive(end)
                return
            again = self.after(at, 600)
            life.call_back(at, Said(reached=False, note="无人接听", next_at=again))
            at = max(again, at + MINUTE)
        if not self.chance(BAD):
            stars = rng.choices((5, 4, 3), (55, 30, 15))[0]
            said = Said(reached=True, solved=True, satisfaction=stars, agent_satisfaction=5,
                        handling_satisfaction=stars, note="诉求人对办理结果表示认可。")  # fmt: skip
            self.archive(life.call_back(at, said))
            return
        bad: dict[str, Any] = {
            "reached": True, "solved": False, "satisfaction": rng.choice((2, 2, 1)),
            "dissatisfied_reason": rng.choice(("not_solved", "not_contacted", "late", "shirking")),
            "note": "诉求人表示问题反复，未彻底解决。",
        }  # fmt: skip
        if unit is not None and redone < 2 and self.chance(REDONE):
            life.call_back(at, Said(**bad, decision="redo"))
            life.round += 1
            self.redo(at, unit, redone + 1, wanted=wanted)
            return
        finding = "经复核现场照片和办理台账，诉求事项已依法办结，理由见核查报告。"
        said = Said(**bad, decision="finding", finding=finding)
        self.archive(life.call_back(at, said))

    def redo(self, at: dt.datetime, unit: Unit, redone: int, *, wanted: bool) -> None:
        """A second or third round, shorter than the first."""
        life = self.life
        ready = life.report(self.after(at, 60 if self.urgent else 900), unit)
        for step in range(unit.inner_review_steps):
            ready = life.inner_approve(self.after(ready, 20), unit, step)
        checked = life.approve(self.after(ready, 60))
        self.answered_at.append(checked)
        self.ask(checked, unit, wanted=wanted, redone=redone)

    def archive(self, closed: dt.datetime) -> None:
        day = (closed + 31 * DAY).date()
        self.life.archive(dt.datetime.combine(day, dt.time(2, 30), tzinfo=BEIJING))

    def live_under(self, start: dt.datetime, master: "_Writer") -> None:
        """Taken in, merged under the master, answered when it is."""
        life = self.life
        life.register(start)
        at = start + dt.timedelta(minutes=self.rng.randrange(5, 90))
        if master.dispatched_at is not None:
            at = max(at, master.dispatched_at + MINUTE)
        life.merge(at, master.life)
        if master.answered_at:
            # Without a unit of its own: a redo would send it out anew, so a bad word is a finding.
            self.ask(master.answered_at[0], None, wanted=True)
