"""The demo's scores: last month published, this month's preview, one exclusion waiting."""

import datetime as dt
import io
from dataclasses import replace

from jiesu.access import SYSTEM, Actor
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post
from jiesu.appeals.actions.attachments import store_upload
from jiesu.appeals.models import Appeal
from jiesu.bulletins import cases, writing
from jiesu.cli.demo.tree import SHOWN_BUREAU
from jiesu.organizations.models import Unit
from jiesu.scoring import exclusions, faults, periods, reading, schemes
from jiesu.scoring.definitions import Every
from jiesu.scoring.models import Period
from jiesu.scoring.spans import day_of, span

THREE_RATES, FOUR_RATES = "3_three_rates", "1_fujian_departments"
FOUR_NAME = "市县部门四率（每低1个百分点扣0.5分）"
KINDS, LEVELS = ("department", "street", "enterprise"), ("city", "county", "street")
LEAST_ORDERS = 2  # the demo's orders are few
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
    published = _frozen(FOUR_RATES, FOUR_NAME, last.first, at, apply_days=0)
    periods.publish(published, actor=SYSTEM, at=at, version=published.version)
    _bulletin(Period.objects.select_related("scheme__region").get(pk=published.pk), at)
    _apply(_frozen(THREE_RATES, "", last.first, at, apply_days=5), bureau, at)


def _frozen(key: str, name: str, first: dt.date, at: dt.datetime, *, apply_days: int) -> Period:
    """A shipped scheme made 福州's, its last month counted and frozen, this month previewed."""
    office = Unit.objects.select_related("region").get(code="350100-office")
    called, definition = schemes.shipped()[key]
    fitting = replace(
        definition, kinds=KINDS, levels=LEVELS, least_orders=LEAST_ORDERS, apply_days=apply_days
    )
    scheme = schemes.create_scheme(
        name or called, office.region, fitting, actor=SYSTEM, at=at, valid_from=first
    )
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
