"""Follow-ups: which earlier order a text speaks of, by cited number, quoted title, or its words.

A caller who asks again says "上次反映的……"; an operator who writes it down quotes the order's title
in 《》 and repeats its text. The order meant contains the title's rare character pairs, was there
before (mostly a few days), and does not itself speak of an earlier one. Of many that a general
title fits (关于投诉出租车绕道的问题) the last is meant.
"""

import heapq
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul

from jiesu.textintel.normalize import normalize

_LONGEST = 20_000  # characters in which numbers and titles are sought
_READ = 1_500  # characters of an order that are compared
_QUERY = 120  # characters of a follow-up beside the title: what is told again stands first
_ASKED = 64  # rarest pairs that are looked up
_OWN_WORDS = 0.25  # what a pair of a follow-up's own words weighs beside one of the quoted title
# What speaks for an order, in log-odds, learned by `bench/text/followups.py`: the rarity of what it
# shares, how lately it was told (log of days), and that it does not speak of an earlier one itself.
WEIGHTS = (0.32, 1.71, 3.4)
_QUOTED = 0.8  # the share of a quoted title that an order must hold to be the one it names
_NONE = 0.5  # no order is meant: as likely as one of today that holds this share of what is asked

_NUMBER = re.compile(r"(?<!\d)\d{14,19}(?!\d)")
_TITLE = re.compile(r"《([^《》]{4,200})》")
_AGAIN = re.compile(
    "上次|上回|上一次|之前(?:也)?(?:反映|投诉|打|来电|提|说)|曾(?:经)?(?:反映|投诉|来电|打过)|"
    "(?:已|己)(?:经)?(?:多次|两次|三次|几次)?(?:反映|投诉|来电)过?|再次(?:来电|反映|投诉)|"
    "又(?:来电|打电话)|(?:反映|投诉)过(?:多次|几次|好几次|两次|三次)|(?:没|未)(?:有)?(?:人)?(?:处理|解决|回复|答复|回电)|"
    "工单(?:编号|号)?|原工单|催(?:办|一下|一催|促)|进展"
)
_WORD = re.compile(r"\w+")
_SAID_BY_ALL = re.compile("^关于(?:咨询|投诉|反映|举报|建议)?|的?问题$")
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
    clean = normalize(text[:_LONGEST]).text
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
    """A title without what every title says: 关于投诉……的问题."""
    bare = _SAID_BY_ALL.sub("", title.strip())
    return bare or title


def bare_text(text: str) -> str:
    """A follow-up's own words, without numbers and quoted titles."""
    return _TITLE.sub("", _NUMBER.sub("", text))[:_QUERY]


def is_quoted(titles: Iterable[str], title: str, text: str) -> bool:
    """Whether one of the quoted titles is that of the order with this title and text."""
    held = pairs(f"{title} {text}")
    asked = [pairs(bare_title(one)) for one in titles]
    return any(len(one & held) >= _QUOTED * len(one) for one in asked if one)


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
        self._follows = [_speaks_of_another(o.text) for o in self.orders]
        self._titles = [pairs(bare_title(o.title)) if o.title else frozenset() for o in self.orders]
        at = {order.key: index for index, order in enumerate(self.orders)}
        self._cites = [
            [at[number] for number in _NUMBER.findall(order.text[:_LONGEST]) if number in at]
            for order in self.orders
        ]
        self._holding: defaultdict[str, list[int]] = defaultdict(list)
        for index, order in enumerate(self.orders):
            for pair in pairs(f"{order.title} {order.text}"):
                self._holding[pair].append(index)

    def rank(
        self, title: str = "", text: str = "", *, key: str = "", day: int = 0, most: int = 5
    ) -> list[tuple[str, float]]:
        """(key, how sure 0…1) of the orders that fit best; ``key`` and later days are left out."""
        whole, evidence = self.evidence(title, text, key=key, day=day)
        odds = {i: sum(map(mul, WEIGHTS, spoken)) for i, spoken in evidence.items()}
        # the same text twice on one day: the second is mostly a copy for another unit
        best = heapq.nsmallest(most, odds, key=lambda i: (-odds[i], self.orders[i].key))
        top = max(odds.values(), default=0.0)
        every = sum(math.exp(value - top) for value in odds.values())
        every += math.exp(min(_NONE * WEIGHTS[0] * whole - top, 50))
        return [(self.orders[i].key, math.exp(odds[i] - top) / every) for i in best]

    def evidence(
        self, title: str, text: str, *, key: str, day: int
    ) -> tuple[float, dict[int, tuple[float, float, float]]]:
        """The rarity of all that is asked; for each order that may be meant what speaks for it."""
        from_title = pairs(bare_title(title))
        from_text = pairs(bare_text(text)) - from_title
        asked = {pair: self._rarity(pair) for pair in from_title}
        asked |= {pair: _OWN_WORDS * self._rarity(pair) for pair in from_text}
        asked = dict(heapq.nlargest(_ASKED, asked.items(), key=lambda item: item[1]))
        shared: defaultdict[int, float] = defaultdict(float)
        for pair, rarity in asked.items():
            for index in self._holding.get(pair, ()):
                shared[index] += rarity
        told: dict[int, float] = {}  # what a follow-up tells is told of the order it cites, too
        for index, rarity in shared.items():
            order = self.orders[index]
            if not ((day and order.day > day) or _not_before(order.key, key)):
                for one in (index, *self._cites[index]):
                    told[one] = max(told.get(one, 0.0), rarity)
        found = {}
        for index, rarity in told.items():
            if from_title:  # its own title says more than the quoted one
                rarity -= sum(map(self._rarity, self._titles[index] - from_title))
            then = self.orders[index].day
            age = math.log1p(max(day - then, 0)) if day and then else 0.0
            found[index] = (rarity, -age, -self._follows[index])
        return sum(asked.values()), found

    def _rarity(self, pair: str) -> float:
        return math.log((len(self.orders) + 1) / (len(self._holding.get(pair, ())) + 0.5))


def _not_before(key: str, asking: str) -> bool:
    """Whether an order is the asking one, or by its running number of the same day or later."""
    if key.isdecimal() and asking.isdecimal() and len(key) == len(asking):
        return key >= asking
    return key == asking


def _speaks_of_another(text: str) -> float:
    """How surely an order is a follow-up itself: 1 by its beginning, 0.5 by a later number."""
    clean = normalize(text[:_LONGEST]).text
    head = clean[:200]
    if _TITLE.search(head) or ("工单" in head and _NUMBER.search(head)):
        return 1.0
    return 0.5 if _NUMBER.search(clean) else 0.0
