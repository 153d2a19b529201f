"""What an agent has typed and not yet submitted: kept encrypted, found again on any machine."""

import datetime as dt
import json
from typing import Any

from jiesu.access import Actor, Permission
from jiesu.appeals.models import IntakeDraft
from jiesu.foundation.errors import Forbidden, NotFound, invalid

MOST = 20
LARGEST = 200_000
KEPT = dt.timedelta(days=7)
GONE = "␡"  # the title of one that was sent or deleted: a late save must not bring it back


def save(key: str, fields: dict[str, Any], *, actor: Actor, at: dt.datetime) -> None:
    """This will keep the form as it stands; the same key is overwritten, unless it is gone."""
    if actor.user_id is None or not actor.may(Permission.INTAKE_REGISTER):
        raise Forbidden
    text = json.dumps(fields, ensure_ascii=False)
    if len(text) > LARGEST:
        raise invalid("content", "草稿内容太长，无法暂存。请删减后再试。", "too_long")
    first = fields.get("title") or fields.get("content") or [""]
    title = first[0] if isinstance(first, list) else str(first)
    values: dict[str, Any] = {"title": title.strip()[:30], "data": text, "updated_at": at}
    _, made = IntakeDraft.objects.get_or_create(
        user_id=actor.user_id, key=key[:64], defaults=values
    )
    if not made:
        mine_ = IntakeDraft.objects.filter(user_id=actor.user_id, key=key[:64])
        mine_.exclude(title=GONE).update(**values)


def mine(actor: Actor) -> list[IntakeDraft]:
    """The actor's drafts, newest first; contents stay unread."""
    return list(
        IntakeDraft.objects.filter(user_id=actor.user_id or 0)
        .exclude(title=GONE)
        .only("key", "title", "updated_at")
        .order_by("-updated_at")[:MOST]
    )


def load(key: str, *, actor: Actor) -> dict[str, Any]:
    """The fields of one's own draft. Refusal: NotFound."""
    draft = IntakeDraft.objects.filter(user_id=actor.user_id or 0, key=key).first()
    if draft is None or draft.title == GONE:
        raise NotFound("没有找到这份草稿，可能已提交或已删除。")
    fields: dict[str, Any] = json.loads(draft.data)
    return fields


def drop(key: str, *, actor: Actor, at: dt.datetime) -> None:
    """This will forget one's own draft (after it was submitted, or by hand), for good."""
    if key and actor.user_id is not None:
        IntakeDraft.objects.update_or_create(
            user_id=actor.user_id, key=key[:64],
            defaults={"title": GONE, "data": "", "updated_at": at},
        )  # fmt: skip


def purge(at: dt.datetime) -> int:
    """Forget drafts nobody touched for a week; how many."""
    return IntakeDraft.objects.filter(updated_at__lt=at - KEPT).delete()[0]
