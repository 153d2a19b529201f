"""What a word list would have hit in the last month, before it holds.

Reads by key, newest first, in batches, no more than ``MOST`` texts nor longer than ``SECONDS``; the
result says how far it came.
"""

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass

from jiesu.access import Actor
from jiesu.appeals.models import Appeal, Reply
from jiesu.catalogue.wordlists import Wish, harmless_in_force
from jiesu.textintel import wordlists as pure
from jiesu.textintel.wordlists import Use

DAYS = 30
MOST = 20_000
BATCH = 1_000
SECONDS = 8.0
EXAMPLES = 8


@dataclass(frozen=True)
class Example:
    """A text the list would have hit, and the words there."""

    number: str
    title: str
    quote: str


@dataclass(frozen=True)
class Trial:
    """``read`` texts (orders, or replies let go) since ``since``; ``hit`` by the list as wished,
    ``before`` by the version that held; ``complete`` unless it stopped at its bound."""

    since: dt.datetime
    read: int
    hit: int
    before: int | None
    complete: bool
    examples: tuple[Example, ...]


def try_list(wish: Wish, held: pure.WordList | None, *, actor: Actor, at: dt.datetime) -> Trial:
    """How many texts of the last month the list would have hit, with examples the actor may see."""
    use, one = Use(wish.use), wish.pure()
    since = at - dt.timedelta(days=DAYS)
    path = wish.region.path if wish.region else ""
    harmless = harmless_in_force(path, at)
    stop = time.monotonic() + SECONDS
    read = hit = before = looked = 0
    complete = True
    quoted: dict[int, str] = {}  # order → the words hit there
    for batch in _replies() if use is Use.REPLY else _orders():
        texts = [
            (pk, text) for pk, when, where, text in batch
            if when and when >= since and where.startswith(path)
        ]  # fmt: skip
        if not texts and all(when and when < since for _, when, _, _ in batch):
            break
        looked += len(batch)
        for pk, text in texts:
            read += 1
            form = pure.read_form(text, use, harmless)
            if spot := next(pure.listed(form.text, [one]), None):
                hit += 1
                quoted.setdefault(pk, form.quoted(*spot[1:]))
            if held is not None and next(pure.listed(form.text, [held]), None):
                before += 1
        if looked >= MOST or time.monotonic() > stop:
            complete = False
            break
    newest = sorted(quoted, reverse=True)[: EXAMPLES * 10]
    seen = Appeal.objects.visible_to(actor).filter(pk__in=newest).only("number", "title")
    examples = [Example(a.number, a.title, quoted[a.pk]) for a in seen.order_by("-pk")[:EXAMPLES]]
    return Trial(since, read, hit, before if held else None, complete, tuple(examples))


_Row = tuple[int, dt.datetime | None, str, str]  # order, when, where, text


def _orders() -> Iterator[list[_Row]]:
    last = None
    while True:
        rows = Appeal.objects.order_by("-pk")
        found = list(
            (rows.filter(pk__lt=last) if last else rows)
            .values_list("pk", "registered_at", "region_path", "title", "content")[:BATCH]
        )  # fmt: skip
        if not found:
            return
        yield [(pk, when, where, f"{title}。{said}") for pk, when, where, title, said in found]
        last = found[-1][0]


def _replies() -> Iterator[list[_Row]]:
    last = None
    while True:
        rows = Reply.objects.filter(stage=Reply.Stage.APPROVED).order_by("-pk")
        found = list(
            (rows.filter(pk__lt=last) if last else rows)
            .values_list("pk", "appeal_id", "decided_at", "appeal__region_path", "public_reply")
            [:BATCH]
        )  # fmt: skip
        if not found:
            return
        yield [row[1:] for row in found]
        last = found[-1][0]
