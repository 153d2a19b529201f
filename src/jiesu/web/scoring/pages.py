"""What the pages of this desk share: words for figures, tabs, counts."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.scoring import reading
from jiesu.scoring.definitions import Definition, Part
from jiesu.scoring.indicators import INDICATORS, WHY_NAMES, Why
from jiesu.scoring.lifecycle import PeriodState
from jiesu.scoring.models import Exclusion, Period, Remedy, UnitScore
from jiesu.scoring.points import LossKind, Step
from jiesu.web.components.pieces import Tab, Tag
from jiesu.web.lists import count_up_to
from jiesu.web.navigation import Count

TONES = {PeriodState.PREVIEW: "line", PeriodState.FROZEN: "amber", PeriodState.PUBLISHED: "green"}


def plain(value: Decimal) -> str:
    """A number without idle zeros."""
    return format(value.normalize(), "f")


def loss_words(part: Part, *, lower_is_better: bool) -> str:
    """How an indicator loses points, in words."""
    loss = part.loss
    if loss.kind is LossKind.PER_POINT:
        step = "（不足 1 个百分点不扣）" if loss.step is Step.FLOOR else ""
        way = "高" if lower_is_better else "低"
        return f"每{way}于目标 1 个百分点扣 {plain(loss.each)} 分{step}"
    if loss.kind is LossKind.PROPORTIONAL:
        return "按达到目标的比例得分"
    return "分档：" + "，".join(
        f"{'≤' if lower_is_better else '≥'}{plain(limit)}% 得 {plain(share)}%"
        for limit, share in loss.bands
    )


def lines_of(definition: Definition) -> list[dict[str, Any]]:
    """A scheme's indicators as a table shows them."""
    lines = []
    for part in definition.parts:
        indicator = INDICATORS[part.indicator]
        words = loss_words(part, lower_is_better=indicator.lower_is_better)
        lines.append(
            {
                "name": indicator.name, "formula": indicator.formula, "anchor": indicator.anchor,
                "weight": plain(part.weight), "target": plain(part.target), "loss": words,
            }
        )  # fmt: skip
    return lines


def state_tag(period: Period) -> Tag:
    """Where a period stands."""
    return Tag(period.get_state_display(), TONES[PeriodState(period.state)])


def measures_of(score: UnitScore) -> list[dict[str, Any]]:
    """One unit's measures with names and words."""
    return [
        {
            **m,
            "name": INDICATORS[m["code"]].name,
            "formula": INDICATORS[m["code"]].formula,
            "bad": m["num"] if INDICATORS[m["code"]].lower_is_better else m["den"] - m["num"],
            "missed": INDICATORS[m["code"]].missed,
            "why": [(WHY_NAMES[Why(int(why))], n) for why, n in m["left_out"].items()],
            "left": sum(m["left_out"].values()),
        }
        for m in score.measures
    ]


def moved_words(moved: int | None) -> str:
    """↑2, ↓1, — against the period before."""
    if moved is None:
        return ""
    return f"↑{moved}" if moved > 0 else f"↓{-moved}" if moved < 0 else "持平"


def desk_tabs(actor: Actor, current: str) -> list[Tab]:
    """The pages of the desk this person has."""
    found = []
    if actor.may(P.SCORING_VIEW):
        found.append(("home", "考核期", "scoring:home"))
    if actor.may(P.SCORING_OWN):
        found.append(("mine", "本单位成绩", "scoring:mine"))
    if actor.may(P.SCORING_DECIDE) or actor.may(P.SCORING_OWN):
        found.append(("exclusions", "剔除申请", "scoring:exclusions"))
    if actor.may(P.SCORING_REMEDY) or actor.may(P.SCORING_OWN):
        found.append(("remedies", "不满意件救济", "scoring:remedies"))
    if actor.may(P.BULLETIN_READ):
        found.append(("bulletins", "通报", "bulletins:home"))
    if actor.may(P.SCORING_VIEW):
        found.append(("faults", "过错登记", "scoring:faults"))
    return [Tab(label, reverse(url), current=name == current) for name, label, url in found]


def pending_exclusions(actor: Actor) -> Any:
    """Exclusions that wait for this person: theirs to decide, and not decided once by them."""
    if not actor.may(P.SCORING_DECIDE):
        return Exclusion.objects.none()
    rows = Exclusion.objects.filter(
        state=Exclusion.State.PENDING, period__in=reading.periods_in_reach(actor)
    )
    return rows.exclude(first_by_id=actor.user_id or 0)


def pending_remedies(actor: Actor) -> Any:
    """Remedies that wait for this person's centre."""
    if not actor.may(P.SCORING_REMEDY):
        return Remedy.objects.none()
    return Remedy.objects.filter(centre=actor.unit_id, state=Remedy.State.PENDING)


def waiting(actor: Actor, at: dt.datetime) -> Count:
    """What waits for this person here, for the navigation."""
    found = 0
    if actor.may(P.SCORING_DECIDE):
        found += count_up_to(pending_exclusions(actor))
    if actor.may(P.SCORING_REMEDY):
        found += count_up_to(pending_remedies(actor))
    return Count(found)


def totals(rows: Sequence[UnitScore]) -> list[dict[str, Any]]:
    """Rows of a ranking as the table draws them."""
    return [
        {"score": row, "measures": measures_of(row), "moved": moved_words(row.moved)}
        for row in rows
    ]
