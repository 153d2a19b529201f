"""Every address × role: who gets in, who is turned away, and that out of scope looks like absent.

``permissions_web.csv`` and ``permissions_api.csv`` are the tables as they were reviewed. A new page
is walked here by itself; only the tables must be written anew (``make docs``).
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from tests.contracts import tables
from tests.contracts.tables import EVERYONE, SIGNED_IN, Address
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World
from tests.web.signed_in import client_of

from jiesu.access import ROLE_PERMISSIONS, Permission, Role
from jiesu.appeals.actions import conferring, handling
from jiesu.appeals.actions.handling import Plea
from jiesu.appeals.models import Attachment

TURNED_AWAY = {403, 404}  # 404: whoever may not see the order does not learn that it exists
ABSENT_NUMBER, ABSENT_PK = "3501029901010000017", 987_654_321
# A permission is not enough: one must be the unit that was asked, or sit at the very top. Their own
# tests say who.
MORE_IS_ASKED = {"orders:judge", "orders:opine", "orders:conclude", "manage:calendar-draft"}
pytestmark = pytest.mark.django_db


class Things:
    """What an address may name: one order of Fuzhou's, in the hands of Gulou's urban management."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.assignment = make.signed(world)
        self.appeal = self.assignment.appeal
        consultation = conferring.consult(
            self.appeal, "谁管？", [world.units["urban"]],
            actor=world.actor("dispatcher"), at=MONDAY,
        )  # fmt: skip
        application = handling.apply_for(
            make.lead_of(self.appeal),
            Plea(kind="suspension", reason_code="lawsuit", reason="已起诉", citizen_told="已告知"),
            actor=world.actor("clerk"), at=MONDAY + make.minutes(50),
        )  # fmt: skip
        file = Attachment.objects.create(
            appeal=self.appeal, upload_key="x", purpose="appeal", name="现场.jpg",
            stored_name="a.jpg", file=ContentFile(b"...", "a.jpg"), content_type="image/jpeg",
            size=3, sm3="", uploaded_at=MONDAY, uploaded_by="林小满",
        )  # fmt: skip
        opinion = consultation.opinions.get()
        self.pks = {
            "orders:assignment-move": self.assignment.pk, "unit:report": self.assignment.pk,
            "unit:save-draft": self.assignment.pk, "orders:judge": application.pk,
            "orders:opine": opinion.pk, "orders:conclude": consultation.pk,
            "orders:attachment": file.pk, "citizen:file": file.pk,
        }  # fmt: skip

    def url(self, address: Address, **instead: Any) -> str:
        """The address filled in; a key it does not know is one that is absent."""
        known: dict[str, Any] = {
            "number": self.appeal.number, "pk": self.pks.get(address.name, ABSENT_PK),
            "year": 2026, "unit": ABSENT_PK, **address.given, **instead,
        }  # fmt: skip
        given = {name: known.get(name, "channel") for name in address.converters}
        return reverse(address.name, kwargs=given)


@pytest.fixture
def things(world: World) -> Things:
    return Things(world)


def named(one: Address) -> bool:
    """Whether it can be asked for by its name (the API's catch-all cannot)."""
    return not one.name.startswith(("api-", "None"))


def ask(client: Client, url: str) -> HttpResponse:
    """What the address answers; whatever it did is undone."""
    with transaction.atomic():
        answer = client.get(url)
        if answer.status_code == 405:
            answer = client.post(url)
        if answer.streaming:
            answer.getvalue()
        transaction.set_rollback(True)
    return answer  # type: ignore[return-value]  # a test's answer is a response


def led_to_sign_in(answer: HttpResponse) -> bool:
    where = answer.headers.get("Location", "")
    return answer.status_code == 302 and where.startswith("/account/sign-in/")


def walked(addresses: list[Address]) -> Iterator[Address]:
    yield from (one for one in addresses if named(one) and one.name != "account:sign-out")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.API_CLIENT])
def test_each_address_lets_in_whoever_the_table_says_and_nobody_else(
    things: Things, role: Role
) -> None:
    posts = things.world.posts
    username = min((n for n, p in posts.items() if p.role == role), key=lambda n: posts[n].pk)
    client = client_of(things.world, username)
    sees_orders = Permission.APPEAL_VIEW in ROLE_PERMISSIONS[role]

    wrong = []
    for one in walked(tables.web()):
        status = ask(client, things.url(one)).status_code
        opens = one.opens_for(role) and (sees_orders or not one.name.endswith("move"))
        fine = status not in {401, 403} or one.name in MORE_IS_ASKED
        if status >= 500 or (opens and not fine) or (not opens and status not in TURNED_AWAY):
            wrong.append((one.path, status))

    assert wrong == []


def test_whoever_is_not_signed_in_gets_only_what_is_for_everyone(things: Things) -> None:
    wrong = []
    for one in walked(tables.web()):
        answer = ask(Client(), things.url(one))
        if one.needs != EVERYONE and not led_to_sign_in(answer):
            wrong.append((one.path, answer.status_code))
        if one.needs == EVERYONE and led_to_sign_in(answer) and one.name != "account:code":
            wrong.append((one.path, "leads to the sign-in page"))

    assert wrong == []


@pytest.mark.parametrize("stranger", ["xiamen_dispatcher", "xiamen_agent", "siming_clerk"])
def test_an_order_out_of_scope_looks_like_one_that_is_absent(things: Things, stranger: str) -> None:
    client = client_of(things.world, stranger)
    number = things.appeal.number

    wrong = []
    for one in walked(tables.web()):
        if "number" not in one.converters or one.needs == EVERYONE:
            continue
        there = ask(client, things.url(one))
        absent = ask(client, things.url(one, number=ABSENT_NUMBER, pk=ABSENT_PK))
        if there.status_code not in TURNED_AWAY or said(there, number) != said(absent):
            wrong.append((one.path, there.status_code, absent.status_code))

    assert wrong == []


def test_a_citizen_without_the_proof_learns_nothing_of_an_order(things: Things) -> None:
    wrong = []
    for one in walked(tables.web()):
        if "number" not in one.converters or one.needs != EVERYONE:
            continue
        there = ask(Client(), things.url(one))
        absent = ask(Client(), things.url(one, number=ABSENT_NUMBER, pk=ABSENT_PK))
        if said(there, things.appeal.number) != said(absent):
            wrong.append((one.path, there.status_code, absent.status_code))

    assert wrong == []


def said(answer: HttpResponse, number: str = ABSENT_NUMBER) -> tuple[int, str, str]:
    """What the answer tells: its status, where it leads, its text but for what differs anyhow."""
    text = answer.content.decode() if not answer.streaming else "a file"
    text = re.sub(r"(?i)csrf[^>]*>|data-now=\"\d+\"", "", text)
    where = answer.headers.get("Location", "")
    own = re.compile(rf"{number}|{ABSENT_PK}")
    return answer.status_code, own.sub("", where), own.sub("", text)


def test_every_address_stands_in_a_table() -> None:
    from jiesu.api.v1.api import document

    operations = {path.removeprefix("/") for path in document()["paths"]}
    in_web = {one.name for one in tables.web()}

    missing = [
        route
        for route, name, _ in tables.patterns()
        if name not in in_web
        and not name.startswith("gallery:")
        and re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route) not in operations
    ]

    assert missing == []


def test_a_move_asks_for_the_moves_own_permission() -> None:
    moves = {one.given["name"]: one.needs for one in tables.web() if one.given}

    assert moves["dispatch"] == Permission.DISPATCH_ASSIGN
    assert moves["sign"] == Permission.HANDLING_SIGN
    assert SIGNED_IN not in moves.values()


@pytest.mark.parametrize("which", ["web", "api"])
def test_the_committed_table_is_the_one_of_the_code(which: str) -> None:
    path, text = {
        "web": (tables.WEB, tables.web_text),
        "api": (tables.API, tables.api_text),
    }[which]

    same = path.exists() and path.read_text(encoding="utf-8") == text()

    assert same, f"{path.name} is not what the code says: {tables.HOW}"
