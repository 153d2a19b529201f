"""Registering an appeal through the API: what is right, what is wrong, and what is sent twice."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.api.conftest import Caller, Issue, order
from tests.factories.world import World

from jiesu.access import Permission as P
from jiesu.appeals.models import Appeal, Clock, Event
from jiesu.catalogue import categories
from jiesu.foundation import identifiers

pytestmark = pytest.mark.django_db


def test_a_registered_appeal_is_numbered_clocked_masked_and_found_again(centre: Caller) -> None:
    made = centre.post("/appeals", order())

    assert made.status == 201, made
    number = made.data["number"]
    assert identifiers.is_order_number(number)
    assert made.headers["Location"] == f"/api/v1/appeals/{number}"
    assert made.data["status"] == {"code": "registered", "name": "待受理"}
    assert made.data["petitioner"]["phone"] == "138****2046"
    assert made.data["petitioner"]["name"] == "陈**"
    assert len(made.data["query_code"]) == 6
    assert made.data["received_at"].endswith("+08:00")
    assert made.data["due"]["kind"]["name"] == "受理"
    found = centre.get(f"/appeals/{number}")
    assert found.status == 200
    assert "query_code" not in found.data
    assert found.data["number"] == number


def test_an_agent_system_may_accept_in_the_same_call(centre: Caller) -> None:
    made = centre.post("/appeals", order(accept=True))

    assert made.data["status"]["code"] == "accepted"


def test_creating_an_appeal_takes_at_most_ten_statements(centre: Caller) -> None:
    centre.post("/appeals", order())

    with CaptureQueriesContext(connection) as spent:
        made = centre.post("/appeals", order())

    assert made.status == 201
    statements = [q["sql"] for q in spent.captured_queries]
    assert len(statements) <= 10, "\n".join(s[:160] for s in statements)


def test_the_same_key_makes_one_order(centre: Caller) -> None:
    first = centre.post("/appeals", order(), key="double-click")
    second = centre.post("/appeals", order(), key="double-click")

    assert first.status == second.status == 201
    assert first.data["number"] == second.data["number"]
    assert Appeal.objects.count() == 1
    assert Event.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(centre: Caller) -> None:
    centre.post("/appeals", order(), key="mixed-up")

    other = centre.post("/appeals", order(content="另一件事"), key="mixed-up")
    accepted = centre.post("/appeals", order(accept=True), key="mixed-up")

    assert (other.status, other.code) == (409, "idempotency_mismatch")
    assert accepted.code == "idempotency_mismatch"
    assert Appeal.objects.count() == 1


def test_two_systems_may_use_the_same_key(centre: Caller, issue: Issue) -> None:
    mine = centre.post("/appeals", order(), key="0001")
    theirs = issue("xiamen_centre").post("/appeals", order(region_code="350203"), key="0001")

    assert mine.status == theirs.status == 201
    assert mine.data["number"] != theirs.data["number"]


def test_a_refused_registration_leaves_its_key_free(centre: Caller) -> None:
    refused = centre.post("/appeals", order(phone="138"), key="once-more")
    made = centre.post("/appeals", order(), key="once-more")

    assert refused.status == 422
    assert made.status == 201


def test_registering_without_a_key_is_refused(centre: Caller) -> None:
    answer = centre.post("/appeals", order(), key=None)

    assert (answer.status, answer.code) == (400, "idempotency_key_required")
    assert centre.post("/appeals", order(), key="k" * 129).code == "idempotency_key_invalid"
    assert Appeal.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"phone": "1381234"}, "phone", "bad_phone"),
        ({"phone": "打电话"}, "phone", "bad_phone"),
        ({"phone": ""}, "phone", "required"),
        ({"received_at": "2026-11-16T12:00:00+08:00"}, "received_at", "future"),
        ({"happened_at": "2027-01-01T00:00:00Z"}, "happened_at", "future"),
        ({"received_at": "2026-11-16T09:00:00"}, "received_at", "no_time_zone"),
        ({"received_at": "昨天"}, "received_at", "wrong_type"),
        ({"received_at": 1700000000}, "received_at", "wrong_type"),
        ({"received_at": "0001-01-01T00:00:00Z"}, "received_at", "out_of_range"),
        ({"channel": "pigeon"}, "channel", "unknown_code"),
        ({"appeal_type": "99"}, "appeal_type", "unknown_code"),
        ({"urgency": "9"}, "urgency", "unknown_code"),
        ({"category_code": "8765"}, "category_code", "unknown_category"),
        ({"region_code": "999999"}, "region_code", "unknown_region"),
        ({"content": ""}, "content", "required"),
        ({"content": "\u0000\u0007\u200b"}, "content", "required"),
        ({"content": "长" * 50_000}, "content", "too_long"),
        ({"title": "长" * 61}, "title", "too_long"),
        ({"content": 12}, "content", "wrong_type"),
        ({"is_anonymous": "yes"}, "is_anonymous", "wrong_type"),
        ({"people_count": -1}, "people_count", "out_of_range"),
        ({"people_count": 1.5}, "people_count", "wrong_type"),
        ({"amount": "很多"}, "amount", "wrong_type"),
        ({"amount": -1}, "amount", "out_of_range"),
        ({"tags": "占道"}, "tags", "wrong_type"),
        ({"longitude": 119.3}, "longitude", "incomplete"),
        ({"longitude": 26.08, "latitude": 119.3}, "longitude", "out_of_range"),
        ({"credit_code": "91350100M000100Y4X"}, "credit_code", "bad_credit_code"),
        ({"document_number": "35010219900101123"}, "document_number", "bad_document"),
        ({"answers": {"unknown": 1}}, "answers.unknown", "unknown_question"),
        ({"repeat_of": "3501002611160000010"}, "repeat_of", "unknown"),
        ({"telephone": "13812342046"}, "telephone", "unknown_field"),
    ],
)
def test_a_wrong_field_is_named_with_a_sentence(
    centre: Caller, changes: dict[str, object], field: str, code: str
) -> None:
    answer = centre.post("/appeals", order(**changes))

    assert answer.status == 422, answer
    assert answer.code == "invalid"
    assert answer.fields[field] == code
    assert not Appeal.objects.exists()


def test_every_wrong_field_is_named_at_once(centre: Caller) -> None:
    answer = centre.post("/appeals", order(phone="1", channel="x", region_code="1", content=""))

    assert set(answer.fields) == {"phone", "channel", "region_code", "content"}


def test_a_missing_field_is_named(centre: Caller) -> None:
    body = order()
    del body["content"], body["region_code"]

    answer = centre.post("/appeals", body)

    assert answer.fields == {"content": "required", "region_code": "required"}


def test_a_retired_class_is_refused_with_its_name(centre: Caller, world: World) -> None:
    category = world.category("0105")
    type(category).objects.filter(pk=category.pk).update(
        is_retired=True, retired_on=categories.active(category.scheme.valid_from).valid_from
    )

    answer = centre.post("/appeals", order())

    assert answer.fields == {"category_code": "category_retired"}
    assert category.path_name in answer.data["detail"]


def test_emoji_stay_and_control_characters_go(centre: Caller) -> None:
    made = centre.post(
        "/appeals",
        order(
            content="井盖\u0000坏了\u0007😀👨‍👩‍👧\r\n\u202e请修\u200b",
            title="井盖\u0000坏了🙏",
            sex="\u0000男",
            tags=["\u0000"],
        ),
    )

    assert made.status == 201, made
    assert made.data["content"] == "井盖坏了😀👨‍👩‍👧\n请修"
    assert made.data["title"] == "井盖坏了🙏"
    assert made.data["tags"] == []


def test_a_secret_matter_is_not_taken_in(centre: Caller) -> None:
    answer = centre.post("/appeals", order(confidentiality="3"))

    assert (answer.status, answer.code) == (422, "secret_matter")
    assert answer.fields == {"confidentiality": "secret_matter"}
    assert not Appeal.objects.exists()


@pytest.mark.parametrize(
    "body", [b"{", b"", b"[1,", b'{"content": NaN}', b"\xff\xfe", b"content=1"]
)
def test_what_is_no_json_is_refused(centre: Caller, body: bytes) -> None:
    answer = centre.post("/appeals", body)

    assert answer.status in (400, 422)
    assert answer.code in ("malformed_json", "invalid")


@pytest.mark.parametrize("body", [[], "text", 1, None])
def test_json_that_is_no_object_is_refused(centre: Caller, body: object) -> None:
    answer = centre.post("/appeals", body)

    assert (answer.status, answer.code) == (422, "invalid")


def test_a_body_beyond_five_megabytes_is_refused(centre: Caller) -> None:
    answer = centre.post("/appeals", order(content="x" * (6 * 1024 * 1024)))

    assert (answer.status, answer.code) == (413, "request_too_large")


def test_a_system_without_the_permission_registers_nothing(issue: Issue) -> None:
    reader = issue("fuzhou_centre", {P.APPEAL_VIEW, P.APPEAL_VIEW_AREA})
    registering = issue("fuzhou_centre", {P.INTAKE_REGISTER})

    assert reader.post("/appeals", order()).status == 403
    assert registering.post("/appeals", order(accept=True)).status == 403
    assert registering.post("/appeals", order()).status == 201
    assert Appeal.objects.count() == 1


def test_an_appeal_goes_to_the_nearest_centre_when_a_department_registers_it(
    issue: Issue, world: World
) -> None:
    made = issue("water", {P.INTAKE_REGISTER}).post("/appeals", order())

    assert made.status == 201
    assert made.data["centre"]["code"] == "fuzhou_centre"
    assert Clock.objects.filter(appeal__number=made.data["number"]).count() == 2
