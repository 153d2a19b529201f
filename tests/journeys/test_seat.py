"""A call is taken by keyboard alone, and nothing typed is lost on the way."""

import datetime as dt
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from tests.factories import appeals as make
from tests.factories.world import World

from jiesu.appeals.actions import drafts
from jiesu.appeals.models import Appeal
from jiesu.catalogue.models import LocalForm, TextTemplate

MATTER = "来电人反映东街口地铁站C口有商贩长期占道经营，晚上影响通行，要求清理。"


@pytest.fixture
def seat(world: World, desk: Callable[[str], Page]) -> Page:
    """The agent's window with a fresh form."""
    page = desk("agent")
    page.goto("/seat/")
    expect(page.locator("#id_content")).to_be_focused()
    return page


def say(page: Page, *keys: str) -> None:
    """Press keys one after the other; what is no key is typed."""
    for key in keys:
        if "+" in key or key in ("Tab", "Enter", "Escape") or (key[0] == "F" and key[1:].isdigit()):
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)


def choose(page: Page, key: str, words: str, found: str) -> None:
    """Go to a picker by its key, type, wait for the match, take it."""
    say(page, key, words)
    expect(page.locator("[role=listbox]:visible [role=option]").first).to_contain_text(found)
    say(page, "Enter")
    expect(page.locator("[role=listbox]:visible")).to_have_count(0)


def fill_in(page: Page) -> None:
    say(page, "Alt+n", MATTER, "Alt+h", "13812342046", "Alt+g", "陈小满", "Tab", "1")
    say(page, "Alt+t", "3")
    choose(page, "Alt+c", "0105", "占道经营")
    choose(page, "Alt+p", "东街", "东街街道")


def test_a_phone_appeal_is_taken_by_keyboard_alone(world: World, seat: Page) -> None:
    TextTemplate.objects.filter(desk="seat").delete()
    TextTemplate.objects.create(desk="seat", title="记录", body="地点：{地点}。编号{编号}。")
    seat.reload()
    expect(seat.locator("#id_content")).to_be_focused()

    say(seat, MATTER)
    expect(seat.locator("#suggested-class")).to_contain_text("占道经营")
    say(seat, "Alt+y")
    expect(seat.locator("#id_category_code")).to_have_value("0105")
    say(seat, "Alt+h", "13812342046")
    expect(seat.locator("#caller")).to_contain_text("首次来电")
    say(seat, "Alt+g", "陈小满", "Tab", "1", "Alt+t")
    expect(seat.locator("input[name=appeal_type]:checked")).to_have_count(0)
    say(seat, "3", "F8")
    expect(seat.locator(".urgent-note")).to_be_visible()
    choose(seat, "Alt+p", "东街", "东街街道")
    expect(seat.locator("#suggested-unit")).to_contain_text("鼓楼区城市管理局")
    say(seat, "Alt+a", "C口外", "Alt+n", "Control+End", "Alt+4")
    expect(seat.locator("#id_content")).to_have_value(
        f"{MATTER}\n地点：福州市鼓楼区东街街道C口外。编号＿＿＿。"
    )
    say(seat, "Control+Enter")

    expect(seat.locator(".taken")).to_be_visible()
    appeal = Appeal.objects.get()
    assert (appeal.urgency, appeal.appeal_type, appeal.sex, appeal.status) == (
        "1", "03", "女", "accepted",
    )  # fmt: skip
    expect(seat.locator(".taken")).to_contain_text(appeal.query_code)
    expect(seat.locator("#id_content")).to_be_focused()
    expect(seat.locator("#id_content")).to_have_value("")
    seat.wait_for_timeout(2000)
    assert drafts.mine(world.actor("agent")) == []


def test_enter_in_a_field_sends_nothing(world: World, seat: Page) -> None:
    fill_in(seat)

    say(seat, "Alt+h", "Enter")
    seat.wait_for_timeout(500)

    assert not Appeal.objects.exists()


def test_the_same_matter_is_tied_and_untied_by_keys(world: World, seat: Page) -> None:
    earlier = make.closed(world)
    running = make.dispatched(world, phone="13912340000", title="地铁口摊贩占道")
    fill_in(seat)
    expect(seat.locator("#similar")).to_contain_text("地铁口摊贩占道")
    expect(seat.locator("#caller")).to_contain_text("东街口地铁站C口占道经营")

    say(seat, "Alt+m")
    expect(seat.locator("#relation")).to_contain_text(f"将并入 {running.number}")
    say(seat, "Alt+1")
    expect(seat.locator("#relation")).to_contain_text(earlier.number)
    seat.get_by_role("button", name="撤销关联").press("Enter")
    expect(seat.locator("#relation")).not_to_contain_text("再次反映")
    say(seat, "Control+Enter")

    expect(seat.locator(".taken")).to_contain_text(f"并入 {running.number}")
    merged = Appeal.objects.latest("pk")
    assert (merged.status, merged.master) == ("merged", running)
    assert merged.repeat_of is None


def test_a_dialog_with_something_wrong_opens_again_with_it(world: World, seat: Page) -> None:
    fill_in(seat)
    say(seat, "F3")
    expect(seat.locator("#answer-dialog")).to_be_visible()
    say(seat, "Control+Enter")

    expect(seat.locator("#answer-dialog")).to_be_visible()
    expect(seat.locator("#id_answer_error")).to_contain_text("请填写答复内容")
    say(seat, "请拨打 12345 查询办理。", "Escape", "F9")
    expect(seat.locator("#hand-over-dialog")).to_be_visible()
    say(seat, "Escape", "F3", "Control+Enter")
    expect(seat.locator(".taken")).to_be_visible()

    assert Appeal.objects.get().outcome == "answered_directly"


def test_a_wrong_field_is_found_and_the_rest_stays(world: World, seat: Page) -> None:
    LocalForm.objects.create(
        region=world.regions["350102"], title="占道",
        questions=[{"key": "stalls", "label": "几个摊位", "type": "integer", "required": True}],
        valid_from=dt.date(2020, 1, 1),
    )  # fmt: skip
    say(seat, "Alt+n", MATTER, "Alt+h", "12", "Control+Enter")
    expect(seat.locator("input[name=appeal_type]").first).to_be_focused()
    expect(seat.locator("#id_content")).to_have_value(MATTER)
    say(seat, "3")
    choose(seat, "Alt+p", "东街", "东街街道")
    expect(seat.locator("#local-form")).to_contain_text("几个摊位")
    seat.locator("#id_local_stalls").fill("许多")
    say(seat, "Control+Enter")

    expect(seat.locator("#id_local_stalls_error")).to_contain_text("几个摊位")
    expect(seat.locator("#id_local_stalls")).to_have_value("许多")
    expect(seat.locator("#id_phone_error")).to_be_visible()
    choose(seat, "Alt+c", "0105", "占道经营")
    expect(seat.locator("#id_local_stalls")).to_have_value("许多")
    assert not Appeal.objects.exists()


def test_put_aside_and_taken_up_again(world: World, seat: Page) -> None:
    fill_in(seat)

    say(seat, "F4")
    expect(seat.locator("#toasts")).to_contain_text("已暂存")
    expect(seat.locator("#id_content")).to_have_value("")
    seat.locator(".waiting-drafts a").click()

    expect(seat.locator("#id_content")).to_have_value(MATTER)
    expect(seat.locator("#id_category_code_text")).to_have_value(
        "城乡建设与市容 › 占道经营与户外广告"
    )
    expect(seat.locator("input[name=appeal_type]:checked")).to_have_value("03")
    say(seat, "Control+Enter")
    expect(seat.locator(".taken")).to_be_visible()
    assert drafts.mine(world.actor("agent")) == []


def test_a_session_that_ran_out_keeps_the_call(world: World, seat: Page) -> None:
    fill_in(seat)
    seat.context.clear_cookies(name="sessionid")

    say(seat, "Control+Enter")
    seat.wait_for_url("**/account/sign-in/**")
    seat.fill("input[name=username]", "agent")
    seat.fill("input[name=password]", "Jiesu-12345-test")
    say(seat, "Enter")

    expect(seat.locator("#id_content")).to_have_value(MATTER)
    expect(seat.locator("#id_region_code")).to_have_value("350102001")
    say(seat, "Control+Enter")
    expect(seat.locator(".taken")).to_be_visible()
    assert Appeal.objects.get().status == "accepted"


def test_two_tabs_are_two_appeals(world: World, seat: Page) -> None:
    other = seat.context.new_page()
    other.goto("/seat/")
    fill_in(seat)
    other.bring_to_front()
    fill_in(other)

    say(other, "Control+Enter")
    expect(other.locator(".taken")).to_be_visible()
    seat.bring_to_front()
    expect(seat.locator("#id_content")).to_have_value(MATTER)
    seat.get_by_role("button", name="提交派单").dblclick()
    expect(seat.locator(".taken")).to_be_visible()

    assert Appeal.objects.count() == 2
