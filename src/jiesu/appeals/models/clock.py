"""The limits an appeal runs under: one row per clock."""

from django.db import models
from django.db.models import Q

from jiesu.appeals.models.appeal import Appeal
from jiesu.appeals.models.assignment import Assignment
from jiesu.appeals.queries import ClockQuerySet
from jiesu.deadlines.kinds import CLOCK_NAMES


class Clock(models.Model):
    """One running, paused or stopped limit.

    It runs while ``stopped_at`` and ``paused_at`` are empty. ``happenings`` tells its story, so
    that ``due_at`` can be told again from the beginning when a year's calendar changes:
    ``["pause", began, ended]`` and ``["extend", at, working days]``, times in ISO 8601.
    """

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="clocks")
    assignment = models.ForeignKey(
        Assignment, models.PROTECT, null=True, blank=True, related_name="clocks"
    )
    kind = models.CharField(max_length=16, choices=[(k.value, n) for k, n in CLOCK_NAMES.items()])
    round = models.PositiveSmallIntegerField(default=1)
    policy_id = models.BigIntegerField(null=True, blank=True)
    policy_version = models.PositiveIntegerField(default=1)
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    unit = models.CharField(max_length=16)  # deadlines.worktime.Unit
    yellow_amount = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    yellow_unit = models.CharField(max_length=16, blank=True)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    yellow_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    happenings = models.JSONField(default=list, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    yellow_marked_at = models.DateTimeField(null=True, blank=True)
    breached_at = models.DateTimeField(null=True, blank=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                condition=Q(stopped_at=None, paused_at=None, breached_at=None),
                name="clock_to_breach",
            ),
            models.Index(
                fields=["yellow_at", "id"],
                condition=Q(
                    stopped_at=None, paused_at=None, yellow_marked_at=None, breached_at=None,
                    yellow_at__isnull=False,
                ),
                name="clock_to_mark_yellow",
            ),
            models.Index(fields=["kind", "due_at", "id"], name="clock_due"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.due_at:%m-%d %H:%M}"

    @property
    def is_running(self) -> bool:
        """Neither stopped nor paused."""
        return self.stopped_at is None and self.paused_at is None

    @property
    def was_late(self) -> bool:
        """Stopped after it was due, or breached."""
        return self.breached_at is not None or (
            self.stopped_at is not None and self.stopped_at > self.due_at
        )
