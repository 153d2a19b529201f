"""Notices: told by the delivery of events, read by people."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jiesu.access import Actor
from jiesu.accounts.models import Post
from jiesu.appeals.models import Event
from jiesu.foundation.errors import NotFound, invalid
from jiesu.notifications import mail, recipients
from jiesu.notifications.models import NOTICE_NAMES, Notice, NoticeKind, Preference

KEPT = dt.timedelta(days=365)
COUNTED = 100  # a badge says 99+; counting further costs and says nothing
_PURGED_AT_ONCE = 2_000


# --- the follower -------------------------------------------------------------------------------


def tell(events: Sequence[Event], at: dt.datetime) -> None:
    """This will tell of events whoever is to be told, and queue the mails of those who want some.

    Runs in the transaction that marks the events delivered.
    """
    told = recipients.of(events, at)
    if not told:
        return
    notices = [
        Notice(
            user_id=one.post.user_id, post_id=one.post.pk, kind=one.rule.kind,
            title=NOTICE_NAMES[one.rule.kind], text=one.words[:300],
            number=one.event.appeal.number, event_id=one.event.pk, at=at,
        )
        for one in told
    ]  # fmt: skip
    made = Notice.objects.bulk_create(notices)
    _mail(made, (one.post for one in told), at)


@dataclass(frozen=True)
class News:
    """What one person is told of an audit record: of what kind, in which words."""

    record_id: int
    subject: str
    post: Post
    kind: NoticeKind
    words: str


def tell_news(news: Iterable[News], at: dt.datetime) -> int:
    """This will tell people what happened to no order, and queue their mails; how many notices.

    Each person is told of a record once: the first news of it wins. Call it in a transaction, with
    records that nobody was told of.
    """
    first: dict[tuple[int, int], News] = {}
    for one in news:
        first.setdefault((one.record_id, one.post.user_id), one)
    made = Notice.objects.bulk_create(
        (
            Notice(
                user_id=one.post.user_id, post_id=one.post.pk, kind=one.kind,
                title=NOTICE_NAMES[one.kind], text=one.words[:300], record_id=one.record_id,
                subject=one.subject, at=at,
            )
            for one in first.values()
        ),
        batch_size=500,
    )  # fmt: skip
    _mail(made, [one.post for one in first.values()], at)
    return len(made)


def _mail(made: Sequence[Notice], posts: Iterable[Post], at: dt.datetime) -> None:
    wanting = {p.user_id for p in posts if p.user.wants_email and p.user.email}
    mail.queue([notice for notice in made if notice.user_id in wanting], at)


# --- reading ------------------------------------------------------------------------------------


def unread_count(user_id: int) -> int:
    """How many the person has not read, at most ``COUNTED`` (partial index)."""
    return Notice.objects.filter(user_id=user_id, read_at=None).values("pk")[:COUNTED].count()


@dataclass(frozen=True)
class NoticePage:
    """One page, newest first; ``before`` fetches the next, None at the end."""

    rows: list[Notice]
    before: int | None


def page(
    user_id: int, *, before: int | None = None, size: int = 30, unread: bool = False
) -> NoticePage:
    """One page of the person's notices, by key: one statement."""
    rows = Notice.objects.filter(user_id=user_id).order_by("-pk")
    if unread:
        rows = rows.filter(read_at=None)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: size + 1])
    return NoticePage(found[:size], found[size - 1].pk if len(found) > size else None)


# --- use cases ----------------------------------------------------------------------------------


def mark_read(notice_id: int, *, actor: Actor, at: dt.datetime) -> Notice:
    """This will note that the person has read one of their notices. Refusals: NotFound."""
    notice = Notice.objects.filter(pk=notice_id, user_id=actor.user_id or 0).first()
    if notice is None:
        raise NotFound("没有找到这条通知，可能已清理。")
    if notice.read_at is None:
        Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=at)
        notice.read_at = at
    return notice


def mark_all_read(*, actor: Actor, at: dt.datetime, up_to: int | None = None) -> int:
    """This will note all (up to the newest one shown) as read; how many."""
    rows = Notice.objects.filter(user_id=actor.user_id or 0, read_at=None)
    return (rows if up_to is None else rows.filter(pk__lte=up_to)).update(read_at=at)


def set_mail(kind: str, wanted: bool, *, actor: Actor) -> None:
    """This will say whether the person wants mails of a kind of notice."""
    if kind not in set(NoticeKind):
        raise invalid("kind", "没有这种通知，请从列表中选择。", "unknown")
    if actor.user_id is None:
        raise NotFound
    if wanted:
        Preference.objects.filter(user_id=actor.user_id, kind=kind).delete()
    else:
        Preference.objects.get_or_create(user_id=actor.user_id, kind=kind)


def refused_mails(user_id: int) -> set[str]:
    """The kinds of notice the person wants no mail of."""
    return set(Preference.objects.filter(user_id=user_id).values_list("kind", flat=True))


def forget_old(at: dt.datetime) -> int:
    """Delete notices older than a year, a batch at a time; how many."""
    old = Notice.objects.filter(at__lt=at - KEPT).order_by("at").values_list("pk", flat=True)
    pks = list(old[:_PURGED_AT_ONCE])
    return Notice.objects.filter(pk__in=pks).delete()[0] if pks else 0
