"""One form for a text before it is read: what dodges a word list by its looks is undone.

Widths, traditional characters, look-alike letters, invisible and combining characters. Every
character of the result knows where it stood, so that a span found here is shown in the original.
"""

import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

MAX_CHARS = 50_000

# Letters that only look Latin (Cyrillic, Greek), strokes and radicals that look like a character.
_LOOK_ALIKE = dict(
    zip(
        "АВЕКМНОРСТХаеорсхуіѕјԁΑΒΕΖΗΙΚΜΝΟΡΤΥΧοινραⅼ〇ㄥ⺁⺈⺮⺼⻊⻌⻖丶囗",
        "ABEKMHOPCTXaeopcxyisjdABEZHIKMNOPTYXoivpal0L厂刀竹肉足辶阝、口",
        strict=True,
    )
)
# One character written as two halves. Only pairs that make no sense as they stand.
_HALVES = {
    "木仓": "枪", "火乍": "炸", "弓单": "弹", "石夭": "砍", "氵气": "汽", "歹匕": "死",
    "扌丁": "打", "木娄": "楼", "氵由": "油", "讠方": "访", "忄艮": "恨", "足兆": "跳",
    "⻊兆": "跳", "亻尔": "你",
}  # fmt: skip

_DROPPED = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u0300-\u036f\u034f\u061c\u115f\u1160\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u3164\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
    "\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff"
)
# Characters whose compatibility form may be longer than one: squared, circled, ligatures.
_EXPANDS = "\xbc-\xbe\u2100-\u214f\u2153-\u217f\u2460-\u24ff\u3200-\u33ff\ufb00-\ufb06\u2026"
_UNEVEN = re.compile(
    f"[{_DROPPED}]|[{_EXPANDS}]|" + "|".join(map(re.escape, _HALVES)),
)
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
# What a dodger puts between two characters; a comma or full stop is how people write.
_BETWEEN = re.compile(rf"(?<=[{_HAN}])[ \t\u3000*·•.\-_|/\\~`^+=#@&°′'\"]{{1,3}}(?=[{_HAN}])")


@dataclass(frozen=True)
class Normalized:
    """A text in its one form. ``places`` is None while every character stands where it stood;
    otherwise ``places[i]`` is the (start, end) in the original of character ``i``."""

    original: str
    text: str
    places: Sequence[tuple[int, int]] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]`` stands in the original."""
        if self.places is None or start >= end:
            return (start, end) if self.places is None else (0, 0)
        return self.places[start][0], self.places[end - 1][1]

    def quoted(self, start: int, end: int) -> str:
        """``text[start:end]`` as it was written."""
        first, last = self.span(start, end)
        return self.original[first:last]

    def _without(self, pieces: re.Pattern[str]) -> "Normalized":
        kept: list[str] = []
        places: list[tuple[int, int]] = []
        at = 0
        for match in pieces.finditer(self.text):
            kept.append(self.text[at : match.start()])
            places += [self.span(i, i + 1) for i in range(at, match.start())]
            at = match.end()
        if not kept:
            return self
        kept.append(self.text[at:])
        places += [self.span(i, i + 1) for i in range(at, len(self.text))]
        return Normalized(self.original, "".join(kept), places)

    def tight(self) -> "Normalized":
        """The same without blanks and signs put between two Chinese characters (跳 楼, 跳*楼)."""
        return self._without(_BETWEEN)


def _compatible(character: str) -> str:
    return unicodedata.normalize("NFKC", character)


@functools.cache
def _one_to_one() -> dict[int, str]:
    """Code point → the character that stands for it."""
    table: dict[int, str] = {0x3000: " ", 0x09: " ", 0x0D: "\n", 0x85: "\n", 0xA0: " "}
    blocks = (
        (0x2000, 0x200B), (0x2028, 0x202A), (0x2E80, 0x2FE0), (0xF900, 0xFB00),
        (0xFF01, 0xFFA0), (0xFFE0, 0xFFE7), (0x1D400, 0x1D800), (0xFE30, 0xFE70),
        (0x1F100, 0x1F200), (0x2F800, 0x2FA20), (0x00AA, 0x00BB), (0x2070, 0x20A0),
    )  # fmt: skip
    for first, last in blocks:
        for point in range(first, last):
            form = _compatible(chr(point))
            if len(form) == 1 and form != chr(point):
                table[point] = form
    lines = resources.files("jiesu.textintel").joinpath("data/traditional.txt")
    pairs = "".join(
        line for line in lines.read_text("utf-8").splitlines() if not line.startswith("#")
    )
    for index in range(0, len(pairs), 2):
        table[ord(pairs[index])] = pairs[index + 1]
    table.update((ord(a), b) for a, b in _LOOK_ALIKE.items())
    # Chinese marks stay Chinese marks: sentences are cut at them.
    for mark in "，。！？：；（）":
        table.pop(ord(mark), None)
    return table


def normalize(text: str, *, limit: int = MAX_CHARS) -> Normalized:
    """``text`` in its one form, its first ``limit`` characters; linear in their number.

    Refuses nothing: whatever is no text of a language stays as it stands or falls away.
    """
    original = text[:limit]
    table = _one_to_one()
    if not _UNEVEN.search(original):
        return Normalized(original, original.translate(table))
    out: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    for match in _UNEVEN.finditer(original):
        out.append(original[at : match.start()].translate(table))
        places += [(i, i + 1) for i in range(at, match.start())]
        found = match[0]
        form = _HALVES.get(found) or ("" if _is_dropped(found) else _compatible(found))
        form = form.translate(table)
        out.append(form)
        places += [match.span()] * len(form)
        at = match.end()
    out.append(original[at:].translate(table))
    places += [(i, i + 1) for i in range(at, len(original))]
    return Normalized(original, "".join(out), places)


@functools.cache
def _dropped() -> re.Pattern[str]:
    return re.compile(f"[{_DROPPED}]")


def _is_dropped(found: str) -> bool:
    return bool(_dropped().match(found))
