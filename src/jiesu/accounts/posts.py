"""A person's posts: which hold today, and how they follow a reorganisation of the units."""

import datetime as dt
from collections.abc import Sequence

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest

from jiesu.accounts.models import ApiClient, Post, User
from jiesu.organizations.checks import day_of
from jiesu.organizations.followers import Happened
from jiesu.organizations.models import Unit


def on(day: dt.date) -> QuerySet[Post, Post]:
    """The posts that hold on a day, of people and units that do."""
    return Post.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day),
        Q(unit__valid_to__isnull=True) | Q(unit__valid_to__gt=day),
        Q(user__expires_on__isnull=True) | Q(user__expires_on__gt=day),
        valid_from__lte=day,
        user__is_active=True,
    )


def current_posts(user: User, at: dt.datetime) -> list[Post]:
    """The posts the person holds now, the default one first; one statement."""
    rows = on(day_of(at)).filter(user=user).select_related("user", "unit__region")
    return list(rows.order_by("-is_default", "unit__path", "role"))


def default_post(user: User, at: dt.datetime) -> Post | None:
    """The post a person starts the day at; None for who holds none."""
    return next(iter(current_posts(user, at)), None)


def holding(post_id: int, user_id: int, at: dt.datetime) -> Post | None:
    """That post if that person holds it now, ready for ``actor_for``; one statement."""
    rows = on(day_of(at)).filter(pk=post_id, user_id=user_id)
    return rows.select_related("user", "unit__region").first()


class PostsFollow:
    """Takes posts and API clients to the unit that carries on (``organizations.followers``)."""

    def obstacles(self, unit: Unit, day: dt.date) -> Sequence[str]:
        """The posts and clients that would be left without a unit."""
        open_posts = _open(unit, day).count()
        clients = ApiClient.objects.filter(unit=unit, is_active=True).count()
        found = [f"{open_posts} 个在任岗位"] if open_posts else []
        return [*found, f"{clients} 个接口客户端"] if clients else found

    def follow(self, happened: Happened) -> None:
        """End the posts of units that ended, and let the same people hold them at the heir."""
        for old, heir in happened.inherited:
            self._hand_over(old, heir, happened.effective)

    def _hand_over(self, old: Unit, heir: Unit, day: dt.date) -> None:
        ending = list(_open(old, day))
        already = set(
            Post.objects.filter(unit=heir, valid_to__isnull=True).values_list("user_id", "role")
        )
        _open(old, day).update(
            valid_to=Greatest(F("valid_from"), day), is_default=False
        )  # fmt: skip
        Post.objects.bulk_create(
            Post(
                user_id=post.user_id,
                unit=heir,
                role=post.role,
                is_default=post.is_default,
                valid_from=max(post.valid_from, day),
                valid_to=post.valid_to,
            )
            for post in ending
            if (post.user_id, post.role) not in already
        )
        ApiClient.objects.filter(unit=old).update(unit=heir)


def _open(unit: Unit, day: dt.date) -> QuerySet[Post, Post]:
    return Post.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=day), unit=unit)
