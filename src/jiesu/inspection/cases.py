"""Efficiency cases 效能投诉、效能督查: from clues to findings, outcome and its carrying out.

Only the efficiency offices of the region see them. A matter is worked on once: a unit's open case
of the same kind is named, and whether petitions or inspection bodies have it is asked. The outcome
is approved by somebody other than whoever proposed it.
"""

import datetime as dt
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from jiesu.access import SYSTEM, Actor, ActorKind, Permission
from jiesu.foundation.errors import (
    ChangedMeanwhile,
    FieldError,
    Forbidden,
    Invalid,
    NotAllowedNow,
    NotFound,
    invalid,
)
from jiesu.foundation.text import clean_text
from jiesu.inspection import lifecycle as life
from jiesu.inspection.changing import changing
from jiesu.inspection.lifecycle import STAGE_NAMES, STAGES_OPEN, Stage, Step
from jiesu.inspection.models import Case, CaseStep, Clue, ClueKind
from jiesu.inspection.sheets import day_of
from jiesu.journal import audit
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import below
from jiesu.scoring import faults

_LETTER = {Case.Kind.COMPLAINT: "效诉", Case.Kind.INSPECTION: "效督"}


def visible_to(actor: Actor) -> QuerySet[Case, Case]:
    """The cases of the region; those who work on them and those who approve."""
    rows = Case.objects.select_related("unit", "office")
    if actor.kind is ActorKind.SYSTEM:
        return rows
    if not (actor.may(Permission.EFFICIENCY_CASES) or actor.may(Permission.EFFICIENCY_DECIDE)):
        return rows.none()
    return rows.filter(**below("region_path", actor.region_path))


def get_for(actor: Actor, number: str, *, version: int | None = None) -> Case:
    """One case. Refusals: NotFound (absent or out of scope), ChangedMeanwhile."""
    row = visible_to(actor).filter(number=number).first()
    if row is None:
        raise NotFound("没有找到该案件，或您无权查看。")
    if version is not None and row.version != version:
        raise ChangedMeanwhile("案件已被他人处理，请刷新后重试。")
    return row


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What a case begins with."""

    kind: str
    unit: Unit
    title: str
    matter: str
    clues: Sequence[Clue] = ()
    elsewhere: str = ""
    due: dt.date | None = None
    beside: bool = False  # opened though the unit has an open case of this kind


def open_cases_of(unit: Unit, kind: str) -> list[Case]:
    """The unit's cases of this kind that are not ended: the same matter is not handled twice."""
    rows = Case.objects.filter(unit=unit, kind=kind, stage__in=[s.value for s in STAGES_OPEN])
    return list(rows.order_by("-pk")[:5])


@transaction.atomic
def open_case(given: Opening, *, actor: Actor, at: dt.datetime) -> Case:
    """This will open a case 立案 and take its clues in.

    Refusals: Forbidden; Invalid at its fields; NotAllowedNow naming the open case of the same kind,
    unless said that it is another matter; ChangedMeanwhile when a clue went elsewhere.
    """
    if not actor.may(Permission.EFFICIENCY_CASES) or actor.unit_id is None:
        raise Forbidden
    title = clean_text(given.title, max_length=128, field="title", label="案由", multiline=False)
    matter = clean_text(given.matter, max_length=5000, field="matter", label="反映的问题")
    errors = []
    if not title:
        errors.append(FieldError("title", "required", "请填写案由。"))
    if not matter:
        errors.append(FieldError("matter", "required", "请写明反映的问题。"))
    if given.due is not None and given.due < day_of(at):
        errors.append(FieldError("due", "past", "核查期限早于今天，请重选。"))
    if not given.unit.region.path.startswith(actor.region_path):
        errors.append(FieldError("unit", "out_of_region", "该单位不在本级管辖范围内。"))
    if errors:
        raise Invalid(errors)
    offices = Unit.objects.select_for_update(of=("self",)).select_related("region")
    office = offices.get(pk=actor.unit_id)  # numbers one after another
    there = open_cases_of(given.unit, given.kind)
    if there and not given.beside:
        raise NotAllowedNow(
            f"该单位已有未结案件 {there[0].number}“{there[0].title}”。同一件事请把线索并入原案；"
            "确属另一件事的，勾选“另案办理”后再立案。"
        )
    kind = Case.Kind(given.kind)
    case = Case.objects.create(
        number=_number(kind, office, at), kind=kind, title=title, matter=matter, office=office,
        region_path=given.unit.region.path, unit=given.unit, due=given.due,
        elsewhere=clean_text(given.elsewhere, max_length=200, field="elsewhere", label="另案",
                             multiline=False),
        opened_at=at, opened_by=actor.name,
    )  # fmt: skip
    _take(case, given.clues, actor, at)
    _keep(case, "open", "立案", matter, actor, at)
    return case


@transaction.atomic
def add_clues(case: Case, clues: Sequence[Clue], *, actor: Actor, at: dt.datetime) -> Case:
    """This will take more clues into an open case. Refuses an ended one, a clue that went away."""
    with _changing(case, actor, None) as mine:
        if not actor.may(Permission.EFFICIENCY_CASES):
            raise Forbidden
        if Stage(mine.stage) not in STAGES_OPEN:
            raise NotAllowedNow("案件已经结束，不能再并入线索。")
        _take(mine, clues, actor, at)
        words = "；".join(f"{c.get_kind_display()} {c.count} 件" for c in clues)
        _keep(mine, "add_clues", "并入线索", words, actor, at)
    return mine


def examine(case: Case, *, actor: Actor, at: dt.datetime) -> Case:
    """This will let the actor examine the case 核查."""
    with _changing(case, actor, life.EXAMINE) as mine:
        mine.examiner_id, mine.examiner_name = actor.user_id, actor.name
        _keep(mine, life.EXAMINE.name, life.EXAMINE.label, "", actor, at)
    return mine


def propose(
    case: Case, *, findings: str, basis: str, is_true: bool, outcome: str, actor: Actor,
    at: dt.datetime,
) -> Case:  # fmt: skip
    """This will put findings, basis and an outcome up for approval.

    Refusals: Invalid (no findings, no basis for a consequence, an outcome that does not fit).
    """
    said = clean_text(findings, max_length=5000, field="findings", label="核查结果")
    ground = clean_text(basis, max_length=500, field="basis", label="依据")
    chosen = Case.Outcome(outcome)
    errors = []
    if len(said) < 10:
        errors.append(FieldError("findings", "required", "请写明核查结果（至少 10 个字）。"))
    if is_true and chosen is Case.Outcome.NONE:
        errors.append(
            FieldError("outcome", "mismatch", "问题属实的，请选择处理方式；不属实的选“不属实”。")
        )
    if not is_true and chosen is not Case.Outcome.NONE:
        errors.append(FieldError("outcome", "mismatch", "问题不属实的，处理应为“查无问题”。"))
    if chosen is not Case.Outcome.NONE and not ground:
        errors.append(FieldError("basis", "required", "作出处理须写明依据（法规、制度条款）。"))
    if errors:
        raise Invalid(errors)
    with _changing(case, actor, life.PROPOSE) as mine:
        mine.findings, mine.basis, mine.is_true, mine.outcome = said, ground, is_true, chosen
        mine.proposer_id, mine.proposer_name, mine.proposed_at = actor.user_id, actor.name, at
        words = f"{'属实' if is_true else '不属实'}；{chosen.label}。{said}"
        _keep(mine, life.PROPOSE.name, life.PROPOSE.label, words, actor, at)
    return mine


def decide(case: Case, note: str, *, accept: bool, actor: Actor, at: dt.datetime) -> Case:
    """This will approve the outcome, or send the case back to be examined further.

    Refusals: Forbidden for whoever proposed it (two people), Invalid without a reason to send back.
    """
    said = clean_text(note, max_length=1000, field="note", label="审定意见")
    if not accept and not said:
        raise invalid("note", "退回再查须写明理由。", "required")
    step = life.DECIDE if accept else life.SEND_BACK
    with _changing(case, actor, step) as mine:
        if mine.proposer_id is not None and mine.proposer_id == actor.user_id:
            raise Forbidden("处理意见须由另一人审定，不能自己提出、自己审定。")
        if accept:
            mine.decider_name, mine.decided_at = actor.name, at
        _keep(mine, step.name, step.label, said, actor, at)
        if accept and mine.outcome != Case.Outcome.NONE:
            _register_fault(mine, at)
    audit.record(
        "efficiency.decided", actor=actor, at=at, subject=mine.number,
        data={"accept": accept, "outcome": mine.outcome, "note": said},
    )  # fmt: skip
    return mine


def close(case: Case, note: str, *, actor: Actor, at: dt.datetime) -> Case:
    """This will close a case whose outcome was carried out. Refuses without how."""
    said = clean_text(note, max_length=1000, field="note", label="落实情况")
    if not said:
        raise invalid("note", "请写明处理如何落实。", "required")
    with _changing(case, actor, life.CLOSE) as mine:
        mine.closed_at = at
        _keep(mine, life.CLOSE.name, life.CLOSE.label, said, actor, at)
    return mine


def drop(case: Case, why: str, *, actor: Actor, at: dt.datetime) -> Case:
    """This will end a case without an examination, with the reason."""
    said = clean_text(why, max_length=1000, field="note", label="理由")
    if not said:
        raise invalid("note", "请写明不予立案的理由。", "required")
    with _changing(case, actor, life.DROP) as mine:
        mine.closed_at = at
        _keep(mine, life.DROP.name, life.DROP.label, said, actor, at)
    return mine


# --- inside ---------------------------------------------------------------------------------------


# What a clue's kind is called in the register of faults, where scoring reads it.
_FAULT = {ClueKind.BAD_QUALITY: "poor_quality", ClueKind.REPEATED: "poor_quality"}


def _register_fault(case: Case, at: dt.datetime) -> None:
    """An approved outcome is one fault of the unit; scoring takes its points, once a case."""
    clue = case.clues.order_by("pk").first()
    kind = _FAULT.get(ClueKind(clue.kind), str(clue.kind)) if clue else "other"
    basis = (
        f"效能案件 {case.number}：{case.title}，{Case.Outcome(case.outcome).label}。{case.basis}"
    )
    faults.record(
        case.unit, kind, day_of(at), basis[:500], actor=SYSTEM, at=at, source=f"case:{case.pk}"
    )


def _number(kind: Case.Kind, office: Unit, at: dt.datetime) -> str:
    """Such as 效督〔2026〕350100-3: per region, kind and year."""
    prefix = f"{_LETTER[kind]}〔{day_of(at).year}〕{office.region.code}-"
    last = Case.objects.filter(kind=kind, number__startswith=prefix)
    taken = [int(n.rpartition("-")[2]) for n in last.values_list("number", flat=True)]
    return f"{prefix}{max(taken, default=0) + 1}"


def _take(case: Case, clues: Sequence[Clue], actor: Actor, at: dt.datetime) -> None:
    for clue in clues:
        if clue.unit_id != case.unit_id:
            raise invalid("clues", "线索与案件不是同一个单位，不能并入。", "other_unit")
        done = Clue.objects.filter(pk=clue.pk, state=Clue.State.OPEN).update(
            state=Clue.State.IN_CASE, case=case, decided_by=actor.name, decided_at=at,
            version=clue.version + 1,
        )  # fmt: skip
        if not done:
            raise ChangedMeanwhile("线索已被他人处理，请刷新后重试。")


def _keep(case: Case, name: str, label: str, text: str, actor: Actor, at: dt.datetime) -> None:
    CaseStep.objects.create(case=case, name=name, label=label, text=text, at=at, by=actor.name)


def _changing(case: Case, actor: Actor, step: Step[Stage] | None) -> AbstractContextManager[Case]:
    rows = Case.objects.all()
    return changing(rows, case, step, actor, field="stage", names=STAGE_NAMES, what="案件")
