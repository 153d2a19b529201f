"""A real browser in front of a real server, with the tests' world behind it.

``desk("agent")`` opens a window of a person who is signed in; ``visitor`` is a citizen's window. A
window fails its test when a script breaks, a resource is refused by the content security policy, or
an answer is a 5xx. ``CHROMIUM`` names the browser (scripts/chromium.py finds or installs one).
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer
from tests.factories.world import PASSWORD, World

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import chromium as local_chromium

OFFICE = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}

# Playwright's own loop runs in this thread; the ORM calls of a test are not inside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies in this folder is a journey."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys."""
    path = local_chromium.find()
    if path is None:
        pytest.skip("no Chromium here: python scripts/chromium.py")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path, headless=True, args=local_chromium.FLAGS
        )
        yield running
        running.close()


class Windows:
    """The windows of one journey, and what went wrong in them."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address
        self.contexts: list[BrowserContext] = []
        self.troubles: list[str] = []

    def open(self, size: dict[str, int] = OFFICE) -> Page:
        """A window of somebody new: no cookies, Chinese, Beijing time."""
        context = self.browser.new_context(
            base_url=self.address,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": size["width"], "height": size["height"]},
        )
        context.set_default_timeout(60_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        page.on(
            "console",
            lambda line: (
                self.troubles.append(f"console: {line.text}")
                if line.type == "error"
                and "Failed to load resource" not in line.text
                and "Error Code 401" not in line.text  # a session that ran out says so itself
                and "htmx:sendAbort" not in line.text  # a newer keystroke replaced the request
                and "htmx:afterRequest" not in line.text  # htmx logs it beside the abort
                else None
            ),
        )
        page.on(
            "response",
            lambda answer: (
                self.troubles.append(f"{answer.status} {answer.url}")
                if answer.status >= 500
                else None
            ),
        )
        return page

    def close(self) -> None:
        """Close them all."""
        for context in self.contexts:
            context.close()


@pytest.fixture
def windows(browser: Browser, live_server: LiveServer, world: World) -> Iterator[Windows]:
    """The windows of this test; nothing may have gone wrong in any of them."""
    opened = Windows(browser, live_server.url)
    yield opened
    opened.close()
    assert not opened.troubles


@pytest.fixture
def visitor(windows: Windows) -> Page:
    """A citizen's window, as wide as a phone."""
    return windows.open(PHONE)


@pytest.fixture
def desk(windows: Windows) -> Callable[..., Page]:
    """Opens the window of somebody at work: ``desk("dispatcher")``, ``desk("leader", PHONE)``."""

    def sign_in(username: str, size: dict[str, int] = OFFICE) -> Page:
        page = windows.open(size)
        page.goto("/account/sign-in/")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda url: "/account/sign-in/" not in url)
        return page

    return sign_in
