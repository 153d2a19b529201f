"""Who is told of what happens to no order: the right people, once, and nobody else."""

import datetime as dt

import pytest
from django.core import mail as outbox
from django.db import IntegrityError, transaction
from django.urls import reverse
from tests.factories.world import PASSWORD
from tests.scoring.conftest import AFTER, Office, office
from tests.web.signed_in import client_of

from jiesu.access import Role
from jiesu.accounts.models import Post, User
from jiesu.bulletins import writing
from jiesu.bulletins.models import Bulletin
from jiesu.foundation.clock import BEIJING
from jiesu.jobs import news
from jiesu.jobs.models import Looked
from jiesu.journal.models import AuditRecord
from jiesu.notifications import mail
from jiesu.notifications.models import Notice
from jiesu.scoring import exclusions, periods
from jiesu.scoring.definitions import Every
from jiesu.scoring.models import Period
from jiesu.supervision import instruments

__all__ = ["office"]

pytestmark = pytest.mark.django_db

SECOND = dt.timedelta(seconds=1)
PUBLIC = AFTER + dt.timedelta(days=10)
SAID = dt.datetime(2026, 11, 16, 9, tzinfo=BEIJING)


@pytest.fixture(autouse=True)
def begun(office: Office) -> None:
    """The loop has run since October."""
    news.tell(AFTER - dt.timedelta(days=20))


def told(at: dt.datetime) -> dict[str, str]:
    """Tell; who was told what by it."""
    before = set(Notice.objects.values_list("pk", flat=True))
    news.tell(at + SECOND)
    new = Notice.objects.exclude(pk__in=before)
    return dict(new.values_list("user__username", "text"))


def published(office: Office) -> Period:
    office.good()
    period = office.frozen()
    periods.publish(period, actor=office.first, at=PUBLIC, version=period.version)
    return Period.objects.select_related("scheme__region").get(pk=period.pk)


def drafted(office: Office) -> Bulletin:
    period = published(office)
    return writing.draft(
        period.scheme, Every.MONTH, period.first, actor=office.first, at=SAID
    )  # fmt: skip


def test_units_are_told_until_when_they_may_apply_and_that_it_is_published(office: Office) -> None:
    office.good()
    period = office.frozen()

    frozen = told(AFTER)
    periods.publish(period, actor=office.first, at=PUBLIC, version=period.version)
    public = told(PUBLIC)

    assert frozen["section_head"] == "2026年10月成绩已冻结，11月7日 10:00前可申请剔除｜福州市四率"
    assert "clerk" not in frozen  # the bureau has heads
    assert public["section_head"] == "2026年10月成绩已公布｜福州市四率"
    assert not {"supervisor", "leader", "reviewer"} & set(frozen)


def test_a_unit_without_heads_is_told_through_its_clerks(office: Office) -> None:
    office.good()
    office.frozen()

    assert "street_clerk" in told(AFTER)


def test_nobody_is_told_twice_however_often_the_loop_looks(office: Office) -> None:
    office.good()
    office.frozen()
    first = told(AFTER)

    again = told(AFTER + SECOND)
    Looked.objects.update(upto=AFTER - dt.timedelta(minutes=1))
    after_a_lost_mark = told(AFTER + 3 * SECOND)

    assert first
    assert (again, after_a_lost_mark) == ({}, {})


def test_what_was_committed_late_is_still_told(office: Office) -> None:
    office.good()
    period = office.frozen()
    AuditRecord.objects.filter(kind="scoring.frozen").update(at=AFTER + SECOND)
    news.tell(AFTER + 60 * SECOND)
    Notice.objects.all().delete()  # as if the record had not been there yet

    assert "section_head" in told(AFTER + 90 * SECOND)
    assert period.name == "2026年10月"


def test_whoever_may_approve_a_bulletin_is_told_but_not_its_writers(office: Office) -> None:
    mine = drafted(office)
    news.tell(SAID)
    submitted = writing.submit(mine, actor=office.first, at=SAID + SECOND)

    waiting = told(SAID + SECOND)
    later = SAID + dt.timedelta(hours=1)
    writing.approve(submitted, actor=office.second, at=later)
    approved = told(later)

    assert set(waiting) == {"leader", "supervisor2"}
    assert waiting["leader"] == f"待您批准｜{mine.title}"
    assert approved["supervisor"].startswith("已批准，可以发布")
    assert "supervisor2" not in approved  # who did it is not told


def test_units_are_told_of_a_bulletin_let_out_and_open_it(office: Office) -> None:
    approved = writing.approve(
        writing.submit(drafted(office), actor=office.first, at=SAID), actor=office.second, at=SAID
    )
    news.tell(SAID + SECOND)
    later = SAID + dt.timedelta(hours=1)
    out = writing.publish(approved, actor=office.first, at=later)

    said = told(later)
    notice = Notice.objects.get(user__username="section_head", record_id__isnull=False,
                                text__startswith="已发布")  # fmt: skip
    answer = client_of(office.world, "section_head").get(reverse("notices:open", args=[notice.pk]))

    assert said["section_head"] == f"已发布｜{out.number}｜{out.title}"
    assert answer.headers["Location"] == reverse("bulletins:bulletin", args=[out.pk])


def test_a_unit_hears_a_verdict_when_two_people_agreed(office: Office) -> None:
    late = office.late()
    period = office.frozen()
    world = office.world
    asked = exclusions.apply(
        period, world.units["urban"], late, ground="unreasonable",
        reason="经现场核查，诉求人的要求没有法律依据。", actor=world.actor("unit_leader"), at=AFTER,
        upload_key=office.evidence(world.actor("unit_leader")),
    )  # fmt: skip
    news.tell(AFTER + SECOND)
    first, second = (AFTER + dt.timedelta(hours=n) for n in (1, 2))

    once = exclusions.decide(
        asked, "granted", "属实", actor=office.first, at=first, version=asked.version
    )
    after_one = told(first)
    exclusions.decide(once, "granted", "同意", actor=office.second, at=second, version=once.version)
    after_two = told(second)

    assert after_one == {}
    assert after_two["section_head"] == f"剔除申请 {late.number} 同意剔除｜同意"
    notice = Notice.objects.get(user__username="section_head", text__contains="同意剔除")
    answer = client_of(world, "section_head").get(reverse("notices:open", args=[notice.pk]))
    assert answer.headers["Location"] == reverse("scoring:exclusion", args=[asked.pk])


def test_a_notice_of_scores_opens_the_units_own(office: Office) -> None:
    office.good()
    period = office.frozen()
    told(AFTER)
    notice = Notice.objects.get(user__username="section_head")

    answer = client_of(office.world, "section_head").get(reverse("notices:open", args=[notice.pk]))

    unit = office.world.units["urban"]
    assert answer.headers["Location"] == reverse("scoring:unit", args=[period.pk, unit.pk])


def test_a_unit_is_told_of_an_instrument_over_no_order_and_the_office_of_the_answer(
    office: Office,
) -> None:
    said = instruments.Draft("reminder", office.world.units["urban"], "十月反馈不及时")
    issued = instruments.issue_new(said, actor=office.first, at=SAID)

    unit = told(SAID)
    later = SAID + dt.timedelta(hours=1)
    instruments.answer(
        issued,
        instruments.Answer("已整改，完善了值班制度。"),
        actor=office.world.actor("clerk"),
        at=later,
    )
    back = told(later)

    assert unit["clerk"].startswith(f"提醒函 {issued.number}｜")
    assert unit["clerk"].endswith("十月反馈不及时")
    assert set(back) == {"supervisor", "supervisor2"}
    notice = Notice.objects.get(user__username="clerk")
    answer = client_of(office.world, "clerk").get(reverse("notices:open", args=[notice.pk]))
    assert answer.headers["Location"] == reverse("supervision:instrument", args=[issued.pk])


def test_a_mail_says_what_happened_to_scores_and_nothing_of_a_matter(
    office: Office, settings: object
) -> None:
    settings.JIESU_SITE = "https://12345.example.cn"  # type: ignore[attr-defined]
    User.objects.filter(username__in=["section_head"]).update(
        email="head@example.cn", wants_email=True
    )
    office.good()
    office.frozen()
    told(AFTER)
    instruments.issue_new(
        instruments.Draft("reminder", office.world.units["urban"], "王小明反映的占道经营"),
        actor=office.first, at=AFTER + 60 * SECOND,
    )  # fmt: skip
    told(AFTER + 60 * SECOND)

    mail.send_waiting(AFTER + dt.timedelta(minutes=5))

    scores, letter = (one.body for one in outbox.outbox)
    first = Notice.objects.order_by("pk").filter(user__username="section_head")[0]
    assert "2026年10月成绩已冻结，11月7日 10:00前可申请剔除" in scores
    assert f"https://12345.example.cn/notices/{first.pk}/" in scores
    assert "王小明" not in letter


def test_a_person_of_two_posts_is_told_once(office: Office) -> None:
    head = User.objects.get(username="section_head")
    Post.objects.create(user=head, unit=office.world.units["urban"], role=Role.UNIT_LEADER)
    office.good()
    office.frozen()

    told(AFTER)

    assert Notice.objects.filter(user=head).count() == 1


def test_a_notice_is_of_one_happening(office: Office) -> None:
    user = User.objects.create_user("nobody", "无名", PASSWORD)

    for both in ({}, {"event_id": 1, "record_id": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Notice.objects.create(user=user, kind="scores", title="考核", at=AFTER, **both)


def test_telling_costs_few_statements_however_many_units_are_scored(
    office: Office, django_assert_max_num_queries: object
) -> None:
    office.good()
    office.frozen()

    with django_assert_max_num_queries(10):  # type: ignore[operator]
        news.tell(AFTER + SECOND)
