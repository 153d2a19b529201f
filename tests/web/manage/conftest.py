"""Administrators at the top, where what holds everywhere is edited."""

from collections.abc import Callable

import pytest
from django.test import Client
from tests.factories.world import PASSWORD, World
from tests.web.signed_in import client_of

from jiesu.access import Role
from jiesu.accounts.models import Post, User

TOP = {
    "top_system": ("省系统", Role.SYSTEM_ADMIN),
    "top_security": ("省安全", Role.SECURITY_ADMIN),
    "top_audit": ("省审计", Role.AUDIT_ADMIN),
}


@pytest.fixture
def top(world: World) -> World:
    """The world with three administrators of the province's centre."""
    for username, (name, role) in TOP.items():
        user = User.objects.create_user(username, name, PASSWORD)
        world.posts[username] = Post.objects.create(
            user=user, unit=world.units["province_centre"], role=role, is_default=True
        )
    return world


@pytest.fixture
def at(top: World) -> Callable[[str], Client]:
    """A browser's stand-in, signed in as somebody of the world or of the top."""
    return lambda username: client_of(top, username)
