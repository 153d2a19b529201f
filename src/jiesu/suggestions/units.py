"""Which unit is to answer for an appeal: the duty catalogue, the centre's history, its returns."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from jiesu.appeals.lifecycle import State
from jiesu.appeals.models import Appeal, Assignment
from jiesu.catalogue import duty
from jiesu.catalogue.models import Category
from jiesu.organizations.checks import day_of
from jiesu.organizations.models import Region, Unit
from jiesu.suggestions import registry
from jiesu.suggestions.models import Kind

SHOWN = 3
LOOKED_AT = 12  # orders of the same class and area
LEAST_PROBABLE = 0.05  # below it a unit is not worth a line
BY_CATALOGUE = "catalogue"
# How often each speaks right while no model was trained; with a model they are weighed together.
CATALOGUE_ALONE, FALLBACK_ALONE, HISTORY_ALONE = 0.9, 0.5, 0.6


@dataclass(frozen=True)
class UnitSuggestion:
    """A unit, how probable it is that it answers, and the sentences that say why.

    ``agreed``: the duty catalogue names it (not as a fall-back) and the model thinks so too.
    """

    unit_id: int
    code: str
    name: str
    probability: float
    reasons: tuple[str, ...]
    version: str
    is_fallback: bool = False
    agreed: bool = False

    @property
    def percent(self) -> int:
        """The probability as people read it."""
        return round(self.probability * 100)


def suggest_units(
    category: Category | None, region: Region, at: dt.datetime, *, content: str, title: str = "",
    appeal: Appeal | None = None, limit: int = SHOWN,
) -> list[UnitSuggestion]:  # fmt: skip
    """The likeliest units, best first; empty means "don't know".

    A unit that gave this appeal back is not named again. At most seven statements.
    """
    hit = duty.find(category, region, at) if category else None
    counted = _history(category, region, appeal)
    answers, version = _answers(category, region, content, title)
    returned = _returned(appeal)
    scores: dict[int, float] = {}
    why: dict[int, list[str]] = {}
    units = _units(hit, counted, [code for code, _, _ in answers], at)
    total = sum(counted.values())
    if hit is not None:
        alone = FALLBACK_ALONE if hit.is_fallback else CATALOGUE_ALONE
        scores[hit.unit.pk] = alone / 2 if answers else alone
        why.setdefault(hit.unit.pk, []).append(hit.reason)
    by_code = {unit.code: unit for unit in units.values()}
    for code, probability, words in answers:
        unit = by_code.get(code)
        if unit is not None:
            share = probability / 2 if hit is not None else probability
            scores[unit.pk] = scores.get(unit.pk, 0.0) + share
            said = f"（{'、'.join(words)}）" if words else ""
            why.setdefault(unit.pk, []).append(f"以往类似诉求{said}由其办理 {probability:.0%}")
    for pk, times in counted.most_common(limit):
        if pk in units:
            if not answers:
                share = HISTORY_ALONE * times / total * (1 - scores.get(pk, 0.0))
                scores[pk] = scores.get(pk, 0.0) + (share / 2 if hit is not None else share)
            why.setdefault(pk, []).append(f"同类同区近 {total} 件中 {times} 件由其办理")
    agreed = {code: probability for code, probability, _ in answers[:1]}
    found = [
        UnitSuggestion(
            pk, units[pk].code, units[pk].name, min(score, 0.99), tuple(why.get(pk, [])),
            version or BY_CATALOGUE,
            is_fallback=hit is not None and hit.is_fallback and hit.unit.pk == pk,
            agreed=hit is not None and not hit.is_fallback and hit.unit.pk == pk
            and units[pk].code in agreed,
        )
        for pk, score in scores.items()
        if pk in units and pk not in returned and score >= LEAST_PROBABLE
    ]  # fmt: skip
    return sorted(found, key=lambda one: -one.probability)[:limit]


def confidence(
    category: Category | None, region: Region, content: str, title: str = ""
) -> tuple[str, float]:
    """The unit's code the model is surest of and its calibrated probability; ("", 0) without."""
    answers, _ = _answers(category, region, content, title)
    return (answers[0][0], answers[0][1]) if answers else ("", 0.0)


def _answers(
    category: Category | None, region: Region, content: str, title: str
) -> tuple[list[tuple[str, float, tuple[str, ...]]], str]:
    used = registry.in_use(Kind.UNIT)
    if used is None or used.model is None:
        return [], ""
    known = category.path_name if category else ""
    text = registry.text_for(Kind.UNIT, title, content, known, region.name)
    found = [(a.label, a.probability, a.words) for a in used.model.answers(text, SHOWN)]
    return found, used.version if found else ""


def _history(category: Category | None, region: Region, appeal: Appeal | None) -> Counter[int]:
    """Who answered for the same class in the same area lately, how often."""
    if category is None:
        return Counter()
    newest = Appeal.objects.filter(category=category, region_path=region.path).exclude(
        lead_unit=None
    )
    if appeal is not None:
        newest = newest.exclude(pk=appeal.pk)
    pks = newest.order_by("-id").values_list("lead_unit_id", flat=True)[:LOOKED_AT]
    return Counter(pk for pk in pks if pk is not None)


def _returned(appeal: Appeal | None) -> set[int]:
    """Units that gave this appeal back, with the centre's consent."""
    if appeal is None or not appeal.return_count:
        return set()
    gone = Assignment.objects.filter(appeal=appeal, state=State.RETURNED)
    return set(gone.values_list("unit_id", flat=True))


def _units(
    hit: duty.DutyHit | None, counted: Counter[int], codes: list[str], at: dt.datetime
) -> dict[int, Unit]:
    """The units spoken of that are in being."""
    day = day_of(at)
    known = {hit.unit.pk: hit.unit} if hit else {}
    wanted = [pk for pk, _ in counted.most_common(SHOWN) if pk not in known]
    if wanted or codes:
        for unit in Unit.objects.filter(pk__in=wanted) | Unit.objects.filter(code__in=codes):
            if duty.holds(unit, day):
                known.setdefault(unit.pk, unit)
    return known
