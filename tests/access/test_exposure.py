"""Who sees the petitioner's personal data, and who may have it shown."""

import pytest

from jiesu.access import (
    ROLE_PERMISSIONS,
    SYSTEM,
    Actor,
    ActorKind,
    Role,
    View,
    citizen,
    is_centre_staff,
    may_reveal,
    personal_view,
)
from jiesu.access.exposure import keeps_personal_data


def person(role: Role) -> Actor:
    return Actor(
        kind=ActorKind.PERSON,
        name="某人",
        role=role,
        user_id=1,
        unit_path="0001",
        region_path="0001",
        permissions=ROLE_PERMISSIONS[role],
    )


def view(role: Role, level: int, *, registered: bool = False) -> View:
    actor = person(role)
    return personal_view(actor, level, is_centre_staff(actor), registered_by_actor=registered)


def reveals(role: Role, level: int, *, registered: bool = False) -> bool:
    actor = person(role)
    return may_reveal(actor, level, is_centre_staff(actor), registered_by_actor=registered)


READERS = [
    Role.AGENT, Role.SHIFT_LEAD, Role.DISPATCHER, Role.CLERK, Role.SECTION_HEAD, Role.UNIT_LEADER,
    Role.REVIEWER, Role.CALLBACK_AGENT, Role.SUPERVISOR, Role.LEADER,
]  # fmt: skip
CENTRE = {Role.AGENT, Role.SHIFT_LEAD, Role.DISPATCHER, Role.REVIEWER, Role.CALLBACK_AGENT}


@pytest.mark.parametrize("role", READERS)
def test_an_ordinary_appeal_shows_everyone_masked_data(role: Role) -> None:
    assert view(role, 0) is View.MASKED
    assert reveals(role, 0) == (role is not Role.LEADER)


@pytest.mark.parametrize("role", READERS)
def test_an_appeal_kept_from_the_unit_shows_only_the_centre(role: Role) -> None:
    assert (view(role, 1) is View.MASKED) == (role in CENTRE)
    assert reveals(role, 1) == (role in CENTRE)


@pytest.mark.parametrize("role", READERS)
def test_a_report_of_wrongdoing_shows_only_reviewers(role: Role) -> None:
    assert (view(role, 2) is View.MASKED) == (role is Role.REVIEWER)
    assert reveals(role, 2) == (role is Role.REVIEWER)


def test_the_agent_who_took_a_report_of_wrongdoing_may_see_whom_they_spoke_to() -> None:
    assert view(Role.AGENT, 2, registered=True) is View.MASKED
    assert reveals(Role.AGENT, 2, registered=True)


def test_a_unit_that_registered_a_report_itself_is_not_let_near_either() -> None:
    assert view(Role.CLERK, 2, registered=True) is View.HIDDEN


@pytest.mark.parametrize("level", [3, 4, -1])
@pytest.mark.parametrize("role", READERS)
def test_what_was_never_entered_or_is_unknown_is_hidden_from_all(role: Role, level: int) -> None:
    assert view(role, level, registered=True) is View.HIDDEN
    assert not reveals(role, level, registered=True)
    assert not keeps_personal_data(level)


@pytest.mark.parametrize("role", [Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN])
def test_administrators_see_nobody(role: Role) -> None:
    assert view(role, 0) is View.HIDDEN
    assert not reveals(role, 0)


def test_a_citizen_sees_their_own_masked_and_nothing_of_a_confidential_one() -> None:
    assert personal_view(citizen(), 0, False) is View.MASKED
    assert personal_view(citizen(), 1, False) is View.HIDDEN
    assert not may_reveal(citizen(), 0, False)


def test_the_system_works_with_the_data_but_never_reveals_it() -> None:
    assert personal_view(SYSTEM, 2, False) is View.MASKED
    assert not may_reveal(SYSTEM, 0, True)
