"""Keys, limits, files, the document, and whatever else comes to the door."""

import datetime as dt
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from tests.api.conftest import Caller, Clock, Issue, document, order
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import SYSTEM
from jiesu.accounts import api_clients
from jiesu.accounts.api_clients import CHANNEL
from jiesu.accounts.models import ApiClient
from jiesu.api.v1 import appeals
from jiesu.api.v1.errors import KINDS
from jiesu.api.v1.limits import Limiter
from jiesu.appeals.models import Attachment
from jiesu.foundation.errors import UseCaseError

pytestmark = pytest.mark.django_db
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\x00" * 200 + b"\xff\xd9"
COMMITTED = Path(__file__).parents[2] / "docs" / "api" / "openapi.json"


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["", "jk_", "jk_nobodyknow_" + "x" * 43, "Bearer", "密钥", "x" * 5000]
)
def test_a_wrong_key_opens_nothing(world: World, key: str) -> None:
    http = Client(headers={"Authorization": f"Bearer {key}"})

    answer = http.get("/api/v1/appeals")

    assert answer.status_code == 401
    assert answer.json()["title"] == "unauthenticated"


def test_a_right_prefix_with_a_wrong_rest_opens_nothing(world: World, centre: Caller) -> None:
    prefix = ApiClient.objects.get().key_prefix

    assert Caller(f"{prefix}_{'x' * 43}").get("/me").status == 401


def test_a_revoked_expired_or_rotated_key_no_longer_opens(world: World, now: Clock) -> None:
    issued = api_clients.create_client(
        "试", world.units["water"], CHANNEL, actor=SYSTEM, at=MONDAY,
        expires_on=dt.date(2026, 11, 20),
    )  # fmt: skip
    caller = Caller(issued.key)
    assert caller.get("/me").status == 200
    newer = api_clients.rotate_key(issued.client, actor=SYSTEM, at=now.at)
    assert caller.get("/me").status == 200
    assert Caller(newer.key).get("/me").status == 200
    now.forward(days=4)
    assert Caller(newer.key).get("/me").status == 401
    ApiClient.objects.update(expires_on=None)
    assert Caller(newer.key).get("/me").status == 200
    now.forward(days=4)
    assert caller.get("/me").status == 401
    api_clients.revoke_client(issued.client, actor=SYSTEM, at=now.at)
    assert Caller(newer.key).get("/me").status == 401


def test_a_signed_in_person_is_no_key(world: World) -> None:
    http = Client()
    http.force_login(world.posts["agent"].user)

    assert http.get("/api/v1/appeals").status_code == 401


# --- the limit ------------------------------------------------------------------------------------


def test_more_calls_than_the_limit_wait_for_the_next_minute(issue: Issue, now: Clock) -> None:
    now.forward(seconds=20)
    caller, other = issue("water", CHANNEL, per_minute=3), issue("water", CHANNEL, per_minute=3)

    statuses = [caller.get("/me").status for _ in range(4)]
    refused = caller.get("/me")

    assert statuses == [200, 200, 200, 429]
    assert refused.code == "rate_limited"
    assert refused.headers["Retry-After"] == "40"
    assert other.get("/me").status == 200
    now.forward(seconds=40)
    assert caller.get("/me").status == 200


def test_all_processes_count_together_and_together_let_in_no_more_than_the_limit(
    world: World,
) -> None:
    processes = [Limiter() for _ in range(4)]
    at = MONDAY + dt.timedelta(seconds=7)

    let_in = [
        sum(not process.wait(7, 300, at) for process in processes) for _ in range(200)
    ]  # fmt: skip

    assert sum(let_in) == 300
    assert let_in[:72] == [4] * 72
    assert Limiter().wait(7, 300, at) == 53
    assert Limiter().wait(7, 300, at + dt.timedelta(seconds=53)) == 0


def test_a_client_that_keeps_to_one_process_has_its_whole_minute(world: World) -> None:
    process, idle = Limiter(), Limiter()
    idle.wait(7, 600, MONDAY)

    let_in = sum(not process.wait(7, 600, MONDAY) for _ in range(700))

    assert let_in == 600 - 12  # what the idle process took


def test_few_calls_cost_a_statement_for_the_limit(
    world: World, django_assert_num_queries: Any
) -> None:
    limiter = Limiter()

    with django_assert_num_queries(10):
        assert all(not limiter.wait(7, 600, MONDAY) for _ in range(120))
    with django_assert_num_queries(41):  # the rest, and the first refusal; then it is known
        assert sum(not limiter.wait(7, 600, MONDAY) for _ in range(5_000)) == 480


# --- what else may come ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_address_that_leads_nowhere_is_said_so_in_problem_json(method: str) -> None:
    for path in ("/api/", "/api/v1/", "/api/v2/appeals", "/api/v1/appeals/", "/api/v1/a/b/c"):
        answer = getattr(Client(enforce_csrf_checks=True), method)(path)
        assert answer.status_code == 404, path
        assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_a_wrong_method_is_told_the_right_ones(centre: Caller) -> None:
    answer = centre.http.delete("/api/v1/appeals")

    assert answer.status_code == 405
    assert answer.json()["title"] == "method_not_allowed"
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "path",
    [
        "/appeals/%00", "/appeals?outside_number=%00", "/assignments/99999999999999999999",
        "/assignments/0", "/assignments/abc", "/appeals/" + "9" * 500, "/attachments/-1",
        "/appeals/%F0%9F%98%80", "/units/..%2f..%2fetc", "/regions?q=%25%27%22;--",
        "/units?q=%E6%B0%B4%00",
    ],
)  # fmt: skip
def test_odd_addresses_are_refused_and_break_nothing(centre: Caller, path: str) -> None:
    answer = centre.http.get(f"/api/v1{path}")

    assert answer.status_code in (200, 400, 404, 422), answer.content
    if answer.status_code != 200:
        assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_a_defect_is_answered_without_its_text_and_watched_for(
    centre: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("密码 secret")

    monkeypatch.setattr(appeals, "_listed", broken)
    centre.http.raise_request_exception = False

    answer = centre.get("/appeals")

    assert (answer.status, answer.code) == (500, "internal_error")
    assert "secret" not in answer.content.decode()
    assert "API request failed" in caplog.text


def test_a_code_of_a_use_case_that_is_not_in_the_table_is_a_422(
    centre: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_year(*_: Any, **__: Any) -> None:
        raise UseCaseError("缺少 2027 年的工作日历，请联系系统管理员。", code="year_missing")

    monkeypatch.setattr(appeals, "_listed", no_year)

    answer = centre.get("/appeals")

    assert (answer.status, answer.code) == (422, "year_missing")
    assert answer.data["type"] == "/api/v1/docs#refused"


# --- files ----------------------------------------------------------------------------------------


def jpeg(name: str = "现场照片.jpg", content: bytes = JPEG) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/jpeg")


def test_files_are_sent_first_then_belong_to_their_appeal(
    centre: Caller, issue: Issue, world: World
) -> None:
    sent = centre.upload(jpeg())
    key = sent.data["upload_key"]
    second = centre.upload(jpeg("二.jpg"), upload_key=key)
    made = centre.post("/appeals", order(upload_key=key)).data

    listed = centre.get(f"/appeals/{made['number']}/attachments").data
    got = centre.get(f"/attachments/{sent.data['id']}")

    assert second.data["upload_key"] == key
    assert [a["name"] for a in listed] == ["现场照片.jpg", "二.jpg"]
    assert "upload_key" not in listed[0] or listed[0]["upload_key"] == ""
    assert got.content == JPEG
    assert got.headers["Content-Type"] == "image/jpeg"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert issue("xiamen_centre").get(f"/attachments/{sent.data['id']}").status == 404


def test_a_file_that_belongs_to_no_appeal_yet_is_not_given_out(centre: Caller) -> None:
    sent = centre.upload(jpeg())

    assert centre.get(f"/attachments/{sent.data['id']}").status == 404


def test_nobody_claims_another_systems_files(centre: Caller, issue: Issue, world: World) -> None:
    theirs = issue("xiamen_centre").upload(jpeg(), upload_key="form-1")

    made = centre.post("/appeals", order(upload_key="form-1"))

    assert theirs.status == made.status == 201
    assert centre.get(f"/appeals/{made.data['number']}/attachments").data == []
    assert Attachment.objects.get().appeal_id is None


def test_the_same_file_sent_twice_is_kept_once(centre: Caller) -> None:
    first = centre.upload(jpeg(), key="u1", upload_key="f")
    again = centre.upload(jpeg(), key="u1", upload_key="f")
    other = centre.upload(jpeg(content=JPEG + b"x"), key="u1", upload_key="f")

    assert first.data == again.data
    assert other.code == "idempotency_mismatch"
    assert Attachment.objects.count() == 1


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", b"0" * (60 * 1024 * 1024))
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("照片.jpg", b"MZ\x90\x00" + b"\x00" * 300, "content_mismatch"),
        ("程序.exe", b"MZ\x90\x00", "upload_runnable"),
        ("照片.exe.jpg", JPEG, "upload_runnable"),
        ("网页.html", b"<script>", "upload_runnable"),
        ("空.jpg", b"", "upload_empty"),
        ("没有扩展名", JPEG, "upload_name"),
        ("报告.docx", bomb(), "archive_bomb"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(
    centre: Caller, name: str, content: bytes, code: str
) -> None:
    answer = centre.upload(SimpleUploadedFile(name, content))

    assert answer.status == 422, answer
    assert answer.fields == {"file": code}
    assert not Attachment.objects.exists()


def test_an_upload_without_a_file_is_refused(centre: Caller) -> None:
    answer = centre.http.post(
        "/api/v1/attachments", {"purpose": "appeal"}, headers={"Idempotency-Key": "k"}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "required"


def test_an_upload_that_is_no_form_is_refused(centre: Caller) -> None:
    answer = centre.http.post(
        "/api/v1/attachments", b"x", content_type="multipart/form-data",
        headers={"Idempotency-Key": "k"},
    )  # fmt: skip

    assert answer.status_code == 400
    assert answer.json()["title"] == "malformed_request"


def test_a_recording_of_a_confidential_citizen_is_not_given_to_the_unit(
    urban: Caller, world: World
) -> None:
    appeal = make.dispatched(world, confidentiality="1")
    one = Attachment.objects.create(
        appeal=appeal, upload_key="x", purpose="recording", name="录音.mp3", stored_name="r.mp3",
        file="r.mp3", content_type="audio/mpeg", size=1, sm3="", uploaded_at=MONDAY,
        uploaded_by="系统",
    )  # fmt: skip

    assert urban.get(f"/attachments/{one.pk}").status == 403


# --- the document ---------------------------------------------------------------------------------


def test_the_committed_document_is_the_one_that_is_served(client: Client) -> None:
    out = io.StringIO()
    call_command("openapi", stdout=out)

    served = client.get("/api/v1/openapi.json")

    assert served.content.decode() == out.getvalue()
    assert COMMITTED.read_text() == out.getvalue(), "run: jiesu openapi > docs/api/openapi.json"


def test_the_document_is_whole() -> None:
    said = document()
    text = json.dumps(said)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in said["components"]["schemas"]
    ids = [o["operationId"] for methods in said["paths"].values() for o in methods.values()]
    assert len(ids) == len(set(ids))
    for methods in said["paths"].values():
        for method, operation in methods.items():
            assert operation["security"] == [{"ClientKey": []}]
            assert any("一" <= c <= "鿿" for c in operation["summary"])
            if method == "post":
                assert any(p["name"] == "Idempotency-Key" for p in operation["parameters"])


def test_the_page_of_the_document_asks_nothing_from_elsewhere(client: Client) -> None:
    answer = client.get("/api/v1/docs")
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "/api/v1/appeals/{number}/accept" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page
    assert "style=" not in page
    assert "<style" not in page
    assert all(f'id="{code}"' in page for code in KINDS)
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
