"""The language model: off by default, asked with covered text, time-boxed, audited."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World
from tests.web.signed_in import client_of

from jiesu.appeals.models import Appeal
from jiesu.connectors.llm import drafting
from jiesu.connectors.llm.drafting import Wanted
from jiesu.foundation.errors import NotAllowedNow, UseCaseError
from jiesu.journal.models import AuditRecord

SAID = "我是陈小满，手机13812342046，幸福小区3栋楼下烧烤店油烟扰民，希望处理。"
FOUR = "标题：幸福小区烧烤店油烟扰民\n1. 油烟扰民\n2. 在3栋楼下\n3. 希望处理"


class Model(BaseHTTPRequestHandler):
    """An endpoint that does as the test says."""

    asked: list[dict[str, Any]] = []
    answers = FOUR
    status = 200
    wait = 0.0
    drips = 0

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(size))
        Model.asked.append({"path": self.path, "key": self.headers["Authorization"], **body})
        time.sleep(Model.wait)
        said = json.dumps({"choices": [{"message": {"content": Model.answers}}]}).encode()
        try:
            self.send_response(Model.status)
            self.end_headers()
            for byte in range(Model.drips):
                self.wfile.write(said[byte : byte + 1])
                time.sleep(0.2)
            self.wfile.write(said[Model.drips :])
        except OSError:
            pass  # the one who asked did not wait

    def log_message(self, *said: object) -> None:
        """Quiet."""


@pytest.fixture
def model(settings: Settings) -> Iterator[type[Model]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    Model.asked, Model.answers, Model.status, Model.wait = [], FOUR, 200, 0.0
    Model.drips = 0
    settings.JIESU_LLM_URL = f"http://127.0.0.1:{server.server_port}/v1"
    settings.JIESU_LLM_MODEL = "glm"
    settings.JIESU_LLM_KEY = "secret"
    settings.JIESU_LLM_SECONDS = 1
    yield Model
    server.shutdown()
    thread.join()
    server.server_close()


def draft(world: World, **other: Any) -> drafting.Draft:
    return drafting.draft(
        other.pop("wanted", Wanted.SUMMARY), other.pop("text", SAID), actor=world.actor("agent"),
        at=MONDAY, **other,
    )  # fmt: skip


def test_without_an_address_it_is_off_and_nothing_is_offered(world: World) -> None:
    page = client_of(world, "agent").post("/seat/summary/", {"content": SAID * 10, "title": ""})

    assert not drafting.is_on()
    assert "大模型" not in page.content.decode()
    with pytest.raises(NotAllowedNow):
        draft(world)


def test_what_leaves_is_covered_and_what_comes_back_is_parted(
    world: World, model: type[Model]
) -> None:
    found = draft(world, personal=["陈小满", "13812342046"])

    sent = model.asked[0]
    text = sent["messages"][1]["content"]
    assert sent["path"] == "/v1/chat/completions"
    assert sent["key"] == "Bearer secret"
    assert "陈小满" not in text
    assert "13812342046" not in text
    assert "油烟扰民" in text
    assert found.title == "幸福小区烧烤店油烟扰民"
    assert found.lines == ("油烟扰民", "在3栋楼下", "希望处理")


def test_what_was_sent_and_said_stands_in_the_audit_without_the_key(
    world: World, model: type[Model]
) -> None:
    draft(world, personal=["陈小满"], subject="seat")

    row = AuditRecord.objects.get(kind="llm_draft")
    assert row.data["answer"] == FOUR
    assert "陈小满" not in str(row.data)
    assert "secret" not in str(row.data)
    assert row.actor_name == "林小满"


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"wait": 1.6}, "too slow"),
        ({"drips": 20}, "too slow"),
        ({"status": 500}, "HTTP 500"),
        ({"answers": ""}, "an empty answer"),
        ({"answers": ["no", "text"]}, "an empty answer"),
        ({"answers": "长" * 400_000}, "too long"),
    ],
)
def test_trouble_is_a_refusal_in_time_and_stands_in_the_audit(
    world: World, model: type[Model], how: dict[str, Any], why: str
) -> None:
    for name, value in how.items():
        setattr(model, name, value)
    before = time.monotonic()

    with pytest.raises(UseCaseError) as refused:
        draft(world)

    assert refused.value.code == "llm_unavailable"
    assert AuditRecord.objects.get(kind="llm_failed").data["failed"] == why
    assert time.monotonic() - before < 5


def test_an_endpoint_that_is_not_there_is_a_refusal(world: World, settings: Settings) -> None:
    settings.JIESU_LLM_URL = "http://127.0.0.1:1/v1"

    with pytest.raises(UseCaseError):
        draft(world)
    assert AuditRecord.objects.get(kind="llm_failed").data["failed"] == "ConnectionRefusedError"


def test_secret_orders_and_empty_texts_are_never_sent(world: World, model: type[Model]) -> None:
    for other in ({"confidentiality": "2"}, {"text": "  "}):
        with pytest.raises(NotAllowedNow):
            draft(world, **other)

    assert model.asked == []


def test_the_unit_is_offered_a_draft_that_changes_nothing_by_itself(
    world: World, model: type[Model]
) -> None:
    model.answers = "您好，经核实，已责令整改。<script>"
    assignment = make.signed(world)
    number = assignment.appeal.number
    clerk = client_of(world, "clerk")
    version = Appeal.objects.get(number=number).version

    page = clerk.get(f"/unit/{number}/report/{assignment.pk}/").content.decode()
    drafted = clerk.post(
        f"/unit/{number}/report/{assignment.pk}/model/", {"handling_report": "已现场整改"}
    ).content.decode()

    assert "起草答复" in page
    assert 'data-puts="public_reply"' in drafted
    assert "<script>" not in drafted
    assert "已现场整改" in model.asked[0]["messages"][1]["content"]
    assert assignment.appeal.name not in model.asked[0]["messages"][1]["content"]
    assert Appeal.objects.get(number=number).version == version


def test_the_seat_is_offered_a_title_and_lines(world: World, model: type[Model]) -> None:
    agent = client_of(world, "agent")

    offered = agent.post("/seat/summary/", {"content": SAID * 10, "title": ""}).content.decode()
    drafted = agent.post("/seat/model-summary/", {"content": SAID}).content.decode()

    assert "请大模型起草" in offered
    assert 'data-fill="幸福小区烧烤店油烟扰民"' in drafted
