"""What the journal and the encrypted fields are tested with, without the appeals above them."""

from typing import ClassVar

from django.db import models

from jiesu.foundation.fields import EncryptedTextField
from jiesu.journal.models import AbstractEvent


class Matter(models.Model):
    """A subject that keeps the head of its chain, as an appeal does."""

    number = models.CharField(max_length=19, unique=True)
    event_seq = models.PositiveIntegerField(default=0)
    event_hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.number


class MatterEvent(AbstractEvent):
    """One thing that happened to a matter."""

    subject: ClassVar[str] = "matter"
    subject_text: ClassVar[str] = "number"
    subject_head: ClassVar[tuple[str, str] | None] = ("event_seq", "event_hash")

    matter = models.ForeignKey(
        Matter, models.DO_NOTHING, related_name="events", db_constraint=False
    )

    class Meta(AbstractEvent.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.kind} #{self.seq}"


class Secret(models.Model):
    """Two encrypted columns beside a clear one."""

    label = models.CharField(max_length=32, blank=True)
    name = EncryptedTextField(blank=True, default="")
    phone = EncryptedTextField(null=True, blank=True)

    def __str__(self) -> str:
        return self.label
