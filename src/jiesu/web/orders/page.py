"""What an order's page shows: at most fifteen statements, whoever looks."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse

from jiesu.access import Actor
from jiesu.appeals import options
from jiesu.appeals.actions import exposure
from jiesu.appeals.models import (
    Appeal,
    Application,
    Assignment,
    Attachment,
    Clock,
    Consultation,
    Reply,
)
from jiesu.catalogue import codes, local_forms
from jiesu.catalogue.codes import Table
from jiesu.web.components.faces import (
    face_of_clock,
    face_of_row,
    state_words,
    status_words,
    tags_of,
    type_words,
)
from jiesu.web.components.pieces import Action, FileItem, Tag, Tone, WhyNot
from jiesu.web.orders.dialogs import ASSIGNMENT_DIALOGS, DIALOGS
from jiesu.web.orders.timeline import entries

KEYS = {
    "sign": "s", "submit": "r", "contact": "c", "dispatch": "d", "accept": "a", "approve": "y",
    "send_back": "b", "call_back": "v", "pass_down": "p", "inner_approve": "y",
    "inner_reject": "b",
}  # fmt: skip
RED_MOVES = frozenset({"send_back", "refuse", "withdraw", "request_return", "inner_reject"})
RELATED_SHOWN = 8
EVENTS_SHOWN = 200


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
    actions, why_not = _actions(appeal, mine, actor, applications)
    names = {a.pk: a.unit_name for a in assignments}
    events = appeal.events.all().order_by("-seq")[:EVENTS_SHOWN]
    return {
        "appeal": appeal,
        "status": status_words(appeal),
        "type": type_words(appeal),
        "channel": codes.label(Table.CHANNEL, appeal.channel),
        "face": face_of_row(appeal, at),
        "tags": tags_of(appeal),
        "person": exposure.person_of(appeal, actor),
        "local_answers": _local_answers(appeal),
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
        "pending": [
            a for a in applications
            if a.verdict == Application.Verdict.PENDING and a.judge_unit_id == actor.unit_id
        ],
        "replies": list(
            Reply.objects.select_related("assignment")
            .filter(appeal=appeal)
            .exclude(stage=Reply.Stage.DRAFT)
            .order_by("-pk")
        ),
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
        "related": _related(appeal, actor),
        "may_reveal_url": reverse("orders:reveal", args=[appeal.number]),
    }  # fmt: skip


def _local_answers(appeal: Appeal) -> list[tuple[str, str]]:
    """What the local forms asked and heard; answers that name a person stay masked."""
    if not appeal.local_answers:
        return []
    forms = local_forms.for_(appeal.category, appeal.region, appeal.registered_at)
    return [
        (item.label, exposure.HIDDEN if item.personal else item.text)
        for item in local_forms.shown(forms, appeal.local_answers)
    ]


def _newest_clocks(clocks: list[Clock]) -> list[Clock]:
    """The last clock of each kind and unit; earlier rounds stand in the timeline."""
    newest: dict[tuple[str, int | None], Clock] = {}
    for clock in clocks:
        newest[clock.kind, clock.assignment_id] = clock
    return sorted(newest.values(), key=lambda c: c.pk)


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
    appeal: Appeal, mine: Assignment | None, actor: Actor, applications: list[Application]
) -> tuple[list[Action], list[WhyNot]]:
    """What this actor may do now, the main thing first, and why not the rest."""
    actions: list[Action] = []
    why_not: list[WhyNot] = []
    returns = sum(
        1 for a in applications
        if mine is not None and a.assignment.unit_id == mine.unit_id
        and a.kind == Application.Kind.RETURN
    )  # fmt: skip
    unit_options = (
        options.assignment_options(appeal, mine, actor, returns_before=returns) if mine else []
    )
    for option in unit_options:
        if not option.allowed:
            if option.name == "request_return":
                why_not.append(WhyNot(option.label, f"{option.why_not}。"))
            continue
        if mine is None:
            break
        if option.name == "submit":
            actions.append(
                Action("写答复", href=_report_url(appeal, mine), key="r", main=not actions)
            )
        elif option.name in ASSIGNMENT_DIALOGS:
            url = reverse("orders:assignment-move", args=[appeal.number, mine.pk, option.name])
            actions.append(_action(option.name, option.label, url, main=not actions))
    for option in options.appeal_options(appeal, actor):
        if option.allowed and option.name in DIALOGS:
            url = reverse("orders:move", args=[appeal.number, option.name])
            actions.append(_action(option.name, option.label, url, main=not actions))
    return actions, why_not


def _action(name: str, label: str, url: str, *, main: bool) -> Action:
    return Action(
        label,
        dialog_url=url,
        key=KEYS.get(name, ""),
        main=main and name not in RED_MOVES,
        tone="red" if name in RED_MOVES else "",
    )


def _report_url(appeal: Appeal, assignment: Assignment) -> str:
    try:
        return reverse("unit:report", args=[appeal.number, assignment.pk])
    except NoReverseMatch:
        return ""


def _related(appeal: Appeal, actor: Actor) -> list[tuple[Appeal, str]]:
    """The master, the merged, the earlier one it repeats, and the same person's others."""
    light = ("number", "title", "status", "registered_at")
    found: list[tuple[Appeal, str]] = []
    if appeal.master is not None:
        found.append((appeal.master, "主单"))
    visible = Appeal.objects.visible_to(actor).only(*light)
    if appeal.merged_count:
        found += [(a, "并入本单") for a in visible.filter(master=appeal)[:RELATED_SHOWN]]
    if appeal.repeat_of_id is not None:
        found += [(a, "上次反映") for a in visible.filter(pk=appeal.repeat_of_id)]
    if appeal.phone_hash and exposure.person_of(appeal, actor).name != exposure.HIDDEN:
        others = (
            visible.filter(phone_hash=appeal.phone_hash)
            .exclude(pk=appeal.pk)
            .order_by("-pk")[:RELATED_SHOWN]
        )
        known = {a.pk for a, _ in found}
        found += [(a, "同一人") for a in others if a.pk not in known]
    return found


def status_tag(appeal: Appeal) -> Tag:
    """The status as a tag."""
    return Tag(status_words(appeal), Tone.LINE)
