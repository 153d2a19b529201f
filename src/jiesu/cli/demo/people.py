"""The invented staff of the demo: an account for every desk, and colleagues in every unit."""

import random
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from jiesu.access import ROLE_NAMES, Role
from jiesu.accounts.models import Post, User
from jiesu.cli.demo.tree import SHOWN_BUREAU
from jiesu.cli.simulation import names
from jiesu.organizations.models import Unit

PASSWORD = "jiesu-12345"  # noqa: S105 - the demo's, printed to whoever starts it
CITY = "350100"

# sign-in name, person, [(unit, role)]: the first post is the one they start at
ACCOUNTS: list[tuple[str, str, list[tuple[str, Role]]]] = [
    ("agent", "林小满", [(f"{CITY}-centre", Role.AGENT)]),
    ("shift_lead", "韩晓岚", [(f"{CITY}-centre", Role.SHIFT_LEAD),
                           (f"{CITY}-centre", Role.DISPATCHER)]),
    ("dispatcher", "陈默", [(f"{CITY}-centre", Role.DISPATCHER)]),
    ("reviewer", "王岚", [(f"{CITY}-centre", Role.REVIEWER)]),
    ("callback", "赵青", [(f"{CITY}-centre", Role.CALLBACK_AGENT)]),
    ("clerk", "周敏", [(SHOWN_BUREAU, Role.CLERK),
                     (f"{SHOWN_BUREAU}-street-order", Role.CLERK)]),
    ("section_head", "吴建平", [(SHOWN_BUREAU, Role.SECTION_HEAD)]),
    ("unit_leader", "何志远", [(SHOWN_BUREAU, Role.UNIT_LEADER)]),
    ("supervisor", "孙晓华", [(f"{CITY}-office", Role.SUPERVISOR)]),
    ("leader", "李庆文", [(f"{CITY}-gov", Role.LEADER)]),
    ("catalogue_editor", "谢文静", [(f"{CITY}-centre", Role.CATALOGUE_EDITOR)]),
    ("system_admin", "冯立", [("350000-centre", Role.SYSTEM_ADMIN)]),
    ("security_admin", "卫东", [("350000-centre", Role.SECURITY_ADMIN)]),
    ("audit_admin", "蒋明", [("350000-centre", Role.AUDIT_ADMIN)]),
]  # fmt: skip
_CENTRE_STAFF = [
    Role.AGENT, Role.AGENT, Role.AGENT, Role.DISPATCHER, Role.REVIEWER, Role.CALLBACK_AGENT,
]  # fmt: skip
_OTHERS = {
    Unit.Kind.OFFICE: [Role.SUPERVISOR, Role.CLERK],
    Unit.Kind.GOVERNMENT: [Role.CLERK, Role.LEADER],
}


@dataclass(frozen=True)
class Account:
    """One line of the list of accounts that is shown to whoever tries the demo."""

    username: str
    name: str
    post: str


def employ(units: dict[str, Unit], seed: int) -> list[Account]:
    """Store everybody; gives the accounts to show."""
    rng = random.Random(f"people {seed}")  # noqa: S311 - invented names, no secret
    password = make_password(PASSWORD)
    users: list[User] = []
    posts: list[tuple[int, Unit, Role]] = []
    shown = []
    for username, name, held in ACCOUNTS:
        posts.extend((len(users), units[code], role) for code, role in held)
        users.append(User(username=username, name=name, password=password))
        shown.append(Account(username, name, "、".join(
            f"{units[code].short_name or units[code].name} {ROLE_NAMES[role]}"
            for code, role in held
        )))  # fmt: skip
    for code, unit in sorted(units.items()):
        for n, role in enumerate(_roles(unit), 1):
            posts.append((len(users), unit, role))
            users.append(User(username=f"{code}-{n}", name=names.person(rng), password=password))
    for number, user in enumerate(users, 1):
        user.staff_number = f"{10000 + number}"
    made = User.objects.bulk_create(users, batch_size=500)
    first: set[int] = set()
    rows = []
    for index, unit, role in posts:
        rows.append(Post(user=made[index], unit=unit, role=role, is_default=index not in first))
        first.add(index)
    Post.objects.bulk_create(rows, batch_size=500)
    return shown


def _roles(unit: Unit) -> list[Role]:
    if unit.kind == Unit.Kind.CENTRE:
        return _CENTRE_STAFF
    roles = list(_OTHERS.get(Unit.Kind(unit.kind), [Role.CLERK]))
    if unit.inner_review_steps >= 1:
        roles.append(Role.SECTION_HEAD)
    if unit.inner_review_steps >= 2:
        roles.append(Role.UNIT_LEADER)
    return roles
