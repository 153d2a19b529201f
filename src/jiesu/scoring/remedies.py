"""Contesting a dissatisfied rating 不满意件救济: the unit shows why, the centre decides.

The citizen's rating is never touched: both views stand beside each other. Upheld, it does not count
against the unit in what is scored from then on.
"""

import datetime as dt

from django.db import IntegrityError, transaction

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.appeals.actions import attachments
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal
from jiesu.foundation.errors import ChangedMeanwhile, Forbidden, NotAllowedNow, NotFound, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.organizations.models import Unit
from jiesu.scoring.indicators import SATISFIED_FROM
from jiesu.scoring.models import Remedy

APPLY_WITHIN = dt.timedelta(days=30)  # of the order's end
STALE = "该救济申请已被他人处理，请刷新后重试。"


def get_remedy_for(actor: Actor, pk: int) -> Remedy:
    """A remedy of one's centre or one's unit; another's looks absent."""
    found = Remedy.objects.select_related("appeal", "unit", "centre").filter(pk=pk).first()
    if found is None or actor.unit_id not in (found.centre_id, found.unit_id):
        raise NotFound("没有找到这件救济申请，或您无权查看。")
    return found


@transaction.atomic
def contest(
    appeal: Appeal, reason: str, *, upload_key: str, actor: Actor, at: dt.datetime
) -> Remedy:
    """This will contest the rating of a closed order of one's unit, with evidence.

    Refusals: Forbidden for another unit's order; NotAllowedNow where nothing is dissatisfied, after
    thirty days, twice; Invalid at ``reason`` and ``files``.
    """
    if not actor.may(P.SCORING_APPLY) or not _is_theirs(appeal, actor):
        raise Forbidden("不满意件救济由主办单位的分管领导提出。")
    if appeal.status not in (Status.CLOSED, Status.ARCHIVED) or appeal.closed_at is None:
        raise NotAllowedNow("办结后才能对评价申请救济；办理中的请先办好二次办理。")
    if not is_bad(appeal):
        raise NotAllowedNow("这件工单没有不满意或未解决的评价，不需要救济。")
    if at > appeal.closed_at + APPLY_WITHIN:
        raise NotAllowedNow("办结已超过 30 天，不能再申请救济。", code="too_late")
    why = clean_text(reason, max_length=1000, field="reason", label="说明")
    if len(why) < 10:
        raise invalid("reason", "请写明事实和理由（至少 10 个字）。", "required")
    unit = Unit.objects.get(pk=actor.unit_id or 0)
    try:
        with transaction.atomic():
            made = Remedy.objects.create(
                appeal=appeal, number=appeal.number, centre_id=appeal.centre_id, unit=unit,
                unit_name=unit.short_name or unit.name, satisfaction=appeal.satisfaction,
                solved=appeal.solved, dissatisfied_reason=appeal.dissatisfied_reason, reason=why,
                upload_key=upload_key[:64], applied_at=at, applied_by=actor.name,
                applied_by_id=actor.user_id,
            )  # fmt: skip
    except IntegrityError:
        raise NotAllowedNow("这件工单已经申请过救济，以裁定为准。") from None
    if not upload_key or not attachments.claim_uploads(appeal, upload_key, actor):
        raise invalid("files", "请上传证据材料（至少一份）。", "required")
    _audit("remedy_applied", made, actor, at, reason=why)
    return made


@transaction.atomic
def decide(
    remedy: Remedy, verdict: str, decision: str, *, actor: Actor, at: dt.datetime, version: int
) -> Remedy:
    """This will uphold or refuse a remedy, by the order's centre.

    Refusals: Forbidden for another centre or the applicant; ChangedMeanwhile; NotAllowedNow when
    decided; Invalid at ``verdict`` and ``decision``.
    """
    if not actor.may(P.SCORING_REMEDY) or actor.unit_id != remedy.centre_id:
        raise Forbidden("不满意件救济由该工单的热线中心裁定。")
    locked = Remedy.objects.select_for_update().get(pk=remedy.pk)
    if locked.version != version:
        raise ChangedMeanwhile(STALE)
    if locked.state != Remedy.State.PENDING:
        raise NotAllowedNow("这件救济已经裁定。")
    if verdict not in (Remedy.State.UPHELD, Remedy.State.REFUSED):
        raise invalid("verdict", "请选择救济成立或维持评价。", "required")
    if actor.user_id is not None and actor.user_id == locked.applied_by_id:
        raise NotAllowedNow("申请人不能裁定自己的申请。", code="same_person")
    said = clean_text(decision, max_length=1000, field="decision", label="裁定意见")
    if len(said) < 5:
        raise invalid("decision", "请写明裁定的事实和依据（至少 5 个字）。", "required")
    locked.state, locked.decision = Remedy.State(verdict), said
    locked.decided_at, locked.decided_by = at, actor.name
    locked.version += 1
    locked.save(update_fields=["state", "decision", "decided_at", "decided_by", "version"])
    _audit("remedy_decided", locked, actor, at, verdict=verdict, decision=said)
    return locked


def is_bad(appeal: Appeal) -> bool:
    """Dissatisfied or unsolved in the citizen's words."""
    low = appeal.satisfaction is not None and appeal.satisfaction < SATISFIED_FROM
    return low or appeal.solved is False


def _is_theirs(appeal: Appeal, actor: Actor) -> bool:
    """The lead unit's own, or one of its sections'."""
    return bool(actor.unit_path) and (
        appeal.lead_unit_id == actor.unit_id
        or (
            appeal.lead_unit is not None
            and appeal.lead_unit.kind == Unit.Kind.SECTION
            and appeal.lead_unit_path.startswith(actor.unit_path)
        )
    )


def _audit(kind: str, one: Remedy, actor: Actor, at: dt.datetime, **data: object) -> None:
    audit.record(
        f"scoring.{kind}", actor=actor, at=at, subject=f"remedy:{one.pk}",
        data={"number": one.number, "unit": one.unit_name, **data},
    )  # fmt: skip
