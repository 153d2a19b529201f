"""Clusters that grow one text at a time.

A text joins the cluster whose mean it is nearest to (cosine of tf-idf words), if it is near enough
and the cluster was not silent for too long; else it begins one. Two clusters whose means have come
near each other are united: the order in which people call must not decide.
"""

import datetime as dt
import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from jiesu.textintel.similar.terms import dot

JOIN = 0.25  # cosine to the mean
BESIDE = 0.06  # of it without the two heaviest words in common
UNITE = 0.40  # cosine of two means
SILENT = dt.timedelta(days=180)
KEYS = 12  # heaviest words by which clusters are looked up
KEPT = 120  # words kept of a mean
_CANDIDATES = 30

Vector = Mapping[str, float]


@dataclass
class Cluster:
    """The sum of its members' vectors, how many they are, and when the last one came."""

    sums: dict[str, float] = field(default_factory=dict)
    count: int = 0
    last: dt.datetime | None = None

    def add(self, vector: Vector, at: dt.datetime | None) -> None:
        """One member more."""
        for word, weight in vector.items():
            self.sums[word] = self.sums.get(word, 0.0) + weight
        self.count += 1
        if at is not None:
            self.last = at if self.last is None else max(self.last, at)
        if len(self.sums) > 4 * KEPT:
            self.sums = heaviest(self.sums, KEPT)

    def unite(self, other: "Cluster") -> None:
        """Take another's members in."""
        count = self.count + other.count
        self.add(other.sums, other.last)
        self.count = count

    def heaviest(self, most: int = KEYS) -> dict[str, float]:
        """Its heaviest words."""
        return heaviest(self.sums, most)

    def length(self) -> float:
        """The length of the sum."""
        return math.sqrt(sum(w * w for w in self.sums.values()))


def closeness(vector: Vector, cluster: Cluster) -> float:
    """How near a text is to a cluster's mean: 0 nothing in common … 1."""
    length = cluster.length()
    return dot(vector, cluster.sums) / length if length else 0.0


def beside(vector: Vector, cluster: Cluster) -> float:
    """How near it still is without the two words that bring most: a place's name (榕苑 小区)
    alone is no matter."""
    length = cluster.length()
    shared = sorted(w * cluster.sums[word] for word, w in vector.items() if word in cluster.sums)
    return sum(shared[:-2]) / length if length else 0.0


def alike_means(one: Cluster, other: Cluster) -> float:
    """How near two means are."""
    lengths = one.length() * other.length()
    return dot(one.sums, other.sums) / lengths if lengths else 0.0


def phrase(titles: Sequence[str], vectors: Sequence[Vector], cluster: Cluster) -> str:
    """What the cluster is about: the title nearest to its mean, the shorter of equals."""
    if not titles:
        return ""
    best = max(
        zip(titles, vectors, strict=True),
        key=lambda pair: (round(closeness(pair[1], cluster), 2), -len(pair[0])),
    )
    return best[0].strip()


class Board:
    """Clusters in memory, for measuring and for batches; a text is known by its index."""

    def __init__(self, *, join: float = JOIN, unite: float = UNITE) -> None:
        self.join, self.unite = join, unite
        self.clusters: dict[int, Cluster] = {}
        self.members: dict[int, list[int]] = {}
        self._by_word: defaultdict[str, set[int]] = defaultdict(set)
        self._next = 0

    def take_in(self, text: int, vector: Vector, at: dt.datetime | None = None) -> int:
        """Put a text into a cluster; which (clusters may be united later: ask ``members``)."""
        chosen, nearest = -1, 0.0
        for candidate in self._near(heaviest(vector, KEYS)):
            cluster = self.clusters[candidate]
            if at is not None and cluster.last is not None and at - cluster.last > SILENT:
                continue
            score = closeness(vector, cluster)
            if score > nearest and beside(vector, cluster) >= BESIDE:
                chosen, nearest = candidate, score
        if nearest < self.join:
            chosen = self._next
            self._next += 1
            self.clusters[chosen], self.members[chosen] = Cluster(), []
        self.clusters[chosen].add(vector, at)
        self.members[chosen].append(text)
        for word in vector:
            self._by_word[word].add(chosen)
        return chosen

    def settle(self) -> int:
        """Unite clusters of several members that have come near each other; how many went."""
        gone = 0
        while pairs := self._pairs():
            taken: set[int] = set()
            for _, one, other in pairs:
                if one in taken or other in taken:
                    continue
                taken |= {one, other}
                self._unite(one, other)
                gone += 1
        return gone

    def _pairs(self) -> list[tuple[float, int, int]]:
        several = [c for c, cluster in self.clusters.items() if cluster.count > 1]
        by_word: defaultdict[str, list[int]] = defaultdict(list)
        for number in several:
            for word in self.clusters[number].heaviest(10):
                by_word[word].append(number)
        candidates = {
            (one, other)
            for sharing in by_word.values()
            for place, one in enumerate(sharing)
            for other in sharing[place + 1 :]
        }
        scored = ((alike_means(self.clusters[a], self.clusters[b]), a, b) for a, b in candidates)
        return sorted((pair for pair in scored if pair[0] >= self.unite), reverse=True)

    def _unite(self, one: int, other: int) -> None:
        gone = self.clusters.pop(other)
        self.clusters[one].unite(gone)
        self.members[one] += self.members.pop(other)
        for word in gone.sums:
            self._by_word[word].discard(other)
            self._by_word[word].add(one)

    def _near(self, keys: Iterable[str]) -> list[int]:
        shared: Counter[int] = Counter()
        for word in keys:
            shared.update(c for c in self._by_word.get(word, ()) if c in self.clusters)
        return [number for number, _ in shared.most_common(_CANDIDATES)]


def heaviest(vector: Vector, most: int) -> dict[str, float]:
    """The heaviest words of a vector."""
    return dict(heapq.nlargest(most, vector.items(), key=lambda item: item[1]))
