"""The region tree as names in a text: which regions may be meant, and how sure.

鼓楼区 lies in several cities: a city named beside it decides, else the centre's own area wins, else
all are given. The tree is data handed in, never read here.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ahocorasick

_STEP = 4  # characters of a path for one level
_SUFFIXES = tuple(
    "特别行政区 自治区 自治州 自治县 街道办事处 街道 社区 地区 省 市 区 县 镇 乡 村".split()  # noqa: SIM905 - read better
)
# A short form of one character says nothing.
_SHORTEST = 2


@dataclass(frozen=True)
class Candidate:
    """A region that may be meant; ``confidence`` 0 … 1; ``said`` is the name in the text."""

    code: str
    name: str
    path: str
    confidence: float
    said: str = ""


@dataclass(frozen=True)
class Region:
    """One region of the tree."""

    code: str
    name: str
    path: str


class Regions:
    """The names of a region tree."""

    def __init__(self, rows: Iterable[tuple[str, str, str]]) -> None:
        self._by_path: dict[str, Region] = {}
        named: defaultdict[str, list[tuple[Region, bool]]] = defaultdict(list)
        for code, name, path in rows:
            region = Region(code, name, path)
            self._by_path[path] = region
            named[name].append((region, True))
            if (short := _short(name)) and len(path) <= 3 * _STEP:
                named[short].append((region, False))
        self._names = ahocorasick.Automaton()
        for name, regions in named.items():
            self._names.add_word(name, (name, regions))
        if named:
            self._names.make_automaton()
        self._is_empty = not named

    def mentions(self, text: str) -> list[tuple[int, int, list[tuple[Region, bool]]]]:
        """(start, end, regions with whether the whole name was said), longest, none overlapping."""
        if self._is_empty:
            return []
        hits = [(end + 1 - len(name), end + 1, regions)
                for end, (name, regions) in self._names.iter(text)]  # fmt: skip
        found: list[tuple[int, int, list[tuple[Region, bool]]]] = []
        reach = 0
        for start, end, regions in sorted(hits, key=lambda hit: (hit[0], -hit[1])):
            if start >= reach:
                found.append((start, end, regions))
                reach = end
        return found

    def name_of(self, path: str) -> str:
        """The name of the region with this path, "" when there is none."""
        region = self._by_path.get(path)
        return region.name if region else ""

    def whole_name(self, path: str) -> str:
        """福州市鼓楼区东街街道: the names from the city down."""
        steps = range(2 * _STEP, len(path) + 1, _STEP)
        return "".join(self.name_of(path[:end]) for end in steps) or self.name_of(path)

    def resolve(self, text: str, own_path: str = "", most: int = 5) -> list[Candidate]:
        """The regions that may be meant, most likely first; none below another one given."""
        scores: dict[str, float] = {}
        said: dict[str, str] = {}
        mentions = self.mentions(text)
        for start, end, regions in mentions:
            for region, whole in regions:
                score = (0.6 if whole else 0.3) - 0.05 * (len(regions) - 1)
                score += 0.25 * self._agreeing(region, mentions, start)
                if own_path and (
                    region.path.startswith(own_path) or own_path.startswith(region.path)
                ):
                    score += 0.2
                score += 0.01 * len(region.path) / _STEP
                if score > scores.get(region.path, 0.0):
                    scores[region.path], said[region.path] = score, text[start:end]
        above = {p[:end] for p in scores for end in range(_STEP, len(p), _STEP)}
        ranked = sorted((p for p in scores if p not in above), key=lambda p: (-scores[p], p))
        return [
            Candidate(self._by_path[p].code, self._by_path[p].name, p,
                      round(min(max(scores[p], 0.05), 0.99), 2), said[p])
            for p in ranked[:most]
        ]  # fmt: skip

    def _agreeing(
        self,
        region: Region,
        mentions: Sequence[tuple[int, int, list[tuple[Region, bool]]]],
        at: int,
    ) -> bool:
        """Whether a region above it is named too."""
        return any(
            other.path != region.path and region.path.startswith(other.path)
            for start, _, regions in mentions if start != at
            for other, _ in regions
        )  # fmt: skip


def _short(name: str) -> str:
    """鼓楼 of 鼓楼区; "" where nothing of two characters is left."""
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            short = name.removesuffix(suffix)
            return short if len(short) >= _SHORTEST else ""
    return ""
