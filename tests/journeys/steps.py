"""What several stories do alike."""

import datetime as dt
import re

from playwright.sync_api import Page

from jiesu.appeals.models import Appeal
from jiesu.foundation import clock
from jiesu.jobs import deadlines


def status_of(number: str) -> str:
    """Where an order stands in the database."""
    return Appeal.objects.get(number=number).status


def choose(page: Page, name: str, words: str, label: str) -> None:
    """Choose in a picker as one does: type, wait for the match, click it."""
    page.locator(f"#id_{name}_text").fill(words)
    page.locator(f"#id_{name}_list [role=option]").filter(has_text=label).first.click()


def registered_by_phone(agent: Page) -> str:
    """The agent types while the caller speaks; gives the order's number."""
    agent.goto("/seat/")
    agent.locator("#id_content").fill(
        "来电人反映东街口地铁站C口有商贩长期占道经营，影响通行，要求尽快处理。"
    )
    agent.locator("#id_phone").fill("13812342046")
    agent.locator("#id_name").fill("陈小满")
    agent.locator("#intake").get_by_text("投诉", exact=True).click()
    choose(agent, "category_code", "0105", "0105")
    choose(agent, "region_code", "东街", "东街街道")
    agent.locator("#id_address").fill("东街口地铁站C口")
    agent.locator("#id_title").fill("东街口地铁站C口占道经营")
    with agent.expect_navigation():
        agent.get_by_role("button", name=re.compile("^提交派单")).click()
    agent.goto("/seat/mine/")
    agent.get_by_role("link", name="东街口地铁站C口占道经营").first.click()
    agent.wait_for_url("**/orders/*/")
    return agent.url.rstrip("/").rsplit("/", 1)[-1]


def a_season_passes() -> None:
    """The loop that archives turns a hundred days from now."""
    deadlines.tick(clock.now() + dt.timedelta(days=100))
