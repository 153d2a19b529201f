"""The plain marks of a template and of a bulletin's text. Pure.

One line, one thing: ``# `` a heading, ``## `` one below it, ``[表：成绩排名]`` alone on its line a
table, chart or the typical cases; any other line a paragraph. ``{按时办结率}`` is a figure's name.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

COUNTED = tuple("一二三四五六七八九十")
NAME = re.compile(r"\{([^{}]*)\}")
BLOCK = re.compile(r"^\[([^\[\]]+)\]$")
CASES = "典型案例"
BLOCKS = ("表：各项比率", "表：分组情况", "表：成绩排名", "图：各项比率", "图：得分", CASES)


@dataclass(frozen=True)
class Line:
    """One line as it is meant: ``kind`` is heading, subheading, block or text."""

    kind: str
    text: str


def lines(text: str) -> Iterator[Line]:
    """The lines that say something."""
    for raw in text.splitlines():
        line = raw.strip()
        if not line:
            continue
        if line.startswith("## "):
            yield Line("subheading", line[3:].strip())
        elif line.startswith("# "):
            yield Line("heading", line[2:].strip())
        elif found := BLOCK.match(line):
            yield Line("block", found[1].strip())
        else:
            yield Line("text", line)


def without_cases(said: Sequence[Line]) -> list[Line]:
    """The lines without the place of typical cases, and without a heading that then has nothing
    below it; the headings after it are counted on."""
    kept: list[Line] = []
    for place, line in enumerate(said):
        if line != Line("block", CASES):
            kept.append(line)
            continue
        following = said[place + 1 : place + 2]
        alone = not following or following[0].kind == "heading"
        if alone and kept and kept[-1].kind == "heading":
            kept.pop()
            return kept + [_one_less(later) for later in said[place + 1 :]]
    return kept


def _one_less(line: Line) -> Line:
    """五、工作要求 as 四、工作要求."""
    number, mark, rest = line.text.partition("、")
    if line.kind != "heading" or not mark or number not in COUNTED[1:]:
        return line
    return Line(line.kind, f"{COUNTED[COUNTED.index(number) - 1]}、{rest}")


def fill(text: str, figures: Mapping[str, str]) -> str:
    """The text with each named figure in its place; an unknown name stays as it stands."""
    return NAME.sub(lambda found: figures.get(found[1].strip(), found[0]), text)


def unknown(text: str, known: Collection[str]) -> list[str]:
    """What a text names and nobody knows: figures in braces, blocks in brackets."""
    figures = [f"{{{name}}}" for name in NAME.findall(text) if name.strip() not in known]
    blocks = [f"[{one.text}]" for one in lines(text) if one.kind == "block"
              and one.text not in BLOCKS]  # fmt: skip
    return list(dict.fromkeys(figures + blocks))
