"""Keeps the index of this host in step with the appeals.

It follows the events by itself, from the last one it knows, so it needs nothing of the database
and each host may have its own. Taking an appeal in again replaces it: killed at any point, it takes
a little in twice. A missing or damaged index is built anew, a part at each turn.

Personal data is never read here: the columns in ``_READ`` are all there is.
"""

import logging
import shutil
import time
from collections import defaultdict, deque
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import tantivy
from django.db.models import Max

from jiesu.appeals.lifecycle import ENDED
from jiesu.appeals.models import Appeal, Assignment, Event
from jiesu.appeals.queries import within
from jiesu.organizations.models import PathMove
from jiesu.organizations.paths import ancestors, below
from jiesu.search import store
from jiesu.search.store import Known, day_number
from jiesu.search.words import spaced
from jiesu.textintel.similar import terms

log = logging.getLogger(__name__)

CHUNK = 2_000
SETTLED = 120.0  # seconds; ids are given out before the commit, so younger ones are read again
_MARGIN = 5_000  # events before a build began that may have been under way
_HEAP = 64_000_000
_CONTENT = 4_000  # characters of the content that are searched

_READ = (
    "pk", "number", "title", "content", "address", "category_name", "region_name", "region_path",
    "lead_unit_name", "status", "received_at", "centre_id",
)  # fmt: skip


def documents(pks: Collection[int]) -> Iterator[tuple[str, Any]]:
    """(number, document) of these appeals: two statements."""
    units: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = Assignment.objects.filter(appeal_id__in=pks)
    for appeal, path, name in rows.values_list("appeal_id", "unit_path", "unit_name"):
        units[appeal].append((path, name))
    for row in Appeal.objects.filter(pk__in=pks).values_list(*_READ):
        (pk, number, title, content, address, category, region, region_path, lead, status,
         received, centre) = row  # fmt: skip
        scope = [f"r{path}" for path in ancestors(region_path)]
        scope += {f"u{path}" for unit, _ in units[pk] for path in ancestors(unit)}
        scope += [f"c{centre}", "ended" if status in ENDED else "open"]
        names = dict.fromkeys([lead, *(name for _, name in units[pk])])
        document = tantivy.Document()
        document.add_text("number", number)
        document.add_text("title", spaced(title))
        document.add_text("content", spaced(content[:_CONTENT]))
        document.add_text("address", spaced(f"{region} {address}"))
        document.add_text("category", spaced(category))
        document.add_text("unit", spaced(" ".join(names)))
        document.add_text("matter", matter(title, address, content))
        document.add_text("scope", " ".join(scope))
        document.add_text("status", status)
        document.add_unsigned("received", day_number(received))
        yield number, document


def matter(title: str, address: str, content: str) -> str:
    """What is compared when the same matter is looked for: each telling word once."""
    return " ".join(dict.fromkeys(terms.words(f"{title} {address} {content[: terms.READ]}")))


class Writer:
    """The one writer of one index folder. Raises ``ValueError`` while another process has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._index = (
            tantivy.Index.open(str(folder))
            if (folder / "meta.json").exists()
            else tantivy.Index(store.SCHEMA, path=str(folder))
        )
        self._writer = self._index.writer(_HEAP, 1)
        self.known = Known.load(folder) or Known()

    def take_in(self, pks: Collection[int]) -> int:
        """Put these appeals in, in place of what was known of them; how many."""
        count = 0
        for number, document in documents(pks):
            self._writer.delete_documents_by_term("number", number)
            self._writer.add_document(document)
            count += 1
        return count

    def commit(self) -> None:
        """Make it seen, then note how far it is."""
        self._writer.commit()
        self.known.save(self.folder)

    def close(self) -> None:
        """Let go of the folder."""
        self._writer.wait_merging_threads()
        del self._writer, self._index


# --- building -------------------------------------------------------------------------------------


def building() -> Path:
    """Where a new index is built."""
    return store.home() / "building"


def build(*, restart: bool = False, chunk: int = CHUNK) -> Iterator[tuple[int, int]]:
    """This will build the index anew, going on where an earlier run stopped, and put it in place.

    Gives (pk reached, last pk) after each part. Raises ``ValueError`` while another process builds.
    """
    folder = building()
    if restart or (folder.exists() and Known.load(folder) is None):
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    writer = Writer(folder)
    known = writer.known
    if not known.pk:
        known.event = max((_last(Event) or 0) - _MARGIN, 0)
        known.move = _last(PathMove) or 0
        writer.commit()
    last = _last(Appeal) or 0
    while True:
        rows = Appeal.objects.filter(pk__gt=known.pk).order_by("pk")
        pks = list(rows.values_list("pk", flat=True)[:chunk])
        if not pks:
            break
        writer.take_in(pks)
        known.pk = pks[-1]
        writer.commit()
        yield known.pk, max(last, known.pk)
    known.is_complete = True
    writer.commit()
    writer.close()
    store.put_in_place(folder)


# --- following ------------------------------------------------------------------------------------


class Indexer:
    """Follows the events for one process; lives as long as its loop."""

    def __init__(self) -> None:
        self._writer: Writer | None = None
        self._build: Iterator[tuple[int, int]] | None = None
        self._seen: deque[int] = deque()  # ids taken in, not settled yet
        self._marks: deque[tuple[float, int]] = deque()  # (when, highest id then)

    def catch_up(self, limit: int = CHUNK) -> int:
        """This will take in what happened since the last time, or build on; how many appeals.

        Whatever is the matter with the index is logged and mended here: the desks work on.
        """
        try:
            if self._build is not None or store.current() is None:
                return self._go_on_building()
            writer = self._open()
            return self._follow(writer, limit) if writer is not None else 0
        except (ValueError, OSError) as trouble:
            if "LockBusy" in str(trouble):
                return 0  # another process of this host sees to it
            log.exception("the search index is damaged and will be built anew")
            self._drop()
            return 0

    def _open(self) -> Writer | None:
        folder = store.current()
        if self._writer is not None and self._writer.folder != folder:
            self._close()
        if self._writer is None and folder is not None:
            self._writer = Writer(folder)
        return self._writer

    def _follow(self, writer: Writer, limit: int) -> int:
        known = writer.known
        seen = set(self._seen)
        rows = Event._base_manager.filter(pk__gt=known.event).order_by("pk")
        found = [
            (pk, appeal)
            for pk, appeal in rows.values_list("pk", "appeal_id")[: limit + len(seen)]
            if pk not in seen
        ]
        count = self._follow_moves(writer)
        if found:
            count += writer.take_in({appeal for _, appeal in found})
            self._seen.extend(pk for pk, _ in found)
        settled = self._settled(max((pk for pk, _ in found), default=0))
        if count or settled > known.event + _MARGIN:
            known.event = max(known.event, settled)
            writer.commit()
        while self._seen and self._seen[0] <= known.event:
            self._seen.popleft()
        return count

    def _settled(self, newest: int) -> int:
        """The highest id that was there ``SETTLED`` seconds ago: nothing below it is to come."""
        now = time.monotonic()
        if newest and (not self._marks or newest > self._marks[-1][1]):
            self._marks.append((now, newest))
        settled = 0
        while self._marks and now - self._marks[0][0] >= SETTLED:
            settled = self._marks.popleft()[1]
        return settled

    def _follow_moves(self, writer: Writer) -> int:
        """Take in again whatever lies below a subtree that got another path."""
        count = 0
        for move in PathMove.objects.filter(pk__gt=writer.known.move).order_by("pk"):
            if move.tree == PathMove.Tree.REGION:
                rows = Appeal.objects.filter(within(move.new_prefix))
            else:
                moved = Assignment.objects.filter(**below("unit_path", move.new_prefix))
                rows = Appeal.objects.filter(pk__in=moved.values("appeal_id"))
            last = 0
            while pks := list(
                rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]
            ):
                count += writer.take_in(pks)
                last = pks[-1]
            writer.known.move = move.pk
        return count

    def _go_on_building(self) -> int:
        if self._build is None:
            log.info("there is no search index: building one")
            self._close()
            self._build = build()
        before = time.monotonic()
        try:
            reached, last = next(self._build)
        except StopIteration:
            self._build = None
            log.info("the search index is complete")
            return 0
        except BaseException:
            self._build = None
            raise
        log.info("search index: %d of %d, %.1f s", reached, last, time.monotonic() - before)
        return 1

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None
        self._seen.clear()
        self._marks.clear()

    def _drop(self) -> None:
        """Leave a damaged index behind: no pointer, no half-built one."""
        self._writer = self._build = None
        self._seen.clear()
        self._marks.clear()
        (store.home() / "current").unlink(missing_ok=True)
        shutil.rmtree(building(), ignore_errors=True)


_indexer = Indexer()


def catch_up() -> int:
    """This will bring the index of this host up to date; how many appeals were taken in."""
    return _indexer.catch_up()


def _last(model: type[Appeal] | type[Event] | type[PathMove]) -> int | None:
    last: int | None = model._default_manager.aggregate(last=Max("pk"))["last"]
    return last
