"""The replies that are judged: those that were let go."""

from collections.abc import Iterable

from jiesu.appeals.models import Reply


def newest_approved(appeals: Iterable[int]) -> dict[int, Reply]:
    """The newest approved reply of each of these appeals that has one, with its assignment."""
    rows = Reply.objects.filter(appeal_id__in=set(appeals), stage=Reply.Stage.APPROVED)
    return {reply.appeal_id: reply for reply in rows.select_related("assignment").order_by("pk")}
