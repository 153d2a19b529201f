"""Applying for exclusion 剔除 in a frozen period, and two different people deciding."""

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from jiesu.access import Actor
from jiesu.appeals.actions import attachments
from jiesu.appeals.models import Appeal
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, NotAllowedNow, NotFound, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.organizations.models import Unit
from jiesu.scoring import keeping, lifecycle, periods
from jiesu.scoring.definitions import from_json
from jiesu.scoring.indicators import INDICATORS, bad_rows, judge_all
from jiesu.scoring.lifecycle import PeriodState
from jiesu.scoring.models import Exclusion, Period

STALE = "该申请已被他人处理，请刷新后重试。"
VERDICTS = {Exclusion.State.GRANTED: "同意剔除", Exclusion.State.REFUSED: "不予剔除"}


def get_exclusion_for(actor: Actor, pk: int) -> Exclusion:
    """An application in one's region, or of one's own unit; another's looks absent."""
    found = (
        Exclusion.objects.select_related("period__scheme__region", "unit", "appeal")
        .filter(pk=pk).first()
    )  # fmt: skip
    if found is not None and found.unit_id != actor.unit_id:
        try:
            periods.get_period_for(actor, found.period_id)
        except NotFound:
            found = None
    if found is None:
        raise NotFound("没有找到这件剔除申请，或您无权查看。")
    return found


@transaction.atomic
def apply(
    period: Period, unit: Unit, appeal: Appeal, *, ground: str, reason: str,
    indicators: Sequence[str] = (), upload_key: str = "", actor: Actor, at: dt.datetime,
) -> Exclusion:  # fmt: skip
    """This will ask that an order not count against one's unit in a frozen period.

    Refusals: Forbidden for another unit's; NotAllowedNow before freezing, after the last day to
    apply, twice for one order, or where the order costs the unit nothing; Invalid at ``ground``,
    ``reason``, ``indicators``, ``files`` (evidence is required).
    """
    if not actor.may(lifecycle.APPLY.needs) or unit.pk != actor.unit_id:
        raise Forbidden("剔除申请由被考核单位的分管领导提出。")
    locked = Period.objects.select_for_update().get(pk=period.pk)
    if locked.state != PeriodState.FROZEN:
        raise NotAllowedNow(f"{locked.name}不在申请期内：冻结后、公布前才能申请剔除。")
    if locked.apply_until is not None and at > locked.apply_until:
        raise NotAllowedNow(f"{locked.name}的剔除申请已经截止。", code="too_late")
    codes.check(Table.EXCLUSION_GROUND, ground, at, "ground")
    why = clean_text(reason, max_length=1000, field="reason", label="说明")
    if len(why) < 10:
        raise invalid("reason", "请写明事实和理由（至少 10 个字）。", "required")
    costs = costing(period, unit.pk, appeal.pk)
    chosen = [code for code in indicators if code in costs]
    if not costs or len(chosen) < len(indicators):
        raise invalid(
            "indicators", "这件工单没有在所选指标上扣您单位的分，请核对。", "costs_nothing"
        )
    try:
        with transaction.atomic():
            made = Exclusion.objects.create(
                period=period, unit=unit, unit_name=unit.short_name or unit.name, appeal=appeal,
                number=appeal.number, indicators=chosen, ground=ground, reason=why,
                upload_key=upload_key[:64], applied_at=at, applied_by=actor.name,
                applied_by_id=actor.user_id,
            )  # fmt: skip
    except IntegrityError:
        raise NotAllowedNow(f"{appeal.number} 在本期已经申请过，不能重复申请。") from None
    if not upload_key or not attachments.claim_uploads(appeal, upload_key, actor):
        raise invalid("files", "请上传证据材料（至少一份）。", "required")
    _audit("exclusion_applied", made, actor, at, ground=ground, reason=why)
    return made


def costing(period: Period, unit_id: int, appeal_id: int) -> list[str]:
    """The indicators on which an order costs a unit points in the period's raw score."""
    raw = period.revisions.only("definition").get(number=0)
    definition = from_json(raw.definition)
    facts = keeping.read_facts_of(period, unit_id)
    judged = judge_all(facts, definition.codes, definition.rules)
    return [
        code
        for code, verdict in judged.items()
        if (
            bad_rows(INDICATORS[code], verdict)
            & (facts[INDICATORS[code].sheet]["appeal"] == appeal_id)
        ).any()
    ]


@transaction.atomic
def decide(
    exclusion: Exclusion, verdict: str, note: str, *, actor: Actor, at: dt.datetime, version: int
) -> Exclusion:
    """This will record one person's verdict; it stands once a second, different person agrees.

    Who disagrees becomes the first of the other verdict. Refusals: Forbidden; ChangedMeanwhile;
    NotAllowedNow when decided, when the period is published, or when one person would be both;
    Invalid at ``verdict`` and ``note``.
    """
    periods.get_period_for(actor, exclusion.period_id)
    if not actor.may(lifecycle.DECIDE.needs):
        raise Forbidden("剔除申请由效能办审定。")
    locked = Exclusion.objects.select_for_update().get(pk=exclusion.pk)
    if locked.version != version:
        raise ChangedMeanwhile(STALE)
    period = Period.objects.get(pk=locked.period_id)
    if locked.state != Exclusion.State.PENDING or period.state != PeriodState.FROZEN:
        raise NotAllowedNow("这件申请已经审定，不能再改；公布后请用“更正”。")
    if verdict not in VERDICTS:
        raise invalid("verdict", "请选择同意剔除或不予剔除。", "required")
    said = clean_text(note, max_length=500, field="note", label="审定意见")
    if len(said) < 2:
        raise invalid("note", "请写明审定意见。", "required")
    if actor.user_id is None or actor.user_id == locked.applied_by_id:
        raise NotAllowedNow("申请人不能审定自己的申请。", code="same_person")
    if locked.first_by_id == actor.user_id:
        raise NotAllowedNow(
            "您已审定过这件申请。剔除须由两个不同的人审定，请由另一人复核。", code="same_person"
        )
    if locked.first_verdict == verdict:
        locked.state = Exclusion.State(verdict)
        locked.second_by, locked.second_by_id = actor.name, actor.user_id
        locked.second_at, locked.second_note = at, said
    else:
        locked.first_verdict, locked.first_by, locked.first_by_id = (
            verdict,
            actor.name,
            actor.user_id,
        )
        locked.first_at, locked.first_note = at, said
    locked.version += 1
    locked.save()
    _audit("exclusion_decided", locked, actor, at, verdict=verdict, note=said, state=locked.state)
    return locked


def _audit(kind: str, one: Exclusion, actor: Actor, at: dt.datetime, **data: object) -> None:
    audit.record(
        f"scoring.{kind}", actor=actor, at=at, subject=f"score_exclusion:{one.pk}",
        data={"number": one.number, "unit": one.unit_name, "period": one.period_id, **data},
    )  # fmt: skip
