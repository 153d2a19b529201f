"""The questions of a local form: what each kind asks, and whether a schema makes sense."""

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from jiesu.catalogue.editing import Problems
from jiesu.catalogue.sheets import as_date
from jiesu.foundation.errors import invalid

MAX_QUESTIONS = 40
MAX_CHOICES = 200
_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")
TODAY = "today"  # as the bound of a date
_LENGTH = re.compile(r"\d{1,6}")


class Kind(StrEnum):
    """The kinds of question there are."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    CHOICE = "choice"
    MULTI_CHOICE = "multi_choice"
    BOOLEAN = "boolean"
    REGION = "region"
    PHONE = "phone"


KIND_NAMES: dict[Kind, str] = {
    Kind.TEXT: "单行文字",
    Kind.LONG_TEXT: "多行文字",
    Kind.INTEGER: "整数",
    Kind.DECIMAL: "小数",
    Kind.DATE: "日期",
    Kind.CHOICE: "单选",
    Kind.MULTI_CHOICE: "多选",
    Kind.BOOLEAN: "是或否",
    Kind.REGION: "行政区划",
    Kind.PHONE: "电话",
}
LONGEST = {Kind.TEXT: 200, Kind.LONG_TEXT: 2000}
_BOUNDED = {Kind.TEXT, Kind.LONG_TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.MULTI_CHOICE}
_NUMBERS = {
    Kind.INTEGER: re.compile(r"-?\d{1,15}"),
    Kind.DECIMAL: re.compile(r"-?\d{1,15}(\.\d{1,6})?"),
}
CHOSEN = {Kind.CHOICE, Kind.MULTI_CHOICE}
_UNFIT_FOR_FILTERS = {Kind.LONG_TEXT, Kind.PHONE}


@dataclass(frozen=True)
class Choice:
    """One of the answers a choice question offers."""

    value: str
    label: str


@dataclass(frozen=True)
class Question:
    """One question: how it is asked, what may be answered, where the answer appears.

    ``min`` and ``max`` bound the length of a text, the value of a number or a date (a day, or
    "today"), the number of choices taken. ``personal`` answers name a person: they are encrypted
    and masked, so they can neither be filtered by nor stand in lists.
    """

    key: str
    label: str
    type: Kind
    required: bool = False
    help: str = ""
    min: str = ""
    max: str = ""
    choices: tuple[Choice, ...] = ()
    show_in_list: bool = False
    filterable: bool = False
    personal: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Question":
        """The question a stored schema holds (it was checked when it was saved)."""
        known = {f.name for f in dataclasses.fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        values["type"] = Kind(data["type"])
        values["choices"] = tuple(Choice(c["value"], c["label"]) for c in data.get("choices", ()))
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """What is stored: only what differs from the default."""
        data: dict[str, Any] = {"key": self.key, "label": self.label, "type": str(self.type)}
        for name in ("required", "help", "min", "max", "show_in_list", "filterable", "personal"):
            if value := getattr(self, name):
                data[name] = value
        if self.choices:
            data["choices"] = [{"value": c.value, "label": c.label} for c in self.choices]
        return data

    def describe(self) -> dict[str, Any]:
        """All a template needs to draw it, whatever it is drawn with."""
        return {
            "key": self.key,
            "name": f"answers.{self.key}",
            "label": self.label,
            "type": str(self.type),
            "required": self.required,
            "help": self.help,
            "min": self.min,
            "max": self.max or str(LONGEST.get(self.type, "")),
            "choices": [(c.value, c.label) for c in self.choices],
            "personal": self.personal,
        }


def check_questions(data: Any) -> list[Question]:
    """The questions a schema means. Refuses with one error for each fault, at ``questions.N.…``."""
    if not isinstance(data, list) or not all(isinstance(one, Mapping) for one in data):
        raise invalid("questions", "题目的格式不对，应为列表。")
    if not data:
        raise invalid("questions", "请至少添加一道题目。", "required")
    if len(data) > MAX_QUESTIONS:
        raise invalid("questions", f"一份表单最多 {MAX_QUESTIONS} 道题目。", "too_many")
    problems = Problems()
    seen: set[str] = set()
    checked = [_check_question(number, one, seen, problems) for number, one in enumerate(data)]
    problems.refuse()
    return [question for question in checked if question]


def _check_question(
    number: int, data: Mapping[str, Any], seen: set[str], problems: Problems
) -> Question | None:
    at, nth = f"questions.{number}", f"第 {number + 1} 题"
    known = {f.name for f in dataclasses.fields(Question)}
    for name in sorted(set(map(str, data)) - known):
        problems.add(f"{at}.{name}", f"{nth}：不认识“{name[:32]}”这个设置。", "unknown_setting")
    key = str(data.get("key", ""))
    if not _KEY.fullmatch(key):
        problems.add(
            f"{at}.key", f"{nth}：字段名只能用小写字母、数字和下划线，以字母开头，最多 32 位。"
        )
    elif key in seen:
        problems.add(f"{at}.key", f"{nth}：字段名“{key}”与前面的题目重复。", "duplicate")
    seen.add(key)
    label = problems.text(
        str(data.get("label", "")), max_length=64, field=f"{at}.label", label=f"{nth}的题目"
    )
    hint = problems.text(
        str(data.get("help", "")),
        max_length=200,
        field=f"{at}.help",
        label=f"{nth}的提示",
        required=False,
    )
    try:
        kind = Kind(str(data.get("type", "")))
    except ValueError:
        names = "、".join(KIND_NAMES.values())
        problems.add(f"{at}.type", f"{nth}：请选择题型（{names}）。")
        return None
    for name in ("required", "show_in_list", "filterable", "personal"):
        if not isinstance(data.get(name, False), bool):
            problems.add(f"{at}.{name}", f"{nth}：此项应为是或否。")
    question = Question(
        key=key,
        label=label,
        type=kind,
        required=data.get("required") is True,
        help=hint,
        min=str(data.get("min") if data.get("min") is not None else "").strip(),
        max=str(data.get("max") if data.get("max") is not None else "").strip(),
        choices=_check_choices(at, nth, kind, data.get("choices") or [], problems),
        show_in_list=data.get("show_in_list") is True,
        filterable=data.get("filterable") is True,
        personal=data.get("personal") is True or kind is Kind.PHONE,
    )
    _check_bounds(at, nth, question, problems)
    if question.filterable and kind in _UNFIT_FOR_FILTERS:
        problems.add(f"{at}.filterable", f"{nth}：{KIND_NAMES[kind]}不能作为筛选条件。")
    if question.personal and (question.filterable or question.show_in_list):
        problems.add(
            f"{at}.personal", f"{nth}：含个人信息的答案要加密保存，不能在列表中显示或筛选。"
        )
    return question


def _check_choices(
    at: str, nth: str, kind: Kind, data: Any, problems: Problems
) -> tuple[Choice, ...]:
    if kind not in CHOSEN:
        if data:
            problems.add(f"{at}.choices", f"{nth}：{KIND_NAMES[kind]}题没有选项。")
        return ()
    field = f"{at}.choices"
    if not isinstance(data, list) or not data:
        problems.add(field, f"{nth}：请至少添加一个选项。", "required")
        return ()
    if len(data) > MAX_CHOICES:
        problems.add(field, f"{nth}：最多 {MAX_CHOICES} 个选项。", "too_many")
        return ()
    choices: list[Choice] = []
    for one in data:
        whole = isinstance(one, Mapping)
        value = str(one.get("value", "") if whole else one).strip()
        label = str(one.get("label", "") if whole else one).strip() or value
        if not value or len(value) > 64 or len(label) > 64:
            problems.add(field, f"{nth}：选项应为 1 至 64 个字。")
        elif value in {c.value for c in choices} or label in {c.label for c in choices}:
            problems.add(field, f"{nth}：选项“{label}”重复。", "duplicate")
        else:
            choices.append(Choice(value, label))
    return tuple(choices)


def _check_bounds(at: str, nth: str, question: Question, problems: Problems) -> None:
    if (question.min or question.max) and question.type not in _BOUNDED:
        name = KIND_NAMES[question.type]
        problems.add(f"{at}.min", f"{nth}：{name}题不能设最小值和最大值。")
        return
    bounds: list[Decimal | dt.date | None] = []
    for name, text in (("min", question.min), ("max", question.max)):
        try:
            bounds.append(_bound(question.type, text))
        except ValueError:
            what = "日期或 today" if question.type is Kind.DATE else "数字"
            problems.add(f"{at}.{name}", f"{nth}：最小值和最大值应填{what}。")
            return
    low, high = bounds
    if low is not None and high is not None and low > high:  # type: ignore[operator]  # both alike
        problems.add(f"{at}.max", f"{nth}：最大值不能小于最小值。")
    longest = LONGEST.get(question.type)
    if longest and question.max and not 1 <= int(question.max) <= 10 * longest:
        problems.add(f"{at}.max", f"{nth}：最多字数应在 1 至 {10 * longest} 之间。")


def _bound(kind: Kind, text: str) -> Decimal | dt.date | None:
    if kind is Kind.DATE:
        return None if text == TODAY else as_date(text)
    if not text:
        return None
    if not _NUMBERS.get(kind, _LENGTH).fullmatch(text):
        raise ValueError(text)
    return Decimal(text)
