"""One call from the first ring to the end, each step by the hands of whoever does it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.journeys.steps import a_season_passes, registered_by_phone, status_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_phone_appeal_from_the_first_ring_to_the_end(desk: Callable[[str], Page]) -> None:
    number = registered_by_phone(desk("agent"))
    assert status_of(number) == "accepted"

    dispatcher = desk("dispatcher")
    dispatcher.goto("/dispatch/")
    dispatcher.get_by_role("link", name=re.compile("^逐件派单")).click()
    expect(dispatcher.locator("#id_lead_text")).to_have_value(re.compile("城市管理局|城管局"))
    dispatcher.locator("#id_lead_text").fill("")
    dispatcher.locator("h1").first.click()
    dispatcher.keyboard.press("1")  # the unit that the duty catalogue names
    expect(dispatcher.locator("#id_lead_text")).to_have_value(re.compile("城市管理局|城管局"))
    dispatcher.keyboard.press("Control+Enter")
    expect(dispatcher.locator(".toast").first).to_contain_text("已派单")
    assert status_of(number) == "dispatched"

    clerk = desk("clerk")
    clerk.goto("/unit/")
    clerk.get_by_role("link", name="东街口地铁站C口占道经营").click()
    clerk.wait_for_url("**/orders/*/")  # keys count once the page is there
    clerk.wait_for_load_state("networkidle")
    clerk.keyboard.press("s")
    clerk.locator("dialog[open]").get_by_role("button", name="签收").click()
    expect(clerk.locator(".actions")).to_contain_text("写答复")
    clerk.keyboard.press("c")
    dialog = clerk.locator("dialog[open]")
    dialog.get_by_text("联系上", exact=True).click()
    dialog.locator("[name=note]").fill("已电话联系，说明当日到场。")
    dialog.locator(".dialog-foot .is-main").click()
    expect(clerk.locator(".timeline")).to_contain_text("已电话联系，说明当日到场。")
    clerk.keyboard.press("r")
    clerk.wait_for_url("**/report/**")
    expect(clerk.locator("#id_unsolved_reason")).to_be_hidden()
    clerk.locator("#id_public_reply").fill(
        "您好，我局已于当日到东街口现场核查，劝离占道摊点三处，并安排早晚巡查。"
    )
    clerk.locator("#id_handling_report").fill("执法人员当日到场核查，劝离三处占道摊点。")
    clerk.get_by_text("属实", exact=True).click()
    clerk.get_by_text("已解决", exact=True).click()
    clerk.keyboard.press("Control+Enter")
    clerk.wait_for_url(f"**/orders/{number}/")

    head = desk("section_head")
    head.goto("/unit/?tab=inner")
    head.get_by_role("link", name="东街口地铁站C口占道经营").click()
    head.wait_for_url("**/orders/*/")  # keys count once the page is there
    head.wait_for_load_state("networkidle")
    head.wait_for_url(f"**/orders/{number}/")
    head.get_by_role("button", name="内审通过").first.click()
    head.locator("dialog[open]").get_by_role("button", name="内审通过").click()
    expect(head.locator(".timeline")).to_contain_text("内审通过")
    assert status_of(number) == "reported"

    reviewer = desk("reviewer")
    reviewer.goto("/review/")
    reviewer.keyboard.press("g")
    reviewer.wait_for_url("**/review/work/**")
    expect(reviewer.locator("#id_public_reply")).to_have_value(re.compile("劝离占道摊点三处"))
    reviewer.get_by_role("button", name=re.compile("^通过")).click()
    reviewer.wait_for_url("**/review/")
    assert status_of(number) == "callback"

    caller = desk("callback")
    caller.goto("/callback/")
    caller.keyboard.press("g")
    caller.wait_for_url("**/callback/work/**")
    expect(caller.get_by_text("不满意原因")).to_be_hidden()
    for key in ("y", "s", "5"):
        caller.keyboard.press(key)
    expect(caller.locator("[name=satisfaction][value='5']")).to_be_checked()
    expect(caller.locator("[name=solved][value=yes]")).to_be_checked()
    caller.keyboard.press("Control+Enter")
    caller.wait_for_url("**/callback/")
    assert status_of(number) == "closed"

    a_season_passes()
    assert status_of(number) == "archived"
    reviewer.goto(f"/orders/{number}/")
    expect(reviewer.locator("main")).to_contain_text("已归档")
    expect(reviewer.get_by_role("button", name="重新办理")).to_have_count(0)
