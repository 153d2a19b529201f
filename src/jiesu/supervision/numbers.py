"""Document numbers 发文字号 and letter heads of an office, dated and edited in the interface."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from jiesu.access import Actor, Permission
from jiesu.catalogue.editing import starting
from jiesu.documents.paper import document_number
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import Forbidden, invalid
from jiesu.foundation.text import clean_text
from jiesu.journal import audit
from jiesu.organizations.models import Unit
from jiesu.supervision.lifecycle import KINDS, Kind
from jiesu.supervision.models import LetterHead, NumberSequence


@dataclass(frozen=True)
class Head:
    """How an office's papers look today."""

    head: str
    word: str
    signature: str


def head_of(office: Unit, at: dt.datetime) -> Head:
    """The head in force; until one is set, drawn from the office's own names."""
    day = at.astimezone(BEIJING).date()
    row = (
        LetterHead.objects.filter(office=office, valid_from__lte=day)
        .order_by("-valid_from")
        .first()
    )
    if row is not None:
        return Head(row.head, row.word, row.signature)
    short = office.short_name or office.name
    return Head(office.name, short[:6], office.name)


@transaction.atomic
def set_head(
    head: str, word: str, signature: str, *, actor: Actor, at: dt.datetime,
    effective: dt.date | None = None,
) -> LetterHead:  # fmt: skip
    """This will let another head and word hold for the actor's office from a day on.

    Refusals: Forbidden; Invalid at ``head``, ``word``, ``signature``, ``effective``.
    """
    if not actor.may(Permission.SUPERVISION_RULES) or actor.unit_id is None:
        raise Forbidden
    day = starting(effective, at)
    given = {}
    for field, value, label, longest in (
        ("head", head, "红头", 64), ("word", word, "机关代字", 16),
        ("signature", signature, "落款", 64),
    ):  # fmt: skip
        given[field] = clean_text(
            value, max_length=longest, field=field, label=label, multiline=False
        )
        if not given[field]:
            raise invalid(field, f"请填写{label}。", "required")
    row, _ = LetterHead.objects.update_or_create(
        office_id=actor.unit_id, valid_from=day, defaults={**given, "set_by": actor.name}
    )
    audit.record(
        "supervision.letter_head", actor=actor, at=at, subject=f"unit:{actor.unit_id}",
        data={**given, "effective": day.isoformat()},
    )  # fmt: skip
    return row


def next_number(office: Unit, kind: Kind, at: dt.datetime) -> str:
    """The next document number of this kind: 榕效督〔2026〕12号, from 1 each year. Call it inside
    the transaction that uses it: it locks the sequence, so no number is skipped or given twice."""
    word = f"{head_of(office, at).word}{KINDS[kind].word}"
    return document_number(word, *_next(word, at))


def next_bulletin(office: Unit, at: dt.datetime) -> str:
    """The next number of the office's bulletins: 榕效通〔2026〕3号, counted as ``next_number``."""
    word = f"{head_of(office, at).word}通"
    return document_number(word, *_next(word, at))


def next_serial(word: str, at: dt.datetime) -> str:
    """The next plain serial: 重点-2026-0007."""
    year, serial = _next(word, at)
    return f"{word}-{year}-{serial:04d}"


def _next(word: str, at: dt.datetime) -> tuple[int, int]:
    year = at.astimezone(BEIJING).year
    NumberSequence.objects.get_or_create(word=word, year=year)
    row = NumberSequence.objects.select_for_update().get(word=word, year=year)
    row.last += 1
    row.save(update_fields=["last"])
    return year, row.last
