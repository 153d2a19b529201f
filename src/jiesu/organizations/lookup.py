"""Finding regions and units as a person types: by name, pinyin initials or code, best first."""

from typing import Any, TypeVar

from django.db.models import Case, IntegerField, Model, Q, QuerySet, Value, When
from django.db.models.functions import Length

from jiesu.foundation.text import tidy
from jiesu.organizations.paths import below

M = TypeVar("M", bound=Model)
_LONGEST = 64
_BRANCHES = 20  # how many ancestors one word of a query may mean


def best_first(
    rows: QuerySet[M, M], q: str, *, within_path: str, limit: int, names: tuple[str, ...]
) -> QuerySet[M, M]:
    """The rows below ``within_path`` that match ``q``, the closest match and the higher row first.

    Of several words the last names the row itself, the others rows above it ("鼓楼 东街").
    """
    if within_path:
        rows = rows.filter(**below("path", within_path))
    words = tidy(q[:_LONGEST], multiline=False).split()
    for above in words[:-1]:
        paths = rows.filter(_matches(above, names)).order_by(Length("path"), "path")
        rows = rows.filter(_below_any(list(paths.values_list("path", flat=True)[:_BRANCHES])))
    if not words:
        return rows.order_by("path")[:limit]
    word = words[-1]
    matching = rows.filter(_matches(word, names))
    return matching.order_by(_rank(word, names), Length("path"), "path")[:limit]


def _matches(word: str, names: tuple[str, ...]) -> Q:
    found = Q(code__startswith=word)
    if word.isascii():
        found |= Q(pinyin__contains=word.lower())
    for name in names:
        found |= Q(**{f"{name}__icontains": word})
    return found


def _rank(word: str, names: tuple[str, ...]) -> Case:
    exact, starts = Q(code=word), Q(code__startswith=word) | Q(pinyin__startswith=word.lower())
    for name in names:
        exact |= Q(**{name: word})
        starts |= Q(**{f"{name}__startswith": word})
    return Case(
        When(exact, then=Value(0)),
        When(starts, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def _below_any(paths: list[str]) -> Q:
    found = Q(pk__in=[])
    for path in paths:
        arguments: dict[str, Any] = below("path", path)
        found |= Q(**arguments)
    return found
