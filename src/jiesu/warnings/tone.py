"""The tone of one person's orders: how angry each sounds, and whether it rises."""

import datetime as dt
from collections.abc import Iterable

from jiesu.appeals.models import Appeal
from jiesu.textintel.emotion import Emotion, emotion, rising

WITHIN = dt.timedelta(days=180)
BEFORE = 5  # newest earlier orders that are read


def tone_of(appeal: Appeal) -> Emotion:
    """How the order sounds."""
    return emotion(f"{appeal.title}。{appeal.content}")


def is_rising(appeals: Iterable[Appeal]) -> bool:
    """Whether the tone of one person's orders rose; they may come in any order."""
    known = sorted(appeals, key=lambda one: one.pk)
    return rising([tone_of(one).score for one in known])


def rise_before(appeal: Appeal, at: dt.datetime) -> tuple[Emotion, list[Emotion]] | None:
    """The tone of a new order and of the same person's earlier ones, oldest first, if it rose.

    Asks the database only when the order itself sounds angry.
    """
    now = tone_of(appeal)
    if not appeal.phone_hash or not rising([0.0, now.score]):
        return None
    earlier = (
        Appeal.objects.by_phone(appeal.phone_hash)
        .filter(pk__lt=appeal.pk, registered_at__gte=at - WITHIN)
        .only("title", "content")
        .order_by("-pk")[:BEFORE]
    )
    tones = [tone_of(one) for one in earlier][::-1]
    if not rising([*(one.score for one in tones), now.score]):
        return None
    return now, tones
