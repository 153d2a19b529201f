"""The scoring desk: preview to publication in the browser's stand-in, the unit's page, refusals."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.factories import appeals as make
from tests.scoring.conftest import AFTER, OCTOBER, Office, days
from tests.scoring.conftest import office as office
from tests.web.signed_in import client_of

from jiesu.accounts.models import User
from jiesu.foundation import clock
from jiesu.scoring import periods, tasks
from jiesu.scoring.models import Exclusion, Fault, Period, Remedy, ScoreScheme
from jiesu.web.middleware import POST_KEY

MAX_OWN, MAX_PAGE = 15, 14


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[dt.datetime]:
    """The doors' clock, in the test's hands."""
    held = [AFTER]
    monkeypatch.setattr(clock, "now", lambda: held[0])
    return held


def second(office: Office) -> Client:
    """钱核 of the efficiency office."""
    client = Client()
    client.force_login(
        User.objects.get(username="supervisor2"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    session = client.session
    session[POST_KEY] = office.second.post_id
    session.save()
    return client


def text(response: Any) -> str:
    return str(response.content.decode())


def evidence() -> SimpleUploadedFile:
    return SimpleUploadedFile("证据.txt", "现场核查记录：已清理。".encode(), "text/plain")


def test_the_office_runs_a_month_from_preview_to_a_published_black_list(
    office: Office, now: list[dt.datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(periods, "KEPT_FRESH", dt.timedelta(0))
    office.good()
    late = office.late()
    client = client_of(office.world, "supervisor")
    opened = client.post(f"/scoring/schemes/{office.scheme.pk}/open/", {"day": "2026-10-01"})
    period = Period.objects.get()
    assert opened.headers["Location"].startswith(f"/scoring/periods/{period.pk}/?asked=")
    waiting = text(client.get(opened.headers["Location"]))
    assert "完成后本页自动更新" in waiting
    assert "还没有计算" not in waiting
    tasks.count_period.func(period.pk, "孙效")

    page = text(client.get(f"/scoring/periods/{period.pk}/"))
    assert "鼓楼区城市管理局" in page
    assert "50.00" in page
    frozen = client.post(f"/scoring/periods/{period.pk}/freeze/", {"version": period.version})
    assert frozen.status_code == 302

    leader = client_of(office.world, "unit_leader")
    drilled = text(
        leader.get(f"/scoring/periods/{period.pk}/units/{office.world.units['urban'].pk}/"
                   "closed_in_time/")
    )  # fmt: skip
    assert late.number in drilled
    assert "申请剔除" in drilled
    asked = leader.post(
        f"/scoring/periods/{period.pk}/exclude/{late.number}/",
        {"ground": "unreasonable", "reason": "经现场核查，诉求人的要求没有法律依据。",
         "upload_key": "k" * 30, "files": evidence()},
    )  # fmt: skip
    assert asked.status_code == 302, text(asked)
    exclusion = Exclusion.objects.get()
    verdict = {"verdict": "granted", "note": "证据充分", "version": 1}
    assert client.post(f"/scoring/exclusions/{exclusion.pk}/", verdict).status_code == 302
    again = client.post(f"/scoring/exclusions/{exclusion.pk}/", {**verdict, "version": 2})
    assert again.status_code == 422
    assert "两个不同的人" in text(again)
    other = second(office).post(f"/scoring/exclusions/{exclusion.pk}/", {**verdict, "version": 2})
    assert other.status_code == 302

    now[0] = AFTER + days(6)
    period.refresh_from_db()
    published = client.post(f"/scoring/periods/{period.pk}/publish/", {"version": period.version})
    assert published.status_code == 302
    told = text(client.get(f"/scoring/periods/{period.pk}/revisions/"))
    assert "原始成绩" in told
    assert "100.00" in told


def test_the_worst_orders_of_a_unit_are_two_clicks_from_the_list(
    office: Office, now: list[dt.datetime]
) -> None:
    office.good()
    late = office.late()
    period = office.frozen()
    client = client_of(office.world, "leader")
    unit = f"/scoring/periods/{period.pk}/units/{office.world.units['urban'].pk}/"

    first = text(client.get(f"/scoring/periods/{period.pk}/"))
    second_page = text(client.get(unit))

    assert unit in first
    assert f"/orders/{late.number}/" in second_page
    assert "超期办理" in second_page
    assert "不满意" in second_page


def test_my_units_page_costs_the_same_few_statements_whatever_the_history(
    office: Office, now: list[dt.datetime], django_assert_max_num_queries: Any
) -> None:
    office.good()
    office.late()
    make.dispatched(office.world, AFTER)
    office.frozen()
    november = office.period(dt.date(2026, 11, 1), AFTER + days(1))
    office.counted(november, AFTER + days(1))
    client = client_of(office.world, "clerk")
    client.get("/scoring/mine/")
    counts = []
    for more in (0, 6):
        for number in range(more):
            office.good(OCTOBER + days(number % 3))
        asked = []
        for _ in range(2):  # a cache that looks at its stamp now and then costs one of them more
            with django_assert_max_num_queries(MAX_OWN) as queries:
                page = client.get("/scoring/mine/")
            asked.append(len(queries))
        counts.append(min(asked))

    assert "再差一件扣" in text(page)
    assert "东街口地铁站C口占道经营" in text(page)
    assert counts[0] == counts[1]


def test_the_pages_of_a_period_cost_few_statements(
    office: Office, now: list[dt.datetime], django_assert_max_num_queries: Any
) -> None:
    office.good()
    office.late()
    period = office.frozen()
    unit = office.world.units["urban"].pk
    client = client_of(office.world, "supervisor")
    base = f"/scoring/periods/{period.pk}/"
    for url in ("/scoring/", base, f"{base}units/{unit}/", f"{base}units/{unit}/opened/",
                f"{base}revisions/", f"/scoring/schemes/{office.scheme.pk}/",
                "/scoring/exclusions/", "/scoring/faults/"):  # fmt: skip
        client.get(url)
        with django_assert_max_num_queries(MAX_PAGE):
            assert client.get(url).status_code == 200, url


def test_a_unit_sees_its_own_scores_and_nobody_elses(
    office: Office, now: list[dt.datetime]
) -> None:
    office.good()
    period = office.frozen()
    urban, environment = office.world.units["urban"].pk, office.world.units["environment"].pk
    client = client_of(office.world, "section_clerk")

    assert client.get(f"/scoring/periods/{period.pk}/units/{urban}/").status_code == 200
    assert client.get(f"/scoring/periods/{period.pk}/units/{environment}/").status_code == 404
    assert client.get(f"/scoring/periods/{period.pk}/").status_code == 403
    assert client.get(f"/scoring/periods/{period.pk}/exclude/350100/").status_code == 403


def test_a_scheme_is_made_from_a_worked_one_and_wrong_weights_stand_at_their_field(
    office: Office, now: list[dt.datetime]
) -> None:
    client = client_of(office.world, "supervisor")
    page = client.get("/scoring/schemes/new/?from=4_beijing_10_45_45")
    sent = {
        name: field.value() for name, field in ((b.name, b) for b in page.context["form"])
        if field.value() is not None
    }  # fmt: skip
    sent = {k: v for k, v in sent.items() if v is not False} | {"valid_from": "2026-11-01"}

    wrong = client.post("/scoring/schemes/new/", {**sent, "solved_weight": "40"})
    bands = client.post("/scoring/schemes/new/", {**sent, "solved_bands": "九五"})
    right = client.post("/scoring/schemes/new/", sent)

    assert wrong.status_code == 422
    assert "各项权重合计 95 分，与总分 100 分不符" in text(wrong)
    assert bands.status_code == 422
    assert "例如 95:100 90:80" in text(bands)
    assert right.status_code == 302, text(right)
    made = ScoreScheme.objects.latest("pk")
    assert made.name == "三率：响应10、解决45、满意45"
    edited = client.post(
        f"/scoring/schemes/{made.pk}/edit/",
        {**sent, "valid_from": "2026-12-01", "version": 1, "red": "3"},
    )
    assert edited.status_code == 302, text(edited)
    stale = client.post(
        f"/scoring/schemes/{made.pk}/edit/",
        {**sent, "valid_from": "2027-01-01", "version": 1, "red": "2"},
    )
    assert stale.status_code == 409
    assert "已被他人修改" in text(stale)
    assert "2027-01-01" in text(stale)


def test_a_contested_rating_is_decided_by_the_centre_and_both_views_stand(
    office: Office, now: list[dt.datetime]
) -> None:
    late = office.late()
    leader = client_of(office.world, "unit_leader")

    without = leader.post(
        f"/scoring/remedies/new/{late.number}/", {"reason": "已依法办理，诉求人嫌慢。"}
    )
    asked = leader.post(
        f"/scoring/remedies/new/{late.number}/",
        {"reason": "已依法办理，诉求人嫌慢。", "upload_key": "r" * 30, "files": evidence()},
    )
    remedy = Remedy.objects.get()
    reviewer = client_of(office.world, "reviewer")
    shown = text(reviewer.get(f"/scoring/remedies/{remedy.pk}/"))
    decided = reviewer.post(
        f"/scoring/remedies/{remedy.pk}/",
        {"verdict": "upheld", "decision": "经核查已依法办理。", "version": 1},
    )

    assert without.status_code == 422
    assert "请上传证据材料" in text(without)
    assert asked.status_code == 302, text(asked)
    assert "不满意" in shown
    assert "诉求人嫌慢" in shown
    assert decided.status_code == 302
    later = text(leader.get(f"/scoring/remedies/{remedy.pk}/"))
    assert "救济成立" in later
    assert "不满意" in later
    assert leader.get("/scoring/remedies/").status_code == 200


def test_a_fault_is_registered_and_taken_back_in_the_register(
    office: Office, now: list[dt.datetime]
) -> None:
    client = client_of(office.world, "supervisor")
    said = {
        "unit": office.world.units["urban"].pk, "kind": "knowledge_base", "day": "2026-10-20",
        "basis": "知识库未按季更新。", "number": "",
    }  # fmt: skip

    missing = client.post("/scoring/faults/new/", {**said, "number": "1"})
    twice = [client.post("/scoring/faults/new/", {**said, "idempotency_key": "k"}) for _ in "ab"]
    made = twice[1]
    fault = Fault.objects.get()
    revoked = client.post(f"/scoring/faults/{fault.pk}/revoke/", {"reason": "限期内已补报"})

    assert missing.status_code == 422
    assert "没有找到该工单" in text(missing)
    assert made.status_code == 302
    assert revoked.status_code == 302
    shown = text(client.get("/scoring/faults/"))
    assert "已撤销" in shown
    assert "限期内已补报" in shown
    assert client_of(office.world, "leader").get("/scoring/faults/new/").status_code == 403


def test_an_empty_desk_says_what_to_do(office: Office, now: list[dt.datetime]) -> None:
    assert "还没有考核期" in text(client_of(office.world, "supervisor").get("/scoring/"))
    assert "还没有本单位的成绩" in text(client_of(office.world, "clerk").get("/scoring/mine/"))
    assert "没有这样的救济申请" in text(
        client_of(office.world, "reviewer").get("/scoring/remedies/")
    )
