"""Names of roads and estates that past orders taught, with the regions they lie in."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import ahocorasick

from jiesu.textintel.places import shapes
from jiesu.textintel.places.spans import spans

LEAST = 2  # orders that must have named it
_SHORTEST, _LONGEST = 3, 20


class Gazetteer:
    """Known names. Empty, it finds nothing; it may be learnt anew at any time."""

    def __init__(self, names: dict[str, Counter[str]] | None = None) -> None:
        self.names = names or {}
        self._find = ahocorasick.Automaton()
        for name in self.names:
            self._find.add_word(name, name)
        if self.names:
            self._find.make_automaton()

    @classmethod
    def learn(cls, addresses: Iterable[tuple[str, str]], least: int = LEAST) -> "Gazetteer":
        """From (address, region path) of past orders: names told in ``least`` orders or more."""
        seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for address, path in addresses:
            names = {
                address[part.start : part.end]
                for span in spans(address)
                for part in span.parts
                if part.kind in ("road", "site")
            }
            for name in names:
                if _SHORTEST <= len(name) <= _LONGEST and name not in shapes.NO_PLACE:
                    seen[name][path] += 1
        return cls({name: paths for name, paths in seen.items() if paths.total() >= least})

    def known(self, text: str) -> list[tuple[int, int, str]]:
        """(start, end, kind) of the known names in a text, longest first come, none overlapping."""
        if not self.names:
            return []
        hits = [(end + 1 - len(name), end + 1) for end, name in self._find.iter(text)]
        found: list[tuple[int, int, str]] = []
        reach = 0
        for start, end in sorted(hits, key=lambda hit: (hit[0], -hit[1])):
            if start >= reach:
                kind = "road" if shapes.ROAD_TAIL.search(text[start:end]) else "site"
                found.append((start, end, kind))
                reach = end
        return found

    def regions_of(self, name: str) -> list[tuple[str, float]]:
        """(region path, share of the orders that named it there), most first."""
        paths = self.names.get(name)
        if not paths:
            return []
        total = paths.total()
        return [(path, count / total) for path, count in paths.most_common()]
