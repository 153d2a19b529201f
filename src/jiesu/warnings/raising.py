"""Warnings are raised when an order comes in, and acted on by people, with a clock running."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from jiesu.access import SYSTEM, Actor, Permission
from jiesu.appeals import rules
from jiesu.appeals.actions import warned
from jiesu.appeals.models import Appeal, Event
from jiesu.appeals.rules import Rule
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, NotFound, invalid
from jiesu.foundation.text import clean_text
from jiesu.textintel.warnings import Level
from jiesu.warnings.models import Warning
from jiesu.warnings.reading import sensitive_in, warnings_in
from jiesu.warnings.tone import rise_before

LIMITS = {
    Warning.Kind.EXTREME: Rule.WARN_EXTREME_MINUTES,
    Warning.Kind.SUDDEN_DANGER: Rule.WARN_DANGER_MINUTES,
    Warning.Kind.MASS: Rule.WARN_MASS_MINUTES,
    Warning.Kind.STABILITY: Rule.WARN_STABILITY_MINUTES,
    Warning.Kind.OPINION: Rule.WARN_OPINION_MINUTES,
    Warning.Kind.RISING: Rule.WARN_RISING_MINUTES,
}


def raise_on_registration(events: Sequence[Event], at: dt.datetime) -> None:
    """This will read new orders, note their sensitive classes and raise what warns in them, each
    class once an order.

    A follower of registration: runs within seconds of it; the clock starts at the event.
    """
    for event in events:
        _raise(event, event.appeal, at)


def _raise(event: Event, appeal: Appeal, at: dt.datetime) -> None:
    text = f"{appeal.title}。{appeal.content}"
    if classes := sensitive_in(text, appeal.region_path, event.at):
        warned.note_sensitive(appeal, classes, actor=SYSTEM, at=at)
    for found in warnings_in(text, appeal.region_path, event.at).found:
        quote = text[found.start : found.end][:200]
        _ring(event, Warning.Kind(found.kind.value), found.level.value, quote, found.words,
              found.score, found.source, at)  # fmt: skip
    if rise := rise_before(appeal, event.at):
        now, earlier = rise
        before = "、".join(one.name for one in earlier)
        quote = f"同一人以往 {len(earlier)} 件：{before}；本件：{now.name}"
        _ring(event, Warning.Kind.RISING, Level.NOTICE.value, quote, now.words, now.score,
              "emotion-1", at)  # fmt: skip


def _ring(
    event: Event, kind: Warning.Kind, level: str, quote: str, words: Sequence[str], score: float,
    source: str, at: dt.datetime,
) -> None:  # fmt: skip
    """One class of warning on one order, once."""
    act_by = event.at + dt.timedelta(minutes=rules.value(LIMITS[kind], event.at))
    row, made = Warning.objects.get_or_create(
        appeal_id=event.appeal_id, kind=kind,
        defaults={
            "level": level, "quote": quote, "words": list(words), "score": score,
            "source": source, "raised_at": event.at, "act_by": act_by,
        },
    )  # fmt: skip
    if made:
        warned.note_warning(
            event.appeal,
            {"warning": kind.label, "quote": row.quote, "score": row.score, "source": row.source,
             "act_by": row.act_by},
            actor=SYSTEM, at=at,
        )  # fmt: skip


def visible_to(actor: Actor) -> "QuerySet[Warning]":
    """The warnings on the orders the actor sees."""
    # Asked of each warning's own order: ``appeal__in`` would have SQLite gather all orders first.
    return Warning.objects.filter(
        Exists(Appeal.objects.visible_to(actor).filter(pk=OuterRef("appeal_id")))
    )


def act(warning_id: int, act: str, note: str = "", *, actor: Actor, at: dt.datetime) -> Warning:
    """This will note what was done about a warning, and stop its clock.

    Refusals: Forbidden, NotFound, ChangedMeanwhile when somebody acted already, Invalid without an
    act, or without a reason for a false alarm.
    """
    if not actor.may(Permission.WARNINGS_ACT):
        raise Forbidden("您的岗位不能处置预警，请通知班长或督办员。")
    if act not in Warning.Act.values:
        raise invalid("act", "请选择处置方式。", "required")
    said = clean_text(note, max_length=500, field="note", label="处置说明")
    if act == Warning.Act.FALSE_ALARM and not said:
        raise invalid("note", "请写明为什么是误报，供改进词表和模型。", "required")
    with transaction.atomic():
        row = visible_to(actor).select_related("appeal").filter(pk=warning_id).first()
        if row is None:
            raise NotFound("没有找到这条预警。")
        done = Warning.objects.filter(pk=row.pk, acted_at=None).update(
            acted_at=at, act=act, acted_by=actor.name, note=said
        )
        if not done:
            raise ChangedMeanwhile("这条预警已由他人处置，请刷新后查看。")
        row.refresh_from_db()
        warned.note_acted(
            row.appeal,
            {"warning": row.get_kind_display(), "act": row.get_act_display(), "note": said,
             "late": at > row.act_by},
            actor=actor, at=at,
        )  # fmt: skip
    return row
