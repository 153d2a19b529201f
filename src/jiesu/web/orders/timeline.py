"""An appeal's events as a timeline anyone understands: newest first, reasons in full."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jiesu.appeals.actions.callback import LEVELS
from jiesu.appeals.lifecycle import APPEAL_MOVES, ASSIGNMENT_MOVES, OVERLAYS
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.deadlines.kinds import CLOCK_NAMES, ClockKind
from jiesu.journal.models import AbstractEvent
from jiesu.web.components.pieces import Entry

OTHER_TITLES = {
    "clock_yellow": "黄牌提醒",
    "clock_breached": "红牌：超过时限",
    "clock_recounted": "时限重算",
    "inherited": "单位调整，工单随转",
    "merged_in": "并入一件诉求",
    "parted": "一件诉求撤销并单",
    "repeated": "诉求人再次反映",
    "warning": "预警",
    "warning_acted": "预警已处置",
    "sensitive": "敏感类别",
    "opinion": "会商意见",
    "concluded": "会商结论",
}
RED = frozenset(
    {"supervision_issued", "supervision_approved", "ledger_relapsed", "note_written",
     "clock_breached", "refuse_return", "send_back", "redo", "refuse", "inner_reject",
     "refuse_application", "terminate"}
)  # fmt: skip
QUIET = frozenset({"open", "submit", "clock_yellow", "take_over"})

DECISIONS = {"redo": "二次办理", "finding": "认定办结", "again": "再次回访", "close": "办结"}
KINDS = {"extension": "延期", "suspension": "挂起", "ending": "终止", "return": "退单"}

FACTS = {
    "category": "分类",
    "region": "区域",
    "type": "类型",
    "basis": "依据",
    "instruction": "办理要求",
    "suggested": "建议承办",
    "decision": "审批意见",
    "faults": "问题类型",
    "days": "延长工作日",
    "citizen_told": "告知诉求人",
    "to": "去向",
    "from": "原单位",
    "master": "主单",
    "number": "工单",
    "outcome": "方式",
    "finding": "认定",
    "plan": "计划",
    "number_given": "文号",
    "entry": "台账编号",
}
OUTCOMES = {
    "handled": "办理完毕",
    "answered_directly": "直接答复",
    "unreachable": "未接通办结",
    "finding": "认定办结",
    "withdrawn": "撤诉",
    "refused": "不予受理",
    "handed_over": "移交",
    "terminated": "终止",
}
SAID_ALREADY = frozenset(
    {("accept", "category"), ("call_back", "decision"), ("rate", "decision"), ("apply", "days"),
     ("extend", "days"), ("refuse_return", "decision")}
)  # fmt: skip
MARKS = frozenset({"clock_breached", "clock_yellow"})
TEXTS = ("reason", "text", "note", "answer", "explanation", "question", "reply", "report")


def entries(events: Iterable[AbstractEvent]) -> list[Entry]:
    """The timeline of events given newest first."""
    found = list(events)
    newest = next((e.seq for e in found if e.kind not in QUIET), None)
    return [_entry(event, first=event.seq == newest) for event in found]


def title_of(kind: str) -> str:
    """What an event is called."""
    move = APPEAL_MOVES.get(kind) or ASSIGNMENT_MOVES.get(kind) or OVERLAYS.get(kind)
    return move.label if move is not None else OTHER_TITLES.get(kind, kind)


def _entry(event: AbstractEvent, *, first: bool) -> Entry:
    data: Mapping[str, Any] = event.data
    title = title_of(event.kind)
    if event.kind.startswith("supervision_") and data.get("kind"):
        title = title.replace("督办", str(data["kind"]), 1)
    if event.kind == "refuse_application":
        title = f"驳回{KINDS.get(str(data.get('kind')), '')}申请"
    maker = _SPECIAL.get(event.kind)
    text = maker(data) if maker else _text(data)
    if event.kind in RED:
        tone = "red"
    elif first:
        tone = "now"
    else:
        tone = "quiet" if event.kind in QUIET else ""
    return Entry(title, event.at, _who(event), text, tone, facts=_facts(event, data))


def _who(event: AbstractEvent) -> str:
    if event.actor_kind == "system":
        return "系统"
    unit = f"{event.actor_unit_name} · " if event.actor_unit_name else ""
    return f"{unit}{event.actor_name}"


def _text(data: Mapping[str, Any]) -> str:
    said = [data.get(key) for key in TEXTS]  # a note's number is no text
    return "\n".join(words for words in said if isinstance(words, str) and words)


def _facts(event: AbstractEvent, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = []
    for key, label in FACTS.items():
        value = data.get(key)
        if not value or (event.kind, key) in SAID_ALREADY:
            continue
        if isinstance(value, list):
            value = "、".join(map(str, value))
        if key == "outcome":
            value = OUTCOMES.get(str(value), value)
        if key == "type":
            value = codes.label(Table.APPEAL_TYPE, str(value))
        facts.append((label, str(value)))
    unit = str(data.get("unit") or "")
    if unit and unit != event.actor_unit_name and event.kind not in MARKS:
        facts.append(("单位", unit))
    return facts


def _dispatched(data: Mapping[str, Any]) -> str:
    joint = "、".join(data.get("joint", []))
    text = f"主办 {data.get('lead', '')}" + (f"，协办 {joint}" if joint else "")
    if data.get("designated"):
        text += "（指定承办）"
    return "\n".join(t for t in (text, data.get("reason", "")) if t)


def _called(data: Mapping[str, Any]) -> str:
    follows = DECISIONS.get(str(data.get("decision") or ""), "")
    if not data.get("reached"):
        parts = ["未接通", *([follows] if follows == "再次回访" else [])]
    else:
        parts = []
        if data.get("solved") is not None:
            parts.append("已解决" if data["solved"] else "未解决")
        if data.get("satisfaction"):
            parts.append(LEVELS.get(int(data["satisfaction"]), ""))
        if data.get("reason"):
            parts.append(str(data["reason"]))
        if follows and follows != "办结":
            parts.append(f"→ {follows}")
    return "\n".join(t for t in (" · ".join(parts), data.get("note", "")) if t)


def _applied(data: Mapping[str, Any]) -> str:
    kind = KINDS.get(str(data.get("kind") or ""), "")
    days = f" {data['days']} 个工作日" if data.get("days") else ""
    return "\n".join(t for t in (f"{kind}{days}", str(data.get("reason", ""))) if t)


def _clock(data: Mapping[str, Any]) -> str:
    name = CLOCK_NAMES[ClockKind(data["clock"])] if data.get("clock") else ""
    return "　".join(t for t in (f"{name}时限", str(data.get("unit", ""))) if t)


def _contacted(data: Mapping[str, Any]) -> str:
    reached = "联系上" if data.get("reached") else "未联系上"
    return "\n".join(t for t in (f"{data.get('way', '')} · {reached}", data.get("note", "")) if t)


def _reclassified(data: Mapping[str, Any]) -> str:
    names = {
        "category_name": "分类", "appeal_type": "类型", "urgency": "紧急程度", "title": "标题",
        "region_name": "区域", "address": "地址", "is_difficult": "疑难",
    }  # fmt: skip
    before, after = data.get("before", {}), data.get("after", {})
    return "\n".join(
        f"{names[k]}：{before.get(k) or '（空）'} → {after[k]}" for k in after if k in names
    )


def _accepted(data: Mapping[str, Any]) -> str:
    return _reclassified(data) or str(data.get("category", ""))


def _sensitive(data: Mapping[str, Any]) -> str:
    return "，".join(f"{name}（“{word}”）" for name, word in data.get("classes", {}).items())


def _warned(data: Mapping[str, Any]) -> str:
    return (
        f"{data.get('warning', '')}　“{data.get('quote', '')}”"
        if "quote" in data
        else "　".join(str(data[key]) for key in ("warning", "act", "note") if data.get(key))
    )


def _registered(data: Mapping[str, Any]) -> str:
    return str(data.get("title", ""))


def _refused_return(data: Mapping[str, Any]) -> str:
    text = str(data.get("decision", ""))
    return f"{text}\n时限不变，记不当退单 1 次。" + (
        "已指定承办。" if data.get("designated") else ""
    )


_SPECIAL: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "register": _registered,
    "sensitive": _sensitive,
    "warning": _warned,
    "warning_acted": _warned,
    "accept": _accepted,
    "dispatch": _dispatched,
    "reassign": _dispatched,
    "call_back": _called,
    "rate": _called,
    "clock_yellow": _clock,
    "clock_breached": _clock,
    "contact": _contacted,
    "reclassify": _reclassified,
    "refuse_return": _refused_return,
    "apply": _applied,
    "extend": lambda data: _applied({**data, "kind": "extension"}),
    "add_joint": lambda data: "、".join(data.get("joint", [])),
}
