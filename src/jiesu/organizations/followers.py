"""Who follows a reorganisation in the same transaction: posts, open assignments, kept paths.

A follower stands above this package and is named in ``settings.JIESU_TREE_FOLLOWERS`` (dotted names
of classes), so that one list tells who is asked and who is told.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from jiesu.access import Actor
from jiesu.organizations.models import PathMove, Unit


@dataclass(frozen=True)
class Happened:
    """What a reorganisation did: subtrees that moved, and units that ended with their heirs."""

    effective: dt.date
    at: dt.datetime
    actor: Actor
    document: str
    moves: tuple[PathMove, ...] = ()
    inherited: tuple[tuple[Unit, Unit], ...] = ()  # (ended, who carries on)


class TreeFollower(Protocol):
    """Something that hangs on the trees."""

    def obstacles(self, unit: Unit, day: dt.date) -> Sequence[str]:
        """What would be left behind if the unit ended without an heir: "3 个在任岗位"."""
        ...

    def follow(self, happened: Happened) -> None:
        """Take the change over, in the caller's transaction."""
        ...


def followers() -> list[TreeFollower]:
    """One of each follower, in the order of the setting."""
    listed: Sequence[str] = getattr(settings, "JIESU_TREE_FOLLOWERS", ())
    return [cast(TreeFollower, import_string(name)()) for name in listed]
