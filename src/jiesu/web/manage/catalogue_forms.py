"""Forms of the catalogue: classes, duties, codes, texts."""

from typing import Any, ClassVar

from django import forms

from jiesu.catalogue.models import Scheme, TextTemplate
from jiesu.web.components.widgets import Picker
from jiesu.web.form_pages import LinedForm, Lines, day_field, line_field, long_field
from jiesu.web.manage.pages import region_field, unit_field
from jiesu.web.pick.views import category_label

FROM_TODAY = "不填为今天；不能早于今天。"


def class_field(label: str, *, required: bool = True, **options: Any) -> forms.Field:
    """A class of the scheme in force, by words, initials or code; its value is its code."""
    return forms.CharField(
        label=label,
        required=required,
        widget=Picker("pick:categories", category_label),
        error_messages={"required": f"请选择{label}。"},
        **options,
    )


class DraftForm(LinedForm):
    """新建分类方案"""

    layout: ClassVar[Lines] = (("name", "version"),)
    name = line_field("方案名称", 64, initial="诉求分类")
    version = line_field("版本", 32, help_text="例如 2027。")
    copy_of = forms.ModelChoiceField(
        label="从哪个方案复制",
        queryset=Scheme.objects.order_by("-is_active", "-valid_from", "-pk"),
        required=False, empty_label="不复制，从空白开始",
        help_text="复制后，同一个分类自动对应，只需处理改动的。",
    )  # fmt: skip


class ClassForm(LinedForm):
    """A class's wording."""

    name = line_field("分类名称", 64)
    keywords = line_field(
        "关键词", 255, required=False, help_text="受理时输入这些词也能找到该分类，用空格隔开。"
    )


class NewClassForm(ClassForm):
    """新增分类"""

    field_order = (
        "code",
        "name",
        "keywords",
    )
    code = line_field("编码", 16, help_text="字母和数字；以后不再改变。")


class RetireClassForm(LinedForm):
    """停用分类"""

    def __init__(self, *args: Any, url: str, label_for: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["successor"] = forms.IntegerField(
            label="以后改选", required=False, widget=Picker(url, label_for),
            help_text="选了停用分类的人会看到“请改选……”；权属目录的查找也会跟过去。",
        )  # fmt: skip


class ActivateForm(LinedForm):
    """启用方案"""

    effective = day_field("启用日期", required=False, help_text=FROM_TODAY)


class DutyFilter(LinedForm):
    """What the duty catalogue can be narrowed to."""

    category = class_field("分类", required=False)
    region = region_field("区划", required=False)
    unit = unit_field("承办单位", required=False)
    state = forms.ChoiceField(
        label="状态", required=False,
        choices=[("", "现行和将启用"), ("ended", "已停用"), ("all", "全部")],
    )  # fmt: skip


class NewDutyForm(LinedForm):
    """新增权属"""

    layout: ClassVar[Lines] = (("category", "region"),)
    category = class_field("分类")
    region = region_field("区划", help_text="适用于这个区划和它的所有下级，下级另有规定的除外。")
    unit = unit_field("承办单位")
    legal_basis = line_field("法律依据", 500, required=False)
    note = line_field("备注", 500, required=False)
    valid_from = day_field("启用日期", required=False, help_text="不填为今天。")


class ReplaceDutyForm(LinedForm):
    """变更权属"""

    unit = unit_field("承办单位")
    legal_basis = line_field("法律依据", 500, required=False)
    note = line_field("备注", 500, required=False)
    effective = day_field("自哪天起", required=False, help_text=FROM_TODAY)


class EndForm(LinedForm):
    """停用"""

    effective = day_field("停用日期", required=False, help_text=FROM_TODAY)


class FallbackForm(LinedForm):
    """设兜底单位"""

    layout: ClassVar[Lines] = (("region", "unit"),)
    region = region_field("区划")
    unit = unit_field("兜底单位", help_text="权属目录里查不到承办单位时派给它。")
    effective = day_field("自哪天起", required=False, help_text=FROM_TODAY)


class CodeForm(LinedForm):
    """A code's wording and place."""

    layout: ClassVar[Lines] = (("label", "order"),)
    label = line_field("名称", 64)
    order = forms.IntegerField(
        label="排序", required=False, min_value=0, max_value=999_999, help_text="小的在前。"
    )


class NewCodeForm(CodeForm):
    """新增代码"""

    layout: ClassVar[Lines] = (("code", "label"), ("order", "effective"))
    field_order = (
        "code",
        "label",
        "order",
        "effective",
    )
    code = line_field("代码", 32, help_text="字母、数字或下划线；以后不再改变。")
    effective = day_field("启用日期", required=False, help_text=FROM_TODAY)


class TextForm(LinedForm):
    """A ready-made text."""

    layout: ClassVar[Lines] = (("title", "order"),)
    title = line_field("标题", 64)
    order = forms.IntegerField(
        label="排序", required=False, min_value=0, max_value=999_999, initial=0,
        help_text="小的在前。",
    )  # fmt: skip
    body = long_field("正文", 4000, rows=8)


class NewTextForm(TextForm):
    """新增文本模板"""

    layout: ClassVar[Lines] = (("desk", "unit"), ("title", "order"))
    field_order = (
        "desk",
        "unit",
        "title",
        "order",
        "body",
    )
    desk = forms.ChoiceField(label="使用环节", choices=TextTemplate.Desk.choices)
    unit = unit_field("哪个单位用", required=False, help_text="不填则所有单位都能用。")
