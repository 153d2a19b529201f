"""Signing in: one sentence for whatever is wrong, lock-out, and the audit of it."""

import datetime as dt

import pyotp
import pytest
from tests.accounts.conftest import NOW, TODAY
from tests.factories.world import PASSWORD, World

from jiesu.access import SYSTEM, Actor
from jiesu.accounts import people, signin, totp
from jiesu.accounts.models import User
from jiesu.accounts.signin import SignInRefused
from jiesu.journal.models import AuditRecord


def refused(username: str, password: str) -> str:
    with pytest.raises(SignInRefused) as refusal:
        signin.check_password(username, password, at=NOW, ip="10.0.0.7", user_agent="Firefox")
    assert refusal.value.message.endswith("。")
    return refusal.value.code


def test_a_person_signs_in_and_starts_at_their_default_post(clerk: User, world: World) -> None:
    user = signin.check_password("clerk", PASSWORD, at=NOW, ip="10.0.0.7")
    assert not signin.needs_code(user)

    signed_in = signin.complete(user, at=NOW, ip="10.0.0.7")

    assert signed_in.post == world.posts["clerk"]
    row = AuditRecord.objects.get(kind="sign_in")
    assert (row.actor_name, row.actor_role, row.ip) == ("周敏", "clerk", "10.0.0.7")


@pytest.mark.parametrize("username", ["CLERK", " clerk "])
def test_the_sign_in_name_may_be_written_as_one_likes(world: World, username: str) -> None:
    assert signin.check_password(username, PASSWORD, at=NOW).username == "clerk"


def test_a_wrong_password_and_an_unknown_name_sound_alike(world: World) -> None:
    assert refused("clerk", "wrong") == "bad_credentials"
    assert refused("nobody", "wrong") == "bad_credentials"
    assert refused("", "") == "bad_credentials"
    assert refused("x" * 5000, "y" * 5000) == "bad_credentials"
    assert refused("cl\x00erk", "wrong") == "bad_credentials"


def test_a_failure_is_audited_without_what_was_typed(world: World, clerk: User) -> None:
    refused("clerk", "Secret-typed-1")
    refused("Secret-typed-2", "x")

    rows = AuditRecord.objects.filter(kind="sign_in_failed").order_by("pk")
    assert [r.subject for r in rows] == [f"user:{clerk.pk}", "user:unknown"]
    assert "typed" not in str([(r.subject, r.actor_name, r.data) for r in rows])


def test_five_wrong_passwords_lock_the_account_even_for_the_right_one(world: World) -> None:
    codes = [refused(name, "wrong") for name in ("clerk", "Clerk", "CLERK", "clerk", "clerk")]

    assert codes == ["bad_credentials"] * 4 + ["locked"]
    assert refused("clerk", PASSWORD) == "locked"
    assert signin.check_password("agent", PASSWORD, at=NOW).username == "agent"


def test_a_security_administrator_unlocks_it(world: World, clerk: User, admin: Actor) -> None:
    for _ in range(5):
        refused("clerk", "wrong")
    assert signin.is_locked(clerk)

    people.unlock_user(clerk, actor=admin, at=NOW)

    assert not signin.is_locked(clerk)
    assert signin.check_password("clerk", PASSWORD, at=NOW) == clerk


def test_only_who_knows_the_password_learns_that_an_account_is_disabled(
    clerk: User, admin: Actor
) -> None:
    people.disable_user(clerk, reason="离职", actor=admin, at=NOW)

    assert refused("clerk", PASSWORD) == "disabled"
    assert refused("clerk", "wrong") == "bad_credentials"


def test_an_account_ends_on_its_day(clerk: User) -> None:
    User.objects.filter(pk=clerk.pk).update(expires_on=TODAY)

    assert refused("clerk", PASSWORD) == "expired"
    yesterday = NOW - dt.timedelta(days=1)
    assert signin.check_password("clerk", PASSWORD, at=yesterday) == clerk


def test_who_holds_no_post_does_not_come_in(world: World, clerk: User, admin: Actor) -> None:
    people.end_post(world.posts["clerk"], actor=admin, at=NOW)
    user = signin.check_password("clerk", PASSWORD, at=NOW)

    with pytest.raises(SignInRefused, match="岗位"):
        signin.complete(user, at=NOW)


def test_a_temporary_password_must_be_changed_first(clerk: User, admin: Actor) -> None:
    issued = people.reset_password(clerk, actor=admin, at=NOW)
    user = signin.check_password("clerk", issued.password, at=NOW)

    assert signin.complete(user, at=NOW).must_change_password


class TestSecondFactor:
    @pytest.fixture
    def codes(self, clerk: User, world: World) -> list[str]:
        me = world.actor("clerk")
        secret = totp.enrol(clerk, actor=me, at=NOW).secret
        found = totp.confirm(clerk, pyotp.TOTP(secret).at(NOW), actor=me, at=NOW)
        clerk.refresh_from_db()
        return found

    def test_it_is_asked_for_after_the_password(self, clerk: User, codes: list[str]) -> None:
        at = NOW + dt.timedelta(minutes=1)
        user = signin.check_password("clerk", PASSWORD, at=at)

        assert signin.needs_code(user)
        signin.check_code(user, pyotp.TOTP(user.totp_secret).at(at), at=at)
        with pytest.raises(SignInRefused, match="已使用"):
            signin.check_code(user, pyotp.TOTP(user.totp_secret).at(at), at=at)

    def test_a_recovery_code_stands_in_and_is_audited(self, clerk: User, codes: list[str]) -> None:
        signin.check_code(clerk, codes[0], at=NOW)

        assert AuditRecord.objects.filter(kind="recovery_code_used").exists()

    def test_wrong_codes_lock_the_account_too(self, clerk: User, codes: list[str]) -> None:
        for _ in range(5):
            with pytest.raises(SignInRefused):
                signin.check_code(clerk, "000000", at=NOW)

        with pytest.raises(SignInRefused, match="锁定"):
            signin.check_code(clerk, codes[0], at=NOW)
        assert refused("clerk", PASSWORD) == "locked"


def test_leaving_is_audited(world: World) -> None:
    signin.sign_out(world.actor("clerk"), at=NOW, ip="10.0.0.7")

    assert AuditRecord.objects.get(kind="sign_out").actor_name == "周敏"


def test_the_system_does_not_sign_in(world: World) -> None:
    assert refused("系统", "x") == "bad_credentials"
    assert SYSTEM.user_id is None
