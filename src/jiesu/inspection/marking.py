"""An inspection's life: marked on the day's sheet, perhaps contested, final, into training."""

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet

from jiesu.access import Actor, ActorKind, Permission
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
from jiesu.inspection.lifecycle import MARK_NAMES, Mark, Step
from jiesu.inspection.models import Inspection, ScoreSheet, Training
from jiesu.inspection.sheets import day_of, sheet_for
from jiesu.journal import audit
from jiesu.organizations.paths import below

CONTEST_DAYS = 5  # natural days; afterwards the centre may settle the mark


def visible_to(actor: Actor) -> QuerySet[Inspection, Inspection]:
    """The inspections an actor may see.

    Who judges: of every centre in their region. Who inspects: of their own centre. Anyone else:
    what was marked of themselves, and (section heads, leaders, the unit's system) of their unit's
    replies.
    """
    rows = Inspection.objects.all()
    if actor.kind is ActorKind.SYSTEM:
        return rows
    if actor.may(Permission.QUALITY_JUDGE):
        return rows.filter(**below("centre__region__path", actor.region_path))
    if actor.may(Permission.QUALITY_INSPECT):
        return rows.filter(centre_id=actor.unit_id)
    if not actor.may(Permission.QUALITY_CONTEST):
        return rows.none()
    mine = Q(unit_id=actor.unit_id) if _speaks_for_unit(actor) else Q(pk__in=())
    if actor.user_id is not None:
        mine |= Q(person_id=actor.user_id)
    return rows.filter(mine).exclude(state=Mark.WAITING)


def _speaks_for_unit(actor: Actor) -> bool:
    return actor.kind is ActorKind.CLIENT or actor.may(Permission.HANDLING_INNER_REVIEW)


def get_for(actor: Actor, pk: int, *, version: int | None = None) -> Inspection:
    """One inspection. Refusals: NotFound (absent or out of scope), ChangedMeanwhile."""
    row = (
        visible_to(actor)
        .select_related("appeal", "sheet", "unit", "centre", "centre__region")
        .filter(pk=pk)
        .first()
    )
    if row is None:
        raise NotFound
    if version is not None and row.version != version:
        raise ChangedMeanwhile("这件质检已被他人处理，请刷新后重试。")
    return row


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What an inspector found: points lost by item code, fatal items, words."""

    lost: Mapping[str, Decimal] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    fatal: Sequence[str] = ()
    comment: str = ""


def score_of(sheet: ScoreSheet, lost: Mapping[str, Decimal], fatal: Sequence[str]) -> Decimal:
    """The score: all points less those lost; a fatal item leaves none."""
    if fatal:
        return Decimal(0)
    return Decimal(sheet.total) - sum(lost.values(), Decimal(0))


def mark(row: Inspection, given: Marks, *, actor: Actor, at: dt.datetime) -> Inspection:
    """This will mark an inspection on the sheet in force on the day it was drawn.

    Refusals: Forbidden (also for one's own work), Invalid at an item that loses more than it has or
    a fatal item without words, NotAllowedNow once contested or final.
    """
    comment = clean_text(given.comment, max_length=1000, field="comment", label="评语")
    with _changing(row, life.MARKING, actor) as mine:
        if mine.person_id is not None and mine.person_id == actor.user_id:
            raise Forbidden("不能质检自己的工作，请由其他质检员评分。")
        sheet = mine.sheet or sheet_for(mine.subject, day_of(mine.drawn_at))
        _check(sheet, given, comment)
        lost = {code: points for code, points in given.lost.items() if points}
        mine.sheet = sheet
        mine.marks = {
            code: {"lost": str(points), "note": given.notes.get(code, "").strip()[:200]}
            for code, points in lost.items()
        }
        mine.fatal = list(given.fatal)
        mine.score = mine.first_score = score_of(sheet, lost, given.fatal)
        mine.passed = mine.score >= sheet.pass_mark
        mine.comment = comment
        mine.inspector_id, mine.inspector_name = actor.user_id, actor.name
        mine.marked_at = at
    return mine


def _check(sheet: ScoreSheet, given: Marks, comment: str) -> None:
    points = {item["code"]: int(item["points"]) for item in sheet.items}
    names = {item["code"]: item["name"] for item in sheet.items}
    known_fatal = {item["code"] for item in sheet.fatal}
    errors = []
    for code, lost in given.lost.items():
        if code not in points:
            raise ChangedMeanwhile("评分表已更换，请刷新后按新表评分。")
        if not 0 <= lost <= points[code]:
            errors.append(
                FieldError(f"lost_{code}", "out_of_range",
                           f"“{names[code]}”扣分应在 0 到 {points[code]} 之间。")
            )  # fmt: skip
    if set(given.fatal) - known_fatal:
        raise ChangedMeanwhile("评分表已更换，请刷新后按新表评分。")
    if given.fatal and not comment:
        errors.append(
            FieldError("comment", "required", "一票否决须在评语里写明事实，被检人会看到。")
        )
    if errors:
        raise Invalid(errors)


def contest(row: Inspection, reason: str, *, actor: Actor, at: dt.datetime) -> Inspection:
    """This will let the one inspected (or their unit's heads) contest a mark, within five days.

    Refusals: Forbidden for anyone else, Invalid without a reason, NotAllowedNow when late.
    """
    why = clean_text(reason, max_length=1000, field="reason", label="申诉理由")
    if len(why) < 10:
        raise invalid("reason", "请写明哪一项评得不对、依据是什么（至少 10 个字）。", "required")
    with _changing(row, life.CONTESTING, actor) as mine:
        own = mine.person_id is not None and mine.person_id == actor.user_id
        heads = _speaks_for_unit(actor) and mine.unit_id == actor.unit_id
        if not (own or heads):
            raise Forbidden("只能对自己或本单位的质检结果提出申诉。")
        if mine.marked_at and at > mine.marked_at + dt.timedelta(days=CONTEST_DAYS):
            raise NotAllowedNow(f"评分已超过 {CONTEST_DAYS} 天，不能再申诉。")
        mine.contest, mine.contested_at, mine.contested_by = why, at, actor.name
    return mine


def judge(
    row: Inspection, ruling: str, *, score: Decimal | None, actor: Actor, at: dt.datetime
) -> Inspection:
    """This will decide a contested mark: keep it (``score`` None) or put another in its place.

    The first score stays beside it. Refusals: Forbidden for whoever marked it, Invalid.
    """
    said = clean_text(ruling, max_length=1000, field="ruling", label="复核意见")
    if not said:
        raise invalid("ruling", "请写明复核意见，申诉人会看到。", "required")
    with _changing(row, life.JUDGING, actor) as mine:
        if mine.inspector_id is not None and mine.inspector_id == actor.user_id:
            raise Forbidden("不能复核自己评的分，请由另一人复核。")
        sheet = mine.sheet
        if sheet is None:
            raise ChangedMeanwhile
        if score is not None:
            if not 0 <= score <= sheet.total:
                raise invalid("score", f"得分应在 0 到 {sheet.total} 之间。", "out_of_range")
            mine.score, mine.passed = score, score >= sheet.pass_mark
        mine.ruling, mine.judge_name = said, actor.name
        _finish(mine, at)
        audit.record(
            "inspection.judged", actor=actor, at=at, subject=f"inspection:{mine.pk}",
            data={"before": str(mine.first_score), "after": str(mine.score), "ruling": said},
        )  # fmt: skip
    return mine


def settle(row: Inspection, *, actor: Actor, at: dt.datetime) -> Inspection:
    """This will make a mark final that nobody contested in time."""
    with _changing(row, life.SETTLING, actor) as mine:
        if mine.marked_at and at <= mine.marked_at + dt.timedelta(days=CONTEST_DAYS):
            raise NotAllowedNow(f"申诉期 {CONTEST_DAYS} 天未满，期满后自动定稿。")
        _finish(mine, at)
    return mine


def settle_due(at: dt.datetime, batch: int = 200) -> int:
    """This will make final what was marked and not contested for five days; how many."""
    late = at - dt.timedelta(days=CONTEST_DAYS)
    rows = Inspection.objects.filter(state=Mark.MARKED, marked_at__lt=late).order_by("pk")[:batch]
    done = 0
    for row in rows:
        with transaction.atomic():
            mine = Inspection.objects.select_for_update().get(pk=row.pk)
            if mine.state != Mark.MARKED:
                continue
            _finish(mine, at)
            mine.state, mine.version = Mark.FINAL, mine.version + 1
            mine.save()
            done += 1
    return done


def _finish(mine: Inspection, at: dt.datetime) -> None:
    mine.final_at = at
    if mine.passed is False and mine.sheet is not None:
        fatal = [item["name"] for item in mine.sheet.fatal if item["code"] in mine.fatal]
        weak = [item["name"] for item in mine.sheet.items if item["code"] in mine.marks]
        Training.objects.get_or_create(
            inspection=mine,
            defaults={
                "centre_id": mine.centre_id, "person_id": mine.person_id,
                "person_name": mine.person_name, "unit_id": mine.unit_id, "weak": fatal + weak,
                "made_at": at,
            },
        )  # fmt: skip


def trained(row: Training, note: str, *, actor: Actor, at: dt.datetime) -> None:
    """This will take a person off the training list, once trained. Refuses without a note."""
    said = clean_text(note, max_length=300, field="note", label="培训情况")
    if not said:
        raise invalid("note", "请写明培训的时间和内容。", "required")
    if not actor.may(Permission.QUALITY_INSPECT):
        raise Forbidden
    done = Training.objects.filter(pk=row.pk, done_at=None).update(done_at=at, done_note=said)
    if not done:
        raise ChangedMeanwhile("这一条已由他人销号，请刷新查看。")


def _changing(
    row: Inspection, step: Step[Mark], actor: Actor
) -> AbstractContextManager[Inspection]:
    rows = Inspection.objects.select_related("sheet")
    return changing(rows, row, step, actor, field="state", names=MARK_NAMES, what="这件质检")
