"""Full-text search over one's scope: bounded inside the index, and asked again of the database.

The index is never believed about who may see what: every hit passes ``visible_to``. Personal data
is not in the index; a telephone is looked up by its hash, and only for those who may have it.
"""

import logging
import unicodedata
from collections.abc import Sequence
from typing import Any

from tantivy import Occur, Query

from jiesu.access import Actor, ActorKind, Permission
from jiesu.access.exposure import View, is_centre_staff, personal_view
from jiesu.appeals.models import Appeal
from jiesu.foundation import identifiers
from jiesu.foundation.crypto import keyring
from jiesu.organizations.paths import STEP
from jiesu.search import store, words
from jiesu.textintel import redact
from jiesu.textintel.redact import Personal

log = logging.getLogger(__name__)

MOST = 200  # hits asked of the index at once
_RECENT = 20_000  # appeals whose titles are searched while there is no index
_NUMBER_PREFIX = 6
_NUMBERS = (Personal.PHONE, Personal.IDENTITY)


def find(query: str, actor: Actor, *, limit: int = 20, after: int = 0) -> list[str]:
    """The numbers of the appeals that fit the query best, of those the actor may see.

    A telephone number or the beginning of an order number is looked up as such. ``after`` is how
    many were shown already.
    """
    text = query.strip()
    if not text or limit < 1:
        return []
    compact = text.replace(" ", "").replace("-", "")
    if compact.isascii() and compact.isdigit() and len(compact) >= _NUMBER_PREFIX:
        person = person_of(text)
        exact = of_person(person, actor, limit=after + limit) if person else []
        exact = exact or _by_number(compact, actor, after + limit)
        if exact:
            return exact[after:]
    asked = words.asked(text)
    if not asked:
        return []
    searcher = store.reader.searcher()
    if searcher is None:
        return _by_title(asked, actor, after + limit)[after:]
    scope = _scope(actor)
    if scope is None:
        return []
    for occur in (Occur.Must, Occur.Should):  # all words; where nothing has them all, any
        wanted = Query.boolean_query([(occur, _in_any_text(word)) for word in asked])
        query_ = Query.boolean_query([(Occur.Must, wanted), *scope])
        found = _visible(searcher, query_, actor, after + limit)
        if found:
            return found[after:]
    return []


# --- inside ---------------------------------------------------------------------------------------


def _in_any_text(word: str) -> Any:
    """The word in any text; counted where it weighs most, not in each."""
    return Query.disjunction_max_query(
        [
            Query.boost_query(Query.term_query(store.SCHEMA, name, word, "freq"), boost)
            for name, boost in store.BOOSTS.items()
        ],
        0.1,
    )


def _token(*tokens: str) -> tuple[Any, Any]:
    """One of these tokens must be there; the ranking does not care."""
    terms = Query.term_set_query(store.SCHEMA, "scope", list(tokens))
    return Occur.Must, Query.const_score_query(terms, 0.0)


def _scope(actor: Actor) -> list[tuple[Any, Any]] | None:
    """``visible_to`` in tokens; None when nothing is visible."""
    if actor.kind is ActorKind.SYSTEM:
        return []
    if not actor.unit_path or not actor.may(Permission.APPEAL_VIEW):
        return None
    if not actor.may(Permission.APPEAL_VIEW_AREA):
        return [_token(f"u{actor.unit_path}")]
    if len(actor.region_path) <= STEP:
        return []
    return [_token(f"r{actor.region_path}", f"c{actor.unit_id}")]


def _visible(searcher: Any, query: Any, actor: Actor, wanted: int) -> list[str]:
    """The first hits that the database says are visible."""
    found: list[str] = []
    offset = 0
    while len(found) < wanted:
        size = min(max(wanted * 2, 20), MOST)
        hits = searcher.search(query, limit=size, offset=offset, count=False).hits
        found += _seen([searcher.doc(address)["number"][0] for _, address in hits], actor)
        offset += size
        if len(hits) < size:
            break
    return found[:wanted]


def _seen(numbers: Sequence[str], actor: Actor) -> list[str]:
    if not numbers:
        return []
    rows = Appeal.objects.visible_to(actor).filter(number__in=numbers)
    visible = set(rows.values_list("number", flat=True))
    return [number for number in dict.fromkeys(numbers) if number in visible]


def _by_number(digits: str, actor: Actor, limit: int) -> list[str]:
    """Order numbers that begin so: a range, which every database finds by its index."""
    rows = Appeal.objects.visible_to(actor).filter(number__gte=digits, number__lt=f"{digits}:")
    return list(rows.order_by("-number").values_list("number", flat=True)[:limit])


def person_of(text: str) -> str:
    """The keyed hash under which the person with this telephone is found; "" for no telephone.

    It stands in addresses and kept filters in place of the number.
    """
    number = identifiers.normalize_phone(text)
    return "" if identifiers.phone_problem(number) else keyring().search_hash(number)


def person_in(text: str) -> tuple[str, str]:
    """Whose telephone or identity number stands in what was typed (hash or ""), and what else does.

    No such number is left in the other words; of several the first one counts.
    """
    if person := person_of(text):
        return person, ""
    numbers = [p for p in redact.find(text, landlines=True) if p.kind in _NUMBERS]
    if not numbers:
        return "", text
    first, rest = numbers[0], text
    for piece in sorted(numbers, key=lambda p: p.start, reverse=True):
        rest = f"{rest[: piece.start]} {rest[piece.end :]}"
    number = text[first.start : first.end]
    if first.kind is Personal.IDENTITY:
        number = unicodedata.normalize("NFKC", number).upper()
    else:
        number = identifiers.normalize_phone(number)
    return keyring().search_hash(number), " ".join(rest.split())


def of_person(person: str, actor: Actor, *, limit: int = 20) -> list[str]:
    """The numbers of a person's appeals (``person_in``), for those who may learn whose they are."""
    if not (actor.may(Permission.APPEAL_REVEAL) or actor.may(Permission.INTAKE_REGISTER)):
        return []
    rows = Appeal.objects.visible_to(actor).by_person(person)
    page = rows.order_by("-pk").values_list("number", "confidentiality", "agent_id")[: limit * 2]
    staff = is_centre_staff(actor)
    return [
        found
        for found, level, agent in page
        if personal_view(
            actor, int(level), staff,
            registered_by_actor=agent is not None and agent == actor.user_id,
        )
        is View.MASKED
    ][:limit]  # fmt: skip


def _by_title(asked: Sequence[str], actor: Actor, limit: int) -> list[str]:
    """While there is no index: titles of the newest appeals, read no further than that."""
    newest = Appeal.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = Appeal.objects.visible_to(actor).filter(pk__gt=newest - _RECENT)
    for word in asked:
        rows = rows.filter(title__icontains=word)
    return list(rows.order_by("-pk").values_list("number", flat=True)[:limit])
