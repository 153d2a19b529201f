"""The working calendar and the limits, as dated rows: nothing that held on a day is overwritten."""

import datetime as dt

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from jiesu.deadlines.kinds import CLOCK_NAMES
from jiesu.deadlines.worktime import UNIT_NAMES, Budget, Hours, Unit
from jiesu.organizations.models import Region

UNITS = [(unit.value, name) for unit, name in UNIT_NAMES.items()]
CLOCKS = [(kind.value, name) for kind, name in CLOCK_NAMES.items()]


class DeadlineVersion(models.Model):
    """One row: its stamp changes with every change of this app, so that caches know.

    Updating it first also makes changes wait for each other.
    """

    name = models.CharField(max_length=16, primary_key=True)
    stamp = models.CharField(max_length=32)

    def __str__(self) -> str:
        return f"{self.name} {self.stamp}"


class CalendarYear(models.Model):
    """A year whose working days are known: by the State Council's notice, or as a draft."""

    year = models.PositiveSmallIntegerField("年份", unique=True)
    notice = models.CharField("依据", max_length=200, blank=True)
    provisional = models.BooleanField("临时", default=False)  # a draft until the notice is out
    loaded_at = models.DateTimeField("载入时间")

    def __str__(self) -> str:
        return f"{self.year}{'（临时）' if self.provisional else ''}"


class CalendarDay(models.Model):
    """An exception to Monday–Friday: a day off 放假, or a make-up workday 调休上班.

    ``year`` is the year of the notice that set it: the notice for a year may name days of the
    December before.
    """

    date = models.DateField("日期", unique=True)
    is_workday = models.BooleanField("是否上班")
    name = models.CharField("名称", max_length=32)
    source = models.CharField("来源", max_length=200, blank=True)
    year = models.ForeignKey(CalendarYear, models.PROTECT, related_name="days")

    def __str__(self) -> str:
        return f"{self.date} {self.name}{'上班' if self.is_workday else '放假'}"


class OfficeHours(models.Model):
    """Office hours from a day on, until the next row: ``08:30-12:00 14:30-17:30``."""

    valid_from = models.DateField("启用日期", unique=True)
    intervals = models.CharField("办公时间", max_length=64)
    note = models.CharField("说明", max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.valid_from} {self.intervals}"

    @property
    def hours(self) -> Hours:
        """The hours as ``worktime`` takes them."""
        return Hours.parse(self.intervals)


class CalendarRules(models.Model):
    """How limits in working days that begin from a day on are counted, until the next row."""

    valid_from = models.DateField("启用日期", unique=True)
    from_next_day = models.BooleanField("自次日起算", default=True)
    due_at = models.CharField(
        "截止时刻",
        max_length=16,
        choices=[("close", "下班时间"), ("midnight", "24:00"), ("same_time", "同一时刻")],
        default="close",
    )
    note = models.CharField("说明", max_length=200, blank=True)

    def __str__(self) -> str:
        start = "次日" if self.from_next_day else "当日"
        return f"{self.valid_from} 自{start}起算，{self.get_due_at_display()}截止"


class LimitPolicy(models.Model):
    """A limit for one kind of clock, for whichever appeals its blanks leave open.

    A row is never edited but for the day it ends; a change is a new row with the next version.
    """

    key = models.CharField(max_length=96, editable=False)  # what it applies to, as one value
    clock = models.CharField("时限", max_length=16, choices=CLOCKS)
    appeal_type = models.CharField("诉求类型", max_length=16, blank=True)  # "" any
    urgency = models.CharField("紧急程度", max_length=16, blank=True)  # "" any
    difficult = models.BooleanField("疑难", null=True, blank=True)  # null any
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="limit_policies"
    )  # null everywhere
    amount = models.DecimalField("期限", max_digits=8, decimal_places=2)
    unit = models.CharField("单位", max_length=16, choices=UNITS)
    yellow_amount = models.DecimalField(
        "黄牌提前", max_digits=8, decimal_places=2, null=True, blank=True
    )
    yellow_unit = models.CharField("黄牌单位", max_length=16, choices=UNITS, blank=True)
    valid_from = models.DateField("启用日期")
    valid_to = models.DateField("停用日期", null=True, blank=True)  # first day it no longer holds
    version = models.PositiveIntegerField("版本", default=1)
    note = models.CharField("说明", max_length=200, blank=True)
    created_at = models.DateTimeField("建立时间")
    created_by = models.CharField("建立人", max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="limit_policy_amount_positive"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")),
                name="limit_policy_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(yellow_amount__isnull=True, yellow_unit="")
                | (Q(yellow_amount__gt=0) & ~Q(yellow_unit="")),
                name="limit_policy_yellow_whole",
            ),
            models.UniqueConstraint(fields=["key", "version"], name="limit_policy_version"),
        ]

    def __str__(self) -> str:
        return f"{self.get_clock_display()} {self.budget.words}"

    @property
    def budget(self) -> Budget:
        """The limit itself."""
        return Budget(self.amount, Unit(self.unit))

    @property
    def yellow(self) -> Budget | None:
        """How long before the limit ends the yellow mark is set; None for no mark."""
        if self.yellow_amount is None:
            return None
        return Budget(self.yellow_amount, Unit(self.yellow_unit))

    @staticmethod
    def key_of(
        clock: str, appeal_type: str, urgency: str, difficult: bool | None, region_id: int | None
    ) -> str:
        """What a policy applies to, as one value; policies of one key never overlap in time."""
        hard = "" if difficult is None else str(int(difficult))
        return f"{clock}|{appeal_type}|{urgency}|{hard}|{region_id or ''}"

    def holds_on(self, day: dt.date) -> bool:
        """Whether it holds on that day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class CalendarChange(models.Model):
    """Open limits must be counted anew: the note a calendar change leaves for the deadline loop.

    It is written in the transaction of the change, so a crash in between loses nothing.
    """

    at = models.DateTimeField()
    what = models.CharField(max_length=200)
    first_day = models.DateField()  # limits due before this day are not touched by the change
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    recomputed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(recomputed_at__isnull=True),
                name="calendar_change_pending",
            )
        ]

    def __str__(self) -> str:
        return self.what
