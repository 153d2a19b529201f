"""Regions and units: two trees of free depth, dated."""

import datetime as dt

from django.db import models


class Region(models.Model):
    """An administrative division (GB/T 2260: 6 digits; +3 township, +3 village)."""

    class Level(models.TextChoices):
        """How high a division stands."""

        PROVINCE = "province", "省"
        CITY = "city", "市"
        COUNTY = "county", "县（市、区）"
        STREET = "street", "乡镇（街道）"
        VILLAGE = "village", "村（社区）"

    code = models.CharField("区划代码", max_length=12, db_index=True)
    name = models.CharField("名称", max_length=64)
    level = models.CharField("层级", max_length=16, choices=Level.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    path = models.CharField(max_length=64, unique=True)
    pinyin = models.CharField(max_length=64, blank=True)  # initials, lower case
    valid_from = models.DateField("启用日期", default=dt.date(1949, 10, 1))
    valid_to = models.DateField("停用日期", null=True, blank=True)  # first day it no longer holds

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=models.Q(valid_to__isnull=True),
                name="region_one_current_per_code",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """Whoever answers, or runs the line: centre, department, county, street, enterprise, section."""

    class Kind(models.TextChoices):
        """What sort of unit it is."""

        GOVERNMENT = "government", "政府"
        CENTRE = "centre", "热线中心"
        DEPARTMENT = "department", "部门"
        STREET = "street", "乡镇（街道）"
        ENTERPRISE = "enterprise", "公共企业"
        OFFICE = "office", "效能办"
        SECTION = "section", "科室"
        SUB_CENTRE = "sub_centre", "分中心"

    code = models.CharField("单位编码", max_length=32, unique=True)
    name = models.CharField("单位名称", max_length=64)
    short_name = models.CharField("简称", max_length=32, blank=True)
    kind = models.CharField("类型", max_length=16, choices=Kind.choices)
    region = models.ForeignKey(Region, models.PROTECT, related_name="units")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    path = models.CharField(max_length=64, unique=True)
    pinyin = models.CharField(max_length=64, blank=True)
    phone = models.CharField("值班电话", max_length=32, blank=True)
    inner_review_steps = models.PositiveSmallIntegerField("内审级数", default=1)  # 0 to 2
    valid_from = models.DateField("启用日期", default=dt.date(1949, 10, 1))
    valid_to = models.DateField("停用日期", null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class UnitChange(models.Model):
    """A reorganisation: from one or several units to one or several, on a day, by a decision."""

    class Kind(models.TextChoices):
        """What sort of change it is."""

        CREATE = "create", "新设"
        RENAME = "rename", "更名"
        MOVE = "move", "划转"
        MERGE = "merge", "合并"
        SPLIT = "split", "分设"
        CLOSE = "close", "撤销"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    effective = models.DateField("生效日期")
    before = models.JSONField(default=list)  # facts of the units as they were
    after = models.JSONField(default=list)
    document = models.CharField("依据文号", max_length=128, blank=True)
    note = models.CharField("说明", max_length=500, blank=True)
    actor_name = models.CharField(max_length=64)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.effective}"
