"""What a city or a class asks in addition: typed questions, dated, per class × area.

Local differences are data. A form's questions are JSON; ``questions.Question`` is what they mean.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from jiesu.access import Actor
from jiesu.catalogue.categories import lineage
from jiesu.catalogue.editing import STALE, Problems, changed, must_edit, starting
from jiesu.catalogue.models import Category, LocalForm, valid_on
from jiesu.catalogue.questions import CHOSEN, LONGEST, TODAY, Kind, Question, check_questions
from jiesu.catalogue.sheets import as_date
from jiesu.catalogue.versions import day_of
from jiesu.foundation.errors import ChangedMeanwhile, FieldError, Invalid
from jiesu.foundation.identifiers import normalize_phone, phone_problem
from jiesu.foundation.text import clean_text
from jiesu.organizations.models import Region
from jiesu.organizations.paths import ancestors, below

_YES = {"true", "1", "on", "yes", "是", "有"}
_NO = {"false", "0", "off", "no", "否", "无"}


# Which forms apply ----------------------------------------------------------------------------


def for_(
    category: Category | None, region: Region | None, at: dt.datetime | dt.date
) -> list[LocalForm]:
    """The forms that apply there and then, the most general first. One statement."""
    return those_of(on_record(category, region), at)


def those_of(forms: Iterable[LocalForm], at: dt.datetime | dt.date) -> list[LocalForm]:
    """Of these forms those that apply on that day."""
    day = day_of(at)
    return [f for f in forms if f.valid_from <= day and (f.valid_to is None or day < f.valid_to)]


def on_record(category: Category | None, region: Region | None) -> list[LocalForm]:
    """The forms that ever applied there, the most general first. One statement."""
    of_class = Q(category__isnull=True)
    if category is not None:
        of_class |= Q(category__in=lineage(category))
    of_area = Q(region__isnull=True)
    if region is not None:
        of_area |= Q(region__path__in=ancestors(region.path))
    forms = LocalForm.objects.filter(of_class, of_area).select_related("category", "region")
    return sorted(forms, key=_generality)


def _generality(form: LocalForm) -> tuple[int, int, int]:
    return (
        len(form.region.path) if form.region else 0,
        form.category.level if form.category else 0,
        form.pk,
    )


def questions(forms: LocalForm | Iterable[LocalForm]) -> list[Question]:
    """The questions of one form or of several; a more specific form's replaces a general one's."""
    listed = [forms] if isinstance(forms, LocalForm) else forms
    merged: dict[str, Question] = {}
    for form in listed:
        for data in form.questions:
            question = Question.from_json(data)
            merged[question.key] = question
    return list(merged.values())


def describe(forms: Iterable[LocalForm]) -> list[dict[str, Any]]:
    """The forms as sections with their questions, neutral about how they are drawn."""
    listed = list(forms)
    final = {question.key: question for question in questions(listed)}
    sections = []
    for form in listed:
        mine = [final.pop(data["key"]) for data in form.questions if data["key"] in final]
        if mine:
            sections.append(
                {"title": form.title, "questions": [question.describe() for question in mine]}
            )
    return sections


def marked(at: dt.datetime | dt.date, region: Region | None = None) -> list[Question]:
    """The questions lists may show or filter by, in that area and below it. One statement."""
    forms = LocalForm.objects.filter(valid_on(day_of(at))).select_related("category", "region")
    if region is not None:
        forms = forms.filter(
            Q(region__isnull=True)
            | Q(region__path__in=ancestors(region.path))
            | Q(**below("region__path", region.path))
        )
    found = questions(sorted(forms, key=_generality))
    return [question for question in found if question.show_in_list or question.filterable]


# Answers --------------------------------------------------------------------------------------


def clean(
    forms: LocalForm | Iterable[LocalForm],
    answers: Mapping[str, Any],
    at: dt.datetime | dt.date | None = None,
) -> dict[str, Any]:
    """The answers as they are stored (JSON), without those left blank.

    Texts are tidied, numbers and dates brought to one form (a decimal is stored as text, exactly).
    Refuses with one error for each wrong answer, at the field ``answers.KEY``. ``at`` is what
    "today" means in a date's bound; without it such a bound is not checked.
    """
    asked = {question.key: question for question in questions(forms)}
    cleaner = _Cleaner(day_of(at) if at else None, _regions(asked.values(), answers))
    kept: dict[str, Any] = {}
    errors: list[FieldError] = []
    for key, question in asked.items():
        try:
            value = cleaner.clean(question, answers.get(key))
        except _Wrong as wrong:
            errors.append(FieldError(f"answers.{key}", wrong.code, wrong.message))
            continue
        if value is not None:
            kept[key] = value
    for key in answers:
        if key not in asked and not _blank(answers[key]):
            errors.append(
                FieldError(
                    f"answers.{str(key)[:32]}",
                    "unknown_question",
                    f"附加表单中没有“{str(key)[:32]}”这一项，表单可能已调整，请刷新后核对。",
                )
            )
    if errors:
        raise Invalid(errors)
    return kept


class _Wrong(Exception):
    def __init__(self, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


def _blank(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == [] or value == ()


def _regions(asked: Iterable[Question], answers: Mapping[str, Any]) -> dict[str, str]:
    codes = {
        str(answers[question.key]).strip()
        for question in asked
        if question.type is Kind.REGION and not _blank(answers.get(question.key))
    }
    if not codes:
        return {}
    return dict(
        Region.objects.filter(code__in=codes, valid_to__isnull=True).values_list("code", "name")
    )


class _Cleaner:
    """Brings one answer to the form it is stored in."""

    def __init__(self, today: dt.date | None, regions: Mapping[str, str]) -> None:
        self.today = today
        self.regions = regions

    def clean(self, question: Question, value: Any) -> Any:
        if _blank(value):
            if question.required:
                verb = "选择" if question.type in CHOSEN | {Kind.REGION} else "填写"
                raise _Wrong(f"请{verb}“{question.label}”。", "required")
            return None
        if question.type is Kind.MULTI_CHOICE:
            return self.multi_choice(question, value)
        if question.type is Kind.BOOLEAN:
            return self.boolean(question, value)
        if isinstance(value, bool | list | tuple | dict):
            raise _Wrong(f"“{question.label}”的格式不对。")
        text = str(value)
        match question.type:
            case Kind.TEXT | Kind.LONG_TEXT:
                return self.text(question, text)
            case Kind.INTEGER | Kind.DECIMAL:
                return self.number(question, text)
            case Kind.DATE:
                return self.date(question, text)
            case Kind.CHOICE:
                return self.choice(question, text)
            case Kind.REGION:
                return self.region(question, text)
            case _:
                return self.phone(question, text)

    def text(self, question: Question, value: str) -> str:
        longest = int(question.max or LONGEST[question.type])
        try:
            text = clean_text(
                value,
                max_length=longest,
                field=question.key,
                label=f"“{question.label}”",
                multiline=question.type is Kind.LONG_TEXT,
            )
        except Invalid as refusal:
            raise _Wrong(refusal.errors[0].message, "too_long") from refusal
        if question.min and len(text) < int(question.min):
            raise _Wrong(f"“{question.label}”至少填写 {question.min} 个字。", "too_short")
        return text

    def number(self, question: Question, value: str) -> int | str:
        whole = question.type is Kind.INTEGER
        text = unicodedata.normalize("NFKC", value).strip().replace(",", "")
        if not re.fullmatch(r"[+-]?\d{1,15}" if whole else r"[+-]?\d{1,15}(\.\d{1,6})?", text):
            kind = "整数" if whole else "数字（最多 6 位小数）"
            raise _Wrong(f"“{question.label}”应填{kind}，如 12{'' if whole else '.5'}。")
        number = Decimal(text)
        if question.min and number < Decimal(question.min):
            raise _Wrong(f"“{question.label}”不能小于 {question.min}。", "too_small")
        if question.max and number > Decimal(question.max):
            raise _Wrong(f"“{question.label}”不能大于 {question.max}。", "too_large")
        return int(number) if whole else f"{number:f}"

    def date(self, question: Question, value: str) -> str:
        try:
            day = as_date(unicodedata.normalize("NFKC", value).strip())
        except ValueError as error:
            raise _Wrong(f"“{question.label}”应填日期，如 2025-01-31。") from error
        if day is None:
            raise _Wrong(f"“{question.label}”应填日期，如 2025-01-31。")
        first, last = self.bound(question.min), self.bound(question.max)
        if first and day < first:
            raise _Wrong(f"“{question.label}”不能早于 {first}。", "too_small")
        if last and day > last:
            raise _Wrong(f"“{question.label}”不能晚于 {last}。", "too_large")
        return day.isoformat()

    def bound(self, text: str) -> dt.date | None:
        return self.today if text == TODAY else as_date(text)

    def choice(self, question: Question, value: str) -> str:
        for choice in question.choices:
            if value.strip() in {choice.value, choice.label}:
                return choice.value
        raise _Wrong(f"“{question.label}”没有这个选项，请从列表中选择。", "unknown_choice")

    def multi_choice(self, question: Question, value: Any) -> list[str]:
        given = list(value) if isinstance(value, list | tuple) else [value]
        if not all(isinstance(one, str | int) for one in given):
            raise _Wrong(f"“{question.label}”的格式不对。")
        taken = {self.choice(question, str(one)) for one in given}
        if question.min and len(taken) < int(question.min):
            raise _Wrong(f"“{question.label}”至少选 {question.min} 项。", "too_few")
        if question.max and len(taken) > int(question.max):
            raise _Wrong(f"“{question.label}”最多选 {question.max} 项。", "too_many")
        return [choice.value for choice in question.choices if choice.value in taken]

    def boolean(self, question: Question, value: Any) -> bool:
        text = str(value).strip().casefold()
        if text in _YES:
            return True
        if text in _NO:
            return False
        raise _Wrong(f"“{question.label}”应填是或否。")

    def region(self, question: Question, value: str) -> str:
        code = value.strip()
        if code not in self.regions:
            raise _Wrong(
                f"“{question.label}”没有代码为“{code[:12]}”的区划，请从列表中选择。",
                "unknown_region",
            )
        return code

    def phone(self, question: Question, value: str) -> str:
        if phone_problem(value):
            raise _Wrong(f"“{question.label}”：{phone_problem(value)}", "bad_phone")
        return normalize_phone(value)


def split_personal(
    forms: LocalForm | Iterable[LocalForm], answers: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The answers in two: those anyone concerned may read, and those that name a person."""
    personal = {question.key for question in questions(forms) if question.personal}
    return (
        {key: value for key, value in answers.items() if key not in personal},
        {key: value for key, value in answers.items() if key in personal},
    )


@dataclass(frozen=True)
class Shown:
    """One answered question as a reader sees it."""

    key: str
    label: str
    text: str
    personal: bool = False


def shown(forms: LocalForm | Iterable[LocalForm], answers: Mapping[str, Any]) -> list[Shown]:
    """The answers in words, in the order asked; one whose question is gone stands last, as it is.

    A statement only when a region was answered.
    """
    asked = {question.key: question for question in questions(forms)}
    names = _regions(asked.values(), answers)
    listed = [
        Shown(key, question.label, _in_words(question, answers[key], names), question.personal)
        for key, question in asked.items()
        if key in answers
    ]
    orphans = [
        Shown(key, key, "、".join(map(str, v)) if isinstance(v, list) else str(v), personal=True)
        for key, v in answers.items()
        if key not in asked
    ]
    return listed + orphans


def _in_words(question: Question, value: Any, regions: Mapping[str, str]) -> str:
    labels = {choice.value: choice.label for choice in question.choices}
    match question.type:
        case Kind.MULTI_CHOICE:
            return "、".join(labels.get(one, one) for one in value)
        case Kind.CHOICE:
            return labels.get(value, str(value))
        case Kind.BOOLEAN:
            return "是" if value else "否"
        case Kind.REGION:
            return regions.get(value, str(value))
        case _:
            return str(value)


# Editing --------------------------------------------------------------------------------------


@transaction.atomic
def add(
    title: str,
    questions: Sequence[Mapping[str, Any]],
    *,
    category: Category | None,
    region: Region | None,
    actor: Actor,
    at: dt.datetime,
    effective: dt.date | None = None,
) -> LocalForm:
    """Ask further questions for a class (or all) in an area (or everywhere), from a day on.

    Refuses a schema with faults, a past day, and an editor of another area.
    """
    must_edit(actor, region)
    form = LocalForm.objects.create(
        category=category,
        region=region,
        title=_title(title),
        questions=[question.to_json() for question in check_questions(questions)],
        valid_from=starting(effective, at),
    )
    changed("form_added", actor=actor, at=at, subject=f"form:{form.pk}", data=_facts(form))
    return form


@transaction.atomic
def replace(
    form: LocalForm,
    title: str,
    questions: Sequence[Mapping[str, Any]],
    *,
    actor: Actor,
    at: dt.datetime,
    effective: dt.date | None = None,
) -> LocalForm:
    """Ask otherwise from a day on; the form as it was stays for what was answered before."""
    must_edit(actor, form.region)
    day = starting(effective, at)
    title, checked = _title(title), check_questions(questions)
    before = _facts(form)
    _end(form, day)
    new = LocalForm.objects.create(
        category=form.category,
        region=form.region,
        title=title,
        questions=[question.to_json() for question in checked],
        valid_from=max(day, form.valid_from),
    )
    changed(
        "form_replaced",
        actor=actor,
        at=at,
        subject=f"form:{new.pk}",
        data={"before": before, "after": _facts(new)},
    )
    return new


@transaction.atomic
def end(
    form: LocalForm, *, actor: Actor, at: dt.datetime, effective: dt.date | None = None
) -> None:
    """Ask no longer from a day on."""
    must_edit(actor, form.region)
    _end(form, starting(effective, at))
    changed("form_ended", actor=actor, at=at, subject=f"form:{form.pk}", data=_facts(form))


def _title(title: str) -> str:
    problems = Problems()
    text = problems.text(title, max_length=64, field="title", label="表单标题")
    problems.refuse()
    return text


def _end(form: LocalForm, day: dt.date) -> None:
    form.valid_to = max(day, form.valid_from)  # one that had not begun never holds
    ended = LocalForm.objects.filter(pk=form.pk, valid_to__isnull=True)
    if not ended.update(valid_to=form.valid_to):
        raise ChangedMeanwhile(STALE)


def _facts(form: LocalForm) -> dict[str, Any]:
    return {
        "id": form.pk,
        "title": form.title,
        "category": form.category.code if form.category else "",
        "region": form.region.code if form.region else "",
        "questions": form.questions,
        "valid_from": form.valid_from.isoformat(),
        "valid_to": form.valid_to.isoformat() if form.valid_to else "",
    }
