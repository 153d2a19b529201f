"""What an order's page shows: at most fifteen statements, whoever looks."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.appeals import options, rules
from jiesu.appeals.actions import exposure
from jiesu.appeals.lifecycle import OPEN
from jiesu.appeals.models import (
    Appeal,
    Application,
    Assignment,
    Attachment,
    Clock,
    Consultation,
    Reply,
)
from jiesu.appeals.rules import Rule
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.deadlines.kinds import ClockKind
from jiesu.textintel.summary import summarize
from jiesu.warnings.tone import is_rising, tone_of
from jiesu.web.components.faces import (
    face_of_clock,
    face_of_row,
    mood_tag,
    state_words,
    status_words,
    tags_of,
    type_words,
)
from jiesu.web.components.pieces import Action, FileItem, Tag, Tone, WhyNot
from jiesu.web.navigation import PLACES
from jiesu.web.orders.dialogs import ASSIGNMENT_DIALOGS, DIALOGS
from jiesu.web.orders.timeline import entries

KEYS = {
    "sign": "s", "submit": "r", "contact": "c", "dispatch": "d", "accept": "a", "approve": "y",
    "send_back": "b", "call_back": "v", "pass_down": "p", "inner_approve": "y",
    "inner_reject": "b",
}  # fmt: skip
MAIN_MOVES = frozenset(
    {"sign", "submit", "inner_approve", "accept", "dispatch", "approve", "call_back", "resume",
     "unlist"}
)  # fmt: skip
RARE_MOVES = frozenset(
    {"list_difficult", "withdraw", "hand_over", "archive", "close", "reopen", "unmerge", "refuse",
     "recall", "take_over", "consult", "add_joint", "urge", "answer_directly", "reassign",
     "recuse"}
)  # fmt: skip
DESK_OF = {"dispatch": P.DISPATCH_ASSIGN, "unit": P.HANDLING_SIGN, "review": P.REVIEW_DECIDE,
           "callback": P.CALLBACK_RECORD}  # fmt: skip
CLOCK_ORDER = tuple(ClockKind)
# Moves with a work page of their own: both verdicts of a review are taken there, side by side.
WORK_PAGES = {"approve": "review:work", "call_back": "callback:work", "dispatch": "dispatch:work"}
WORK_PAGES_SAY = frozenset({"send_back"})
RED_MOVES = frozenset({"send_back", "refuse", "withdraw", "request_return", "inner_reject"})
RELATED_SHOWN = 8
EVENTS_SHOWN = 200
SUMMARY_FROM = 300  # characters of a text that is shown with a summary


@dataclass(frozen=True)
class Holder:
    """One assignment as the page shows it."""

    assignment: Assignment
    words: str
    tone: str
    face: Any


def context(appeal: Appeal, actor: Actor, at: dt.datetime) -> dict[str, Any]:
    """Everything the page shows to this actor at this time."""
    assignments = list(
        Assignment.objects.select_related("unit").filter(appeal=appeal).order_by("pk")
    )
    clocks = list(Clock.objects.filter(appeal=appeal).order_by("pk"))
    applications = list(
        Application.objects.select_related("assignment", "suggested_unit")
        .filter(appeal=appeal)
        .order_by("-pk")
    )
    mine = options.my_assignment(assignments, actor)
    pending = [
        a
        for a in applications
        if a.verdict == Application.Verdict.PENDING
        and a.judge_unit_id == actor.unit_id
        and actor.may(P.DISPATCH_JUDGE if a.assignment.depth == 0 else P.HANDLING_PASS_DOWN)
    ]
    actions, why_not = _actions(appeal, mine, actor, at, clocks, applications, pending)
    replies = list(
        Reply.objects.select_related("assignment")
        .filter(appeal=appeal)
        .exclude(stage=Reply.Stage.DRAFT)
        .order_by("-pk")
    )
    names = {a.pk: a.unit_name for a in assignments}
    events = appeal.events.all().order_by("-seq")[:EVENTS_SHOWN]
    return {
        "appeal": appeal,
        "status": status_words(appeal),
        "type": type_words(appeal),
        "channel": codes.label(Table.CHANNEL, appeal.channel),
        "face": face_of_row(appeal, at),
        "tags": [*tags_of(appeal), *(Tag(c, Tone.AMBER, "敏感类别") for c in appeal.sensitive)],
        "person": exposure.person_of(appeal, actor),
        "local_answers": [(one.label, one.text) for one in exposure.answers_of(appeal)],
        "petitioner_tags": [
            codes.label(Table.PETITIONER_TAG, t) for t in appeal.petitioner_tags
        ],
        "entries": entries(events),
        "clocks": [
            face_of_clock(c, at, _joint_name(c, assignments, names))
            for c in _newest_clocks(clocks)
        ],
        "holders": [
            Holder(a, state_words(a), _tone(a), face_of_row(a, at)) for a in assignments
        ],
        "mine": mine,
        "actions": actions,
        "why_not": why_not,
        "pending": pending,
        "replies": replies,
        "replies_now": _latest(replies),
        "replies_before": [r for r in replies if r not in _latest(replies)],
        "desk": desk_of(actor),
        "files": [
            FileItem(
                f.name, reverse("orders:attachment", args=[appeal.number, f.pk]), f.size,
                f"{f.get_purpose_display()} · {f.uploaded_by}",
            )
            for f in Attachment.objects.filter(appeal=appeal).order_by("pk")
        ],
        "consultations": list(
            Consultation.objects.filter(appeal=appeal)
            .prefetch_related("opinions__unit")
            .order_by("-pk")
        ),
        **_related(appeal, actor),
        "summary": summarize(appeal.content) if len(appeal.content) >= SUMMARY_FROM else None,
        "sees_supervision": actor.may(P.SUPERVISION_VIEW) or actor.may(P.SUPERVISION_ANSWER),
        "may_reveal_url": reverse("orders:reveal", args=[appeal.number]),
    }  # fmt: skip


def _newest_clocks(clocks: list[Clock]) -> list[Clock]:
    """The last clock of each kind and unit; earlier rounds stand in the timeline."""
    newest: dict[tuple[str, int | None], Clock] = {}
    for clock in clocks:
        newest[clock.kind, clock.assignment_id] = clock
    return sorted(
        newest.values(),
        key=lambda c: (c.stopped_at is not None, CLOCK_ORDER.index(ClockKind(c.kind)), c.pk),
    )


def _latest(replies: list[Reply]) -> list[Reply]:
    """The newest reply of each assignment; earlier rounds are folded."""
    newest: dict[int, Reply] = {}
    for reply in replies:
        newest.setdefault(reply.assignment_id, reply)
    return list(newest.values())


def desk_of(actor: Actor) -> tuple[str, str, str]:
    """Where this actor's orders stand: (name, label, URL), for the way back."""
    for place in PLACES:
        if place.name in DESK_OF and actor.may(DESK_OF[place.name]):
            return place.name, place.label, reverse(place.url)
    return "orders", "全部工单", reverse("orders:home")


def _joint_name(clock: Clock, assignments: list[Assignment], names: dict[int, str]) -> str:
    """Whose clock it is, where several units have one."""
    if clock.assignment_id is None or len(assignments) < 2:
        return ""
    return names.get(clock.assignment_id, "")


def _tone(assignment: Assignment) -> str:
    if assignment.state in ("returned", "cancelled"):
        return Tone.LINE
    return Tone.GREEN if assignment.state in ("reported", "done") else Tone.BLUE


def _actions(
    appeal: Appeal, mine: Assignment | None, actor: Actor, at: dt.datetime,
    clocks: list[Clock], applications: list[Application], pending: list[Application],
) -> tuple[list[Action], list[WhyNot]]:  # fmt: skip
    """What this actor may do now, the main thing first, and why not the rest."""
    number = appeal.number
    actions = [
        Action(
            f"审批{a.get_kind_display()}申请", key="g" if index == 0 else "", main=index == 0,
            dialog_url=reverse("orders:judge", args=[number, a.pk]),
        )
        for index, a in enumerate(pending)
    ]  # fmt: skip
    why_not: list[WhyNot] = []
    returns = sum(
        1 for a in applications
        if mine is not None and a.assignment.unit_id == mine.unit_id
        and a.kind == Application.Kind.RETURN
    )  # fmt: skip
    unit_options = []
    if mine is not None:
        no_return = options.why_no_return(
            mine, returns=returns, most=rules.value(Rule.MAX_RETURNS_PER_UNIT, at), limits=clocks,
            at=at,
        )  # fmt: skip
        unit_options = options.assignment_options(appeal, mine, actor, no_return=no_return)
    has_main = bool(actions)
    for option in unit_options:
        if not option.allowed and option.name == "request_return":
            why_not.append(WhyNot(option.label, f"{option.why_not}。"))
        if not option.allowed or mine is None:
            continue
        main = not has_main and option.name in MAIN_MOVES
        if option.name == "submit":
            label = "重新写答复" if mine.round > 1 else "写答复"
            actions.append(Action(label, href=_report_url(appeal, mine), key="r", main=main))
        elif option.name in ASSIGNMENT_DIALOGS:
            url = reverse("orders:assignment-move", args=[number, mine.pk, option.name])
            actions.append(_action(option.name, option.label, url, main=main))
        has_main = has_main or main
    for option in options.appeal_options(appeal, actor):
        if option.allowed and option.name in DIALOGS:
            main = not has_main and option.name in MAIN_MOVES
            desk = WORK_PAGES.get(option.name)
            if desk is not None:
                href = reverse(desk, args=[number])
                key = KEYS.get(option.name, "")
                actions.append(Action(option.label, href=href, key=key, main=main))
            elif option.name not in WORK_PAGES_SAY:
                url = reverse("orders:move", args=[number, option.name])
                actions.append(_action(option.name, option.label, url, main=main))
            has_main = has_main or main
    return [*actions, *_overlays(appeal, actor)], why_not


def _overlays(appeal: Appeal, actor: Actor) -> list[Action]:
    """What a supervisor or a leader may lay over the order."""
    found: list[Action] = []
    query = f"?number={appeal.number}"
    if actor.may(P.SUPERVISION_ISSUE):
        number = [appeal.number]
        found += [
            Action("督办", href=f"{reverse('supervision:new')}{query}", key="d", main=True),
            Action("列入台账", href=f"{reverse('supervision:ledger-new')}{query}"),
            Action("另案办理", dialog_url=reverse("supervision:link", args=number), rare=True),
        ]
        if appeal.where in OPEN:
            found.insert(1, Action("一键催办", post=reverse("supervision:urge", args=number)))
    if actor.may(P.SUPERVISION_NOTE):
        href = f"{reverse('supervision:note-new')}{query}"
        found.append(Action("批示", href=href, main=not found))
    return found


def _action(name: str, label: str, url: str, *, main: bool) -> Action:
    return Action(
        label,
        dialog_url=url,
        key=KEYS.get(name, ""),
        main=main and name not in RED_MOVES,
        tone="red" if name in RED_MOVES else "",
        rare=name in RARE_MOVES,
    )


def _report_url(appeal: Appeal, assignment: Assignment) -> str:
    try:
        return reverse("unit:report", args=[appeal.number, assignment.pk])
    except NoReverseMatch:
        return ""


def _related(appeal: Appeal, actor: Actor) -> dict[str, Any]:
    """The master, the merged, the earlier one it repeats, and the same person's others with how
    they sounded; whether that person's tone rises."""
    light = ("number", "title", "content", "status", "registered_at")
    found: list[tuple[Appeal, str]] = []
    visible = Appeal.objects.visible_to(actor).only(*light)
    if appeal.master_id is not None:
        found += [(a, "主单") for a in visible.filter(pk=appeal.master_id)]
    if appeal.merged_count:
        found += [(a, "并入本单") for a in visible.filter(master=appeal)[:RELATED_SHOWN]]
    if appeal.repeat_of_id is not None:
        found += [(a, "上次反映") for a in visible.filter(pk=appeal.repeat_of_id)]
    own = [appeal]
    if appeal.phone_hash and exposure.person_of(appeal, actor).name != exposure.HIDDEN:
        others = list(
            visible.by_phone(appeal.phone_hash)
            .exclude(pk=appeal.pk)
            .order_by("-pk")[:RELATED_SHOWN]
        )
        own += others
        known = {a.pk for a, _ in found}
        found += [(a, "同一人") for a in others if a.pk not in known]
    same = {a.pk for a in own}
    return {
        "related": [(a, why, mood_tag(tone_of(a)) if a.pk in same else None) for a, why in found],
        "mood": mood_tag(tone_of(appeal)),
        "rising": is_rising(own),
    }
