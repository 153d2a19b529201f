"""Where an appeal stands, in plain words: what a citizen wants to know, nothing of the office."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Clock
from jiesu.deadlines.kinds import ClockKind
from jiesu.journal.models import AbstractEvent
from jiesu.web.components.pieces import Entry
from jiesu.web.components.times import citizen_time

LONG_TITLE = 20


@dataclass(frozen=True)
class Standing:
    """The first sentence, what follows it, and until when there is an answer."""

    headline: str
    lead: str
    until: str = ""
    again: bool = False  # not the first answer


def standing(appeal: Appeal, due: dt.datetime | None, at: dt.datetime) -> Standing:
    """Where it stands and until when, in a sentence each."""
    matter = f"您反映的“{_short(appeal.title)}”"
    unit = appeal.lead_unit_name or "热线中心"
    until = citizen_time(due) if due is not None and due > at else ""
    soon = "" if until else _no_date(due)
    status = Status(appeal.status)
    if status is Status.REGISTERED:
        lead = "热线中心正在看您写的内容，很快会转给负责的单位。"
        return Standing(f"{matter}已收到", lead, until)
    if status is Status.ACCEPTED:
        if appeal.redo_count:
            return Standing(f"{matter}正在重新办理", f"正在确定由哪个单位办理。{soon}", until, True)
        return Standing(f"{matter}已受理", f"正在确定由哪个单位办理。{soon}", until)
    if status is Status.DISPATCHED:
        if appeal.send_back_count or appeal.redo_count:
            lead = f"上一次的办理不够，已要求{unit}重新办理。{soon}"
            return Standing(f"{matter}正在重新办理", lead, until, True)
        return Standing(f"{matter}正在办理", f"由{unit}办理。{soon}", until)
    if status is Status.SUSPENDED:
        return Standing(f"{matter}暂时等待", f"{unit}需要等一个结果才能继续，恢复后会接着办。")
    if status is Status.LISTED:
        return Standing(f"{matter}列入难题清单", "一时解决不了，我们会一直跟着，有进展告诉您。")
    if status is Status.REPORTED:
        lead = f"{unit}已提交结果，热线中心正在核对。{soon}"
        return Standing(f"{matter}已有结果，正在核对", lead, until)
    if status is Status.CALLBACK:
        return Standing(f"{matter}已答复", "请看下面的答复，并告诉我们您是否满意。")
    if status is Status.MERGED:
        lead = f"已一起交给{unit}办理，有结果同样答复您。"
        return Standing(f"{matter}和其他人反映的是同一件事", lead, until)
    if status in (Status.CLOSED, Status.ARCHIVED):
        return Standing(f"{matter}已办结", "感谢您的反映。有新情况可以再次反映。")
    if status is Status.REFUSED:
        return Standing(f"{matter}不能受理", "原因和可以走的途径写在下面。")
    if status is Status.HANDED_OVER:
        return Standing(f"{matter}已转交", "由接收的单位处理，说明写在下面。")
    if status is Status.WITHDRAWN:
        return Standing(f"{matter}已按您的要求撤回", "需要时可以再次反映。")
    return Standing(f"{matter}已结束", "说明写在下面。" if appeal.public_reply else "")


def _short(title: str) -> str:
    """A title that is a whole sentence, as one would call the matter."""
    if len(title) <= LONG_TITLE:
        return title
    first = re.split(r"[，,。；;]", title)[0]
    return first if 4 <= len(first) <= LONG_TITLE else f"{title[:LONG_TITLE]}…"


def _no_date(due: dt.datetime | None) -> str:
    """What is promised when no date can be: none runs, or the day has passed."""
    if due is None:
        return "我们会尽快给您答复。"
    return "超过了承诺的时间，我们正在督促，会尽快答复您。"


def due_of(appeal: Appeal) -> dt.datetime | None:
    """Until when the citizen is promised an answer: their own clock."""
    clock = Clock.objects.filter(appeal=appeal, kind=ClockKind.TOTAL, stopped_at=None).first()
    return clock.due_at if clock is not None and clock.paused_at is None else None


def path(appeal: Appeal, events: Iterable[AbstractEvent]) -> list[Entry]:
    """The steps a citizen recognises, newest first; what is the office's own is left out."""
    steps: list[tuple[str, dt.datetime, str]] = []
    for event in events:
        words = _words(appeal, event.kind, event.data)
        if words is not None:
            steps.append((words[0], event.at, words[1]))
    steps.reverse()
    return [
        Entry(title, at, "", text, tone="now" if index == 0 else "")
        for index, (title, at, text) in enumerate(steps)
    ]


def _words(appeal: Appeal, kind: str, data: dict[str, Any]) -> tuple[str, str] | None:
    unit = str(data.get("unit") or appeal.lead_unit_name or "承办单位")
    match kind:
        case "register":
            return ("您打来电话" if appeal.channel == "phone" else "您提交了诉求"), ""
        case "accept":
            return "热线中心已受理", ""
        case "dispatch" | "reassign":
            return f"已交给{data.get('lead', '承办单位')}", ""
        case "take_back":
            return "正在重新确定承办单位", ""
        case "sign":
            return f"{unit}已接收", ""
        case "contact" if data.get("reached"):
            return f"{unit}与您联系过", ""
        case "contact":
            return f"{unit}联系您，没有接通", ""
        case "extend":
            return "办理时间延长", f"延长 {data.get('days')} 个工作日"
        case "suspend":
            return "暂时等待", str(data.get("reason", ""))
        case "resume" | "unlist":
            return "继续办理", ""
        case "list_difficult":
            return "列入难题清单", ""
        case "report" if data.get("nature") == "lead":
            return f"{unit}已有结果，正在核对", ""
        case "send_back":
            return "热线中心要求重新办理", ""
        case "redo":
            return "按您的意见重新办理", ""
        case "approve" | "answer_merged" | "answer_directly":
            return "已答复您", ""
        case "call_back":
            return ("我们回访了您" if data.get("reached") else "回访没有接通"), ""
        case "rate":
            return "您作了评价", ""
        case "add_facts":
            return "您补充了情况", str(data.get("text", ""))
        case "urge":
            return "已催办", str(data.get("text", ""))
        case "merge":
            return "与同一件事合并办理", ""
        case "refuse":
            return "不予受理", ""
        case "hand_over":
            return f"已转交{data.get('to', '')}", ""
        case "withdraw":
            return "已撤回", ""
        case "terminate":
            return "已终止", ""
        case "close":
            return "已办结", ""
        case "reopen":
            return "重新办理", ""
    return None
