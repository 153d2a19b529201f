"""Warnings on orders: what was read, by when it must be acted on, who did what."""

from django.db import models

from jiesu.appeals.models import Appeal


class Warning(models.Model):
    """One class of warning on one order, open until somebody acts."""

    class Kind(models.TextChoices):
        """The classes of domain §7."""

        EXTREME = "extreme", "扬言极端"
        SUDDEN_DANGER = "sudden_danger", "突发险情"
        MASS = "mass", "群体聚集"
        STABILITY = "stability", "涉稳"
        OPINION = "opinion", "舆情"
        RISING = "rising", "情绪升级"

    class Act(models.TextChoices):
        """What was done."""

        POLICE = "police", "已转110"
        REPORTED = "reported", "已报告领导"
        HANDLED = "handled", "已联系处置"
        FALSE_ALARM = "false_alarm", "误报"

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="warnings")
    kind = models.CharField("类别", max_length=16, choices=Kind.choices)
    level = models.CharField("级别", max_length=16)
    quote = models.CharField("触发原文", max_length=200)
    words = models.JSONField("触发词", default=list)
    score = models.FloatField("把握")
    source = models.CharField("模型或词表版本", max_length=64)
    raised_at = models.DateTimeField("预警时间")
    act_by = models.DateTimeField("处置时限")
    acted_at = models.DateTimeField("处置时间", null=True, blank=True)
    act = models.CharField("处置", max_length=16, choices=Act.choices, blank=True)
    acted_by = models.CharField("处置人", max_length=64, blank=True)
    note = models.CharField("处置说明", max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["appeal", "kind"], name="warning_once")]
        indexes = [
            models.Index(
                fields=["act_by", "id"], condition=models.Q(acted_at=None), name="warning_open"
            ),
            models.Index(fields=["-acted_at", "-id"], name="warning_acted"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quote[:20]}"
