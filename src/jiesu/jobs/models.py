"""What the loops remember: that they are alive, and what would not go through."""

from django.db import models

from jiesu.appeals.models import Event


class Beat(models.Model):
    """When a loop of one process last said it was alive."""

    loop = models.CharField(max_length=16)
    worker = models.CharField(max_length=64)  # host:pid:random
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["loop", "worker"], name="beat_once")]

    def __str__(self) -> str:
        return f"{self.loop} {self.at:%H:%M:%S}"


class Looked(models.Model):
    """Up to which moment a follower has looked at the audit."""

    name = models.CharField(max_length=16, unique=True)
    upto = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.upto:%H:%M:%S}"


class Undelivered(models.Model):
    """An event whose followers failed: tried again later and later, then parked for a person."""

    event = models.OneToOneField(Event, models.CASCADE, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True, blank=True)  # null = parked
    error = models.CharField(max_length=300)  # the kind of error and the follower, no data

    class Meta:
        indexes = [
            models.Index(
                fields=["event"],
                condition=models.Q(next_at__isnull=True),
                name="undelivered_parked",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.tries}"
