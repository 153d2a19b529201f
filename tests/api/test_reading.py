"""Lists, one appeal, who is shown, and who is not."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.api.conftest import Caller, Clock, Issue, order
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import Permission as P
from jiesu.accounts.api_clients import UNIT_SYSTEM
from jiesu.appeals.models import Appeal, Event
from jiesu.catalogue.models import LocalForm
from jiesu.journal.models import AuditRecord

pytestmark = pytest.mark.django_db


def numbers(caller: Caller, **query: Any) -> list[str]:
    answer = caller.get("/appeals", **query)
    assert answer.status == 200, answer
    return [row["number"] for row in answer.data["items"]]


# --- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("order_", ["newest", "oldest", "due"])
@pytest.mark.parametrize(
    "wish", [{}, {"region": "350102"}, {"received_from": "2026-11-01T00:00:00Z"}], ids=str
)
def test_pages_follow_one_another_without_gap_or_repeat(
    centre: Caller, world: World, order_: str, wish: dict[str, str]
) -> None:
    made = [make.registered(world, MONDAY + make.minutes(n % 3)).number for n in range(7)]

    seen: list[str] = []
    after = ""
    pages = 0
    while True:
        page = centre.get("/appeals", size=2, after=after, order=order_, **wish).data
        seen += [row["number"] for row in page["items"]]
        pages += 1
        if page["next"] is None:
            break
        after = page["next"]

    assert pages == 4
    assert sorted(seen) == sorted(made)
    if order_ != "due":  # by number; where the index of what is wished runs by day, by time first
        told = sorted(range(7), key=lambda n: (n % 3, n)) if wish else range(7)
        oldest = [made[n] for n in told]
        assert seen == (oldest if order_ == "oldest" else oldest[::-1])


def test_a_new_appeal_does_not_shift_the_page_that_is_read(centre: Caller, world: World) -> None:
    made = [make.registered(world).number for _ in range(4)]
    first = centre.get("/appeals", size=2).data

    make.registered(world)

    second = centre.get("/appeals", size=2, after=first["next"]).data
    assert [r["number"] for r in second["items"]] == made[1::-1]


def test_filters_narrow(centre: Caller, world: World, now: Clock) -> None:
    plain = make.registered(world)
    urgent = make.dispatched(world, urgency="1", region_code="350102", category_code="0106")
    told = make.registered(world, outside_number="W-7", appeal_type="01", region_code="350103")

    everything = {plain.number, urgent.number, told.number}
    assert set(numbers(centre)) == everything
    assert numbers(centre, status="dispatched") == [urgent.number]
    assert set(numbers(centre, status=["dispatched", "registered"])) == everything
    assert numbers(centre, urgency="1") == [urgent.number]
    assert numbers(centre, region="350103") == [told.number]
    assert numbers(centre, region="350102001") == [plain.number]
    assert set(numbers(centre, region="350102")) == {plain.number, urgent.number}
    assert set(numbers(centre, region="350100")) == everything
    assert numbers(centre, category="0106") == [urgent.number]
    assert set(numbers(centre, category="01")) == everything
    assert numbers(centre, unit="gulou") == [urgent.number]
    assert numbers(centre, outside_number="W-7") == [told.number]
    assert numbers(centre, appeal_type="01") == [told.number]
    assert numbers(centre, channel="web") == []
    assert numbers(centre, received_from="2026-11-16T09:00:01+08:00") == []
    assert set(numbers(centre, received_to="2026-11-16T01:00:01Z")) == everything
    assert set(numbers(centre, due_from="2026-11-16T09:00:00+08:00")) == everything
    assert numbers(centre, due_to="2026-11-16T09:00:00+08:00") == []
    assert numbers(centre, overdue="true") == []
    now.forward(days=60)
    assert set(numbers(centre, overdue="true")) == everything
    assert numbers(centre, overdue="false") == []


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"status": "lost"}, "status", "unknown_code"),
        ({"category": "8765"}, "category", "unknown_category"),
        ({"region": "1"}, "region", "unknown_region"),
        ({"unit": "nobody"}, "unit", "unknown_unit"),
        ({"size": 101}, "size", "out_of_range"),
        ({"size": 0}, "size", "out_of_range"),
        ({"size": "many"}, "size", "wrong_type"),
        ({"after": "zzz"}, "after", "invalid_cursor"),
        ({"after": "WyJkdWUiLDEsMl0"}, "after", "invalid_cursor"),
        ({"after": "WyJuZXdlc3QiLCJ4Il0"}, "after", "invalid_cursor"),
        ({"received_from": "2026-11-16"}, "received_from", "no_time_zone"),
        ({"received_from": "1"}, "received_from", "wrong_type"),
        ({"overdue": "maybe"}, "overdue", "wrong_type"),
        ({"order": "random"}, "order", "unknown_code"),
        ({"statu": "closed"}, "statu", "unknown_field"),
        ({"phone": "13812342046"}, "phone", "unknown_field"),
    ],
)
def test_a_wrong_filter_is_named_rather_than_ignored(
    centre: Caller, query: dict[str, Any], field: str, code: str
) -> None:
    answer = centre.get("/appeals", **query)

    assert answer.status == 422, answer
    assert answer.fields[field] == code


def test_a_list_page_and_an_appeal_stay_within_their_statements(
    centre: Caller, urban: Caller, world: World
) -> None:
    for _ in range(5):
        make.reported(world)
    number = Appeal.objects.latest("pk").number
    everything = {
        "status": "reported", "category": "0105", "region": "350102", "unit": "urban", "size": 3,
        "order": "due",
    }  # fmt: skip
    most = {"/appeals": 12, "/assignments": 12, "/applications": 12, "/consultations": 12}
    paths = ["", "/events", "/clocks", "/assignments", "/replies", "/options", "/duty"]
    most |= {f"/appeals/{number}{p}": 15 for p in paths}

    for caller in (centre, urban):
        for path, limit in most.items():
            query = everything if path == "/appeals" else {}
            caller.get(path, **query)
            with CaptureQueriesContext(connection) as spent:
                assert caller.get(path, **query).status == 200
            assert len(spent) <= limit, path
            assert len(spent) <= 8, (path, len(spent))


def test_lists_carry_nothing_personal_and_decrypt_nothing(centre: Caller, world: World) -> None:
    make.registered(world)

    with CaptureQueriesContext(connection) as spent:
        answer = centre.get("/appeals")

    assert "2046" not in answer.content.decode()
    assert "陈" not in answer.content.decode()
    for column in ("phone", "name", "content", "public_reply"):
        assert not any(f'"appeals_appeal"."{column}"' in q["sql"] for q in spent)


def test_assignments_are_listed_by_state_and_limit(
    centre: Caller, urban: Caller, issue: Issue, world: World, now: Clock
) -> None:
    make.dispatched(world, joint=("environment",))
    make.signed(world)

    assert len(urban.get("/assignments").data["items"]) == 2
    assert len(urban.get("/assignments", state="handling").data["items"]) == 1
    assert len(centre.get("/assignments", nature="joint").data["items"]) == 1
    assert len(centre.get("/assignments", unit="environment").data["items"]) == 1
    assert issue("siming_urban", UNIT_SYSTEM).get("/assignments").data["items"] == []
    assert urban.get("/assignments", overdue="true").data["items"] == []
    assert urban.get("/assignments", state="lost").fields == {"state": "unknown_code"}
    now.forward(days=60)
    assert len(urban.get("/assignments", overdue="true", order="due").data["items"]) == 2


# --- who is shown ---------------------------------------------------------------------------------


def test_a_person_is_found_by_phone_without_the_phone_in_the_address(
    centre: Caller, issue: Issue, world: World
) -> None:
    mine = make.registered(world)
    make.registered(world, phone="13900001111")
    make.registered(world, confidentiality="2")

    found = centre.post("/appeals/search", {"phone": "+86 138-1234-2046"}, key=None)
    blind = issue("fuzhou_centre", {P.APPEAL_VIEW, P.APPEAL_VIEW_AREA}).post(
        "/appeals/search", {"phone": "13812342046"}
    )

    assert [r["number"] for r in found.data["items"]] == [mine.number]
    assert blind.status == 403


def test_a_unit_sees_masked_data_and_nothing_of_a_confidential_petitioner(
    urban: Caller, world: World
) -> None:
    plain = make.dispatched(world, enterprise="福州某某有限公司")
    secret = make.dispatched(world, confidentiality="1", enterprise="福州某某有限公司")

    shown = urban.get(f"/appeals/{plain.number}").data["petitioner"]
    hidden = urban.get(f"/appeals/{secret.number}").data["petitioner"]
    events = urban.get(f"/appeals/{secret.number}/events").data["items"]

    assert (shown["phone"], shown["is_hidden"], shown["can_reveal"]) == ("138****2046", False, True)
    assert (hidden["phone"], hidden["name"], hidden["enterprise"]) == ("", "", "")
    assert (hidden["is_hidden"], hidden["can_reveal"]) == (True, False)
    assert "phone" not in events[0]["data"]
    assert "petitioner" not in events[0]["data"]


def test_a_reveal_needs_a_reason_and_enters_the_audit(
    urban: Caller, issue: Issue, world: World
) -> None:
    plain = make.dispatched(world)
    secret = make.dispatched(world, confidentiality="1")

    shown = urban.post(f"/appeals/{plain.number}/reveal", {"reason": "上门前电话联系"}, key=None)
    no_reason = urban.post(f"/appeals/{plain.number}/reveal", {"reason": "看"})
    refused = urban.post(f"/appeals/{secret.number}/reveal", {"reason": "上门前电话联系"})

    assert (shown.data["name"], shown.data["phone"]) == ("陈小满", "13812342046")
    assert no_reason.fields == {"reason": "required"}
    assert refused.status == 403
    record = AuditRecord.objects.get(kind="reveal")
    assert record.subject == plain.number
    assert record.data == {"reason": "上门前电话联系"}
    assert record.ip == "127.0.0.1"
    assert record.actor_kind == "client"
    assert not Event.objects.filter(kind="reveal").exists()


def test_local_answers_are_asked_for_kept_and_shown_but_for_the_personal_ones(
    centre: Caller, world: World
) -> None:
    LocalForm.objects.create(
        title="鼓楼附加项", region=world.regions["350102"],
        questions=[
            {"key": "lamp", "label": "灯杆编号", "type": "text"},
            {"key": "witness", "label": "证人电话", "type": "phone", "personal": True},
        ],
    )  # fmt: skip

    form = centre.get("/catalogue/local-form", region="350102001", category="0105").data
    made = centre.post("/appeals", order(answers={"lamp": "GL-17", "witness": "13900001111"}))
    wrong = centre.post("/appeals", order(answers={"witness": "1"}))

    assert form[0]["title"] == "鼓楼附加项"
    assert made.data["answers"] == {"lamp": "GL-17"}
    stored = Appeal.objects.filter(number=made.data["number"])
    assert stored.values_list("local_answers", flat=True).get() == {"lamp": "GL-17"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT personal_answers FROM appeals_appeal WHERE id = %s", [stored[0].pk])
        assert "13900001111" not in cursor.fetchone()[0]  # encrypted where it lies
    shown = centre.post(f"/appeals/{made.data['number']}/reveal", {"reason": "请证人说明情况"})
    assert shown.data["answers"] == {"证人电话": "13900001111"}
    assert wrong.fields == {"answers.witness": "bad_phone"}


def test_a_draft_reply_stays_in_its_unit(centre: Caller, urban: Caller, world: World) -> None:
    assignment = make.signed(world)
    version = assignment.version
    urban.post(
        f"/assignments/{assignment.pk}/draft", {"version": version, "handling_report": "正在核查"}
    )
    number = assignment.appeal.number

    assert len(urban.get(f"/appeals/{number}/replies").data) == 1
    assert centre.get(f"/appeals/{number}/replies").data == []


# --- the catalogue, regions, units ----------------------------------------------------------------


def test_the_catalogue_is_read(centre: Caller, world: World) -> None:
    assert centre.get("/catalogue/schemes").data[0]["is_current"] is True
    page = centre.get("/catalogue/categories", size=5).data
    assert len(page["items"]) == 5
    more = centre.get("/catalogue/categories", size=5, after=page["next"]).data
    assert more["items"][0]["code"] > page["items"][-1]["code"]
    below = centre.get("/catalogue/categories", parent="01").data["items"]
    assert all(c["parent"] == "01" for c in below)
    assert centre.get("/catalogue/categories", q="0105").data["items"][0]["code"] == "0105"
    tables = centre.get("/catalogue/code-tables").data
    assert {"channel", "urgency"} <= {t["key"] for t in tables}
    assert centre.get("/catalogue/code-tables/urgency").data["items"][0]["label"]
    assert centre.get("/catalogue/code-tables/nothing").status == 404
    hit = centre.get("/catalogue/duty", category="0105", region="350102001").data
    assert hit["unit"]["code"] == "urban"
    assert "权属目录" in hit["reason"]
    assert centre.get("/catalogue/duty", category="8765", region="350102").fields["category"]
    assert centre.get("/catalogue/duty", category="0105", region="1").fields["region"]
    nobody = centre.get("/catalogue/duty", category="0105", region="350200").data
    assert nobody["unit"] is None


def test_regions_and_units_are_read(centre: Caller, world: World) -> None:
    assert len(centre.get("/regions").data["items"]) == 7
    assert [r["code"] for r in centre.get("/regions", parent="350100").data["items"]] == [
        "350102", "350103",
    ]  # fmt: skip
    found = centre.get("/regions", q="东街").data["items"][0]
    assert found["full_name"] == "福州市鼓楼区东街街道"
    assert found["parent"] == "350102"
    assert centre.get("/regions/350102").data["name"] == "鼓楼区"
    assert centre.get("/regions/999999").status == 404
    assert centre.get("/regions", parent="1").fields == {"parent": "unknown_region"}
    assert len(centre.get("/units", size=100).data["items"]) == len(world.units)
    assert {u["code"] for u in centre.get("/units", region="350200").data["items"]} == {
        "xiamen", "xiamen_centre", "siming_urban",
    }  # fmt: skip
    assert [u["code"] for u in centre.get("/units", parent="urban").data["items"]] == [
        "urban_section"
    ]
    assert centre.get("/units", q="水务").data["items"][0]["code"] == "water"
    assert centre.get("/units/urban").data["kind"]["code"] == "department"
    assert centre.get("/units/nobody").status == 404


def test_a_key_is_told_who_it_is(urban: Caller) -> None:
    me = urban.get("/me").data

    assert me["unit"] == {"code": "urban", "name": "鼓楼区城管局"}
    assert "handling.sign" in me["permissions"]
    assert me["per_minute"] == 6000
