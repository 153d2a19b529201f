"""An official paper as a Word file, to be gone over by hand and sealed."""

import io
import zipfile
from typing import Any

import docx
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from jiesu.documents import pdf
from jiesu.documents.fonts import IN_WORD
from jiesu.documents.paper import (
    Block,
    Heading,
    Paper,
    Picture,
    Table,
    Text,
    annex_lines,
    clean,
    date_words,
    paragraphs,
)

RED = RGBColor(0xD7, 0x00, 0x0F)
PITCH = Pt(28.95)  # 22 lines on 225 mm
BODY, TITLE, SMALL, CELL = Pt(16), Pt(22), Pt(14), Pt(12)
TEXT_WIDTH = 156  # mm
HEAD_WIDTH = 440  # the same in points
_HEADING_FONTS = ("hei", "kai", "fang", "fang")
CENTER, RIGHT, LEFT = (
    WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.LEFT,
)  # fmt: skip


def render(paper: Paper) -> bytes:
    """The paper as a .docx file."""
    document = docx.Document()
    _page(document)
    if paper.head:
        size = Pt(min(36, HEAD_WIDTH / len(paper.head)))  # always on one line
        _line(document, paper.head, CENTER, font="biao", size=size, color=RED, bold=True)
        _line(document, "")
        _rule(_line(document, paper.number, CENTER), "D7000F")
        _line(document, "")
    elif paper.number:
        _line(document, paper.number, RIGHT)
    _line(document, paper.title, CENTER, font="biao", size=TITLE, bold=True)
    _line(document, "")
    if paper.to:
        _line(document, f"{paper.to}：")
    for block in paper.body:
        _block(document, block)
    for index, line in enumerate(annex_lines(paper.annexes)):
        if index == 0:
            _line(document, "")
        _line(document, line, indent=True)
    _sign(document, paper)
    if paper.copies:
        _line(document, "")
        _rule(_line(document, f"抄送：{paper.copies}", size=SMALL), "000000", both=True)
    document.core_properties.title = clean(paper.title)
    document.core_properties.author = clean(paper.signature)
    out = io.BytesIO()
    document.save(out)
    return _timeless(out)


def _timeless(made: io.BytesIO) -> bytes:
    """The file without the moment at which it was packed: the same paper gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(made) as given, zipfile.ZipFile(out, "w") as kept:
        for item in given.infolist():
            name = zipfile.ZipInfo(item.filename)
            kept.writestr(name, given.read(item), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _page(document: Document) -> None:
    """A4 with the standard's margins, body style, line grid and page numbers outside."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(int(PITCH.pt * 20)))
    style = document.styles.get_by_id("Normal", WD_STYLE_TYPE.PARAGRAPH)
    style.font.size = BODY
    _east_asian(style.element.get_or_add_rPr(), IN_WORD["fang"])
    document.settings.odd_and_even_pages_header_footer = True
    for footer, where in ((section.footer, RIGHT), (section.even_page_footer, LEFT)):
        paragraph = footer.paragraphs[0]
        paragraph.alignment = where
        _run(paragraph, "— ", size=SMALL)
        _page_number(_run(paragraph, "", size=SMALL))
        _run(paragraph, " —", size=SMALL)


def _block(document: Document, block: Block) -> None:
    match block:
        case Heading(text, level):
            font = _HEADING_FONTS[min(max(level, 1), 4) - 1]
            line = _line(document, text, indent=True, font=font)
            line.paragraph_format.keep_with_next = True
        case Text(text):
            for one in paragraphs(text):
                _line(document, one, indent=True)
        case Table():
            _table(document, block)
        case Picture(_, caption, width):
            line = document.add_paragraph()
            line.alignment = CENTER
            line.add_run().add_picture(
                io.BytesIO(pdf.as_png(block)), width=Mm(min(width, TEXT_WIDTH))
            )
            if caption:
                _line(document, caption, CENTER, font="hei", size=SMALL)


def _table(document: Document, given: Table) -> None:
    if given.caption:
        line = _line(document, given.caption, CENTER, font="hei", size=SMALL)
        line.paragraph_format.keep_with_next = True
    table = document.add_table(rows=1, cols=len(given.columns))
    table.style = "Table Grid"
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    head = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(head)
    widths = list(given.widths) or [1.0] * len(given.columns)
    for cells, font in ((given.columns, "hei"), *((row, "fang") for row in given.rows)):
        row = table.rows[0] if font == "hei" else table.add_row()
        for cell, text, share in zip(row.cells, cells, widths, strict=True):
            cell.width = Mm(TEXT_WIDTH * share / sum(widths))
            paragraph = cell.paragraphs[0]
            paragraph.alignment = CENTER
            paragraph.paragraph_format.space_after = Pt(0)
            _run(paragraph, text, font=font, size=CELL)


def _sign(document: Document, paper: Paper) -> None:
    lines = [t for t in (paper.signature, date_words(paper.date) if paper.date else "") if t]
    if lines:
        _line(document, "")
    for index, text in enumerate(lines):
        line = _line(document, text, RIGHT)
        line.paragraph_format.right_indent = BODY * 2
        line.paragraph_format.keep_with_next = index < len(lines) - 1


def _line(
    document: Document, text: str, where: WD_ALIGN_PARAGRAPH = LEFT, *, indent: bool = False,
    font: str = "fang", size: Pt = BODY, color: RGBColor | None = None, bold: bool = False,
) -> Paragraph:  # fmt: skip
    line = document.add_paragraph()
    line.alignment = where
    shape = line.paragraph_format
    shape.space_before = shape.space_after = Pt(0)
    large = size > TITLE
    shape.line_spacing_rule = WD_LINE_SPACING.SINGLE if large else WD_LINE_SPACING.EXACTLY
    shape.line_spacing = 1.0 if large else PITCH
    if indent:
        shape.first_line_indent = size * 2
    run = _run(line, text, font=font, size=size)
    run.font.bold = bold or None
    if color is not None:
        run.font.color.rgb = color
    return line


def _run(paragraph: Paragraph, text: str, *, font: str = "fang", size: Pt = BODY) -> Run:
    run = paragraph.add_run(clean(text))
    run.font.size = size
    _east_asian(run._r.get_or_add_rPr(), IN_WORD[font])
    return run


def _east_asian(properties: Any, name: str) -> None:
    """Chinese and Latin letters in one font; Word keeps them apart."""
    fonts = properties.get_or_add_rFonts()
    for kind in ("w:ascii", "w:hAnsi", "w:eastAsia"):
        fonts.set(qn(kind), name)


def _rule(line: Paragraph, color: str, *, both: bool = False) -> None:
    """A line below the paragraph, or above and below it."""
    borders = OxmlElement("w:pBdr")
    for side in ("w:top", "w:bottom") if both else ("w:bottom",):
        border = OxmlElement(side)
        for key, value in (("val", "single"), ("sz", "12"), ("space", "8"), ("color", color)):
            border.set(qn(f"w:{key}"), value)
        borders.append(border)
    line._p.get_or_add_pPr().append(borders)


def _page_number(run: Run) -> None:
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        part.text = text or None
        run._r.append(part)
