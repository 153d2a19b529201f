"""The efficiency office's month: scores, a bulletin, a leader's note, a listed matter, a case."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World
from tests.scoring.conftest import AFTER, OCTOBER, Office, days, office

from jiesu.appeals.actions import callback, dispatch, handling, review
from jiesu.appeals.actions.callback import Said
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.models import Appeal
from jiesu.foundation import clock
from jiesu.inspection import clues
from jiesu.inspection.models import Case, Clue
from jiesu.scoring import periods, tasks
from jiesu.scoring.models import Exclusion, Period
from jiesu.supervision import ledgers
from jiesu.supervision.ledgers import Line
from jiesu.supervision.models import LedgerEntry

__all__ = ["office"]

PHONE = {"width": 390, "height": 844}
Desk = Callable[..., Page]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[dt.datetime]:
    """The desks' clock, in the test's hands."""
    held = [AFTER]
    monkeypatch.setattr(clock, "now", lambda: held[0])
    return held


def confirm(page: Page, name: str) -> None:
    """Press a button that asks first, and say yes."""
    page.get_by_role("button", name=name, exact=True).click()
    page.locator("dialog[open] .dialog-foot .is-main").click()


def act(page: Page, name: str, **typed: str) -> None:
    """Open an action's dialog, fill it, send it, and wait for the page that follows."""
    page.get_by_role("button", name=name, exact=True).click()
    dialog = page.locator("dialog[open]")
    fill(dialog, **typed)
    dialog.locator(".dialog-foot .is-main").click()
    expect(dialog).to_have_count(0)


def fill(place: Page | Locator, **typed: str) -> None:
    """Fill fields by name; ``choose`` is the words of a segment."""
    for name, words in typed.items():
        if name == "choose":
            place.locator(".segmented label", has_text=re.compile(rf"^\s*{words}")).click()
        else:
            place.locator(f"[name={name}]").fill(words)


def send(page: Page) -> None:
    """Send the page's form."""
    page.locator("main form .form-foot .is-main").click()


def fits(page: Page) -> bool:
    """Whether nothing of the page lies beyond the window's right edge."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def good_of(world: World, unit: str, clerk: str) -> None:
    """An order that another unit opened, answered and closed in time, to the citizen's liking."""
    appeal = dispatch.assign(
        make.accepted(world, OCTOBER), Order(lead=world.units[unit], reason="由其主管"),
        actor=world.actor("dispatcher"), at=OCTOBER + make.minutes(30),
    )  # fmt: skip
    actor, at = world.actor(clerk), OCTOBER + make.minutes(60)
    handling.sign(make.lead_of(appeal), actor=actor, at=at)
    handling.contact(
        make.lead_of(appeal), way="phone", reached=True, note="已电话联系诉求人。",
        actor=actor, at=at,
    )  # fmt: skip
    handling.report(make.lead_of(appeal), make.GOOD_ANSWER, actor=actor, at=at)
    review.approve(
        Appeal.objects.get(pk=appeal.pk), actor=world.actor("reviewer"), at=at + make.minutes(60)
    )
    callback.record(
        Appeal.objects.get(pk=appeal.pk),
        Said(reached=True, solved=True, satisfaction=5, note="满意"),
        actor=world.actor("callback"), at=at + make.minutes(90),
    )  # fmt: skip


def test_the_office_runs_a_month_from_preview_to_bulletin_and_correction(
    office: Office, desk: Desk, now: list[dt.datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(periods, "KEPT_FRESH", dt.timedelta(0))
    world = office.world
    good_of(world, "environment", "environment_clerk")
    good_of(world, "street", "street_clerk")
    office.good()
    wins, loses = office.late(), office.late(OCTOBER + make.minutes(90))

    # preview, frozen
    supervisor = desk("supervisor")
    period = office.period()
    tasks.count_period.func(period.pk, "孙效")
    supervisor.goto(f"/scoring/periods/{period.pk}/")
    confirm(supervisor, "冻结")
    expect(supervisor.locator("body")).to_contain_text("申请剔除")

    # the unit's leader asks for two
    leader = desk("unit_leader")
    for number in (wins.number, loses.number):
        leader.goto(f"/scoring/periods/{period.pk}/units/{world.units['urban'].pk}/")
        leader.locator(".worst li", has_text=number).get_by_role("link", name="申请剔除").click()
        leader.locator("[name=ground]").select_option("unreasonable")
        fill(leader, reason="经现场核查，诉求人的要求没有法律依据。")
        leader.locator("input[type=file]").set_input_files(
            {"name": "证据.txt", "mimeType": "text/plain", "buffer": "现场核查记录。".encode()}
        )
        send(leader)
        leader.wait_for_url(re.compile(r"/(exclusions|units)/\d+/"))

    # two different people: one wins, one loses
    second = desk("supervisor2")
    asked = {one.number: one.pk for one in Exclusion.objects.all()}
    for number, words in ((wins.number, "同意剔除"), (loses.number, "不予剔除")):
        for window in (supervisor, second):
            window.goto(f"/scoring/exclusions/{asked[number]}/")
            fill(window, choose=words, note="已核对证据。")
            window.locator("aside form .is-main").click()
            expect(window.locator("body")).to_contain_text("已记下您的审定")
    states = dict(Exclusion.objects.values_list("number", "state"))
    assert states == {wins.number: "granted", loses.number: "refused"}

    # published; the worst orders two clicks from the period
    now[0] = AFTER + days(10)
    supervisor, leader = desk("supervisor"), desk("unit_leader")  # sessions ran out in ten days
    supervisor.goto(f"/scoring/periods/{period.pk}/")
    confirm(supervisor, "公布")
    black = supervisor.locator(".panel.is-red", has_text="黑榜")
    black.get_by_role("link", name="鼓楼区城市管理局").click()
    supervisor.locator(f".worst a[href='/orders/{loses.number}/']").click()
    expect(supervisor).to_have_url(re.compile(f"/orders/{loses.number}/"))

    # a bulletin: drafted, handed up, approved on a phone, let out, read by the unit
    supervisor.goto("/bulletins/")
    supervisor.get_by_role("button", name="拟写通报").click()
    supervisor.wait_for_url(re.compile(r"/bulletins/\d+/"))
    paper = supervisor.url
    supervisor.locator(".actions .is-main").click()
    supervisor.locator("dialog[open] .dialog-foot .is-main").click()
    expect(supervisor.locator("dialog[open]")).to_have_count(0)
    mayor = desk("leader", PHONE)
    mayor.goto("/supervision/leader/")
    mayor.locator(".panel", has_text="请您批准的通报").locator("a").click()
    assert fits(mayor)
    mayor.locator(".actions .is-main").click()
    mayor.locator("dialog[open] .dialog-foot .is-main").click()
    expect(mayor.locator("dialog[open]")).to_have_count(0)
    supervisor.goto(paper)
    supervisor.locator(".actions .is-main").click()
    supervisor.locator("dialog[open] .dialog-foot .is-main").click()
    expect(supervisor.locator(".paper-number")).to_be_visible()
    leader.goto(paper)
    expect(leader.locator("article.paper")).to_contain_text("鼓楼区城市管理局")
    with leader.expect_download() as taken:
        leader.get_by_role("link", name="PDF").click()
    assert taken.value.path().read_bytes().startswith(b"%PDF")

    # a fault found later makes a visible revision, and the bulletin says so
    supervisor.goto("/scoring/faults/new/")
    supervisor.locator("#id_unit_text").fill("鼓楼区城市")
    supervisor.locator("[role=option]", has_text="鼓楼区城市管理局").first.click()
    supervisor.locator("[name=kind]").select_option("knowledge_base")
    fill(supervisor, day="2026-10-20", basis="知识库未按季更新。")
    send(supervisor)
    supervisor.wait_for_url("**/scoring/faults/")
    supervisor.goto(f"/scoring/periods/{period.pk}/")
    act(supervisor, "更正", reason="补登十月一项过错。")
    expect(supervisor.locator(".page-head")).to_contain_text("有更正")
    supervisor.get_by_role("link", name="各版本").click()
    expect(supervisor.locator("main")).to_contain_text("更正 1")
    expect(supervisor.locator("main")).to_contain_text("补登十月一项过错。")
    assert Period.objects.get().revisions.count() == 3
    supervisor.goto(paper)
    expect(supervisor.get_by_role("button", name="拟写更正通报")).to_be_visible()


def test_a_leader_notes_on_a_phone_and_sees_the_units_answer(
    world: World, desk: Desk, now: list[dt.datetime]
) -> None:
    now[0] = MONDAY + dt.timedelta(hours=3)
    appeal = make.dispatched(world)
    mayor = desk("leader", PHONE)
    mayor.goto(f"/supervision/notes/new/?number={appeal.number}")
    fill(mayor, text="请城管局本周内解决。", limit_days="3")
    assert fits(mayor)
    send(mayor)
    mayor.wait_for_url(re.compile(r"/supervision/notes/\d+/"))
    note = mayor.url
    expect(mayor.locator("main")).to_contain_text("待反馈")

    clerk = desk("clerk")
    clerk.goto("/supervision/mine/?tab=notes")
    clerk.locator("main a[href*='/supervision/notes/']").first.click()
    act(clerk, "反馈落实情况", text="已清理并长效巡查。")

    mayor.goto("/supervision/leader/")
    mayor.locator(".panel", has_text="批示已有反馈").locator("a").click()
    expect(mayor).to_have_url(note)
    expect(mayor.locator("main")).to_contain_text("已清理并长效巡查。")
    assert fits(mayor)


def test_a_listed_matter_is_struck_off_by_three_people_and_falls_back(
    world: World, desk: Desk, now: list[dt.datetime]
) -> None:
    now[0] = MONDAY + dt.timedelta(hours=3)
    entry = ledgers.enter(
        Line("listed", "东街口占道经营", world.units["urban"], "周敏", dt.date(2026, 12, 1)),
        actor=world.actor("supervisor"), at=now[0],
    )  # fmt: skip
    page = f"/supervision/ledgers/{entry.pk}/"
    clerk, caller, supervisor = (desk(n) for n in ("clerk", "callback", "supervisor"))

    clerk.goto(page)
    act(clerk, "申请销号", evidence="摊点已清理，早晚巡查。")
    supervisor.goto(page)
    expect(supervisor.get_by_role("button", name="审批销号")).to_have_count(0)
    caller.goto(page)
    act(caller, "回访核实", choose="已解决", note="诉求人确认已解决。")
    supervisor.goto(page)
    act(supervisor, "审批销号", choose="同意销号", decision="同意")
    expect(supervisor.locator(".page-head")).to_contain_text("已销号")

    act(supervisor, "登记回潮", reason="巡查发现摊点又回来了。")
    expect(supervisor.locator(".page-head")).to_contain_text("回潮")
    again = LedgerEntry.objects.get()
    assert (again.status, again.relapse_count, again.closed_on) == ("relapsed", 1, None)
    clerk.goto(page)
    expect(clerk.get_by_role("button", name="申请销号")).to_be_visible()


def test_a_clue_becomes_a_case_whose_outcome_two_people_decide(
    world: World, desk: Desk, now: list[dt.datetime]
) -> None:
    now[0] = MONDAY + days(1)
    appeal = make.dispatched(world)
    clue = clues.lay(
        "shirking", world.units["urban"], [appeal.number], "推诿", actor=world.actor("supervisor"),
        at=now[0],
    )  # fmt: skip
    supervisor = desk("supervisor")
    supervisor.goto("/efficiency/")
    supervisor.locator(f"main a[href$='/{clue.pk}/']").first.click()
    supervisor.get_by_role("link", name="立案").click()
    expect(supervisor.locator("[name=matter]")).to_have_value(re.compile(appeal.number))
    send(supervisor)
    supervisor.get_by_role("link", name="开始核查").click()
    send(supervisor)
    supervisor.locator(".actions .is-main").click()
    fill(supervisor, findings="经核查，退单没有依据。", choose="属实", basis="《条例》第二十条")
    supervisor.locator("[name=outcome]").select_option("talk")
    send(supervisor)
    expect(supervisor.locator("main")).to_contain_text("须由另一人审定")
    expect(supervisor.locator(".actions")).to_have_count(0)

    mayor = desk("leader")
    mayor.goto(supervisor.url)
    mayor.locator(".actions .is-main").click()
    fill(mayor, note="同意")
    send(mayor)
    expect(mayor.locator("main")).to_contain_text("李市长")
    supervisor.reload()
    supervisor.locator(".actions .is-main").click()
    fill(supervisor, note="已约谈主要负责人。")
    send(supervisor)

    expect(supervisor.locator(".page-head")).to_contain_text("办结")
    case = Case.objects.get()
    assert (case.stage, case.outcome) == ("closed", "talk")
    assert (case.proposer_name, case.decider_name) == ("孙效", "李市长")
    assert Clue.objects.get().case == case
