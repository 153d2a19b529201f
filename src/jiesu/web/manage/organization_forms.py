"""Forms of regions and units: they shape input, the use cases decide."""

from typing import Any, ClassVar

from django import forms

from jiesu.organizations.checks import MOST_REVIEW_STEPS
from jiesu.organizations.models import Region, Unit
from jiesu.web.components.widgets import Segmented
from jiesu.web.form_pages import LinedForm, Lines, day_field, line_field, long_field
from jiesu.web.manage.pages import region_field, unit_field

REVIEW_STEPS = [("0", "不内审"), ("1", "一级（科室负责人）"), ("2", "两级（再经分管领导）")]
assert len(REVIEW_STEPS) == MOST_REVIEW_STEPS + 1  # noqa: S101 - the words belong to the steps
HEIRS = 4


class Dated(LinedForm):
    """A reorganisation: from which day, by which document."""

    layout: ClassVar[Lines] = (("effective", "document"),)
    effective = day_field(
        "生效日期", required=False, help_text="不填为今天；填以后的日子，到那天自动生效。"
    )
    document = line_field("依据文号", 128, required=False)
    note = long_field("说明", 500, required=False, rows=2)


class NewUnitForm(Dated):
    """新设单位"""

    layout: ClassVar[Lines] = (("code", "kind"), ("name", "short_name"),
              ("phone", "inner_review_steps"),               *Dated.layout)  # fmt: skip
    field_order = (
        "name", "short_name", "code", "kind", "parent", "region", "phone", "inner_review_steps",
        "effective", "document", "note",
    )  # fmt: skip
    name = line_field("单位名称", 64, help_text="公章上的全称。")
    short_name = line_field("简称", 32, required=False)
    code = line_field("单位编码", 32, help_text="字母、数字、下划线或短横线；以后不再改变。")
    kind = forms.ChoiceField(label="类型", choices=Unit.Kind.choices)
    parent = unit_field("上级单位", required=False, help_text="不填则成为最高一级。")
    region = region_field("所属区划")
    phone = line_field("值班电话", 32, required=False)
    inner_review_steps = forms.TypedChoiceField(
        label="答复内审", choices=REVIEW_STEPS, coerce=int, initial="1"
    )


class EditUnitForm(LinedForm):
    """What of a unit has no history."""

    layout: ClassVar[Lines] = (("short_name", "kind"), ("phone", "inner_review_steps"))
    short_name = line_field("简称", 32, required=False)
    kind = forms.ChoiceField(label="类型", choices=Unit.Kind.choices)
    region = region_field("所属区划")
    phone = line_field("值班电话", 32, required=False)
    inner_review_steps = forms.TypedChoiceField(
        label="答复内审", choices=REVIEW_STEPS, coerce=int,
        help_text="答复提交后、送热线中心前，本单位内部要审几级。",
    )  # fmt: skip


class RenameUnitForm(Dated):
    """更名"""

    layout: ClassVar[Lines] = (("name", "short_name"), *Dated.layout)
    field_order = (
        "name",
        "short_name",
    )
    name = line_field("新名称", 64)
    short_name = line_field("新简称", 32, required=False)


class MoveUnitForm(Dated):
    """划转"""

    field_order = ("to",)
    to = unit_field("新的上级单位", required=False, help_text="不填则成为最高一级。")


class CloseUnitForm(Dated):
    """撤销"""

    field_order = ("successor",)
    successor = unit_field(
        "承接单位", required=False,
        help_text="下级单位、在任岗位、在办工单和权属目录都转给它；没有这些时可以不填。",
    )  # fmt: skip


class MergeUnitForm(Dated):
    """合并"""

    layout: ClassVar[Lines] = (
        ("with1", "with2"),
        ("name", "code"),
        ("kind", "short_name"),
        *Dated.layout,
    )
    field_order = (
        "with1", "with2", "way", "into", "name", "code", "kind", "short_name",
    )  # fmt: skip
    with1 = unit_field("一同并入的单位", required=False)
    with2 = unit_field("还有", required=False)
    way = forms.ChoiceField(
        label="并入", choices=[("present", "已有的单位"), ("new", "新设的单位")], widget=Segmented,
        initial="present",
    )  # fmt: skip
    into = unit_field("已有单位", required=False, help_text="并入已有的单位时选择。")
    name = line_field("新单位名称", 64, required=False, help_text="并入新设的单位时填写。")
    code = line_field("新单位编码", 32, required=False)
    kind = forms.ChoiceField(label="新单位类型", choices=Unit.Kind.choices, required=False)
    short_name = line_field("新单位简称", 32, required=False)

    def clean(self) -> dict[str, Any]:
        """What the chosen way needs."""
        said = super().clean() or {}
        needed = {"present": ("into",), "new": ("name", "code", "kind")}
        for field in needed.get(said.get("way", ""), ()):
            if field not in self.errors and not said.get(field):
                self.add_error(field, f"请填写{self.fields[field].label}。")
        return said


class SplitUnitForm(Dated):
    """分设: up to four heirs, each an existing unit or a new one."""

    layout: ClassVar[Lines] = (
        *((f"unit{n}", f"name{n}", f"code{n}") for n in range(1, HEIRS + 1)),
        *Dated.layout,
    )
    keep = forms.ChoiceField(
        label="原单位",
        choices=[("no", "撤销，由下面的单位承接"), ("yes", "保留，只分出下面的单位")],
        widget=Segmented, initial="no",
    )  # fmt: skip
    main = forms.TypedChoiceField(
        label="主要承接单位", choices=[(n, f"第 {n} 个") for n in range(1, HEIRS + 1)], coerce=int,
        initial=1, help_text="下级单位、在任岗位和在办工单由它承接；原单位保留时不起作用。",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for n in range(1, HEIRS + 1):
            self.fields[f"unit{n}"] = unit_field(f"承接单位 {n}：已有的", required=False)
            self.fields[f"name{n}"] = line_field("或新设：名称", 64, required=False)
            self.fields[f"code{n}"] = line_field("新设：编码", 32, required=False)
        self.order_fields(
            ["keep"]
            + [f"{part}{n}" for n in range(1, HEIRS + 1) for part in ("unit", "name", "code")]
            + ["main", "effective", "document", "note"]
        )


class RegionDated(LinedForm):
    """A change of a division takes effect at once or took effect earlier."""

    effective = day_field("生效日期", required=False, help_text="不填为今天；不能是以后的日子。")


class NewRegionForm(RegionDated):
    """新设区划"""

    layout: ClassVar[Lines] = (("code", "level"),)
    field_order = (
        "name",
        "code",
        "level",
        "parent",
        "effective",
    )
    name = line_field("区划名称", 64)
    code = line_field("区划代码", 12, help_text="6、9 或 12 位国家标准代码。")
    level = forms.ChoiceField(label="层级", choices=Region.Level.choices, initial="street")
    parent = region_field("上级区划", required=False)


class RenameRegionForm(RegionDated):
    """更名"""

    field_order = ("name",)
    name = line_field("新名称", 64)


class MoveRegionForm(RegionDated):
    """划转"""

    field_order = (
        "to",
        "level",
        "effective",
        "document",
    )
    to = region_field("新的上级区划")
    level = forms.ChoiceField(label="层级", choices=Region.Level.choices)
    document = line_field("依据文号", 128, required=False)


class CloseRegionForm(RegionDated):
    """撤销"""

    field_order = (
        "successor",
        "effective",
        "document",
    )
    successor = region_field(
        "承接区划", required=False, help_text="下级区划和单位都转给它；没有这些时可以不填。"
    )
    document = line_field("依据文号", 128, required=False)
