"""A period, its frozen facts, its revisions, and the units' scores in them."""

from django.db import models

from jiesu.organizations.models import Unit
from jiesu.scoring.lifecycle import STATE_NAMES, PeriodState
from jiesu.scoring.models.scheme import ScoreScheme


class Period(models.Model):
    """One month, quarter or year under a scheme 考核期. ``lifecycle`` says how it moves."""

    scheme = models.ForeignKey(ScoreScheme, models.PROTECT, related_name="periods")
    name = models.CharField("名称", max_length=32)  # 2026年10月
    first = models.DateField("开始日期")
    last = models.DateField("结束日期")  # the last day of it
    state = models.CharField(
        "状态", max_length=16, default=PeriodState.PREVIEW,
        choices=[(s.value, n) for s, n in STATE_NAMES.items()],
    )  # fmt: skip
    version = models.PositiveIntegerField(default=1)
    apply_until = models.DateTimeField("剔除申请截止", null=True, blank=True)
    frozen_at = models.DateTimeField("冻结时间", null=True, blank=True)
    frozen_by = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField("公布时间", null=True, blank=True)
    published_by = models.CharField(max_length=64, blank=True)
    # the work in hand: counting takes a minute on a large province
    busy_since = models.DateTimeField(null=True, blank=True)
    busy_rows = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "first"], name="period_once")]
        indexes = [models.Index(fields=["state", "id"], name="period_state")]

    def __str__(self) -> str:
        return self.name


class FactBlock(models.Model):
    """Some of a period's facts, compressed; sorted by the unit that is scored for them."""

    period = models.ForeignKey(Period, models.CASCADE, related_name="blocks")
    sheet = models.CharField(max_length=8)
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    first_subject = models.BigIntegerField()
    last_subject = models.BigIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period", "sheet", "number"], name="fact_block_once")
        ]

    def __str__(self) -> str:
        return f"{self.sheet} {self.number}"


class Revision(models.Model):
    """One computation: number 0 is raw (the preview, until it is frozen), then adjusted ones.

    ``definition``, ``left_out``, ``inputs`` and the period's facts give ``result`` again, byte for
    byte. The first two are what one unit's page needs; ``inputs`` holds every unit.
    """

    period = models.ForeignKey(Period, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    taken_at = models.DateTimeField()  # the moment whose facts these are
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=64)
    reason = models.CharField("更正原因", max_length=500, blank=True)
    definition = models.JSONField(default=dict)  # definitions.to_json
    left_out = models.JSONField(default=list)  # [subject, appeal, indicators, why]
    inputs = models.JSONField()  # subjects, faults, ranks of the period before
    summary = models.JSONField(default=list)  # summarising.summary
    facts_hash = models.CharField(max_length=64)
    facts_rows = models.PositiveIntegerField(default=0)
    result = models.BinaryField()  # compressed
    result_hash = models.CharField(max_length=64)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "number"], name="revision_number")]

    def __str__(self) -> str:
        return f"{self.period_id} / {self.number}"


class UnitScore(models.Model):
    """One unit's score in one revision, as pages and bulletins read it."""

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="scores")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit_name = models.CharField(max_length=64)
    group = models.CharField(max_length=32, blank=True)
    orders = models.PositiveIntegerField()
    total = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    rank = models.PositiveIntegerField(null=True)
    ranked_of = models.PositiveIntegerField(default=0)
    board = models.CharField(max_length=8, blank=True)  # red, black
    moved = models.IntegerField(null=True)
    fault_points = models.DecimalField(max_digits=7, decimal_places=2)
    faults = models.JSONField(default=list)
    measures = models.JSONField()  # computing.measure_json

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "revision"], name="unit_score_once")]
        indexes = [
            models.Index(fields=["revision", "group", "rank", "id"], name="unit_score_rank"),
            models.Index(fields=["revision", "board", "rank"], name="unit_score_board"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_name} {self.total}"
