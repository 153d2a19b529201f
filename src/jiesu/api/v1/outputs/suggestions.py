"""What is suggested of one text."""

from collections.abc import Sequence
from dataclasses import dataclass

from jiesu.catalogue import codes
from jiesu.catalogue.codes import Table
from jiesu.suggestions.classes import ClassSuggestion, TypeSuggestion
from jiesu.suggestions.units import UnitSuggestion


@dataclass(slots=True)
class SuggestionOut:
    """一条推荐：probability 是把握（0 至 1），reasons 是依据，version 是推荐所用的模型或目录"""

    code: str
    name: str
    probability: float
    reasons: list[str]
    version: str


@dataclass(slots=True)
class SuggestionsOut:
    """推荐的分类、诉求类型、承办单位，把握大的在前；空的表示说不准"""

    classes: list[SuggestionOut]
    types: list[SuggestionOut]
    units: list[SuggestionOut]


def suggestions_out(
    classes: Sequence[ClassSuggestion], types: Sequence[TypeSuggestion],
    units: Sequence[UnitSuggestion],
) -> SuggestionsOut:  # fmt: skip
    """What was suggested of one text."""
    return SuggestionsOut(
        [
            SuggestionOut(c.hit.code, c.hit.path_name, round(c.probability, 4), list(c.words),
                          c.version)
            for c in classes
        ],
        [
            SuggestionOut(t.code, codes.label(Table.APPEAL_TYPE, t.code), round(t.probability, 4),
                          list(t.words), t.version)
            for t in types
        ],
        [
            SuggestionOut(u.code, u.name, round(u.probability, 4), list(u.reasons), u.version)
            for u in units
        ],
    )  # fmt: skip
