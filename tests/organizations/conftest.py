"""Who reorganises, and when."""

import datetime as dt
from typing import Any

import pytest

from jiesu.access import ROLE_PERMISSIONS, Actor, ActorKind, Role
from jiesu.foundation.clock import BEIJING
from jiesu.organizations.models import Region

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=BEIJING)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def _nobody_follows(settings: Any) -> None:
    """What stands above has tests of its own for how it follows."""
    settings.JIESU_TREE_FOLLOWERS = []


def administrator(where: Region, role: Role = Role.SYSTEM_ADMIN) -> Actor:
    """Somebody at a post in that region."""
    return Actor(
        kind=ActorKind.PERSON,
        name="林管理",
        role=role,
        user_id=9,
        region_path=where.path,
        permissions=ROLE_PERMISSIONS[role],
    )
