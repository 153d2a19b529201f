"""Forms of limits, the calendar and the rules of counting."""

from typing import Any, ClassVar

from django import forms

from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.deadlines.models import CLOCKS, UNITS
from jiesu.foundation import clock
from jiesu.web.components.widgets import Segmented
from jiesu.web.form_pages import LinedForm, Lines, day_field, line_field, long_field
from jiesu.web.manage.pages import region_field

DIFFICULT = [("", "不论"), ("yes", "只管疑难"), ("no", "只管非疑难")]


def code_choice(table: Table, label: str, blank: str) -> forms.ChoiceField:
    """A code that may be left open."""
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=lambda: [("", blank), *codes.choices(table, clock.now())],
    )


def amount_field(label: str, **options: Any) -> forms.DecimalField:
    """How long."""
    return forms.DecimalField(
        label=label,
        max_digits=8,
        decimal_places=2,
        error_messages={"required": f"请填写{label}。", "invalid": f"{label}应为数字。"},
        **options,
    )


class LengthForm(LinedForm):
    """A limit's length, with its yellow mark."""

    layout: ClassVar[Lines] = (("amount", "unit"), ("yellow_amount", "yellow_unit"))
    amount = amount_field("期限")
    unit = forms.ChoiceField(label="单位", choices=UNITS, initial="work_days")
    yellow_amount = amount_field("黄牌提前", required=False)
    yellow_unit = forms.ChoiceField(
        label="黄牌单位", choices=[("", "不设黄牌"), *UNITS], required=False
    )


class ReplaceLimitForm(LengthForm):
    """变更时限"""

    valid_from = day_field("自哪天起", help_text="这天以后开始的用新期限；已在走的不变。")
    note = line_field("说明", 200, required=False)


class NewLimitForm(ReplaceLimitForm):
    """新增时限"""

    layout: ClassVar[Lines] = (("clock", "urgency"), ("appeal_type", "difficult"),
              *LengthForm.layout,              ("valid_from", "note"))  # fmt: skip
    field_order = (
        "clock",
        "urgency",
        "appeal_type",
        "difficult",
        "region",
    )
    clock = forms.ChoiceField(label="管哪一步", choices=CLOCKS)
    appeal_type = code_choice(Table.APPEAL_TYPE, "诉求类型", "不论类型")
    urgency = code_choice(Table.URGENCY, "紧急程度", "不论紧急程度")
    difficult = forms.ChoiceField(label="疑难", choices=DIFFICULT, required=False)
    region = region_field(
        "区划", required=False, help_text="不填则所有区划适用；填了只管这个区划和它的下级。"
    )


class EndLimitForm(LinedForm):
    """停用时限"""

    valid_to = day_field("停用日期", help_text="从这一天起不再适用；不能早于今天。")


class NoticeForm(LinedForm):
    """粘贴放假通知"""

    layout: ClassVar[Lines] = (("year", "notice"),)
    year = forms.IntegerField(label="年份", min_value=2007, max_value=2100)
    notice = line_field("通知名称或文号", 200)
    text = long_field("通知正文", 20_000, rows=12,
                      help_text="整篇粘贴即可，从“一、元旦”到“七、……”。")  # fmt: skip


class HoursForm(LinedForm):
    """办公时间"""

    layout: ClassVar[Lines] = (("intervals", "valid_from"),)
    intervals = line_field("办公时间", 64, help_text="例如 08:30-12:00 14:30-17:30。")
    valid_from = day_field("自哪天起", help_text="不能早于今天；正在走的时限会重新计算。")
    note = line_field("说明", 200, required=False)


class CountingForm(LinedForm):
    """按工作日的时限怎么算"""

    from_next_day = forms.ChoiceField(
        label="从哪天算起", choices=[("yes", "次日"), ("no", "当日")], widget=Segmented,
        initial="yes",
    )  # fmt: skip
    due_at = forms.ChoiceField(
        label="最后一天到几点", widget=Segmented, initial="close",
        choices=[("close", "下班时间"), ("midnight", "24:00"), ("same_time", "同一时刻")],
    )  # fmt: skip
    valid_from = day_field("自哪天起", help_text="这天以后开始的时限才用新算法。")
    note = line_field("说明", 200, required=False)


class TryForm(LinedForm):
    """时限试算"""

    layout: ClassVar[Lines] = (("start", "clock"), ("urgency", "appeal_type"),
              ("difficult", "region"),               ("amount", "unit"))  # fmt: skip
    start = forms.DateTimeField(
        label="从什么时候开始",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    clock = forms.ChoiceField(
        label="哪一步", required=False, choices=[("", "自己填期限"), *CLOCKS], initial="handle"
    )
    urgency = code_choice(Table.URGENCY, "紧急程度", "一般")
    appeal_type = code_choice(Table.APPEAL_TYPE, "诉求类型", "不论类型")
    difficult = forms.BooleanField(label="疑难", required=False)
    region = region_field("区划", required=False)
    amount = amount_field("自己填的期限", required=False)
    unit = forms.ChoiceField(label="单位", choices=UNITS, initial="work_days", required=False)

    def clean(self) -> dict[str, Any]:
        """Either a step of the process, or a length."""
        said = super().clean() or {}
        if not said.get("clock") and not said.get("amount") and "amount" not in self.errors:
            self.add_error("amount", "请选择哪一步，或自己填写期限。")
        return said


class DatesForm(LinedForm):
    """When the matrix is looked at, and where."""

    on = day_field("哪天的时限", required=False)
    region = region_field("哪个区划", required=False)
