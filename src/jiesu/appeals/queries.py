"""Adjectives for appeals and assignments; they chain: ``visible_to(actor).overdue(at)``."""

import datetime as dt
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import ExpressionWrapper, F, Func, Q
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, In

from jiesu.access import Actor, ActorKind, Permission
from jiesu.appeals.lifecycle import ENDED, LIVE, OPEN, State, Status
from jiesu.organizations import successions
from jiesu.organizations.paths import STEP, below

if TYPE_CHECKING:
    from jiesu.appeals.models import Appeal, Assignment, Clock  # noqa: F401 - named in the bases below


_COUNTY = 3 * STEP  # digits of a county's path


class County(Func):
    """The county in a region's path, as ``appeal_county`` holds it.

    Its numbers stand in the text: SQLite knows an index's expression by nothing less.
    """

    template = f"SUBSTR(%(expressions)s, 1, {_COUNTY})"
    output_field = models.CharField()


class Apart(Func):
    """A column that no index is asked for.

    SQLite knows nothing of how many rows have which value, and would gather nearly all orders to
    sort them where a walk in the list's order meets a page of them at once. Other databases have
    statistics and see the column itself.
    """

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """With the sign that keeps SQLite's indexes out."""
        return self.as_sql(compiler, connection, template="+%(expressions)s", **extra)


def within(path: str) -> Q:
    """Orders of a region and those below it.

    A county's are found by its index, the newest first, and a street's by leaving out the county's
    others: PostgreSQL would take a street within a county for next to nothing and sort, so it is
    not shown how narrow that is. A city's are a large share of all, which a walk meets anyway.
    """
    area = Q(**below("region_path", path))
    if len(path) < _COUNTY:
        return area
    county = Q(Exact(County(F("region_path")), path[:_COUNTY]))
    if len(path) == _COUNTY:
        return county
    within_county = ExpressionWrapper(area, output_field=models.BooleanField())
    return county & Q(Coalesce(within_county, False))


def one_of(column: str, values: Sequence[Any], *, by_day: bool) -> Q:
    """Orders with one of these values, which many may have.

    A list that runs ``by_day`` leaves the others out; only what is under way is little enough to be
    gathered and sorted.
    """
    if by_day and not OPEN.issuperset(values):
        return Q(In(Apart(F(column)), values))
    return Q(**{f"{column}__in": values})


def _hashed(column: str, search_hash: str) -> Q:
    """Says again what the partial index says: SQLite would read the whole table without."""
    return Q(**{column: search_hash}) & ~Q(**{column: ""})


class AppealQuerySet(models.QuerySet["Appeal", "Appeal"]):
    """Appeals by where they stand and who may see them."""

    def visible_to(self, actor: Actor) -> "AppealQuerySet":
        """Those within the actor's scope; also for counts, search, exports and statistics.

        Centre staff, supervisors and leaders see their region's; a unit sees what it, a unit below
        it or one whose heir it is was ever assigned; whoever has no post sees nothing.
        """
        if actor.kind is ActorKind.SYSTEM:
            return self
        if not actor.unit_path or not actor.may(Permission.APPEAL_VIEW):
            return self.none()
        if actor.may(Permission.APPEAL_VIEW_AREA):
            if len(actor.region_path) <= STEP:
                return self
            # no index leads by region: a list walks in its order and leaves out the others'
            area = Q(**below("region_path", actor.region_path))
            return self.filter(area | Q(centre_id=actor.unit_id))
        assignments = apps.get_model("appeals", "Assignment")._default_manager
        theirs = Q(**below("unit_path", actor.unit_path))
        # Named one by one: with a subquery here PostgreSQL takes every unit for half the province
        # and walks a million orders to find a small unit's ten.
        if before := successions.predecessors(actor.unit_id):
            theirs |= Q(unit__in=before)
        return self.filter(pk__in=assignments.filter(theirs).values("appeal_id"))

    def of_centre(self, actor: Actor) -> "AppealQuerySet":
        """Those whose dispatch, review and call-back are the actor's centre's."""
        return self.filter(centre_id=actor.unit_id)

    def open(self) -> "AppealQuerySet":
        """Those whose life has not ended."""
        return self.exclude(status__in=ENDED)

    def awaiting_acceptance(self) -> "AppealQuerySet":
        """Registered (by web, interface, other line), not yet taken in 待受理."""
        return self.filter(status=Status.REGISTERED)

    def awaiting_dispatch(self) -> "AppealQuerySet":
        """Accepted, not yet sent to a unit 待派单."""
        return self.filter(status=Status.ACCEPTED)

    def awaiting_review(self) -> "AppealQuerySet":
        """Answered by the unit, not yet checked by the centre 待审核."""
        return self.filter(status=Status.REPORTED)

    def awaiting_callback(self, at: dt.datetime | None = None) -> "AppealQuerySet":
        """To be called back 待回访; with ``at``, only those whose next attempt is due by then."""
        waiting = self.filter(status=Status.CALLBACK)
        if at is None:
            return waiting
        return waiting.filter(Q(next_callback_at__isnull=True) | Q(next_callback_at__lte=at))

    def overdue(self, at: dt.datetime) -> "AppealQuerySet":
        """Whose shown limit has passed."""
        return self.filter(due_at__lt=at)

    def due_before(self, at: dt.datetime) -> "AppealQuerySet":
        """Whose shown limit ends before ``at``."""
        return self.filter(due_at__lt=at)

    def to_archive(self, before: dt.datetime) -> "AppealQuerySet":
        """Ended before then and not yet archived, oldest first (partial index ``appeal_ended``).

        Only what has ended has a time of its end.
        """
        ended = self.filter(closed_at__lt=before, archived_at__isnull=True)
        return ended.order_by("archived_at", "closed_at", "id")

    def by_phone(self, search_hash: str) -> "AppealQuerySet":
        """Of the person with this telephone (``Keyring.search_hash`` of the normalised number)."""
        return self.filter(_hashed("phone_hash", search_hash) | _hashed("phone2_hash", search_hash))

    def by_person(self, search_hash: str) -> "AppealQuerySet":
        """Of the person with this telephone or identity number."""
        columns = ("phone_hash", "phone2_hash", "document_hash")
        return self.filter(reduce(or_, (_hashed(column, search_hash) for column in columns)))

    def published(self) -> "AppealQuerySet":
        """Those whose answer anyone may read."""
        return self.filter(published_at__isnull=False)


class AssignmentQuerySet(models.QuerySet["Assignment", "Assignment"]):
    """Assignments by where they stand and whose they are."""

    def visible_to(self, actor: Actor) -> "AssignmentQuerySet":
        """Those of the actor's unit and the units below it; the whole region for area viewers."""
        if actor.kind is ActorKind.SYSTEM:
            return self
        if not actor.unit_path or not actor.may(Permission.APPEAL_VIEW):
            return self.none()
        if actor.may(Permission.APPEAL_VIEW_AREA):
            if len(actor.region_path) <= STEP:
                return self
            return self.filter(
                Q(**below("appeal__region_path", actor.region_path))
                | Q(appeal__centre_id=actor.unit_id)
            )
        return self.filter(**below("unit_path", actor.unit_path))

    def of_unit(self, actor: Actor) -> "AssignmentQuerySet":
        """Those the actor's own unit must answer."""
        return self.none() if actor.unit_id is None else self.filter(unit_id=actor.unit_id)

    def live(self) -> "AssignmentQuerySet":
        """Not returned, cancelled or done."""
        return self.filter(state__in=LIVE)

    def to_open(self) -> "AssignmentQuerySet":
        """待查阅"""
        return self.filter(state=State.ASSIGNED)

    def to_sign(self) -> "AssignmentQuerySet":
        """待签收"""
        return self.filter(state=State.OPENED)

    def handling(self) -> "AssignmentQuerySet":
        """办理中 (also those passed down or waiting for a judged return)."""
        return self.filter(state__in=[State.HANDLING, State.RETURNING, State.PASSED_DOWN])

    def in_inner_review(self) -> "AssignmentQuerySet":
        """待内审"""
        return self.filter(state=State.INNER_REVIEW)

    def sent_back(self) -> "AssignmentQuerySet":
        """退回重办: being handled for the second or third time."""
        return self.filter(state=State.HANDLING, round__gt=1)

    def overdue(self, at: dt.datetime) -> "AssignmentQuerySet":
        """Whose shown limit has passed and who still owe something."""
        return self.filter(state__in=LIVE - {State.REPORTED}, due_at__lt=at, is_paused=False)


class ClockQuerySet(models.QuerySet["Clock"]):
    """Limits by what the deadline loop does with them; each is one partial index."""

    def running(self) -> "ClockQuerySet":
        """Neither stopped nor paused."""
        return self.filter(stopped_at=None, paused_at=None)

    def to_breach(self, at: dt.datetime) -> "ClockQuerySet":
        """Running, past due, not yet marked."""
        return self.running().filter(breached_at=None, due_at__lt=at)

    def to_mark_yellow(self, at: dt.datetime) -> "ClockQuerySet":
        """Running, past yellow, marked neither yellow nor breached."""
        return self.running().filter(
            breached_at=None, yellow_marked_at=None, yellow_at__isnull=False, yellow_at__lte=at
        )
