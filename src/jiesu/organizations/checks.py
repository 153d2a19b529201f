"""What a unit or a region must satisfy, said of the field that does not; and who may manage it."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from jiesu.access import Actor, Permission, may_manage
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import FieldError, Forbidden, Invalid
from jiesu.foundation.text import clean_text
from jiesu.organizations.models import ALWAYS, Region, Unit
from jiesu.organizations.paths import is_below

_UNIT_CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")
_REGION_CODE = re.compile(r"[0-9]{6}|[0-9]{9}|[0-9]{12}")
MOST_REVIEW_STEPS = 2


@dataclass(frozen=True)
class NewUnit:
    """A unit to be set up."""

    code: str
    name: str
    kind: str
    region: Region
    parent: Unit | None = None
    short_name: str = ""
    phone: str = ""
    inner_review_steps: int = 1


@dataclass(frozen=True)
class NewRegion:
    """A region to be set up."""

    code: str
    name: str
    level: str
    parent: Region | None = None


def day_of(at: dt.datetime) -> dt.date:
    """The day in Beijing."""
    return at.astimezone(BEIJING).date()


def must_manage(actor: Actor, region_path: str) -> None:
    """Refuse an actor who does not manage the organizations of that region."""
    if not may_manage(actor, Permission.MANAGE_ORGANIZATIONS, region_path):
        raise Forbidden


def holds(row: Region | Unit, day: dt.date) -> bool:
    """Whether a region or a unit holds on a day."""
    return row.valid_from <= day and (row.valid_to is None or day < row.valid_to)


def when(row: Region | Unit) -> str:
    """Why it does not hold, for a sentence: 已于 2026-01-01 撤销 / 自 2026-01-01 起启用."""
    if row.valid_to is not None:
        return f"已于 {row.valid_to} 撤销"
    return f"自 {row.valid_from} 起才启用"


class Problems:
    """Collects every wrong field before refusing."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def add(self, field: str, code: str, message: str) -> None:
        """Note one wrong field."""
        self.found.append(FieldError(field, code, message))

    def text(self, value: str, *, max_length: int, field: str, label: str) -> str:
        """One line of text, tidied; noted when too long."""
        return self.attempt(
            lambda: clean_text(
                value, max_length=max_length, field=field, label=label, multiline=False
            ),
            value,
        )

    def attempt(self, check: Callable[[], str], otherwise: str) -> str:
        """What ``check`` gives, or note why it refused."""
        try:
            return check()
        except Invalid as refusal:
            self.found.extend(refusal.errors)
            return otherwise

    def refuse(self) -> None:
        """Raise ``Invalid`` if anything was noted."""
        if self.found:
            raise Invalid(self.found)


def checked_unit(new: NewUnit, day: dt.date) -> NewUnit:
    """The unit with its texts tidied. Raises ``Invalid`` with every wrong field."""
    problems = Problems()
    code = new.code.strip()
    if not _UNIT_CODE.fullmatch(code):
        problems.add(
            "code", "bad_code", "单位编码只能用字母、数字、“-”和“_”，1 至 32 位。"
        )  # fmt: skip
    name = problems.text(new.name, max_length=64, field="name", label="单位名称")
    if not name:
        problems.add("name", "required", "请填写单位名称。")
    short = problems.text(new.short_name, max_length=32, field="short_name", label="简称")
    phone = problems.text(new.phone, max_length=32, field="phone", label="值班电话")
    if new.kind not in Unit.Kind.values:
        kinds = "、".join(Unit.Kind.labels)
        problems.add("kind", "unknown_kind", f"单位类型不对，应为：{kinds}。")
    if not 0 <= new.inner_review_steps <= MOST_REVIEW_STEPS:
        problems.add("inner_review_steps", "out_of_range", "内审级数应为 0、1 或 2。")
    if not holds(new.region, day):
        problems.add(
            "region", "region_not_in_force", f"区划“{new.region.name}”{when(new.region)}。"
        )
    if new.parent is not None:
        _check_parent(problems, new.region, new.parent, day)
    problems.refuse()
    return NewUnit(
        code, name, new.kind, new.region, new.parent, short, phone, new.inner_review_steps
    )


def _check_parent(problems: Problems, region: Region, parent: Unit, day: dt.date) -> None:
    if not holds(parent, day):
        problems.add("parent", "unit_not_in_force", f"上级单位“{parent.name}”{when(parent)}。")
    elif not is_below(region.path, parent.region.path):
        problems.add(
            "region",
            "region_mismatch",
            f"所属区划“{region.name}”不在上级单位“{parent.name}”的区划“{parent.region.name}”之内，"
            "请核对区划或上级单位。",
        )


def check_parent(region: Region, parent: Unit, day: dt.date) -> None:
    """Refuse a parent that does not hold, or whose region does not contain the unit's."""
    problems = Problems()
    _check_parent(problems, region, parent, day)
    problems.refuse()


_LEVELS = list(Region.Level.values)


def checked_region(new: NewRegion, day: dt.date) -> NewRegion:
    """The region with its name tidied. Raises ``Invalid`` with every wrong field."""
    problems = Problems()
    if not _REGION_CODE.fullmatch(new.code):
        problems.add("code", "bad_code", f"区划代码应为 6、9 或 12 位数字：“{new.code}”。")
    name = problems.text(new.name, max_length=64, field="name", label="区划名称")
    if not name:
        problems.add("name", "required", "请填写区划名称。")
    if new.level not in _LEVELS:
        problems.add(
            "level", "unknown_level", f"层级不对，应为：{'、'.join(Region.Level.labels)}。"
        )
    elif new.parent is not None and _LEVELS.index(new.level) < _LEVELS.index(new.parent.level):
        problems.add(
            "level",
            "level_mismatch",
            f"“{name}”的层级不能高于上级区划“{new.parent.name}”（{new.parent.get_level_display()}）。",
        )
    if new.parent is not None and not holds(new.parent, day):
        problems.add(
            "parent", "region_not_in_force", f"上级区划“{new.parent.name}”{when(new.parent)}。"
        )
    problems.refuse()
    return NewRegion(new.code, name, new.level, new.parent)


def check_day(day: dt.date, *, field: str = "effective") -> None:
    """Refuse a day before the republic's first or absurdly far ahead: a slip of the keyboard."""
    if not ALWAYS <= day <= dt.date(2200, 1, 1):
        raise Invalid([FieldError(field, "bad_date", f"日期 {day} 不对，请核对年份。")])
