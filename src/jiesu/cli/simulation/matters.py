"""What people call about: our own templates, filled with invented places."""

import csv
import functools
import random
from dataclasses import dataclass
from importlib.resources import files
from itertools import accumulate

from jiesu.cli.simulation import names

# Shares of the types in one province (domain §9).
TYPE_SHARES = {"01": 41.5, "02": 19.5, "03": 29.0, "04": 4.3, "05": 2.2, "06": 0.3}
# Months in which a class is told more often (1 = as ever).
SEASONS: dict[str, dict[int, float]] = {
    "0201": {7: 1.6, 8: 1.6}, "0202": {5: 2, 6: 3, 7: 2, 8: 3, 9: 2}, "0203": {7: 3, 8: 3, 1: 1.5},
    "0501": {4: 1.3, 5: 2, 6: 2}, "0502": {5: 1.5, 6: 1.8, 7: 1.5}, "0506": {6: 1.5, 7: 1.5},
    "0901": {12: 2, 1: 3, 2: 2}, "1101": {5: 2, 6: 3, 7: 3, 8: 2}, "1105": {7: 2, 8: 2},
    "1201": {5: 1.6, 10: 2}, "1004": {9: 1.5, 10: 1.6, 11: 1.6}, "2006": {7: 4, 8: 5, 9: 4},
    "1407": {6: 2, 7: 2, 8: 2}, "2005": {1: 1.5, 12: 1.5}, "0204": {1: 1.5, 12: 1.5},
}  # fmt: skip


@dataclass(frozen=True)
class Matter:
    """One kind of thing to call about, with what a unit finds and answers."""

    code: str
    type: str
    urgency: str
    title: str
    content: str
    finding: str
    reply: str
    share: float


@dataclass(frozen=True)
class Told:
    """A matter at a place: the texts of one appeal."""

    matter: Matter
    title: str
    content: str
    finding: str
    reply: str
    address: str


@functools.cache
def load() -> tuple[Matter, ...]:
    """All matters, each with its share of the calls."""
    text = (files(__package__) / "matters.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    per_type = {kind: sum(row["type"] == kind for row in rows) for kind in TYPE_SHARES}
    return tuple(
        Matter(**row, share=TYPE_SHARES[row["type"]] / per_type[row["type"]]) for row in rows
    )


@functools.cache
def _weights(month: int) -> tuple[float, ...]:
    """How likely each matter is in that month, added up."""
    return tuple(accumulate(m.share * SEASONS.get(m.code, {}).get(month, 1.0) for m in load()))


def choose(rng: random.Random, month: int) -> Matter:
    """A matter as likely as it is in that month."""
    return rng.choices(load(), cum_weights=_weights(month))[0]


_OPENINGS = ("来电人反映：", "市民反映：", "诉求人来电称，", "居民反映，", "")
_CLOSINGS = (
    "希望尽快处理并答复。", "请核实处理，并电话告知结果。", "已多次反映，请重视。",
    "望尽快解决，谢谢。", "要求给出明确答复。", "",
)  # fmt: skip


def tell(matter: Matter, rng: random.Random, *, by_phone: bool = True) -> Told:
    """The matter in words, at an invented place."""
    slots = {
        "road": f"{rng.choice(names.ROADS)}", "estate": rng.choice(names.ESTATES),
        "place": rng.choice(names.SPOTS), "shop": rng.choice(names.SHOPS),
        "school": rng.choice(names.SCHOOLS), "company": rng.choice(names.COMPANIES),
        "n": str(rng.randint(3, 60)), "m": str(rng.randint(2, 9)),
    }  # fmt: skip
    content = matter.content.format_map(slots)
    where = slots["estate"] if "{estate}" in matter.content else slots["road"]
    number = "" if where == slots["estate"] else f"{rng.randint(1, 260)}号"
    opening = rng.choice(_OPENINGS) if by_phone else ""
    return Told(
        matter,
        matter.title.format_map(slots),
        f"{opening}{content}{rng.choice(_CLOSINGS)}",
        matter.finding.format_map(slots),
        matter.reply.format_map(slots),
        f"{where}{number}",
    )
