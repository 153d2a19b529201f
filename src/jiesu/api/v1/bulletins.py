"""Bulletins: those let out, with their words and figures."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Prefetch
from django.http import HttpResponse
from ninja import Query, Router

from jiesu.access import Permission as P
from jiesu.api.v1 import door, inputs
from jiesu.api.v1 import outputs as out
from jiesu.api.v1.auth import Call
from jiesu.api.v1.door import spec
from jiesu.api.v1.paging import Order, page
from jiesu.bulletins import reading
from jiesu.bulletins.lifecycle import State
from jiesu.bulletins.models import Bulletin
from jiesu.foundation.errors import Forbidden
from jiesu.scoring.models import Revision

router = Router(tags=["通报"])
_NEWEST = Order("id", ("id",), descending=True)
_PARTS = Prefetch("revisions", Revision.objects.only("period_id").order_by("period__first"))


@dataclass(slots=True, kw_only=True)
class BulletinOut:
    """一份已发布的通报；figures 是正文所用的数字，corrects 是它更正的通报，
    period_ids 是所依据的考核期（季度通报有三个）"""

    id: int
    number: str
    title: str
    scheme: str
    every: str
    period: str
    period_ids: list[int]
    text: str
    figures: dict[str, str]
    cases: list[dict[str, str]]
    corrects: int | None
    approved_by: str
    published_at: dt.datetime | None


def _bulletin_out(one: Bulletin) -> BulletinOut:
    return BulletinOut(
        id=one.pk, number=one.number, title=one.title, scheme=one.scheme.name,
        every=one.every, period=one.name,
        period_ids=[part.period_id for part in one.revisions.all()], text=one.text,
        figures=one.inputs["figures"], cases=one.cases, corrects=one.corrects_id,
        approved_by=one.approved_by, published_at=out.when(one.published_at),
    )  # fmt: skip


@router.get("", response=out.Page[BulletinOut], **spec("已发布的通报", P.BULLETIN_READ))
def list_bulletins(request: Call, filters: Query[inputs.Paged]) -> HttpResponse:
    """本区划和上级区划已发布的通报，新的在前。"""
    if not request.actor.may(P.BULLETIN_READ):
        raise Forbidden("这把密钥没有查看通报的权限，请联系安全管理员。")
    rows = reading.visible_to(request.actor).filter(state=State.PUBLISHED).defer(None)
    rows = rows.prefetch_related(_PARTS)
    found = page(rows, _NEWEST, filters.after, filters.size)
    return door.answer(out.Page.of(found.rows, found.next, _bulletin_out))
