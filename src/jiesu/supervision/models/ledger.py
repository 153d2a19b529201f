"""Ledgers 台账: a matter watched until it is struck off 销号. Columns after domain §6."""

import datetime as dt

from django.db import models
from django.db.models import Q

from jiesu.access import Actor, ActorKind, Permission
from jiesu.appeals.models import Appeal
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import below
from jiesu.supervision.models.instrument import Instrument


class LedgerQuerySet(models.QuerySet["LedgerEntry", "LedgerEntry"]):
    """Entries by who may see them."""

    def visible_to(self, actor: Actor) -> "LedgerQuerySet":
        """The area's for who supervises or calls back; a unit's own for the unit."""
        if actor.kind is ActorKind.SYSTEM:
            return self
        if not actor.unit_path:
            return self.none()
        if actor.may(Permission.SUPERVISION_VIEW) or actor.may(Permission.CALLBACK_RECORD):
            area = Q(**below("region_path", actor.region_path))
            return self.filter(area | Q(office_id=actor.unit_id))
        if actor.may(Permission.SUPERVISION_ANSWER):
            return self.filter(**below("unit_path", actor.unit_path))
        return self.none()

    def overdue(self, day: dt.date) -> "LedgerQuerySet":
        """Open and past their target date."""
        return self.filter(status__in=["open", "relapsed", "applied"], target_date__lt=day)


class LedgerEntry(models.Model):
    """One line of a ledger."""

    class Ledger(models.TextChoices):
        """Which ledger."""

        KEY = "key", "重点诉求"
        SUPERVISION = "supervision", "督办"
        LISTED = "listed", "挂牌督办"
        DIFFICULT = "difficult", "疑难挂账"

    class Status(models.TextChoices):
        """How far it is."""

        OPEN = "open", "办理中"
        APPLIED = "applied", "申请销号"
        CLOSED = "closed", "已销号"
        RELAPSED = "relapsed", "回潮"

    number = models.CharField("编号", max_length=32, unique=True)
    ledger = models.CharField("台账", max_length=16, choices=Ledger.choices)
    status = models.CharField("状态", max_length=16, choices=Status.choices, default=Status.OPEN)
    version = models.PositiveIntegerField(default=1)
    matter = models.CharField("事项", max_length=200)
    source = models.CharField("来源", max_length=64)
    appeal = models.ForeignKey(Appeal, models.PROTECT, null=True, blank=True, related_name="+")
    appeal_number = models.CharField("工单编号", max_length=19, blank=True)
    instrument = models.ForeignKey(
        Instrument, models.PROTECT, null=True, blank=True, related_name="ledger_entries"
    )
    office = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="责任单位")
    unit_name = models.CharField(max_length=64)
    unit_path = models.CharField(max_length=64)
    region_path = models.CharField(max_length=64)
    person = models.CharField("责任人", max_length=64)
    measures = models.CharField("措施", max_length=2000, blank=True)
    target_date = models.DateField("目标时限")
    relapse_count = models.PositiveSmallIntegerField("回潮次数", default=0)
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=64)
    closed_on = models.DateField("销号日期", null=True, blank=True)

    objects = LedgerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["office", "ledger", "appeal"],
                condition=Q(appeal__isnull=False) & ~Q(status="closed"),
                name="ledger_once_open",
            )
        ]
        indexes = [
            models.Index(fields=["office", "ledger", "status", "id"], name="ledger_office"),
            models.Index(fields=["unit_path", "id"], name="ledger_unit"),
            models.Index(fields=["region_path", "id"], name="ledger_region"),
            models.Index(
                fields=["appeal"], condition=Q(appeal__isnull=False), name="ledger_appeal"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.matter}"


class Progress(models.Model):
    """What was done meanwhile 进展."""

    entry = models.ForeignKey(LedgerEntry, models.CASCADE, related_name="progress")
    text = models.CharField(max_length=2000)
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    unit_name = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.text[:20]


class Closing(models.Model):
    """An application to strike an entry off: applied, checked by call-back, approved; by three."""

    class State(models.TextChoices):
        """How far it is."""

        APPLIED = "applied", "待回访核实"
        CHECKED = "checked", "待审批"
        APPROVED = "approved", "同意销号"
        REFUSED = "refused", "不予销号"

    entry = models.ForeignKey(LedgerEntry, models.CASCADE, related_name="closings")
    state = models.CharField(max_length=16, choices=State.choices, default=State.APPLIED)
    evidence = models.CharField("办结情况及佐证", max_length=2000)
    applied_at = models.DateTimeField()
    applied_by = models.CharField(max_length=64)
    applied_by_id = models.BigIntegerField(null=True, blank=True)
    solved = models.BooleanField("回访认为已解决", null=True, blank=True)
    check_note = models.CharField("回访核实", max_length=1000, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.CharField(max_length=64, blank=True)
    checked_by_id = models.BigIntegerField(null=True, blank=True)
    decision = models.CharField("审批意见", max_length=1000, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decided_by_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=Q(state__in=["applied", "checked"]),
                name="closing_one_open",
            )
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["state", "id"], condition=Q(state__in=["applied", "checked"]),
                name="closing_waiting",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.entry_id} {self.state}"
