"""The form an agent fills while the caller speaks."""

from typing import Any

from django import forms

from jiesu.appeals.actions.intake_form import CONTENT_LENGTH, TITLE_LENGTH, Intake
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.foundation import clock
from jiesu.web.components.widgets import Picker, Segmented
from jiesu.web.intake_fields import LongText
from jiesu.web.orders.forms import code_field
from jiesu.web.pick.views import category_label, region_label

EMERGENCY = "110"  # what a hand-over is first thought of


class IntakeForm(forms.Form):
    """One new appeal; the use case checks what it says."""

    content = LongText(
        label="诉求内容", max_length=CONTENT_LENGTH, rows=5,
        error_messages={"required": "请填写诉求内容。"},
    )  # fmt: skip
    title = forms.CharField(label="标题", required=False, max_length=TITLE_LENGTH,
                            help_text="不填取内容第一句。")  # fmt: skip
    appeal_type = forms.ChoiceField(
        label="诉求类型", widget=Segmented,
        choices=lambda: codes.choices(Table.APPEAL_TYPE, clock.now()),
        error_messages={"required": "请选择诉求类型。"},
    )  # fmt: skip
    urgency = forms.ChoiceField(
        label="紧急程度", widget=Segmented, initial="3",
        choices=lambda: codes.choices(Table.URGENCY, clock.now()),
    )  # fmt: skip
    category_code = forms.CharField(
        label="分类", required=False, widget=Picker("pick:categories", category_label)
    )
    region_code = forms.CharField(
        label="事发区域", widget=Picker("pick:regions", region_label),
        error_messages={"required": "请选择事发区域。"},
    )  # fmt: skip
    address = forms.CharField(label="详细地址", required=False, max_length=256)
    phone = forms.CharField(label="联系电话", required=False, max_length=32)
    phone2 = forms.CharField(label="备用电话", required=False, max_length=32)
    name = forms.CharField(label="姓名", required=False, max_length=64)
    sex = forms.ChoiceField(
        label="称呼", required=False, widget=Segmented,
        choices=[("女", "女士"), ("男", "先生"), ("", "不详")],
    )  # fmt: skip
    petitioner_kind = forms.ChoiceField(
        label="诉求人", widget=Segmented, initial="person",
        choices=lambda: codes.choices(Table.PETITIONER_KIND, clock.now()),
    )  # fmt: skip
    enterprise = forms.CharField(label="企业名称", required=False, max_length=128)
    credit_code = forms.CharField(label="统一社会信用代码", required=False, max_length=18)
    petitioner_tags = forms.MultipleChoiceField(
        label="人群", required=False, widget=forms.CheckboxSelectMultiple,
        choices=lambda: codes.choices(Table.PETITIONER_TAG, clock.now()),
    )  # fmt: skip
    channel = code_field(Table.CHANNEL, "渠道", initial="phone")
    confidentiality = code_field(Table.CONFIDENTIALITY, "保密", initial="0")
    is_anonymous = forms.BooleanField(label="匿名", required=False)
    reply_wanted = forms.BooleanField(label="需要答复", required=False, initial=True)
    may_publish = forms.BooleanField(label="同意公开", required=False)
    aim = forms.CharField(label="诉求目的", required=False, max_length=500)
    concerned = forms.CharField(label="被反映对象", required=False, max_length=128)
    people_count = forms.IntegerField(label="涉及人数", required=False, min_value=0)
    amount = forms.DecimalField(label="涉及金额（元）", required=False, max_digits=14)
    happened_at = forms.DateTimeField(
        label="首次发生时间", required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )  # fmt: skip
    received_at = forms.DateTimeField(
        label="来电时间", required=False, help_text="补录时填写，不填为现在。",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )  # fmt: skip
    call_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    repeat_of = forms.CharField(required=False, max_length=19, widget=forms.HiddenInput)
    merge_into = forms.CharField(required=False, max_length=19, widget=forms.HiddenInput)
    # how it ends at once, if it does
    answer = LongText(label="答复内容", required=False, max_length=CONTENT_LENGTH, rows=8)
    refusal_reason = code_field(Table.REFUSAL_REASON, "不予受理理由", required=False)
    explanation = LongText(
        label="告知内容", required=False, max_length=2000,
        help_text="为什么不受理，可以走什么途径。会原样告知来电人。",
    )  # fmt: skip
    hand_over_line = code_field(Table.HAND_OVER_LINE, "移交去向", required=False, initial=EMERGENCY)
    hand_over_note = LongText(label="移交情况", required=False, max_length=1000, rows=3)

    # those that stand folded away, and those of each dialog
    MORE = ("petitioner_kind", "channel", "enterprise", "credit_code", "confidentiality", "phone2",
            "is_anonymous", "reply_wanted", "may_publish", "petitioner_tags", "aim", "concerned",
            "people_count", "amount", "happened_at", "received_at")  # fmt: skip
    ENDINGS = ("answer", "refusal_reason", "explanation", "hand_over_line", "hand_over_note",
               "merge_into")  # fmt: skip

    def refuse_wrong(self) -> bool:
        """Whether the dialog of the refusal has something to say."""
        return any(name in self.errors for name in ("refusal_reason", "explanation"))

    def hand_over_wrong(self) -> bool:
        """Whether the dialog of the hand-over has something to say."""
        return any(name in self.errors for name in ("hand_over_line", "hand_over_note"))

    def intake(self, local_answers: dict[str, Any], upload_key: str) -> Intake:
        """The use case's input."""
        said = {k: v for k, v in self.cleaned_data.items() if k not in self.ENDINGS}
        said["petitioner_tags"] = tuple(said["petitioner_tags"])
        return Intake(**said, local_answers=local_answers, upload_key=upload_key)
