"""New work and lapsed limits appear in an open page; nobody reloads."""

import datetime as dt
from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.factories import appeals as make
from tests.factories.world import World

from jiesu.appeals.models import Appeal
from jiesu.foundation import clock


def test_an_open_list_tells_of_new_work_and_turns_a_lapsing_limit_red(
    desk: Callable[[str], Page], world: World
) -> None:
    appeal = make.accepted(world, clock.now(), title="将要超期的一件")
    due = clock.now() + dt.timedelta(seconds=12)
    Appeal.objects.filter(pk=appeal.pk).update(due_at=due, yellow_at=due - dt.timedelta(seconds=6))
    page = desk("dispatcher")
    page.goto("/dispatch/")
    page.evaluate("window.sameDocument = true")
    badge = page.locator("tr", has_text="将要超期的一件").locator(".badge")
    expect(badge).not_to_have_class("badge is-red")

    make.accepted(world, clock.now(), title="后来的一件")

    expect(badge).to_have_class("badge is-red", timeout=30_000)
    expect(badge).to_have_text("刚刚超期")
    expect(page.locator("a.news")).to_contain_text("工单新到或有变化", timeout=30_000)
    expect(page.locator("a.news")).to_contain_text("1 件刚刚超期", timeout=30_000)
    assert page.evaluate("window.sameDocument")
    page.locator("a.news").click()
    expect(page.get_by_text("后来的一件")).to_be_visible()
