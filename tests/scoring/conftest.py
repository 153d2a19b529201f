"""Fuzhou's efficiency office, and an October in which things happened."""

import datetime as dt
import io
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest
from tests.factories import appeals as make
from tests.factories.world import BEIJING, PASSWORD, World

from jiesu.access import Actor, Role
from jiesu.accounts.actors import actor_for
from jiesu.accounts.models import Post, User
from jiesu.appeals.actions import attachments, callback, handling, review
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.models import Appeal
from jiesu.jobs.deadlines import tick
from jiesu.scoring import periods, schemes
from jiesu.scoring.definitions import Definition, Part
from jiesu.scoring.models import Period, Revision, ScoreScheme

OCTOBER = dt.datetime(2026, 10, 12, 9, 0, tzinfo=BEIJING)  # an ordinary working Monday
AFTER = dt.datetime(2026, 11, 2, 10, 0, tzinfo=BEIJING)
FOUR = Definition(
    full=Decimal(100),
    parts=tuple(
        Part(code, Decimal(25)) for code in ("opened", "closed_in_time", "replied", "satisfied")
    ),
    kinds=("department", "enterprise", "street"), levels=("city", "county", "street"),
    least_orders=1,
)  # fmt: skip


def days(number: float) -> dt.timedelta:
    return dt.timedelta(days=number)


@dataclass
class Office:
    """What a test of scoring needs."""

    world: World
    scheme: ScoreScheme
    first: Actor
    second: Actor
    made: list[Appeal] = field(default_factory=list)

    def good(self, at: dt.datetime = OCTOBER, **changes: object) -> Appeal:
        """Opened, answered and closed in time, satisfied."""
        self.made.append(make.closed(self.world, at, **changes))
        return self.made[-1]

    def late(self, at: dt.datetime = OCTOBER) -> Appeal:
        """Signed in time, handed in three weeks later, not satisfied, closed with a finding."""
        world = self.world
        assignment = make.signed(world, at)
        until = at + days(15)
        tick(until)
        clerk = world.actor("clerk")
        handling.contact(
            make.lead_of(assignment.appeal), way="phone", reached=True, note="已电话联系诉求人。",
            actor=clerk, at=until,
        )  # fmt: skip
        handling.report(make.lead_of(assignment.appeal), make.GOOD_ANSWER, actor=clerk, at=until)
        handling.inner_approve(
            make.lead_of(assignment.appeal), "同意", actor=world.actor("section_head"), at=until
        )
        appeal = review.approve(
            Appeal.objects.get(pk=assignment.appeal_id), actor=world.actor("reviewer"), at=until
        )
        said = Said(
            reached=True, solved=False, satisfaction=2, dissatisfied_reason="late",
            decision="finding", finding="经现场核查，占道摊点已经清理完毕。", note="嫌慢",
        )  # fmt: skip
        callback.record(appeal, said, actor=world.actor("callback"), at=until + days(1))
        self.made.append(Appeal.objects.get(pk=appeal.pk))
        return self.made[-1]

    def period(self, day: dt.date = dt.date(2026, 10, 12), at: dt.datetime = AFTER) -> Period:
        return periods.open_period(self.scheme, day, actor=self.first, at=at)

    def counted(self, period: Period, at: dt.datetime = AFTER) -> Revision:
        revision = periods.count(period, at=at, by="孙效")
        assert revision is not None
        period.refresh_from_db()
        return revision

    def frozen(self) -> Period:
        """October, counted and frozen on 2 November."""
        period = self.period()
        self.counted(period)
        periods.freeze(period, actor=self.first, at=AFTER, version=period.version)
        period.refresh_from_db()
        return period

    def evidence(self, actor: Actor, key: str = "evidence-1", at: dt.datetime = AFTER) -> str:
        """A file of evidence, uploaded."""
        text = "现场核查记录：摊点已清理。".encode()
        attachments.store_upload(
            io.BytesIO(text), "证据.txt", size=len(text), purpose="application", upload_key=key,
            actor=actor, at=at,
        )  # fmt: skip
        return key


@pytest.fixture
def office(world: World) -> Office:
    """Fuzhou scores its bureaus by four rates; 孙效 and 钱核 work in the office."""
    user = User.objects.create_user("supervisor2", "钱核", PASSWORD)
    Post.objects.create(
        user=user, unit=world.units["fuzhou_office"], role=Role.SUPERVISOR, is_default=True
    )
    second = Post.objects.select_related("user", "unit", "unit__region").get(user=user)
    first = world.actor("supervisor")
    scheme = schemes.create_scheme(
        "福州市四率", world.regions["350100"], FOUR, actor=first,
        at=dt.datetime(2026, 10, 1, 9, tzinfo=BEIJING), valid_from=dt.date(2026, 10, 1),
    )  # fmt: skip
    return Office(world, scheme, first, actor_for(second))


def changed(definition: Definition, **fields: object) -> Definition:
    return replace(definition, **fields)  # type: ignore[arg-type]  # names a test writes
