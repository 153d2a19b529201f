"""Topics as the desks read them, within one's scope."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q

from jiesu.access import Actor, Permission
from jiesu.appeals.models import Appeal
from jiesu.organizations.paths import below
from jiesu.topics.models import Member, Topic

WINDOW = dt.timedelta(days=30)
WEEK = dt.timedelta(days=7)
LEAST = 3  # orders of a topic that is listed
SHOWN = 50
MEMBERS_SHOWN = 100


@dataclass(frozen=True)
class Growing:
    """A topic with how many joined in the last seven days and in the seven before."""

    topic: Topic
    week: int
    week_before: int


def growing(actor: Actor, at: dt.datetime) -> list[Growing]:
    """The topics of the actor's region told in the last 30 days, the most told first."""
    if not actor.may(Permission.APPEAL_VIEW_AREA):
        return []
    topics = list(
        Topic.objects.filter(
            **below("region_path", actor.region_path), last_at__gte=at - WINDOW, count__gte=LEAST
        )
        .defer("sums")
        .order_by("-count", "-id")[:SHOWN]
    )
    rows = (
        Member.objects.filter(topic__in=topics, received_at__gte=at - 2 * WEEK)
        .values("topic_id")
        .annotate(
            week=Count("pk", filter=Q(received_at__gte=at - WEEK)),
            before=Count("pk", filter=Q(received_at__lt=at - WEEK)),
        )
        .order_by()
    )
    lately = {row["topic_id"]: (row["week"], row["before"]) for row in rows}
    return [Growing(t, *lately.get(t.pk, (0, 0))) for t in topics]


def of_appeal(appeal: Appeal) -> Topic | None:
    """The topic this order belongs to."""
    return Topic.objects.filter(members__appeal=appeal).defer("sums").first()


def members(topic: Topic, actor: Actor, most: int = MEMBERS_SHOWN) -> list[Appeal]:
    """The newest orders of a topic that the actor may see."""
    numbers = Member.objects.filter(topic=topic).values("appeal_id")
    rows = Appeal.objects.visible_to(actor).filter(pk__in=numbers)
    return list(
        rows.only("number", "title", "status", "lead_unit_name", "received_at", "address",
                  "due_at", "yellow_at", "due_kind", "due_unit", "is_paused")
        .order_by("-pk")[:most]
    )  # fmt: skip
