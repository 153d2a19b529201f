"""The efficiency office runs October in the browser, from the preview to the unit that reads it."""

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.conftest import PHONE
from tests.scoring.conftest import AFTER, Office, days
from tests.scoring.conftest import office as office

from jiesu.foundation import clock
from jiesu.scoring import exclusions
from jiesu.scoring.models import Exclusion, Period


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[dt.datetime]:
    """The doors' clock, in the test's hands."""
    held = [AFTER]
    monkeypatch.setattr(clock, "now", lambda: held[0])
    return held


def sure(page: Page, name: str) -> None:
    """Press a button that asks back, and say yes."""
    page.get_by_role("button", name=name, exact=True).first.click()
    page.locator("dialog[open]").get_by_role("button", name=name, exact=True).click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def decide(page: Page, exclusion: Exclusion, verdict: str) -> None:
    page.goto(f"/scoring/exclusions/{exclusion.pk}/")
    page.locator(".segmented label", has_text=verdict).click()
    page.fill("#id_note", "已核对证据。")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("status")).to_contain_text("审定")


def test_a_month_from_preview_to_the_bulletin_a_unit_reads(
    office: Office, now: list[dt.datetime], desk: Callable[[str], Page]
) -> None:
    for _ in range(3):
        office.good()
    won, lost = office.late(), office.late()
    period = office.period()
    office.counted(period)
    first, second = desk("supervisor"), desk("supervisor2")

    first.goto(f"/scoring/periods/{period.pk}/")
    expect(first.locator("table")).to_contain_text("鼓楼区城市管理局")
    sure(first, "冻结")
    expect(first.locator(".page-head")).to_contain_text("已冻结")

    leader = office.world.actor("unit_leader")
    asked = [
        exclusions.apply(
            Period.objects.get(pk=period.pk), office.world.units["urban"], order,
            ground="unreasonable", reason="诉求人要求拆除合法设置的便民摊点，经核查不合理。",
            upload_key=office.evidence(leader, f"evidence-{order.pk}"), actor=leader,
            at=AFTER + days(1),
        )
        for order in (won, lost)
    ]  # fmt: skip
    for page in (first, second):
        decide(page, asked[0], "同意剔除")
        decide(page, asked[1], "不予剔除")
    assert [e.state for e in Exclusion.objects.order_by("pk")] == ["granted", "refused"]

    now[0] = AFTER + days(6)
    first.goto(f"/scoring/periods/{period.pk}/")
    sure(first, "公布")
    expect(first.locator(".page-head")).to_contain_text("已公布")
    first.get_by_role("link", name="鼓楼区城市管理局").first.click()  # one click
    expect(first.locator("body")).to_contain_text(lost.number)  # its worst order, by its link
    first.goto(f"/scoring/periods/{period.pk}/revisions/")
    expect(first.locator("body")).to_contain_text("原始成绩")

    first.goto("/bulletins/")
    first.get_by_role("button", name="拟写通报").click()
    expect(first.locator("article.paper h1")).to_contain_text("2026年10月")
    address = first.url
    sure(first, "送审")
    mayor = desk("leader")
    mayor.set_viewport_size(PHONE)
    mayor.goto(address)
    wide = mayor.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], "the paper's tables scroll by themselves"
    sure(mayor, "批准")
    first.goto(address)
    sure(first, "发布")
    expect(first.locator(".paper-number")).to_contain_text("通〔2026〕1号")

    unit = desk("clerk")
    unit.goto("/bulletins/")
    unit.get_by_role("link", name="2026年10月").first.click()
    expect(unit.locator("article.paper")).to_contain_text("鼓楼区城市管理局")
    expect(unit.locator(".page-head a[href*='/scoring/periods/']")).to_have_count(0)
    with unit.expect_download() as taken:
        unit.get_by_role("link", name="PDF").click()
    assert taken.value.path().read_bytes().startswith(b"%PDF")
