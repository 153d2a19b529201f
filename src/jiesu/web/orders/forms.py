"""The small forms of the moves. They shape input; the use cases decide."""

from typing import Any

from django import forms

from jiesu.appeals.actions.callback import LEVELS
from jiesu.appeals.models import Application, Callback
from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.foundation import clock
from jiesu.web.components.widgets import Marks, Picker, Segmented, when
from jiesu.web.pick.views import category_label, region_label, unit_label

BAD = "solved=no|satisfaction=1,2"


def code_field(table: Table, label: str, *, required: bool = True, **options: Any) -> forms.Field:
    """A choice among the codes that hold today."""
    return forms.ChoiceField(
        label=label,
        required=required,
        choices=lambda: [("", "请选择"), *codes.choices(table, clock.now())],
        **options,
    )


def unit_field(
    label: str, *, required: bool = True, url: str = "pick:units", **options: Any
) -> forms.Field:
    """A unit, picked by name or initials; its value is the unit's id."""
    return forms.IntegerField(
        label=label,
        required=required,
        widget=Picker(url, unit_label, attrs={}),
        error_messages={"required": f"请选择{label}。", "invalid": f"请从列表中选择{label}。"},
        **options,
    )


def text_field(
    label: str, longest: int, *, required: bool = True, rows: int = 4, **options: Any
) -> forms.Field:
    """Several lines of text."""
    return forms.CharField(
        label=label,
        required=required,
        max_length=longest,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": f"请填写{label}。"},
        **options,
    )


class Empty(forms.Form):
    """A move that asks nothing."""


class Reason(forms.Form):
    """A move that asks why."""

    reason = text_field("理由", 1000)


class OptionalReason(forms.Form):
    """A move that may say why."""

    reason = text_field("说明", 500, required=False)


class Facts(forms.Form):
    """补充情况"""

    text = text_field("补充情况", 4000, rows=6)


class Urging(forms.Form):
    """催办"""

    text = text_field("催办说明", 500, required=False)


class Recusing(forms.Form):
    """申请回避"""

    reason = text_field("回避理由", 300, help_text="与诉求人或被反映单位有什么利害关系。")


class Accepting(forms.Form):
    """受理, keeping or overruling how it was classified."""

    category_code = forms.CharField(
        label="分类", required=False, widget=Picker("pick:categories", category_label)
    )
    appeal_type = code_field(Table.APPEAL_TYPE, "诉求类型", required=False)
    urgency = code_field(Table.URGENCY, "紧急程度", required=False)


class Reclassifying(Accepting):
    """更正要素"""

    title = forms.CharField(label="标题", required=False, max_length=60)
    region_code = forms.CharField(
        label="事发区域", required=False, widget=Picker("pick:regions", region_label)
    )
    address = forms.CharField(label="事发地址", required=False, max_length=256)
    is_difficult = forms.BooleanField(label="疑难", required=False)


class Answering(forms.Form):
    """直接答复"""

    answer = text_field("答复内容", 20_000, rows=8)


class Refusing(forms.Form):
    """不予受理"""

    reason_code = code_field(Table.REFUSAL_REASON, "理由")
    explanation = text_field(
        "告知内容", 2000, help_text="写给诉求人：为什么不受理，可以走什么途径。"
    )


class HandingOver(forms.Form):
    """移交"""

    line_code = code_field(Table.HAND_OVER_LINE, "移交去向")
    note = text_field("移交情况", 1000, required=False)


class Merging(forms.Form):
    """并单"""

    master = forms.CharField(
        label="主单编号", max_length=19, error_messages={"required": "请填写主单编号。"}
    )
    reason = text_field("并单理由", 500, required=False)


class Dispatching(forms.Form):
    """派单"""

    lead = unit_field("主办单位")
    joint1 = unit_field("协办单位", required=False)
    joint2 = unit_field("协办单位（二）", required=False)
    reason = text_field(
        "派单理由", 300, required=False, rows=2, help_text="按权属目录推荐派单的可以不填。"
    )
    instruction = text_field("办理要求", 500, required=False, rows=2)
    designate = forms.BooleanField(
        label="指定承办", required=False, help_text="指定后承办单位不得退单。"
    )


class AddingJoint(forms.Form):
    """增派协办"""

    joint1 = unit_field("协办单位")
    joint2 = unit_field("协办单位（二）", required=False)
    instruction = text_field("办理要求", 500, required=False, rows=2)


class Consulting(forms.Form):
    """会商"""

    question = text_field("会商事项", 1000)
    unit1 = unit_field("参加单位")
    unit2 = unit_field("参加单位（二）", required=False)
    unit3 = unit_field("参加单位（三）", required=False)


class Opining(forms.Form):
    """会商意见 or 会商结论"""

    text = text_field("意见", 2000)


class Approving(forms.Form):
    """审核通过"""

    note = text_field("审核意见", 1000, required=False, rows=2)
    publish = forms.BooleanField(
        label="公开答复",
        required=False,
        help_text="仅限诉求人同意公开的；公开前请确认没有个人信息。",
    )


class SendingBack(forms.Form):
    """退回重办"""

    reason_codes = forms.MultipleChoiceField(
        label="问题类型", required=False, widget=Marks,
        choices=lambda: codes.choices(Table.SEND_BACK_REASON, clock.now()),
    )  # fmt: skip
    reason = text_field("退回理由", 1000, help_text="写明哪里不行、要补什么。")


class CallingBack(forms.Form):
    """回访: by keys, and asking only what the answers before call for."""

    reached = forms.ChoiceField(
        label="是否接通", choices=[("yes", "接通"), ("no", "未接通")],
        widget=Segmented(keys={"yes": "y", "no": "n"}),
    )  # fmt: skip
    solved = when("reached=yes", forms.ChoiceField(
        label="是否解决", required=False, choices=[("yes", "已解决"), ("no", "未解决")],
        widget=Segmented(keys={"yes": "s", "no": "u"}),
    ))  # fmt: skip
    satisfaction = when("reached=yes", forms.TypedChoiceField(
        label="对办理结果", required=False, coerce=int, empty_value=None,
        choices=list(LEVELS.items()),
        widget=Segmented(keys={str(level): str(level) for level in LEVELS}),
    ))  # fmt: skip
    dissatisfied_reason = when(
        "reached=yes&satisfaction=1,2",
        code_field(Table.DISSATISFIED_REASON, "不满意原因", required=False),
    )
    note = text_field("回访情况", 1000, required=False, rows=3)
    decision = when(f"reached=no|{BAD}", forms.ChoiceField(
        label="后续处理", required=False,
        choices=[(Callback.Decision.REDO.value, "二次办理"),
                 (Callback.Decision.FINDING.value, "认定办结"),
                 (Callback.Decision.AGAIN.value, "再次回访"),
                 (Callback.Decision.CLOSE.value, "按未接通办结")],
        widget=Segmented(
            keys={Callback.Decision.REDO: "r", Callback.Decision.FINDING: "d",
                  Callback.Decision.AGAIN: "a", Callback.Decision.CLOSE: "c"},
            when={Callback.Decision.REDO: "reached=yes", Callback.Decision.FINDING: "reached=yes",
                  Callback.Decision.CLOSE: "reached=no"},
        ),
    ))  # fmt: skip
    finding = when(
        "reached=yes&decision=finding",
        text_field("认定依据和证据", 1000, required=False, rows=2, help_text="至少 10 个字。"),
    )
    next_at = when("decision=again|reached=no", forms.DateTimeField(
        label="下次回访", required=False, help_text="不填则随时可以再打。",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    ))  # fmt: skip


class Contacting(forms.Form):
    """联系记录"""

    way = code_field(Table.REPLY_WAY, "方式", initial="phone")
    reached = forms.ChoiceField(
        label="是否联系上", choices=[("yes", "联系上"), ("no", "未联系上")], widget=Segmented
    )
    note = text_field("沟通情况", 1000, required=False)
    spoken_at = forms.DateTimeField(
        label="联系时间", required=False, help_text="不填为现在。",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )  # fmt: skip


class Returning(forms.Form):
    """申请退单"""

    reason_code = code_field(Table.RETURN_REASON, "退单理由")
    reason = text_field("说明", 1000)
    basis = forms.CharField(
        label="法律依据", max_length=500, help_text="写明法规、三定方案或权属目录的条款。",
        error_messages={"required": "请填写法律依据。"},
    )  # fmt: skip
    suggested_unit = unit_field("建议承办单位")


class Applying(forms.Form):
    """申请延期、挂起或终止"""

    kind = forms.ChoiceField(
        label="申请", widget=Segmented, initial=Application.Kind.EXTENSION,
        choices=[(k.value, k.label) for k in Application.Kind if k != Application.Kind.RETURN],
    )  # fmt: skip
    reason_code = forms.ChoiceField(
        label="理由", widget=forms.Select(attrs={"data-group-by": "kind"}),
        choices=lambda: [
            (title, codes.choices(table, clock.now()))
            for title, table in (
                ("延期", Table.EXTENSION_REASON), ("挂起", Table.SUSPENSION_REASON),
                ("终止", Table.ENDING_REASON),
            )
        ],
    )  # fmt: skip
    reason = text_field("说明", 1000)
    days = when("kind=extension", forms.IntegerField(
        label="延长（工作日）", required=False, min_value=1, max_value=60,
        help_text="申请延期必填，1 到 60。",
    ))  # fmt: skip
    plan = when("kind=extension", text_field("办理计划", 1000, required=False, rows=2,
                help_text="申请延期必填。"))  # fmt: skip
    citizen_told = when("kind=extension,suspension", forms.CharField(
        label="告知诉求人情况", max_length=300, required=False,
        help_text="申请延期、挂起必填：何时、以何种方式告知，诉求人意见。",
    ))  # fmt: skip


class Judging(forms.Form):
    """审批申请"""

    verdict = forms.ChoiceField(
        label="审批", choices=[("accept", "同意"), ("refuse", "驳回")],
        widget=Segmented(keys={"accept": "y", "refuse": "n"}),
    )  # fmt: skip
    decision = text_field("审批意见", 1000, required=False, rows=3, help_text="驳回须写明理由。")


class JudgingExtension(Judging):
    """审批延期, perhaps for fewer days"""

    days = when("verdict=accept", forms.IntegerField(
        label="批准延长（工作日）", required=False, min_value=1, max_value=60,
        help_text="可以改天数，不填按申请的天数。",
    ))  # fmt: skip


class JudgingReturn(Judging):
    """审批退单, perhaps ending all returns"""

    designate = when("verdict=refuse", forms.BooleanField(
        label="同时指定承办", required=False, help_text="驳回并指定后，该单位不得再退。"
    ))  # fmt: skip


JUDGING: dict[str, type[Judging]] = {
    Application.Kind.RETURN: JudgingReturn,
    Application.Kind.EXTENSION: JudgingExtension,
}


class PassingDown(forms.Form):
    """转派"""

    unit = unit_field("下级单位或科室", url="pick:units-below")
    instruction = text_field("办理要求", 500, required=False, rows=2)


class TakingOver(forms.Form):
    """指定承办人"""

    handler = forms.IntegerField(
        label="承办人", widget=Picker("pick:colleagues"),
        error_messages={"required": "请选择承办人。", "invalid": "请从列表中选择承办人。"},
    )  # fmt: skip


class InnerApproving(forms.Form):
    """内审通过"""

    note = text_field("内审意见", 500, required=False, rows=2)


class Revealing(forms.Form):
    """查看个人信息"""

    reason = forms.CharField(
        label="查看事由", max_length=200, error_messages={"required": "请填写查看事由。"}
    )
