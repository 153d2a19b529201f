"""How far an actor sees and manages. Lists, counts, searches, exports and analytics all obey.

Seeing appeals (``seen_by``), widest rule that holds:

1. The system sees every appeal.
2. Who holds ``appeal.view_area`` (the centre's desks, supervisors, leaders) sees every appeal whose
   region is at or below their unit's region, and every appeal assigned to a unit at or below
   theirs: a zone's centre still sees what the province sent it from elsewhere.
3. Who holds only ``appeal.view`` (clerk, section head, unit's leader) sees what is assigned to a
   unit at or below their own, lead or joint, also after it was passed down.
4. Anyone else sees none: the three administrators run the system and read no appeal; a citizen
   reaches one appeal by its number and code, never a list.

Managing (``may_manage``): organizations, people, catalogue rows and the like belong to a region,
and an administrator manages those at or below the region of the unit of their post.

Out of scope looks like absent: the gate answers both with the same ``NotFound``. Stepping aside
has its own rule (``access.recusal``), and so has personal data (``access.exposure``): seeing an
appeal is not seeing who brought it.
"""

from dataclasses import dataclass

from jiesu.access.actor import Actor, ActorKind
from jiesu.access.permissions import Permission


@dataclass(frozen=True)
class Scope:
    """Which appeals are visible: all, or those below either path; an empty path admits none."""

    everything: bool = False
    region_path: str = ""
    unit_path: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is visible."""
        return not (self.everything or self.region_path or self.unit_path)


def seen_by(actor: Actor) -> Scope:
    """The appeals the actor sees, by the four rules above."""
    if actor.kind is ActorKind.SYSTEM:
        return Scope(everything=True)
    if actor.may(Permission.APPEAL_VIEW_AREA):
        return Scope(region_path=actor.region_path, unit_path=actor.unit_path)
    if actor.may(Permission.APPEAL_VIEW):
        return Scope(unit_path=actor.unit_path)
    return Scope()


def may_manage(actor: Actor, permission: Permission, region_path: str) -> bool:
    """Whether the actor holds the permission, and holds it over that region."""
    if actor.kind is ActorKind.SYSTEM:
        return True
    within = bool(actor.region_path) and region_path.startswith(actor.region_path)
    return within and actor.may(permission)
