"""What the seat's and the citizen's forms share: long texts, local questions, errors at places."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from jiesu.catalogue import categories, local_forms
from jiesu.foundation.errors import FieldError, Invalid, UseCaseError
from jiesu.organizations.models import Region
from jiesu.web.components.widgets import Picker, Segmented
from jiesu.web.pick.views import region_label

PREFIX = "local_"
FEW = 5  # more choices than this stand in a list that opens


class LongText(forms.CharField):
    """A text of several lines, counted as a person counts: a new line is one character."""

    def __init__(self, *, label: str, max_length: int, rows: int = 5, **options: Any) -> None:
        too_long = f"{label}最多 {max_length} 字，现在有 %(show_value)d 字，请删减或改用附件。"
        options["error_messages"] = {"max_length": too_long, **options.get("error_messages", {})}
        super().__init__(
            label=label, max_length=max_length, widget=forms.Textarea(attrs={"rows": rows}),
            **options,
        )  # fmt: skip

    def to_python(self, value: Any) -> Any:
        """Browsers send CR LF."""
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text


class LocalQuestions(forms.Form):
    """What an area or a class asks in addition. It only shows; the use case judges."""

    def __init__(
        self, asked: list[dict[str, Any]], said: MultiValueDict[str, Any] | None = None
    ) -> None:
        super().__init__(data=said or MultiValueDict())
        self.asked = asked
        for section in asked:
            for question in section["questions"]:
                self.fields[PREFIX + question["key"]] = _field(question)

    def full_clean(self) -> None:
        """No errors but those the use case names."""
        self._errors = ErrorDict()
        self.cleaned_data: dict[str, Any] = {}

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The titles with their questions, ready to be drawn."""
        return [
            (part["title"], [self[PREFIX + q["key"]] for q in part["questions"]])
            for part in self.asked
        ]


def _field(question: Mapping[str, Any]) -> forms.Field:
    kind, choices = question["type"], list(question["choices"])
    plain: dict[str, forms.Widget] = {
        "long_text": forms.Textarea(attrs={"rows": 3}),
        "integer": forms.TextInput(attrs={"inputmode": "numeric"}),
        "decimal": forms.TextInput(attrs={"inputmode": "decimal"}),
        "date": forms.DateInput(attrs={"type": "date"}),
        "phone": forms.TextInput(attrs={"inputmode": "tel"}),
        "region": Picker("pick:regions", region_label, placeholder="输入区县或街道名称"),
    }
    about = {
        "label": question["label"], "required": question["required"],
        "help_text": question["help"],
    }  # fmt: skip
    if kind == "boolean":
        return forms.ChoiceField(
            choices=[("true", "是"), ("false", "否")], widget=Segmented, **about
        )
    if kind == "multi_choice":
        return forms.MultipleChoiceField(
            choices=choices, widget=forms.CheckboxSelectMultiple, **about
        )
    if kind == "choice" and len(choices) <= FEW:
        return forms.ChoiceField(choices=choices, widget=Segmented, **about)
    if kind == "choice":
        return forms.ChoiceField(choices=[("", "请选择"), *choices], **about)
    return forms.CharField(widget=plain.get(kind, forms.TextInput()), **about)


def local_questions(
    region_code: str, category_code: str, at: dt.datetime,
    said: MultiValueDict[str, Any] | None = None,
) -> LocalQuestions:  # fmt: skip
    """What is asked in addition for that area and class, with what was answered so far."""
    region = Region.objects.filter(code=region_code, valid_to=None).first() if region_code else None
    if region is None:
        return LocalQuestions([])
    category = None
    if category_code:
        try:
            category = categories.get(category_code, at)
        except UseCaseError:
            category = None
    return LocalQuestions(local_forms.describe(local_forms.for_(category, region, at)), said)


def local_answers(post: QueryDict, local: LocalQuestions) -> dict[str, Any]:
    """What was answered, as the use case takes it; a picker's words are left out."""
    pickers = {f"{name}_label" for name in local.fields}
    return {
        name.removeprefix(PREFIX): values if len(values) > 1 else values[0]
        for name, values in post.lists()
        if name.startswith(PREFIX) and any(values)
        and (name in local.fields or name not in pickers)
    }  # fmt: skip


def place_errors(
    error: UseCaseError,
    form: forms.Form,
    local: LocalQuestions,
    renamed: Mapping[str, str] | None = None,
) -> None:
    """Put a refusal at its questions and fields; what has no visible place stands above the form.

    ``renamed`` tells which field of the form is meant by the use case's name.
    """
    form.errors  # noqa: B018  # clean first, or it would throw our errors away
    found = error.errors if isinstance(error, Invalid) else ()
    for one in found or (FieldError(error.field, error.code, error.message),):
        question = PREFIX + one.field.removeprefix("answers.")
        name = (renamed or {}).get(one.field, one.field)
        if one.field.startswith("answers.") and question in local.fields:
            local.add_error(question, one.message)
        elif name in form.fields and not form[name].is_hidden:
            form.add_error(name, one.message)
        else:
            form.add_error(None, one.message)
