"""Quality inspection and efficiency cases through the interface: the same refusals, once only."""

import datetime as dt

import pytest
from tests.api.conftest import Issue
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import Permission as P
from jiesu.foundation import clock
from jiesu.inspection.models import Case, Clue, Inspection

pytestmark = pytest.mark.django_db

READ = {P.APPEAL_VIEW, P.APPEAL_VIEW_AREA}
TUESDAY = MONDAY + dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def tuesday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: TUESDAY)


def test_another_system_marks_a_registration_and_the_unit_contests_its_reply(
    world: World, issue: Issue
) -> None:
    appeal = make.answered(world)
    inspector = issue("fuzhou_centre", {P.QUALITY_INSPECT, *READ})
    unit = issue("urban", {P.QUALITY_CONTEST, P.APPEAL_VIEW})
    sheet = next(
        s for s in inspector.get("/quality/sheets").data if s["subject"]["code"] == "reply"
    )
    item = sheet["items"][0]

    made = inspector.post("/quality/inspections", {"appeal": appeal.number, "subject": "reply"})
    row = made.data
    assert unit.get(f"/quality/inspections/{row['id']}").status == 404  # not marked yet
    too_many = inspector.post(
        f"/quality/inspections/{row['id']}/mark",
        {"version": row["version"], "lost": {item["code"]: item["points"] + 1}},
    )
    marked = inspector.post(
        f"/quality/inspections/{row['id']}/mark",
        {"version": row["version"], "lost": {item["code"]: 2}, "notes": {item["code"]: "迟"}},
    )
    assert marked.status == 200, marked
    contested = unit.post(
        f"/quality/inspections/{row['id']}/contest",
        {"version": marked.data["version"], "reason": "已在当天电话回复诉求人，有录音为证。"},
    )

    assert (made.status, row["state"]["code"]) == (201, "waiting")
    assert (too_many.status, too_many.code) == (422, "invalid")
    assert (marked.data["score"], marked.data["marks"][item["code"]]["lost"]) == ("98.0", "2")
    assert contested.data["state"]["code"] == "contested"
    assert Inspection.objects.get().contest.startswith("已在当天")


def test_a_case_is_opened_once_however_often_the_call_is_repeated(
    world: World, issue: Issue
) -> None:
    office = issue("fuzhou_office", {P.EFFICIENCY_CASES, *READ})
    appeal = make.dispatched(world)
    body = {"kind": "slow", "unit": "urban", "orders": [appeal.number], "note": "多次超期未办"}
    clue = office.post("/efficiency/clues", body, key="c1").data
    opening = {"kind": "inspection", "unit": "urban", "title": "多次超期", "matter": "三次超期。",
               "clues": [clue["id"]]}  # fmt: skip

    first = office.post("/efficiency/cases", opening, key="k1")
    again = office.post("/efficiency/cases", opening, key="k1")
    another = office.post("/efficiency/cases", {**opening, "clues": []}, key="k2")

    assert (first.status, again.data["id"]) == (201, first.data["id"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (another.status, another.code) == (409, "not_allowed_now")
    assert first.data["number"] in another.data["detail"]
    assert Case.objects.count() == 1
    assert Clue.objects.get().case == Case.objects.get()


def test_a_case_goes_to_its_proposal_and_a_machine_does_not_decide_it(
    world: World, issue: Issue
) -> None:
    office = issue("fuzhou_office", {P.EFFICIENCY_CASES, *READ})
    case = office.post(
        "/efficiency/cases",
        {"kind": "complaint", "unit": "urban", "title": "推诿", "matter": "推诿扯皮。"}, key="k",
    ).data  # fmt: skip
    at = f"/efficiency/cases/{case['id']}"

    examined = office.post(f"{at}/examine", {"version": case["version"]})
    stale = office.post(f"{at}/examine", {"version": case["version"]})
    wrong = office.post(
        f"{at}/propose",
        {"version": examined.data["version"], "findings": "经查情况属实，确有推诿。",
         "is_true": True, "outcome": "none"},
    )  # fmt: skip
    proposed = office.post(
        f"{at}/propose",
        {"version": examined.data["version"], "findings": "经查情况属实，确有推诿。",
         "basis": "条例第三十条", "is_true": True, "outcome": "talk"},
    )  # fmt: skip

    assert (stale.status, stale.code) == (409, "changed_meanwhile")
    assert (wrong.status, wrong.data["errors"][0]["field"]) == (422, "outcome")
    assert proposed.data["stage"]["code"] == "proposed"
    assert office.post(f"{at}/decide", {"version": 3}).status == 404
    listed = office.get("/efficiency/cases", stage="proposed").data["items"]
    assert [one["number"] for one in listed] == [case["number"]]
