"""Who may call what: every operation, with and without its permission, inside and out of scope.

``tests/contracts/permissions_api.csv`` is the reviewed table; ``make docs`` writes it anew.
"""

import io
from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from tests.api.conftest import Answer, Caller, Issue
from tests.api.routes import BODIES, QUERIES, operations
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import SYSTEM, Permission
from jiesu.accounts.api_clients import CENTRE_SYSTEM, UNIT_SYSTEM
from jiesu.appeals.actions import conferring, handling
from jiesu.appeals.actions.handling import Plea
from jiesu.appeals.models import Appeal, Assignment, Attachment
from jiesu.catalogue.codes import Table, items
from jiesu.inspection import cases, clues, marking, sampling
from jiesu.inspection.cases import Opening
from jiesu.inspection.marking import Marks
from jiesu.scoring import periods, schemes
from jiesu.scoring.models import Period
from jiesu.supervision import instruments
from jiesu.supervision.instruments import Draft

P = Permission
READ = frozenset({P.APPEAL_VIEW, P.APPEAL_VIEW_AREA})
pytestmark = pytest.mark.django_db


def needed(said: str) -> list[Permission]:
    return [Permission(one) for one in said.split(" | ") if one]


class Things:
    """One of each thing that an address can name, in Fuzhou, urban management's."""

    def __init__(self, world: World) -> None:
        self.assignment = make.signed(world)
        self.appeal = self.assignment.appeal
        self.consultation = conferring.consult(
            self.appeal,
            "谁管？",
            [world.units["urban"]],
            actor=world.actor("dispatcher"),
            at=MONDAY,
        )
        self.application = handling.apply_for(
            make.lead_of(self.appeal),
            Plea(kind="suspension", reason_code="lawsuit", reason="已起诉", citizen_told="已告知"),
            actor=world.actor("clerk"), at=MONDAY + make.minutes(50),
        )  # fmt: skip
        self.attachment = Attachment.objects.create(
            appeal=self.appeal, upload_key="x", purpose="appeal", name="现场.jpg",
            stored_name="a.jpg", file=ContentFile(b"...", "a.jpg"), content_type="image/jpeg",
            size=3, sm3="", uploaded_at=MONDAY, uploaded_by="林小满",
        )  # fmt: skip
        self.period = scored(world)
        self.instrument = instruments.issue_new(
            Draft("order", world.units["urban"], "占道经营", "限期整治"),
            actor=world.actor("supervisor"), at=MONDAY,
        )  # fmt: skip
        later = MONDAY + make.minutes(60 * 24)
        inspected = sampling.inspect_by_hand(
            make.answered(world, phone="13812340077"), "reply", actor=world.actor("shift_lead"),
            at=later,
        )  # fmt: skip
        self.inspection = marking.mark(
            inspected, Marks(), actor=world.actor("shift_lead"), at=later
        )
        self.clue = clues.lay(
            "shirking", world.units["urban"], [self.appeal.number], "推诿",
            actor=world.actor("supervisor"), at=later,
        )  # fmt: skip
        self.case = cases.open_case(
            Opening(kind="complaint", unit=world.units["urban"], title="推诿", matter="推诿扯皮。"),
            actor=world.actor("supervisor"), at=later,
        )  # fmt: skip
        self.world = world

    def call(self, caller: Caller, method: str, path: str) -> Answer:
        pk = {
            "assignments": self.assignment.pk, "applications": self.application.pk,
            "consultations": self.consultation.pk, "attachments": self.attachment.pk,
            "scoring": self.period.pk, "supervision": self.instrument.pk,
            "quality": self.inspection.pk,
            "efficiency": self.clue.pk if "/clues/{" in path else self.case.pk,
        }.get(path.split("/")[1], 0)  # fmt: skip
        at = path.format(
            number=self.appeal.number, pk=pk, key="channel", kind="duty", code=self._code(path)
        )
        if method == "GET":
            return caller.get(at, **QUERIES.get(path, {}))
        if path == "/attachments":
            return caller.upload(io.BytesIO(b""))
        if path == "/catalogue/sheets/{kind}":
            return caller.upload(io.BytesIO(b"x"), at)
        body = dict(BODIES[path] or {})
        if "reason_code" in body and body["reason_code"] == "?":
            body["reason_code"] = items(Table.REFUSAL_REASON, MONDAY)[0].code
        if "line_code" in body:
            body["line_code"] = items(Table.HAND_OVER_LINE, MONDAY)[0].code
        if "version" in body:
            row = Assignment.objects.get(pk=self.assignment.pk)
            stale = Appeal.objects.get(pk=self.appeal.pk).version
            body["version"] = row.version if path.startswith("/assignments") else stale
            for name, row in (
                ("/supervision", self.instrument), ("/quality", self.inspection),
                ("/efficiency/clues", self.clue), ("/efficiency/cases", self.case),
            ):  # fmt: skip
                if path.startswith(name):
                    body["version"] = row.version
        if path == "/quality/inspections":
            body["appeal"] = self.appeal.number
        if path == "/efficiency/clues":
            body["orders"] = [self.appeal.number]
        if body.get("clues") == [0]:
            body["clues"] = [self.clue.pk]
        return caller.post(at, body)

    @staticmethod
    def _code(path: str) -> str:
        return "350102" if "regions" in path else "urban"


@pytest.fixture
def things(world: World) -> Things:
    return Things(world)


def scored(world: World) -> Period:
    """Fuzhou's bureaus, scored this month by three rates."""
    _, definition = schemes.shipped()["3_three_rates"]
    scheme = schemes.create_scheme(
        "三率", world.regions["350100"], definition, actor=SYSTEM, at=MONDAY,
        valid_from=MONDAY.date().replace(day=1),
    )  # fmt: skip
    period = periods.open_period(scheme, MONDAY.date(), actor=SYSTEM, at=MONDAY)
    periods.count(period, at=MONDAY, by="孙效")
    return period


def units_side(path: str) -> bool:
    return path.startswith(
        (
            "/assignments",
            "/consultations/{pk}/opinion",
            "/supervision/instruments/{pk}/answer",
            "/quality/inspections/{pk}/contest",
        )
    )


def walk(call: Callable[[str, str, str], str]) -> None:
    """Every operation, each undone before the next; all that fail are told at once."""
    wrong = []
    for method, path, said in operations():
        with transaction.atomic():
            problem = call(method, path, said)
            transaction.set_rollback(True)
        if problem:
            wrong.append(f"{method} {path}: {problem}")
    assert not wrong, "\n".join(wrong)


def test_without_its_permission_an_operation_is_forbidden(things: Things, issue: Issue) -> None:
    def call(method: str, path: str, said: str) -> str:
        if not needed(said):
            answer = things.call(issue("urban", {P.HANDLING_OPEN}), method, path)
            return "" if answer.status < 400 else repr(answer)
        everything_else = (CENTRE_SYSTEM - set(needed(said))) | READ
        wanted = 403
        if P.APPEAL_VIEW in needed(said):
            everything_else = frozenset({P.INTAKE_REFUSE})
            # who may see no appeal at all does not learn that this one exists
            is_of_appeal = "{" in path and not path.startswith("/consultations")
            wanted = 404 if is_of_appeal else 403
        caller = issue("urban" if units_side(path) else "fuzhou_centre", everything_else)
        answer = things.call(caller, method, path)
        return "" if answer.status == wanted else repr(answer)

    walk(call)


def test_with_just_its_permission_no_operation_is_forbidden(things: Things, issue: Issue) -> None:
    def call(method: str, path: str, said: str) -> str:
        just = {*needed(said)[:1], *READ}
        if (method, path) == ("POST", "/appeals"):
            just = {P.INTAKE_REGISTER}
        caller = issue("urban" if units_side(path) else "fuzhou_centre", just)
        answer = things.call(caller, method, path)
        return repr(answer) if answer.status in (401, 403, 404, 500) else ""

    walk(call)


@pytest.mark.parametrize("stranger", ["xiamen_centre", "siming_urban"])
def test_what_belongs_to_another_area_looks_absent(
    things: Things, issue: Issue, stranger: str
) -> None:
    def call(method: str, path: str, said: str) -> str:
        if not any(name in path for name in ("{number}", "{pk}")):
            return ""
        held = CENTRE_SYSTEM - ({P.APPEAL_VIEW_AREA} if stranger == "siming_urban" else set())
        answer = things.call(issue(stranger, held), method, path)
        return "" if (answer.status, answer.code) == (404, "not_found") else repr(answer)

    walk(call)


def test_a_unit_that_has_no_part_in_an_appeal_does_not_see_it(things: Things, issue: Issue) -> None:
    def call(method: str, path: str, said: str) -> str:
        if not any(name in path for name in ("{number}", "{pk}")):
            return ""
        answer = things.call(issue("environment", UNIT_SYSTEM), method, path)
        return "" if answer.status == 404 else repr(answer)  # scope first, then permission

    walk(call)


def test_without_a_key_nothing_opens(things: Things) -> None:
    def call(method: str, path: str, said: str) -> str:
        answer = things.call(Caller(""), method, path)
        challenged = answer.headers.get("WWW-Authenticate", "").startswith("Bearer")
        good = (answer.status, answer.data["title"], challenged) == (401, "unauthenticated", True)
        return "" if good else repr(answer)

    walk(call)


def test_every_operation_that_writes_has_a_body_in_the_walk() -> None:
    assert {path for method, path, _ in operations() if method == "POST"} == set(BODIES)
