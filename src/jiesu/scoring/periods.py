"""A period's life, in order: open, count (preview), freeze, publish, correct."""

import datetime as dt
import logging
from collections.abc import Callable, Iterable

from django.db import IntegrityError, transaction
from django.db.models import Q

from jiesu.access import SYSTEM, Actor, ActorKind, Permission, may_manage
from jiesu.foundation.errors import (
    ChangedMeanwhile,
    Forbidden,
    NotAllowedNow,
    NotFound,
    UseCaseError,
    invalid,
)
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.scoring import keeping, lifecycle, schemes
from jiesu.scoring.computing import FaultPoint, Inputs, LeftOut, Subject, compute
from jiesu.scoring.definitions import Definition, from_json
from jiesu.scoring.facts import Facts, Sheet
from jiesu.scoring.indicators import Why
from jiesu.scoring.lifecycle import Move, PeriodState
from jiesu.scoring.models import (
    Exclusion,
    Fault,
    Period,
    Remedy,
    Revision,
    ScoreScheme,
    UnitScore,
)
from jiesu.scoring.spans import Span, day_of, span
from jiesu.scoring.subjects import attribute

log = logging.getLogger(__name__)

DEAD_AFTER = dt.timedelta(minutes=30)  # a count whose process fell silent may be begun anew
KEPT_FRESH = dt.timedelta(hours=6)  # how old a running preview may grow
RATED = ("satisfied", "solved")  # what a remedy takes out
_STALE = "该考核期已被他人处理，请刷新后重试。"


def get_period_for(actor: Actor, pk: int) -> Period:
    """A period of a scheme of the actor's region or below; another's looks absent."""
    period = Period.objects.select_related("scheme", "scheme__region").filter(pk=pk).first()
    if period is None or not may_manage(actor, Permission.SCORING_VIEW, period.scheme.region.path):
        raise NotFound("没有找到该考核期，或它不在您的管理范围内。")
    return period


def whole(period: Period) -> Span:
    """Its days and moments."""
    return Span(period.first, period.last, period.name)


def open_period(scheme: ScoreScheme, day: dt.date, *, actor: Actor, at: dt.datetime) -> Period:
    """This will open the period in which a day lies, as a preview.

    Refusals: Forbidden; Invalid for a day to come, before the scheme holds, or in a period that
    overlaps one there is; NotAllowedNow for an ended scheme.
    """
    _must(actor, scheme, lifecycle.REFRESH)
    if scheme.ended_at is not None:
        raise NotAllowedNow("该方案已停用，不能再开考核期。")
    held = schemes.held_on(scheme, day)
    if held is None:
        raise invalid("day", "方案那时还没有启用，请选择启用日期以后的日子。", "before_scheme")
    days = span(from_json(held.definition).every, day)
    if days.first > day_of(at):
        raise invalid("day", "还没有到的考核期不能打开。", "future")
    overlapping = Period.objects.filter(
        scheme=scheme, first__lte=days.last, last__gte=days.first
    ).first()
    if overlapping is not None:
        raise invalid("day", f"与已有的{overlapping.name}重叠，同一天不能考核两次。", "overlap")
    try:
        with transaction.atomic():
            period = Period.objects.create(
                scheme=scheme, name=days.name, first=days.first, last=days.last
            )
            _audit("opened", period, actor, at)
    except IntegrityError:
        raise ChangedMeanwhile(_STALE) from None
    return period


def definition_of(period: Period) -> Definition:
    """What the scheme says in the period: what held on its first day."""
    held = schemes.held_on(period.scheme, period.first)
    if held is None:
        raise NotAllowedNow("方案在该考核期没有启用的版本，请先设定。")
    return from_json(held.definition)


# --- preview --------------------------------------------------------------------------------------


def ask_to_count(period: Period, *, actor: Actor, at: dt.datetime) -> None:
    """This will have a preview counted anew in the background. Refuses one that is settled."""
    from jiesu.scoring.tasks import count_period

    _must(actor, period.scheme, lifecycle.REFRESH)
    _must_be(period, lifecycle.REFRESH)
    if period.busy_since is not None and period.busy_since > at - DEAD_AFTER:
        raise NotAllowedNow("正在计算，请稍候。")
    count_period.enqueue(period.pk, actor.name)


def count(period: Period, *, at: dt.datetime, by: str) -> Revision | None:
    """This will count a preview: read the facts as of ``at``, score every unit, keep both.

    None when it is being counted already or has been frozen meanwhile. May begin anew at any point.
    """
    free = Q(busy_since=None) | Q(busy_since__lt=at - DEAD_AFTER)
    claimed = Period.objects.filter(free, pk=period.pk, state=PeriodState.PREVIEW)
    if not claimed.update(busy_since=at, busy_rows=0, problem=""):
        return None
    try:
        revision = _count(period, at, by, _teller(period))
    except Exception as trouble:
        said = trouble.message if isinstance(trouble, UseCaseError) else "计算出错，请联系管理员。"
        Period.objects.filter(pk=period.pk).update(busy_since=None, problem=said[:300])
        raise
    Period.objects.filter(pk=period.pk).update(busy_since=None)
    return revision


def _teller(period: Period) -> Callable[[int], None]:
    return lambda rows: _told(Period.objects.filter(pk=period.pk).update(busy_rows=rows))


def _told(rows: int) -> None:
    """An update's count, dropped."""


def _count(
    period: Period, at: dt.datetime, by: str, tell: Callable[[int], None]
) -> Revision | None:
    from jiesu.scoring.extraction import extract  # numpy is loaded when something is counted

    definition, days = definition_of(period), whole(period)
    known = attribute(definition, period.scheme.region, min(period.last, day_of(at)))
    facts = extract(definition, known, days.since, days.until, at, tell)
    inputs = Inputs(
        definition, known.subjects, faults=_faults(period, known.whose), previous=_previous(period)
    )
    results = compute(facts, inputs)
    with transaction.atomic():
        locked = Period.objects.select_for_update().get(pk=period.pk)
        if locked.state != PeriodState.PREVIEW:
            return None
        kept = keeping.keep_facts(period, facts)
        return keeping.keep_revision(
            period, 0, facts, inputs, results, facts_hash=kept, taken_at=at, at=at, by=by
        )


def _faults(period: Period, whose: dict[int, int]) -> tuple[FaultPoint, ...]:
    rows = Fault.objects.filter(
        day__gte=period.first, day__lte=period.last, revoked_at=None
    ).order_by("pk")
    found = [(row, whose.get(row.unit_id, 0)) for row in rows]
    return tuple(FaultPoint(row.pk, subject, row.kind) for row, subject in found if subject)


def _previous(period: Period) -> dict[int, int]:
    """The ranks of the period before, as last published."""
    before = Period.objects.filter(
        scheme=period.scheme_id, last=period.first - dt.timedelta(days=1),
        state=PeriodState.PUBLISHED,
    ).first()  # fmt: skip
    if before is None:
        return {}
    newest = before.revisions.order_by("-number").values("pk")[:1]
    ranks = UnitScore.objects.filter(revision__in=newest, rank__isnull=False)
    return {unit: rank for unit, rank in ranks.values_list("unit_id", "rank") if rank}


# --- frozen, published, corrected -----------------------------------------------------------------


@transaction.atomic
def freeze(period: Period, *, actor: Actor, at: dt.datetime, version: int) -> Period:
    """This will freeze what was last previewed: its facts never change again.

    Refusals: Forbidden, ChangedMeanwhile; NotAllowedNow before the period is over, or when it was
    last counted before that.
    """
    locked = _lock(period, lifecycle.FREEZE, actor, version)
    days = whole(locked)
    if at < days.until:
        raise NotAllowedNow(f"{locked.name}还没有结束，不能冻结；预览可随时计算。", code="not_over")
    raw = locked.revisions.filter(number=0).first()
    if raw is None or raw.taken_at < days.until:
        raise NotAllowedNow(
            "最近一次计算在考核期结束以前。请先重新计算，核对后再冻结。", code="count_first"
        )
    if locked.busy_since is not None and locked.busy_since > at - DEAD_AFTER:
        raise NotAllowedNow("正在计算，请等它完成、核对后再冻结。")
    definition = from_json(raw.definition)
    locked.state, locked.frozen_at, locked.frozen_by = PeriodState.FROZEN, at, actor.name
    locked.apply_until = at + dt.timedelta(days=definition.apply_days)
    _save(locked, "state", "frozen_at", "frozen_by", "apply_until")
    _audit(
        "frozen", locked, actor, at, facts=raw.facts_hash, result=raw.result_hash,
        apply_until=locked.apply_until if definition.apply_days else None,
    )  # fmt: skip
    return locked


@transaction.atomic
def publish(period: Period, *, actor: Actor, at: dt.datetime, version: int) -> Revision:
    """This will publish a frozen period with what was granted; the raw scores stay beside.

    Refusals: Forbidden, ChangedMeanwhile; NotAllowedNow while units may apply, or an application
    is undecided.
    """
    locked = _lock(period, lifecycle.PUBLISH, actor, version)
    if locked.apply_until is not None and at < locked.apply_until:
        raise NotAllowedNow(
            f"剔除申请 {locked.apply_until.astimezone(at.tzinfo):%m-%d %H:%M} 截止，"
            "截止前不能公布。",
            code="may_still_apply",
        )
    waiting = Exclusion.objects.filter(period=locked, state=Exclusion.State.PENDING).count()
    if waiting:
        raise NotAllowedNow(
            f"还有 {waiting} 件剔除申请没有审定，请先由两人审定。", code="undecided"
        )
    locked.state, locked.published_at, locked.published_by = PeriodState.PUBLISHED, at, actor.name
    _save(locked, "state", "published_at", "published_by")
    return _adjusted(locked, actor, at, "")


@transaction.atomic
def correct(
    period: Period, reason: str, *, actor: Actor, at: dt.datetime, version: int
) -> Revision:
    """This will add a visible revision to a published period: exclusions, remedies and faults anew.

    What was published stays. Refusals: Forbidden, ChangedMeanwhile, Invalid at ``reason``,
    NotAllowedNow when nothing would change.
    """
    locked = _lock(period, lifecycle.CORRECT, actor, version)
    why = clean_text(reason, max_length=500, field="reason", label="更正原因")
    if len(why) < 4:
        raise invalid("reason", "请写明更正原因，将随更正公布。", "required")
    before = locked.revisions.order_by("-number").only("result_hash").first()
    _save(locked)
    made = _adjusted(locked, actor, at, why)
    if before is not None and made.result_hash == before.result_hash:
        raise NotAllowedNow("按现有的剔除、救济和过错计算，结果没有变化，不需要更正。", code="same")
    return made


def _adjusted(period: Period, actor: Actor, at: dt.datetime, reason: str) -> Revision:
    raw = period.revisions.get(number=0)
    facts, inputs = keeping.read_facts(period), keeping.inputs_of(raw)
    scores = UnitScore.objects.filter(revision=raw).values_list("unit_id", "group", "rank")
    stood = {unit: (group, rank is not None) for unit, group, rank in scores}
    subjects = tuple(
        Subject(s.id, s.name, s.kind, s.level, *stood.get(s.id, ("", False)))
        for s in inputs.subjects
    )
    whose = attribute(inputs.definition, period.scheme.region, period.last).whose
    inputs = Inputs(
        inputs.definition, subjects, tuple(_left_out(period, facts)), _faults(period, whose),
        inputs.previous,
    )  # fmt: skip
    number = period.revisions.count()
    made = keeping.keep_revision(
        period, number, facts, inputs, compute(facts, inputs), facts_hash=raw.facts_hash,
        taken_at=raw.taken_at, at=at, by=actor.name, reason=reason, published_at=at,
    )  # fmt: skip
    what = "corrected" if reason else "published"
    _audit(what, period, actor, at, number=number, result=made.result_hash, reason=reason)
    return made


def _left_out(period: Period, facts: Facts) -> Iterable[LeftOut]:
    """What was granted to units in this period, and the ratings that a remedy took out."""
    granted = Exclusion.objects.filter(period=period, state=Exclusion.State.GRANTED)
    for one in granted.order_by("pk"):
        yield LeftOut(one.unit_id, one.appeal_id, tuple(one.indicators), Why.GRANTED)
    days, closed = whole(period), facts[Sheet.CLOSED]
    upheld = Remedy.objects.filter(
        state=Remedy.State.UPHELD, appeal__closed_at__gte=days.since,
        appeal__closed_at__lt=days.until,
    )  # fmt: skip
    for appeal in upheld.order_by("appeal_id").values_list("appeal_id", flat=True):
        for subject in sorted(set(closed["subject"][closed["appeal"] == appeal].tolist())):
            yield LeftOut(subject, appeal, RATED, Why.REMEDIED)


# --- by themselves --------------------------------------------------------------------------------


def keep_current(at: dt.datetime) -> int:
    """This will open the periods that have begun and have stale previews counted; how many."""
    from jiesu.scoring.tasks import count_period

    asked = 0
    for scheme in ScoreScheme.objects.filter(ended_at=None).select_related("region"):
        _open_current(scheme, at)
    idle = Q(busy_since=None) | Q(busy_since__lt=at - DEAD_AFTER)
    for period in Period.objects.filter(idle, state=PeriodState.PREVIEW):
        if not is_fresh(period, at):
            count_period.enqueue(period.pk, "系统", only_if_stale=True)
            asked += 1
    return asked


def is_fresh(period: Period, at: dt.datetime) -> bool:
    """Whether a preview was counted lately."""
    raw = Revision.objects.filter(period=period, number=0).only("taken_at").first()
    return raw is not None and raw.taken_at >= at - KEPT_FRESH


def _open_current(scheme: ScoreScheme, at: dt.datetime) -> None:
    today = day_of(at)
    if Period.objects.filter(scheme=scheme, first__lte=today, last__gte=today).exists():
        return
    if schemes.held_on(scheme, today) is None:
        return
    try:
        open_period(scheme, today, actor=SYSTEM, at=at)
    except UseCaseError as refusal:  # a change of length midway: a person must look at it
        log.warning("no period of scheme %d opened: %s", scheme.pk, refusal.message)


# --- inside ---------------------------------------------------------------------------------------


def _must(actor: Actor, scheme: ScoreScheme, move: Move) -> None:
    if actor.kind is not ActorKind.SYSTEM and not may_manage(actor, move.needs, scheme.region.path):
        raise Forbidden(f"您的岗位不能{move.label}本区划的考核期。")


def _must_be(period: Period, move: Move) -> None:
    if period.state != move.from_:
        where = lifecycle.STATE_NAMES[PeriodState(period.state)]
        raise NotAllowedNow(f"{period.name}{where}，不能{move.label}。请刷新查看。")


def _lock(period: Period, move: Move, actor: Actor, version: int) -> Period:
    _must(actor, period.scheme, move)
    locked = (
        Period.objects.select_for_update(of=("self",)).select_related("scheme__region")
        .get(pk=period.pk)
    )  # fmt: skip
    if locked.version != version:
        raise ChangedMeanwhile(_STALE)
    _must_be(locked, move)
    return locked


def _save(period: Period, *fields: str) -> None:
    period.version += 1
    period.save(update_fields=[*fields, "version"])


def _audit(kind: str, period: Period, actor: Actor, at: dt.datetime, **data: object) -> None:
    audit.record(
        f"scoring.{kind}", actor=actor, at=at, subject=f"score_period:{period.pk}",
        data={"period": period.name, "scheme": period.scheme_id,
              "scheme_name": period.scheme.name, **data},
    )  # fmt: skip
