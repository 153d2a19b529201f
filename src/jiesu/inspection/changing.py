"""One step of one row of this room, taken by one person at a time."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from jiesu.access import Actor
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, NotAllowedNow
from jiesu.inspection.lifecycle import Step

M = TypeVar("M", bound=Any)


@contextmanager
def changing(
    rows: "QuerySet[M, M]", row: M, step: Step[Any] | None, actor: Actor, *, field: str,
    names: Mapping[Any, str], what: str,
) -> Iterator[M]:  # fmt: skip
    """Lock a row, move it along ``step`` in ``field`` (None: it stays), and write it on leaving.

    Refusals: Forbidden, ChangedMeanwhile, NotAllowedNow where it stands elsewhere; ``what`` names
    the row in their sentences, ``names`` where it stands.
    """
    if step is not None and not actor.may(step.needs):
        raise Forbidden(f"您的岗位不能{step.label}。请切换岗位或联系管理员。")
    with transaction.atomic():
        mine = rows.select_for_update(of=("self",)).get(pk=row.pk)
        if mine.version != row.version:
            raise ChangedMeanwhile(f"{what}已被他人处理，请刷新后重试。")
        if step is not None:
            where = getattr(mine, field)
            if where not in step.from_:
                raise NotAllowedNow(f"{what}现在是“{names[where]}”，不能{step.label}。")
            setattr(mine, field, step.to)
        mine.version += 1
        yield mine
        mine.save()
