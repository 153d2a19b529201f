"""Who acts, written once and not for each of a million events."""

from dataclasses import dataclass

from jiesu.access import Actor
from jiesu.cli.simulation.bulk.tables import Row
from jiesu.journal import chain

_MOST = 20_000


@dataclass(frozen=True, slots=True)
class Signature:
    """Who acts, as the journal's hash reads it and as its columns hold it."""

    actor: Actor
    text: bytes
    row: Row


_known: dict[int, Signature] = {}  # by the actor's own identity: to hash one is slow


def signature_of(actor: Actor) -> Signature:
    """The actor's signature; the actor is kept with it, so that its identity stays its own."""
    found = _known.get(id(actor))
    if found is None or found.actor is not actor:
        row = chain.actor_facts(actor)
        if len(_known) >= _MOST:
            _known.clear()
        found = _known[id(actor)] = Signature(actor, chain.actor_text(**row), row)
    return found
