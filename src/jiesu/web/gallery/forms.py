"""A form with every kind of field."""

from django import forms

from jiesu.web.components.widgets import Picker, Segmented

KINDS = list(enumerate(["咨询", "求助", "投诉", "举报", "建议", "表扬"], 1))


class EveryField(forms.Form):
    """One of each."""

    title = forms.CharField(label="标题", max_length=60)
    kind = forms.ChoiceField(label="诉求类型", choices=KINDS)
    urgency = forms.ChoiceField(
        label="紧急程度", choices=[("3", "一般"), ("2", "紧急"), ("1", "特急")], widget=Segmented
    )
    category = forms.CharField(
        label="类别", widget=Picker("gallery:options", lambda value: f"生态环境 › {value}")
    )
    content = forms.CharField(
        label="诉求内容",
        max_length=2000,
        min_length=10,
        widget=forms.Textarea,
        help_text="写清时间、地点、经过和诉求；不要写本人身份证号。",
    )
    happened = forms.DateField(
        label="发生日期", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    ways = forms.MultipleChoiceField(
        label="答复方式",
        choices=[("phone", "电话"), ("sms", "短信"), ("app", "闽政通")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    anonymous = forms.BooleanField(label="匿名，不向承办单位显示身份", required=False)
