"""Learning from the centre's own orders, personal data in them covered first.

A tenth of the orders (by what they say, so that near-duplicates stay together) is never learned
from, by no version: two versions are compared on the same orders that neither has seen.
"""

import datetime as dt
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import transaction

from jiesu.access import Actor, Permission
from jiesu.appeals.models import Appeal
from jiesu.catalogue import categories
from jiesu.catalogue.editing import must_edit
from jiesu.catalogue.models import CategoryMap
from jiesu.foundation.errors import NotAllowedNow
from jiesu.journal import audit
from jiesu.suggestions import registry
from jiesu.suggestions.models import Kind, TrainedModel
from jiesu.textintel import learn, store, vectors
from jiesu.textintel.asked import Text
from jiesu.textintel.figures import figures_of
from jiesu.textintel.linear import Linear
from jiesu.textintel.redact import redact
from jiesu.textintel.vectors import Spans

LEAST_ORDERS = 200  # below it a model knows less than the names of the classes
MOST_ORDERS = 200_000  # the newest; more teach nothing new and take hours
LEAST_OF_A_LABEL = 3
HELD_OUT = 10  # one in ten is never learned from
SHINGLE = 6  # characters
_CHUNK = 2_000


@dataclass(frozen=True)
class Example:
    """One order as it teaches: its text, its label, what near-duplicates have in common."""

    text: Text
    label: str
    group: str


def train(
    kind: Kind, *, actor: Actor, at: dt.datetime, limit: int = MOST_ORDERS,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> TrainedModel:  # fmt: skip
    """This will learn a model from the newest orders, report how it does, and put it to use.

    One that is worse than the model in use is kept but not put to use. Refused: too few orders.
    """
    must_edit(actor, None, Permission.MANAGE_CATALOGUE)
    known = _enough(list(_examples(kind, at, min(limit, MOST_ORDERS), progress)))
    teach = [e for e in known if not _is_held_out(e.group)]
    ask = [e for e in known if _is_held_out(e.group)]
    if len(teach) < LEAST_ORDERS or not ask:
        raise NotAllowedNow(
            f"可学习的工单只有 {len(known)} 件，至少需要 {LEAST_ORDERS} 件以上。"
            "暂时按分类名称、关键词和权属目录推荐。",
            code="too_few_orders",
        )
    try:
        learned = learn.learn(
            [e.text for e in teach], [e.label for e in teach], [e.group for e in teach],
            progress=progress,
        )  # fmt: skip
    except learn.TooLittle as little:
        raise NotAllowedNow(str(little), code="too_few_orders") from little
    figures = measure(learned.model, ask)
    present = registry.in_use(kind)
    compared = measure(present.model, ask) if present and present.model else {}
    version = f"{at:%Y%m%d-%H%M%S}"
    file = f"{kind}-{version}.npz"
    checksum = store.save(learned.model, registry.folder() / file)
    with transaction.atomic():
        row = TrainedModel.objects.create(
            kind=kind, version=version, file=file, checksum=checksum, texts=len(teach),
            labels=len(learned.model.labels), figures=figures, compared=compared,
            trained_at=at, trained_by=actor.name,
        )  # fmt: skip
        audit.record("model.trained", actor=actor, at=at, subject=f"model:{kind}",
                     data={"version": version, "texts": len(teach), **figures})  # fmt: skip
        if not registry.is_worse(figures, compared):
            registry.activate(row, actor=actor, at=at)
    return row


def measure(model: Linear, examples: Sequence[Example]) -> dict[str, float]:
    """How a model does on these; a label it does not know counts as wrong."""
    probable, sure = model.judged([e.text for e in examples])
    truth = np.array([e.label for e in examples], dtype=object)
    labels = np.array(model.labels, dtype=object)
    return figures_of(truth, labels, probable, sure)


def _is_held_out(group: str) -> bool:
    return zlib.crc32(group.encode()) % HELD_OUT == 0


def _enough(examples: Sequence[Example]) -> list[Example]:
    """Without the labels that have too few orders to be learned."""
    labels, times = np.unique([e.label for e in examples], return_counts=True)
    kept = set(labels[times >= LEAST_OF_A_LABEL].tolist())
    return [e for e in examples if e.label in kept]


def _examples(
    kind: Kind, at: dt.datetime, limit: int, progress: Callable[[str, int, int], None]
) -> Iterator[Example]:
    """The newest orders, by key, each with what it turned out to be.

    A unit's label is who has it now or had it last: an order that was returned and sent elsewhere
    teaches the unit that kept it, not the one that gave it back.
    """
    newest = Appeal.objects.order_by("-pk").exclude(category=None)
    if kind is Kind.UNIT:
        newest = newest.exclude(lead_unit=None)
    codes = _codes(at)
    last, seen = None, 0
    while seen < limit:
        page = newest if last is None else newest.filter(pk__lt=last)
        rows = list(
            page.values_list(
                "pk", "title", "content", "category_id", "category_name", "region_name",
                "appeal_type", "lead_unit__code", "master_id",
            )[: min(_CHUNK, limit - seen)]
        )  # fmt: skip
        if not rows:
            return
        texts = [registry.text_for(kind, redact(r[1]), redact(r[2]), r[4], r[5]) for r in rows]
        alike = _fingerprints([Text(r[2]) for r in rows])
        for row, text, group in zip(rows, texts, alike, strict=True):
            of = {Kind.CLASS: codes.get(row[3], ""), Kind.TYPE: row[6], Kind.UNIT: row[7] or ""}
            if of[kind]:
                yield Example(text, of[kind], f"m{row[8]}" if row[8] else group)
        last, seen = rows[-1][0], seen + len(rows)
        progress("读工单", seen, limit)


def _codes(at: dt.datetime) -> dict[int, str]:
    """The code in the scheme that holds of every class, also of older schemes' that have one heir.

    So orders classified under an older scheme teach the present one.
    """
    present = {hit.id: hit.code for hit in categories.listed(categories.active(at))}
    heirs: dict[int, list[int]] = {}
    for old, new in CategoryMap.objects.values_list("old_id", "new_id"):
        heirs.setdefault(old, []).append(new)
    found = dict(present)
    for old, new_ones in heirs.items():
        if old not in present and len(new_ones) == 1 and new_ones[0] in present:
            found[old] = present[new_ones[0]]
    return found


def _fingerprints(texts: Sequence[Text]) -> list[str]:
    """The same for texts that say nearly the same: the least and the greatest hash of their
    6-grams (MinHash, Broder 1997). Both, so that one stock phrase does not bring all together."""
    grams = vectors.read(texts, Spans(chars=SHINGLE, words=0))
    whole = grams.end - grams.start == SHINGLE
    row, bucket = grams.row[whole], grams.bucket[whole]
    least = np.full(len(texts), 1 << vectors.BITS, dtype=np.int64)
    most = np.full(len(texts), -1, dtype=np.int64)
    np.minimum.at(least, row, bucket)
    np.maximum.at(most, row, bucket)
    return [
        f"g{low}-{high}" if high >= 0 else f"t{text.body}"
        for low, high, text in zip(least.tolist(), most.tolist(), texts, strict=True)
    ]
