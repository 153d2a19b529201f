"""A real browser on the gallery's pages."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from django.urls import include, path
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
EXPECTED = re.compile("Failed to load resource|Response Status Error Code 401")
AXE = ROOT / "node_modules/axe-core/axe.min.js"
urlpatterns = [
    path("", include("jiesu.web.urls")),
    path("gallery/", include("jiesu.web.gallery.urls")),
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window, and the bundle up to date."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.skip("no chromium on this machine")
    force = [] if AXE.exists() else ["--force"]
    subprocess.run([sys.executable, ROOT / "scripts/build_frontend.py", *force], check=True)
    # The driver keeps an event loop in this thread; the database is used beside it all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, live_server: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A fresh tab at an office screen; whatever it complains of fails the test."""
    with override_settings(ROOT_URLCONF=__name__):
        context = browser.new_context(
            base_url=live_server.url,  # type: ignore[attr-defined]  # pytest-django's LiveServer
            viewport={"width": 1366, "height": 768},
            locale="zh-CN",
        )
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text)
                if said.type == "error" and not EXPECTED.search(said.text)
                else None
            ),
        )
        yield page
        context.close()
    assert complaints == []
