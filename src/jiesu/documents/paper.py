"""What an official paper consists of: pure data. Source: GB/T 9704-2012 §7."""

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_KEPT = frozenset("\n\t")


@dataclass(frozen=True)
class Heading:
    """A heading of the body: level 1 一、 2 （一） 3 1. 4 （1）; its number stands in the text."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Text:
    """One or more paragraphs, indented by two characters; a line break begins another."""

    text: str


@dataclass(frozen=True)
class Table:
    """A table across the page; its head is repeated on every page it reaches.

    ``widths`` are shares of the page's width, one a column; all equal when left out.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    widths: Sequence[float] = ()

    def __post_init__(self) -> None:
        """A ragged table is the caller's mistake, not a person's."""
        wrong = [row for row in self.rows if len(row) != len(self.columns)]
        if wrong or (self.widths and len(self.widths) != len(self.columns)):
            raise ValueError("a row or the widths do not fit the table's columns")


@dataclass(frozen=True)
class Picture:
    """A chart or photograph: PNG, JPEG or SVG, at this width in millimetres (the page has 156)."""

    content: bytes
    caption: str = ""
    width: float = 140.0


Block = Heading | Text | Table | Picture


@dataclass(frozen=True)
class Paper:
    """One official paper.

    ``head`` is the red name on top (发文机关标志; "" makes a plain paper without red head),
    ``number`` the document number 发文字号, ``to`` the main addressee 主送机关, ``signature`` and
    ``date`` the 落款, ``annexes`` the names of what is attached, ``copies`` who gets a copy 抄送.
    """

    title: str
    body: Sequence[Block]
    head: str = ""
    number: str = ""
    to: str = ""
    signature: str = ""
    date: dt.date | None = None
    annexes: Sequence[str] = ()
    copies: str = ""


def document_number(word: str, year: int, serial: int) -> str:
    """闽效督〔2026〕12号: the issuer's word, the year in brackets, the serial unpadded."""
    return f"{word}〔{year}〕{serial}号"


def date_words(day: dt.date) -> str:
    """2026年11月6日: Arabic figures without leading zeros (§7.3.5.4)."""
    return f"{day.year}年{day.month}月{day.day}日"


def annex_lines(annexes: Sequence[str]) -> list[str]:
    """附件：… as §7.3.4 has it: numbered when there are several."""
    if len(annexes) < 2:
        return [f"附件：{name}" for name in annexes]
    return [f"{'附件：' if i == 1 else '　　　'}{i}. {name}" for i, name in enumerate(annexes, 1)]


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, without blank ones, and without what no paper can show."""
    return [line for raw in text.split("\n") if (line := clean(raw).strip())]


def clean(text: str) -> str:
    """The text without control characters and lone surrogates, which XML does not allow."""
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in _UNSHOWN)


_UNSHOWN = frozenset({"Cc", "Cs", "Cn"})
