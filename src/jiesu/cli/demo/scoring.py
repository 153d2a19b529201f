"""The demo's scores: last month published, this month's preview, one exclusion waiting."""

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from jiesu.access import SYSTEM, Actor
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post
from jiesu.appeals.actions.attachments import store_upload
from jiesu.appeals.models import Appeal
from jiesu.bulletins import cases, writing
from jiesu.cli.demo.tree import SHOWN_BUREAU
from jiesu.organizations.models import Region, Unit
from jiesu.scoring import exclusions, faults, periods, reading, schemes
from jiesu.scoring.definitions import Every
from jiesu.scoring.models import Period, ScoreScheme
from jiesu.scoring.spans import day_of, span

FOUR_RATES, CITIES, THREE_RATES = "1_fujian_departments", "2_cities_15", "3_three_rates"
FOUR_NAME = "市县部门四率（每低1个百分点扣0.5分）"
CITY, PROVINCE = "350100", "350000"
OF_A_CITY = {
    "kinds": ("department", "street", "enterprise"),
    "levels": ("city", "county", "street"),
}
FEW = {"least_orders": 2}  # the demo's orders are few
WHY = "经现场核查，所诉事项由产权单位负责，已当面告知并移交，超出我局职责，申请剔除。"
EVIDENCE = "现场核查记录：所诉设施由产权单位管理维护，已当面告知诉求人并书面移交产权单位。"


def score(at: dt.datetime) -> None:
    """Two schemes of 福州: by four rates last month is published, by three it is frozen."""
    bureau = Unit.objects.select_related("region").get(code=SHOWN_BUREAU)
    last = span(
        schemes.shipped()[THREE_RATES][1].every, day_of(at).replace(day=1) - dt.timedelta(1)
    )
    faults.record(
        bureau, "knowledge_base", last.last, "上月知识库更新不及时，三条逾期未报送。",
        actor=_actor("supervisor"), at=at,
    )  # fmt: skip
    schemes_ = worked(last.first, at, four={**FEW, "apply_days": 0}, three=FEW)
    published = _frozen(schemes_[FOUR_RATES], last.first, at)
    periods.publish(published, actor=SYSTEM, at=at, version=published.version)
    _bulletin(Period.objects.select_related("scheme__region").get(pk=published.pk), at)
    _apply(_frozen(schemes_[THREE_RATES], last.first, at), bureau, at)


def worked(
    since: dt.date, at: dt.datetime, *, four: Mapping[str, Any] = MappingProxyType({}),
    three: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, ScoreScheme]:  # fmt: skip
    """The worked schemes in force since the month (quarter) of a day: 福州's bureaus and streets by
    four rates and by three, the cities by their 15 points; ``four`` and ``three`` change them."""
    regions = {r.code: r for r in Region.objects.filter(code__in=(CITY, PROVINCE), valid_to=None)}
    made = {}
    for key, place, name, changes in (
        (FOUR_RATES, CITY, FOUR_NAME, {**OF_A_CITY, **four}),
        (THREE_RATES, CITY, "", {**OF_A_CITY, **three}),
        (CITIES, PROVINCE, "", {}),
    ):
        called, definition = schemes.shipped()[key]
        made[key] = schemes.create_scheme(
            name or called, regions[place], replace(definition, **changes), actor=SYSTEM, at=at,
            valid_from=span(definition.every, since).first,
        )  # fmt: skip
    return made


def _frozen(scheme: ScoreScheme, first: dt.date, at: dt.datetime) -> Period:
    """The scheme's last month counted and frozen, this month previewed."""
    before = periods.open_period(scheme, first, actor=SYSTEM, at=at)
    periods.count(before, at=at, by="孙晓华")
    now = periods.open_period(scheme, day_of(at), actor=SYSTEM, at=at)
    periods.count(now, at=at, by="孙晓华")
    return periods.freeze(before, actor=SYSTEM, at=at, version=before.version)


def _actor(username: str) -> Actor:
    posts = Post.objects.select_related("user", "unit", "unit__region")
    return actor_for(posts.filter(user__username=username).order_by("-is_default", "pk")[0])


def _bulletin(period: Period, at: dt.datetime) -> None:
    """Last month's bulletin, approved by a leader and let out."""
    office = _actor("supervisor")
    mine = writing.draft(period.scheme, Every.MONTH, period.first, actor=office, at=at)
    worst = [one.appeal.number for one in cases.suggested(mine)[:2]]
    mine = writing.choose_cases(mine, worst, actor=office, at=at)
    mine = writing.submit(mine, actor=office, at=at)
    writing.publish(writing.approve(mine, actor=_actor("leader"), at=at), actor=office, at=at)


def _apply(period: Period, bureau: Unit, at: dt.datetime) -> None:
    """The shown bureau asks that its worst order be left out, with a page of evidence."""
    leader = _actor("unit_leader")
    worst = reading.worst_orders(reading.get_score_for(leader, period.pk, bureau.pk), 1)
    if not worst:
        return
    text = EVIDENCE.encode()
    store_upload(
        io.BytesIO(text), "现场核查记录.txt", size=len(text), purpose="application",
        upload_key="demo-evidence", actor=leader, at=at,
    )  # fmt: skip
    exclusions.apply(
        period, bureau, Appeal.objects.get(pk=worst[0].appeal.pk), ground="beyond_competence",
        reason=WHY, upload_key="demo-evidence", actor=leader, at=at,
    )  # fmt: skip
