"""What a text is about, in words that tell it from others, and how rare each of them is."""

import functools
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol

import rjieba

from jiesu.textintel.normalize import normalize

_HAN_OR_LETTER = re.compile(r"[\u3400-\u9fffa-z]")
_LONGEST = 24  # characters of a word; longer runs are no words
TITLE_WEIGHT = 3
_FEW = 1_000
READ = 300  # characters of the body: the matter stands at the beginning

# Words of nearly every appeal: they tell no two apart.
COMMON = frozenset(
    """来电 来电人 市民 群众 居民 业主 本人 我们 你们 他们 自己 大家 领导 尊敬 您好 你好 谢谢 请问
    咨询 投诉 举报 建议 求助 反映 反应 诉求 诉求人 要求 希望 请求 恳请 强烈 尽快 及时 相关 有关
    部门 单位 政府 处理 解决 核实 答复 回复 回电 联系 情况 问题 事情 关于 现在 目前 至今 一直
    没有 还有 已经 多次 进行 认为 表示 告知 知道 具体 可以 能否 是否 怎么 什么 为什么 如何 这个
    那个 这样 这种 时候 时间 方面 影响 严重 附近 旁边 位于 地址 工作人员 以及 并且 因为 所以
    但是 如果 导致 造成 不能 无法 需要 应该 长期 近期 最近 每天 今天 昨天 上次 之前 再次 仍然
    依然 还是 就是 不是 一个 这里 对此 望 加快 加大 力度""".split()  # noqa: SIM905 - a list of words to be read
)


class Frequencies(Protocol):
    """How many texts there are, and in how many of them a word stands."""

    def total(self) -> int:
        """How many texts there are."""
        ...

    def of(self, word: str) -> int:
        """In how many of them the word stands."""
        ...


class Counted:
    """Frequencies of texts that were counted here."""

    def __init__(self, texts: Iterable[Iterable[str]] = ()) -> None:
        self._texts = 0
        self._of: Counter[str] = Counter()
        for words in texts:
            self.add(words)

    def add(self, words: Iterable[str]) -> None:
        """One text more."""
        self._texts += 1
        self._of.update(set(words))

    def total(self) -> int:
        """How many texts there are."""
        return self._texts

    def of(self, word: str) -> int:
        """In how many of them the word stands."""
        return self._of[word]


def words(text: str) -> list[str]:
    """The words that may tell a text from others, as often as they stand there."""
    clean = "".join(normalize(text).text.lower().split())
    return [w for w in _cut(clean) if _tells(w)]


def counts(title: str, text: str) -> Counter[str]:
    """How often each word stands in title (counted thrice) and beginning of the body."""
    found: Counter[str] = Counter()
    for word in words(title[:READ]):
        found[word] += TITLE_WEIGHT
    found.update(words(text[:READ]))
    return found


def vector(counted: Mapping[str, int], frequencies: Frequencies) -> dict[str, float]:
    """The words with their weights (log tf x idf), of length 1; {} when nothing tells.

    Words of more than 15% of the texts weigh nothing. While there are few texts, they are taken
    for a part of a thousand: what stands in two of three is not common yet.
    """
    total = max(frequencies.total(), _FEW)
    weights: dict[str, float] = {}
    for word, count in counted.items():
        seen = frequencies.of(word)
        if seen > 0.15 * total:
            continue
        weights[word] = (1 + math.log(count)) * math.log((total + 1) / (seen + 0.5))
    length = math.sqrt(sum(w * w for w in weights.values()))
    return {word: w / length for word, w in weights.items()} if length else {}


def dot(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The product of two vectors."""
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other.get(word, 0.0) for word, weight in one.items())


@functools.lru_cache(maxsize=65_536)
def _tells(word: str) -> bool:
    if not 1 < len(word) <= _LONGEST or word in COMMON:
        return False
    return _HAN_OR_LETTER.search(word) is not None


def _cut(text: str) -> list[str]:
    try:
        found: list[str] = rjieba.cut(text)
    except UnicodeEncodeError:  # a lone surrogate: broken input is no text
        return _cut(text.encode("utf-8", "ignore").decode())
    return found
