"""Bar charts as SVG, from the rows that stand in a bulletin's tables. Pure.

Colour is never alone: every bar has its figure beside it, and this and the last period differ in
height, so a black-and-white print tells the same.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from html import escape

WIDTH, RIGHT = 620, 90
LETTER, LONGEST = (
    14,
    15,
)  # a label's letter is so wide; of a longer name the end is cut, with a mark
ROW, ROW_ALONE = 34, 25  # with the last period below, without
MOST = 20  # bars; more cannot be read on a page
_FONT = "Noto Sans CJK SC, Source Han Sans SC, SimHei, WenQuanYi Zen Hei, sans-serif"
_NOW, _LAST = "#1d5fa8", "#b8c4d2"

Bar = tuple[str, str, str]  # what, its figure in words, the last period's ("" for none)


def bars(rows: Sequence[Bar], top: Decimal = Decimal(100)) -> bytes:
    """A bar for each row, a thin grey one below it for the last period; ``top`` is a whole bar."""
    shown = [(_label(label), now, last) for label, now, last in rows[:MOST]]
    left = 18 + LETTER * max((len(label) for label, *_ in shown), default=0)
    row = ROW if any(last for *_, last in shown) else ROW_ALONE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {row * len(shown) + 8}" '
        f'width="{WIDTH}" height="{row * len(shown) + 8}" font-family="{_FONT}" font-size="14" '
        'role="img">'
    ]
    for place, (label, now, last) in enumerate(shown):
        y = place * row + 6
        length, before = (_length(one, top, WIDTH - left - RIGHT) for one in (now, last))
        parts.append(
            f'<text x="{left - 8}" y="{y + 15}" text-anchor="end" fill="#1b2733">'
            f"{escape(label)}</text>"
            f'<rect x="{left}" y="{y}" width="{length}" height="17" fill="{_NOW}"/>'
            f'<rect x="{left}" y="{y + 19}" width="{before}" height="6" fill="{_LAST}"/>'
            f'<text x="{left + length + 6}" y="{y + 14}" fill="#1b2733">{escape(now)}</text>'
        )
    parts.append("</svg>")
    return "".join(parts).encode()


def _label(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _length(figure: str, top: Decimal, whole: int) -> int:
    try:
        share = Decimal(figure.rstrip("%")) / top if top else Decimal(0)
    except InvalidOperation:
        return 0
    return int(min(max(share, Decimal(0)), Decimal(1)) * whole)
