"""A bulletin as an official paper, from its words and its kept inputs alone."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from jiesu.bulletins import charts, wording
from jiesu.bulletins.figures import NONE
from jiesu.bulletins.models import Bulletin
from jiesu.documents.paper import Block, Heading, Paper, Picture, Table, Text
from jiesu.foundation.clock import BEIJING


def paper_of(bulletin: Bulletin) -> Paper:
    """The paper; one that is not let out yet has neither number nor date."""
    day = bulletin.published_at.astimezone(BEIJING).date() if bulletin.published_at else None
    return Paper(
        title=bulletin.title,
        body=list(body(bulletin.text, bulletin.inputs, bulletin.cases)),
        head=bulletin.head,
        number=bulletin.number,
        to="各有关单位",
        signature=bulletin.signature,
        date=day,
    )


def body(
    text: str, inputs: Mapping[str, Any], cases: Sequence[Mapping[str, str]]
) -> Iterator[Block]:
    """What stands between title and signature; no place for cases where none was chosen."""
    lines = list(wording.lines(text))
    for line in lines if cases else wording.without_cases(lines):
        match line.kind:
            case "heading":
                yield Heading(line.text, 1)
            case "subheading":
                yield Heading(line.text, 2)
            case "block":
                yield from _block(line.text, inputs, cases)
            case _:
                yield Text(line.text)


def _block(
    name: str, inputs: Mapping[str, Any], cases: Sequence[Mapping[str, str]]
) -> Iterator[Block]:
    match name:
        case "表：各项比率" if inputs["rates"]:
            yield Table(["指标", "本期", "上期", "变化"], inputs["rates"], widths=(3, 2, 2, 4))
        case "表：分组情况" if inputs["groups"]:
            columns = ["分组", "单位数", "参评", "工单数", "最高分", "中位分", "最低分"]
            yield Table(columns, inputs["groups"])
        case "表：成绩排名":
            for group, counted in zip(inputs["ranks"], inputs["groups"], strict=True):
                if group["rows"]:
                    listed, ranked = len(group["rows"]), int(counted[2])
                    cut = f"（前 {listed} 个，共 {ranked} 个单位）" if listed < ranked else ""
                    yield Table(
                        ["名次", "单位", "得分", "比上期"], group["rows"],
                        caption=f"{group['group']}成绩排名{cut}", widths=(1, 4, 2, 2),
                    )  # fmt: skip
        case "图：各项比率" if inputs["rates"]:
            rows = [
                (name, now, "" if last == NONE else last) for name, now, last, _ in inputs["rates"]
            ]
            yield Picture(
                charts.bars(rows),
                "各项比率（下方细条为上期）" if any(row[2] for row in rows) else "各项比率",
            )
        case "图：得分":
            for group in inputs["ranks"]:
                scored = [(row[1], row[2], "") for row in group["rows"]]
                if scored:
                    top = max(Decimal(row[1]) for row in scored)
                    name = f"{group['group']}得分" if group["group"] else "得分"
                    first = f"（前 {charts.MOST} 名）" if len(scored) > charts.MOST else ""
                    yield Picture(charts.bars(scored, top), f"{name}{first}")
        case wording.CASES:
            for place, case in enumerate(cases):
                yield Heading(f"（{wording.COUNTED[place]}）{case['title']}", 2)
                yield Text(case["text"])
        case _:
            return
