"""Who may do what, and what is hidden from whom: pure, no Django."""

from jiesu.access.actor import SYSTEM, Actor, ActorKind, citizen
from jiesu.access.permissions import Permission
from jiesu.access.roles import ROLE_NAMES, ROLE_PERMISSIONS, Role

__all__ = ["ROLE_NAMES", "ROLE_PERMISSIONS", "SYSTEM", "Actor", "ActorKind", "Permission", "Role", "citizen"]
