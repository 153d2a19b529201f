"""What happened to an appeal: append-only, chained, written in the transaction of the change."""

from functools import reduce
from operator import or_
from typing import ClassVar

from django.db import models

from jiesu.appeals.models.appeal import Appeal
from jiesu.journal.models import AbstractEvent

# What rules of supervision look for; every other kind costs this index nothing.
TRIGGERING = [
    "call_back", "clock_breached", "clock_yellow", "rate", "redo", "refuse_return", "repeated",
    "send_back", "urge", "warning", "warning_acted",
]  # fmt: skip


class Event(AbstractEvent):
    """One thing that happened to one appeal. ``kind`` is a move's name or a clock's mark."""

    subject: ClassVar[str] = "appeal"
    subject_text: ClassVar[str] = "number"
    subject_head: ClassVar[tuple[str, str] | None] = ("event_seq", "event_hash")

    # Found by ``event_seq_once``: an index of its own would be one more to write for each event.
    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="events", db_index=False)
    assignment_id = models.BigIntegerField(null=True, blank=True)

    class Meta(AbstractEvent.Meta):
        constraints = [models.UniqueConstraint(fields=["appeal", "seq"], name="event_seq_once")]
        indexes = [
            *AbstractEvent.Meta.indexes,
            models.Index(
                fields=["kind", "at", "id"],
                # One by one: for kind IN (…) SQLite would build a table anew at each row written.
                condition=reduce(or_, (models.Q(kind=kind) for kind in TRIGGERING)),
                name="event_triggering",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.seq}"


class Suggestion(models.Model):
    """What text intelligence or the duty catalogue proposed, and whether a person took it."""

    appeal = models.ForeignKey(Appeal, models.CASCADE, related_name="suggestions")
    what = models.CharField(max_length=16)  # category, unit, place, duplicate, warning
    value = models.JSONField()
    label = models.CharField(max_length=128)
    score = models.FloatField(null=True, blank=True)
    reasons = models.JSONField(default=list)
    model_version = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    taken = models.BooleanField(null=True, blank=True)  # null = nobody has said
    decided_by = models.CharField(max_length=64, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.what}: {self.label}"


def attachment_path(instance: "Attachment", filename: str) -> str:
    """Where a file is stored: under its random name, never the one it came with."""
    return f"attachments/{instance.stored_name[:2]}/{instance.stored_name}"


class Attachment(models.Model):
    """A file that belongs to an appeal."""

    class Purpose(models.TextChoices):
        """What it was added for."""

        APPEAL = "appeal", "诉求材料"
        FACTS = "facts", "补充材料"
        HANDLING = "handling", "办理材料"
        REPLY = "reply", "答复附件"
        APPLICATION = "application", "申请材料"
        RECORDING = "recording", "通话录音"

    appeal = models.ForeignKey(
        Appeal, models.PROTECT, null=True, blank=True, related_name="attachments"
    )  # null while the form it belongs to is not yet sent
    upload_key = models.CharField(max_length=64, db_index=True)  # ties it to its form
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    name = models.CharField(max_length=128)
    stored_name = models.CharField(max_length=64, unique=True)
    file = models.FileField(upload_to=attachment_path, max_length=200)
    content_type = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    sm3 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.CharField(max_length=64)
    uploaded_by_id = models.BigIntegerField(null=True, blank=True)
    assignment_id = models.BigIntegerField(null=True, blank=True)
    is_public = models.BooleanField(default=False)  # the citizen may see it

    def __str__(self) -> str:
        return self.name


class ProcessRule(models.Model):
    """A dated number that bounds the process: how often redo, how deep pass down (domain §3)."""

    key = models.CharField("规则", max_length=32)
    value = models.IntegerField("值")
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)
    set_by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "valid_from"], name="process_rule_dated")
        ]

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"
