"""The permission table of the roles, rule by rule (domain §1; 三员分立)."""

import pytest

from jiesu.access import ROLE_NAMES, ROLE_PERMISSIONS, SYSTEM, Permission, Role, citizen
from jiesu.access.roles import ADMINISTRATORS, CENTRE_ROLES, why_not_both
from jiesu.accounts.api_clients import CENTRE_SYSTEM, REFERENCE_SYSTEM

P = Permission
PEOPLE = [role for role in Role if role is not Role.API_CLIENT]


def test_every_role_has_a_chinese_name_and_permissions() -> None:
    assert set(ROLE_NAMES) == set(Role)
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert all(ROLE_PERMISSIONS[role] for role in Role)


def test_every_permission_is_held_by_some_person() -> None:
    held = frozenset[Permission]().union(*(ROLE_PERMISSIONS[role] for role in PEOPLE))

    assert held == set(Permission)


@pytest.mark.parametrize("role", PEOPLE)
def test_nobody_both_writes_a_report_and_decides_its_review(role: Role) -> None:
    assert not {P.HANDLING_REPORT, P.REVIEW_DECIDE} <= ROLE_PERMISSIONS[role]


@pytest.mark.parametrize("role", PEOPLE)
def test_nobody_both_applies_for_a_return_and_judges_it(role: Role) -> None:
    assert not {P.HANDLING_APPLY, P.DISPATCH_JUDGE} <= ROLE_PERMISSIONS[role]


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS))
def test_an_administrator_reads_no_appeal(role: Role) -> None:
    mine = {p for p in ROLE_PERMISSIONS[role] if not p.value.startswith(("manage.", "audit."))}

    assert mine == set()


def test_the_three_administrators_share_no_permission() -> None:
    tables = [ROLE_PERMISSIONS[role] for role in sorted(ADMINISTRATORS)]

    assert sum(len(t) for t in tables) == len(frozenset[Permission]().union(*tables))


def test_only_the_audit_administrator_reads_the_audit() -> None:
    assert [r for r in Role if P.AUDIT_VIEW in ROLE_PERMISSIONS[r]] == [Role.AUDIT_ADMIN]


def test_only_the_security_administrator_manages_people() -> None:
    assert [r for r in Role if P.MANAGE_PEOPLE in ROLE_PERMISSIONS[r]] == [Role.SECURITY_ADMIN]


@pytest.mark.parametrize("role", [Role.CLERK, Role.SECTION_HEAD, Role.UNIT_LEADER])
def test_a_units_people_do_not_see_the_whole_area(role: Role) -> None:
    assert P.APPEAL_VIEW in ROLE_PERMISSIONS[role]
    assert P.APPEAL_VIEW_AREA not in ROLE_PERMISSIONS[role]


@pytest.mark.parametrize("role", sorted(CENTRE_ROLES))
def test_the_centres_desks_see_their_area(role: Role) -> None:
    assert {P.APPEAL_VIEW, P.APPEAL_VIEW_AREA} <= ROLE_PERMISSIONS[role]


def test_a_leader_reads_but_neither_reveals_nor_exports() -> None:
    assert not {P.APPEAL_REVEAL, P.APPEAL_EXPORT} & ROLE_PERMISSIONS[Role.LEADER]


def test_an_agent_does_not_send_to_units() -> None:
    assert not {P.DISPATCH_ASSIGN, P.DISPATCH_REASSIGN} & ROLE_PERMISSIONS[Role.AGENT]


def test_an_api_client_manages_reference_data_at_most() -> None:
    managing = {p for p in P if p.value.startswith(("manage.", "audit."))}

    allowed = ROLE_PERMISSIONS[Role.API_CLIENT] & managing

    assert allowed == {P.MANAGE_TEMPLATES, P.MANAGE_CATALOGUE, P.MANAGE_ORGANIZATIONS}


def test_a_centres_system_manages_nothing_and_a_register_sees_no_appeal() -> None:
    managing = {p for p in P if p.value.startswith(("manage.", "audit."))}

    assert managing & CENTRE_SYSTEM == {P.MANAGE_TEMPLATES}
    assert not {p for p in REFERENCE_SYSTEM if p.value.startswith("appeal.")}


def test_the_system_may_do_everything() -> None:
    assert all(SYSTEM.may(permission) for permission in Permission)


def test_a_citizen_registers_adds_facts_urges_and_withdraws_only() -> None:
    assert citizen().permissions == {
        P.INTAKE_REGISTER,
        P.INTAKE_ADD_FACTS,
        P.INTAKE_URGE,
        P.INTAKE_WITHDRAW,
    }


@pytest.mark.parametrize("wanted", sorted(ADMINISTRATORS))
@pytest.mark.parametrize("held", sorted(ADMINISTRATORS))
def test_one_person_holds_at_most_one_of_the_three(held: Role, wanted: Role) -> None:
    sentence = why_not_both([Role.CLERK, held], wanted)

    assert (sentence == "") == (held == wanted)
    assert not sentence or (ROLE_NAMES[held] in sentence and ROLE_NAMES[wanted] in sentence)


def test_other_roles_may_be_held_together() -> None:
    assert why_not_both([Role.AGENT, Role.SYSTEM_ADMIN], Role.CALLBACK_AGENT) == ""
