"""Form widgets: the picker, and classes for Django's own."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

F = TypeVar("F", bound=forms.Field)


def when(condition: str, field: F) -> F:
    """The field, shown only when other fields say so (frontend/js/choices.js: "kind=extension")."""
    field.when = condition  # type: ignore[attr-defined]  # read by the template tag of a field
    return field


class Picker(forms.Widget):
    """A combobox: type, choose from what the server found, keep only its value.

    ``url`` is a URL name (or a path) that answers with ``options_response``; ``label_for`` turns a
    value already chosen into its words; ``include`` names other inputs (CSS selectors) whose values
    travel along; ``free`` lets words stand that match nothing.
    """

    is_picker = True

    def __init__(
        self,
        url: str,
        label_for: Callable[[str], str] = str,
        *,
        include: str = "",
        placeholder: str = "输入名称、拼音首字母或编码",
        min_chars: int = 0,
        free: bool = False,
        attrs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(attrs)
        self.url = url
        self.label_for = label_for
        self.include = include
        self.placeholder = placeholder
        self.min_chars = min_chars
        self.free = free

    def id_for_label(self, id_: str) -> str:
        """The label points at what is typed into."""
        return f"{id_}_text" if id_ else id_

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """The combobox's HTML."""
        given: Mapping[str, Any] = {**self.attrs, **(attrs or {})}
        text = "" if value in (None, "") else str(value)
        return render_to_string(
            "components/combobox.html",
            {
                "name": name,
                "id": given.get("id") or f"id_{name}",
                "value": text,
                "label": self.label_for(text) if text else "",
                "url": self.url if self.url.startswith("/") else reverse(self.url),
                "include": self.include,
                "placeholder": self.placeholder,
                "min": self.min_chars,
                "free": self.free,
                "attrs": {k: v for k, v in given.items() if k not in ("id", "class", "required")},
                "disabled": given.get("disabled", False),
            },
        )


class Choices:
    """What single choices may carry: a key each, and when each of them stands (``data-when``)."""

    choice_keys: Mapping[str, str] = {}
    choice_when: Mapping[str, str] = {}


class Segmented(Choices, forms.RadioSelect):
    """Radios as one row of joined buttons."""

    look = "segmented"

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        *,
        keys: Mapping[str, str] | None = None,
        when: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(attrs)
        self.choice_keys, self.choice_when = keys or {}, when or {}


class Marks(forms.CheckboxSelectMultiple):
    """Checkboxes as marks that one sets on something: small, in one flow."""

    look = "marks"
