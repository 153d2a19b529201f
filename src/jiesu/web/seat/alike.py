"""What is known of the matter while it is typed: the same matter told before, and where it is."""

import datetime as dt
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from jiesu.access import Actor
from jiesu.access import Permission as P
from jiesu.appeals.lifecycle import OPEN, Status
from jiesu.appeals.models import Appeal
from jiesu.foundation import clock, identifiers
from jiesu.foundation.crypto import keyring
from jiesu.organizations.models import Region
from jiesu.organizations.paths import below
from jiesu.search import alike, places
from jiesu.textintel.similar import terms
from jiesu.textintel.similar.followups import Cited, cited, is_quoted
from jiesu.textintel.similar.matter import Advice, Asking, Likeness, Told, advice
from jiesu.web.components.faces import face_of_row, status_words
from jiesu.web.doors import DeskRequest, desk_view

SHOWN = 5
CALLERS_OWN = 20  # newest of the caller's that are looked at
READ = 2_000  # characters of what is typed
_FIELDS = (
    "number", "title", "content", "status", "address", "lead_unit_name", "due_at", "yellow_at",
    "due_kind", "due_unit", "is_paused", "merged_count", "registered_at", "received_at",
)  # fmt: skip
IN_HAND = [Status.REGISTERED, Status.ACCEPTED, Status.DISPATCHED, Status.SUSPENDED, Status.REPORTED]
BUTTONS = {  # advice: field it sets, words
    Advice.APPEND: ("merge_into", "并入这件"),
    Advice.RELATE: ("repeat_of", "关联为再次反映"),
    Advice.CLUSTER: ("merge_into", "挂到这件"),
}


@dataclass(frozen=True)
class Row:
    """One earlier order on the panel: why it is there, and what may be done with it."""

    appeal: Appeal
    advice: Advice
    why: tuple[str, ...]
    score: float | None = None
    is_named: bool = False  # by its number or its title

    @property
    def sets(self) -> str:
        """The field that its button fills; "" for no button."""
        closed = Status(self.appeal.status) not in OPEN
        if self.advice is Advice.CLUSTER and closed:
            return ""
        return BUTTONS[self.advice][0] if self.advice in BUTTONS else ""

    @property
    def button(self) -> str:
        """What its button says."""
        return BUTTONS[self.advice][1] if self.advice in BUTTONS else ""


@require_POST
@desk_view(P.INTAKE_REGISTER)
def similar(request: DeskRequest) -> HttpResponse:
    """The same matter, told by this caller or by others; else what is open of class and area."""
    at, said = clock.now(), request.POST
    region = Region.objects.filter(code=said.get("region_code", ""), valid_to=None).first()
    text = said.get("content", "")[:READ]
    rows = _rows(request.actor, text, said.get("address", "")[:200], said.get("phone", ""),
                 region.path if region else request.actor.region_path, at)  # fmt: skip
    plain: list[Appeal] = []
    code = said.get("category_code", "")
    if not rows and region is not None and code:
        plain = _same_class(request.actor, region, code)
    shown = {
        "rows": [(row, face_of_row(row.appeal, at), status_words(row.appeal)) for row in rows],
        "others": sum(row.advice is Advice.CLUSTER for row in rows),
        "plain": [(a, face_of_row(a, at), status_words(a)) for a in plain],
        "asked": (region is not None and bool(code)) or bool(text),
    }
    return render(request, "seat/similar.html", shown)


def _rows(
    actor: Actor, text: str, address: str, phone: str, region_path: str, at: dt.datetime
) -> list[Row]:
    """Orders named by number or title first, then the caller's own, then others'."""
    said = cited(text)
    words = terms.words(f"{' '.join(said.titles)} {address} {text[: terms.READ]}")
    known = alike.frequencies() or terms.Counted()
    visible = Appeal.objects.visible_to(actor).only(*_FIELDS)
    own = {a.number: a for a in _of_caller(actor, phone)}
    wanted = [*said.numbers[:5], *alike.candidates(words, region_path, at)]
    found = {a.number: a for a in visible.filter(number__in=wanted)} if wanted else {}
    asking = Asking(Told(" ".join(said.titles), text, address, at), known)
    rows = []
    for number, appeal in {**found, **own}.items():
        old = Told(appeal.title, appeal.content, appeal.address, appeal.received_at)
        row = _row(appeal, asking.likeness(old), said, mine=number in own)
        if row is not None:
            rows.append(row)
    order = {Advice.APPEND: 0, Advice.RELATE: 0, Advice.CLUSTER: 1, Advice.NONE: 1}
    rows.sort(key=lambda r: (not r.is_named, order[r.advice], -(r.score or 0)))
    return rows[:SHOWN]


def _row(appeal: Appeal, likeness: Likeness, said: Cited, *, mine: bool) -> Row | None:
    is_open = Status(appeal.status) in OPEN
    what = advice(likeness, same_person=mine, is_open=is_open)
    why = ["同一来电人"] if mine else []
    by_number = appeal.number in said.numbers
    by_title = not by_number and is_quoted(said.titles, appeal.title, appeal.content)
    if by_number or by_title:
        why.insert(0, "提到了这个编号" if by_number else "引用了这件的标题")
        # a title may fit more orders than the one that is meant
        what = Advice.APPEND if is_open and (by_number or mine) else Advice.RELATE
    elif mine and what is Advice.NONE and said.again:
        why.append(f"说“{said.again}”")
        what = Advice.RELATE
    if what is Advice.NONE:
        return None
    if likeness.places:
        why.append(f"同一地点 {likeness.places[0]}")
    elif likeness.differs:
        why.append("地点不同")
    if likeness.words:
        why.append(f"都说到 {'、'.join(likeness.words)}")
    return Row(appeal, what, tuple(why), likeness.score, by_number or by_title)


def _of_caller(actor: Actor, phone: str) -> list[Appeal]:
    number = identifiers.normalize_phone(phone)
    if not number or identifiers.phone_problem(number):
        return []
    rows = Appeal.objects.visible_to(actor).by_phone(keyring().search_hash(number))
    return list(rows.only(*_FIELDS).order_by("-id")[:CALLERS_OWN])


def _same_class(actor: Actor, region: Region, code: str) -> list[Appeal]:
    """Open appeals of the same class in the same area: what there is without an index."""
    rows = Appeal.objects.visible_to(actor).filter(
        **below("region_path", region.path), category__code=code, status__in=IN_HAND
    )
    return list(rows.only(*_FIELDS).order_by("-id")[:SHOWN])


@require_POST
@desk_view(P.INTAKE_REGISTER)
def place(request: DeskRequest) -> HttpResponse:
    """Where it is, by what was said, while region or address are empty."""
    said = request.POST
    region, address = said.get("region_code", ""), said.get("address", "").strip()
    found = []
    if not (region and address):
        found = places.told(said.get("content", "")[:READ], request.actor.region_path)
    offers = [
        (one, candidate)
        for one in found[:1]
        for candidate in ((None,) if region or not one.regions else one.regions[:3])
    ]
    shown = {"offers": [(o, c, places.whole_name(c.path) if c else "") for o, c in offers],
             "address": address}  # fmt: skip
    return render(request, "seat/place.html", shown)
