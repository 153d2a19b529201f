"""Forms of people, posts and API clients."""

from typing import ClassVar

from django import forms

from jiesu.access import ROLE_NAMES, Role
from jiesu.accounts.api_clients import (
    CENTRE_SYSTEM,
    CHANNEL,
    MOST_PER_MINUTE,
    REFERENCE_SYSTEM,
    UNIT_SYSTEM,
)
from jiesu.web.components.widgets import Segmented
from jiesu.web.form_pages import LinedForm, Lines, day_field, line_field
from jiesu.web.manage.pages import unit_field

ROLES = [("", "请选择"), *((r.value, n) for r, n in ROLE_NAMES.items() if r != Role.API_CLIENT)]
KINDS = [
    ("channel", "来诉渠道（网站、小程序、其他专线）：只登记、补充、催办、撤诉"),
    ("unit", "承办单位的系统：签收、办理、答复"),
    ("centre", "热线中心的系统：受理、派单、审核、回访也可以"),
    ("reference", "机构编制、目录维护的系统：只同步区划、单位、分类、权属目录等，看不到工单"),
]
KIND_PERMISSIONS = {
    "channel": CHANNEL,
    "unit": UNIT_SYSTEM,
    "centre": CENTRE_SYSTEM,
    "reference": REFERENCE_SYSTEM,
}


class Particulars(LinedForm):
    """Who a person is."""

    layout: ClassVar[Lines] = (("name", "staff_number"), ("email", "expires_on"))
    name = line_field("姓名", 64)
    staff_number = line_field("工号", 16, required=False)
    email = forms.CharField(label="邮箱", required=False, max_length=254)
    expires_on = day_field(
        "账号有效期至", required=False, help_text="从这一天起不能登录；长期有效请不填。"
    )


class NewPerson(Particulars):
    """新增人员, with the first post"""

    layout: ClassVar[Lines] = (("username", "name"), ("staff_number", "email"), ("unit", "role"))
    field_order = (
        "username", "name", "staff_number", "email", "unit", "role", "expires_on",
    )  # fmt: skip
    username = line_field("登录名", 64, help_text="字母开头，3 至 64 位。")
    unit = unit_field("单位")
    role = forms.ChoiceField(
        label="角色", choices=ROLES, error_messages={"required": "请选择角色。"}
    )


class NewPost(LinedForm):
    """增加岗位"""

    layout: ClassVar[Lines] = (("unit", "role"), ("valid_from", "valid_to"))
    unit = unit_field("单位")
    role = forms.ChoiceField(
        label="角色", choices=ROLES, error_messages={"required": "请选择角色。"}
    )
    valid_from = day_field("任职日期", required=False, help_text="不填为今天。")
    valid_to = day_field("离任日期", required=False, help_text="不填为长期。")
    default = forms.BooleanField(label="登录后先进入这个岗位", required=False)


class EndPost(LinedForm):
    """离任"""

    effective = day_field("离任日期", required=False, help_text="不填为今天，立即生效。")


class Disable(LinedForm):
    """停用账号"""

    reason = line_field("停用原因", 200)


class ClientForm(LinedForm):
    """What an outside system may do, how often, until when."""

    layout: ClassVar[Lines] = (("per_minute", "expires_on"),)
    name = line_field("名称", 64, help_text="写明哪个系统，例如“鼓楼区城管综合平台”。")
    kind = forms.ChoiceField(label="权限", choices=KINDS, widget=forms.RadioSelect)
    per_minute = forms.IntegerField(
        label="每分钟最多请求", min_value=1, max_value=MOST_PER_MINUTE, initial=600
    )
    expires_on = day_field("有效期至", required=False, help_text="长期有效请不填。")


class NewClient(ClientForm):
    """新增接口客户端"""

    field_order = (
        "name",
        "unit",
    )
    unit = unit_field("代表哪个单位", help_text="它所做的都记在这个单位名下。")


class Rotate(LinedForm):
    """更换密钥"""

    grace = forms.ChoiceField(
        label="旧密钥", widget=Segmented, initial="7",
        choices=[("7", "再用 7 天"), ("1", "再用 1 天"), ("0", "立即作废（已泄露）")],
    )  # fmt: skip
