"""Lists asked for as files."""

from django.db import models


class Export(models.Model):
    """A list somebody asked for as a file: runs as a task, is fetched for some days, then goes."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", "排队中"
        RUNNING = "running", "生成中"
        DONE = "done", "已生成"
        CANCELLED = "cancelled", "已取消"
        FAILED = "failed", "失败"
        EXPIRED = "expired", "已过期"

    OPEN = (State.WAITING, State.RUNNING)

    class Format(models.TextChoices):
        """What sort of file."""

        XLSX = "xlsx", "Excel"
        CSV = "csv", "CSV"

    user_id = models.BigIntegerField()
    post_id = models.BigIntegerField()
    who = models.CharField(max_length=64)
    unit_name = models.CharField(max_length=64)
    title = models.CharField(max_length=64)
    filters = models.JSONField(default=dict)  # as listing.filters reads them
    statuses = models.JSONField(default=list)  # a desk's tab: appeals in these statuses …
    states = models.JSONField(default=list)  # … or with an assignment of one's unit in these states
    columns = models.JSONField(default=list)
    format = models.CharField(max_length=8, choices=Format.choices)
    reveals = models.BooleanField(default=False)  # personal data in the clear
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    rows = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True, blank=True)
    file = models.FileField(upload_to="exports/", max_length=200, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["user_id", "id"], name="export_of_user"),
            models.Index(fields=["state", "expires_at"], name="export_expires"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Waiting or running."""
        return self.state in self.OPEN
