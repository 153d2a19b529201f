"""A unit's duty in an appeal, what it applies for, and whom it spoke with."""

from django.db import models
from django.db.models import Q

from jiesu.appeals.lifecycle import STATE_NAMES, State
from jiesu.appeals.models.appeal import Appeal
from jiesu.appeals.queries import AssignmentQuerySet
from jiesu.catalogue.models import CODE_LENGTH
from jiesu.organizations.models import Unit


class Assignment(models.Model):
    """One unit's duty in one appeal 承办: exactly one live lead at a time, any number of joint."""

    class Nature(models.TextChoices):
        """How the unit takes part."""

        LEAD = "lead", "主办"
        JOINT = "joint", "协办"

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", verbose_name="承办单位", db_index=False
    )  # found by ``assignment_desk``
    unit_name = models.CharField(max_length=64)
    unit_path = models.CharField(max_length=64)
    nature = models.CharField("性质", max_length=8, choices=Nature.choices)
    state = models.CharField(
        "状态", max_length=16, choices=[(s.value, n) for s, n in STATE_NAMES.items()]
    )
    version = models.PositiveIntegerField(default=1)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )  # passed down from
    depth = models.PositiveSmallIntegerField(default=0)
    assigner_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")  # judges a return
    basis = models.CharField("派单依据", max_length=300, blank=True)
    instruction = models.CharField("办理要求", max_length=500, blank=True)
    duty_entry_id = models.BigIntegerField(null=True, blank=True)
    is_designated = models.BooleanField("指定承办", default=False)  # may not return
    handler_id = models.BigIntegerField(null=True, blank=True)
    handler_name = models.CharField("承办人", max_length=64, blank=True)
    round = models.PositiveSmallIntegerField("办理轮次", default=1)
    inner_step = models.PositiveSmallIntegerField(default=0)  # inner review steps passed
    assigned_at = models.DateTimeField("派单时间")
    opened_at = models.DateTimeField("查阅时间", null=True, blank=True)
    signed_at = models.DateTimeField("签收时间", null=True, blank=True)
    contacted_at = models.DateTimeField("联系时间", null=True, blank=True)
    reported_at = models.DateTimeField("提交时间", null=True, blank=True)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    due_at = models.DateTimeField("到期时间", null=True, blank=True)
    yellow_at = models.DateTimeField(null=True, blank=True)
    due_kind = models.CharField(max_length=16, blank=True)
    due_unit = models.CharField(max_length=16, blank=True)
    is_paused = models.BooleanField(default=False)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["unit", "state", "due_at", "id"], name="assignment_desk"),
            models.Index(fields=["unit_path", "appeal"], name="assignment_scope"),
            models.Index(fields=["handler_id", "state", "id"], name="assignment_handler"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["appeal"],
                # no IN: SQLite would build a table of its values anew at each row written
                condition=Q(nature="lead", depth=0)
                & ~Q(state=State.RETURNED.value)
                & ~Q(state=State.CANCELLED.value)
                & ~Q(state=State.DONE.value),
                name="assignment_one_live_lead",
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit_name} {self.get_nature_display()}"

    @property
    def where(self) -> State:
        """The state as the enum."""
        return State(self.state)


class Application(models.Model):
    """What a unit asks of whoever assigned it: a return, more time, a pause, an end."""

    class Kind(models.TextChoices):
        """What is asked for."""

        RETURN = "return", "退单"
        EXTENSION = "extension", "延期"
        SUSPENSION = "suspension", "挂起"
        ENDING = "ending", "终止"

    class Verdict(models.TextChoices):
        """How it was decided."""

        PENDING = "pending", "待审批"
        APPROVED = "approved", "同意"
        REFUSED = "refused", "驳回"
        LAPSED = "lapsed", "失效"  # the assignment ended first

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="applications")
    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="applications")
    judge_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    reason_code = models.CharField("理由", max_length=CODE_LENGTH)
    reason = models.CharField("说明", max_length=1000)
    basis = models.CharField("法律依据", max_length=500, blank=True)
    suggested_unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+"
    )
    plan = models.CharField("办理计划", max_length=1000, blank=True)
    citizen_told = models.CharField("告知诉求人情况", max_length=300, blank=True)
    amount = models.PositiveSmallIntegerField("申请延长", null=True, blank=True)  # working days
    was_signed = models.BooleanField(default=False)
    applied_at = models.DateTimeField()
    applied_by = models.CharField(max_length=64)
    applied_by_id = models.BigIntegerField(null=True, blank=True)
    verdict = models.CharField(max_length=16, choices=Verdict.choices, default=Verdict.PENDING)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decision = models.CharField("审批意见", max_length=1000, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["judge_unit", "kind", "applied_at", "id"],
                condition=Q(verdict="pending"),
                name="application_pending",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}申请"


class Contact(models.Model):
    """A unit spoke, or tried to speak, with the citizen 联系记录."""

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="contacts")
    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="contacts")
    way = models.CharField("方式", max_length=CODE_LENGTH)
    reached = models.BooleanField("是否联系上")
    note = models.CharField("沟通情况", max_length=1000, blank=True)
    at = models.DateTimeField("联系时间")
    by_id = models.BigIntegerField(null=True, blank=True)
    by = models.CharField("联系人", max_length=64)

    def __str__(self) -> str:
        return f"{self.by} {self.at:%m-%d %H:%M}"


class Consultation(models.Model):
    """Several units confer on one appeal 会商."""

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="consultations")
    question = models.CharField("会商事项", max_length=1000)
    convened_by = models.CharField(max_length=64)
    convened_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    convened_at = models.DateTimeField()
    conclusion = models.CharField("会商结论", max_length=2000, blank=True)
    concluded_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.question[:20]


class Opinion(models.Model):
    """What one invited unit says in a consultation."""

    consultation = models.ForeignKey(Consultation, models.PROTECT, related_name="opinions")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    text = models.CharField("意见", max_length=2000, blank=True)
    by = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consultation", "unit"], name="opinion_once_per_unit")
        ]

    def __str__(self) -> str:
        return f"{self.unit_id}"
