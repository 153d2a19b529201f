"""The dated numbers that bound the process, with the defaults of domain §3.

A centre changes them by adding a ``ProcessRule`` row valid from a day; history stays.
"""

import datetime as dt
import time
from dataclasses import dataclass, field
from enum import StrEnum

from jiesu.appeals.models import ProcessRule
from jiesu.organizations.checks import day_of


class Rule(StrEnum):
    """The bounds there are."""

    MAX_REDO = "max_redo"
    MAX_PASS_DOWN = "max_pass_down"  # noqa: S105 - a rule's name
    MAX_RETURNS_PER_UNIT = "max_returns_per_unit"
    MAX_EXTENSIONS = "max_extensions"
    MAX_EXTENSIONS_DIFFICULT = "max_extensions_difficult"
    MAX_CALLBACK_TRIES = "max_callback_tries"
    UNREACHABLE_DAYS = "unreachable_days"
    ARCHIVE_AFTER_DAYS = "archive_after_days"
    MIN_REPLY_CHARACTERS = "min_reply_characters"
    CONTACT_REQUIRED = "contact_required"
    LEAD_WAITS_FOR_JOINT = "lead_waits_for_joint"
    REPLY_FLAWS_STOP = "reply_flaws_stop"
    WARN_EXTREME_MINUTES = "warn_extreme_minutes"
    WARN_DANGER_MINUTES = "warn_danger_minutes"
    WARN_MASS_MINUTES = "warn_mass_minutes"
    WARN_STABILITY_MINUTES = "warn_stability_minutes"
    WARN_OPINION_MINUTES = "warn_opinion_minutes"
    WARN_RISING_MINUTES = "warn_rising_minutes"
    AUTO_DISPATCH_CONFIDENCE = "auto_dispatch_confidence"


DEFAULTS: dict[Rule, tuple[int, str]] = {
    Rule.MAX_REDO: (2, "二次办理最多次数，之后转督办或认定"),
    Rule.MAX_PASS_DOWN: (3, "转派最多层级"),
    Rule.MAX_RETURNS_PER_UNIT: (1, "同一单位对同一工单最多退单次数"),
    Rule.MAX_EXTENSIONS: (1, "一般工单最多延期次数"),
    Rule.MAX_EXTENSIONS_DIFFICULT: (2, "疑难工单最多延期次数"),
    Rule.MAX_CALLBACK_TRIES: (3, "回访未接通最多次数，之后可按未接通办结"),
    Rule.UNREACHABLE_DAYS: (3, "以联系不上为由挂起，须在不同日期联系的天数"),
    Rule.ARCHIVE_AFTER_DAYS: (30, "办结后自动归档的天数"),
    Rule.MIN_REPLY_CHARACTERS: (15, "答复内容最少字数"),
    Rule.CONTACT_REQUIRED: (1, "提交答复前须有联系记录（1 是，0 否）"),
    Rule.LEAD_WAITS_FOR_JOINT: (0, "主办须待协办反馈后方可提交（1 是，0 否）"),
    Rule.REPLY_FLAWS_STOP: (4, "答复有几类毛病即不得放行（0 只提示不拦截）"),
    Rule.WARN_EXTREME_MINUTES: (2, "扬言极端类预警处置时限（分钟）"),
    Rule.WARN_DANGER_MINUTES: (5, "突发险情类预警处置时限（分钟）"),
    Rule.WARN_MASS_MINUTES: (15, "群体聚集类预警处置时限（分钟）"),
    Rule.WARN_STABILITY_MINUTES: (30, "涉稳类预警处置时限（分钟）"),
    Rule.WARN_OPINION_MINUTES: (60, "舆情类预警处置时限（分钟）"),
    Rule.WARN_RISING_MINUTES: (120, "同一人情绪升级类预警处置时限（分钟）"),
    Rule.AUTO_DISPATCH_CONFIDENCE: (0, "自动派单的最低把握（%），0 为不自动派单"),
}

# What a rule may be set to: least, most.
BOUNDS: dict[Rule, tuple[int, int]] = {
    Rule.MAX_REDO: (0, 10),
    Rule.MAX_PASS_DOWN: (0, 5),
    Rule.MAX_RETURNS_PER_UNIT: (0, 5),
    Rule.MAX_EXTENSIONS: (0, 5),
    Rule.MAX_EXTENSIONS_DIFFICULT: (0, 5),
    Rule.MAX_CALLBACK_TRIES: (1, 10),
    Rule.UNREACHABLE_DAYS: (1, 15),
    Rule.ARCHIVE_AFTER_DAYS: (1, 365),
    Rule.MIN_REPLY_CHARACTERS: (0, 500),
    Rule.CONTACT_REQUIRED: (0, 1),
    Rule.LEAD_WAITS_FOR_JOINT: (0, 1),
    Rule.REPLY_FLAWS_STOP: (0, 12),
    Rule.WARN_EXTREME_MINUTES: (1, 1440),
    Rule.WARN_DANGER_MINUTES: (1, 1440),
    Rule.WARN_MASS_MINUTES: (1, 1440),
    Rule.WARN_STABILITY_MINUTES: (1, 1440),
    Rule.WARN_OPINION_MINUTES: (1, 1440),
    Rule.WARN_RISING_MINUTES: (1, 1440),
    Rule.AUTO_DISPATCH_CONFIDENCE: (0, 100),
}

_TTL_SECONDS = 2.0


@dataclass
class _Known:
    """All dated values as they were read, and what held on the days that were asked for."""

    read_at: float
    rows: list[ProcessRule]
    by_day: dict[dt.date, dict[str, int]] = field(default_factory=dict)

    def on(self, day: dt.date) -> dict[str, int]:
        values = self.by_day.get(day)
        if values is None:
            values = self.by_day[day] = {
                r.key: r.value
                for r in self.rows
                if r.valid_from <= day and (r.valid_to is None or r.valid_to > day)
            }
        return values


_known: _Known | None = None


def value(rule: Rule, at: dt.datetime) -> int:
    """The rule's value in force on the day of ``at``; a change is seen within two seconds."""
    global _known
    known = _known
    if known is None or time.monotonic() - known.read_at > _TTL_SECONDS:
        rows = list(ProcessRule.objects.order_by("valid_from"))
        known = _known = _Known(time.monotonic(), rows)
    return known.on(day_of(at)).get(rule, DEFAULTS[rule][0])


def forget() -> None:
    """Drop what is cached (after a change in this process, and between tests)."""
    global _known
    _known = None
