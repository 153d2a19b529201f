"""What a citizen fills in, in plain words."""

from typing import Any

from django import forms

from jiesu.appeals.actions.callback import LEVELS
from jiesu.appeals.actions.intake_form import CONTENT_LENGTH, Intake
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.foundation import clock
from jiesu.foundation.identifiers import credit_code_problem, phone_problem
from jiesu.organizations import regions
from jiesu.organizations.regions import RegionHit
from jiesu.web.components.widgets import Picker, Segmented
from jiesu.web.intake_fields import LongText
from jiesu.web.pick.views import region_label

PLAIN_TYPES = [
    ("03", "投诉"), ("02", "求助"), ("01", "咨询"), ("04", "举报"), ("05", "建议"), ("06", "表扬"),
]  # fmt: skip
PLACES_SHOWN = 10


class PlaceField(forms.CharField):
    """It must be said where; the form judges, for it may have to look the words up first."""

    def validate(self, value: Any) -> None:
        """Nothing yet."""


class SubmitForm(forms.Form):
    """Tell what happened. Without script, the words of the place are looked up when it is sent."""

    content = LongText(
        label="发生了什么事", max_length=CONTENT_LENGTH, rows=6,
        help_text="什么时间、在哪里、什么事、希望怎么解决。",
        error_messages={"required": "请写下发生了什么事。"},
    )  # fmt: skip
    appeal_type = forms.ChoiceField(
        label="您要", choices=PLAIN_TYPES, widget=Segmented, initial="03",
        error_messages={"required": "请选择是哪一类事。"},
    )  # fmt: skip
    region_code = PlaceField(
        label="在哪个区县或街道",
        widget=Picker("pick:regions", region_label, placeholder="例如：鼓楼区"),
        help_text="输入几个字，再从列表里选。",
    )  # fmt: skip
    address = forms.CharField(
        label="详细地点（可不填）", required=False, max_length=256,
        help_text="路名、门牌、小区或附近的标志。",
    )  # fmt: skip
    is_anonymous = forms.BooleanField(
        label="匿名反映", required=False,
        help_text="不留姓名和电话。我们无法联系您核实，请记下查询码。",
    )  # fmt: skip
    petitioner_kind = forms.ChoiceField(
        label="您是", choices=[("person", "个人"), ("enterprise", "企业")], widget=Segmented,
        initial="person",
    )  # fmt: skip
    enterprise = forms.CharField(
        label="企业名称", required=False, max_length=128,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )  # fmt: skip
    credit_code = forms.CharField(
        label="统一社会信用代码（可不填）", required=False, max_length=24,
        help_text="营业执照上的 18 位代码。",
    )  # fmt: skip
    phone = forms.CharField(
        label="联系电话", required=False, max_length=32,
        help_text="办理单位会打这个电话与您联系。",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
    )  # fmt: skip
    name = forms.CharField(
        label="怎么称呼您（可不填）", required=False, max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    confidentiality = forms.ChoiceField(
        label="您的身份", widget=forms.RadioSelect, initial="0",
        choices=[("0", "办理单位可以知道"), ("1", "不告诉办理单位"), ("2", "全程保密（举报时选）")],
    )  # fmt: skip
    reply_wanted = forms.BooleanField(label="办完请答复我", required=False, initial=True)
    may_publish = forms.BooleanField(
        label="可以公开这件事和答复", required=False,
        help_text="会隐去您的姓名、电话等个人信息，供有同样问题的人参考。",
    )  # fmt: skip

    # those that stand folded away
    MORE = ("confidentiality", "reply_wanted", "may_publish")

    places: list[RegionHit]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = []  # what the words of the place may mean, when they mean several

    def clean_region_code(self) -> str:
        """The place chosen, or the one its words name."""
        code = str(self.cleaned_data["region_code"])
        words = str(self.data.get("region_code_label", "")).strip()[:64]
        if code:
            return code
        if not words:
            raise forms.ValidationError("请选择事情发生在哪个区县或街道。")
        hits = regions.search(words, "", PLACES_SHOWN)
        named = [hit for hit in hits if words in (hit.full_name, hit.region.name)]
        if len(hits) == 1 or len(named) == 1:
            return (named or hits)[0].region.code
        self.places = hits
        if hits:
            raise forms.ValidationError(f"叫“{words}”的地方不止一个，请在下面选一个。")
        raise forms.ValidationError(f"没有找到“{words}”，请换成区县、乡镇或街道的名称。")

    def clean(self) -> dict[str, Any]:
        """What belongs to another choice is not asked, so it is not kept either."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("is_anonymous"):
            said["name"] = said["phone"] = said["enterprise"] = said["credit_code"] = ""
        if said.get("petitioner_kind") != "enterprise":
            said["enterprise"] = said["credit_code"] = ""
        elif not said.get("enterprise") and not said.get("is_anonymous"):
            self.add_error("enterprise", "请填写企业名称。")
        if said.get("phone") and (problem := phone_problem(said["phone"])):
            self.add_error("phone", problem)
        elif not said.get("phone") and said.get("reply_wanted") and not said.get("is_anonymous"):
            self.add_error("phone", "请填写联系电话，我们好答复您；不想留电话，请选“匿名反映”。")
        if said.get("credit_code") and (problem := credit_code_problem(said["credit_code"])):
            self.add_error("credit_code", problem)
        return said

    def intake(self, local_answers: dict[str, Any], upload_key: str) -> Intake:
        """The use case's input."""
        return Intake(
            **self.cleaned_data, channel="web", reply_way="web", local_answers=local_answers,
            upload_key=upload_key,
        )  # fmt: skip


class QueryForm(forms.Form):
    """Ask how it goes."""

    number = forms.CharField(
        label="工单编号", max_length=32, help_text="19 位数字，提交时或话务员告诉您的。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "请填写工单编号。"},
    )  # fmt: skip
    proof = forms.CharField(
        label="登记电话的后四位，或查询码", max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "请填写电话后四位或查询码。"},
    )  # fmt: skip

    def __init__(self, *args: Any, code_only: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if code_only:
            self.fields["proof"].label = "查询码"
            self.fields["proof"].help_text = "登记时给您的 6 位数字。"
            self.fields["proof"].error_messages["required"] = "请填写查询码。"


class FactsForm(forms.Form):
    """Add what is new."""

    text = LongText(label="补充的情况", required=False, max_length=4000, rows=5)


class UrgeForm(forms.Form):
    """Ask them to hurry."""

    text = LongText(label="想说的话（可不填）", required=False, max_length=500, rows=3)


class WithdrawForm(forms.Form):
    """Take it back."""

    reason = LongText(label="为什么撤回（可不填）", required=False, max_length=500, rows=3)


class RateForm(forms.Form):
    """Say how it was."""

    solved = forms.ChoiceField(
        label="问题解决了吗", choices=[("yes", "解决了"), ("no", "没有解决")], widget=Segmented,
        error_messages={"required": "请选择问题是否解决。"},
    )  # fmt: skip
    satisfaction = forms.TypedChoiceField(
        label="对这次办理", coerce=int, choices=list(LEVELS.items()), widget=Segmented,
        error_messages={"required": "请选择满意程度。"},
    )  # fmt: skip
    dissatisfied_reason = forms.ChoiceField(
        label="为什么不满意", required=False,
        choices=lambda: [("", "请选择"), *codes.choices(Table.DISSATISFIED_REASON, clock.now())],
    )  # fmt: skip
    note = LongText(label="想说的话（可不填）", required=False, max_length=1000, rows=3)
