"""The figures a bulletin may name, taken once from a published period. Nothing here changes it.

``inputs_of`` gives plain data that is kept with the bulletin: figures by their Chinese name, and
the rows of its tables. A rate is the group's or region's together: sum of what was met over sum of
what was due, in percent with two decimals.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jiesu.documents.paper import date_words
from jiesu.scoring import reading
from jiesu.scoring.indicators import INDICATORS
from jiesu.scoring.models import Revision, UnitScore
from jiesu.scoring.points import cents, rate
from jiesu.scoring.reading import Published

NONE = "—"
LISTED = 60  # units of a group in the table of ranks
PLAIN = (
    "考核期", "上期", "方案", "地区", "起始日期", "截止日期", "单位数", "参评单位数", "工单数",
    "红榜", "黑榜", "最高分", "中位分", "最低分",
)  # fmt: skip
LAST, CHANGE = "上期", "变化"  # {按时办结率}, {按时办结率上期}, {按时办结率变化}


def names() -> list[str]:
    """Every name a template may use."""
    rates = [
        f"{indicator.name}{end}" for indicator in INDICATORS.values() for end in ("", LAST, CHANGE)
    ]
    return [*PLAIN, *rates]


def inputs_of(told: Published) -> dict[str, Any]:
    """Figures and rows of a published period, as plain data."""
    now, before = _together(told.summary), _together(told.before.summary if told.before else [])
    figures = dict.fromkeys(names(), NONE) | _plain(told)
    rates = []
    for code, value in now.items():
        name, last = INDICATORS[code].name, before.get(code)
        change = _change(value, last)
        row = [_percent(value), _percent(last), change]
        figures |= dict(zip((name, f"{name}{LAST}", f"{name}{CHANGE}"), row, strict=True))
        rates.append([name, *row])
    return {
        "figures": figures,
        "rates": rates,
        "groups": [_group(one) for one in told.summary],
        "ranks": [
            {"group": one["group"], "rows": _ranks(told.revision, one["group"])}
            for one in told.summary
        ],
        "boards": {"red": _names(told.red), "black": _names(told.black)},
    }


def _plain(told: Published) -> dict[str, str]:
    period, summary = told.period, told.summary
    totals = [Decimal(one["total"][key]) for one in summary for key in ("best", "worst")
              if one["total"]]  # fmt: skip
    middle = [one["total"]["median"] for one in summary if one["total"]]
    return {
        "考核期": period.name,
        "上期": told.before.period.name if told.before else NONE,
        "方案": period.scheme.name,
        "地区": period.scheme.region.name,
        "起始日期": date_words(period.first),
        "截止日期": date_words(period.last),
        "单位数": str(sum(one["units"] for one in summary)),
        "参评单位数": str(sum(one["ranked"] for one in summary)),
        "工单数": str(sum(one["orders"] for one in summary)),
        "红榜": "、".join(_names(told.red)) or NONE,
        "黑榜": "、".join(_names(told.black)) or NONE,
        "最高分": str(max(totals)) if totals else NONE,
        "最低分": str(min(totals)) if totals else NONE,
        "中位分": middle[0] if len(middle) == 1 else NONE,
    }


def _together(summary: Sequence[Mapping[str, Any]]) -> dict[str, Decimal | None]:
    sums: dict[str, tuple[int, int]] = {}
    for group in summary:
        for code, measure in group["measures"].items():
            met, due = sums.get(code, (0, 0))
            sums[code] = met + measure["num"], due + measure["den"]
    found = {}
    for code, (met, due) in sums.items():
        value = rate(met, due)
        found[code] = None if value is None else cents(value)
    return found


def _percent(value: Decimal | None) -> str:
    return NONE if value is None else f"{value}%"


def _change(now: Decimal | None, last: Decimal | None) -> str:
    if now is None or last is None:
        return NONE
    if now == last:
        return "持平"
    return f"{'上升' if now > last else '下降'}{abs(now - last)}个百分点"


def _group(one: Mapping[str, Any]) -> list[str]:
    total = one["total"]
    return [one["group"] or "全部", str(one["units"]), str(one["ranked"]), str(one["orders"]),
            *(total.get(key, NONE) for key in ("best", "median", "worst"))]  # fmt: skip


def _ranks(revision: Revision, group: str) -> list[list[str]]:
    rows = reading.ranked_first(reading.scores(revision, group)).exclude(rank=None)
    return [
        [str(score.rank), score.unit_name, str(score.total), _moved(score.moved)]
        for score in rows.only("rank", "unit_name", "total", "moved")[:LISTED]
    ]


def _moved(moved: int | None) -> str:
    if not moved:
        return NONE if moved is None else "持平"
    return f"↑{moved}" if moved > 0 else f"↓{-moved}"


def _names(scores: Sequence[UnitScore]) -> list[str]:
    return [score.unit_name for score in scores]
