"""The components say what they must, in words, safely."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory

from jiesu.foundation import clock
from jiesu.web.components.pieces import (
    Action,
    Bulk,
    Cell,
    ClockFace,
    Column,
    Empty,
    Entry,
    Tab,
    Table,
    Tag,
    WhyNot,
)
from jiesu.web.components.times import citizen_time, when_words
from jiesu.web.components.widgets import Picker, Segmented
from jiesu.web.paging import KeyPage

BEIJING = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=BEIJING)


def draw(text: str, **given: object) -> str:
    return Template(text).render(Context({"request": RequestFactory().get("/?tab=2"), **given}))


@pytest.mark.parametrize(
    ("state", "look", "fallback"),
    [
        ("ok", "is-green", "在限期内"),
        ("yellow", "is-amber", "即将到期"),
        ("red", "is-red", "已超期"),
        ("paused", "is-paused", "挂起"),
        ("done_in_time", "is-done", "准时"),
        ("done_late", "is-late", "超期完成"),
    ],
)
def test_a_limit_badge_always_has_words(state: str, look: str, fallback: str) -> None:
    silent = draw("{% deadline_badge face %}", face=ClockFace(state, ""))
    spoken = draw("{% deadline_badge face '办理' %}", face={"state": state, "words": "剩 3 工时"})

    assert look in silent
    assert fallback in silent
    assert ">办理 剩 3 工时<" in spoken


def test_a_limit_badge_tells_the_exact_time_in_its_title() -> None:
    face = ClockFace("yellow", "剩 1 工作日", NOW, NOW - dt.timedelta(hours=2))

    badge = draw("{% deadline_badge face %}", face=face)

    assert "到期 2026-11-23 10:00:00 星期一；2026-11-23 08:00:00 星期一 起黄牌" in badge


def test_no_limit_shows_nothing() -> None:
    assert draw("{% deadline_badge face %}", face=None).strip() == ""


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW.replace(hour=9, minute=20), "今天 09:20"),
        (NOW - dt.timedelta(days=1), "昨天 10:00"),
        (NOW + dt.timedelta(days=1), "明天 10:00"),
        (NOW - dt.timedelta(days=4), "11-19 10:00"),
        (NOW - dt.timedelta(days=400), "2025-10-19 10:00"),
        (NOW.astimezone(dt.UTC) - dt.timedelta(hours=11), "昨天 23:00"),
        (dt.date(2026, 11, 24), "明天"),
        (dt.date(2026, 12, 24), "12-24"),
    ],
)
def test_a_time_is_told_by_its_nearness(at: dt.datetime | dt.date, words: str) -> None:
    assert when_words(at, NOW) == words


@pytest.mark.parametrize(
    ("hour", "minute", "words"),
    [
        (14, 0, "11月23日下午2点"),
        (9, 30, "11月23日上午9点半"),
        (12, 5, "11月23日中午12点5分"),
        (18, 0, "11月23日晚上6点"),
        (5, 0, "11月23日凌晨5点"),
        (0, 0, "11月22日24点"),
    ],
)
def test_a_citizen_hears_the_time_as_on_the_phone(hour: int, minute: int, words: str) -> None:
    assert citizen_time(NOW.replace(hour=hour, minute=minute)) == words


def test_what_a_citizen_wrote_is_text_and_never_markup() -> None:
    evil = "<script>alert(1)</script>"
    columns = [
        Column("诉求", lambda row: Cell(row, row, href="/x/", tags=[Tag(row, "red")]), "title")
    ]
    table = Table(columns, KeyPage([evil]), key=lambda row: row, bulk=[Bulk(evil, url="/y/")])
    timeline = [Entry(evil, NOW, evil, evil, facts=[(evil, evil)])]
    actions = [Action(evil, post="/z/", confirm=evil), Action(evil, href="/z/", main=True)]

    page = draw(
        "{% order_table table %}{% timeline entries %}{% actions_panel actions why %}"
        "{% masked evil '/r/' evil %}{% empty_state evil evil %}{% status_tag evil %}",
        table=table, entries=timeline, actions=actions, why=[WhyNot(evil, evil)], evil=evil,
    )  # fmt: skip

    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 12


def test_chosen_rows_are_sent_by_their_keys_and_the_bulk_buttons_wait_for_a_choice() -> None:
    table = Table(
        [Column("工单", lambda row: Cell(row))],
        KeyPage(["A1", "A2"], next="tok"),
        key=lambda row: row,
        bulk=[Bulk("批量签收", url="/sign/", key="s", confirm="签收？")],
        pickable=lambda row: row == "A1",
    )

    page = draw("{% order_table table %}", table=table)

    assert page.count('name="picked"') == 1
    assert 'name="picked" value="A1"' in page
    assert 'formaction="/sign/"' in page
    assert "data-bulk disabled" in page
    assert 'name="idempotency_key"' in page
    assert 'href="?tab=2&amp;after=tok"' in page


def test_an_empty_list_says_what_to_do() -> None:
    empty = Empty("没有待签收的工单", "新派来的会出现在这里。", "看办理中", "/unit/?tab=handling")

    page = draw("{% order_table table %}", table=Table([], KeyPage([]), empty=empty))

    assert "没有待签收的工单" in page
    assert 'href="/unit/?tab=handling"' in page
    assert "<table" not in page


def test_a_tab_is_red_only_while_something_is_overdue() -> None:
    some = draw("{% tabs items %}", items=[Tab("已超期", "?", 2, red=True)])
    none = draw("{% tabs items %}", items=[Tab("已超期", "?", 0, red=True, current=True)])

    assert "is-red" in some
    assert "is-red" not in none
    assert 'aria-current="page"' in none


class Everything(forms.Form):
    title = forms.CharField(label="标题", max_length=60, min_length=4, help_text="写清地点。")
    urgency = forms.ChoiceField(label="紧急程度", choices=[("3", "一般")], widget=Segmented)
    category = forms.CharField(label="类别", widget=Picker("/pick/", lambda value: f"类 {value}"))
    agree = forms.BooleanField(label="同意公开")


def test_a_field_ties_label_help_error_and_counter_to_its_input() -> None:
    form = Everything({"title": "x"})

    page = draw("{% field form.title key='alt+t' counter=True %}", form=form)

    assert 'for="id_title"' in page
    assert "<kbd>Alt T</kbd>" in page
    assert 'data-key="alt+t"' in page
    assert 'aria-describedby="id_title_help id_title_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'id="id_title_help">写清地点。' in page
    assert 'id="id_title_error">' in page
    assert 'data-counts="id_title" data-limit="60" data-least="4"' in page
    assert "maxlength" not in page  # a paste must not be cut silently


def test_a_picker_keeps_a_value_and_shows_its_words() -> None:
    form = Everything(initial={"category": "0501"})

    page = draw("{% field form.category key='alt+c' %}", form=form)

    assert 'type="hidden" name="category" id="id_category" value="0501"' in page
    assert 'name="category_label" value="类 0501"' in page
    assert 'role="combobox"' in page
    assert 'aria-controls="id_category_list"' in page
    assert 'for="id_category_text"' in page
    assert 'data-url="/pick/"' in page


def test_radios_and_a_tick_have_labels_and_a_group_its_legend() -> None:
    form = Everything({})

    page = draw("{% field form.urgency key='alt+u' %}{% field form.agree %}", form=form)

    assert "<legend" in page
    assert 'class="segmented"' in page
    assert page.count('data-key="alt+u"') == 1
    assert 'for="id_agree"' in page


def test_every_form_has_a_key_of_its_own() -> None:
    first, second = draw("{% idempotency_key %}"), draw("{% idempotency_key %}")

    assert first != second
    assert len(first.split('value="')[1].split('"')[0]) >= 24


def test_a_time_that_is_missing_is_a_dash() -> None:
    page = draw("{% when at %}{% exactly at '未定' %}", at=None)

    assert page == "—未定"


def test_the_present_moment_is_today() -> None:
    assert "今天" in draw("{% when at %}", at=clock.now())


def test_actions_post_with_the_version_that_the_page_shows() -> None:
    page = draw("{% actions_panel actions %}", actions=[Action("签收", post="/s/", version=7)])

    assert 'name="version" value="7"' in page
    assert 'action="/s/"' in page


def test_nothing_to_do_is_said() -> None:
    page = draw("{% actions_panel actions why %}", actions=[], why=[WhyNot("退单", "已指定承办。")])

    assert "现在没有需要您办的事" in page
    assert "不能退单：已指定承办。" in page


def test_a_field_left_empty_is_named() -> None:
    form = Everything({})

    page = draw("{% field form.title %}{% field form.category %}", form=form)

    assert "请填写标题。" in page
    assert "请选择类别。" in page
    assert "必填项" not in page
