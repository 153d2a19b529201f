"""Everybody gets in, and nothing on the way is broken."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page


def test_a_citizen_sees_the_front_page_on_a_phone(visitor: Page) -> None:
    visitor.goto("/")

    assert "12345" in visitor.title()
    width = visitor.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


@pytest.mark.parametrize(
    "username",
    ["agent", "dispatcher", "reviewer", "callback", "clerk", "supervisor", "leader",
     "system_admin", "security_admin", "audit_admin"],
)  # fmt: skip
def test_each_desk_opens(desk: Callable[[str], Page], username: str) -> None:
    page = desk(username)

    assert page.locator("h1").count() >= 1
    assert page.get_by_text("退出登录").count() + page.locator("header").count() >= 1


def test_a_wrong_password_stays_at_the_door(visitor: Page) -> None:
    visitor.goto("/account/sign-in/")
    visitor.fill("input[name=username]", "agent")
    visitor.fill("input[name=password]", "not the password")
    visitor.press("input[name=password]", "Enter")
    visitor.wait_for_load_state()

    assert "/account/sign-in/" in visitor.url
    assert visitor.locator("input[name=password]").input_value() == ""
