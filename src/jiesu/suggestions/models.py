"""The models that were learned, and which is in use."""

from django.db import models


class Kind(models.TextChoices):
    """What a model tells of a text."""

    CLASS = "class", "分类"
    TYPE = "type", "诉求类型"
    UNIT = "unit", "承办单位"


class TrainedModel(models.Model):
    """One learned model: its file, how it did on orders it has never seen, whether it is in use.

    ``figures`` are of the held-out orders; ``compared`` those of the model in use at that time, on
    the same orders. Rows are never deleted: a roll back makes an older one the one in use.
    """

    kind = models.CharField("用途", max_length=16, choices=Kind.choices)
    version = models.CharField("版本", max_length=32)
    file = models.CharField(max_length=64)  # below the folder of models
    checksum = models.CharField(max_length=64)  # SHA-256, hex
    texts = models.PositiveIntegerField("学习的工单")
    labels = models.PositiveIntegerField("类别数")
    figures = models.JSONField("检验结果", default=dict)
    compared = models.JSONField(default=dict)
    trained_at = models.DateTimeField("训练时间")
    trained_by = models.CharField("训练人", max_length=64)
    is_active = models.BooleanField("在用", default=False)
    activated_at = models.DateTimeField("启用时间", null=True, blank=True)
    activated_by = models.CharField("启用人", max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="model_version_once"),
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(is_active=True), name="model_one_in_use"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"
