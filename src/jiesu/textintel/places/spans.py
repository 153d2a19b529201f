"""Where a place is told: chains of region, road, number, estate and landmark in running text.

A chain is found from its ends: a word with the ending of a place is followed to the left as long as
words may belong to its name, parts that touch are one place, and what only says how near (附近) is
kept apart from the name.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import rjieba

from jiesu.textintel.places import shapes

READ = 2_000  # characters: a place is told early
_LONGEST_NAME = 12  # characters of one part
_MOST_WORDS = 4  # words of its name before the kind
_HAN = re.compile(r"[\u3400-\u9fffA-Za-z0-9·]")
Token = tuple[int, int, str]  # start, end, part of speech
Known = Callable[[str], Sequence[tuple[int, int, str]]]  # text → (start, end, kind) of known names


@dataclass(frozen=True)
class Part:
    """One part of a place; ``kind``: region, road, number, site or end."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Span:
    """One place as it stands in the text; ``near``: where the landmark phrase ends."""

    start: int
    end: int
    near: int
    parts: tuple[Part, ...]


def spans(text: str, known: Known | None = None) -> list[Span]:
    """The places of a text in order; positions are of the text given."""
    text = text[:READ]
    parts = _parts(text, known)
    return [span for chain in _chains(text, parts) if (span := _span(text, chain)) is not None]


def _parts(text: str, known: Known | None) -> list[Part]:
    """Named parts, none overlapping: known names first, then what the endings tell."""
    found = [Part(s, e, kind) for s, e, kind in (known(text) if known else ())]
    taken = [False] * (len(text) + 1)
    for part in found:
        taken[part.start : part.end] = [True] * (part.end - part.start)
    barred = list(taken)  # no name reaches over a house's number or a question
    for over in (*shapes.HOUSE.finditer(text), *shapes.ASKING.finditer(text)):
        barred[over.start() : over.end()] = [True] * (over.end() - over.start())
    tokens = _tokens(text)
    kinds = [_kind(text[start:end]) for start, end, _ in tokens]
    inside = [_is_inside(text, tokens, kinds, place) for place in range(len(tokens))]
    ends = [bool(kind) and not within for kind, within in zip(kinds, inside, strict=True)]
    for place, (start, end, tag) in enumerate(tokens):
        if any(taken[start:end]) or tag in shapes.BREAK_TAGS or inside[place]:
            continue
        kind = kinds[place] or _numbered(text, end)
        if kind:
            begin = _begin(text, tokens, place, barred, ends)
            name = text[begin:end]
            if name in shapes.NO_PLACE or len(name) < 2 or _only_kind(name):
                continue
            if shapes.ACT_TAIL.search(name):
                continue
            if kind == "site" and _of_the_city(text, tokens, begin, barred):
                begin -= 1
            found.append(Part(begin, end, kind))
            taken[begin:end] = barred[begin:end] = [True] * (end - begin)
    return sorted(found, key=lambda part: part.start)


def _is_inside(text: str, tokens: Sequence[Token], kinds: Sequence[str], place: int) -> bool:
    """Whether a word that ends like a place is within a longer name: 金山 大道, 红城 湖路.

    The same of a lone 里 after a place (公园 里): it is no lane.
    """
    start, end, _ = tokens[place]
    if text[start:end] == "里" and place and kinds[place - 1]:
        return True
    if not kinds[place] or place + 1 >= len(tokens):
        return False
    following = text[slice(*tokens[place + 1][:2])]
    if following == "里" or not kinds[place + 1]:
        return False
    if shapes.PURE.fullmatch(following):
        return kinds[place] != "region"
    return shapes.SHORT_TAIL.search(text[start:end]) is not None and len(following) == 2


def _numbered(text: str, end: int) -> str:
    """ "site" where the number of a building or phase follows: 水岸阳光 3栋."""
    return "site" if shapes.BUILDING_HERE.match(text, end) else ""


def _begin(
    text: str, tokens: Sequence[Token], place: int, taken: Sequence[bool], ends: Sequence[bool]
) -> int:
    """Where the name that ends in this token begins."""
    begin, end = tokens[place][:2]
    for earlier in range(place - 1, max(place - _MOST_WORDS, 0) - 1, -1):
        start, stop, tag = tokens[earlier]
        word = text[start:stop]
        if (
            stop != begin
            or end - start > _LONGEST_NAME
            or any(taken[start:stop])
            or word in shapes.BREAK
            or (tag in shapes.BREAK_TAGS and word not in "东南西北中")
            or not _HAN.match(word)
            or ends[earlier]
            or shapes.NUMBER_HERE.fullmatch(word)
        ):
            break
        begin = start
    return begin


def _of_the_city(text: str, tokens: Sequence[Token], begin: int, taken: Sequence[bool]) -> bool:
    """Whether a lone 市 or 省 before a site is the beginning of its name: 市第二医院."""
    return (
        begin > 0
        and text[begin - 1] in "市省县"
        and not taken[begin - 1]
        and (begin - 1, begin) in {(start, end) for start, end, _ in tokens}
        and shapes.OF_THE_CITY.match(text, begin) is not None
    )


def _chains(text: str, parts: Sequence[Part]) -> list[list[Part]]:
    """Parts that touch, with the numbers between and after them."""
    chains: list[list[Part]] = []
    for part in parts:
        if chains and _touch(text, chains[-1], part):
            chains[-1].append(part)
        else:
            chains.append([part])
        _numbers(text, chains[-1])
    return chains


def _touch(text: str, chain: Sequence[Part], part: Part) -> bool:
    gap = text[chain[-1].end : part.start]
    if not gap:
        return True
    crossing = chain[-1].kind == part.kind == "road"
    return len(gap) <= 2 and (not gap.strip() or (crossing and bool(shapes.JOINT.fullmatch(gap))))


def _numbers(text: str, chain: list[Part]) -> None:
    """Take in the numbers that follow: 158号 3栋 2单元."""
    while number := shapes.NUMBER_HERE.match(text, chain[-1].end):
        chain.append(Part(number.start(), number.end(), "number"))


def _span(text: str, chain: list[Part]) -> Span | None:
    end = chain[-1].end
    if closing := shapes.END_HERE.match(text, end):
        chain = [*chain, Part(closing.start(), closing.end(), "end")]
        end = closing.end()
    near = shapes.NEAR_HERE.match(text, end)
    return Span(chain[0].start, end, near.end() if near else end, tuple(chain))


def _kind(word: str) -> str:
    if word in shapes.NEVER:
        return ""
    if shapes.SITE_TAIL.search(word):
        return "site"
    if shapes.ROAD_TAIL.search(word):
        return "road"
    return "region" if shapes.REGION_TAIL.search(word) else ""


def _only_kind(name: str) -> bool:
    """Whether a name is nothing but kinds: 小区门口市场."""
    rest = name
    for tail in (shapes.SITE_TAIL, shapes.ROAD_TAIL, shapes.REGION_TAIL):
        rest = tail.sub("", rest)
    return rest in shapes.NO_PLACE or rest in shapes.BREAK or not rest


def _tokens(text: str) -> list[Token]:
    try:
        tagged: list[tuple[str, str]] = rjieba.tag(text)
    except UnicodeEncodeError:  # a lone surrogate: broken input names no place
        return []
    found, at = [], 0
    for word, tag in tagged:
        found.append((at, at + len(word), tag))
        at += len(word)
    return found if at == len(text) else []
