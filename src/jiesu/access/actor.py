"""Who acts: a person at one of their posts, an API client, a citizen, or the system itself."""

from dataclasses import dataclass, field
from enum import StrEnum

from jiesu.access.permissions import Permission


class ActorKind(StrEnum):
    """What sort of actor it is."""

    PERSON = "person"
    CLIENT = "client"
    CITIZEN = "citizen"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """Who does something, from which unit, and with which permissions.

    ``unit_path`` and ``region_path`` bound what is visible (see ``organizations.paths``); "" bounds
    nothing for the system and everything for anyone else.
    """

    kind: ActorKind
    name: str
    role: str = ""
    user_id: int | None = None
    client_id: int | None = None
    post_id: int | None = None
    unit_id: int | None = None
    unit_name: str = ""
    unit_path: str = ""
    region_path: str = ""
    permissions: frozenset[Permission] = field(default_factory=frozenset)

    def may(self, permission: Permission) -> bool:
        """Whether this actor holds the permission; the system holds all."""
        return self.kind is ActorKind.SYSTEM or permission in self.permissions

    @property
    def key(self) -> str:
        """A stable name of the acting account, for idempotency keys and rate limits."""
        if self.user_id is not None:
            return f"user:{self.user_id}"
        if self.client_id is not None:
            return f"client:{self.client_id}"
        return str(self.kind)


SYSTEM = Actor(kind=ActorKind.SYSTEM, name="系统", role="system")


def citizen() -> Actor:
    """An unauthenticated citizen, who reaches what the number and code they hold open."""
    return Actor(
        kind=ActorKind.CITIZEN,
        name="诉求人",
        role="citizen",
        permissions=frozenset(
            {
                Permission.INTAKE_REGISTER,
                Permission.INTAKE_ADD_FACTS,
                Permission.INTAKE_URGE,
                Permission.INTAKE_WITHDRAW,
            }
        ),
    )
