"""The register of faults 过错登记. Scoring reads it; inspection and quality record through it."""

import datetime as dt

from django.db import transaction

from jiesu.access import Actor, Permission, may_manage
from jiesu.appeals.models import Appeal
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.foundation.errors import Forbidden, NotAllowedNow, NotFound, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.organizations.models import Unit
from jiesu.scoring.lifecycle import PeriodState
from jiesu.scoring.models import Fault, Period
from jiesu.scoring.spans import day_of


def get_fault_for(actor: Actor, pk: int) -> Fault:
    """A fault of a unit in the actor's region; another's looks absent."""
    found = Fault.objects.select_related("unit__region").filter(pk=pk).first()
    if found is None or not may_manage(actor, Permission.SCORING_VIEW, found.unit.region.path):
        raise NotFound("没有找到这条过错登记。")
    return found


@transaction.atomic
def record(
    unit: Unit, kind: str, day: dt.date, basis: str, *, actor: Actor, at: dt.datetime,
    appeal: Appeal | None = None, source: str = "",
) -> Fault:  # fmt: skip
    """This will register a fault of a unit; it costs points in the periods its day lies in.

    ``source`` names what found it ("inspection:12"): the same source registers once. Refusals:
    Forbidden outside one's region; Invalid at ``kind``, ``day`` (to come), ``basis``.
    """
    if not may_manage(actor, Permission.SCORING_MANAGE, unit.region.path):
        raise Forbidden("过错由本区划的效能办登记。")
    if source:
        present = Fault.objects.filter(source=source).first()
        if present is not None:
            return present
    codes.check(Table.FAULT_KIND, kind, at, "kind")
    if day > day_of(at):
        raise invalid("day", "发生日期不能在今天以后。", "future")
    said = clean_text(basis, max_length=500, field="basis", label="事实和依据")
    if len(said) < 5:
        raise invalid("basis", "请写明事实和依据（至少 5 个字），被登记单位可以看到。", "required")
    made = Fault.objects.create(
        unit=unit, unit_name=unit.short_name or unit.name, kind=kind, day=day, basis=said,
        appeal=appeal, number=appeal.number if appeal else "", source=source[:64],
        recorded_at=at, recorded_by=actor.name,
    )  # fmt: skip
    _audit("fault_recorded", made, actor, at, kind=kind, day=day.isoformat(), basis=said)
    return made


@transaction.atomic
def revoke(fault: Fault, reason: str, *, actor: Actor, at: dt.datetime) -> Fault:
    """This will take a fault back with the reason why; it stays in the register.

    Refusals: Forbidden; NotAllowedNow when revoked; Invalid at ``reason``.
    """
    if not may_manage(actor, Permission.SCORING_MANAGE, fault.unit.region.path):
        raise Forbidden("过错由本区划的效能办撤销。")
    why = clean_text(reason, max_length=300, field="reason", label="撤销原因")
    if len(why) < 4:
        raise invalid("reason", "请写明撤销原因（至少 4 个字）。", "required")
    locked = Fault.objects.select_for_update().get(pk=fault.pk)
    if locked.revoked_at is not None:
        raise NotAllowedNow("这条过错已经撤销。")
    locked.revoked_at, locked.revoked_by, locked.revoke_reason = at, actor.name, why
    locked.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
    _audit("fault_revoked", locked, actor, at, reason=why)
    return locked


def settled_periods(fault: Fault) -> list[Period]:
    """The published periods that a change of this fault would correct."""
    return list(
        Period.objects.filter(
            state=PeriodState.PUBLISHED, first__lte=fault.day, last__gte=fault.day
        ).select_related("scheme")
    )


def _audit(what: str, one: Fault, actor: Actor, at: dt.datetime, **data: object) -> None:
    audit.record(
        f"scoring.{what}", actor=actor, at=at, subject=f"fault:{one.pk}",
        data={"unit": one.unit_name, "number": one.number, **data},
    )  # fmt: skip
