"""What the pages of this desk share: where one is, and pickers within its reach."""

from typing import Any

from django import forms
from django.urls import reverse

from jiesu.web.components.pieces import Crumb
from jiesu.web.components.widgets import Picker
from jiesu.web.pick.views import region_label, unit_label

PAGE_SIZE = 30


def crumbs(*steps: tuple[str, str]) -> list[Crumb]:
    """The path in the bar below 管理: words and where they lead; the last leads nowhere."""
    return [Crumb("管理", reverse("manage:home")), *(Crumb(text, href) for text, href in steps)]


def unit_field(label: str, *, required: bool = True, **options: Any) -> forms.Field:
    """A unit in the actor's region, by name, initials or code; its value is its id."""
    return forms.IntegerField(
        label=label,
        required=required,
        widget=Picker("manage:pick-units", unit_label),
        error_messages={"required": f"请选择{label}。", "invalid": f"请从列表中选择{label}。"},
        **options,
    )


def region_field(label: str, *, required: bool = True, **options: Any) -> forms.Field:
    """A region, by name, initials or code; its value is its code."""
    return forms.CharField(
        label=label,
        required=required,
        widget=Picker("pick:regions", region_label),
        error_messages={"required": f"请选择{label}。"},
        **options,
    )
