"""What a later version of the program adds to its word lists, offered to a centre that has rows.

Nothing changes by itself. A word that any version of the list ever held is not new: who took it out
is not asked again. An ended list is offered nothing.
"""

import datetime as dt
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from jiesu.access import Actor, Permission
from jiesu.catalogue.editing import changed, must_edit
from jiesu.catalogue.models import WordList
from jiesu.catalogue.versions import day_of
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
    known = {(row.use, row.kind, row.origin or row.name): row.key for row in reversed(rows)}
    found = []
    for of_use, one, proof in pure.shipped():
        if use and of_use != use:
            continue
        key = known.get((of_use, one.kind, one.name), "")
        versions = [row for row in rows if row.key == key] if key else []
        if versions and versions[-1].valid_to is not None:
            continue
        words = _new(one.words, [w for row in versions for w in row.words + row.declined])
        harmless = _new(one.harmless, [w for row in versions for w in row.harmless + row.declined])
        if words or harmless:
            region = versions[-1].region if versions else None
            found.append(Offer(one, proof, str(of_use), words, harmless, key, region))
    return found


def offer_of(use: str, name: str) -> Offer:
    """What is new of the program's list of that name. Refusal: NotFound."""
    for offer in offers(use):
        if offer.shipped.name == name:
            return offer
    raise NotFound("系统没有给这份词表的新词，可能已被他人采用或不采用。")


@transaction.atomic
def decline(use: str, name: str, *, actor: Actor, at: dt.datetime) -> None:
    """This will leave the new words of one of the program's lists out for good.

    A list the centre lacks is remembered as one that ended on the day it began. Refusals: NotFound
    when there is nothing new; Forbidden outside one's area.
    """
    list(WordList.objects.select_for_update().filter(use=use))  # of two who decline, one finds none
    offer = offer_of(use, name)
    must_edit(actor, offer.region, Permission.WARNINGS_WORDS)
    left_out = [*offer.words, *offer.harmless]
    if offer.key:
        last = versions_of(offer.key)[-1]
        last.declined = [*last.declined, *left_out]
        last.save(update_fields=["declined"])
    else:
        day = day_of(at)
        last = WordList.objects.create(
            key=secrets.token_hex(8), use=use, kind=offer.shipped.kind, name=name, origin=name,
            declined=left_out, owner=actor.name, reason="不采用系统新词表",
            valid_from=day, valid_to=day, set_by=actor.name, set_at=at,
        )  # fmt: skip
    changed("word_list_offer_declined", actor=actor, at=at, subject=f"word_list:{last.key}",
            data={"name": last.name, "words": left_out})  # fmt: skip


def _new(shipped: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    had = set(known)
    return tuple(word for word in shipped if word not in had)
