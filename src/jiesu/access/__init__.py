"""Who may do what, and what is hidden from whom: pure, no Django."""

from jiesu.access.actor import SYSTEM, Actor, ActorKind, citizen
from jiesu.access.exposure import View, is_centre_staff, may_reveal, personal_view
from jiesu.access.permissions import Permission
from jiesu.access.roles import ROLE_NAMES, ROLE_PERMISSIONS, Role
from jiesu.access.scope import Scope, may_manage, seen_by

__all__ = [
    "ROLE_NAMES",
    "ROLE_PERMISSIONS",
    "SYSTEM",
    "Actor",
    "ActorKind",
    "Permission",
    "Role",
    "Scope",
    "View",
    "citizen",
    "is_centre_staff",
    "may_manage",
    "may_reveal",
    "personal_view",
    "seen_by",
]
