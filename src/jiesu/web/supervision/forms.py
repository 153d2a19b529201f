"""The forms of supervision."""

import datetime as dt
from typing import Any, ClassVar

from django import forms

from jiesu.appeals.models.event import TRIGGERING
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table as CodeTable
from jiesu.deadlines.kinds import CLOCK_NAMES
from jiesu.foundation import clock
from jiesu.supervision.conditions import QUESTIONS
from jiesu.supervision.instruments import COLOURS
from jiesu.supervision.lifecycle import KINDS
from jiesu.supervision.models import Elsewhere, LedgerEntry, TriggerRule
from jiesu.web.components.widgets import Picker, Segmented, when
from jiesu.web.form_pages import LinedForm, Lines, day_field, line_field, long_field
from jiesu.web.pick.views import region_label, unit_label

_KIND_CHOICES = [(kind.value, facts.label) for kind, facts in KINDS.items()]
EVENT_NAMES = {"warning": "预警", "redo": "二次办理", "clock_breached": "超过时限", "urge": "催办"}


def unit_picker(label: str, *, required: bool = True, **options: Any) -> forms.IntegerField:
    """Any unit in force; the use case refuses one outside the office's area."""
    return forms.IntegerField(
        label=label, required=required, widget=Picker("pick:units", unit_label),
        error_messages={"required": f"请选择{label}。", "invalid": f"请从列表中选择{label}。"},
        **options,
    )  # fmt: skip


def limit_field(label: str = "反馈时限（工作日）", **options: Any) -> forms.IntegerField:
    """Working days for the answer."""
    return forms.IntegerField(label=label, min_value=0, max_value=60, required=False, **options)


class MomentInput(forms.DateTimeInput):
    """The browser's own calendar and clock."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class InstrumentForm(LinedForm):
    """An instrument."""

    layout: ClassVar[Lines] = (
        ("unit", "person"), ("limit_days", "colour"), ("old_level", "new_level"),
        ("meets_at", "place"),
    )  # fmt: skip
    kind = forms.ChoiceField(label="督办方式", choices=_KIND_CHOICES, widget=Segmented)
    unit = unit_picker("被督办单位")
    person = line_field("责任人", 64, required=False)
    matter = line_field("事项", 200)
    basis = long_field("缘由", 1000, required=False)
    demands = long_field("要求", 2000, required=False, help_text="督办单、挂牌督办必填。")
    limit_days = limit_field(help_text="不填按督办方式的默认值。")
    colour = when("kind=listed", forms.ChoiceField(
        label="挂牌颜色", choices=[("", "请选择"), *COLOURS.items()], required=False,
    ))  # fmt: skip
    old_level = when("kind=raised", line_field("原办理层级", 64, required=False))
    new_level = when("kind=raised", line_field("提级至", 64, required=False))
    meets_at = when("kind=session,talk", forms.DateTimeField(
        label="时间", required=False, widget=MomentInput(),
    ))  # fmt: skip
    place = when("kind=session,talk", line_field("地点", 128, required=False))


class AnswerForm(forms.Form):
    """A unit's answer."""

    answer = long_field("办理情况", 4000, rows=6)
    measures = long_field("整改措施", 2000, required=False)
    person = line_field("责任人", 64, required=False)


class ReasonForm(forms.Form):
    """Why."""

    reason = long_field("原因", 500)


class ReturnForm(forms.Form):
    """What is missing, and until when."""

    reason = long_field("需要补充什么", 1000)
    limit_days = limit_field("补充时限（工作日）", initial=2)


class ResultForm(forms.Form):
    """What came of it."""

    result = long_field("结果", 2000)


class OptionalResultForm(forms.Form):
    """What came of it, if there is more to say."""

    result = long_field("结果", 2000, required=False)


class CommentForm(forms.Form):
    """A leader's words when signing."""

    comment = long_field("批示意见", 500, required=False)


class EmptyForm(forms.Form):
    """Nothing to fill in."""


class ElsewhereForm(forms.Form):
    """Where else the matter is handled."""

    system = forms.ChoiceField(
        label="在哪里办理", choices=Elsewhere.System.choices, widget=Segmented
    )
    reference = line_field("那边的编号或文号", 64)
    note = long_field("说明", 500, required=False)


class BulkForm(forms.Form):
    """What is said to several units at once."""

    demands = long_field("要求", 2000)
    limit_days = limit_field(initial=5)


class LedgerForm(LinedForm):
    """A line of a ledger."""

    layout: ClassVar[Lines] = (("unit", "person"), ("source", "target_date"))
    ledger = forms.ChoiceField(label="台账", choices=LedgerEntry.Ledger.choices, widget=Segmented)
    matter = line_field("事项", 200)
    unit = unit_picker("责任单位")
    person = line_field("责任人", 64)
    source = line_field("来源", 64)
    target_date = day_field("目标时限")
    measures = long_field("措施", 2000, required=False)


class ProgressForm(forms.Form):
    """A step of progress."""

    text = long_field("进展情况", 2000)
    measures = long_field("措施（可修订）", 2000, required=False)
    person = line_field("责任人（可修订）", 64, required=False)


class ClosingForm(forms.Form):
    """Why the entry may be struck off."""

    evidence = long_field("办结情况及佐证", 2000, rows=5)


class CheckForm(forms.Form):
    """What the call-back heard."""

    solved = forms.ChoiceField(
        label="诉求人认为", choices=[("yes", "已解决"), ("no", "未解决")], widget=Segmented
    )
    note = long_field("回访核实情况", 1000)


class DecideForm(forms.Form):
    """Struck off or not."""

    verdict = forms.ChoiceField(
        label="审批", choices=[("accept", "同意销号"), ("refuse", "不予销号")], widget=Segmented
    )
    decision = long_field("审批意见", 1000, required=False)


class NoteForm(LinedForm):
    """A leader's note; a leader's own has neither name nor day."""

    layout: ClassVar[Lines] = (("leader", "leader_title", "noted_on"), ("unit", "limit_days"))
    leader = line_field("批示领导", 64, required=False)
    leader_title = line_field("职务", 64, required=False)
    noted_on = day_field("批示日期", required=False)
    report = line_field("批示的材料", 200, required=False)
    text = long_field("批示内容", 2000, required=False, rows=4)
    unit = unit_picker("分办给", required=False)
    limit_days = limit_field(help_text="0 或不填为不限时。")
    demand = line_field("落实要求", 500, required=False)

    def __init__(self, *args: Any, himself: bool, on_order: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if himself:
            for name in ("leader", "leader_title", "noted_on"):
                del self.fields[name]
        if on_order:
            del self.fields["report"]


class SplitForm(forms.Form):
    """To whom a note is handed."""

    unit = unit_picker("承办单位")
    unit2 = unit_picker("承办单位", required=False)
    unit3 = unit_picker("承办单位", required=False)
    demand = line_field("落实要求", 500, required=False)
    limit_days = limit_field()


class NoteAnswerForm(forms.Form):
    """What was done about a note."""

    text = long_field("落实情况", 2000, rows=5)


class ConclusionForm(forms.Form):
    """How a note ended."""

    conclusion = long_field("办结情况", 1000)


class RuleForm(LinedForm):
    """A trigger rule."""

    layout: ClassVar[Lines] = (
        ("clock", "amount", "days"), ("event", "answered_by"), ("region", "urgencies"),
        ("action", "limit_days"), ("effective", "is_on"),
    )  # fmt: skip
    name = line_field("名称", 64)
    condition = forms.ChoiceField(
        label="触发条件", choices=[(c.value, q.label) for c, q in QUESTIONS.items()]
    )
    clock = forms.ChoiceField(
        label="哪个时限", required=False,
        choices=[("", "任何时限"), *((k.value, n) for k, n in CLOCK_NAMES.items())],
        help_text="黄牌、红牌、超期用。",
    )  # fmt: skip
    amount = forms.IntegerField(
        label="数值", min_value=0, required=False, help_text="次数、超期工作日，或预警分钟数。"
    )
    days = forms.IntegerField(
        label="在多少天内", min_value=0, max_value=366, required=False, help_text="0 为不限。"
    )
    event = forms.ChoiceField(
        label="事件", required=False, help_text="“超时未处置”用。",
        choices=[("", "—"), *((k, EVENT_NAMES.get(k, k)) for k in TRIGGERING)],
    )  # fmt: skip
    answered_by = line_field("视为已处置的事件", 128, required=False)
    region = forms.CharField(
        label="限定区域", required=False, widget=Picker("pick:regions", region_label)
    )
    urgencies = forms.MultipleChoiceField(
        label="限定紧急程度", required=False,
        choices=lambda: codes.choices(CodeTable.URGENCY, clock.now()),
    )  # fmt: skip
    action = forms.ChoiceField(label="处置", choices=TriggerRule.Action.choices)
    limit_days = limit_field(initial=3)
    text = long_field("写给承办单位的话", 500)
    effective = day_field("自哪天起", required=False, help_text="不填为今天。")
    is_on = forms.BooleanField(label="启用", required=False, initial=True)


class HeadForm(LinedForm):
    """How papers are headed and numbered."""

    layout: ClassVar[Lines] = (("word", "effective"),)
    head = line_field("红头", 64, help_text="例如：福州市效能办文件")
    word = line_field("机关代字", 16, help_text="例如：榕效，文号即“榕效督〔2026〕1号”。")
    signature = line_field("落款", 64)
    effective = day_field("自哪天起", required=False, help_text="不填为今天。")


class PeriodForm(forms.Form):
    """The days a dry run looks at."""

    since = day_field("从", required=False)
    until = day_field("到", required=False)

    def days(self, today: dt.date) -> tuple[dt.date, dt.date]:
        """The two days; the last thirty until something sensible is asked; at most 92."""
        given = self.cleaned_data if self.is_valid() else {}
        until = min(given.get("until") or today, today)
        since = given.get("since") or until - dt.timedelta(days=30)
        return max(min(since, until), until - dt.timedelta(days=92)), until
