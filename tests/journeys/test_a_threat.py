"""A threat shows at the seat while it is typed, and rings at the supervisor's with its clock."""

from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.factories.world import World

from jiesu.foundation import clock
from jiesu.jobs import delivery
from jiesu.warnings.models import Warning

THREAT = (
    "东街口路灯一直不亮，晚上回家看不见路。再不处理我就从你们大楼跳下去，药都准备好了，你们看着办！"
)


def test_a_threat_is_seen_while_typing_and_rings_with_its_clock(
    world: World, desk: Callable[[str], Page]
) -> None:
    seat = desk("agent")
    seat.goto("/seat/")
    expect(seat.locator("#id_content")).to_be_focused()
    seat.keyboard.type(THREAT)

    expect(seat.locator("#warn")).to_contain_text("扬言极端")
    expect(seat.locator("#warn mark")).to_contain_text("跳下去")
    expect(seat.locator("#warn")).to_contain_text("2 分钟内处置")
    seat.keyboard.press("F8")
    expect(seat.locator("#warn")).not_to_contain_text("登记为特急")

    # the title out of the text, by one key
    expect(seat.locator("#suggested-title")).to_contain_text("路灯")
    seat.keyboard.press("Alt+b")
    expect(seat.locator("#id_title")).not_to_have_value("")
    seat.locator("#id_phone").fill("13812342046")
    seat.locator(".segmented label", has_text="投诉").click()
    seat.locator("#id_region_code_text").click()
    seat.keyboard.type("东街")
    expect(seat.locator("[role=option]").first).to_contain_text("东街街道")
    seat.keyboard.press("Enter")
    seat.keyboard.press("Control+Enter")
    expect(seat.locator(".taken")).to_be_visible()
    while delivery.deliver(clock.now()).full:
        pass

    supervisor = desk("supervisor")
    supervisor.goto("/warnings/")
    ringing = supervisor.locator("section.panel", has_text="扬言极端")
    expect(ringing).to_contain_text("还有 1 分")
    ringing.get_by_role("button", name="已转110").click()

    expect(supervisor.locator("body")).to_contain_text("没有待处置的预警")
    assert Warning.objects.get().act == "police"
