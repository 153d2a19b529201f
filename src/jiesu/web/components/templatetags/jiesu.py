"""The components' template tags. The library is a builtin: templates need no ``{% load %}``.

docs/how-to/components.md lists them with their parameters.
"""

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms, template
from django.forms import BoundField
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from jiesu.foundation import clock as wall
from jiesu.web import saved_forms
from jiesu.web.components import bundle as bundles
from jiesu.web.components import times
from jiesu.web.components.pieces import ClockState, Table, Tone
from jiesu.web.components.widgets import Picker
from jiesu.web.navigation import Shell

register = template.Library()

LEAST_FOLDED = 2  # fewer rarely used actions than this are not worth a fold
MANY = 5  # more choices than this stand in columns
KEY_NAMES = {"enter": "↵", "escape": "Esc", "arrowup": "↑", "arrowdown": "↓"}


# --- the frame -------------------------------------------------------------------------------


@register.simple_tag
def bundle(name: str) -> str:
    """The URL of the built style sheet or script."""
    return bundles.address(name)


@register.simple_tag
def bundle_preloads() -> SafeString:
    """Links that fetch what the script will import."""
    return format_html_join(
        "", '<link rel="modulepreload" href="{}">', ((url,) for url in bundles.preloads())
    )


@register.simple_tag(takes_context=True)
def shell(context: Context) -> Shell:
    """Who is signed in, the navigation and the person's choices; ``{% shell as s %}``."""
    return Shell(context["request"])


@register.simple_tag(takes_context=True)
def restored_form(context: Context) -> dict[str, Any] | None:
    """The form that was typed before the session ran out, if this page was asked to show it."""
    request = context.get("request")
    token = request.GET.get("restored", "") if request else ""
    if not token:
        return None
    actor = getattr(request, "actor", None)
    return saved_forms.load(token, actor.user_id if actor else None)


@register.simple_tag
def key_hint(key: str) -> SafeString:
    """``<kbd>Alt T</kbd>`` for "alt+t"; nothing for ""."""
    if not key:
        return mark_safe("")
    first = key.split(" ", 1)[0]
    return format_html("<kbd>{}</kbd>", " ".join(_key_name(part) for part in first.split("+")))


def _key_name(part: str) -> str:
    return KEY_NAMES.get(part) or (part.upper() if len(part) == 1 else part.capitalize())


# --- limits and states -----------------------------------------------------------------------

_LOOKS: dict[str, tuple[str, str]] = {
    ClockState.OK: ("is-green", "在限期内"),
    ClockState.YELLOW: ("is-amber", "即将到期"),
    ClockState.RED: ("is-red", "已超期"),
    ClockState.PAUSED: ("is-paused", "挂起"),
    ClockState.DONE_IN_TIME: ("is-done", "准时"),
    ClockState.DONE_LATE: ("is-late", "超期完成"),
}


def _read(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


@register.inclusion_tag("components/deadline_badge.html")
def deadline_badge(clock: Any, label: str = "") -> dict[str, Any]:
    """The limit badge, of anything with ``state``, ``words``, ``due_at``; nothing for None."""
    if clock is None:
        return {"shown": False}
    state = _read(clock, "state") or ClockState.OK
    look, fallback = _LOOKS[state]
    return {
        "shown": True,
        "look": look,
        "words": _read(clock, "words") or fallback,
        "label": label,
        "due_at": _read(clock, "due_at"),
        "exact": times.exact(due) if (due := _read(clock, "due_at")) else "",
        "yellow": times.exact(at) if (at := _read(clock, "yellow_at")) else "",
        "open": state in (ClockState.OK, ClockState.YELLOW, ClockState.RED),
        # what is still to come: the page turns the badge itself (frontend/js/limits.js)
        "red_at": due if state in (ClockState.OK, ClockState.YELLOW) else None,
        "yellow_at": _read(clock, "yellow_at") if state == ClockState.OK else None,
    }


@register.inclusion_tag("components/status_tag.html")
def status_tag(text: str, tone: str = "", title: str = "") -> dict[str, str]:
    """A state or a fact in a few words."""
    return {"text": text, "tone": tone, "title": title}


@register.inclusion_tag("components/clocks_panel.html")
def clocks_panel(clocks: Sequence[Any], title: str = "时限") -> dict[str, Any]:
    """Every limit of an order, with how it stands and when it is due."""
    return {"clocks": clocks, "title": title}


@register.simple_tag
def when(at: dt.datetime | dt.date | None, empty: str = "—") -> SafeString:
    """“今天 09:20”, with the exact time in the title; ``empty`` for None."""
    if at is None:
        return format_html("{}", empty)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        times.exact(at),
        times.when_words(at, wall.now()),
    )


@register.simple_tag
def exactly(at: dt.datetime | None, empty: str = "—") -> SafeString:
    """“2026-11-21 09:14”: for print, and where nearness says nothing."""
    if at is None:
        return format_html("{}", empty)
    words = times.exact(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), words, words[:16]
    )


@register.filter
def citizen_time(at: dt.datetime) -> str:
    """“11月26日下午2点”."""
    return times.citizen_time(at)


# --- lists -----------------------------------------------------------------------------------


@register.inclusion_tag("components/order_table.html", takes_context=True)
def order_table(context: Context, table: Table, form_id: str = "bulk") -> dict[str, Any]:
    """A list of orders with its bulk actions and page links."""
    return {
        "table": table,
        "rows": list(table.rows),
        "form_id": form_id,
        "request": context.get("request"),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(
    context: Context, page: Any, parameter: str = "after", counted: str = "件"
) -> dict[str, Any]:
    """Links to the next and previous page by key, keeping the other parameters of the URL."""
    request = context.get("request")

    def link(token: str) -> str:
        query = request.GET.copy() if request else None
        if query is None:
            return f"?{parameter}={token}"
        query[parameter] = token
        return f"?{query.urlencode()}"

    first = ""
    if page.previous and request:
        query = request.GET.copy()
        query.pop(parameter, None)
        first = f"?{query.urlencode()}"
    return {
        "next": link(page.next) if page.next else "",
        "previous": link(page.previous) if page.previous else "",
        "first": first,
        "shown": len(page.items),
        "counted": counted,
    }


@register.inclusion_tag("components/queue.html")
def queue(items: Sequence[Any], empty: str = "没有等着的工单。") -> dict[str, Any]:
    """What waits, as a narrow list beside the work; goes last into a panel."""
    return {"items": items, "empty": empty}


@register.inclusion_tag("components/tabs.html")
def tabs(items: Sequence[Any], label: str = "工作状态") -> dict[str, Any]:
    """Work states with counts."""
    return {"items": items, "label": label}


@register.inclusion_tag("components/filter_chips.html")
def filter_chips(chips: Sequence[Any], save_url: str = "") -> dict[str, Any]:
    """Filters as chips; ``save_url`` loads the dialog that keeps the present one."""
    return {"chips": chips, "save_url": save_url}


@register.inclusion_tag("components/empty_state.html")
def empty_state(title: str, text: str = "", action: str = "", href: str = "") -> dict[str, str]:
    """What an empty place means, and what to do."""
    return {"title": title, "text": text, "action": action, "href": href}


@register.inclusion_tag("components/timeline.html")
def timeline(entries: Sequence[Any], exact: bool = False) -> dict[str, Any]:
    """What happened, newest first; ``exact`` times on paper, where 今天 means nothing."""
    return {"entries": entries, "exact": exact}


@register.inclusion_tag("components/actions_panel.html", takes_context=True)
def actions_panel(
    context: Context, actions: Sequence[Any], why_not: Sequence[Any] = (), title: str = "现在可以做"
) -> dict[str, Any]:
    """What this person may do now, and why not the rest."""
    others = [action for action in actions if not action.main]
    shown = [a for a in others if not a.rare]
    rare = [a for a in others if a.rare]
    if len(rare) < LEAST_FOLDED:
        shown, rare = shown + rare, []
    return {
        "main": [action for action in actions if action.main],
        "others": sorted(shown, key=lambda a: a.tone == Tone.RED),
        "rare": sorted(rare, key=lambda a: a.tone == Tone.RED),
        "why_not": why_not,
        "title": title,
        "csrf_token": context.get("csrf_token"),
    }


# --- forms -----------------------------------------------------------------------------------


def _classes(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect | forms.CheckboxSelectMultiple):
        return ""
    if isinstance(widget, forms.Textarea):
        return "textarea"
    if isinstance(widget, forms.Select):
        return "" if widget.allow_multiple_selected else "select"
    if isinstance(widget, forms.FileInput):
        return ""
    return "input"


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField,
    key: str = "",
    label: str = "",
    help: str = "",
    counter: bool = False,
    rows: int = 0,
    placeholder: str = "",
    autofocus: bool = False,
    of: str = "",
) -> dict[str, Any]:
    """A form field: label with its key, the input, help, the error beside it, a counter.

    ``of`` is the id of the form it belongs to when it stands outside of it, as in a dialog.
    """
    widget = bound.field.widget
    described = []
    if help or bound.help_text:
        described.append(f"{bound.auto_id}_help")
    if bound.errors:
        described.append(f"{bound.auto_id}_error")
    group = isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    attrs: dict[str, Any] = {}
    if css := _classes(widget):
        attrs["class"] = f"{css} {widget.attrs.get('class', '')}".strip()
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if bound.field.required and not group:
        attrs["required"] = True
        attrs["aria-required"] = "true"
    if key and not group:
        attrs["data-key"] = key
        attrs["aria-keyshortcuts"] = key.split(" ", 1)[0].title()
    if of:
        attrs["form"] = of
    if rows:
        attrs["rows"] = rows
    if placeholder:
        attrs["placeholder"] = placeholder
    if autofocus:
        attrs["autofocus"] = True
    if counter:  # the browser must not cut what was pasted: the counter says, the server judges
        attrs["maxlength"] = None
    limit = getattr(bound.field, "max_length", None)
    choices = _choices(bound, key, of) if group else []
    look = getattr(widget, "look", "choices is-many" if len(choices) > MANY else "choices")
    return {
        "bound": bound,
        "errors": _errors(bound, label or str(bound.label)),
        "input": bound if group else _render(bound, attrs),
        "choices": choices,
        "group": group,
        "look": look,
        "check": isinstance(widget, forms.CheckboxInput),
        "hidden": widget.is_hidden,
        "when": getattr(bound.field, "when", ""),
        "label": label or bound.label,
        "help": help or bound.help_text,
        "key": key,
        "counter": counter,
        "limit": limit or 0,
        "least": getattr(bound.field, "min_length", None) or 0,
        "required": bound.field.required,
        "error_id": f"{bound.auto_id}_error",
        "help_id": f"{bound.auto_id}_help",
    }


def _errors(bound: BoundField, label: str) -> list[str]:
    """What is wrong, naming the field: “请填写标题。” instead of “这个字段是必填项。”"""
    general = str(forms.Field.default_error_messages["required"])
    chosen = isinstance(bound.field.widget, forms.Select | forms.RadioSelect | Picker)
    said = []
    for error in bound.errors.as_data():
        for message in error.messages:
            if error.code == "required" and message == general:
                message = f"请{'选择' if chosen else '填写'}{label}。"
            said.append(message)
    return said


def _render(bound: BoundField, attrs: dict[str, Any]) -> SafeString:
    if "maxlength" in attrs and attrs["maxlength"] is None:
        attrs = {name: value for name, value in attrs.items() if name != "maxlength"}
        bound.field.widget.attrs.pop("maxlength", None)
    return bound.as_widget(attrs=attrs)


def _choices(bound: BoundField, key: str, of: str) -> list[SafeString]:
    made = []
    for at, choice in enumerate(bound.subwidgets):
        extra = {"data-key": key} if key and at == 0 else {}
        if of:
            extra["form"] = of
        data = choice.data
        data["attrs"] = {**data["attrs"], **extra}
        value = str(data["value"])
        own_key = getattr(bound.field.widget, "choice_keys", {}).get(value, "")
        own_when = getattr(bound.field.widget, "choice_when", {}).get(value, "")
        own = {"data-key": own_key, "data-when": own_when}
        made.append(
            format_html(
                '<label class="choice"{}><input type="{}" name="{}" value="{}"{}{}>'
                " <span>{}{}</span></label>",
                format_html_join("", ' {}="{}"', ((k, v) for k, v in own.items() if v)),
                data["type"],
                data["name"],
                data["value"],
                format_html_join("", ' {}="{}"', _attributes(data["attrs"])),
                mark_safe(" checked") if data["selected"] else "",
                data["label"],
                key_hint(own_key),
            )
        )
    return made


def _attributes(attrs: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [
        (name, name if value is True else value)
        for name, value in attrs.items()
        if value not in (False, None) and name != "checked"
    ]


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: forms.BaseForm) -> dict[str, Any]:
    """The errors that belong to no field, in a red notice above the form."""
    return {"errors": form.non_field_errors()}


@register.simple_tag
def idempotency_key(prefix: str = "") -> SafeString:
    """A hidden input that makes a double click one order."""
    key = prefix + secrets.token_urlsafe(18)
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', key)


@register.simple_tag
def version_field(thing: Any) -> SafeString:
    """A hidden input with the version that this page shows."""
    version = thing if isinstance(thing, int) else thing.version
    return format_html('<input type="hidden" name="version" value="{}">', version)


@register.inclusion_tag("components/upload.html")
def upload(
    name: str = "files",
    label: str = "附件",
    max_mb: int = 20,
    max_files: int = 9,
    accept: str = "",
    multiple: bool = True,
    key: str = "",
) -> dict[str, Any]:
    """A place for files, looked at before they travel."""
    return {
        "name": name,
        "label": label,
        "max_mb": max_mb,
        "max_files": max_files if multiple else 1,
        "accept": accept,
        "multiple": multiple,
        "key": key,
    }


@register.inclusion_tag("components/attachments.html")
def attachments(files: Sequence[Any], empty: str = "没有附件") -> dict[str, Any]:
    """Files with their sizes."""
    return {"files": files, "empty": empty}


@register.inclusion_tag("components/masked.html")
def masked(value: str, reveal_url: str = "", label: str = "") -> dict[str, str]:
    """Personal data as it may be shown; ``reveal_url`` loads the dialog that asks for a reason."""
    return {"value": value, "reveal_url": reveal_url, "label": label}


@register.inclusion_tag("components/progress.html")
def progress(done: int, total: int, label: str = "", cancel_url: str = "") -> dict[str, Any]:
    """How far long work has come."""
    return {
        "done": done,
        "total": total,
        "label": label,
        "percent": min(100, done * 100 // total) if total else 0,
        "cancel_url": cancel_url,
    }


@register.simple_block_tag(takes_context=True)
def dialog(
    context: Context, content: str, id: str, title: str, wide: bool = False, shown: object = False
) -> SafeString:
    """A native dialog; ``data-opens="id"`` on any button opens it, ``shown`` opens it at once."""
    return format_html(
        '<dialog id="{id}" aria-labelledby="{id}-title"{wide}{shown}>'
        '<div class="dialog-head"><h2 id="{id}-title">{title}</h2>'
        '<button type="button" class="close" data-closes aria-label="关闭">✕</button></div>'
        '<div class="dialog-body">{content}</div></dialog>',
        id=id,
        title=title,
        wide=mark_safe(' class="is-wide"') if wide else "",
        shown=mark_safe(" data-open-now") if shown else "",
        content=content,
    )


@register.filter
def file_size(size: int) -> str:
    """“2.4 MB”."""
    if size < 1024 * 1024:
        return f"{max(1, round(size / 1024))} KB"
    return f"{size / 1024 / 1024:.1f} MB"


@register.filter
def order_number_parts(number: str) -> tuple[str, str]:
    """A 19-digit number as area and rest, so that eyes find the part that differs."""
    return number[:6], number[6:]


@register.filter
def count_words(number: int | None) -> str:
    """A count that stays narrow: "" for None, “999+” beyond."""
    if number is None:
        return ""
    return "999+" if number > 999 else str(number)
