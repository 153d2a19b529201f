"""Follow-ups: which earlier order a text speaks of, by cited number, quoted title, or its words.

A caller who asks again says "上次反映的……"; an operator who writes it down quotes the order's title
in 《》 and repeats its text. The order meant contains nearly all of the title's character pairs and
little else, was there before, and does not itself speak of an earlier order.
"""

import heapq
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jiesu.textintel.normalize import normalize

_READ = 1_500  # characters of an order that are compared
_QUERY = 400  # characters of a follow-up beside the title
_KEPT = 300  # candidates that are looked at closely
_ASKED = 64  # rarest pairs that are looked up

_NUMBER = re.compile(r"(?<!\d)\d{14,19}(?!\d)")
_TITLE = re.compile(r"《([^《》]{4,200})》")
_AGAIN = re.compile(
    "上次|上回|上一次|之前(?:也)?(?:反映|投诉|打|来电|提|说)|曾(?:经)?(?:反映|投诉|来电|打过)|"
    "(?:已|己)(?:经)?(?:多次|两次|三次|几次)?(?:反映|投诉|来电)过?|再次(?:来电|反映|投诉)|"
    "又(?:来电|打电话)|(?:反映|投诉)过(?:多次|几次|好几次|两次|三次)|(?:没|未)(?:有)?(?:人)?(?:处理|解决|回复|答复|回电)|"
    "工单(?:编号|号)?|原工单|催(?:办|一下|一催|促)|进展"
)
_WORD = re.compile(r"\w+")
_LAW = re.compile("(?:法|条例|规定|办法|细则|方案|通知|通知书|决定|意见|合同|协议|标准|规范|公告)$")


@dataclass(frozen=True)
class Cited:
    """What a text says about an earlier order."""

    numbers: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    again: str = ""  # the words that say that this is not the first time


def cited(text: str) -> Cited:
    """The order numbers, quoted order titles and the words "not for the first time" of a text.

    A quoted law or document is no order's title.
    """
    clean = normalize(text[:20_000]).text
    titles = [t for t in _TITLE.findall(clean) if not is_document(t)]
    again = _AGAIN.search(clean)
    return Cited(
        tuple(dict.fromkeys(_NUMBER.findall(clean))),
        tuple(dict.fromkeys(titles)),
        again.group() if again else "",
    )


def is_document(title: str) -> bool:
    """Whether what stands in 《》 is a law or a paper rather than an order's title."""
    return _LAW.search(title) is not None


def pairs(text: str, most: int = _READ) -> frozenset[str]:
    """The character pairs of a text, without signs."""
    clean = "".join(_WORD.findall(normalize(text[:most]).text.lower()))
    return frozenset(clean[i : i + 2] for i in range(len(clean) - 1))


def bare_title(title: str) -> str:
    """A title without what every title says: 关于……的问题."""
    return title.strip().removeprefix("关于").removesuffix("问题").removesuffix("的")


def bare_text(text: str) -> str:
    """A follow-up's own words, without numbers and quoted titles."""
    return _TITLE.sub("", _NUMBER.sub("", text))[:_QUERY]


@dataclass(frozen=True)
class Earlier:
    """An order that may be meant. ``day``: ordinal of its day, 0 unknown."""

    key: str
    text: str
    title: str = ""
    day: int = 0


class Pool:
    """Orders in which the one meant is looked for."""

    def __init__(self, orders: Iterable[Earlier]) -> None:
        self.orders: Sequence[Earlier] = list(orders)
        self._pairs = [pairs(f"{o.title} {o.text}") for o in self.orders]
        self._follows = [_speaks_of_another(o.text) for o in self.orders]
        self._holding: defaultdict[str, list[int]] = defaultdict(list)
        for index, held in enumerate(self._pairs):
            for pair in held:
                self._holding[pair].append(index)

    def rank(
        self, title: str = "", text: str = "", *, key: str = "", day: int = 0, most: int = 5
    ) -> list[tuple[str, float]]:
        """(key, score 0…1) of the orders that fit best; ``key`` and later days are left out."""
        from_title = pairs(bare_title(title))
        from_text = pairs(bare_text(text)) - from_title
        weights = self._weights(from_title, 1.0) | self._weights(from_text, 0.25)
        weights = dict(heapq.nlargest(_ASKED, weights.items(), key=lambda item: item[1]))
        whole = sum(weights.values())
        if not whole:
            return []
        shared: defaultdict[int, float] = defaultdict(float)
        for pair, weight in weights.items():
            for index in self._holding.get(pair, ()):
                shared[index] += weight
        ranked = []
        for index, weight in heapq.nlargest(_KEPT, shared.items(), key=lambda item: item[1]):
            order = self.orders[index]
            if (day and order.day > day) or _not_before(order.key, key):
                continue
            longer = math.log1p(len(self._pairs[index]) / max(len(from_title | from_text), 1))
            age = math.log1p(day - order.day) if day and order.day else 0.0
            score = weight / whole - 0.02 * longer - 0.02 * age
            score -= 0.3 if self._follows[index] else 0.0
            ranked.append((order.key, max(score, 0.0)))
        ranked.sort(key=lambda found: -found[1])
        return ranked[:most]

    def _weights(self, held: Iterable[str], factor: float) -> dict[str, float]:
        total = len(self.orders) + 1
        return {
            pair: factor * math.log(total / (len(self._holding.get(pair, ())) + 0.5))
            for pair in held
        }


def _not_before(key: str, asking: str) -> bool:
    """Whether an order is the asking one, or by its running number of the same day or later."""
    if key.isdecimal() and asking.isdecimal() and len(key) == len(asking):
        return key >= asking
    return key == asking


def _speaks_of_another(text: str) -> bool:
    """Whether an order is itself a follow-up: it quotes a title or a number at its beginning."""
    head = text[:200]
    return bool(_TITLE.search(head)) or ("工单" in head and bool(_NUMBER.search(head)))
