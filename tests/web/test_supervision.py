"""The supervision desk, a unit's answers, a leader's page: opened, worked, and cheap."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World
from tests.web.signed_in import client_of

from jiesu.foundation import clock
from jiesu.supervision import instruments, ledgers, notes, rules
from jiesu.supervision.instruments import Answer, Draft
from jiesu.supervision.ledgers import Line
from jiesu.supervision.models import Closing, Instrument, LedgerEntry, Note, TriggerRule
from jiesu.supervision.notes import Words

AT = MONDAY + dt.timedelta(hours=3)
TYPED = {"kind": "order", "matter": "东街口占道", "demands": "一周内整治到位", "limit_days": "5",
         "basis": "", "person": "", "colour": "", "old_level": "", "new_level": "",
         "meets_at": "", "place": "", "idempotency_key": "k1"}  # fmt: skip

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + b"\x00" * 40


@pytest.fixture(autouse=True)
def _on_monday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)


def full(world: World) -> None:
    """Something of everything."""
    supervisor, leader = world.actor("supervisor"), world.actor("leader")
    for index in range(5):
        appeal = make.dispatched(world, MONDAY - dt.timedelta(days=20 + index))
        said = Draft("order", world.units["urban"], f"事项 {index}", "整治")
        mine = instruments.issue_new(said, actor=supervisor, at=AT, appeal=appeal)
        if index % 2:
            instruments.answer(mine, Answer("已办"), actor=world.actor("clerk"), at=AT)
        instruments.draft(said, actor=supervisor, at=AT)
        instruments.issue_new(
            Draft("listed", world.units["urban"], f"挂牌 {index}", "整治", colour="red"),
            actor=supervisor, at=AT,
        )  # fmt: skip
        entry = ledgers.enter(
            Line("key", f"事项 {index}", world.units["urban"], "周敏", dt.date(2026, 12, 1)),
            actor=supervisor, at=AT, appeal=appeal,
        )  # fmt: skip
        ledgers.apply_for_closing(entry, "已办结", actor=world.actor("clerk"), at=AT)
        notes.write(
            Words(text=f"请办理 {index}", units=[world.units["urban"]]), actor=leader, at=AT,
            appeal=appeal,
        )  # fmt: skip
    rules.set_rule(
        rules.Wish("超期", "overdue", "clue", "…", clock="handle", amount=1), actor=supervisor,
        at=MONDAY - dt.timedelta(days=40),
    )  # fmt: skip


PAGES = [
    ("supervisor", "/supervision/"),
    ("supervisor", "/supervision/?tab=hits"),
    ("supervisor", "/supervision/?tab=closings"),
    ("supervisor", "/supervision/orders/"),
    ("supervisor", "/supervision/ledgers/"),
    ("supervisor", "/supervision/notes/"),
    ("supervisor", "/supervision/rules/"),
    ("supervisor", "/supervision/new/"),
    ("leader", "/supervision/leader/"),
    ("leader", "/supervision/"),
    ("clerk", "/supervision/mine/"),
    ("clerk", "/supervision/mine/?tab=notes"),
    ("clerk", "/supervision/mine/?tab=ledgers"),
    ("callback", "/supervision/ledgers/"),
]


@pytest.mark.parametrize(("username", "url"), PAGES)
def test_a_page_opens_empty_and_full_and_costs_at_most_sixteen_statements(
    world: World, username: str, url: str, django_assert_max_num_queries: Any
) -> None:
    client = client_of(world, username)
    assert client.get(url).status_code == 200
    full(world)
    client.get(url)

    with django_assert_max_num_queries(16):
        response = client.get(url)

    assert response.status_code == 200


def test_a_supervisor_issues_from_the_order_once_and_the_unit_answers(world: World) -> None:
    appeal = make.dispatched(world, MONDAY)
    office, unit = client_of(world, "supervisor"), client_of(world, "clerk")
    page = office.get(f"/orders/{appeal.number}/").content.decode()
    url = f"/supervision/new/?number={appeal.number}"
    typed = {**TYPED, "unit": world.units["urban"].pk}

    office.post(url, typed)
    again = office.post(url, typed)
    mine = Instrument.objects.get()
    answered = unit.post(
        f"/supervision/i/{mine.pk}/do/answer/",
        {"version": mine.version, "answer": "已清理", "measures": "", "person": "周敏",
         "files": SimpleUploadedFile("清理后.png", PNG, "image/png")},
    )  # fmt: skip
    mine.refresh_from_db()
    office.post(f"/supervision/i/{mine.pk}/do/accept/", {"version": mine.version, "result": "同意"})

    mine.refresh_from_db()
    assert f"/supervision/new/?number={appeal.number}" in page
    assert again.status_code == answered.status_code == 302
    assert (mine.state, mine.result) == ("done", "同意")
    shown = unit.get(f"/supervision/i/{mine.pk}/").content.decode()
    assert "已清理" in shown
    assert "清理后.png" in shown
    assert "市效能办督〔2026〕1号" in shown
    timeline = unit.get(f"/orders/{appeal.number}/").content.decode()
    assert "签发督办单" in timeline
    assert mine.number in unit.get(f"/supervision/of/{appeal.number}/").content.decode()


def test_wrong_input_stands_at_its_field_and_what_was_typed_stays(world: World) -> None:
    client = client_of(world, "supervisor")

    answer = client.post(
        "/supervision/new/", {**TYPED, "unit": world.units["siming_urban"].pk, "matter": "留着"}
    )

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "不在本效能办的管辖范围内" in shown
    assert "留着" in shown


def test_many_are_urged_and_supervised_and_refusals_are_told(world: World) -> None:
    late = [make.dispatched(world, MONDAY - dt.timedelta(days=30 + n)) for n in range(2)]
    client = client_of(world, "supervisor")
    numbers = [a.number for a in late]
    instruments.issue_new(
        Draft("order", world.units["urban"], "已有", "…"), actor=world.actor("supervisor"), at=AT,
        appeal=late[0],
    )  # fmt: skip

    urged = client.post("/supervision/orders/urge/", {"picked": numbers}, follow=True)
    done = client.post(
        "/supervision/orders/supervise/",
        {"picked": numbers, "demands": "限期办结", "limit_days": "3"}, follow=True,
    )  # fmt: skip

    assert "已催办 2 件" in urged.content.decode()
    assert "已督办 1 件" in done.content.decode()
    assert "不重复督办" in done.content.decode()


def test_a_letter_comes_as_word_and_as_pdf(world: World) -> None:
    full(world)
    client = client_of(world, "supervisor")
    mine = Instrument.objects.exclude(number="").first()
    assert mine is not None

    word = client.get(f"/supervision/i/{mine.pk}/letter/docx/")
    pdf = client.get(f"/supervision/i/{mine.pk}/letter/pdf/")

    assert word.content.startswith(b"PK")
    assert pdf.content.startswith(b"%PDF")
    assert client.get(f"/supervision/i/{mine.pk}/letter/exe/").status_code == 404


def test_a_closing_goes_through_three_hands_in_the_browser(world: World) -> None:
    entry = ledgers.enter(
        Line("listed", "路灯", world.units["urban"], "周敏", dt.date(2026, 12, 1)),
        actor=world.actor("supervisor"), at=AT,
    )  # fmt: skip
    unit, callback, office = (client_of(world, n) for n in ("clerk", "callback", "supervisor"))
    url = f"/supervision/ledgers/{entry.pk}/do"

    unit.post(f"{url}/apply/", {"version": "1", "evidence": "已修好"})
    callback.post(f"{url}/check/", {"version": "2", "solved": "yes", "note": "诉求人确认"})
    refused = office.post(f"{url}/decide/", {"version": "2", "verdict": "refuse", "decision": ""})
    office.post(f"{url}/decide/", {"version": "2", "verdict": "accept", "decision": "同意"})

    assert refused.status_code == 422
    assert Closing.objects.get().state == "approved"
    assert LedgerEntry.objects.get().status == "closed"
    sheet = office.get("/supervision/ledgers/sheet/?ledger=listed")
    assert sheet.content.startswith(b"PK")


def test_a_leader_signs_and_notes_on_the_phone_page(world: World) -> None:
    full(world)
    leader = client_of(world, "leader")
    listed = Instrument.objects.filter(state="pending").first()
    assert listed is not None
    home = leader.get("/supervision/leader/").content.decode()

    signed = leader.post(
        f"/supervision/i/{listed.pk}/do/approve/", {"version": listed.version, "comment": "从严"}
    )
    noted = leader.post(
        "/supervision/notes/new/",
        {"report": "十月月报", "text": "请分析原因", "unit": "", "limit_days": "", "demand": "",
         "idempotency_key": "n1"},
    )  # fmt: skip

    listed.refresh_from_db()
    assert listed.matter in home
    assert (signed.status_code, noted.status_code) == (302, 302)
    assert listed.state == "issued"
    assert Note.objects.filter(report="十月月报", leader="李市长").exists()


def test_a_rule_is_set_tried_dry_and_ended(world: World) -> None:
    make.signed(world, MONDAY - dt.timedelta(days=25))
    client = client_of(world, "supervisor")
    typed = {"name": "超期督办", "condition": "overdue", "clock": "handle", "amount": "1",
             "days": "", "event": "", "answered_by": "", "region": "", "action": "order",
             "limit_days": "5", "text": "限期办结", "effective": "", "is_on": "on"}  # fmt: skip

    made = client.post("/supervision/rules/new/", typed)
    rule = TriggerRule.objects.get()
    dry = client.get(made.headers["Location"]).content.decode()
    ended = client.post(f"/supervision/rules/{rule.key}/end/")

    assert "会命中 <b" in dry
    assert ">1</b> 件工单" in dry
    assert not Instrument.objects.exists()
    rule.refresh_from_db()
    assert ended.status_code == 302
    assert rule.valid_to == dt.date(2026, 11, 17)


def test_another_unit_finds_nothing_and_a_clerk_issues_nothing(world: World) -> None:
    full(world)
    mine = Instrument.objects.exclude(number="").first()
    assert mine is not None

    assert client_of(world, "siming_clerk").get(f"/supervision/i/{mine.pk}/").status_code == 404
    assert client_of(world, "clerk").get("/supervision/new/").status_code == 403
    assert client_of(world, "agent").get("/supervision/").status_code == 403
