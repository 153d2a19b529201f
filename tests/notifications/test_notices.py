"""Reading notices, and the mails that go with them."""

import datetime as dt
import smtplib
from typing import Any

import pytest
from django.core import mail as django_mail
from pytest_django import DjangoAssertNumQueries
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.accounts.models import User
from jiesu.foundation.errors import Invalid, NotFound
from jiesu.jobs import delivery
from jiesu.notifications import mail, notices
from jiesu.notifications.models import Mail, Notice

AT = MONDAY + dt.timedelta(hours=1)


@pytest.fixture
def clerk(world: World) -> User:
    """周敏, who wants mail, with one unread notice."""
    User.objects.filter(username="clerk").update(email="zhou@example.cn", wants_email=True)
    make.dispatched(world)
    while delivery.deliver(AT).delivered:
        pass
    return User.objects.get(username="clerk")


def test_the_badge_counts_what_is_unread_in_one_statement(
    clerk: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert notices.unread_count(clerk.pk) == 1


def test_reading_one_notice_marks_only_that(clerk: User, world: World) -> None:
    notice = notices.page(clerk.pk).rows[0]

    notices.mark_read(notice.pk, actor=world.actor("clerk"), at=AT)

    assert notices.unread_count(clerk.pk) == 0
    assert notices.page(clerk.pk).rows[0].read_at == AT
    assert not notices.page(clerk.pk, unread=True).rows


def test_a_notice_of_somebody_else_looks_absent(clerk: User, world: World) -> None:
    notice = Notice.objects.get(user=clerk)

    with pytest.raises(NotFound):
        notices.mark_read(notice.pk, actor=world.actor("street_clerk"), at=AT)


def test_marking_all_read_leaves_what_came_after_the_page_was_drawn(
    clerk: User, world: World
) -> None:
    shown = Notice.objects.get(user=clerk).pk
    make.dispatched(world, phone="13812340002")
    delivery.deliver(AT)

    read = notices.mark_all_read(actor=world.actor("clerk"), at=AT, up_to=shown)

    assert (read, notices.unread_count(clerk.pk)) == (1, 1)


def test_pages_of_notices_go_by_key(clerk: User, world: World) -> None:
    for n in range(4):
        make.dispatched(world, phone=f"1381234000{n}")
    while delivery.deliver(AT).delivered:
        pass

    first = notices.page(clerk.pk, size=3)
    second = notices.page(clerk.pk, size=3, before=first.before)

    assert [len(first.rows), len(second.rows), second.before] == [3, 2, None]


def test_a_mail_goes_out_once_and_names_nothing_but_the_order(clerk: User) -> None:
    first, second = mail.send_waiting(AT), mail.send_waiting(AT)

    assert (first.sent, second.sent) == (1, 0)
    (sent,) = django_mail.outbox
    number = Notice.objects.get(user=clerk).number
    assert number in sent.subject
    assert sent.to == ["zhou@example.cn"]
    for secret in ("陈小满", "13812342046", "东街口"):
        assert secret not in sent.subject + str(sent.body)


def test_whoever_wants_no_mail_of_a_kind_gets_none(clerk: User, world: World) -> None:
    notices.set_mail("assigned", False, actor=world.actor("clerk"))
    make.dispatched(world, phone="13812340002")
    while delivery.deliver(AT).delivered:
        pass

    assert Mail.objects.count() == 1
    assert notices.refused_mails(clerk.pk) == {"assigned"}
    with pytest.raises(Invalid):
        notices.set_mail("nonsense", False, actor=world.actor("clerk"))


def test_a_mail_whose_sender_died_is_shown_as_stuck_and_not_sent_again(clerk: User) -> None:
    Mail.objects.update(state="sending", claimed_at=AT)

    done = mail.send_waiting(AT + dt.timedelta(minutes=11))

    assert (done.stuck, done.sent, len(django_mail.outbox)) == (1, 0, 0)
    assert mail.send_again(Mail.objects.get(), AT)


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (smtplib.SMTPDataError(451, b"later"), "waiting"),
        (smtplib.SMTPDataError(554, b"no"), "failed"),
        (smtplib.SMTPServerDisconnected("gone"), "stuck"),
        (TimeoutError(), "stuck"),
    ],
)
def test_what_the_server_says_decides_what_becomes_of_a_mail(
    clerk: User, monkeypatch: pytest.MonkeyPatch, trouble: Exception, state: str
) -> None:
    def send(self: Any, fail_silently: bool = False) -> int:
        raise trouble

    monkeypatch.setattr(django_mail.EmailMessage, "send", send)

    mail.send_waiting(AT)

    assert Mail.objects.get().state == state


def test_an_unreachable_server_leaves_all_mails_waiting(
    clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Down:
        def open(self) -> None:
            raise ConnectionRefusedError

    monkeypatch.setattr(mail, "get_connection", Down)

    mail.send_waiting(AT)

    row = Mail.objects.get()
    assert (row.state, row.tries) == ("waiting", 0)
