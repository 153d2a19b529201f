"""Regions and units: two trees of free depth, dated."""

import datetime as dt

from django.db import models

# Older than every division in use: what nobody dated has always been there.
ALWAYS = dt.date(1949, 10, 1)


class Region(models.Model):
    """An administrative division (GB/T 2260: 6 digits; +3 township, +3 village).

    The code is an attribute, not the tree: a city-level zone may hold a county's code
    (平潭综合实验区 350128), and a city may have no counties.
    """

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
    last_child = models.PositiveIntegerField(default=0)  # no ordinal, so no path, comes twice
    pinyin = models.CharField(max_length=64, blank=True)  # initials, lower case
    valid_from = models.DateField("启用日期", default=ALWAYS)
    valid_to = models.DateField("停用日期", null=True, blank=True)  # first day it no longer holds
    former_names = models.JSONField(default=list)  # [{"name", "until"}], oldest first
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="predecessors"
    )

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
    """Whoever answers or runs the line: centre, department, county, street, enterprise, section."""

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
    last_child = models.PositiveIntegerField(default=0)  # no ordinal, so no path, comes twice
    pinyin = models.CharField(max_length=64, blank=True)
    phone = models.CharField("值班电话", max_length=32, blank=True)
    inner_review_steps = models.PositiveSmallIntegerField("内审级数", default=1)  # 0 to 2
    valid_from = models.DateField("启用日期", default=ALWAYS)
    valid_to = models.DateField("停用日期", null=True, blank=True)
    former_names = models.JSONField(default=list)  # [{"name", "short_name", "until"}], oldest first
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class UnitChange(models.Model):
    """A reorganisation: from one or several units to one or several, on a day, by a decision.

    Planned while ``applied_at`` is null and ``cancelled_at`` too; ``plan`` then says what to do.
    """

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
    plan = models.JSONField(default=dict)
    document = models.CharField("依据文号", max_length=128, blank=True)
    note = models.CharField("说明", max_length=500, blank=True)
    actor_name = models.CharField(max_length=64)
    at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)  # why it could not be applied when due

    class Meta:
        indexes = [
            models.Index(
                fields=["effective", "id"],
                condition=models.Q(applied_at__isnull=True, cancelled_at__isnull=True),
                name="unit_change_planned",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.effective}"


class UnitSuccession(models.Model):
    """Who carries on after a unit that ended; a split has several, one of them the main one."""

    change = models.ForeignKey(UnitChange, models.PROTECT, related_name="successions")
    old = models.ForeignKey(Unit, models.PROTECT, related_name="successions")
    new = models.ForeignKey(Unit, models.PROTECT, related_name="inheritances")
    effective = models.DateField()
    is_main = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["old", "new"], name="succession_once"),
            models.UniqueConstraint(
                fields=["old"], condition=models.Q(is_main=True), name="succession_one_main"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


class PathMove(models.Model):
    """A subtree that got another path: whoever keeps paths beside their own rows follows it.

    Numbered in the order in which the moves took effect.
    """

    class Tree(models.TextChoices):
        """Which tree it happened in."""

        UNIT = "unit", "单位"
        REGION = "region", "区划"

    tree = models.CharField(max_length=8, choices=Tree.choices)
    change = models.ForeignKey(
        UnitChange, models.PROTECT, null=True, blank=True, related_name="path_moves"
    )
    old_prefix = models.CharField(max_length=64)
    new_prefix = models.CharField(max_length=64)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.old_prefix} → {self.new_prefix}"
