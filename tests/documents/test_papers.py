"""Official papers: what was put in can be read back from Word and PDF, and nothing more."""

import datetime as dt
import io
import struct
import time

import docx
import pypdf
import pytest
from docx.document import Document
from docx.shared import Mm

from jiesu.documents import fonts, pdf, word
from jiesu.documents.paper import (
    Heading,
    Paper,
    Picture,
    Table,
    Text,
    annex_lines,
    date_words,
    document_number,
)

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="120">'
    b'<rect width="200" height="80" fill="#1d5fa8"/></svg>'
)
PAPER = Paper(
    title="关于五一北路路灯长期不亮的督办单",
    head="福建省效能办",
    number=document_number("闽效督", 2026, 12),
    to="鼓楼区市政管理局",
    body=[
        Text("你单位承办的诉求已超期。\n请抓紧办理。"),
        Heading("一、要求"),
        Table(["工单", "期限"], [["350102260101000012", "11月30日"]], caption="涉及工单"),
        Picture(SVG, "趋势", 100),
    ],
    signature="福建省机关效能建设领导小组办公室",
    date=dt.date(2026, 11, 6),
    annexes=["工单清单", "现场照片"],
    copies="福州市效能办",
)


@pytest.fixture(autouse=True)
def _needs_font() -> None:
    try:
        fonts.stacks()
    except fonts.NoChineseFont:
        pytest.skip("no Chinese font here: python scripts/chromium.py")


def read(content: bytes) -> str:
    """All text of a PDF without the spaces that setting puts between characters."""
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return "".join("".join(page.extract_text().split()) for page in pages)


def opened(content: bytes) -> Document:
    return docx.Document(io.BytesIO(content))


def lines(document: Document) -> list[str]:
    return [p.text for p in document.paragraphs if p.text]


EXPECTED = [
    "福建省效能办", "闽效督〔2026〕12号", "关于五一北路路灯长期不亮的督办单", "鼓楼区市政管理局：",
    "你单位承办的诉求已超期。", "请抓紧办理。", "一、要求", "涉及工单", "趋势", "附件：1. 工单清单",
    "　　　2. 现场照片", "福建省机关效能建设领导小组办公室", "2026年11月6日", "抄送：福州市效能办",
]  # fmt: skip


def test_a_pdf_says_every_part_in_the_order_of_the_standard() -> None:
    text = read(pdf.render(PAPER))

    places = [text.find("".join(part.split())) for part in EXPECTED]
    assert -1 not in places
    assert places == sorted(places)
    assert "350102260101000012" in text


def test_a_word_file_says_every_part_in_the_order_of_the_standard() -> None:
    document = opened(word.render(PAPER))

    assert lines(document) == EXPECTED
    assert [c.text for row in document.tables[0].rows for c in row.cells] == [
        "工单", "期限", "350102260101000012", "11月30日",
    ]  # fmt: skip
    assert len(document.inline_shapes) == 1


def test_the_page_has_the_margins_of_the_standard() -> None:
    section = opened(word.render(PAPER)).sections[0]
    box = pypdf.PdfReader(io.BytesIO(pdf.render(PAPER))).pages[0].mediabox

    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    for margin, wanted in zip(margins, (37, 35, 28, 26), strict=True):
        assert margin is not None
        assert abs(margin - Mm(wanted)) < Mm(0.1)
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)


def test_the_body_is_set_in_fangsong_of_the_third_size_and_headings_in_heiti() -> None:
    document = opened(word.render(PAPER))
    by_text = {p.text: p.runs[0] for p in document.paragraphs if p.text}

    def font(text: str) -> str:
        found: str = by_text[text]._r.rPr.rFonts.xpath("string(@w:eastAsia)")
        return found

    assert font("请抓紧办理。") == "仿宋"
    assert font("一、要求") == "黑体"
    assert by_text["请抓紧办理。"].font.size is not None
    assert by_text["请抓紧办理。"].font.size.pt == 16


@pytest.mark.parametrize(
    "text",
    [
        '#panic("x") #image("/etc/passwd") $x$ *粗* _斜_ @ref <label> `code`',
        "<b>&amp;</b> {{ title }} {% include 'x' %} </w:t>",
        '引号"与\\反斜线',
        "=标题\n- 列表",
    ],
)
def test_nothing_in_a_text_is_read_as_markup(text: str) -> None:
    paper = Paper(text, [Text(text), Table([text], [[text]], text)], head=text, copies=text)

    said, written = read(pdf.render(paper)), opened(word.render(paper))

    for line in text.split("\n"):
        assert said.count("".join(line.split())) >= 5
        assert line in "\n".join(lines(written))


def test_what_no_paper_can_show_is_left_out() -> None:
    paper = Paper("标\x00题\x0b", [Text("正\x1f文\ud800\u200b")], signature="落\x07款")

    assert "标题" in lines(opened(word.render(paper)))
    assert "正文" in read(pdf.render(paper))


def test_a_long_red_head_stays_on_one_line() -> None:
    paper = Paper("标题", [], head="福建省机关效能建设领导小组办公室督查专用文件")

    first = pypdf.PdfReader(io.BytesIO(pdf.render(paper))).pages[0].extract_text().split("\n")[0]

    assert "".join(first.split()) == paper.head


def test_a_table_over_many_pages_repeats_its_head() -> None:
    rows = [[str(i), "承办单位"] for i in range(120)]
    pages = pypdf.PdfReader(
        io.BytesIO(pdf.render(Paper("台账", [Table(["序号", "单位名称"], rows)])))
    ).pages

    assert len(pages) > 3
    assert all("单位名称" in "".join(page.extract_text().split()) for page in pages)


def test_the_same_paper_of_the_same_day_says_the_same() -> None:
    assert read(pdf.render(PAPER)) == read(pdf.render(PAPER))


def test_the_same_paper_is_the_same_bytes_at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    first = word.render(PAPER), pdf.render(PAPER)
    later = time.struct_time((2031, 5, 6, 7, 8, 9, 1, 126, 0))
    monkeypatch.setattr(time, "localtime", lambda *_: later)  # what a packed file is dated with

    assert (word.render(PAPER), pdf.render(PAPER)) == first
    assert b"CreationDate" not in first[1]
    assert pypdf.PdfReader(io.BytesIO(first[1])).metadata is not None


def test_a_chart_goes_into_word_as_a_picture_word_can_show() -> None:
    png = pdf.as_png(Picture(SVG, width=100))

    width, height = struct.unpack(">II", png[16:24])
    assert png.startswith(b"\x89PNG")
    assert abs(width / height - 300 / 120) < 0.02


def test_a_ragged_table_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="table"):
        Table(["一", "二"], [["只有一格"]])


def test_dates_numbers_and_annexes_are_written_as_the_standard_says() -> None:
    assert date_words(dt.date(2026, 1, 5)) == "2026年1月5日"
    assert document_number("闽效督", 2026, 7) == "闽效督〔2026〕7号"
    assert annex_lines(["清单"]) == ["附件：清单"]
    assert annex_lines([]) == []
