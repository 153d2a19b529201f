"""What a citizen fills in, in plain words."""

from typing import Any

from django import forms

from jiesu.appeals.actions.callback import LEVELS
from jiesu.appeals.actions.intake import Intake
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.foundation import clock
from jiesu.web.components.widgets import Picker, Segmented
from jiesu.web.pick.views import region_label

PLAIN_TYPES = [
    ("03", "投诉"), ("02", "求助"), ("01", "咨询"), ("04", "举报"), ("05", "建议"), ("06", "表扬"),
]  # fmt: skip


class SubmitForm(forms.Form):
    """Tell what happened."""

    content = forms.CharField(
        label="发生了什么事", max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="什么时间、在哪里、什么事、希望怎么解决。",
        error_messages={"required": "请写下发生了什么事。"},
    )  # fmt: skip
    appeal_type = forms.ChoiceField(
        label="这是一件", choices=PLAIN_TYPES, widget=Segmented, initial="03"
    )
    region_code = forms.CharField(
        label="在哪个区县或街道",
        widget=Picker("pick:regions", region_label, placeholder="输入区县或街道名称"),
        error_messages={"required": "请选择事情发生在哪里。"},
    )
    address = forms.CharField(
        label="详细地点", required=False, max_length=256, help_text="路名、门牌、小区或附近的标志。"
    )
    petitioner_kind = forms.ChoiceField(
        label="您是", choices=[("person", "个人"), ("enterprise", "企业")], widget=Segmented,
        initial="person",
    )  # fmt: skip
    enterprise = forms.CharField(label="企业名称（企业填写）", required=False, max_length=128)
    credit_code = forms.CharField(
        label="统一社会信用代码（企业填写，可不填）", required=False, max_length=18
    )
    is_anonymous = forms.BooleanField(
        label="匿名反映", required=False,
        help_text="不留姓名和电话，我们无法联系您核实，请记下查询码。",
    )  # fmt: skip
    name = forms.CharField(label="怎么称呼您", required=False, max_length=64)
    phone = forms.CharField(
        label="联系电话", required=False, max_length=32,
        help_text="承办单位会打这个电话与您联系；办理人员看到的是隐去中间几位的号码。",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )  # fmt: skip
    confidentiality = forms.ChoiceField(
        label="对谁保密", widget=Segmented, initial="0",
        choices=[("0", "不用保密"), ("1", "对承办单位保密"), ("2", "完全保密")],
    )  # fmt: skip
    reply_wanted = forms.BooleanField(label="需要答复我", required=False, initial=True)
    may_publish = forms.BooleanField(
        label="同意公开", required=False, help_text="隐去个人信息后，公开事情和答复，供他人参考。"
    )

    def intake(self, local_answers: dict[str, Any], upload_key: str) -> Intake:
        """The use case's input; an anonymous citizen's name and phone are not kept."""
        said = dict(self.cleaned_data)
        if said["is_anonymous"]:
            said["name"] = said["phone"] = ""
        return Intake(
            **said, channel="web", reply_way="web", local_answers=local_answers,
            upload_key=upload_key,
        )  # fmt: skip


class QueryForm(forms.Form):
    """Ask how it goes."""

    number = forms.CharField(
        label="工单编号", max_length=24,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "请填写工单编号。"},
    )  # fmt: skip
    proof = forms.CharField(
        label="登记电话的后四位，或查询码", max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "请填写电话后四位或查询码。"},
    )  # fmt: skip


class FactsForm(forms.Form):
    """Add what is new."""

    text = forms.CharField(
        label="补充的情况", required=False, max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip


class UrgeForm(forms.Form):
    """Ask them to hurry."""

    text = forms.CharField(
        label="想说的话（可不填）", required=False, max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class WithdrawForm(forms.Form):
    """Take it back."""

    reason = forms.CharField(
        label="为什么撤回（可不填）", required=False, max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class RateForm(forms.Form):
    """Say how it was."""

    solved = forms.ChoiceField(
        label="问题解决了吗", choices=[("yes", "解决了"), ("no", "没有解决")], widget=Segmented,
        error_messages={"required": "请选择问题是否解决。"},
    )  # fmt: skip
    satisfaction = forms.TypedChoiceField(
        label="您对办理结果", coerce=int, choices=list(LEVELS.items()), widget=Segmented,
        error_messages={"required": "请选择满意程度。"},
    )  # fmt: skip
    dissatisfied_reason = forms.ChoiceField(
        label="不满意的原因", required=False,
        choices=lambda: [("", "请选择"), *codes.choices(Table.DISSATISFIED_REASON, clock.now())],
    )  # fmt: skip
    note = forms.CharField(
        label="想说的话（可不填）", required=False, max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
