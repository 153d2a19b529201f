"""A unit's answer."""

from django import forms

from jiesu.appeals.actions.handling import Answer
from jiesu.catalogue.codes import Table
from jiesu.web.components.widgets import Segmented, when
from jiesu.web.orders.forms import code_field, text_field


class ReportForm(forms.Form):
    """The handling report, and the public reply as a text of its own."""

    public_reply = text_field(
        "给诉求人的答复", 20_000, required=False, rows=9,
        help_text="写明核查情况、处理措施、结果和依据；不要写内部流程和他人信息。",
    )  # fmt: skip
    handling_report = text_field(
        "办理报告（内部）", 20_000, required=False, rows=6, help_text="热线中心和本单位可见。"
    )
    found_true = forms.ChoiceField(
        label="是否属实", required=False, widget=Segmented,
        choices=[("yes", "属实"), ("no", "不属实")],
    )  # fmt: skip
    solved = forms.ChoiceField(
        label="是否解决", required=False, widget=Segmented,
        choices=[("yes", "已解决"), ("no", "未解决")],
    )  # fmt: skip
    unsolved_reason = when(
        "solved=no", code_field(Table.UNSOLVED_REASON, "未解决原因", required=False)
    )
    legal_basis = forms.CharField(label="法律政策依据", required=False, max_length=500)

    def answer(self, upload_key: str = "") -> Answer:
        """The use case's input."""
        said = self.cleaned_data
        return Answer(
            handling_report=said["handling_report"],
            public_reply=said["public_reply"],
            found_true=_yes(said["found_true"]),
            solved=_yes(said["solved"]),
            unsolved_reason=said["unsolved_reason"],
            legal_basis=said["legal_basis"],
            upload_key=upload_key,
        )


def _yes(value: str) -> bool | None:
    return None if not value else value == "yes"
