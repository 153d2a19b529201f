"""The second factor: each code once, recovery codes once, nobody for somebody else."""

import datetime as dt

import pyotp
import pytest
from django.db import connection
from tests.accounts.conftest import NOW
from tests.factories.world import World

from jiesu.access import Actor
from jiesu.accounts import totp
from jiesu.accounts.models import User
from jiesu.foundation.errors import Forbidden, Invalid, NotAllowedNow

LATER = NOW + dt.timedelta(minutes=2)


@pytest.fixture
def me(world: World) -> Actor:
    return world.actor("clerk")


@pytest.fixture
def codes(clerk: User, me: Actor) -> list[str]:
    """周敏 has it on; her recovery codes."""
    secret = totp.enrol(clerk, actor=me, at=NOW).secret
    return totp.confirm(clerk, pyotp.TOTP(secret).at(NOW), actor=me, at=NOW)


def code_of(user: User, at: dt.datetime) -> str:
    user.refresh_from_db()
    return pyotp.TOTP(user.totp_secret).at(at)


def test_enrolling_asks_for_nothing_until_confirmed(clerk: User, me: Actor) -> None:
    enrolment = totp.enrol(clerk, actor=me, at=NOW)

    clerk.refresh_from_db()
    assert enrolment.uri.startswith("otpauth://totp/")
    assert not totp.is_on(clerk)
    assert not totp.verify(clerk, code_of(clerk, NOW), at=NOW)


def test_the_secret_is_no_clear_text_in_the_database(clerk: User, me: Actor) -> None:
    secret = totp.enrol(clerk, actor=me, at=NOW).secret

    with connection.cursor() as cursor:
        cursor.execute("SELECT totp_secret FROM accounts_user WHERE id = %s", [clerk.pk])
        stored = cursor.fetchone()[0]
    assert secret not in stored


def test_a_right_code_is_good_once(clerk: User, codes: list[str]) -> None:
    code = code_of(clerk, LATER)

    assert totp.verify(clerk, code, at=LATER)
    assert not totp.verify(clerk, code, at=LATER)


def test_the_code_that_confirmed_is_used_up(clerk: User, codes: list[str]) -> None:
    assert not totp.verify(clerk, code_of(clerk, NOW), at=NOW)


def test_an_older_code_is_not_good_after_a_newer_one(clerk: User, codes: list[str]) -> None:
    older = code_of(clerk, LATER - dt.timedelta(seconds=30))
    assert totp.verify(clerk, code_of(clerk, LATER), at=LATER)

    assert not totp.verify(clerk, older, at=LATER)


@pytest.mark.parametrize(("seconds", "good"), [(-30, True), (30, True), (-90, False), (90, False)])
def test_a_clock_may_be_off_by_half_a_minute(
    clerk: User, codes: list[str], seconds: int, good: bool
) -> None:
    code = code_of(clerk, LATER + dt.timedelta(seconds=seconds))

    assert totp.verify(clerk, code, at=LATER) is good


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34", "-12345"]
)
def test_what_is_no_code_is_no_code(clerk: User, codes: list[str], code: str) -> None:
    assert not totp.verify(clerk, code, at=LATER)


def test_each_recovery_code_is_good_once_in_any_writing(clerk: User, codes: list[str]) -> None:
    clerk.refresh_from_db()

    assert len(set(codes)) == 10
    assert totp.use_recovery_code(clerk, codes[0].lower().replace("-", " "), at=NOW)
    assert not totp.use_recovery_code(clerk, codes[0], at=NOW)
    assert not totp.use_recovery_code(clerk, "AAAA-AAAA-AAAA-AAAA", at=NOW)
    assert totp.recovery_codes_left(clerk) == 9


def test_anothers_recovery_code_opens_nothing(world: World, clerk: User, codes: list[str]) -> None:
    agent = world.posts["agent"].user
    secret = totp.enrol(agent, actor=world.actor("agent"), at=NOW).secret
    totp.confirm(agent, pyotp.TOTP(secret).at(NOW), actor=world.actor("agent"), at=NOW)
    agent.refresh_from_db()

    assert not totp.use_recovery_code(agent, codes[0], at=NOW)


def test_renewed_recovery_codes_void_the_old(clerk: User, me: Actor, codes: list[str]) -> None:
    fresh = totp.renew_recovery_codes(clerk, code_of(clerk, LATER), actor=me, at=LATER)

    clerk.refresh_from_db()
    assert not totp.use_recovery_code(clerk, codes[0], at=LATER)
    assert totp.use_recovery_code(clerk, fresh[0], at=LATER)


def test_a_wrong_code_turns_nothing_on_or_off(clerk: User, me: Actor) -> None:
    totp.enrol(clerk, actor=me, at=NOW)

    with pytest.raises(Invalid, match="验证码"):
        totp.confirm(clerk, "000000", actor=me, at=NOW)
    totp.confirm(clerk, code_of(clerk, NOW), actor=me, at=NOW)
    with pytest.raises(Invalid, match="验证码"):
        totp.turn_off(clerk, actor=me, at=NOW, code="000000")


def test_it_is_turned_off_by_oneself_or_a_security_administrator(
    clerk: User, me: Actor, admin: Actor, codes: list[str]
) -> None:
    assert not totp.is_on(totp.turn_off(clerk, actor=me, at=LATER, code=code_of(clerk, LATER)))

    secret = totp.enrol(clerk, actor=me, at=NOW).secret
    totp.confirm(clerk, pyotp.TOTP(secret).at(NOW), actor=me, at=NOW)
    assert not totp.is_on(totp.turn_off(clerk, actor=admin, at=NOW))
    assert totp.recovery_codes_left(clerk) == 0
    with pytest.raises(NotAllowedNow):
        totp.turn_off(clerk, actor=admin, at=NOW)


def test_nobody_enrols_or_turns_it_off_for_another(
    world: World, clerk: User, codes: list[str]
) -> None:
    for act in (totp.enrol, totp.turn_off):
        with pytest.raises(Forbidden):
            act(clerk, actor=world.actor("agent"), at=NOW)
    with pytest.raises(Forbidden):
        totp.confirm(clerk, "000000", actor=world.actor("agent"), at=NOW)


def test_a_second_enrolment_does_not_silently_replace_the_first(
    clerk: User, me: Actor, codes: list[str]
) -> None:
    with pytest.raises(NotAllowedNow, match="已启用"):
        totp.enrol(clerk, actor=me, at=NOW)
