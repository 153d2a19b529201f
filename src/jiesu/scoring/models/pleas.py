"""What units ask for and what is held against them: exclusions, remedies, faults."""

from django.db import models
from django.db.models import Q

from jiesu.appeals.models import Appeal
from jiesu.organizations.models import Unit
from jiesu.scoring.models.period import Period


class Exclusion(models.Model):
    """A unit asks that an order not count against it in a frozen period 剔除申请."""

    class State(models.TextChoices):
        """How far it is. Two different people must agree on the verdict."""

        PENDING = "pending", "待审定"
        GRANTED = "granted", "同意剔除"
        REFUSED = "refused", "不予剔除"

    period = models.ForeignKey(Period, models.PROTECT, related_name="exclusions")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit_name = models.CharField(max_length=64)
    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="+")
    number = models.CharField("工单编号", max_length=19)
    indicators = models.JSONField(default=list)  # none = all
    ground = models.CharField("理由", max_length=32)
    reason = models.CharField("说明", max_length=1000)
    upload_key = models.CharField(max_length=64, blank=True)  # its files at the order
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    version = models.PositiveIntegerField(default=1)
    applied_at = models.DateTimeField()
    applied_by = models.CharField(max_length=64)
    applied_by_id = models.BigIntegerField(null=True)
    first_verdict = models.CharField(max_length=16, blank=True)
    first_by = models.CharField(max_length=64, blank=True)
    first_by_id = models.BigIntegerField(null=True)
    first_at = models.DateTimeField(null=True)
    first_note = models.CharField(max_length=500, blank=True)
    second_by = models.CharField(max_length=64, blank=True)
    second_by_id = models.BigIntegerField(null=True)
    second_at = models.DateTimeField(null=True)
    second_note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "unit", "appeal"], name="exclusion_once")
        ]
        indexes = [models.Index(fields=["state", "period", "id"], name="exclusion_state")]

    def __str__(self) -> str:
        return f"{self.unit_name} {self.number}"


class Remedy(models.Model):
    """A unit contests a dissatisfied rating with evidence 不满意件救济; the centre decides.

    The citizen's rating stays as it is; upheld, it no longer counts against the unit.
    """

    class State(models.TextChoices):
        """How the centre decided."""

        PENDING = "pending", "待裁定"
        UPHELD = "upheld", "救济成立"
        REFUSED = "refused", "维持评价"

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="+")
    number = models.CharField("工单编号", max_length=19)
    centre = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit_name = models.CharField(max_length=64)
    satisfaction = models.PositiveSmallIntegerField(null=True)  # as the citizen said
    solved = models.BooleanField(null=True)
    dissatisfied_reason = models.CharField(max_length=16, blank=True)
    reason = models.CharField("说明", max_length=1000)
    upload_key = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING)
    version = models.PositiveIntegerField(default=1)
    applied_at = models.DateTimeField()
    applied_by = models.CharField(max_length=64)
    applied_by_id = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=64, blank=True)
    decision = models.CharField("裁定意见", max_length=1000, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["appeal", "unit"], name="remedy_once")]
        indexes = [
            models.Index(fields=["centre", "state", "id"], name="remedy_centre"),
            models.Index(fields=["unit", "id"], name="remedy_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_name} {self.number}"


class Fault(models.Model):
    """A fault of a unit that costs points in the period of its day 过错登记."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit_name = models.CharField(max_length=64)
    kind = models.CharField("过错类型", max_length=32)
    day = models.DateField("发生日期")
    basis = models.CharField("事实和依据", max_length=500)
    appeal = models.ForeignKey(Appeal, models.PROTECT, null=True, blank=True, related_name="+")
    number = models.CharField("工单编号", max_length=19, blank=True)
    source = models.CharField(max_length=64, blank=True)  # what found it: "inspection:12"
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=64)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=64, blank=True)
    revoke_reason = models.CharField("撤销原因", max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["day", "id"], name="fault_day"),
            models.Index(fields=["unit", "day", "id"], name="fault_unit"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source"], condition=~Q(source=""), name="fault_of_source"
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit_name} {self.kind}"
