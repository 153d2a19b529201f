"""An instrument over an order or a unit, its steps, its number, its files."""

import datetime as dt

from django.db import models
from django.db.models import Q

from jiesu.access import Actor, ActorKind, Permission
from jiesu.appeals.models import Appeal
from jiesu.organizations.models import Unit
from jiesu.organizations.paths import below
from jiesu.supervision.lifecycle import KINDS, OPEN, OWED, STATE_NAMES, Kind, State

_KINDS = [(kind.value, facts.label) for kind, facts in KINDS.items()]
_OPEN = sorted(s.value for s in OPEN)
_OWED = sorted(s.value for s in OWED)


class InstrumentQuerySet(models.QuerySet["Instrument", "Instrument"]):
    """Instruments by whose they are and where they stand."""

    def visible_to(self, actor: Actor) -> "InstrumentQuerySet":
        """The office's and its area's for who supervises; what was issued to it for a unit."""
        if actor.kind is ActorKind.SYSTEM:
            return self
        if not actor.unit_path:
            return self.none()
        if actor.may(Permission.SUPERVISION_VIEW):
            area = Q(**below("region_path", actor.region_path))
            return self.filter(area | Q(office_id=actor.unit_id))
        if actor.may(Permission.SUPERVISION_ANSWER):
            mine = self.filter(**below("unit_path", actor.unit_path))
            return mine.exclude(state__in=[State.DRAFT, State.PENDING]).exclude(issued_at=None)
        return self.none()

    def of_office(self, actor: Actor) -> "InstrumentQuerySet":
        """Those the actor's own office issues and judges."""
        return self.filter(office_id=actor.unit_id or 0)

    def owed_by(self, actor: Actor) -> "InstrumentQuerySet":
        """Those the actor's own unit must answer now."""
        return self.filter(unit_id=actor.unit_id or 0, state__in=_OWED)

    def overdue(self, at: dt.datetime) -> "InstrumentQuerySet":
        """Owed and past their limit."""
        return self.filter(state__in=_OWED, due_at__lt=at)


class Instrument(models.Model):
    """One urge, reminder, supervision order, session, listing, talk or raised handling."""

    class Source(models.TextChoices):
        """Who brought it about."""

        HAND = "hand", "人工"
        RULE = "rule", "规则触发"
        NOTE = "note", "领导批示"

    number = models.CharField("文号", max_length=48, blank=True)  # given when issued
    kind = models.CharField("类别", max_length=16, choices=_KINDS)
    state = models.CharField(
        "状态", max_length=16, choices=[(s.value, n) for s, n in STATE_NAMES.items()]
    )
    version = models.PositiveIntegerField(default=1)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.HAND)
    appeal = models.ForeignKey(Appeal, models.PROTECT, null=True, blank=True, related_name="+")
    appeal_number = models.CharField("工单编号", max_length=19, blank=True)
    office = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="督办单位")
    office_name = models.CharField(max_length=64)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name="被督办单位")
    unit_name = models.CharField(max_length=64)
    unit_path = models.CharField(max_length=64)
    region_path = models.CharField(max_length=64)
    matter = models.CharField("事项", max_length=200)
    basis = models.CharField("缘由", max_length=1000, blank=True)
    demands = models.CharField("要求", max_length=2000, blank=True)
    person = models.CharField("责任人", max_length=64, blank=True)
    colour = models.CharField("挂牌颜色", max_length=8, blank=True)
    old_level = models.CharField("原办理层级", max_length=64, blank=True)
    new_level = models.CharField("提级至", max_length=64, blank=True)
    meets_at = models.DateTimeField("时间", null=True, blank=True)
    place = models.CharField("地点", max_length=128, blank=True)
    due_at = models.DateTimeField("反馈时限", null=True, blank=True)
    issued_at = models.DateTimeField("签发时间", null=True, blank=True)
    signed_by = models.CharField("签发人", max_length=64, blank=True)
    measures = models.CharField("整改措施", max_length=2000, blank=True)
    answer = models.CharField("反馈", max_length=4000, blank=True)
    answered_at = models.DateTimeField("反馈时间", null=True, blank=True)
    answered_by = models.CharField(max_length=64, blank=True)
    result = models.CharField("结果", max_length=2000, blank=True)
    ended_at = models.DateTimeField("办结时间", null=True, blank=True)
    drafted_by = models.CharField(max_length=64)
    drafted_by_id = models.BigIntegerField(null=True, blank=True)
    drafted_at = models.DateTimeField()

    objects = InstrumentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number"], condition=~Q(number=""), name="instrument_number"
            ),
            # Never two of a kind at once over one order and unit.
            models.UniqueConstraint(
                fields=["appeal", "unit", "kind"],
                condition=Q(appeal__isnull=False, state__in=_OPEN),
                name="instrument_once_open",
            ),
        ]
        indexes = [
            models.Index(fields=["office", "state", "due_at", "id"], name="instrument_office"),
            models.Index(fields=["unit", "state", "due_at", "id"], name="instrument_unit"),
            models.Index(fields=["unit_path", "id"], name="instrument_scope"),
            models.Index(fields=["region_path", "id"], name="instrument_region"),
            models.Index(
                fields=["appeal", "id"], condition=Q(appeal__isnull=False),
                name="instrument_appeal",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number or self.matter}"

    @property
    def where(self) -> State:
        """The state as the enum."""
        return State(self.state)

    @property
    def what(self) -> Kind:
        """The kind as the enum."""
        return Kind(self.kind)


class Step(models.Model):
    """One step of an instrument, a ledger entry or a note: who did what, when, in which words."""

    instrument = models.ForeignKey(Instrument, models.CASCADE, related_name="steps")
    move = models.CharField(max_length=16)
    text = models.CharField(max_length=4000, blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    by_id = models.BigIntegerField(null=True, blank=True)
    unit_name = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.move} {self.at:%m-%d %H:%M}"


class LetterHead(models.Model):
    """How an office's papers are headed and numbered from a day on 发文字号."""

    office = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    head = models.CharField("红头", max_length=64)
    word = models.CharField("机关代字", max_length=16)  # 榕效
    signature = models.CharField("落款", max_length=64)
    valid_from = models.DateField("启用日期")
    set_by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["office", "valid_from"], name="letter_head_dated")
        ]

    def __str__(self) -> str:
        return self.head


class NumberSequence(models.Model):
    """The last serial number given out per word and year."""

    word = models.CharField(max_length=24)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["word", "year"], name="supervision_number")]

    def __str__(self) -> str:
        return f"{self.word} {self.year}: {self.last}"


class Elsewhere(models.Model):
    """A matter already under complaint, inspection or petition: linked, never handled twice."""

    class System(models.TextChoices):
        """Where it is being handled."""

        COMPLAINT = "complaint", "效能投诉"
        INSPECTION = "inspection", "效能督查"
        PETITION = "petition", "信访"
        OTHER = "other", "其他监督"

    appeal = models.ForeignKey(Appeal, models.PROTECT, related_name="+")
    system = models.CharField("系统", max_length=16, choices=System.choices)
    reference = models.CharField("编号", max_length=64)
    note = models.CharField("说明", max_length=500, blank=True)
    linked_at = models.DateTimeField()
    linked_by = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["appeal", "system", "reference"], name="elsewhere_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_system_display()} {self.reference}"


def file_path(instance: "SupervisionFile", filename: str) -> str:
    """Under its random name, never the one it came with."""
    return f"supervision/{instance.stored_name[:2]}/{instance.stored_name}"


class SupervisionFile(models.Model):
    """Evidence of an answer or a closing, or a leader's scanned sheet."""

    instrument = models.ForeignKey(
        Instrument, models.CASCADE, null=True, blank=True, related_name="files"
    )
    closing = models.ForeignKey(
        "supervision.Closing", models.CASCADE, null=True, blank=True, related_name="files"
    )
    note = models.ForeignKey(
        "supervision.Note", models.CASCADE, null=True, blank=True, related_name="files"
    )
    name = models.CharField(max_length=128)
    stored_name = models.CharField(max_length=64, unique=True)
    file = models.FileField(upload_to=file_path, max_length=200)
    content_type = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    sm3 = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.name
