"""Who is told of which event of an order: the one list, ``RULES`` at the end.

(What happens to no order, scores and bulletins, is told by the list in ``jobs/news.py``.)

A rule names people by their posts, as they are held when the event is delivered. Whoever may not
see the appeal is dropped whatever a rule says, whoever did the thing is not told of it, and nobody
is told twice of one event: the first rule that names a person wins.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from django.db.models import Q, QuerySet

from jiesu.access import ROLE_PERMISSIONS, Permission, Role
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post
from jiesu.appeals.lifecycle import LIVE, Status
from jiesu.appeals.models import Appeal, Application, Assignment, Consultation, Event
from jiesu.deadlines.kinds import CLOCK_NAMES, ClockKind
from jiesu.deadlines.worktime import due_words
from jiesu.foundation.clock import BEIJING
from jiesu.notifications.models import Notice, NoticeKind
from jiesu.organizations.paths import ancestors

EXTREME = "1"  # the urgency of two hours at most


class Batch:
    """Events being told together: what their rules look at is read once for all of them."""

    def __init__(self, events: Sequence[Event], at: dt.datetime) -> None:
        self.events = events
        self.day = at.astimezone(BEIJING).date()
        self._appeals = {event.appeal_id for event in events}
        self._near: dict[str, list[Post]] = {}

    @cached_property
    def assignments(self) -> dict[int, list[Assignment]]:
        """All assignments of each appeal, oldest first."""
        return _by_appeal(Assignment.objects.filter(appeal_id__in=self._appeals).order_by("pk"))

    @cached_property
    def applications(self) -> dict[int, list[Application]]:
        """All applications of each appeal, newest first."""
        return _by_appeal(Application.objects.filter(appeal_id__in=self._appeals).order_by("-pk"))

    @cached_property
    def known_extreme(self) -> set[str]:
        """The numbers of the urgent appeals that people were told of, this batch included."""
        numbers = [e.appeal.number for e in self.events if e.appeal.urgency == EXTREME]
        told = Notice.objects.filter(number__in=numbers, kind=NoticeKind.EXTREME)
        return set(told.values_list("number", flat=True))

    def posts_of(self, unit: int) -> list[Post]:
        """The posts held in a unit; asked once for all units that have to do with the batch."""
        if unit not in self._posts:
            self._posts |= _by_unit([unit], self.day)
        return self._posts[unit]

    @cached_property
    def _posts(self) -> dict[int, list[Post]]:
        centres = {event.appeal.centre_id for event in self.events}
        units = {one.unit_id for rows in self.assignments.values() for one in rows}
        return _by_unit(centres | units, self.day)

    def supervisors_of(self, path: str) -> list[Post]:
        """The supervisors' posts on the way from the province to the region."""
        if path not in self._near:
            here = held(self.day).filter(
                role=Role.SUPERVISOR, unit__region__path__in=ancestors(path)
            )
            self._near[path] = list(here)
        return self._near[path]


Row = TypeVar("Row", Assignment, Application)


def _by_appeal(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.appeal_id].append(row)
    return found


@dataclass
class Case:
    """One event being told: what rules may look at."""

    event: Event
    batch: Batch

    @property
    def appeal(self) -> Appeal:
        """What it happened to."""
        return self.event.appeal

    @property
    def assignments(self) -> list[Assignment]:
        """All assignments of the appeal, oldest first."""
        return self.batch.assignments.get(self.appeal.pk, [])

    @cached_property
    def assignment(self) -> Assignment | None:
        """The assignment the event is about; else the newest lead of the centre's."""
        if self.event.assignment_id is not None:
            return next((a for a in self.assignments if a.pk == self.event.assignment_id), None)
        leads = [a for a in self.assignments if a.nature == "lead" and a.depth == 0]
        return next((a for a in leads if a.where in LIVE), leads[-1] if leads else None)

    @cached_property
    def application(self) -> Application | None:
        """The application that this event made or decided."""
        rows = self.batch.applications.get(self.appeal.pk, [])
        at = self.event.at
        return next((a for a in rows if a.applied_at == at or a.decided_at == at), None)

    def posts(self, units: Iterable[int], *roles: Role) -> list[Post]:
        """The posts of these roles in these units, held now by people who may sign in."""
        return [p for unit in units for p in self.batch.posts_of(unit) if p.role in roles]


# --- who holds which post ------------------------------------------------------------------------


def held(day: dt.date) -> QuerySet[Post, Post]:
    """The posts held that day by people who may sign in."""
    return (
        Post.objects.select_related("user", "unit", "unit__region")
        .filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)
        .filter(Q(user__expires_on=None) | Q(user__expires_on__gt=day), user__is_active=True)
        .order_by("pk")
    )


def _by_unit(units: Iterable[int], day: dt.date) -> dict[int, list[Post]]:
    found: dict[int, list[Post]] = {unit: [] for unit in units}
    for post in held(day).filter(unit_id__in=list(found)):
        found[post.unit_id].append(post)
    return found


Who = Callable[[Case], Iterable[Post]]


# --- people ---------------------------------------------------------------------------------------


def centre(*roles: Role) -> Who:
    """The people of these roles in the appeal's own centre."""
    return lambda case: case.posts([case.appeal.centre_id], *roles)


def new_units(case: Case) -> list[Post]:
    """The clerks of every unit that got the order by this event."""
    units = {a.unit_id for a in case.assignments if a.assigned_at == case.event.at}
    return [post for unit in sorted(units) for post in _clerks(case, unit)]


def handler(case: Case) -> list[Post]:
    """Whoever handles the assignment; its unit's clerks while nobody does, or who did has left."""
    return _handler(case, case.assignment)


def handlers_ended(case: Case) -> list[Post]:
    """The handlers of what was taken from its units by this event."""
    ended = [a for a in case.assignments if a.ended_at == case.event.at]
    return [post for assignment in ended for post in _handler(case, assignment)]


def section_heads(case: Case) -> list[Post]:
    """The section heads of the assignment's unit."""
    mine = case.assignment
    return case.posts([mine.unit_id], Role.SECTION_HEAD) if mine else []


def next_reviewers(case: Case) -> list[Post]:
    """Who makes the next step of the unit's inner review: section heads first, leaders then."""
    mine = case.assignment
    if mine is None:
        return []
    first, second = (Role.SECTION_HEAD, Role.UNIT_LEADER)
    if case.event.data.get("step", 0):
        first, second = second, first
    return case.posts([mine.unit_id], first) or case.posts([mine.unit_id], second)


def judges(case: Case) -> list[Post]:
    """Who decides the application: the centre's dispatchers, or the unit that passed it down."""
    asked = case.application
    if asked is None:
        return []
    found = case.posts([asked.judge_unit_id], Role.DISPATCHER)
    return found or _clerks(case, asked.judge_unit_id)


def applicant(case: Case) -> list[Post]:
    """Whoever applied, while they are at the unit; else its handler."""
    asked, mine = case.application, case.assignment
    if asked is None or mine is None:
        return handler(case)
    at_unit = case.posts([mine.unit_id], *_UNIT_ROLES)
    return [p for p in at_unit if p.user_id == asked.applied_by_id] or _handler(case, mine)


def whoever_has_it(case: Case) -> list[Post]:
    """The people of whom the next step is expected."""
    desks = {
        Status.REGISTERED: (Role.SHIFT_LEAD, Role.DISPATCHER),
        Status.ACCEPTED: (Role.DISPATCHER,),
        Status.REPORTED: (Role.REVIEWER,),
        Status.CALLBACK: (Role.CALLBACK_AGENT,),
    }
    roles = desks.get(case.appeal.where)
    if roles:
        return case.posts([case.appeal.centre_id], *roles)
    return handler(case)


def clock_holders(case: Case) -> list[Post]:
    """Of whom the limit is: the handler and the section head, or the centre's desk."""
    desk = _DESK_OF.get(ClockKind(case.event.data["clock"]))
    if desk is not None:
        return case.posts([case.appeal.centre_id], *desk)
    if case.assignment is None:
        return case.posts([case.appeal.centre_id], Role.DISPATCHER)
    return [*handler(case), *section_heads(case)]


def supervisors(case: Case) -> list[Post]:
    """The supervisors nearest to the place: the county's, else the city's, else the province's."""
    found = case.batch.supervisors_of(case.appeal.region_path)
    nearest = max((len(p.unit.region.path) for p in found), default=0)
    return [p for p in found if len(p.unit.region.path) == nearest]


def invited(case: Case) -> list[Post]:
    """The clerks of the units asked to confer."""
    asked = Consultation.objects.filter(appeal_id=case.appeal.pk, convened_at=case.event.at)
    units = asked.values_list("opinions__unit_id", flat=True)
    return [post for unit in units if unit for post in _clerks(case, unit)]


def supervised_unit(case: Case) -> list[Post]:
    """The people of the unit that an instrument or a ledger entry names: clerks and leaders."""
    unit = case.event.data.get("unit_id")
    return case.posts([int(unit)], *_UNIT_ROLES) if unit else []


def supervising_office(case: Case) -> list[Post]:
    """The supervisors of the office that issued the instrument or follows the note up."""
    office = case.event.data.get("office_id")
    return case.posts([int(office)], Role.SUPERVISOR) if office else []


_UNIT_ROLES = (Role.CLERK, Role.SECTION_HEAD, Role.UNIT_LEADER)
_DESK_OF: dict[ClockKind, tuple[Role, ...]] = {
    ClockKind.ACCEPT: (Role.SHIFT_LEAD, Role.DISPATCHER),
    ClockKind.DISPATCH: (Role.DISPATCHER,),
    ClockKind.REVIEW: (Role.REVIEWER,),
    ClockKind.CALLBACK: (Role.CALLBACK_AGENT,),
}


def _clerks(case: Case, unit: int) -> list[Post]:
    """The unit's clerks; where it has none, whoever stands in for them."""
    posts = case.posts([unit], *_UNIT_ROLES)
    for role in _UNIT_ROLES:
        found = [post for post in posts if post.role == role]
        if found:
            return found
    return []


def _handler(case: Case, assignment: Assignment | None) -> list[Post]:
    if assignment is None:
        return []
    if assignment.handler_id is not None:
        posts = case.posts([assignment.unit_id], *_UNIT_ROLES)
        mine = [post for post in posts if post.user_id == assignment.handler_id]
        if mine:
            return mine[:1]
    return _clerks(case, assignment.unit_id)


# --- conditions -----------------------------------------------------------------------------------


def became_extreme(case: Case) -> bool:
    """Two hours at most: told once, when it is taken in or becomes so."""
    number = case.appeal.number
    if case.appeal.urgency != EXTREME or number in case.batch.known_extreme:
        return False
    case.batch.known_extreme.add(number)
    return True


def is_of_unit(case: Case) -> bool:
    """The event is about one assignment."""
    return case.event.assignment_id is not None


def more_steps(case: Case) -> bool:
    """The inner review is not over."""
    data = case.event.data
    return bool(data.get("step", 0) < data.get("steps", 0))


# --- the words ------------------------------------------------------------------------------------

Words = Callable[[Case], str]


def the_matter(case: Case) -> str:
    """What the appeal is about."""
    return case.appeal.title


def the_fact(key: str) -> Words:
    """What the event says under ``key``, then the matter."""

    def words(case: Case) -> str:
        said = str(case.event.data.get(key) or "")
        return f"{said[:120]}｜{case.appeal.title}" if said else case.appeal.title

    return words


def the_limit(case: Case) -> str:
    """Which limit, due when."""
    data = case.event.data
    name = CLOCK_NAMES[ClockKind(data["clock"])]
    due = dt.datetime.fromisoformat(data["due_at"])
    return f"{name}时限 {due_words(due)}｜{case.appeal.title}"


def the_warning(case: Case) -> str:
    """Which class, in which words."""
    data = case.event.data
    return f"{data.get('warning', '')}：“{str(data.get('quote') or '')[:80]}”｜{case.appeal.title}"


# --- the list -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """Of an event of this kind, tell these people this."""

    kind: NoticeKind
    who: Who
    words: Words = the_matter
    when: Callable[[Case], bool] = field(default=lambda case: True)


_SHIFT = centre(Role.DISPATCHER, Role.SHIFT_LEAD)
_EXTREME = Rule(NoticeKind.EXTREME, _SHIFT, when=became_extreme)
_REASON = the_fact("reason")
_DECISION = the_fact("decision")

_SUPERVISED = (Rule(NoticeKind.SUPERVISED, supervised_unit, the_fact("text")),)
_SUPERVISION_NEWS = (Rule(NoticeKind.SUPERVISION_NEWS, supervising_office, the_fact("text")),)

RULES: dict[str, tuple[Rule, ...]] = {
    **dict.fromkeys(
        (
            "supervision_issued",
            "supervision_approved",
            "supervision_returned",
            "supervision_done",
            "supervision_cancelled",
            "ledger_entered",
            "ledger_relapsed",
        ),
        _SUPERVISED,
    ),
    **dict.fromkeys(("supervision_answered", "note_answered"), _SUPERVISION_NEWS),
    "note_written": (
        Rule(NoticeKind.NOTED, supervising_office, the_fact("text")),
        Rule(NoticeKind.NOTED, whoever_has_it, the_fact("text")),
    ),
    "register": (_EXTREME,),
    "accept": (_EXTREME,),
    "reclassify": (_EXTREME,),
    "dispatch": (Rule(NoticeKind.ASSIGNED, new_units, the_fact("instruction")),),
    "reassign": (Rule(NoticeKind.ASSIGNED, new_units, the_fact("instruction")),),
    "add_joint": (Rule(NoticeKind.ASSIGNED, new_units),),
    "pass_down": (Rule(NoticeKind.ASSIGNED, new_units, the_fact("instruction")),),
    "cancel": (Rule(NoticeKind.TAKEN_BACK, handler, _REASON, is_of_unit),),
    "inherited": (Rule(NoticeKind.ASSIGNED, handler),),
    "request_return": (Rule(NoticeKind.APPLICATION, judges, _REASON),),
    "apply": (Rule(NoticeKind.APPLICATION, judges, _REASON),),
    "accept_return": (Rule(NoticeKind.JUDGED, applicant, _DECISION),),
    "refuse_return": (Rule(NoticeKind.JUDGED, applicant, _DECISION),),
    "extend": (Rule(NoticeKind.JUDGED, applicant, _DECISION),),
    "refuse_application": (Rule(NoticeKind.JUDGED, applicant, _DECISION),),
    "suspend": (Rule(NoticeKind.JUDGED, applicant, _DECISION),),
    "terminate": (Rule(NoticeKind.JUDGED, applicant, _DECISION),),
    "resume": (Rule(NoticeKind.RESUMED, handler, _REASON),),
    "unlist": (Rule(NoticeKind.RESUMED, handler, _REASON),),
    "submit": (Rule(NoticeKind.INNER_REVIEW, next_reviewers, when=more_steps),),
    "inner_approve": (Rule(NoticeKind.INNER_REVIEW, next_reviewers, when=more_steps),),
    "inner_reject": (Rule(NoticeKind.INNER_REJECTED, handler, _REASON),),
    "receive_from_below": (Rule(NoticeKind.FROM_BELOW, handler, the_fact("from")),),
    "report": (Rule(NoticeKind.REVIEW, centre(Role.REVIEWER)),),
    "send_back": (
        Rule(NoticeKind.SENT_BACK, handler, _REASON),
        Rule(NoticeKind.SENT_BACK, section_heads, _REASON),
    ),
    "redo": (
        Rule(NoticeKind.REDO, handler, _REASON),
        Rule(NoticeKind.REDO, section_heads, _REASON),
    ),
    "warning": (
        Rule(NoticeKind.WARNED, _SHIFT, the_warning),
        Rule(NoticeKind.WARNED, supervisors, the_warning),
    ),
    "urge": (Rule(NoticeKind.URGED, whoever_has_it, the_fact("text")),),
    "add_facts": (Rule(NoticeKind.FACTS, whoever_has_it, the_fact("text")),),
    "repeated": (Rule(NoticeKind.FACTS, handler, the_fact("number")),),
    "merged_in": (Rule(NoticeKind.MERGED, whoever_has_it, the_fact("number")),),
    "withdraw": (Rule(NoticeKind.WITHDRAWN, handlers_ended, _REASON),),
    "consult": (Rule(NoticeKind.CONSULTED, invited, the_fact("question")),),
    "clock_yellow": (
        Rule(NoticeKind.YELLOW, clock_holders, the_limit),
        Rule(NoticeKind.YELLOW, supervisors, the_limit),
    ),
    "clock_breached": (
        Rule(NoticeKind.BREACHED, clock_holders, the_limit),
        Rule(NoticeKind.BREACHED, supervisors, the_limit),
    ),
}


@dataclass(frozen=True)
class Told:
    """One person told of one event, by which rule, in which words."""

    event: Event
    post: Post
    rule: Rule
    words: str


def of(events: Sequence[Event], at: dt.datetime) -> list[Told]:
    """Who is told of these events, each person once an event.

    Each event has its ``appeal`` loaded. Who may see what is asked of ``visible_to``, once for
    each view of the batch.
    """
    batch = Batch(events, at)
    chosen = [Told(case.event, post, rule, rule.words(case))
              for case in (Case(event, batch) for event in events)
              for post, rule in _chosen(case)]  # fmt: skip
    asked: dict[View, set[int]] = defaultdict(set)
    eyes: dict[View, Post] = {}
    for one in chosen:
        asked[_view(one.post)].add(one.event.appeal_id)
        eyes.setdefault(_view(one.post), one.post)
    seen = {
        view: set(
            Appeal.objects.filter(pk__in=appeals)
            .visible_to(actor_for(eyes[view]))
            .values_list("pk", flat=True)
        )
        for view, appeals in asked.items()
    }
    return [one for one in chosen if one.event.appeal_id in seen[_view(one.post)]]


def _chosen(case: Case) -> Iterable[tuple[Post, Rule]]:
    found: dict[int, tuple[Post, Rule]] = {}
    for rule in RULES.get(case.event.kind, ()):
        if rule.when(case):
            for post in rule.who(case):
                if post.user_id != case.event.actor_user_id:
                    found.setdefault(post.user_id, (post, rule))
    return found.values()


View = tuple[int, bool]


def _view(post: Post) -> View:
    """Posts of one unit see the same, but for whether they see the whole area."""
    return post.unit_id, Permission.APPEAL_VIEW_AREA in ROLE_PERMISSIONS[Role(post.role)]
