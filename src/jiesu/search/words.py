"""Cuts Chinese into words, alike when indexing and when asking. Pure."""

import re
from collections.abc import Iterator

import rjieba

_WORD = re.compile(r"\w", re.UNICODE)
_LONGEST = 40  # characters of a word; longer runs are no words

# Words of nearly every appeal: they tell no two apart. Left out when looking for similar ones.
COMMON = frozenset(
    """来电 来电人 市民 诉求 诉求人 反映 反应 咨询 投诉 举报 建议 求助 要求 希望 请求 尽快 相关 有关
    部门 单位 处理 解决 核实 答复 回复 联系 情况 问题 现在 目前 一直 没有 进行 认为 表示 地址 位于
    具体 附近 我们 他们 自己 可以 已经 多次 时间 方面 影响 严重 工作人员 您好 谢谢 以及 并且 因为
    所以 但是 如果 还有 这个 那个 长期""".split()  # noqa: SIM905 - a list of words to be read
)


def cut(text: str) -> Iterator[str]:
    """The words of a text, longer ones also in their parts (地铁站 → 地铁 铁站 地铁站)."""
    for word in rjieba.cut_for_search(text.lower()):
        word = word.strip()
        if word and len(word) <= _LONGEST and _WORD.search(word):
            yield word


def spaced(text: str) -> str:
    """The words with blanks between, as the index takes them."""
    return " ".join(cut(text))


def asked(query: str, most: int = 12) -> list[str]:
    """The words of a query, each once."""
    return list(dict.fromkeys(cut(query[:200])))[:most]


def telling(text: str, most: int = 40) -> list[str]:
    """The words of a text that tell it from others, each once: no common ones, no single signs."""
    words = (w for w in cut(text[:2_000]) if len(w) > 1 and w not in COMMON)
    return list(dict.fromkeys(words))[:most]
