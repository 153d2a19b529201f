"""The models whose rows are sealed, read in one way: chained events, and the audit."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast

from jiesu.journal import audit
from jiesu.journal.chain import matches
from jiesu.journal.models import AbstractEvent, Record

_ACTOR = audit.HASHED[2:8]


class Sealable(NamedTuple):
    """What a batch binds of one row."""

    id: int
    subject_id: int
    seq: int
    hash: str


class Kept(NamedTuple):
    """One row as it is kept now, and whether its content is what its hash says."""

    row: Sealable
    subject: str
    is_true: bool


class Link(NamedTuple):
    """One event's place in its chain, and its subject's idea of the chain's end."""

    subject_id: int
    subject: str
    seq: int
    prev_hash: str
    hash: str
    head_seq: int | None
    head_hash: str


def event_models() -> list[str]:
    """The labels of the models whose rows are sealed (setting JIESU_EVENT_MODELS)."""
    return list(getattr(settings, "JIESU_EVENT_MODELS", ["journal.AuditRecord"]))


def _parsed(raw: str) -> Any:
    """The JSON of a row's data; None, which no row has, when it is damaged."""
    try:
        return orjson.loads(raw)
    except (ValueError, TypeError):
        return None


class Source:
    """Rows of one sealed model, always read by key, a chunk at a time."""

    def __init__(self, label: str) -> None:
        model = apps.get_model(label)
        if not issubclass(model, Record):
            raise TypeError(f"{label} is not a journal record")
        self.label = label
        self.model: type[Record] = model

    def max_id(self) -> int:
        """The highest id there is; 0 in an empty table."""
        newest = self._rows().order_by("-pk").values_list("pk", flat=True).first()
        return newest or 0

    def count_between(self, after: int, upto: int) -> int:
        """How many rows have an id above ``after``, up to ``upto``."""
        return self._rows().filter(pk__gt=after, pk__lte=upto).count()

    def sealable(self, after: int, upto: int, size: int) -> list[Sealable]:
        """The first rows above ``after``, in the order of ids."""
        raise NotImplementedError

    def kept(self, after: int, upto: int | None, chunk: int) -> Iterator[Kept]:
        """All rows above ``after``, in the order of ids, with their content checked."""
        raise NotImplementedError

    def links(self, chunk: int) -> Iterator[Link]:
        """All events by subject and seq; none when the rows are not chained."""
        return iter(())

    def without_history(self, chunk: int) -> Iterator[tuple[str, int]]:
        """Subjects that remember events of which none is left: (text, head's seq)."""
        return iter(())

    def name_of(self, subject_id: int, seq: int) -> str:
        """The subject's text, also when its events are gone."""
        raise NotImplementedError

    def _rows(self) -> "models.QuerySet[Any]":
        return self.model._default_manager.all()

    def _page(
        self, columns: tuple[str, ...], after: int, upto: int | None, chunk: int
    ) -> Iterator[tuple[Any, ...]]:
        raw = Cast("data", models.TextField())  # parsed here: a damaged text must not stop us
        rows = self._rows().annotate(raw=raw).order_by("pk").values_list("pk", *columns)
        if upto is not None:
            rows = rows.filter(pk__lte=upto)
        while True:
            page = list(rows.filter(pk__gt=after)[:chunk])
            yield from page
            if len(page) < chunk:
                return
            after = page[-1][0]


class EventSource(Source):
    """A model of chained events."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        if not issubclass(self.model, AbstractEvent):
            raise TypeError(f"{label} is not a chained event")
        self.event: type[AbstractEvent] = self.model
        self._id = f"{self.event.subject}_id"
        self._text = f"{self.event.subject}__{self.event.subject_text}"

    def sealable(self, after: int, upto: int, size: int) -> list[Sealable]:
        """The first rows above ``after``, in the order of ids."""
        rows = self._rows().filter(pk__gt=after, pk__lte=upto).order_by("pk")
        return [Sealable(*row) for row in rows.values_list("pk", self._id, "seq", "hash")[:size]]

    def kept(self, after: int, upto: int | None, chunk: int) -> Iterator[Kept]:
        """All rows above ``after``, in the order of ids, with their content checked."""
        columns = (
            self._id, "seq", "hash", self._text, "kind", "at", *_ACTOR, "prev_hash", "raw",
        )  # fmt: skip
        for pk, subject_id, seq, row_hash, text, kind, at, *rest in self._page(
            columns, after, upto, chunk
        ):
            *actor, prev_hash, raw = rest
            data = _parsed(raw)
            is_true = matches(row_hash, prev_hash, str(text), seq, kind, at, *actor, data)
            yield Kept(Sealable(pk, subject_id, seq, row_hash), str(text), is_true)

    def links(self, chunk: int) -> Iterator[Link]:
        """All events by subject and seq."""
        head = self.event.subject_head
        columns = [self._id, self._text, "seq", "prev_hash", "hash"]
        columns += [f"{self.event.subject}__{field}" for field in head or ()]
        rows = self._rows().order_by(self._id, "seq").values_list(*columns)
        page = list(rows[:chunk])
        while page:
            for subject_id, text, *rest in page:
                place = rest if head else [*rest, None, ""]
                yield Link(subject_id, str(text), *place)
            if len(page) < chunk:
                return
            subject_id, seq = page[-1][0], page[-1][2]
            after = models.Q(**{f"{self._id}__gt": subject_id}) | models.Q(seq__gt=seq)
            page = list(rows.filter(after, **{f"{self._id}__gte": subject_id})[:chunk])

    def without_history(self, chunk: int) -> Iterator[tuple[str, int]]:
        """Subjects that remember events of which none is left: (text, head's seq)."""
        if self.event.subject_head is None:
            return
        seq = self.event.subject_head[0]
        has_events = models.Exists(self._rows().filter(**{self._id: models.OuterRef("pk")}))
        subjects = (
            self._subject_model()
            ._default_manager.filter(~has_events, **{f"{seq}__gt": 0})
            .order_by("pk")
            .values_list("pk", self.event.subject_text, seq)
        )
        after = 0
        while True:
            page = list(subjects.filter(pk__gt=after)[:chunk])
            for _, text, last in page:
                yield str(text), last
            if len(page) < chunk:
                return
            after = page[-1][0]

    def name_of(self, subject_id: int, seq: int) -> str:
        """The subject's text, also when its events are gone."""
        texts = self._subject_model()._default_manager.filter(pk=subject_id)
        text = texts.values_list(self.event.subject_text, flat=True).first()
        return f"#{subject_id}" if text is None else str(text)

    def _subject_model(self) -> type[models.Model]:
        subject = self.event._meta.get_field(self.event.subject).related_model
        if not isinstance(subject, type):
            raise TypeError(f"{self.label}.{self.event.subject} is not a foreign key")
        return subject


class AuditSource(Source):
    """The audit: rows stand alone, so subject 0 and the row's own id name each."""

    def sealable(self, after: int, upto: int, size: int) -> list[Sealable]:
        """The first rows above ``after``, in the order of ids."""
        rows = self._rows().filter(pk__gt=after, pk__lte=upto).order_by("pk")
        return [Sealable(pk, 0, pk, row) for pk, row in rows.values_list("pk", "hash")[:size]]

    def kept(self, after: int, upto: int | None, chunk: int) -> Iterator[Kept]:
        """All rows above ``after``, in the order of ids, with their content checked."""
        columns = ("hash", *audit.HASHED[:-1], "raw")
        for pk, row_hash, *content, raw in self._page(columns, after, upto, chunk):
            content.append(_parsed(raw))
            try:
                is_true = audit.content_hash(*content) == row_hash
            except (TypeError, ValueError, AttributeError):
                is_true = False
            yield Kept(Sealable(pk, 0, pk, row_hash), self.name_of(0, pk), is_true)

    def name_of(self, subject_id: int, seq: int) -> str:
        """What the report calls one audit record."""
        return "审计记录"


def source(label: str) -> Source:
    """The rows of one sealed model."""
    is_chained = issubclass(apps.get_model(label), AbstractEvent)
    return EventSource(label) if is_chained else AuditSource(label)
