"""Every desk there is: its place in the navigation, who sees it, and what it counts.

This is the one list. A desk joins the house by a line in ``PLACES`` (and its folder in
``urls.DESKS``). ``count`` is the dotted path of ``(actor, at) -> Count``: what waits there for this
actor; it is asked by polling, never while a page is drawn.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from jiesu.access import ROLE_NAMES, Actor, ActorKind, Role
from jiesu.access import Permission as P
from jiesu.access import citizen as citizen_actor
from jiesu.foundation import clock, invented

COUNTS_SECONDS = 20


@dataclass(frozen=True)
class Count:
    """How many wait, and whether some of them are overdue."""

    waiting: int
    red: bool = False

    @property
    def text(self) -> str:
        """Narrow enough for the navigation; nothing for none."""
        return "" if not self.waiting else "999+" if self.waiting > 999 else str(self.waiting)


@dataclass(frozen=True)
class Place:
    """One line of the navigation; shown to whoever holds any of ``needs``."""

    name: str
    label: str
    url: str
    needs: frozenset[P]
    section: str
    count: str = ""


WORK, WATCH, READ, MANAGE = "我的工作", "监督", "查阅", "管理"

PLACES: tuple[Place, ...] = (
    Place("seat", "受理", "seat:home", frozenset({P.INTAKE_REGISTER}), WORK),
    Place("dispatch", "派单", "dispatch:home", frozenset({P.DISPATCH_ASSIGN}), WORK,
          count="jiesu.web.dispatch.views.waiting"),
    Place(
        "unit", "承办", "unit:home", frozenset({P.HANDLING_SIGN, P.HANDLING_INNER_REVIEW}), WORK,
        count="jiesu.web.unit.views.waiting",
    ),
    Place("review", "审核", "review:home", frozenset({P.REVIEW_DECIDE}), WORK,
          count="jiesu.web.review.views.waiting"),
    Place("callback", "回访", "callback:home", frozenset({P.CALLBACK_RECORD}), WORK,
          count="jiesu.web.callback.views.waiting"),
    Place("leader", "今日要事", "supervision:leader", frozenset({P.SUPERVISION_APPROVE}), WORK),
    Place("supervision", "督办", "supervision:home", frozenset({P.SUPERVISION_VIEW}), WORK,
          count="jiesu.web.supervision.views.waiting"),
    Place("supervised", "督办反馈", "supervision:mine", frozenset({P.SUPERVISION_ANSWER}), WORK,
          count="jiesu.web.supervision.instruments.owed"),
    Place("warnings", "预警", "warnings:home", frozenset({P.WARNINGS_ACT}), WATCH,
          count="jiesu.web.warnings.views.waiting"),
    Place(
        "scoring", "考核", "scoring:home",
        frozenset({P.SCORING_VIEW, P.SCORING_OWN, P.SCORING_REMEDY}), WATCH,
        count="jiesu.web.scoring.pages.waiting",
    ),
    Place(
        "quality", "质检", "quality:home",
        frozenset({P.QUALITY_INSPECT, P.QUALITY_JUDGE, P.QUALITY_CONTEST}), WATCH,
        count="jiesu.web.quality.views.waiting",
    ),
    Place("efficiency", "效能", "efficiency:home", frozenset({P.EFFICIENCY_CASES}), WATCH,
          count="jiesu.web.efficiency.clues.waiting"),
    Place("cases", "效能案件", "efficiency:cases", frozenset({P.EFFICIENCY_DECIDE}), WATCH),
    Place(
        "patrols", "巡查", "efficiency:patrols",
        frozenset({P.PATROL_RECORD, P.HANDLING_REPORT, P.HANDLING_INNER_REVIEW}), WATCH,
    ),
    Place("topics", "专题", "topics:home", frozenset({P.APPEAL_VIEW_AREA}), READ),
    Place("orders", "全部工单", "orders:home", frozenset({P.APPEAL_VIEW}), READ),
    Place(
        "manage", "管理", "manage:home",
        frozenset(
            {P.MANAGE_ORGANIZATIONS, P.MANAGE_PEOPLE, P.MANAGE_CATALOGUE, P.MANAGE_DEADLINES,
             P.MANAGE_SYSTEM, P.MANAGE_API_CLIENTS, P.AUDIT_VIEW}
        ),
        MANAGE,
    ),
)  # fmt: skip

NOTICES = "jiesu.web.notices.views.newest"  # (actor, at) -> list[Notice]
UNREAD = "jiesu.web.notices.views.unread"  # (actor, at) -> Count, shown beside 通知
SEARCH_URL = "orders:find"  # the search box of every page: q, by POST


def url_or_nothing(name: str) -> str:
    """The URL, or "" while no such page exists."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def places_for(actor: Actor) -> list[Place]:
    """What a person at this post sees, in order; nothing for anyone else."""
    if actor.kind is not ActorKind.PERSON:
        return []
    return [
        place
        for place in PLACES
        if any(actor.may(permission) for permission in place.needs) and url_or_nothing(place.url)
    ]


def home_for(actor: Actor) -> str:
    """Where this actor begins the day."""
    places = places_for(actor)
    return reverse(places[0].url) if places else ""


def counts_for(actor: Actor, at: dt.datetime) -> dict[str, Count]:
    """What waits at each of the actor's places; kept a few seconds, so that polling stays cheap."""
    key = f"counts:{actor.post_id}"
    kept: dict[str, Count] | None = cache.get(key)
    if kept is None:
        kept = {}
        for place in places_for(actor):
            if place.count:
                counter: Callable[[Actor, dt.datetime], Count] = import_string(place.count)
                kept[place.name] = counter(actor, at)
        if UNREAD:
            told: Callable[[Actor, dt.datetime], Count] = import_string(UNREAD)
            kept["notices"] = told(actor, at)
        cache.set(key, kept, COUNTS_SECONDS)
    return kept


@dataclass(frozen=True)
class Notice:
    """One line below 通知."""

    text: str
    href: str
    at: dt.datetime
    is_unread: bool = False


def notices_for(actor: Actor, at: dt.datetime) -> list[Notice]:
    """The newest notices of this person."""
    if not NOTICES:
        return []
    finder: Callable[[Actor, dt.datetime], list[Notice]] = import_string(NOTICES)
    return finder(actor, at)


@dataclass(frozen=True)
class Line:
    """A place as the navigation draws it."""

    place: Place
    href: str
    current: bool
    count: Count | None


class Shell:
    """What the frame of a page needs to know. Asks the database nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.actor: Actor = getattr(request, "actor", None) or citizen_actor()
        self.post = getattr(request, "post", None)

    @property
    def signed_in(self) -> bool:
        """Whether a person at a post is looking."""
        return self.actor.kind is ActorKind.PERSON

    @property
    def role_name(self) -> str:
        """承办员."""
        return ROLE_NAMES[Role(self.actor.role)] if self.signed_in else ""

    @property
    def region_name(self) -> str:
        """Whose hotline this is."""
        return self.post.unit.region.name if self.post else ""

    @cached_property
    def current(self) -> str:
        """The desk of this page: what the view says, the place it is, or its URL's namespace."""
        if desk := getattr(self.request, "desk", ""):
            return str(desk)
        match = self.request.resolver_match
        if not match:
            return ""
        own = next((place.name for place in PLACES if place.url == match.view_name), "")
        return own or next(iter(match.namespaces), "")

    @property
    def sections(self) -> Iterable[tuple[str, list[Line]]]:
        """The navigation, section by section."""
        kept: dict[str, Count] = cache.get(f"counts:{self.actor.post_id}") or {}
        lines: dict[str, list[Line]] = {}
        for place in places_for(self.actor):
            line = Line(place, reverse(place.url), place.name == self.current, kept.get(place.name))
            lines.setdefault(place.section, []).append(line)
        return lines.items()

    @property
    def home(self) -> str:
        """Where the product's name leads."""
        return home_for(self.actor) or "/"

    @property
    def search(self) -> str:
        """Where the search box leads; "" where this actor may not search."""
        return url_or_nothing(SEARCH_URL) if self.actor.may(P.APPEAL_VIEW) else ""

    @property
    def words(self) -> str:
        """What was searched for."""
        return self.request.GET.get("q", "") if self.current == "orders" else ""

    @property
    def now(self) -> int:
        """The server's time in seconds, for limits that lapse while the page is open."""
        return int(clock.now().timestamp())

    @property
    def invented(self) -> str:
        """演示数据, where the demo or the simulation made what is shown; else ""."""
        return invented.MARK if invented.is_signed(settings.JIESU_VAR) else ""

    @property
    def theme(self) -> str:
        """light, dark, or "" = as the system says."""
        return _one_of(self.request, "theme", ("light", "dark"))

    @property
    def print(self) -> str:
        """large, or ""."""
        return _one_of(self.request, "print", ("large",))

    @property
    def keys(self) -> str:
        """off when this person wants no single-letter keys."""
        return _one_of(self.request, "keys", ("off",))


def _one_of(request: HttpRequest, cookie: str, allowed: tuple[str, ...]) -> str:
    value = request.COOKIES.get(cookie, "")
    return value if value in allowed else ""
