"""An official paper as PDF, set by typst."""

import json
import tempfile
from pathlib import Path
from typing import Any

import typst

from jiesu.documents import fonts
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

_TEMPLATE = Path(__file__).with_name("paper.typ").read_bytes()
_MAGIC = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg"}


def render(paper: Paper) -> bytes:
    """The paper as a PDF. Refuses with NoChineseFont where the machine has none."""
    stacks = fonts.stacks()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        said = {
            "fonts": stacks,
            "title": clean(paper.title),
            "head": clean(paper.head),
            "number": clean(paper.number),
            "to": clean(paper.to),
            "body": [_part(block, root, index) for index, block in enumerate(paper.body)],
            "annexes": [clean(line) for line in annex_lines(paper.annexes)],
            "signature": clean(paper.signature),
            "date": date_words(paper.date) if paper.date else "",
            "copies": clean(paper.copies),
        }
        (root / "paper.json").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
        main = root / "paper.typ"
        main.write_bytes(_TEMPLATE)
        made = typst.compile(main, root=root, font_paths=fonts.installed())
    return bytes(made)


def as_png(picture: Picture) -> bytes:
    """The picture as PNG, for what takes no SVG (Word)."""
    if kind_of(picture.content) != "svg":
        return picture.content
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "picture.svg").write_bytes(picture.content)
        main = root / "main.typ"
        main.write_text(
            "#set page(width: auto, height: auto, margin: 0pt)\n"
            f'#image("picture.svg", width: {picture.width:.1f}mm)',
            encoding="utf-8",
        )
        made = typst.compile(main, root=root, format="png", ppi=200, font_paths=fonts.installed())
    return bytes(made)


def kind_of(content: bytes) -> str:
    """png, jpg or svg, by what the bytes begin with."""
    return next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), "svg")


def _part(block: Block, root: Path, index: int) -> dict[str, Any]:
    match block:
        case Heading(text, level):
            return {"kind": "heading", "text": clean(text), "level": min(max(level, 1), 4)}
        case Text(text):
            return {"kind": "text", "lines": paragraphs(text)}
        case Table(columns, rows, caption, widths):
            return {
                "kind": "table",
                "columns": [clean(name) for name in columns],
                "rows": [[clean(cell) for cell in row] for row in rows],
                "caption": clean(caption),
                "widths": list(widths) or [1] * len(columns),
            }
        case Picture(content, caption, width):
            name = f"picture{index}.{kind_of(content)}"
            (root / name).write_bytes(content)
            return {"kind": "picture", "file": name, "caption": clean(caption), "width": width}
