"""How far an actor sees and manages, and when they must step aside."""

import pytest

from jiesu.access import (
    ROLE_PERMISSIONS,
    SYSTEM,
    Actor,
    ActorKind,
    Permission,
    Role,
    citizen,
    may_manage,
    seen_by,
)
from jiesu.access.recusal import why_step_aside


def person(role: Role, *, unit: str = "00010002", region: str = "00010001") -> Actor:
    return Actor(
        kind=ActorKind.PERSON,
        name="某人",
        role=role,
        user_id=7,
        unit_path=unit,
        region_path=region,
        permissions=ROLE_PERMISSIONS[role],
    )


def test_the_system_sees_everything() -> None:
    assert seen_by(SYSTEM).everything


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR, Role.LEADER])
def test_a_desk_of_the_centre_sees_its_region_and_what_its_units_got(role: Role) -> None:
    scope = seen_by(person(role))

    assert (scope.region_path, scope.unit_path) == ("00010001", "00010002")
    assert not scope.everything


def test_a_clerk_sees_only_what_their_unit_got() -> None:
    scope = seen_by(person(Role.CLERK))

    assert (scope.region_path, scope.unit_path) == ("", "00010002")


@pytest.mark.parametrize(
    "actor", [citizen(), person(Role.SYSTEM_ADMIN), person(Role.CLERK, unit="")]
)
def test_who_has_no_unit_or_no_permission_sees_nothing(actor: Actor) -> None:
    assert seen_by(actor).is_empty


def test_an_administrator_manages_their_region_and_below_only() -> None:
    admin = person(Role.SYSTEM_ADMIN)

    assert may_manage(admin, Permission.MANAGE_ORGANIZATIONS, "00010001")
    assert may_manage(admin, Permission.MANAGE_ORGANIZATIONS, "000100010003")
    assert not may_manage(admin, Permission.MANAGE_ORGANIZATIONS, "0001")
    assert not may_manage(admin, Permission.MANAGE_ORGANIZATIONS, "00010002")
    assert not may_manage(admin, Permission.MANAGE_PEOPLE, "00010001")


def test_an_administrator_without_a_region_manages_nothing() -> None:
    nowhere = person(Role.SYSTEM_ADMIN, region="")

    assert not may_manage(nowhere, Permission.MANAGE_ORGANIZATIONS, "0001")


def test_who_declared_an_interest_is_kept_from_the_appeal_and_nobody_else() -> None:
    actor = person(Role.DISPATCHER)

    assert "回避" in why_step_aside(actor, {7})
    assert why_step_aside(actor, {8}) == ""
    assert why_step_aside(SYSTEM, {7}) == ""
