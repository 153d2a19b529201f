"""Classification schemes: which one holds, what a code means, finding a class while typing."""

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from operator import itemgetter

from django.db.models import Q

from jiesu.catalogue import versions
from jiesu.catalogue.models import Category, CategoryMap, Scheme, valid_on
from jiesu.catalogue.versions import Cached, day_of
from jiesu.foundation.errors import Invalid, UseCaseError, invalid

_LONGEST_QUERY = 64
_LONGEST_TEXT = 2_000
_LEAST = 1.0  # below it a word says too little
_UNSAID = 4.0  # a word of two characters' worth of doubt: the matter may be another
_PARTING = re.compile(r"[\s,，、；;/与和及（）()]+")
_EMPTY_WORDS = frozenset(
    {"其他", "管理", "问题", "服务", "建设", "相关", "政策", "工作", "违法", "违规", "投诉", "咨询"}
)  # fmt: skip


class NoScheme(UseCaseError):
    """No classification scheme holds on the day."""

    code = "no_scheme"

    def __init__(self, day: dt.date) -> None:
        super().__init__(
            f"{day:%Y年%m月%d日}没有启用的诉求分类方案，请联系目录管理员启用。", field="category"
        )


@dataclass(frozen=True)
class CategoryHit:
    """A class as the picker shows it."""

    id: int
    code: str
    name: str
    path_name: str
    level: int
    pinyin: str
    is_leaf: bool
    parent_id: int | None = None


@dataclass
class _Index:
    """One scheme, ready to be searched in memory."""

    hits: list[tuple[CategoryHit, str]] = field(default_factory=list)  # with its keywords, in order
    words: list[tuple[CategoryHit, set[str]]] = field(default_factory=list)  # of what is guessed
    shares: Counter[str] = field(default_factory=Counter)  # how many classes share a word


def _load_schemes() -> list[Scheme]:
    return list(Scheme.objects.filter(is_active=True).order_by("-valid_from", "-pk"))


def _load_indexes() -> dict[int, _Index]:
    return {}


@dataclass
class _Kin:
    """Who stands above a class, and who continues it."""

    parent: dict[int, int | None]
    heirs: dict[int, list[int]]

    def line(self, pk: int | None) -> list[int]:
        """The class and those above it, itself first."""
        found = []
        while pk is not None:
            found.append(pk)
            pk = self.parent.get(pk)
        return found


def _load_kin() -> _Kin:
    heirs: dict[int, list[int]] = {}
    for old, new in CategoryMap.objects.order_by("new__code").values_list("old_id", "new_id"):
        heirs.setdefault(old, []).append(new)
    return _Kin(dict(Category.objects.values_list("pk", "parent_id")), heirs)


_schemes: Cached[list[Scheme]] = Cached(_load_schemes)
_kin: Cached[_Kin] = Cached(_load_kin)
_indexes: Cached[dict[int, _Index]] = Cached(_load_indexes)  # filled scheme by scheme


def active(at: dt.datetime | dt.date) -> Scheme:
    """The scheme that holds at that time; refuses with ``NoScheme`` when there is none."""
    day = day_of(at)
    for scheme in _schemes.get():
        if scheme.valid_from and scheme.valid_from <= day:
            if scheme.valid_to is None or day < scheme.valid_to:
                return scheme
            break
    raise NoScheme(day)


def _index(scheme: Scheme) -> _Index:
    indexes = _indexes.get()
    found = indexes.get(scheme.pk)
    if found is None:
        rows = list(scheme.categories.filter(is_retired=False).order_by("code"))
        parents = {row.parent_id for row in rows}
        found = _Index(
            [
                (
                    CategoryHit(
                        row.pk,
                        row.code,
                        row.name,
                        row.path_name,
                        row.level,
                        row.pinyin,
                        row.pk not in parents,
                        row.parent_id,
                    ),
                    row.keywords,
                )
                for row in rows
            ]
        )
        indexes[scheme.pk] = found
    return found


def listed(scheme: Scheme) -> list[CategoryHit]:
    """Every class that may be chosen, in code order, for a tree. No statement in the warm path."""
    return [hit for hit, _ in _index(scheme).hits]


def search(q: str, scheme: Scheme, limit: int = 20) -> list[CategoryHit]:
    """Classes found by code prefix, pinyin initials or words, best first.

    Several words parted by blanks must all be found. An empty query gives the first level.
    """
    words = q[:_LONGEST_QUERY].casefold().split()
    hits = _index(scheme).hits
    if not words:
        return [hit for hit, _ in hits if hit.level == 1][:limit]
    scored: list[tuple[int, CategoryHit]] = []
    for hit, keywords in hits:
        total = 0
        for word in words:
            score = _score(word, hit, keywords)
            if not score:
                break
            total += score
        else:
            # what can be dispatched stands before the heading it belongs to
            scored.append((total * 4 + hit.level, hit))
    scored.sort(key=itemgetter(0), reverse=True)  # stable: equals stay in code order
    return [hit for _, hit in scored[:limit]]


def _score(word: str, hit: CategoryHit, keywords: str) -> int:
    if hit.code == word or hit.name == word:
        return 100
    if hit.code.startswith(word):
        return 80
    if hit.name.startswith(word):
        return 70
    if hit.pinyin == word:
        return 65
    if hit.pinyin.startswith(word):
        return 60
    if word in hit.name:
        return 50
    if word in keywords:
        return 40
    if len(word) > 1 and word in hit.pinyin:
        return 30
    if word in hit.path_name:
        return 20
    return 0


@dataclass(frozen=True)
class Guess:
    """A class that a text seems to be about, and the words that spoke for it."""

    hit: CategoryHit
    words: tuple[str, ...]
    share: float = 0.0  # of all that spoke for any class: how probable it is


def guess(text: str, scheme: Scheme, limit: int = 2) -> list[Guess]:
    """Classes whose names or keywords occur in the text, the likeliest first.

    A word counts the more the longer it is and the fewer classes share it. Only what can be
    dispatched is guessed. No statement in the warm path.
    """
    spoken = text[:_LONGEST_TEXT].casefold()
    index = _index(scheme)
    if not index.shares:
        pieces = [(hit, _pieces(hit, keywords)) for hit, keywords in index.hits]
        index.words = [(hit, words) for hit, words in pieces if hit.is_leaf]
        index.shares = Counter(word for _, words in pieces for word in words)
    scored: list[tuple[float, Guess]] = []
    for hit, words in index.words:
        found = [word for word in words if word in spoken]
        if found:
            score = sum(len(word) ** 2 / index.shares[word] for word in found)
            scored.append((score, Guess(hit, _longest(found))))
    scored.sort(key=itemgetter(0), reverse=True)
    total = sum(score for score, _ in scored) + _UNSAID
    return [replace(one, share=score / total) for score, one in scored[:limit] if score >= _LEAST]


def _pieces(hit: CategoryHit, keywords: str) -> set[str]:
    """The words of a class: its keywords, the parts of its name, and pairs of characters."""
    parts = [part for part in _PARTING.split(hit.name.casefold()) if len(part) > 1]
    pairs = {part[at : at + 2] for part in parts for at in range(len(part) - 1)}
    named = {word for word in _PARTING.split(keywords.casefold()) if len(word) > 1}
    return ({word for word in pairs if not word.isascii()} | set(parts) | named) - _EMPTY_WORDS


def _longest(words: list[str]) -> tuple[str, ...]:
    """Without those that stand inside another."""
    kept: list[str] = []
    for word in sorted(words, key=lambda w: (-len(w), w)):
        if not any(word in other for other in kept):
            kept.append(word)
    return tuple(kept[:3])


def get(code: str, at: dt.datetime | dt.date, field: str = "category") -> Category:
    """The class of that code in the scheme that holds at that time.

    Refuses an empty or unknown code, and a class retired by then. One statement.
    """
    if not code:
        raise invalid(field, "请选择诉求分类。", "required")
    scheme = active(at)
    category = (
        Category.objects.filter(scheme=scheme, code=code).select_related("parent", "scheme").first()
    )
    if category is None:
        raise _unknown(code, scheme, day_of(at), field)
    return usable(category, at, field)


def usable(category: Category, at: dt.datetime | dt.date, field: str = "category") -> Category:
    """The class itself; refuses when it had been retired by that time."""
    if category.retired_on and category.retired_on <= day_of(at):
        raise invalid(
            field,
            f"分类“{category.path_name}”已于{category.retired_on:%Y年%m月%d日}停用，"
            f"请改选{_instead(category, category.scheme)}。",
            "category_retired",
        )
    return category


def _instead(category: Category, scheme: Scheme) -> str:
    heirs = Category.objects.filter(continues__old=category, scheme=scheme, is_retired=False)
    return (
        "或".join(f"“{h.path_name}”（{h.code}）" for h in heirs.order_by("code")[:3]) or "其他分类"
    )


def _unknown(code: str, scheme: Scheme, day: dt.date, field: str) -> Invalid:
    before = (
        Category.objects.filter(code=code, scheme__is_active=True, scheme__valid_to__lte=day)
        .exclude(scheme=scheme)
        .select_related("scheme")
        .order_by("-scheme__valid_from")
        .first()
    )
    if before is None:
        return invalid(
            field, f"没有编码为“{code[:32]}”的分类，请从列表中重新选择。", "unknown_category"
        )
    return invalid(
        field,
        f"分类“{before.path_name}”属于已停用的方案“{before.scheme}”，"
        f"该分类已停用，请改选{_instead(before, scheme)}。",
        "category_retired",
    )


def lineage(category: Category) -> list[int]:
    """The ids of the class, of those above it, and of what continues any of these, with theirs.

    What holds for one of them holds for the class. No statement in the warm path.
    """
    kin = _kin.get()
    if category.pk not in kin.parent:  # stored by other means than the use cases
        versions.forget()
        kin = _kin.get()
    own = kin.line(category.pk)
    later = [pk for one in own for heir in kin.heirs.get(one, []) for pk in kin.line(heir)]
    return list(dict.fromkeys(own + later))


def on(day: dt.date) -> Q:
    """The filter for classes of the schemes that hold on ``day`` and are not retired then."""
    return (
        Q(scheme__is_active=True)
        & valid_on(day, "scheme__")
        & (Q(retired_on__isnull=True) | Q(retired_on__gt=day))
    )
