"""Stepping aside 回避: nobody judges a matter they have an interest in (济南条例 art. 32).

Two grounds. A person: they declared an interest, or were told to step aside; then they do nothing
to that appeal. A unit: it is what the appeal complains of; its people may explain themselves
(handle, report), but neither judge the appeal nor see the petitioner in the clear.
"""

from collections.abc import Collection

from jiesu.access.actor import Actor, ActorKind
from jiesu.access.permissions import Permission

_READING = frozenset({Permission.APPEAL_VIEW, Permission.APPEAL_VIEW_AREA})
_JUDGING = frozenset(
    {
        Permission.DISPATCH_JUDGE,
        Permission.REVIEW_DECIDE,
        Permission.CALLBACK_RECORD,
        Permission.CLOSURE_CLOSE,
        Permission.APPEAL_REVEAL,
    }
)


def why_step_aside(
    actor: Actor,
    permission: Permission,
    *,
    recused_user_ids: Collection[int] = (),
    accused_unit_paths: Collection[str] = (),
) -> str:
    """The Chinese sentence that refuses the actor this move here; "" when nothing does."""
    if actor.kind is ActorKind.SYSTEM or permission in _READING:
        return ""
    if actor.user_id is not None and actor.user_id in recused_user_ids:
        return "您与该诉求有利害关系，已回避，不能办理。请交由其他人员办理。"
    accused = actor.unit_path and any(
        path and actor.unit_path.startswith(path) for path in accused_unit_paths
    )
    if accused and permission in _JUDGING:
        return "该诉求反映的是您所在单位，您应当回避。请交由上级或其他单位人员处理。"
    return ""
