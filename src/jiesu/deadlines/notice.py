"""Reads the State Council's notice as it is published: paste it, check the days, load the year.

    一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。

Whatever the text says twice is compared: the weekday in brackets and the number of days. A notice
pasted into the wrong year, or with a slip of the pen, is refused where it contradicts itself. Pure.
"""

import datetime as dt
import re

from jiesu.deadlines.draft import DayRow
from jiesu.foundation.errors import FieldError, Invalid, invalid

_ITEM = re.compile(r"^\s*[一二三四五六七八九十]+、\s*([^：:。]{2,20})[：:]", re.MULTILINE)
_DATE = re.compile(
    r"(?:(?P<year>\d{4})年)?(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})日"
    r"(?:[（(][^）)]*?(?:周|星期)(?P<weekday>[一二三四五六日天])[^）)]*[）)])?"
)
_BRACKETS = re.compile(r"[（(][^）)]*[）)]")
_LENGTH = re.compile(r"共(\d+)天")
_WEEKDAYS = "一二三四五六日"


def read_notice(text: str, year: int) -> list[DayRow]:
    """The days off and make-up workdays a notice for a year names, in order.

    Refuses a text without any, one that contradicts itself or the year's weekdays, and one that
    calls a day both off and worked.
    """
    errors: list[FieldError] = []
    found: dict[dt.date, DayRow] = {}
    items = list(_ITEM.finditer(text))
    ends = [item.start() for item in items[1:]] + [len(text)]
    for item, end in zip(items, ends, strict=False):
        body = text[item.end() : end]
        for sentence in re.split(r"[。；;\n]", body):
            for row in _sentence(sentence.strip(), item[1].strip(), year, errors):
                before = found.setdefault(row.date, row)
                if before.is_workday != row.is_workday:
                    errors.append(_error(f"{row.date} 既写了放假又写了上班，请核对。"))
    if errors:
        raise Invalid(errors)
    if not found:
        raise invalid(
            "text",
            "没有读出放假日期。请粘贴通知正文，每个节日一段，例如“一、元旦：1月1日至3日放假，"
            "共3天。1月4日（周日）上班。”",
            "no_days",
        )
    return sorted(found.values())


def _sentence(text: str, name: str, year: int, errors: list[FieldError]) -> list[DayRow]:
    """The days of one sentence; none where it does not begin with a date (advice, say)."""
    if not _DATE.match(text):
        return []
    rows: list[DayRow] = []
    month = 0
    counted = 0
    for clause in re.split(r"[，,]", text):
        spans: list[tuple[dt.date, dt.date]] = []
        end = -1
        for match in _DATE.finditer(clause):
            month = int(match["month"] or month)
            day = _day(match, year, month, errors)
            if day is None:
                return []
            if spans and _BRACKETS.sub("", clause[end : match.start()]).strip() in (
                "至",
                "到",
                "-",
            ):
                spans[-1] = (spans[-1][0], day)
            else:
                spans.append((day, day))
            end = match.end()
        works = "上班" in clause
        if spans and not works and "放假" not in clause and "休" not in clause:
            continue
        for first, last in spans:
            if not 0 <= (last - first).days < 31:
                errors.append(_error(f"{name}“{clause}”的起止日期不对，请核对。"))
                continue
            days = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
            counted += len(days)
            rows += [DayRow(day, works, name) for day in days]
    length = _LENGTH.search(text)
    if length and int(length[1]) != counted:
        errors.append(_error(f"{name}写明共 {length[1]} 天，起止日期却是 {counted} 天，请核对。"))
    return rows


def _day(match: re.Match[str], year: int, month: int, errors: list[FieldError]) -> dt.date | None:
    try:
        day = dt.date(int(match["year"] or year), month, int(match["day"]))
    except ValueError:
        errors.append(_error(f"“{match[0]}”不是有效日期，请核对。"))
        return None
    if match["weekday"]:
        actual = _WEEKDAYS[day.weekday()]
        if match["weekday"].replace("天", "日") != actual:
            errors.append(_error(f"“{match[0]}”与日历不符，{day} 是周{actual}。请核对年份和日期。"))
    return day


def _error(message: str) -> FieldError:
    return FieldError("text", "notice_contradicts", message)
