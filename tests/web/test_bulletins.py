"""Bulletins on the desk: drafted, gone over, approved on a phone, let out, read by a unit."""

import datetime as dt

import pytest
from django.urls import reverse
from tests.scoring.conftest import AFTER, Office, office
from tests.web.signed_in import client_of

from jiesu.bulletins.models import Bulletin, BulletinTemplate
from jiesu.foundation import clock
from jiesu.foundation.clock import BEIJING
from jiesu.scoring import periods
from jiesu.scoring.models import Period

__all__ = ["office"]

pytestmark = pytest.mark.django_db

SAID = dt.datetime(2026, 11, 16, 9, tzinfo=BEIJING)


@pytest.fixture
def october(office: Office, monkeypatch: pytest.MonkeyPatch) -> Period:
    """Published; it is 16 November."""
    office.good()
    office.late()
    period = office.frozen()
    periods.publish(
        period, actor=office.first, at=AFTER + dt.timedelta(days=10), version=period.version
    )
    monkeypatch.setattr(clock, "now", lambda: SAID)
    return period


def _draft(period: Period) -> str:
    return reverse("bulletins:draft", args=[period.scheme_id, "month"])


def test_from_the_draft_to_the_unit_that_reads_it(office: Office, october: Period) -> None:
    desk, leader = client_of(office.world, "supervisor"), client_of(office.world, "leader")
    home = reverse("bulletins:home")
    assert "拟写通报" in desk.get(home).content.decode()

    desk.post(_draft(october), {"day": "2026-10-01", "idempotency_key": "b1"})
    mine = Bulletin.objects.get()
    words = {"version": 1, "title": mine.title, "text": f"{mine.text}\n请认真整改。"}
    desk.post(reverse("bulletins:edit", args=[mine.pk]), words)
    desk.post(reverse("bulletins:move", args=[mine.pk, "submit"]), {"version": 2})
    assert mine.title in leader.get(reverse("supervision:leader")).content.decode()
    leader.post(reverse("bulletins:move", args=[mine.pk, "approve"]), {"version": 3})
    desk.post(reverse("bulletins:move", args=[mine.pk, "publish"]), {"version": 4})

    mine.refresh_from_db()
    unit = client_of(office.world, "section_head")
    read = unit.get(reverse("bulletins:bulletin", args=[mine.pk]))
    assert (mine.state, mine.version) == ("published", 5)
    assert "请认真整改。" in read.content.decode()
    assert mine.number in read.content.decode()
    word = desk.get(reverse("bulletins:paper", args=[mine.pk, "docx"]))
    assert word.content[:2] == b"PK"


def test_wrong_words_stand_at_their_field_and_stay(office: Office, october: Period) -> None:
    desk = client_of(office.world, "supervisor")
    desk.post(_draft(october), {"day": "2026-10-01", "idempotency_key": "b1"})
    mine = Bulletin.objects.get()

    answer = desk.post(
        reverse("bulletins:edit", args=[mine.pk]),
        {"version": 1, "title": "通报", "text": "见[表：没有]\n[表：没有]"},
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "系统不认识的名称：[表：没有]" in page
    assert "见[表：没有]" in page
    stale = desk.post(
        reverse("bulletins:edit", args=[mine.pk]), {"version": 0, "title": "a", "text": "b"}
    )
    assert stale.status_code == 409


def test_a_draft_is_not_there_for_a_unit(office: Office, october: Period) -> None:
    desk, unit = client_of(office.world, "supervisor"), client_of(office.world, "section_head")
    desk.post(_draft(october), {"day": "2026-10-01", "idempotency_key": "b1"})
    mine = Bulletin.objects.get()

    assert unit.get(reverse("bulletins:bulletin", args=[mine.pk])).status_code == 404
    assert unit.get(reverse("bulletins:paper", args=[mine.pk, "pdf"])).status_code == 404
    assert mine.title not in unit.get(reverse("bulletins:home")).content.decode()


def test_a_template_is_changed_from_a_day_on(office: Office, october: Period) -> None:
    desk = client_of(office.world, "supervisor")
    url = reverse("bulletins:template", args=["month"])

    wrong = desk.post(
        url, {"title": "{没有}", "text": "x", "effective": "", "idempotency_key": "t"}
    )
    desk.post(url, {"title": "{考核期}通报", "text": "共{工单数}件。", "effective": "",
                    "idempotency_key": "t2"})  # fmt: skip

    assert wrong.status_code == 422
    assert "{没有}" in wrong.content.decode()
    assert BulletinTemplate.objects.get().title == "{考核期}通报"
    assert "{考核期}通报" in desk.get(reverse("bulletins:templates")).content.decode()


def test_a_quarter_is_offered_when_its_months_are_published(
    office: Office, october: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = client_of(office.world, "supervisor")
    monkeypatch.setattr(clock, "now", lambda: dt.datetime(2027, 1, 12, 9, tzinfo=BEIJING))

    page = desk.get(reverse("bulletins:home")).content.decode()
    answer = desk.post(
        reverse("bulletins:draft", args=[october.scheme_id, "quarter"]),
        {"day": "2026-10-01", "idempotency_key": "q1"}, follow=True,
    )  # fmt: skip

    assert "待公布：2026年11月、2026年12月" in page
    assert answer.status_code == 422
    assert "2026年第4季度还不能通报：2026年11月、2026年12月没有公布" in answer.content.decode()
    assert not Bulletin.objects.exists()


def test_the_list_costs_few_statements(
    office: Office, october: Period, django_assert_max_num_queries: object
) -> None:
    desk = client_of(office.world, "supervisor")
    desk.post(_draft(october), {"day": "2026-10-01", "idempotency_key": "b1"})

    with django_assert_max_num_queries(14):  # type: ignore[operator]
        desk.get(reverse("bulletins:home"))


def test_what_is_sent_back_says_what_is_wanted_and_that_no_case_was_chosen(
    office: Office, october: Period
) -> None:
    desk, leader = client_of(office.world, "supervisor"), client_of(office.world, "leader")
    desk.post(_draft(october), {"day": "2026-10-01", "idempotency_key": "b1"})
    mine = Bulletin.objects.get()
    desk.post(reverse("bulletins:move", args=[mine.pk, "submit"]), {"version": 1})

    wordless = leader.post(reverse("bulletins:move", args=[mine.pk, "refuse"]), {"version": 2})
    leader.post(
        reverse("bulletins:move", args=[mine.pk, "refuse"]), {"version": 2, "reason": "补充原因。"}
    )

    page = desk.get(reverse("bulletins:bulletin", args=[mine.pk])).content.decode()
    assert wordless.status_code == 422
    assert "退回意见：补充原因。" in page
    assert "还没有选典型案例" in page
    assert "像个人信息" not in page
