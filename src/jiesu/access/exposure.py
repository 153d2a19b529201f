"""Who sees the petitioner's personal data: masked, or not at all (济南条例 art. 32).

| confidentiality        | handling unit | centre's other desks | who registered it, reviewer |
|------------------------|---------------|----------------------|-----------------------------|
| 0 公开 ordinary          | masked        | masked               | masked                      |
| 1 对承办单位保密           | hidden        | masked               | masked                      |
| 2 完全保密（举报）         | hidden        | hidden               | masked                      |
| 3 未登记 never entered    | hidden        | hidden               | hidden                      |

Masked data can be revealed by whoever holds ``appeal.reveal``, with a reason that enters the
audit. Supervisors and leaders are no staff of the centre here: above 0 they learn of the matter,
not of the person. An unknown level hides everything.
"""

from enum import IntEnum, StrEnum

from jiesu.access.actor import Actor, ActorKind
from jiesu.access.permissions import Permission
from jiesu.access.roles import CENTRE_ROLES, Role


class Confidentiality(IntEnum):
    """How secret the petitioner is kept."""

    ORDINARY = 0
    FROM_UNIT = 1
    FULL = 2
    NEVER_ENTERED = 3


class View(StrEnum):
    """How personal data is shown before any reveal."""

    MASKED = "masked"
    HIDDEN = "hidden"


def is_centre_staff(actor: Actor) -> bool:
    """Whether the actor's post is at one of the centre's desks."""
    return actor.role in CENTRE_ROLES


def keeps_personal_data(confidentiality: int) -> bool:
    """Whether the petitioner's data may be stored at all."""
    return confidentiality in (0, 1, 2)


def personal_view(
    actor: Actor,
    confidentiality: int,
    is_centre_staff: bool,
    *,
    registered_by_actor: bool = False,
) -> View:
    """How the actor sees the petitioner's data.

    ``registered_by_actor``: this very actor took the appeal in; only they and the reviewers are let
    near a fully confidential one.
    """
    if _may_see(actor, confidentiality, is_centre_staff, registered_by_actor):
        return View.MASKED
    return View.HIDDEN


def _may_see(actor: Actor, level: int, centre: bool, registered: bool) -> bool:
    if not keeps_personal_data(level):
        return False
    if actor.kind is ActorKind.SYSTEM:
        return True
    if level == Confidentiality.ORDINARY:
        return actor.kind is ActorKind.CITIZEN or actor.may(Permission.APPEAL_VIEW)
    if not centre or not actor.may(Permission.APPEAL_VIEW):
        return False
    if level == Confidentiality.FROM_UNIT:
        return True
    trusted = registered or actor.role == Role.REVIEWER
    return trusted and actor.may(Permission.APPEAL_REVEAL)


def may_reveal(
    actor: Actor,
    confidentiality: int,
    is_centre_staff: bool,
    *,
    registered_by_actor: bool = False,
) -> bool:
    """Whether the actor may see the data in the clear, once they give a reason.

    The system and citizens never reveal: the one has nobody to answer for it, the others are not
    known to be who they say.
    """
    if actor.kind not in (ActorKind.PERSON, ActorKind.CLIENT):
        return False
    view = personal_view(
        actor, confidentiality, is_centre_staff, registered_by_actor=registered_by_actor
    )
    return view is View.MASKED and actor.may(Permission.APPEAL_REVEAL)
