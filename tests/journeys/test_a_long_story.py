"""Told by phone, returned, sent elsewhere, extended, rejected, twice found wanting, archived.

What the story is about is clicked; the steps between are the same use cases the pages call.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.factories.appeals import GOOD_ANSWER, lead_of
from tests.factories.world import World
from tests.journeys.steps import a_season_passes, registered_by_phone, status_of

from jiesu.appeals.actions import dispatch, handling, review
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.models import Appeal
from jiesu.foundation import clock
from jiesu.journal import sealing

pytestmark = pytest.mark.django_db(transaction=True)
REPLY = "您好，我局已到现场核查并责令整改，限三日内完成，现已恢复原状，特此答复。"


def handed_in(world: World, appeal: Appeal) -> None:
    """The environment bureau answers once more."""
    clerk = world.actor("environment_clerk")
    if lead_of(appeal).contacted_at is None or lead_of(appeal).round > 1:
        handling.contact(
            lead_of(appeal), way="phone", reached=True, note="已再次联系。", actor=clerk,
            at=clock.now(),
        )  # fmt: skip
    handling.report(lead_of(appeal), GOOD_ANSWER, actor=clerk, at=clock.now())


def approved(world: World, appeal: Appeal) -> None:
    """The centre lets it go."""
    found = Appeal.objects.get(pk=appeal.pk)
    review.approve(found, "情况属实", actor=world.actor("reviewer"), at=clock.now())


def dissatisfied(caller: Page, number: str) -> None:
    """The citizen is not content; the caller sends it back, by keys alone."""
    caller.goto(f"/callback/work/{number}/")
    for key in ("y", "u", "2"):
        caller.keyboard.press(key)
    expect(caller.locator("#id_dissatisfied_reason")).to_be_visible()
    expect(caller.locator("#id_finding")).to_be_hidden()
    caller.locator("#id_dissatisfied_reason").select_option(index=1)
    caller.locator("h1").click()
    caller.keyboard.press("r")
    caller.locator("#id_note").fill("诉求人说夜里又有人摆摊。")
    caller.keyboard.press("Control+Enter")
    caller.wait_for_url("**/callback/")


def test_a_long_story_comes_to_its_end(desk: Callable[[str], Page], world: World) -> None:
    number = registered_by_phone(desk("agent"))
    appeal = dispatch.assign(  # to a unit whose duty it is not
        Appeal.objects.get(number=number), Order(lead=world.units["urban"]),
        actor=world.actor("dispatcher"), at=clock.now(),
    )  # fmt: skip

    clerk = desk("clerk")  # not ours: return it, with basis and the right unit
    clerk.goto(f"/orders/{number}/")
    clerk.get_by_role("button", name="申请退单").click()
    dialog = clerk.locator("dialog[open]")
    dialog.locator("[name=reason_code]").select_option(index=1)
    dialog.locator("[name=reason]").fill("夜间施工噪声由生态环境部门管理。")
    dialog.locator("[name=basis]").fill("《噪声污染防治法》第八条")
    dialog.locator("#id_suggested_unit_text").fill("生态环境")
    dialog.locator("[role=option]").filter(has_text="鼓楼生态环境局").click()
    dialog.locator(".dialog-foot .is-main").click()
    expect(clerk.locator(".timeline")).to_contain_text("申请退单")

    dispatcher = desk("dispatcher")  # agreed
    dispatcher.goto("/dispatch/applications/")
    dispatcher.get_by_role("button", name="审批").click()
    dialog = dispatcher.locator("dialog[open]")
    expect(dialog.get_by_text("审批意见")).to_be_visible()
    expect(dialog.get_by_text("同时指定承办")).to_be_hidden()
    dispatcher.keyboard.press("y")
    dialog.get_by_role("button", name="提交审批").click()
    expect(dispatcher.locator(".empty")).to_contain_text("没有待审批的申请")
    assert status_of(number) == "accepted"

    dispatcher.goto(f"/dispatch/work/{number}/")  # and sent where it belongs
    dispatcher.locator("#id_lead_text").fill("生态环境")
    dispatcher.locator("[role=option]").filter(has_text="鼓楼生态环境局").click()
    dispatcher.locator("#id_reason").fill("噪声由生态环境部门管理。")
    dispatcher.keyboard.press("Control+Enter")
    dispatcher.wait_for_url("**/dispatch/")
    environment = world.actor("environment_clerk")
    handling.sign(lead_of(appeal), actor=environment, at=clock.now())
    handling.contact(
        lead_of(appeal), way="phone", reached=True, note="说明要请第三方检测。",
        actor=environment, at=clock.now(),
    )  # fmt: skip

    officer = desk("environment_clerk")  # needs five days more
    officer.goto(f"/orders/{number}/")
    officer.get_by_role("button", name="提出申请").click()
    dialog = officer.locator("dialog[open]")
    expect(dialog.locator("#id_days")).to_be_visible()
    dialog.get_by_text("终止", exact=True).click()
    expect(dialog.locator("#id_days")).to_be_hidden()
    dialog.get_by_text("延期", exact=True).click()
    dialog.locator("[name=reason]").fill("须请第三方检测噪声。")
    dialog.locator("#id_days").fill("5")
    dialog.locator("[name=plan]").fill("三日内检测，五日内答复。")
    dialog.locator("[name=citizen_told]").fill("已电话告知，诉求人同意。")
    dialog.locator(".dialog-foot .is-main").click()
    expect(officer.locator(".timeline")).to_contain_text("延期 5 个工作日")
    dispatcher.goto(f"/orders/{number}/")
    dispatcher.keyboard.press("g")
    expect(dispatcher.locator("dialog[open]")).to_be_visible()
    dispatcher.keyboard.press("y")
    dispatcher.locator("dialog[open]").get_by_role("button", name="提交审批").click()
    expect(dispatcher.locator(".timeline")).to_contain_text("批准延期")

    handed_in(world, appeal)  # the centre is not content with it
    reviewer = desk("reviewer")
    reviewer.goto(f"/review/work/{number}/")
    reviewer.locator(".marks label").first.click()
    reviewer.get_by_role("button", name=re.compile("^退回重办")).click()
    reviewer.wait_for_url("**/review/")
    assert status_of(number) == "dispatched"

    officer.goto("/unit/?tab=again")  # written again, by hand
    officer.locator("td.title a").first.click()
    expect(officer.locator(".timeline")).to_contain_text("退回重办")
    officer.get_by_role("link", name=re.compile("^重新写答复")).click()
    expect(officer.locator(".notice.is-red")).to_contain_text("上次被退回")
    officer.locator("#id_public_reply").fill(REPLY)
    officer.locator("#id_handling_report").fill("复查并附检测报告。")
    officer.get_by_text("已解决", exact=True).click()
    officer.get_by_role("button", name=re.compile("^提交答复")).click()
    officer.wait_for_url(f"**/orders/{number}/")
    approved(world, appeal)

    caller = desk("callback")
    dissatisfied(caller, number)
    assert Appeal.objects.get(number=number).redo_count == 1
    handed_in(world, appeal)
    approved(world, appeal)
    dissatisfied(caller, number)
    assert Appeal.objects.get(number=number).redo_count == 2
    handed_in(world, appeal)
    approved(world, appeal)

    caller.goto("/callback/")
    caller.keyboard.press("g")
    caller.wait_for_url("**/callback/work/**")
    for key in ("y", "s", "4"):
        caller.keyboard.press(key)
    caller.keyboard.press("Control+Enter")
    caller.wait_for_url("**/callback/")
    assert status_of(number) == "closed"
    caller.goto(f"/orders/{number}/")
    story = caller.locator(".timeline")
    for step in ("申请退单", "同意退单", "批准延期", "退回重办", "二次办理", "办结"):
        expect(story).to_contain_text(step)

    a_season_passes()
    assert status_of(number) == "archived"
    caller.reload()
    expect(story).to_contain_text("归档")
    assert sealing.verify().is_clean
