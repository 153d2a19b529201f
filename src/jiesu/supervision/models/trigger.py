"""Dated rules that trigger supervision by themselves, what they hit, and how far they have read."""

from django.db import models
from django.db.models import Q

from jiesu.appeals.models import Appeal
from jiesu.organizations.models import Region, Unit
from jiesu.supervision.models.instrument import Instrument


class TriggerRule(models.Model):
    """One version of a rule: what it looks for, where, and what follows, from a day on.

    ``key`` stays the same through its versions; what held on a day is never overwritten.
    """

    class Action(models.TextChoices):
        """What follows a hit."""

        URGE = "urge", "催办"
        REMINDER = "reminder", "发提醒函"
        ORDER_DRAFT = "order_draft", "拟督办单（待人签发）"
        ORDER = "order", "签发督办单"
        CLUE = "clue", "列为效能线索"

    key = models.CharField(max_length=32)
    office = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="督办单位")
    name = models.CharField("名称", max_length=64)
    condition = models.CharField("条件", max_length=24)
    clock = models.CharField("时限", max_length=16, blank=True)
    amount = models.PositiveSmallIntegerField("数值", default=0)
    days = models.PositiveSmallIntegerField("天数", default=0)
    event = models.CharField("事件", max_length=32, blank=True)  # for what is not acted on
    answered_by = models.CharField("视为已处置的事件", max_length=128, blank=True)
    region = models.ForeignKey(Region, models.PROTECT, null=True, blank=True, related_name="+")
    urgencies = models.JSONField("紧急程度", default=list, blank=True)
    appeal_types = models.JSONField("诉求类型", default=list, blank=True)
    action = models.CharField("处置", max_length=16, choices=Action.choices)
    text = models.CharField("文字", max_length=500)
    limit_days = models.PositiveSmallIntegerField("反馈工作日", default=3)
    is_on = models.BooleanField("启用", default=True)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True, blank=True)  # first day it no longer holds
    set_by = models.CharField(max_length=64)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "valid_from"], name="trigger_rule_dated")
        ]
        indexes = [models.Index(fields=["office", "key"], name="trigger_rule_office")]

    def __str__(self) -> str:
        return self.name


class TriggerMark(models.Model):
    """Up to which moment a rule has looked at what happened."""

    key = models.CharField(max_length=32, unique=True)
    upto = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.key} {self.upto:%m-%d %H:%M}"


class Hit(models.Model):
    """A rule found its condition on one order, once per cause; ``cause`` names event or clock.

    A hit whose action is ``clue`` waits in the state ``clue`` for the inspection of efficiency.
    """

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", "待处置"
        DONE = "done", "已处置"
        CLUE = "clue", "效能线索"
        ALREADY = "already", "已有督办"
        LINKED = "linked", "另案处理中"
        PASSED = "passed", "处置前已办结"
        DISMISSED = "dismissed", "不予处置"

    rule = models.ForeignKey(TriggerRule, models.PROTECT, related_name="hits")
    rule_key = models.CharField(max_length=32)
    office_id = models.BigIntegerField()
    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="+")
    assignment_id = models.BigIntegerField(null=True, blank=True)
    cause = models.CharField(max_length=40)  # "event:123", "clock:45"
    action = models.CharField(max_length=16, choices=TriggerRule.Action.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    instrument = models.ForeignKey(
        Instrument, models.PROTECT, null=True, blank=True, related_name="hits"
    )
    happened_at = models.DateTimeField()
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule_key", "cause"], name="hit_once_per_cause")
        ]
        indexes = [
            models.Index(fields=["office_id", "state", "id"], name="hit_office"),
            models.Index(fields=["cause", "action", "state"], name="hit_cause"),
            models.Index(fields=["appeal", "id"], name="hit_appeal"),
            models.Index(
                fields=["id"], condition=Q(state="waiting"), name="hit_waiting"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.rule_key} {self.cause}"
