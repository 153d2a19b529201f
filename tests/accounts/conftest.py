"""Who manages people, and when."""

import datetime as dt

import pytest
from tests.factories.world import World

from jiesu.access import Actor
from jiesu.accounts.models import User
from jiesu.foundation.clock import BEIJING

NOW = dt.datetime(2026, 11, 16, 9, 0, tzinfo=BEIJING)
TODAY = NOW.date()


@pytest.fixture
def admin(world: World) -> Actor:
    """卫安全, security administrator of Fuzhou."""
    return world.actor("security_admin")


@pytest.fixture
def clerk(world: World) -> User:
    """周敏, clerk of Gulou's urban management."""
    return world.posts["clerk"].user
