"""Bulletins and the dated templates they are written from."""

from django.db import models

from jiesu.bulletins.lifecycle import OPEN, STATE_NAMES, State
from jiesu.organizations.models import Region, Unit
from jiesu.scoring.definitions import EVERY_NAMES
from jiesu.scoring.models import Revision, ScoreScheme

_EVERY = [(every.value, name) for every, name in EVERY_NAMES.items()]


class BulletinTemplate(models.Model):
    """How a region's bulletins of a kind of period read from a day on 通报模板."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="+")
    every = models.CharField("周期", max_length=8, choices=_EVERY)
    title = models.CharField("标题", max_length=100)
    text = models.TextField("正文")
    valid_from = models.DateField("启用日期")
    set_by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["region", "every", "valid_from"], name="bulletin_template_dated"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Bulletin(models.Model):
    """One bulletin of a month, a quarter or a year.

    ``revisions`` are what it tells: of one period, or of each period of a longer span. ``inputs``
    and the words give the paper again, whatever is scored later.
    """

    scheme = models.ForeignKey(ScoreScheme, models.PROTECT, related_name="+")
    every = models.CharField("周期", max_length=8, choices=_EVERY)
    name = models.CharField("考核期", max_length=32)  # 2026年10月, 2026年第4季度
    first = models.DateField("开始日期")
    last = models.DateField("结束日期")
    revisions = models.ManyToManyField(Revision, related_name="+")
    region_path = models.CharField(max_length=64)
    office = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    state = models.CharField(
        "状态", max_length=16, default=State.DRAFT,
        choices=[(s.value, n) for s, n in STATE_NAMES.items()],
    )  # fmt: skip
    version = models.PositiveIntegerField(default=1)
    title = models.CharField("标题", max_length=100)
    text = models.TextField("正文")
    cases = models.JSONField(default=list)  # [{number, title, text}], covered
    inputs = models.JSONField(default=dict)  # figures.inputs_of
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    number = models.CharField("文号", max_length=64, blank=True)
    head = models.CharField(max_length=64, blank=True)
    signature = models.CharField(max_length=64, blank=True)
    drafted_by_id = models.BigIntegerField(null=True)
    drafted_by = models.CharField(max_length=64)
    drafted_at = models.DateTimeField()
    writers = models.JSONField(default=list)  # the users who wrote any of it: none of them approves
    approved_by_id = models.BigIntegerField(null=True)
    approved_by = models.CharField(max_length=64, blank=True)
    approved_at = models.DateTimeField(null=True)
    remark = models.CharField("退回意见", max_length=500, blank=True)
    published_by = models.CharField(max_length=64, blank=True)
    published_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["region_path", "state", "id"], name="bulletin_of_region")]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "every", "first"], name="bulletin_open_once",
                condition=models.Q(state__in=OPEN),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def where(self) -> State:
        """Its state as the lifecycle has it."""
        return State(self.state)
