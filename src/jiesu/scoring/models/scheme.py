"""Schemes: dated data, edited in the interface."""

from django.db import models

from jiesu.organizations.models import Region


class ScoreScheme(models.Model):
    """A way of scoring the units of a region 考核方案; what it says stands in its versions."""

    name = models.CharField("名称", max_length=64)
    region = models.ForeignKey(Region, models.PROTECT, related_name="+", verbose_name="考核范围")
    version = models.PositiveIntegerField(default=1)
    ended_at = models.DateTimeField("停用时间", null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "name"], name="score_scheme_name")]

    def __str__(self) -> str:
        return self.name


class SchemeVersion(models.Model):
    """What a scheme says from a day on; what held is never overwritten."""

    scheme = models.ForeignKey(ScoreScheme, models.PROTECT, related_name="versions")
    valid_from = models.DateField("启用日期")
    definition = models.JSONField()  # definitions.to_json
    note = models.CharField("依据或说明", max_length=200, blank=True)
    set_by = models.CharField(max_length=64)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "valid_from"], name="scheme_version_dated")
        ]

    def __str__(self) -> str:
        return f"{self.scheme_id} {self.valid_from}"
