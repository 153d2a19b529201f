"""Classification, code tables, who answers for what, local questions, phrases: dated rows.

A work order keeps the code it was given: nothing here is deleted or renumbered once used, it ends
on a day (``valid_to`` is the first day it no longer holds).
"""

import datetime as dt

from django.db import models

from jiesu.organizations.models import Region, Unit

EPOCH = dt.date(1949, 10, 1)
OPEN = models.Q(valid_to__isnull=True)


def valid_on(day: dt.date, prefix: str = "") -> models.Q:
    """The filter for rows that hold on ``day``; ``prefix`` is a relation, as in ``"unit__"``."""
    return models.Q(**{f"{prefix}valid_from__lte": day}) & (
        models.Q(**{f"{prefix}valid_to__isnull": True}) | models.Q(**{f"{prefix}valid_to__gt": day})
    )


class CatalogueVersion(models.Model):
    """One row: its stamp changes with every change of the catalogue, so that caches know."""

    name = models.CharField(max_length=16, primary_key=True)
    stamp = models.CharField(max_length=32)

    def __str__(self) -> str:
        return f"{self.name} {self.stamp}"


class Scheme(models.Model):
    """A classification scheme; one holds on any day, drafts hold on none."""

    name = models.CharField("名称", max_length=64)
    version = models.CharField("版本", max_length=32)
    valid_from = models.DateField("启用日期", null=True, blank=True)  # null while a draft
    valid_to = models.DateField("停用日期", null=True, blank=True)
    is_active = models.BooleanField("已发布", default=False)  # a draft is not

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="scheme_once"),
            models.UniqueConstraint(
                fields=["valid_from"], condition=models.Q(is_active=True), name="scheme_one_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Category(models.Model):
    """A class of matters in a scheme, of level 1 to 3."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="categories")
    code = models.CharField("编码", max_length=16)
    name = models.CharField("名称", max_length=64)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    level = models.PositiveSmallIntegerField("级别")
    path_name = models.CharField("全称", max_length=200)  # "一级 › 二级 › 三级"
    pinyin = models.CharField("拼音首字母", max_length=64, blank=True)
    keywords = models.CharField("关键词", max_length=255, blank=True)  # parted by blanks
    is_retired = models.BooleanField("已停用", default=False)
    retired_on = models.DateField("停用日期", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheme", "code"], name="category_code_once"),
            models.CheckConstraint(
                condition=models.Q(is_retired=False, retired_on__isnull=True)
                | models.Q(is_retired=True, retired_on__isnull=False),
                name="category_retired_on_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.path_name


class CategoryMap(models.Model):
    """Which class of a newer scheme continues a class of an older one."""

    old = models.ForeignKey(Category, models.PROTECT, related_name="continued_by")
    new = models.ForeignKey(Category, models.PROTECT, related_name="continues")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["old", "new"], name="category_map_once")]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


class CodeTable(models.Model):
    """A code table, as ``codes.Table`` lists them."""

    key = models.CharField(max_length=32, unique=True)
    name = models.CharField("名称", max_length=64)

    def __str__(self) -> str:
        return self.name


CODE_LENGTH = 32  # of any code of any table, wherever it is kept


class CodeItem(models.Model):
    """One code of a table."""

    table = models.ForeignKey(CodeTable, models.PROTECT, related_name="items")
    code = models.CharField("代码", max_length=CODE_LENGTH)
    label = models.CharField("名称", max_length=64)
    order = models.PositiveIntegerField("排序", default=0)
    is_fixed = models.BooleanField("系统保留", default=False)  # a rule speaks of it: never retired
    valid_from = models.DateField("启用日期", default=EPOCH)
    valid_to = models.DateField("停用日期", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table", "code"], name="code_item_once"),
        ]

    def __str__(self) -> str:
        return self.label


class DutyEntry(models.Model):
    """A line of the duty catalogue 职责权属目录: this unit answers for this class in this area."""

    category = models.ForeignKey(Category, models.PROTECT, related_name="duty_entries")
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="duty_entries", db_index=False
    )  # the index duty_place begins with it
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="duty_entries")
    legal_basis = models.CharField("法律依据", max_length=500, blank=True)
    note = models.CharField("备注", max_length=500, blank=True)
    valid_from = models.DateField("启用日期", default=EPOCH)
    valid_to = models.DateField("停用日期", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["category", "region"], condition=OPEN, name="duty_one_open_entry"
            ),
        ]
        indexes = [models.Index(fields=["region", "category"], name="duty_place")]

    def __str__(self) -> str:
        return f"{self.category} × {self.region}: {self.unit}"


class FallbackUnit(models.Model):
    """Who takes what nobody answers for in an area 兜底单位."""

    region = models.ForeignKey(Region, models.PROTECT, related_name="fallback_units")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="fallback_for")
    valid_from = models.DateField("启用日期", default=EPOCH)
    valid_to = models.DateField("停用日期", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["region"], condition=OPEN, name="fallback_one_open"),
        ]

    def __str__(self) -> str:
        return f"{self.region}: {self.unit}"


class LocalForm(models.Model):
    """What a city or a class asks in addition; null means every class, or every area."""

    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="local_forms"
    )
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="local_forms"
    )
    title = models.CharField("标题", max_length=64)
    questions = models.JSONField(default=list)  # see local_forms.Question
    valid_from = models.DateField("启用日期", default=EPOCH)
    valid_to = models.DateField("停用日期", null=True, blank=True)

    def __str__(self) -> str:
        return self.title


class TextTemplate(models.Model):
    """A ready-made text of a desk; of one unit, or of everybody."""

    class Desk(models.TextChoices):
        """Where it is offered."""

        SEAT = "seat", "受理"
        DISPATCH = "dispatch", "派单"
        UNIT = "unit", "承办"
        REVIEW = "review", "审核"
        CALLBACK = "callback", "回访"

    desk = models.CharField("使用环节", max_length=16, choices=Desk.choices)
    title = models.CharField("标题", max_length=64)
    body = models.TextField("正文", max_length=4000)
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="text_templates"
    )
    order = models.PositiveIntegerField("排序", default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["desk", "unit", "title"], name="template_once_per_unit"
            ),
            models.UniqueConstraint(
                fields=["desk", "title"],
                condition=models.Q(unit__isnull=True),
                name="template_once_for_all",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class WordList(models.Model):
    """One version of a word list 词表: it holds from a day on, in one area or everywhere.

    ``use`` and ``kind`` are ``textintel.wordlists.Use`` and what hits it (a warning's class, a
    sensitive class, a reply's defect). ``origin`` is the name of the program's list it was taken
    from, whatever it is called here. What held on a day is never overwritten.
    """

    class Use(models.TextChoices):
        """What the list is for."""

        WARNING = "warning", "预警"
        SENSITIVE = "sensitive", "敏感类别"
        HARMLESS = "harmless", "无害说法"
        REPLY = "reply", "答复把关"

    key = models.CharField(max_length=16)
    use = models.CharField("用途", max_length=16, choices=Use.choices)
    kind = models.CharField("类别", max_length=32, blank=True)
    name = models.CharField("名称", max_length=64)
    words = models.JSONField("词", default=list)
    harmless = models.JSONField("不算的说法", default=list)
    hint = models.CharField("怎样改", max_length=200, blank=True)
    must_hit = models.JSONField("必须命中的例句", default=list)
    must_not_hit = models.JSONField("不得命中的例句", default=list)
    origin = models.CharField("来自系统的词表", max_length=64, blank=True)
    declined = models.JSONField("不采用的系统新词", default=list)
    owner = models.CharField("负责人", max_length=64)
    reason = models.CharField("理由", max_length=500)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, blank=True, related_name="word_lists"
    )
    valid_from = models.DateField("启用日期", default=EPOCH)
    valid_to = models.DateField("停用日期", null=True, blank=True)
    set_by = models.CharField("设定人", max_length=64, blank=True)
    set_at = models.DateTimeField("设定时间", null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "valid_from"], name="word_list_once_a_day"),
        ]

    def __str__(self) -> str:
        return self.name
