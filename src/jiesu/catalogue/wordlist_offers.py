"""What a later version of the program adds to its word lists, offered to a centre that has rows.

Nothing changes by itself. A word that any version of the list ever held is not new: who took it out
is not asked again. An ended list is offered nothing.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from jiesu.access import Actor, Permission
from jiesu.catalogue.editing import changed, must_edit
from jiesu.catalogue.models import WordList
from jiesu.catalogue.wordlists import versions_of
from jiesu.foundation.errors import NotFound
from jiesu.organizations.models import Region
from jiesu.textintel import wordlists as pure


@dataclass(frozen=True)
class Offer:
    """New words of one list; ``key`` of the centre's list, "" where it lacks it; its ``region``."""

    shipped: pure.WordList
    proof: pure.Proof
    use: str
    words: tuple[str, ...]
    harmless: tuple[str, ...]
    key: str = ""
    region: Region | None = None


def offers(use: str = "") -> list[Offer]:
    """What is new of the lists of one use, of all for ""; none while the centre has no rows."""
    rows = list(WordList.objects.select_related("region").order_by("valid_from", "pk"))
    if not rows:
        return []
    by_name = {(row.use, row.kind, row.name): row.key for row in reversed(rows)}
    found = []
    for of_use, one, proof in pure.shipped():
        if use and of_use != use:
            continue
        key = by_name.get((of_use, one.kind, one.name), "")
        versions = [row for row in rows if row.key == key] if key else []
        if versions and versions[-1].valid_to is not None:
            continue
        words = _new(one.words, [w for row in versions for w in row.words + row.declined])
        harmless = _new(one.harmless, [w for row in versions for w in row.harmless + row.declined])
        if words or harmless:
            region = versions[-1].region if versions else None
            found.append(Offer(one, proof, str(of_use), words, harmless, key, region))
    return found


def offer_of(key: str) -> Offer:
    """What is new of one of the centre's lists. Refusal: NotFound."""
    found = [one for one in offers() if one.key == key]
    if not key or not found:
        raise NotFound("系统没有给这份词表的新词。")
    return found[0]


@transaction.atomic
def decline(key: str, *, actor: Actor, at: dt.datetime) -> None:
    """This will leave the new words of one list out for good.

    Refusals: NotFound when there are none; Forbidden outside one's area.
    """
    offer = offer_of(key)
    last = versions_of(key)[-1]
    must_edit(actor, last.region, Permission.WARNINGS_WORDS)
    left_out = [*offer.words, *offer.harmless]
    last.declined = [*last.declined, *left_out]
    last.save(update_fields=["declined"])
    changed("word_list_offer_declined", actor=actor, at=at, subject=f"word_list:{key}",
            data={"name": last.name, "words": left_out})  # fmt: skip


def _new(shipped: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    had = set(known)
    return tuple(word for word in shipped if word not in had)
