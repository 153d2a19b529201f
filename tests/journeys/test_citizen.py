"""A citizen tells, is answered and rates: on a phone, with and without script, in large print."""

import datetime as dt

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.factories import appeals as make
from tests.factories.world import World
from tests.journeys.steps import a_season_passes, status_of

from jiesu.appeals.actions import dispatch, handling, intake, review
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.models import Appeal, Attachment
from jiesu.catalogue.models import LocalForm
from jiesu.foundation import clock

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360"
    "0000000500016ba0f2a50000000049454e44ae426082"
)
MATTER = "小区门口路灯坏了一周😀，晚上看不清路，希望尽快修好。"


@pytest.fixture
def asked_in_gulou(world: World) -> LocalForm:
    """鼓楼区 wants to know the pole's number, and how many lamps are out."""
    return LocalForm.objects.create(
        region=world.regions["350102"],
        title="路灯情况",
        questions=[
            {"key": "pole", "label": "灯杆编号", "type": "text", "required": True},
            {"key": "lamps", "label": "坏了几盏", "type": "integer", "max": "50"},
        ],
        valid_from=dt.date(2020, 1, 1),
    )


def pick_place(page: Page) -> None:
    page.locator("#id_region_code_text").click()
    page.keyboard.type("东街")
    expect(page.locator("[role=option]").first).to_contain_text("东街街道")
    page.keyboard.press("Enter")


def answer_it(world: World, appeal: Appeal) -> None:
    """What the staff do meanwhile."""
    at = clock.now()
    dispatcher, clerk = world.actor("dispatcher"), world.actor("clerk")
    intake.accept(appeal, actor=dispatcher, at=at, category_code="0105")
    dispatch.assign(appeal, Order(lead=world.units["urban"]), actor=dispatcher, at=at)
    handling.sign(make.lead_of(appeal), actor=clerk, at=at)
    reported = make.report(world, make.lead_of(appeal), at)
    review.approve(reported, "情况属实", actor=world.actor("reviewer"), at=at + make.minutes(30))


def test_a_web_appeal_from_the_first_word_to_the_archive(
    world: World, visitor: Page, asked_in_gulou: LocalForm
) -> None:
    page = visitor
    page.goto("/")
    page.get_by_role("link", name="我要反映").click()

    # what is wrong is listed, with the way to each place
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".wrong-list")).to_contain_text("请写下发生了什么事")
    expect(page.locator("#id_content")).to_be_focused()
    page.locator("#id_content").fill(MATTER)
    page.locator(".segmented label", has_text="求助").click()
    pick_place(page)
    expect(page.get_by_text("路灯情况")).to_be_visible()
    page.locator("#id_address").fill("东街 12 号")

    # a program is no picture; the picture beside it stays; the local question has its own error
    page.locator("input[type=file]").set_input_files(
        [
            {"name": "照片.jpg", "mimeType": "image/jpeg", "buffer": b"MZ\x90\x00" + b"x" * 300},
            {"name": "路灯.png", "mimeType": "image/png", "buffer": PNG},
        ]
    )
    page.locator("#id_phone").fill("1381234")
    page.locator("#id_local_lamps").fill("三盏")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#files .field-error")).to_contain_text("实际是程序")
    expect(page.locator("#files")).to_contain_text("路灯.png")
    expect(page.locator("#id_phone_error")).to_contain_text("11 位")
    page.locator("#id_phone").fill("13812342046")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#id_local_pole_error")).to_contain_text("灯杆编号")
    expect(page.locator("#id_local_lamps_error")).to_contain_text("坏了几盏")
    expect(page.locator("#id_local_lamps")).to_have_value("三盏")
    expect(page.locator("#id_content")).to_have_value(MATTER)

    page.locator("#id_local_pole").fill("DJ-017")
    page.locator("#id_local_lamps").fill("3")
    page.get_by_role("button", name="提交", exact=True).dblclick()
    page.wait_for_url("**/submitted/")
    appeal = Appeal.objects.get()
    expect(page.locator(".receipt")).to_contain_text(appeal.query_code)
    assert appeal.local_answers == {"pole": "DJ-017", "lamps": 3}
    assert list(Attachment.objects.values_list("name", flat=True)) == ["路灯.png"]

    page.get_by_role("link", name="看办理进展").click()
    expect(page.locator("h1")).to_contain_text("已收到")
    page.get_by_role("link", name="补充情况或照片").click()
    page.locator("#id_text").fill("又坏了一盏")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator(".timeline")).to_contain_text("又坏了一盏")
    appeal.refresh_from_db()

    answer_it(world, appeal)
    page.reload()
    expect(page.locator("h1")).to_contain_text("已答复")
    expect(page.locator("main")).to_contain_text("劝离占道摊点三处")
    page.get_by_role("link", name="评价这次办理").click()
    page.locator(".segmented label", has_text="没有解决").click()
    page.locator(".segmented label", has_text="非常不满意").click()
    expect(page.locator("#id_dissatisfied_reason")).to_be_visible()
    page.locator(".segmented label").get_by_text("非常满意", exact=True).click()
    expect(page.locator("#id_dissatisfied_reason")).to_be_hidden()
    page.locator(".segmented label").get_by_text("解决了", exact=True).click()
    page.get_by_role("button", name="提交", exact=True).click()

    expect(page.locator("h1")).to_contain_text("已办结")
    appeal.refresh_from_db()
    assert (appeal.status, appeal.satisfaction) == ("closed", 5)

    a_season_passes()
    page.reload()
    expect(page.locator("h1")).to_contain_text("已办结")
    assert status_of(appeal.number) == "archived"


def test_a_session_that_ran_out_keeps_what_was_being_added(world: World, visitor: Page) -> None:
    appeal = make.dispatched(world)
    visitor.goto(f"/progress/{appeal.number}/facts/")
    visitor.locator("#id_proof").fill(appeal.query_code)
    visitor.get_by_role("button", name="查询").click()
    visitor.locator("#id_text").fill("今天又来了，拍了照片")

    visitor.context.clear_cookies()
    visitor.get_by_role("button", name="提交", exact=True).click()
    expect(visitor.locator("main")).to_contain_text("刚才写的内容已保留")
    visitor.locator("#id_proof").fill(appeal.query_code)
    visitor.get_by_role("button", name="查询").click()

    expect(visitor.locator("#id_text")).to_have_value("今天又来了，拍了照片")
    visitor.get_by_role("button", name="提交", exact=True).click()
    expect(visitor.locator(".timeline")).to_contain_text("今天又来了")


def test_going_back_and_sending_again_makes_no_second_appeal(world: World, visitor: Page) -> None:
    visitor.goto("/submit/")
    visitor.locator("#id_content").fill(MATTER)
    pick_place(visitor)
    visitor.locator("#id_phone").fill("13812342046")
    visitor.get_by_role("button", name="提交", exact=True).click()
    visitor.wait_for_url("**/submitted/")

    visitor.go_back()
    expect(visitor.locator("#id_content")).to_have_value(MATTER)
    if not visitor.locator("#id_region_code").input_value():
        pick_place(visitor)
    visitor.get_by_role("button", name="提交", exact=True).click()
    visitor.wait_for_url("**/submitted/")

    assert Appeal.objects.count() == 1


def test_without_script_the_place_is_found_by_its_words(
    world: World, browser: Browser, live_server: LiveServer
) -> None:
    context = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, viewport={"width": 390, "height": 844}
    )
    page = context.new_page()
    page.goto("/submit/")
    page.locator("#id_content").fill(MATTER)
    page.locator("#id_phone").fill("13812342046")

    page.locator("#id_region_code_text").fill("区")
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.locator("#id_region_code_error")).to_contain_text("不止一个")
    page.get_by_label("福州市鼓楼区", exact=True).check()
    page.get_by_role("button", name="提交", exact=True).click()

    expect(page.locator(".receipt")).to_contain_text("福州市鼓楼区")
    assert Appeal.objects.get().region == world.regions["350102"]
    context.close()


def test_what_does_not_concern_one_is_not_asked(world: World, visitor: Page) -> None:
    visitor.goto("/submit/")
    expect(visitor.locator("#id_enterprise")).to_be_hidden()

    visitor.locator(".segmented label", has_text="企业").click()
    expect(visitor.locator("#id_enterprise")).to_be_visible()
    visitor.locator("#id_is_anonymous").check()

    for hidden in ("#id_enterprise", "#id_phone", "#id_name"):
        expect(visitor.locator(hidden)).to_be_hidden()


@pytest.mark.parametrize("width", [390, 320])
def test_large_print_and_dark_fit_a_small_screen(world: World, visitor: Page, width: int) -> None:
    """320 px is what a 1280 px screen has left at four times its size."""
    appeal = make.answered(world)
    visitor.set_viewport_size({"width": width, "height": 844})
    visitor.goto("/")
    visitor.get_by_role("button", name="大字").click()
    visitor.get_by_role("button", name="深色").click()
    visitor.goto(f"/query/?number={appeal.number}")
    visitor.locator("#id_proof").fill(appeal.query_code)
    visitor.get_by_role("button", name="查询").click()

    for address in ("/", "/submit/", "/query/", "/answers/", f"/progress/{appeal.number}/",
                    f"/progress/{appeal.number}/rate/"):  # fmt: skip
        visitor.goto(address)
        assert visitor.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
        small = visitor.evaluate(
            """[...document.querySelectorAll('main button, main a, main .choice, main input,'
              + ' main select, main textarea, main summary')]
            .filter(e => e.getClientRects().length && !e.closest('p, .choice input, .skip-link'))
            .filter(e => !['radio', 'checkbox', 'file', 'hidden'].includes(e.type))
            .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height])
            .filter(([, height]) => height < 44)"""
        )
        assert small == [], address
