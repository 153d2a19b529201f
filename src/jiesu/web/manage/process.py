"""The dated numbers that bound the process: how often redo, how deep pass down, how long."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Permission as P
from jiesu.appeals.actions import process_rules
from jiesu.appeals.models import ProcessRule
from jiesu.appeals.rules import BOUNDS, DEFAULTS, Rule
from jiesu.foundation import clock
from jiesu.foundation.errors import NotFound
from jiesu.web.components.widgets import Segmented
from jiesu.web.doors import DeskRequest, desk_view, done
from jiesu.web.form_pages import (
    LinedForm,
    Lines,
    Page,
    day_field,
    form_page,
    line_field,
    sent,
    today,
)
from jiesu.web.manage.catalogue_forms import FROM_TODAY
from jiesu.web.manage.pages import crumbs


class RuleForm(LinedForm):
    """A rule's number from a day on."""

    layout: ClassVar[Lines] = (("value", "effective"),)

    def __init__(self, *args: Any, rule: Rule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        least, most = BOUNDS[rule]
        if (least, most) == (0, 1):
            self.fields["value"] = forms.TypedChoiceField(
                label="改为", choices=[("1", "是"), ("0", "否")], coerce=int, widget=Segmented
            )
        else:
            self.fields["value"] = forms.IntegerField(
                label="改为", min_value=least, max_value=most, help_text=f"{least} 至 {most}。"
            )
        self.fields["effective"] = day_field("自哪天起", required=False, help_text=FROM_TODAY)
        self.fields["note"] = line_field("依据或说明", 200, required=False)


def words(rule: Rule, value: int) -> str:
    """The number as people say it."""
    if BOUNDS[rule] == (0, 1):
        return "是" if value else "否"
    return str(value)


def _label(rule: Rule) -> str:
    return DEFAULTS[rule][1].replace("（1 是，0 否）", "")


def _rule(key: str) -> Rule:
    try:
        return Rule(key)
    except ValueError:
        raise NotFound from None


def _now(rows: list[ProcessRule], day: dt.date) -> ProcessRule | None:
    held = [r for r in rows if r.valid_from <= day and (r.valid_to is None or r.valid_to > day)]
    return held[-1] if held else None


@desk_view(P.MANAGE_SYSTEM)
def rule_list(request: DeskRequest) -> HttpResponse:
    """Every rule with its number of today and what is to come."""
    day = today()
    rows: dict[str, list[ProcessRule]] = {}
    for row in ProcessRule.objects.order_by("key", "valid_from"):
        rows.setdefault(row.key, []).append(row)
    lines = []
    for rule in Rule:
        present = _now(rows.get(rule, []), day)
        coming = [r for r in rows.get(rule, []) if r.valid_from > day]
        lines.append(
            {
                "rule": rule,
                "label": _label(rule),
                "value": words(rule, present.value if present else DEFAULTS[rule][0]),
                "row": present,
                "coming": [(r, words(rule, r.value)) for r in coming],
            }
        )
    page = Page("流程规则", crumbs(("流程规则", "")), reverse("manage:home"))
    return render(request, "manage/process.html", {"page": page, "lines": lines})


@desk_view(P.MANAGE_SYSTEM)
def rule_edit(request: DeskRequest, key: str) -> HttpResponse:
    """Let another number hold from a day on."""
    rule = _rule(key)
    day = today()
    rows = list(ProcessRule.objects.filter(key=rule).order_by("valid_from"))
    present = _now(rows, day)
    value = present.value if present else DEFAULTS[rule][0]
    back = reverse("manage:process")
    lead = f"现在是 {words(rule, value)}。改动只影响生效日以后的操作，以前的不追溯。"
    page = Page(_label(rule), crumbs(("流程规则", back), (_label(rule), "")), back, lead)
    form = RuleForm(sent(request), rule=rule, initial={"value": value})

    def run(said: Mapping[str, Any]) -> ProcessRule:
        return process_rules.set_rule(rule, actor=request.actor, at=clock.now(), **said)

    context = {
        "rows": [(row, words(rule, row.value), row.valid_from > day) for row in reversed(rows)],
        "first": words(rule, DEFAULTS[rule][0]),
    }
    return form_page(
        request, page, form, run, said="已保存。", to=back, template="manage/process_form.html",
        context=context,
    )  # fmt: skip


@require_POST
@desk_view(P.MANAGE_SYSTEM)
def rule_cancel(request: DeskRequest, pk: int) -> HttpResponse:
    """Take back a number that does not hold yet."""
    row = ProcessRule.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound
    process_rules.cancel_rule(row, actor=request.actor, at=clock.now())
    return done(request, "已撤回。", reverse("manage:process"))
