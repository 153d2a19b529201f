"""What a machine sees in a registration or a reply without a person: pure functions.

Each finding has a weight; their sum is the risk by which people's samples are drawn. A finding is a
hint for the inspector, never a deduction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jiesu.textintel import replies

SHORT_TITLE, SHORT_CONTENT, SHORT_REPLY = 6, 20, 30
SHOWN = 40  # characters of a span
_PLACE_TYPES = frozenset({"02", "03", "04"})  # 求助 投诉 举报 happen somewhere


@dataclass(frozen=True)
class Finding:
    """One thing the machine saw: a stable code, its words, its weight."""

    code: str
    words: str
    weight: int


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What is looked at in a registration."""

    title: str
    content: str
    address: str
    appeal_type: str
    category_level: int
    urgency: str
    reclassified: bool = False
    returned: bool = False
    warned: bool = False  # the machine heard danger or a threat in it


def check_registration(given: Registration) -> list[Finding]:
    """What looks wrong in how an order was written down."""
    found: list[Finding] = []
    if len(given.title) < SHORT_TITLE:
        found.append(Finding("title_short", "标题太短，看不出什么事", 2))
    if given.title and given.title == given.content:
        found.append(Finding("title_same", "标题与正文相同", 2))
    if len(given.content) < SHORT_CONTENT:
        found.append(Finding("content_short", f"正文不足 {SHORT_CONTENT} 字，要素可能不全", 3))
    if given.appeal_type in _PLACE_TYPES and not given.address:
        found.append(Finding("no_address", "没有具体地点", 2))
    if given.category_level < 2:
        found.append(Finding("class_shallow", "分类没有到二级", 2))
    if given.warned and given.urgency == "3":
        found.append(Finding("urgent_words", "正文有险情或扬言，紧急程度为一般", 5))
    if given.reclassified:
        found.append(Finding("reclassified", "派单时更正过分类或要素", 3))
    if given.returned:
        found.append(Finding("returned", "被承办单位退单", 3))
    return found


def check_reply(
    reply: str, *, title: str, content: str, contacted: bool, solved: bool | None
) -> list[Finding]:
    """What looks wrong in a reply: the defects of the reply gate, and what was left out."""
    flaws = replies.check_reply(reply, title=title, detail=content).flaws
    spans: dict[replies.Defect, str] = {}
    for flaw in flaws:
        spans.setdefault(flaw.defect, reply[flaw.start : flaw.end][:SHOWN])
    found = [
        Finding(defect.value, f"{rule.label}：“{span}”", round(2 * rule.weight))
        for defect, span in spans.items()
        for rule in [replies.RULES[defect]]
    ]
    if len(reply) < SHORT_REPLY:
        found.append(Finding("reply_short", f"答复不足 {SHORT_REPLY} 字", 3))
    if not contacted:
        found.append(Finding("not_contacted", "答复前没有联系记录", 2))
    if solved and any(word in reply for word in ("下一步", "待", "后续将")):
        found.append(Finding("solved_but_waiting", "称已解决，答复却说还要等", 4))
    return found


def risk(findings: Sequence[Finding]) -> int:
    """The weights together."""
    return sum(one.weight for one in findings)
