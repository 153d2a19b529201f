"""Who is told of which event: the one list, ``RULES`` at the end.

A rule names people by their posts, as they are held when the event is delivered. Whoever may not
see the appeal is dropped whatever a rule says, whoever did the thing is not told of it, and nobody
is told twice of one event: the first rule that names a person wins.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from jiesu.access import Permission, Role
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post
from jiesu.appeals.lifecycle import LIVE, Status
from jiesu.appeals.models import Appeal, Application, Assignment, Consultation, Event
from jiesu.deadlines.kinds import CLOCK_NAMES, ClockKind
from jiesu.deadlines.worktime import due_words
from jiesu.foundation.clock import BEIJING
from jiesu.notifications.models import Notice, NoticeKind
from jiesu.organizations.paths import ancestors


@dataclass
class Case:
    """One event being told: what rules may look at, each read at most once."""

    event: Event
    appeal: Appeal
    at: dt.datetime

    @cached_property
    def assignments(self) -> list[Assignment]:
        """All assignments of the appeal, oldest first."""
        return list(Assignment.objects.filter(appeal_id=self.appeal.pk).order_by("pk"))

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
        rows = Application.objects.filter(appeal_id=self.appeal.pk)
        rows = rows.filter(Q(applied_at=self.event.at) | Q(decided_at=self.event.at))
        return rows.order_by("-pk").first()

    def posts(self, units: Iterable[int], *roles: Role) -> list[Post]:
        """The posts of these roles in these units, held now by people who may sign in."""
        return [p for unit in units for p in _posts_of(unit, self.day) if p.role in roles]

    @property
    def day(self) -> dt.date:
        """The day on which the posts must be held."""
        return self.at.astimezone(BEIJING).date()


# --- who holds which post ------------------------------------------------------------------------

Memo = dict[Any, list[Post]]
_memo: ContextVar[Memo | None] = ContextVar("posts", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """While a batch of events is told, each unit is asked once who works there."""
    token = _memo.set({})
    try:
        yield
    finally:
        _memo.reset(token)


def _held(day: dt.date) -> QuerySet[Post, Post]:
    """The posts held that day by people who may sign in."""
    return (
        Post.objects.select_related("user", "unit", "unit__region")
        .filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)
        .filter(Q(user__expires_on=None) | Q(user__expires_on__gt=day), user__is_active=True)
        .order_by("pk")
    )


def _remembered(key: Any, find: Callable[[], QuerySet[Post, Post]]) -> list[Post]:
    memo = _memo.get()
    if memo is None:
        return list(find())
    if key not in memo:
        memo[key] = list(find())
    return memo[key]


def _posts_of(unit: int, day: dt.date) -> list[Post]:
    return _remembered(("unit", unit, day), lambda: _held(day).filter(unit_id=unit))


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
    path = case.appeal.region_path
    found = _remembered(
        ("supervisors", path, case.day),
        lambda: _held(case.day).filter(
            role=Role.SUPERVISOR, unit__region__path__in=ancestors(path)
        ),
    )
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
    if case.appeal.urgency != "1":
        return False
    told = Notice.objects.filter(number=case.appeal.number, kind=NoticeKind.EXTREME)
    return not told.exists()


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


def of(event: Event, appeal: Appeal, at: dt.datetime) -> list[tuple[Post, Rule, str]]:
    """Who is told of this event, by which rule, in which words: each person once."""
    case = Case(event, appeal, at)
    chosen: dict[int, tuple[Post, Rule]] = {}
    for rule in RULES.get(event.kind, ()):
        if rule.when(case):
            for post in rule.who(case):
                if post.user_id != event.actor_user_id:
                    chosen.setdefault(post.user_id, (post, rule))
    seeing = _who_see(appeal, [post for post, _ in chosen.values()])
    words: dict[int, str] = {}
    told = []
    for post, rule in chosen.values():
        if _view(post) in seeing:
            text = words.setdefault(id(rule), rule.words(case))
            told.append((post, rule, text))
    return told


def _view(post: Post) -> tuple[int, bool]:
    """Posts of one unit see the same, but for whether they see the whole area."""
    return post.unit_id, actor_for(post).may(Permission.APPEAL_VIEW_AREA)


def _who_see(appeal: Appeal, posts: Sequence[Post]) -> set[tuple[int, bool]]:
    """The views from which the appeal is visible: asked of ``visible_to``, once a view."""
    by_view = {_view(post): post for post in posts}
    rows = Appeal.objects.filter(pk=appeal.pk)
    return {view for view, post in by_view.items() if rows.visible_to(actor_for(post)).exists()}
