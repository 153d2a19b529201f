"""The figures a bulletin may name, taken once from a published span. Nothing here changes it.

``inputs_of`` gives plain data that is kept with the bulletin: figures by their Chinese name, and
the rows of its tables. A rate is the group's or region's together: sum of what was met over sum of
what was due, in percent with two decimals. Where there is no value a table has a dash, and a
sentence says why.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from jiesu.documents.paper import date_words
from jiesu.scoring.definitions import Definition
from jiesu.scoring.facts import Sheet
from jiesu.scoring.indicators import INDICATORS
from jiesu.scoring.points import cents, rate
from jiesu.scoring.publication import Published, Standing

NONE = "—"
LISTED = 60  # units of a group in the table of ranks
WORST = 6  # units whose orders are suggested as cases
PLAIN = (
    "考核期", "上期", "方案", "地区", "起始日期", "截止日期", "单位数", "参评单位数", "工单数",
    "红榜", "黑榜", "入榜规则", "最高分", "中位分", "最低分",
)  # fmt: skip
LAST, CHANGE = "上期", "变化"  # {按时办结率}, {按时办结率上期}, {按时办结率变化}

# What a sentence says where there is no value.
NOT_IN_SCHEME = "本方案无此项指标"
NO_LAST, NO_CHANGE = "上期无可比数据", "无可比数据"
NOBODY_LISTED, NOBODY_RANKED = "本期无单位上榜", "本期无单位参加排名"
NOT_ONE_MIDDLE = "各组不同，见分组情况表"
NOTHING_DUE = {
    Sheet.DUTIES: "本期无应办件", Sheet.CLOSED: "本期无可评价的办结件", Sheet.INTAKE: "本期无来件",
}  # fmt: skip
WITHOUT_VALUE = frozenset(
    {NOT_IN_SCHEME, NO_LAST, NO_CHANGE, NOBODY_LISTED, NOBODY_RANKED, NOT_ONE_MIDDLE,
     *NOTHING_DUE.values()}
)  # fmt: skip


def names() -> list[str]:
    """Every name a template may use."""
    rates = [
        f"{indicator.name}{end}" for indicator in INDICATORS.values() for end in ("", LAST, CHANGE)
    ]
    return [*PLAIN, *rates]


def inputs_of(told: Published) -> dict[str, Any]:
    """Figures and rows of what was published, as plain data."""
    now, before = _together(told.summary), _together(told.before.summary if told.before else [])
    figures = dict.fromkeys(names(), NOT_IN_SCHEME) | _plain(told)
    rates = []
    for code, value in now.items():
        indicator, last = INDICATORS[code], before.get(code)
        figures |= _in_words(indicator.name, value, last, NOTHING_DUE[indicator.sheet])
        change = _change(value, last) or NONE
        rates.append([indicator.name, _percent(value) or NONE, _percent(last) or NONE, change])
    worst = told.black or sorted(told.standings, key=lambda one: (-one.rank, one.unit_id))
    return {
        "figures": figures,
        "rates": rates,
        "groups": [_group(one) for one in told.summary],
        "ranks": [
            {"group": one["group"], "rows": _ranks(told.standings, one["group"])}
            for one in told.summary
        ],
        "boards": {"red": _names(told.red), "black": _names(told.black)},
        "worst": [[one.unit_id, one.name] for one in worst[:WORST]],
    }


def _in_words(
    name: str, now: Decimal | None, last: Decimal | None, nothing_due: str
) -> dict[str, str]:
    return {
        name: _percent(now) or nothing_due,
        f"{name}{LAST}": _percent(last) or NO_LAST,
        f"{name}{CHANGE}": _change(now, last) or NO_CHANGE,
    }


def _plain(told: Published) -> dict[str, str]:
    summary = told.summary
    totals = [Decimal(one["total"][key]) for one in summary for key in ("best", "worst")
              if one["total"]]  # fmt: skip
    middle = [one["total"]["median"] for one in summary if one["total"]]
    return {
        "考核期": told.days.name,
        "上期": told.before.days.name if told.before else NO_LAST,
        "方案": told.scheme.name,
        "地区": told.scheme.region.name,
        "起始日期": date_words(told.days.first),
        "截止日期": date_words(told.days.last),
        "单位数": str(sum(one["units"] for one in summary)),
        "参评单位数": str(sum(one["ranked"] for one in summary)),
        "工单数": str(sum(one["orders"] for one in summary)),
        "红榜": "、".join(_names(told.red)) or NOBODY_LISTED,
        "黑榜": "、".join(_names(told.black)) or NOBODY_LISTED,
        "入榜规则": rule_of_lists(told.definition),
        "最高分": str(max(totals)) if totals else NOBODY_RANKED,
        "最低分": str(min(totals)) if totals else NOBODY_RANKED,
        "中位分": middle[0] if len(middle) == 1 else NOT_ONE_MIDDLE if middle else NOBODY_RANKED,
    }


def rule_of_lists(definition: Definition) -> str:
    """How the red and black list are cut, ties too (``scoring.ranking`` does so)."""
    each = "每组" if definition.groups else ""
    return (
        f"红榜取{each}前{definition.red}名，黑榜取{each}末{definition.black}名，各不超过"
        f"{'该组' if each else ''}参评单位的三分之一，满分单位不入黑榜；得分相同的名次并列，"
        "名额内承办工单多的先入榜，仍相同的按单位编号"
    )


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
    return "" if value is None else f"{value}%"


def _change(now: Decimal | None, last: Decimal | None) -> str:
    if now is None or last is None:
        return ""
    if now == last:
        return "持平"
    return f"{'上升' if now > last else '下降'}{abs(now - last)}个百分点"


def _group(one: Mapping[str, Any]) -> list[str]:
    total = one["total"]
    return [one["group"] or "全部", str(one["units"]), str(one["ranked"]), str(one["orders"]),
            *(total.get(key, NONE) for key in ("best", "median", "worst"))]  # fmt: skip


def _ranks(standings: Sequence[Standing], group: str) -> list[list[str]]:
    mine = [one for one in standings if one.group == group]
    return [[str(one.rank), one.name, one.total, _moved(one.moved)] for one in mine[:LISTED]]


def _moved(moved: int | None) -> str:
    if not moved:
        return NONE if moved is None else "持平"
    return f"↑{moved}" if moved > 0 else f"↓{-moved}"


def _names(standings: Sequence[Standing]) -> list[str]:
    return [one.name for one in standings]
