"""The scheme's form: its indicators as a table, its groups as lines."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms

from jiesu.foundation.errors import FieldError, Invalid
from jiesu.organizations.models import Region, Unit
from jiesu.scoring.definitions import EVERY_NAMES, Definition, Every, Group, Part, bands_of
from jiesu.scoring.indicators import INDICATORS, SILENCE_NAMES, Silence
from jiesu.scoring.points import Loss, LossKind, Step
from jiesu.web.components.widgets import Segmented
from jiesu.web.scoring.pages import plain

GROUPS = 8
LOSSES = [("per_point", "每点扣分"), ("proportional", "按比例"), ("bands", "分档")]
STEPS = [("linear", "按比例扣"), ("floor", "不扣")]
KINDS = [c for c in Unit.Kind.choices if c[0] not in ("section",)]
LEVELS = [c for c in Region.Level.choices if c[0] != "village"]


def number(label: str, *, required: bool = False, places: int = 2, **more: Any) -> forms.Field:
    """A decimal."""
    return forms.DecimalField(
        label=label, required=required, max_digits=7, decimal_places=places,
        error_messages={"invalid": "请填数字。", "required": f"请填写{label}。",
                        "max_decimal_places": f"最多 {places} 位小数。"},
        **more,
    )  # fmt: skip


def whole(label: str, help_text: str = "") -> forms.Field:
    """A whole number."""
    return forms.IntegerField(
        label=label, min_value=0, max_value=1000, help_text=help_text,
        error_messages={"required": f"请填写{label}。", "invalid": "请填整数。"},
    )  # fmt: skip


def in_a_table(field: forms.Field, of: str = "") -> None:
    """A field that stands in a table: its column's head names it, and ``of`` its line."""
    look = "select" if isinstance(field.widget, forms.Select) else "input"
    field.widget.attrs |= {"class": look, "aria-label": f"{of}{field.label}"}


class SchemeForm(forms.Form):
    """Everything a scheme says from a day on."""

    name = forms.CharField(
        label="方案名称", max_length=64, error_messages={"required": "请填写方案名称。"}
    )
    valid_from = forms.DateField(
        label="自哪天起", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="须是考核期的第一天；以前的考核期不变。",
        error_messages={"invalid": "请填写有效日期。", "required": "请填写启用日期。"},
    )  # fmt: skip
    every = forms.ChoiceField(
        label="考核周期", choices=[(e.value, EVERY_NAMES[e]) for e in Every], widget=Segmented
    )
    full = number("总分", required=True)
    kinds = forms.MultipleChoiceField(
        label="考核哪类单位", choices=KINDS, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请选择考核哪类单位。"},
    )  # fmt: skip
    levels = forms.MultipleChoiceField(
        label="考核哪一级", choices=LEVELS, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请选择考核哪一级的单位。"},
    )  # fmt: skip
    silence = forms.ChoiceField(
        label="未评价、未联系上的", choices=[(s.value, SILENCE_NAMES[s]) for s in Silence],
        widget=Segmented,
    )  # fmt: skip
    joint = forms.BooleanField(label="协办按时率计入协办单位", required=False)
    fault_each = number("每条过错扣分", required=True)
    fault_most = number("过错最多扣", help_text="不填为不封顶。")
    least_orders = whole("不少于几件才排名", "件数少的只展示，不排名。")
    red = whole("红榜取前几名", "不超过本组三分之一。")
    black = whole("黑榜取后几名", "不超过本组三分之一。")
    apply_days = whole("剔除申请期（天）", "从冻结起算。")
    note = forms.CharField(label="依据或说明", max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code in INDICATORS:
            self.fields[f"{code}_weight"] = number("权重")
            self.fields[f"{code}_target"] = number("目标 %")
            self.fields[f"{code}_loss"] = forms.ChoiceField(
                label="得分办法", choices=LOSSES, required=False
            )
            self.fields[f"{code}_each"] = number("扣分")
            self.fields[f"{code}_step"] = forms.ChoiceField(
                label="不足 1 点", choices=STEPS, required=False
            )
            self.fields[f"{code}_bands"] = forms.CharField(
                label="各档", required=False, max_length=200
            )
            for part in ("weight", "target", "loss", "each", "step", "bands"):
                in_a_table(self.fields[f"{code}_{part}"], INDICATORS[code].name)
        for place in range(GROUPS):
            self.fields[f"group{place}_name"] = forms.CharField(
                label="组名", required=False, max_length=32
            )
            self.fields[f"group{place}_kind"] = forms.ChoiceField(
                label="单位类型", required=False, choices=[("", "不限"), *KINDS]
            )
            self.fields[f"group{place}_level"] = forms.ChoiceField(
                label="级别", required=False, choices=[("", "不限"), *LEVELS]
            )
            self.fields[f"group{place}_least"] = forms.IntegerField(
                label="件数不少于", required=False, min_value=0, max_value=1_000_000
            )
            for part in ("name", "kind", "level", "least"):
                in_a_table(self.fields[f"group{place}_{part}"])

    def indicator_lines(self) -> Iterator[dict[str, Any]]:
        """The table's lines: an indicator with its fields."""
        for code, indicator in INDICATORS.items():
            parts = ("weight", "target", "loss", "each", "step", "bands")
            yield {"indicator": indicator, **{p: self[f"{code}_{p}"] for p in parts}}

    def group_lines(self) -> Iterator[dict[str, Any]]:
        """The groups' lines."""
        for place in range(GROUPS):
            yield {p: self[f"group{place}_{p}"] for p in ("name", "kind", "level", "least")}

    def definition(self) -> Definition:
        """What the form says. Refuses bands it cannot read, at their field."""
        said = self.cleaned_data
        parts = [self._part(code) for code in INDICATORS if said.get(f"{code}_weight") is not None]
        groups = [
            Group(
                said[f"group{n}_name"].strip(),
                tuple(filter(None, [said[f"group{n}_kind"]])),
                tuple(filter(None, [said[f"group{n}_level"]])),
                said[f"group{n}_least"] or 0,
            )
            for n in range(GROUPS)
            if said[f"group{n}_name"].strip()
        ]
        return Definition(
            full=said["full"], parts=tuple(parts), kinds=tuple(said["kinds"]),
            levels=tuple(said["levels"]), every=Every(said["every"]), groups=tuple(groups),
            fault_each=said["fault_each"], fault_most=said["fault_most"],
            silence=Silence(said["silence"]), joint=said["joint"],
            least_orders=said["least_orders"], red=said["red"], black=said["black"],
            apply_days=said["apply_days"],
        )  # fmt: skip

    def _part(self, code: str) -> Part:
        said = self.cleaned_data
        try:
            bands = bands_of(said[f"{code}_bands"])
        except ValueError:
            wrong = "各档写成“比率:得分比例”，例如 95:100 90:80。"
            raise Invalid([FieldError(f"{code}_bands", "invalid", wrong)]) from None
        kind = LossKind(said[f"{code}_loss"] or LossKind.PER_POINT)
        target = said[f"{code}_target"]
        return Part(
            code, said[f"{code}_weight"], Decimal(100) if target is None else target,
            Loss(
                kind, said[f"{code}_each"] or Decimal(0 if kind is LossKind.PER_POINT else "0.5"),
                Step(said[f"{code}_step"] or Step.LINEAR), bands,
            ),
        )  # fmt: skip


def initial_of(definition: Definition, name: str, day: dt.date) -> dict[str, Any]:
    """A definition as the form begins with it."""
    found: dict[str, Any] = {
        "name": name, "valid_from": day, "every": definition.every, "full": plain(definition.full),
        "kinds": list(definition.kinds), "levels": list(definition.levels),
        "silence": definition.silence, "joint": definition.joint,
        "fault_each": plain(definition.fault_each),
        "fault_most": None if definition.fault_most is None else plain(definition.fault_most),
        "least_orders": definition.least_orders, "red": definition.red, "black": definition.black,
        "apply_days": definition.apply_days,
    }  # fmt: skip
    for part in definition.parts:
        bands = " ".join(f"{plain(a)}:{plain(b)}" for a, b in part.loss.bands)
        found |= {
            f"{part.indicator}_weight": plain(part.weight),
            f"{part.indicator}_target": plain(part.target),
            f"{part.indicator}_loss": part.loss.kind,
            f"{part.indicator}_each": plain(part.loss.each),
            f"{part.indicator}_step": part.loss.step, f"{part.indicator}_bands": bands,
        }  # fmt: skip
    for place, group in enumerate(definition.groups[:GROUPS]):
        found |= {
            f"group{place}_name": group.name,
            f"group{place}_kind": group.kinds[0] if group.kinds else "",
            f"group{place}_level": group.levels[0] if group.levels else "",
            f"group{place}_least": group.at_least or None,
        }
    return found
