"""An appeal's whole life through the API, and what happens when two act at once."""

from itertools import pairwise
from typing import Any

import pytest
from tests.api.conftest import Answer, Caller, Clock, Issue, order
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import Permission as P
from jiesu.accounts.api_clients import CHANNEL
from jiesu.appeals.models import Appeal, Application, Assignment, Contact, Event
from jiesu.catalogue.codes import Table, items

pytestmark = pytest.mark.django_db
GOOD = {
    "handling_report": "执法人员于当日到场核查，发现三处占道摊点，已劝离并登记。",
    "public_reply": "您好，我局已于当日到东街口现场核查，劝离占道摊点三处，并安排早晚巡查。",
    "found_true": True, "solved": True, "legal_basis": "《城市市容和环境卫生管理条例》第十四条",
}  # fmt: skip


def first(table: Table) -> str:
    return items(table, MONDAY)[0].code


class Life:
    """Walks one appeal; always with the version it last saw."""

    def __init__(self, centre: Caller, unit: Caller, **changes: Any) -> None:
        self.centre, self.unit = centre, unit
        made = centre.post("/appeals", order(accept=True, **changes))
        self.number = made.data["number"]

    def move(self, name: str, **body: Any) -> Answer:
        version = self.centre.get(f"/appeals/{self.number}").data["version"]
        return self._good(
            self.centre.post(f"/appeals/{self.number}/{name}", {"version": version, **body})
        )

    def work(self, name: str, caller: Caller | None = None, **body: Any) -> Answer:
        mine = self.assignment(caller)
        body = {"version": mine["version"], **body}
        if name == "contact":
            del body["version"]
        path = f"/assignments/{mine['id']}/{name}"
        return self._good((caller or self.unit).post(path, body))

    def assignment(self, caller: Caller | None = None) -> dict[str, Any]:
        rows = (caller or self.unit).get("/assignments").data["items"]
        mine: dict[str, Any] = next(r for r in rows if r["appeal"] == self.number)
        return mine

    def status(self) -> str:
        return str(self.centre.get(f"/appeals/{self.number}").data["status"]["code"])

    @staticmethod
    def _good(answer: Answer) -> Answer:
        assert answer.status in (200, 201), answer
        return answer


def test_an_appeal_reaches_the_archive_through_the_api_alone(
    centre: Caller, urban: Caller, now: Clock
) -> None:
    life = Life(centre, urban)
    hit = centre.get(f"/appeals/{life.number}/duty").data
    assert hit["unit"]["code"] == "urban"
    life.move("dispatch", lead=hit["unit"]["code"], joint=["environment"], instruction="请快办")
    life.work("open")
    signed = life.work("sign", handler="clerk").data
    assert signed["handler_name"] == "周敏"
    life.work("take-over", handler="section_head")
    life.work("contact", way="phone", reached=True, note="已说明处理安排")
    life.work("draft", handling_report="正在核查")
    assert life.work("report", **GOOD).data["stage"]["code"] == "inner_review"
    life.work("inner-reject", reason="请补充依据")
    life.work("report", **GOOD)
    life.work("inner-approve", note="同意")
    life.move("send-back", reason="请写明巡查安排", reason_codes=[first(Table.SEND_BACK_REASON)])
    life.work("report", **GOOD)
    life.work("inner-approve")
    life.move("approve", note="可以")
    again = life.move(
        "call-back", reached=True, solved=False, satisfaction=2, decision="redo",
        dissatisfied_reason=first(Table.DISSATISFIED_REASON), note="又摆出来了",
    )  # fmt: skip
    assert again.data["decision"]["code"] == "redo"
    life.work("report", **GOOD)
    life.work("inner-approve")
    life.move("approve")
    now.forward(hours=2)
    life.move("call-back", reached=True, solved=True, satisfaction=5)
    assert life.status() == "closed"
    life.move("archive")
    assert life.status() == "archived"

    events = centre.get(f"/appeals/{life.number}/events", size=100).data["items"]
    assert [e["kind"]["code"] for e in events][:4] == ["register", "accept", "dispatch", "open"]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert all(a["hash"] == b["prev_hash"] for a, b in pairwise(events))
    clocks = centre.get(f"/appeals/{life.number}/clocks").data
    assert all(c["stopped_at"] for c in clocks)
    assert len(centre.get(f"/appeals/{life.number}/replies").data) == 3
    assert len(centre.get(f"/appeals/{life.number}/callbacks").data) == 2
    assert len(centre.get(f"/appeals/{life.number}/contacts").data) == 1
    assert len(centre.get(f"/appeals/{life.number}/assignments").data) == 2


def test_applications_are_made_and_judged(centre: Caller, urban: Caller) -> None:
    life = Life(centre, urban)
    life.move("dispatch", lead="urban")
    life.work("sign")
    made = life.work(
        "apply", kind="extension", reason_code=first(Table.EXTENSION_REASON), reason="需联合执法",
        plan="三日内完成", citizen_told="已电话告知", days=3,
    ).data  # fmt: skip
    waiting = centre.get("/applications").data["items"]
    assert [w["id"] for w in waiting] == [made["id"]]

    due = life.assignment()["due"]["at"]
    judged = centre.post(f"/applications/{made['id']}/judge", {"accept": True, "days": 2})
    twice = centre.post(
        f"/applications/{made['id']}/judge", {"accept": False, "decision": "不同意"}
    )

    assert judged.data["verdict"]["code"] == "approved"
    assert life.assignment()["due"]["at"] > due
    assert (twice.status, twice.code) == (409, "changed_meanwhile")
    assert centre.get(f"/appeals/{life.number}/applications").data[0]["days"] == 3

    suspended = life.work(
        "apply", kind="suspension", reason_code="lawsuit", reason="已起诉", citizen_told="已告知"
    ).data
    centre.post(f"/applications/{suspended['id']}/judge", {"accept": True})
    assert life.status() == "suspended"
    life.move("resume", reason="判决已出")
    ended = life.work(
        "apply", kind="ending", reason_code=first(Table.ENDING_REASON), reason="法院已受理"
    ).data
    refused = centre.post(f"/applications/{ended['id']}/judge", {"accept": False})
    assert refused.fields == {"decision": "required"}
    centre.post(f"/applications/{ended['id']}/judge", {"accept": True, "decision": "同意终止"})
    assert life.status() == "terminated"
    life.move("reopen", reason="诉求人撤诉后再次反映")
    assert life.status() == "accepted"


def test_a_return_is_judged_and_the_appeal_sent_elsewhere(centre: Caller, urban: Caller) -> None:
    life = Life(centre, urban)
    life.move("dispatch", lead="urban")
    returned = life.work(
        "apply", kind="return", reason_code=first(Table.RETURN_REASON), reason="不属我局职责",
        basis="三定方案", suggested_unit="environment",
    ).data  # fmt: skip
    assert returned["suggested_unit"]["code"] == "environment"
    centre.post(f"/applications/{returned['id']}/judge", {"accept": True, "decision": "同意"})
    assert life.status() == "accepted"
    life.move("dispatch", lead="environment", reason="原单位退单")
    life.move("add-joint", units=["water"])
    life.move("reassign", lead="urban", reason="经会商由城管局承办", designate=True)
    life.move("list-difficult", reason="历史遗留")
    life.move("unlist", reason="可以办了")
    assert life.status() == "dispatched"


def test_an_order_is_passed_down_and_called_back(
    centre: Caller, urban: Caller, issue: Issue
) -> None:
    life = Life(centre, urban)
    life.move("dispatch", lead="urban")
    passed = life.work("pass-down", unit="urban_section", instruction="今日核查").data
    assert passed["depth"] == 1
    assert passed["unit"]["code"] == "urban_section"
    parent = passed["parent"]
    above = urban.get(f"/assignments/{parent}").data
    assert above["state"]["code"] == "passed_down"
    recalled = urban.post(
        f"/assignments/{parent}/recall", {"version": above["version"], "reason": "自办"}
    )
    assert recalled.data["state"]["code"] == "handling"


def test_the_short_ways_out(centre: Caller, urban: Caller) -> None:
    reason, line = first(Table.REFUSAL_REASON), first(Table.HAND_OVER_LINE)
    for name, body, status in (
        ("answer-directly", {"answer": "您好，医保缴费截止到十二月底。"}, "closed"),
        ("refuse", {"reason_code": reason, "explanation": "请走诉讼"}, "refused"),
        ("hand-over", {"line_code": line, "note": "已转"}, "handed_over"),
        ("withdraw", {"reason": "来电人不再要求处理"}, "withdrawn"),
    ):  # fmt: skip
        life = Life(centre, urban)
        life.move(name, **body)
        assert life.status() == status


def test_appeals_are_corrected_merged_and_parted(centre: Caller, urban: Caller) -> None:
    one, other = Life(centre, urban), Life(centre, urban)
    one.move("reclassify", title="东街口乱摆摊", category_code="0106", region_code="350102")
    shown = centre.get(f"/appeals/{one.number}").data
    assert (shown["title"], shown["category"]["code"]) == ("东街口乱摆摊", "0106")
    assert shown["region"] == {"code": "350102", "name": "福州市鼓楼区"}
    other.move("merge", master=one.number, reason="同一件事")
    assert other.status() == "merged"
    assert centre.get(f"/appeals/{other.number}").data["master"] == one.number
    other.move("unmerge", reason="不是一件事")
    assert other.status() == "accepted"
    unknown = centre.post(
        f"/appeals/{other.number}/merge",
        {"version": centre.get(f"/appeals/{other.number}").data["version"], "master": "35"},
    )
    assert unknown.fields == {"master": "unknown"}


def test_units_confer(centre: Caller, urban: Caller, issue: Issue) -> None:
    life = Life(centre, urban)
    made = centre.post(
        f"/appeals/{life.number}/consult", {"question": "谁管？", "units": ["urban", "water"]}
    )
    assert made.status == 201
    pk = made.data["id"]

    told = urban.post(f"/consultations/{pk}/opinion", {"text": "我局可以办"})
    uninvited = issue("environment").post(f"/consultations/{pk}/opinion", {"text": "我也说"})
    not_theirs = urban.post(f"/consultations/{pk}/conclude", {"text": "就这样"})
    concluded = centre.post(f"/consultations/{pk}/conclude", {"text": "由城管局承办"})
    late = urban.post(f"/consultations/{pk}/opinion", {"text": "等等"})

    assert told.data["unit"]["code"] == "urban"
    assert urban.get("/consultations").data["items"][0]["id"] == pk
    assert uninvited.status == 404
    assert not_theirs.status == 403
    assert concluded.data["conclusion"] == "由城管局承办"
    assert late.code == "not_allowed_now"
    assert centre.get(f"/appeals/{life.number}/consultations").data[0]["opinions"][0]["text"]


# --- two at once ----------------------------------------------------------------------------------


def test_a_stale_version_is_refused_and_changes_nothing(centre: Caller, world: World) -> None:
    appeal = make.registered(world)
    first_one = centre.post(f"/appeals/{appeal.number}/accept", {"version": 1})
    second = centre.post(
        f"/appeals/{appeal.number}/answer-directly", {"version": 1, "answer": "您好，已经解决。"}
    )

    assert first_one.status == 200
    assert (second.status, second.code) == (409, "changed_meanwhile")
    assert Appeal.objects.get(pk=appeal.pk).status == "accepted"


def test_a_stale_assignment_is_refused(urban: Caller, world: World) -> None:
    assignment = make.lead_of(make.dispatched(world))

    signed = urban.post(f"/assignments/{assignment.pk}/sign", {"version": 1})
    again = urban.post(
        f"/assignments/{assignment.pk}/pass-down", {"version": 1, "unit": "urban_section"}
    )

    assert signed.data["version"] == 2
    assert again.code == "changed_meanwhile"


@pytest.mark.parametrize("missing", ["accept", "dispatch", "approve", "close"])
def test_a_move_needs_the_version_it_was_decided_on(
    centre: Caller, world: World, missing: str
) -> None:
    appeal = make.registered(world)

    answer = centre.post(f"/appeals/{appeal.number}/{missing}", {})

    assert answer.fields["version"] == "required"


def test_a_move_from_the_wrong_status_is_refused(centre: Caller, world: World) -> None:
    appeal = make.registered(world)

    answer = centre.post(f"/appeals/{appeal.number}/approve", {"version": 1})
    resumed = centre.post(f"/appeals/{appeal.number}/resume", {"version": 1})

    assert answer.status == 409
    assert (resumed.status, resumed.code) == (409, "not_allowed_now")


def added() -> int:
    return Event.objects.filter(kind="add_facts").count()


def urged() -> int:
    return Event.objects.filter(kind="urge").count()


@pytest.mark.parametrize(
    ("path", "body", "count"),
    [
        ("/appeals/{number}/add-facts", {"text": "又来了"}, added),
        ("/appeals/{number}/urge", {"text": "请快些"}, urged),
        (
            "/assignments/{pk}/contact",
            {"way": "phone", "reached": True, "note": "已联系"},
            Contact.objects.count,
        ),
    ],
)
def test_what_is_sent_twice_with_one_key_happens_once(
    centre: Caller, urban: Caller, world: World, path: str, body: dict[str, Any], count: Any
) -> None:
    assignment = make.signed(world)
    caller = urban if "assignments" in path else centre
    at = path.format(number=assignment.appeal.number, pk=assignment.pk)

    once = caller.post(at, body, key="same")
    twice = caller.post(at, body, key="same")
    other = caller.post(at, {**body, "text" if "text" in body else "note": "别的"}, key="same")
    keyless = caller.post(at, body, key=None)

    assert once.status == twice.status == 201
    assert "Idempotency-Replayed" not in once.headers
    assert twice.headers["Idempotency-Replayed"] == "true"
    assert count() == 1
    assert (other.status, other.code) == (409, "idempotency_mismatch")
    assert keyless.code == "idempotency_key_required"


def test_a_lost_answer_to_a_move_is_given_again(centre: Caller, world: World) -> None:
    appeal = make.registered(world)

    once = centre.post(f"/appeals/{appeal.number}/accept", {"version": 1}, key="lost")
    again = centre.post(f"/appeals/{appeal.number}/accept", {"version": 1}, key="lost")
    bare = centre.post(f"/appeals/{appeal.number}/accept", {"version": 1}, key=None)

    assert once.data == again.data
    assert bare.code == "changed_meanwhile"


def test_a_key_used_for_another_address_is_refused(centre: Caller, world: World) -> None:
    one, other = make.registered(world), make.registered(world)
    centre.post(f"/appeals/{one.number}/urge", {"text": "快"}, key="k")

    answer = centre.post(f"/appeals/{other.number}/urge", {"text": "快"}, key="k")

    assert answer.code == "idempotency_mismatch"


# --- wrong input, wrong hands ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body", "field", "code"),
    [
        ("dispatch", {"lead": "nobody"}, "lead", "unknown_unit"),
        ("dispatch", {"lead": "urban", "joint": ["nobody"]}, "joint", "unknown_unit"),
        ("dispatch", {"lead": "urban", "joint": ["urban"]}, "joint", "twice"),
        ("dispatch", {"lead": "water"}, "reason", "reason_required"),
        ("dispatch", {"lead": 5}, "lead", "wrong_type"),
        ("dispatch", {"lead": "urban", "reason": "长" * 301}, "reason", "too_long"),
        ("refuse", {"reason_code": "no", "explanation": "见法"}, "reason_code", "unknown_code"),
        ("refuse", {"reason_code": "no"}, "explanation", "required"),
        ("hand-over", {"line_code": "no"}, "line_code", "unknown_code"),
        ("answer-directly", {"answer": "\u0000\u200b"}, "answer", "required"),
        ("answer-directly", {"answer": "长" * 50_000}, "answer", "too_long"),
        ("reclassify", {"category_code": "8765"}, "category_code", "unknown_category"),
        ("reclassify", {"region_code": "1"}, "region_code", "unknown_region"),
        ("reclassify", {"urgency": "7"}, "urgency", "unknown_code"),
        ("reclassify", {"is_difficult": 1}, "is_difficult", "wrong_type"),
        ("withdraw", {}, "reason", "required"),
        ("archive", {"why": "x"}, "why", "unknown_field"),
    ],
)
def test_what_is_wrong_in_a_move_is_named(
    centre: Caller, world: World, name: str, body: dict[str, Any], field: str, code: str
) -> None:
    appeal = make.accepted(world)

    answer = centre.post(f"/appeals/{appeal.number}/{name}", {"version": appeal.version, **body})

    assert answer.status == 422, answer
    assert answer.fields[field] == code


LATER = "2027-01-01T00:00:00Z"
PLEA = {"version": 2, "reason_code": "x", "reason": "r"}


@pytest.mark.parametrize(
    ("name", "body", "field", "code"),
    [
        ("contact", {"way": "pigeon", "reached": True, "note": "x"}, "way", "unknown_code"),
        ("contact", {"way": "phone", "reached": True}, "note", "required"),
        ("contact", {"way": "phone", "reached": False, "spoken_at": LATER}, "spoken_at", "future"),
        (
            "apply", {**PLEA, "kind": "return", "suggested_unit": "nobody"}, "suggested_unit",
            "unknown_unit",
        ),
        ("apply", {**PLEA, "kind": "holiday"}, "kind", "unknown_code"),
        ("apply", {**PLEA, "kind": "extension", "days": 99}, "days", "out_of_range"),
        ("pass-down", {"version": 2, "unit": "water"}, "unit", "not_below"),
        ("take-over", {"version": 2, "handler": "agent"}, "handler", "unknown_person"),
        ("take-over", {"version": 2, "handler": ""}, "handler", "required"),
        (
            "report", {"version": 2, "handling_report": "", "public_reply": "短"}, "public_reply",
            "too_short",
        ),
        ("report", {"version": 2, **GOOD, "solved": False}, "unsolved_reason", "required"),
        ("report", {"version": 2, **GOOD}, "contact", "no_contact"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_units_move_is_named(
    urban: Caller, world: World, name: str, body: dict[str, Any], field: str, code: str
) -> None:
    assignment = make.signed(world)

    answer = urban.post(f"/assignments/{assignment.pk}/{name}", body)

    assert answer.status == 422, answer
    assert answer.fields[field] == code


def test_another_centre_may_look_but_not_act(issue: Issue, world: World) -> None:
    appeal = make.registered(world)
    province = issue("province_centre")

    seen = province.get(f"/appeals/{appeal.number}")
    moved = province.post(f"/appeals/{appeal.number}/accept", {"version": 1})

    assert seen.status == 200
    assert (moved.status, moved.code) == (403, "forbidden")


def test_a_unit_does_not_act_for_another(centre: Caller, issue: Issue, world: World) -> None:
    appeal = make.dispatched(world, joint=("environment",))
    lead = make.lead_of(appeal)

    answer = issue("environment").post(f"/assignments/{lead.pk}/sign", {"version": lead.version})

    assert (answer.status, answer.code) == (403, "forbidden")
    assert Assignment.objects.get(pk=lead.pk).signed_at is None


def test_options_lead_to_where_the_moves_are(centre: Caller, urban: Caller, world: World) -> None:
    appeal = make.dispatched(world)

    for caller in (centre, urban):
        shown = caller.get(f"/appeals/{appeal.number}/options").data
        listed = shown["options"] + [o for a in shown["assignments"] for o in a["options"]]
        assert listed
        for option in listed:
            there = caller.post(option["href"].removeprefix("/api/v1"), {})
            assert there.status != 404, option
            assert bool(option["why_not"]) is not option["allowed"]
    mine = urban.get(f"/appeals/{appeal.number}/options").data["assignments"][0]
    assert {o["name"] for o in mine["options"] if o["allowed"]} >= {"sign", "pass_down"}


# --- a channel that only brings appeals in --------------------------------------------------------


def test_a_channel_acts_for_its_citizen_on_their_proof(issue: Issue, world: World) -> None:
    channel = issue("fuzhou_centre", CHANNEL)
    made = channel.post("/appeals", order(channel="phone")).data
    number, proof = made["number"], made["query_code"]

    assert channel.get(f"/appeals/{number}").status == 404
    shown = channel.post(f"/appeals/{number}/progress", {"proof": proof})
    added = channel.post(f"/appeals/{number}/add-facts", {"text": "晚上更多", "proof": proof})
    urged = channel.post(f"/appeals/{number}/urge", {"proof": proof}, key="u")
    again = channel.post(f"/appeals/{number}/urge", {"proof": proof}, key="u")
    guessed = channel.post(f"/appeals/{number}/progress", {"proof": "0000"})
    rated = channel.post(f"/appeals/{number}/rate", {"satisfaction": 5, "proof": proof})
    gone = channel.post(f"/appeals/{number}/withdraw", {"proof": proof, "reason": "已解决"})

    assert shown.data["status"]["name"] == "待受理"
    assert "petitioner" not in added.data
    assert urged.data == again.data
    assert guessed.status == 404
    assert rated.code == "not_allowed_now"
    assert gone.data["status"]["code"] == "withdrawn"


def test_nobody_guesses_a_citizens_proof(issue: Issue, world: World) -> None:
    channel = issue("fuzhou_centre", CHANNEL)
    made = channel.post("/appeals", order(channel="phone")).data
    address = f"/appeals/{made['number']}/progress"

    for guess in range(5):
        assert channel.post(address, {"proof": f"90{guess:02d}"}).status == 404
    for guess in range(5):  # a claim of a key is undone with the refusal, the count is not
        urged = channel.post(
            f"/appeals/{made['number']}/urge", {"proof": f"91{guess:02d}"}, key=f"u{guess}"
        )
        assert urged.status == 404
    stopped = channel.post(address, {"proof": made["query_code"]})

    assert (stopped.status, stopped.code) == (429, "rate_limited")


def test_a_citizens_good_rating_closes(
    centre: Caller, issue: Issue, world: World, now: Clock
) -> None:
    appeal = make.answered(world)
    now.forward(hours=3)
    channel = issue("fuzhou_centre", {P.INTAKE_ADD_FACTS})

    code, url = appeal.query_code, f"/appeals/{appeal.number}/rate"

    by_phone = channel.post(url, {"satisfaction": 5, "solved": True, "proof": "2046"})
    rated = channel.post(url, {"satisfaction": 5, "solved": True, "proof": code}, key="r")
    wrong = channel.post(url, {"satisfaction": 9, "proof": code}, key="w")
    twice = channel.post(url, {"satisfaction": 1, "proof": code}, key="t")

    assert by_phone.status == 404
    assert rated.data["satisfaction"] == 5
    assert wrong.fields == {"satisfaction": "out_of_range"}
    assert twice.code == "not_allowed_now"
    assert centre.get(f"/appeals/{appeal.number}").data["status"]["code"] == "closed"


def test_pending_applications_of_a_unit_are_its_own(urban: Caller, world: World) -> None:
    assert urban.get("/applications", side="applicant", verdict="").data["items"] == []
    assert not Application.objects.exists()
