"""Stepping aside 回避: nobody works on a matter they have an interest in (济南条例 art. 32).

Whoever declared an interest in an appeal does nothing to it any more, nor sees the petitioner in
the clear; they may read on. A petitioner who must be kept from the very unit that is complained of
is given confidentiality 1 (``access.exposure``).
"""

from collections.abc import Collection

from jiesu.access.actor import Actor


def why_step_aside(actor: Actor, recused_user_ids: Collection[int]) -> str:
    """The Chinese sentence that keeps the actor from this appeal; "" when nothing does."""
    if actor.user_id is not None and actor.user_id in recused_user_ids:
        return "您已对该诉求申请回避，不能再办理。请交由其他人员办理。"
    return ""
