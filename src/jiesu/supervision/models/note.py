"""Leaders' notes 批示 on an order or a report, split to units, answered, closed."""

from django.db import models
from django.db.models import Q

from jiesu.access import Actor, ActorKind, Permission
from jiesu.appeals.models import Appeal
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import below


class NoteQuerySet(models.QuerySet["Note", "Note"]):
    """Notes by who may see them."""

    def visible_to(self, actor: Actor) -> "NoteQuerySet":
        """The area's for who supervises; those with a task for it for a unit."""
        if actor.kind is ActorKind.SYSTEM:
            return self
        if not actor.unit_path:
            return self.none()
        if actor.may(Permission.SUPERVISION_VIEW):
            return self.filter(**below("region_path", actor.region_path))
        if actor.may(Permission.SUPERVISION_ANSWER):
            tasks = NoteTask.objects.filter(**below("unit_path", actor.unit_path))
            return self.filter(pk__in=tasks.values("note_id"))
        return self.none()


class Note(models.Model):
    """What a leader wrote on an order or a report."""

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open", "落实中"
        ANSWERED = "answered", "已反馈"
        CLOSED = "closed", "已办结"

    leader = models.CharField("批示领导", max_length=64)
    leader_title = models.CharField("职务", max_length=64, blank=True)
    text = models.CharField("批示内容", max_length=2000, blank=True)  # or a scanned sheet
    noted_on = models.DateField("批示日期")
    appeal = models.ForeignKey(Appeal, models.PROTECT, null=True, blank=True, related_name="+")
    appeal_number = models.CharField("工单编号", max_length=19, blank=True)
    report = models.CharField("批示的材料", max_length=200, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.OPEN)
    version = models.PositiveIntegerField(default=1)
    region_path = models.CharField(max_length=64)
    office = models.ForeignKey(Unit, models.PROTECT, related_name="+")  # who follows it up
    due_at = models.DateTimeField("反馈时限", null=True, blank=True)
    recorded_by = models.CharField(max_length=64)
    recorded_by_id = models.BigIntegerField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    conclusion = models.CharField("办结情况", max_length=1000, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=64, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["region_path", "id"], name="note_region"),
            models.Index(
                fields=["appeal"], condition=Q(appeal__isnull=False), name="note_appeal"
            ),
            models.Index(fields=["office", "state", "due_at", "id"], name="note_office"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.leader} {self.noted_on}"


class NoteTask(models.Model):
    """What one unit is to do about a note 分办."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="tasks")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit_name = models.CharField(max_length=64)
    unit_path = models.CharField(max_length=64)
    demand = models.CharField("落实要求", max_length=500, blank=True)
    answer = models.CharField("落实情况", max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["note", "unit"], name="note_task_once_per_unit")
        ]
        indexes = [
            models.Index(
                fields=["unit", "id"], condition=Q(answered_at__isnull=True), name="note_task_owed"
            ),
            models.Index(fields=["unit_path", "note"], name="note_task_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.note_id} {self.unit_name}"
