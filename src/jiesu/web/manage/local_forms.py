"""Local forms: what a city or a class asks in addition. Rows of questions, with a preview."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from jiesu.access import Permission as P
from jiesu.access import may_manage
from jiesu.catalogue import categories, local_forms
from jiesu.catalogue.models import LocalForm
from jiesu.catalogue.questions import KIND_NAMES, MAX_QUESTIONS, check_questions
from jiesu.foundation import clock
from jiesu.foundation.errors import Invalid, NotFound, UseCaseError
from jiesu.organizations import regions
from jiesu.organizations.names import initials
from jiesu.organizations.paths import below
from jiesu.web.doors import DeskRequest, add_errors, desk_view, done
from jiesu.web.form_pages import (
    LinedForm,
    Lines,
    Page,
    day_field,
    line_field,
    region_of,
    sent,
    today,
)
from jiesu.web.manage.catalogue_forms import FROM_TODAY, class_field
from jiesu.web.manage.pages import crumbs, region_field
from jiesu.web.once import once

SPARE = 3  # empty rows offered at a time
_FLAGS = ("required", "show_in_list", "filterable", "personal")


class HeadForm(LinedForm):
    """What the form is called and where it is asked."""

    layout: ClassVar[Lines] = (("category", "region"), ("title", "effective"))
    field_order = ("title", "effective", "category", "region")
    title = line_field("表单标题", 64)
    category = class_field("哪类诉求", required=False, help_text="不填则每类诉求都问。")
    region = region_field("哪个区划", required=False, help_text="不填则到处都问。")
    effective = day_field("自哪天起", required=False, help_text=FROM_TODAY)


class ReplaceHeadForm(HeadForm):
    """An existing form keeps where it is asked."""

    layout: ClassVar[Lines] = (("title", "effective"),)
    category = None  # type: ignore[assignment]  # Django takes a field away so
    region = None  # type: ignore[assignment]  # likewise


class QuestionForm(forms.Form):
    """One row: one question. A row without words is left aside."""

    order = forms.IntegerField(label="序", required=False, min_value=1, max_value=999)
    label = forms.CharField(label="题目", required=False, max_length=64)
    type = forms.ChoiceField(
        label="题型", choices=[(str(kind), name) for kind, name in KIND_NAMES.items()]
    )
    choices = forms.CharField(
        label="选项", required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="单选、多选用，一行一个。",
    )  # fmt: skip
    help = forms.CharField(label="提示", required=False, max_length=200)
    min = forms.CharField(label="最小", required=False, max_length=16)
    max = forms.CharField(label="最大", required=False, max_length=16)
    required = forms.BooleanField(label="必答", required=False)
    show_in_list = forms.BooleanField(label="在列表中显示", required=False)
    filterable = forms.BooleanField(label="可筛选", required=False)
    personal = forms.BooleanField(label="含个人信息", required=False)
    key = forms.CharField(label="字段名", required=False, max_length=32)

    def schema(self, number: int) -> dict[str, Any]:
        """The row as the use case takes it."""
        said = self.cleaned_data
        data: dict[str, Any] = {
            "key": said["key"] or _key_of(said["label"], number),
            "label": said["label"],
            "type": said["type"],
            "help": said["help"],
            "min": said["min"],
            "max": said["max"],
            **{flag: bool(said[flag]) for flag in _FLAGS},
        }
        lines = [line.strip() for line in said["choices"].splitlines() if line.strip()]
        data["choices"] = [_choice(line) for line in lines]
        return data


def _choice(line: str) -> dict[str, str]:
    value, bar, label = line.partition("=")
    return {"value": value.strip(), "label": label.strip() if bar else value.strip()}


def _key_of(label: str, number: int) -> str:
    """A field name for a new question: its initials, or its number."""
    letters = initials(label)[:24]
    return f"{letters if letters[:1].isalpha() else 'q'}_{number}"


Rows = forms.formset_factory(QuestionForm, extra=0, max_num=MAX_QUESTIONS, absolute_max=100)


def _initial(form: LocalForm) -> list[dict[str, Any]]:
    rows = []
    for number, question in enumerate(form.questions, 1):
        choices = [
            c["value"] if c["value"] == c["label"] else f"{c['value']}={c['label']}"
            for c in question.get("choices", ())
        ]
        rows.append({**question, "order": number, "choices": "\n".join(choices)})
    return rows


def managed(request: DeskRequest, pk: int) -> LocalForm:
    """The form, of the actor's region or everywhere's; out of reach looks like absent."""
    form = LocalForm.objects.select_related("category", "region").filter(pk=pk).first()
    if form is None or (
        form.region and not may_manage(request.actor, P.MANAGE_CATALOGUE, form.region.path)
    ):
        raise NotFound
    return form


@desk_view(P.MANAGE_CATALOGUE)
def form_list(request: DeskRequest) -> HttpResponse:
    """The forms asked now or soon, everywhere's first; those that have ended on request."""
    day = today()
    ended = bool(request.GET.get("ended"))
    rows = LocalForm.objects.filter(
        Q(region=None) | Q(**below("region__path", request.actor.region_path))
    ).select_related("category", "region")
    rows = rows.filter(valid_to__lte=day) if ended else rows.exclude(valid_to__lte=day)
    context = {
        "page": Page("补充表单", crumbs(("补充表单", "")), reverse("manage:home")),
        "forms": rows.order_by("region__path", "category__code", "-valid_from")[:200],
        "ended": ended,
        "today": day,
    }
    return render(request, "manage/local_forms.html", context)


def _editor(
    request: DeskRequest, page: Page, head: LinedForm, rows: Any, status: int = 200,
    preview: Sequence[Mapping[str, Any]] = (),
) -> HttpResponse:  # fmt: skip
    context = {"page": page, "form": head, "rows": rows, "preview": preview}
    return render(request, "manage/local_form.html", context, status=status)


def _sent(request: DeskRequest) -> tuple[Any, list[QuestionForm]]:
    """The rows as sent, and those with words in the order asked for."""
    rows = Rows(request.POST, prefix="q")
    rows.is_valid()
    filled = [
        (row.cleaned_data.get("order") or 1000 + number, number, row)
        for number, row in enumerate(rows.forms)
        if getattr(row, "cleaned_data", None) and row.cleaned_data.get("label")
    ]
    return rows, [row for _, _, row in sorted(filled, key=lambda one: one[:2])]


def _place_errors(head: LinedForm, asked: Sequence[QuestionForm], error: UseCaseError) -> None:
    """Put what is wrong with question N beside its row."""
    for one in error.errors if isinstance(error, Invalid) else ():
        parts = one.field.split(".")
        if parts[0] == "questions" and len(parts) == 3 and parts[1].isdecimal():
            row = asked[int(parts[1])]
            row.add_error(parts[2] if parts[2] in row.fields else None, one.message)
        else:
            head.add_error(one.field if one.field in head.fields else None, one.message)
    if not isinstance(error, Invalid):
        add_errors(head, error)


def _more_rows(request: DeskRequest) -> Any:
    """The rows as typed, with empty ones after them."""
    data = request.POST.copy()
    total = int(data.get("q-TOTAL_FORMS") or 0) if data.get("q-TOTAL_FORMS", "").isdecimal() else 0
    data["q-TOTAL_FORMS"] = str(min(total + SPARE, MAX_QUESTIONS))
    return Rows(data, prefix="q")


def _edit(request: DeskRequest, page: Page, head: LinedForm, empty: Any, save: Any) -> HttpResponse:
    if request.method != "POST":
        return _editor(request, page, head, empty)
    if request.POST.get("step") == "more":
        return _editor(request, page, head, _more_rows(request))
    rows, asked = _sent(request)
    schema = [row.schema(number) for number, row in enumerate(asked, 1)]
    try:
        if not head.is_valid() or not rows.is_valid():
            return _editor(request, page, head, rows, 422)
        if request.POST.get("step") == "preview":
            shown = [question.describe() for question in check_questions(schema)]
            return _editor(request, page, head, rows, preview=shown)
        made = save(head.cleaned_data, schema)
    except UseCaseError as error:
        _place_errors(head, asked, error)
        return _editor(request, page, head, rows, error.status)
    return done(request, "已保存。", reverse("manage:local-form", args=[made]))


@desk_view(P.MANAGE_CATALOGUE)
def form_new(request: DeskRequest) -> HttpResponse:
    """Ask further questions for a class in an area."""
    back = reverse("manage:local-forms")
    page = Page("新建补充表单", crumbs(("补充表单", back), ("新建", "")), back)
    head = HeadForm(sent(request))
    empty = Rows(prefix="q", initial=[{"order": n} for n in range(1, SPARE + 1)])

    def save(said: Mapping[str, Any], schema: Sequence[Mapping[str, Any]]) -> int:
        at = clock.now()

        def add() -> str:
            form = local_forms.add(
                said["title"],
                schema,
                category=categories.get(said["category"], at) if said["category"] else None,
                region=region_of(said["region"], "region") if said["region"] else None,
                effective=said["effective"],
                actor=request.actor,
                at=at,
            )
            return str(form.pk)

        return int(once(request, add))

    return _edit(request, page, head, empty, save)


@desk_view(P.MANAGE_CATALOGUE)
def form_edit(request: DeskRequest, pk: int) -> HttpResponse:
    """Ask otherwise from a day on."""
    form = managed(request, pk)
    here = reverse("manage:local-form", args=[pk])
    steps = crumbs(("补充表单", reverse("manage:local-forms")), (form.title, here), ("修改", ""))
    lead = "自生效日起按新题目问；以前的回答仍按当时的题目显示。"
    page = Page(f"修改“{form.title}”", steps, here, lead)
    head = ReplaceHeadForm(sent(request), initial={"title": form.title})
    empty = Rows(prefix="q", initial=_initial(form))

    def save(said: Mapping[str, Any], schema: Sequence[Mapping[str, Any]]) -> int:
        return local_forms.replace(
            form, said["title"], schema, effective=said["effective"], actor=request.actor,
            at=clock.now(),
        ).pk  # fmt: skip

    return _edit(request, page, head, empty, save)


@desk_view(P.MANAGE_CATALOGUE)
def form_page(request: DeskRequest, pk: int) -> HttpResponse:
    """One form: where it is asked, and how it looks."""
    form = managed(request, pk)
    steps = crumbs(("补充表单", reverse("manage:local-forms")), (form.title, ""))
    context = {
        "page": Page(form.title, steps, ""),
        "local": form,
        "where": regions.full_name(form.region) if form.region else "所有区划",
        "questions": local_forms.questions(form),
        "kinds": {str(kind): name for kind, name in KIND_NAMES.items()},
        "preview": local_forms.describe([form])[0]["questions"],
        "today": today(),
    }
    return render(request, "manage/local_form_page.html", context)


@require_POST
@desk_view(P.MANAGE_CATALOGUE)
def form_end(request: DeskRequest, pk: int) -> HttpResponse:
    """Ask no longer."""
    local_forms.end(managed(request, pk), actor=request.actor, at=clock.now())
    return done(request, "已停用，今天起不再询问。", reverse("manage:local-forms"))
