"""What a password must be, and how it is changed."""

import datetime as dt

import pytest
from django.test import override_settings
from tests.accounts.conftest import NOW
from tests.factories.world import PASSWORD, World

from jiesu.access import Actor
from jiesu.accounts import passwords, people
from jiesu.accounts.models import FormerPassword, User
from jiesu.foundation.errors import Forbidden, Invalid, NotFound
from jiesu.journal.models import AuditRecord

GOOD = [
    f"Spring-2026-{word}" for word in ("Yellow", "Orange", "Violet", "Silver", "Copper", "Bronze")
]


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "too_short"),
        ("Aa1!Aa1!A", "too_short"),
        ("Aa1!" * 40, "too_long"),
        ("alllowercase", "too_plain"),
        ("lowercase12345", "too_plain"),
        ("Aa1aaaaaaaaaa", "too_plain"),
        ("Xclerk-2026-Y", "like_username"),
        ("krelC-2026-abc", "like_username"),
        ("Good-2026\u200babc", "not_printable"),
        ("Good-2026\nabc", "not_printable"),
    ],
)
def test_a_weak_password_is_refused_in_chinese(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        passwords.check(password, username="clerk")

    assert refusal.value.errors[0].code == code
    assert "密码" in refusal.value.message


@pytest.mark.parametrize("password", ["Good-20260", "好好学习Abc12345", "correct Horse 9 battery"])
def test_a_strong_password_is_accepted(password: str) -> None:
    passwords.check(password, username="clerk")


def test_a_generated_password_satisfies_the_rules_and_is_never_the_same() -> None:
    made = {passwords.generate() for _ in range(200)}

    for password in made:
        passwords.check(password, username="clerk")
        assert not set(password) & set("0O1lI")
    assert len(made) == 200


def change(user: User, world: World, old: str, new: str) -> User:
    return people.change_password(user, old=old, new=new, actor=world.actor("clerk"), at=NOW)


def test_a_person_changes_their_own_password(clerk: User, world: World) -> None:
    before = clerk.get_session_auth_hash()

    user = change(clerk, world, PASSWORD, GOOD[0])

    assert user.check_password(GOOD[0])
    assert user.get_session_auth_hash() != before  # other sessions end
    assert AuditRecord.objects.filter(kind="password_change").exists()


def test_the_last_five_do_not_come_back_but_older_ones_may(clerk: User, world: World) -> None:
    old = PASSWORD
    for new in GOOD[:5]:
        change(clerk, world, old, new)
        old = new

    for former in GOOD[:5]:
        with pytest.raises(Invalid, match="最近 5 次"):
            change(clerk, world, old, former)
    change(clerk, world, old, GOOD[5])
    assert change(clerk, world, GOOD[5], GOOD[0]).check_password(GOOD[0])
    assert FormerPassword.objects.filter(user=clerk).count() == 5


def test_a_wrong_old_password_or_another_person_is_refused(clerk: User, world: World) -> None:
    with pytest.raises(Invalid, match="原密码"):
        change(clerk, world, "wrong", GOOD[0])
    with pytest.raises(Forbidden):
        people.change_password(clerk, old=PASSWORD, new=GOOD[0], actor=world.actor("agent"), at=NOW)


def test_a_reset_password_must_be_changed(clerk: User, admin: Actor, world: World) -> None:
    issued = people.reset_password(clerk, actor=admin, at=NOW)

    clerk.refresh_from_db()
    assert clerk.check_password(issued.password)
    assert passwords.must_change(clerk, NOW)

    user = change(clerk, world, issued.password, GOOD[0])
    assert not passwords.must_change(user, NOW)


def test_nobody_resets_their_own_or_a_password_out_of_reach(admin: Actor, world: World) -> None:
    with pytest.raises(Forbidden, match="修改密码"):
        people.reset_password(world.posts["security_admin"].user, actor=admin, at=NOW)
    with pytest.raises(NotFound):
        people.reset_password(world.posts["xiamen_agent"].user, actor=admin, at=NOW)


@pytest.mark.parametrize(("days", "due"), [(90, True), (0, False), (365, False)])
def test_an_old_password_must_be_changed(clerk: User, world: World, days: int, due: bool) -> None:
    user = change(clerk, world, PASSWORD, GOOD[0])

    with override_settings(JIESU_PASSWORD_DAYS=days):
        assert passwords.must_change(user, NOW + dt.timedelta(days=91)) is due
