"""What the modules of frontend/js promise, with a keyboard, a mouse and a phone."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, Request, expect
from tests.factories.world import PASSWORD, World

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).resolve().parents[3] / "node_modules/axe-core/axe.min.js"
PAGES = ["/gallery/", "/gallery/order/", "/gallery/form/", "/gallery/seat/", "/gallery/citizen/"]


def posts_of(page: Page) -> list[str]:
    """The addresses that the page posts to, as it does."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.url)

    page.on("request", note)
    return sent


@pytest.mark.parametrize("address", PAGES)
def test_no_page_is_wider_than_a_phone_and_every_input_has_a_name(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})

    page.goto(address)

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    nameless = page.evaluate(
        """[...document.querySelectorAll('input:not([type=hidden]), select, textarea, button')]
        .filter(e => !(e.labels?.length || e.ariaLabel || e.textContent.trim() || e.title))
        .map(e => e.outerHTML)"""
    )
    assert nameless == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", [*PAGES, "/account/sign-in/", "/gallery/error/500/"])
def test_no_page_breaks_a_rule_of_accessibility_that_a_machine_can_check(
    page: Page, address: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(address)

    page.evaluate(AXE.read_text())
    rules = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", rules)

    broken = [
        (rule["id"], node["html"][:120]) for rule in found["violations"] for node in rule["nodes"]
    ]
    assert broken == []


@pytest.mark.parametrize("address", [*PAGES, "/gallery/error/404/", "/gallery/error/500/"])
def test_no_page_has_inline_style_or_script(page: Page, address: str) -> None:
    answer = page.request.get(address)

    html = answer.text()

    assert "style=" not in html
    assert "onclick=" not in html
    assert html.count("<script") == html.count('<script type="module" src=') + html.count(
        'type="application/json"'
    )
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_a_category_is_chosen_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/gallery/form/")

    page.keyboard.press("Alt+c")
    page.keyboard.type("噪声")
    expect(page.locator("[role=option]")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.locator("#id_category")).to_have_value("0502")
    expect(page.locator("#id_category_text")).to_have_value("社会生活噪声")
    expect(page.locator("[role=listbox]")).to_be_hidden()
    assert page.url.endswith("/gallery/form/")


def test_escape_leaves_a_picker_as_it_was(page: Page) -> None:
    page.goto("/gallery/form/")
    page.keyboard.press("Alt+c")
    page.keyboard.type("占道")
    expect(page.locator("[role=option]")).to_have_count(1)

    page.keyboard.press("Escape")

    expect(page.locator("#id_category")).to_have_value("0501")
    expect(page.locator("#id_category_text")).to_have_value("生态环境 › 0501")


def test_words_that_match_nothing_do_not_stay(page: Page) -> None:
    page.goto("/gallery/form/")
    page.keyboard.press("Alt+c")
    page.keyboard.type("没有的")
    expect(page.locator(".options .none")).to_be_visible()

    page.locator("#id_title").click()

    expect(page.locator("#id_category_text")).to_have_value("生态环境 › 0501")


def test_a_class_that_is_switched_off_cannot_be_taken(page: Page) -> None:
    page.goto("/gallery/form/")
    page.keyboard.press("Alt+c")
    page.keyboard.type("违法")
    expect(page.locator("[role=option][aria-disabled]")).to_have_count(1)

    page.locator("[role=option]").click(force=True)
    page.keyboard.press("Enter")

    expect(page.locator("#id_category")).to_have_value("0501")


def test_keys_go_to_fields_and_a_question_mark_shows_them_all(page: Page) -> None:
    page.goto("/gallery/form/")

    page.keyboard.press("Alt+t")
    expect(page.locator("#id_kind")).to_be_focused()
    page.keyboard.press("Alt+u")
    expect(page.locator("input[name=urgency]").first).to_be_focused()
    page.keyboard.press("Shift+Slash")

    shown = page.locator("dialog[open] .key-list")
    expect(shown).to_contain_text("诉求类型")
    expect(shown).to_contain_text("紧急程度")


def test_a_letter_that_is_typed_is_text_and_no_key(page: Page) -> None:
    page.goto("/gallery/form/")

    page.locator("#id_title").fill("")
    page.keyboard.type("why? / j k")

    expect(page.locator("#id_title")).to_have_value("why? / j k")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_single_keys_can_be_switched_off_for_good(page: Page) -> None:
    page.goto("/gallery/order/")
    page.keyboard.press("Shift+Slash")
    page.get_by_text("关闭单键快捷键").click()

    page.keyboard.press("c")
    page.reload()
    page.keyboard.press("c")

    expect(page.locator("dialog[open]")).to_have_count(0)


def test_a_loaded_dialog_shows_its_form_and_then_its_errors(page: Page) -> None:
    page.goto("/gallery/order/")

    page.keyboard.press("c")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("申请延期")
    dialog.locator("input[name=title]").fill("短")
    page.evaluate("document.querySelector('dialog form').noValidate = true")
    dialog.get_by_role("button", name="确定").click()

    expect(dialog.locator(".field-error").first).to_be_visible()
    expect(dialog.locator("input[name=title]")).to_have_value("短")


def test_what_must_be_confirmed_waits_for_the_answer(page: Page) -> None:
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.url) if request.method == "POST" else None
    )
    page.goto("/gallery/order/")

    page.get_by_role("button", name="转派").click()
    page.locator("dialog[open]").get_by_role("button", name="取消").click()
    assert sent == []
    page.get_by_role("button", name="转派").click()
    page.locator("dialog[open]").get_by_role("button", name="转派").click()
    page.wait_for_url("**/gallery/form/")

    assert len(sent) == 1


def test_a_double_click_sends_once(page: Page) -> None:
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.url) if request.method == "POST" else None
    )
    page.goto("/gallery/form/")

    page.get_by_role("button", name="提交派单").dblclick()
    page.wait_for_selector(".form-errors")

    assert len(sent) == 1


def test_a_refused_form_keeps_its_words_and_looks_at_the_first_error(page: Page) -> None:
    page.goto("/gallery/form/")
    page.locator("#id_title").fill("噪声")

    page.get_by_role("button", name="提交派单").click()

    expect(page.locator(".form-errors")).to_contain_text("权属目录里没有承办单位")
    expect(page.locator("#id_title")).to_be_focused()
    expect(page.locator("#id_title")).to_have_value("噪声")
    expect(page.locator("#id_title_error")).to_be_visible()


def test_a_draft_survives_the_page_and_goes_when_it_was_sent(page: Page) -> None:
    page.goto("/gallery/form/")
    page.locator("#id_title").fill("五一北路油烟")
    page.locator("#id_content").fill("每晚七点以后油烟直排，窗户不能开。")
    expect(page.locator("[data-draft-state]")).to_contain_text("已存")

    page.goto("/gallery/")
    page.goto("/gallery/form/")
    expect(page.locator("#id_title")).to_have_value("")
    page.get_by_role("button", name="恢复").click()

    expect(page.locator("#id_title")).to_have_value("五一北路油烟")
    expect(page.locator("#id_content")).to_have_value("每晚七点以后油烟直排，窗户不能开。")
    expect(page.locator("#id_category")).to_have_value("0501")


def test_a_dropped_draft_is_gone(page: Page) -> None:
    page.goto("/gallery/form/")
    page.locator("#id_title").fill("不要了")
    expect(page.locator("[data-draft-state]")).to_contain_text("已存")
    page.reload()

    page.get_by_role("button", name="丢弃").click()
    page.reload()

    expect(page.get_by_role("button", name="恢复")).to_have_count(0)


def test_counted_characters_turn_red_past_the_limit_and_nothing_is_cut(page: Page) -> None:
    page.goto("/gallery/form/")
    counter = page.locator("[data-counts=id_title]")

    page.locator("#id_title").fill("长" * 61)

    expect(counter).to_have_text("61 / 60")
    assert "is-red" in (counter.get_attribute("class") or "")
    expect(page.locator("#id_title")).to_have_value("长" * 61)


def test_rows_are_chosen_one_by_one_as_a_range_and_all_at_once(page: Page) -> None:
    page.goto("/gallery/")
    boxes = page.locator("tbody .pick input")
    picked = page.locator("[data-picked]")
    sign = page.get_by_role("button", name="批量签收")

    expect(sign).to_be_disabled()
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    expect(picked).to_have_text("已选 4 件")
    expect(sign).to_be_enabled()
    page.locator("thead .pick input").click()

    expect(picked).to_have_text("已选 7 件")


def test_a_list_is_walked_by_keys(page: Page) -> None:
    page.goto("/gallery/")

    for key in "jjjkx":
        page.keyboard.press(key)

    expect(page.locator("tbody tr").nth(1).locator(".pick input")).to_be_checked()
    page.keyboard.press("o")
    page.wait_for_url("**/gallery/order/")


def test_a_file_that_is_too_large_or_of_a_wrong_kind_never_travels(page: Page) -> None:
    page.goto("/gallery/")
    files = page.locator("input[type=file]")

    files.set_input_files(
        [
            {"name": "照片.jpg", "mimeType": "image/jpeg", "buffer": b"x" * 2048},
            {"name": "程序.exe", "mimeType": "application/octet-stream", "buffer": b"x"},
            {"name": "空.pdf", "mimeType": "application/pdf", "buffer": b""},
        ]
    )
    files.set_input_files(
        {"name": "大.pdf", "mimeType": "application/pdf", "buffer": b"x" * (21 * 1024 * 1024)}
    )

    expect(page.locator(".upload .files li")).to_have_count(1)
    toasts = page.locator("#toasts")
    for words in ("不是可以上传的类型", "是空文件", "超过 20 MB"):
        expect(toasts).to_contain_text(words)
    assert page.evaluate("document.querySelector('input[type=file]').files.length") == 1


def test_dark_and_large_print_are_remembered(page: Page) -> None:
    page.goto("/gallery/citizen/")
    page.get_by_role("button", name="大字").click()
    page.get_by_role("button", name="深色").click()

    page.reload()

    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", "dark")
    expect(root).to_have_attribute("data-print", "large")
    size = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert size == 20
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_paper_is_white_whatever_the_screen_is(page: Page) -> None:
    page.emulate_media(color_scheme="dark", media="print")

    page.goto("/gallery/order/")

    colours = page.evaluate(
        """['.panel', 'body'].map(name =>
        getComputedStyle(document.querySelector(name)).backgroundColor)"""
    )
    assert colours == ["rgb(255, 255, 255)"] * 2
    expect(page.get_by_role("navigation", name="工作台")).to_be_hidden()
    expect(page.get_by_role("button", name="重新提交答复")).to_be_hidden()


def test_on_a_phone_the_navigation_opens_and_closes(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/gallery/")
    nav = page.get_by_role("navigation", name="工作台")
    expect(nav).to_be_hidden()

    page.get_by_role("button", name="菜单").click()
    expect(nav).to_be_visible()
    page.keyboard.press("Escape")

    expect(nav).to_be_hidden()


def test_buttons_for_citizens_are_large_enough_for_a_thumb(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})

    page.goto("/gallery/citizen/")

    small = page.evaluate(
        """[...document.querySelectorAll('button, a, .choice, .input, select, .textarea')]
        .filter(e => e.getClientRects().length && !e.closest('.skip-link'))
        .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height])
        .filter(([, height]) => height < 40)"""
    )
    assert small == []


def test_a_page_without_expressions_loads_no_framework_for_them(page: Page) -> None:
    loaded: list[str] = []
    page.on("response", lambda answer: loaded.append(answer.url))

    page.goto("/gallery/form/")
    page.wait_for_load_state("networkidle")
    size = page.evaluate(
        """performance.getEntriesByType('resource').filter(e => e.name.endsWith('.js'))
        .reduce((sum, e) => sum + e.decodedBodySize, 0)"""
    )

    assert not any("charts" in url or "module.esm" in url for url in loaded)
    assert 0 < size <= 120 * 1024


def test_charts_and_expressions_come_only_where_a_page_asks_for_them(page: Page) -> None:
    page.goto("/gallery/lively/")

    expect(page.locator(".chart svg")).to_be_visible()
    expect(page.get_by_text("说明在这里")).to_be_hidden()
    page.get_by_role("button", name="看说明").click()

    expect(page.get_by_text("说明在这里")).to_be_visible()


def test_a_piece_that_polls_is_fresh_and_is_left_alone_while_someone_works_in_it(
    page: Page,
) -> None:
    page.goto("/gallery/lively/")
    piece = page.locator("[data-poll-url*=fresh]")
    expect(piece).to_contain_text("又看了一次")

    page.evaluate(
        """() => { const piece = document.querySelector('[data-poll-url*=fresh]');
        piece.innerHTML = '<input id="typing" aria-label="x">';
        document.getElementById('typing').focus(); }"""
    )
    page.keyboard.type("写到一半")
    page.wait_for_timeout(7000)

    expect(page.locator("#typing")).to_have_value("写到一半")


def come_in(page: Page) -> None:
    """Sign in as 周敏 on the page that asks for it."""
    page.locator("#id_username").fill("clerk")
    page.locator("#id_password").fill(PASSWORD)
    page.keyboard.press("Enter")


def test_a_form_sent_after_the_session_ran_out_comes_back_filled(page: Page, world: World) -> None:
    page.goto("/account/settings/")
    come_in(page)
    page.locator("#id_email").fill("zhou@fuzhou.example")
    page.context.clear_cookies(name="sessionid")

    page.get_by_role("button", name="保存").click()
    expect(page.locator(".notice")).to_contain_text("您填写的内容已保留")
    come_in(page)

    expect(page.locator("#restored-notice")).to_be_visible()
    expect(page.locator("#id_email")).to_have_value("zhou@fuzhou.example")


def test_a_page_with_typed_words_stays_while_one_signs_in_beside_it(
    page: Page, world: World
) -> None:
    page.goto("/account/settings/")
    come_in(page)
    page.locator("#id_email").fill("zhou@fuzhou.example")
    page.context.clear_cookies(name="sessionid")

    page.get_by_text("通知").first.click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="在新窗口登录").click()
    come_in(opened.value)
    expect(opened.value.get_by_text("回到刚才的页面")).to_be_visible()
    page.get_by_role("button", name="保存").click()

    expect(page.locator("#toasts")).to_contain_text("已保存")
    expect(page.locator("#id_email")).to_have_value("zhou@fuzhou.example")


def test_a_page_where_nothing_was_typed_goes_to_the_sign_in_page(page: Page, world: World) -> None:
    page.goto("/account/settings/")
    come_in(page)
    expect(page.locator("#id_email")).to_be_visible()
    page.context.clear_cookies(name="sessionid")

    page.get_by_text("通知").first.click()

    page.wait_for_url("**/account/sign-in/**")
