"""Seals what happened, an hour at a time, so that no later change of a row goes unseen.

A batch binds the hashes of a run of rows into one Merkle root, is chained to the batch before it
and signed with a key that is not in the database. Two processes never need a common lock: only
``seal`` writes batches, and a second one at the same time gives way.
"""

import datetime as dt
import logging
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import orjson
from django.db import IntegrityError, models, transaction

from jiesu.foundation.crypto import keyring, sm3
from jiesu.journal import merkle
from jiesu.journal.chain import START, Fault, instant
from jiesu.journal.models import SealedBatch, SealMark
from jiesu.journal.sources import Kept, Sealable, Source, event_models, source

log = logging.getLogger(__name__)

SETTLED = dt.timedelta(minutes=10)  # longer than any transaction that writes events
PERIOD = dt.timedelta(hours=1)
LARGEST = 50_000  # rows in a batch; a backlog takes several


def seal(
    at: dt.datetime, *, settled: dt.timedelta = SETTLED, period: dt.timedelta = PERIOD
) -> list[SealedBatch]:
    """Seal every model's settled rows when its last batch is an hour old; gives the new batches.

    Ids are given out before the commit, so the highest id is noted at each call and rows are sealed
    up to a note that is old enough. Call it every few minutes.
    """
    made: list[SealedBatch] = []
    for label in event_models():
        rows = source(label)
        limit = _settled_id(rows, at, settled)
        last = _last_batch(label)
        if last is not None and at - last.sealed_at < period:
            continue
        try:
            while (batch := _seal_next(rows, last, limit, at)) is not None:
                made.append(batch)
                last = batch
        except IntegrityError:
            log.info("another process is sealing %s", label)
    return made


def _last_batch(label: str) -> SealedBatch | None:
    return SealedBatch.objects.filter(model=label).defer("slip").order_by("number").last()


def _settled_id(rows: Source, at: dt.datetime, settled: dt.timedelta) -> int:
    """Note the highest id of now, and give the highest that was already there ``settled`` ago."""
    marks = SealMark.objects.filter(model=rows.label)
    old = marks.filter(seen_at__lte=at - settled).order_by("seen_at").last()
    if old is not None:
        marks.filter(seen_at__lt=old.seen_at).delete()
    newest = marks.order_by("seen_at").last()
    if newest is None or newest.seen_at <= at - settled / 2:
        mark = SealMark(model=rows.label, seen_id=rows.max_id(), seen_at=at)
        SealMark.objects.bulk_create([mark], ignore_conflicts=True)
        if settled <= dt.timedelta(0):
            return mark.seen_id
    return old.seen_id if old is not None else 0


def _seal_next(
    rows: Source, last: SealedBatch | None, limit: int, at: dt.datetime
) -> SealedBatch | None:
    found = rows.sealable(last.last_id if last else 0, limit, LARGEST)
    if not found:
        return None
    batch = SealedBatch(
        model=rows.label,
        number=last.number + 1 if last else 1,
        first_id=found[0].id,
        last_id=found[-1].id,
        count=len(found),
        root=_root(found),
        slip=pack(found),
        prev_digest=last.digest if last else START,
        sealed_at=at,
    )
    batch.digest = _digest(batch)
    batch.signature = keyring().sign(batch.digest.encode())
    with transaction.atomic():
        batch.save(force_insert=True)
    log.info("sealed %s batch %d, digest %s", batch.model, batch.number, batch.digest)
    return batch


def _root(rows: Sequence[Sealable]) -> str:
    return merkle.root([merkle.leaf(row.id, row.hash) for row in rows]).hex()


def _digest(batch: SealedBatch) -> str:
    statement = {
        "count": batch.count,
        "first_id": batch.first_id,
        "last_id": batch.last_id,
        "model": batch.model,
        "number": batch.number,
        "prev": batch.prev_digest,
        "root": batch.root,
        "sealed_at": instant(batch.sealed_at),
        "slip": sm3(bytes(batch.slip)).hex(),
    }
    return sm3(orjson.dumps(statement, option=orjson.OPT_SORT_KEYS)).hex()


# --- the slip: names each sealed row in about nine bytes ------------------------------------------


def pack(rows: Sequence[Sealable]) -> bytes:
    """The list of what was sealed, in columns, compressed."""
    ids = [row.id for row in rows]
    steps = [ids[0], *(b - a for a, b in pairwise(ids))]
    n = len(rows)
    columns = (
        struct.pack(f"<{n}Q", *steps),
        struct.pack(f"<{n}Q", *(row.subject_id for row in rows)),
        struct.pack(f"<{n}Q", *(row.seq for row in rows)),
        bytes.fromhex("".join(row.hash[:8] for row in rows)),
    )
    return zlib.compress(b"".join(columns), 6)


def unpack(slip: bytes) -> list[Sealable]:
    """What ``pack`` packed, with the first eight hex digits of each hash.

    Raises ``ValueError`` when it is damaged.
    """
    try:
        content = zlib.decompress(slip)
    except zlib.error:
        raise ValueError("the slip is damaged") from None
    n, rest = divmod(len(content), 28)
    if rest:
        raise ValueError("the slip is damaged")
    numbers = struct.unpack(f"<{3 * n}Q", content[: 24 * n])
    prefixes = content[24 * n :].hex()
    rows, row_id = [], 0
    for i in range(n):
        row_id += numbers[i]
        rows.append(
            Sealable(row_id, numbers[n + i], numbers[2 * n + i], prefixes[8 * i : 8 * i + 8])
        )
    return rows


# --- verifying ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """One thing wrong: what, in which model, of which subject, at which event."""

    model: str
    fault: Fault
    subject: str
    seq: int
    detail: str = ""


@dataclass
class Verdict:
    """What verifying found, and how much it looked at."""

    findings: list[Finding] = field(default_factory=list)
    left_off: int = 0  # findings beyond the first thousand
    rows: dict[str, int] = field(default_factory=dict)
    batches: dict[str, int] = field(default_factory=dict)
    unsealed: dict[str, int] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)  # "number:digest", to keep elsewhere

    @property
    def is_clean(self) -> bool:
        """Whether every row is as it was written."""
        return not self.findings


Progress = Callable[[str, int], None]
_MOST = 1_000


class _Findings:
    """Collects what is wrong, each thing once."""

    def __init__(self, verdict: Verdict, model: str) -> None:
        self._verdict = verdict
        self._model = model
        self._seen: set[tuple[str, int]] = set()

    def add(self, fault: Fault, subject: str, seq: int, detail: str = "") -> None:
        """Note a fault, unless this event has one already."""
        if (subject, seq) in self._seen and fault is not Fault.BATCH:
            return
        if len(self._verdict.findings) >= _MOST:
            self._verdict.left_off += 1
            return
        self._seen.add((subject, seq))
        self._verdict.findings.append(Finding(self._model, fault, subject, seq, detail))

    def has(self, subject: str, seq: int) -> bool:
        """Whether this event has a fault already."""
        return (subject, seq) in self._seen


def verify(
    *,
    anchors: Sequence[tuple[str, int, str]] = (),
    progress: Progress | None = None,
    chunk: int = 2_000,
) -> Verdict:
    """Check every row, chain and batch of every model, a chunk at a time.

    ``anchors`` are (model, number, digest) that were written down elsewhere: with one, even a
    database replaced as a whole is found out. ``progress`` is told (model, rows done).
    """
    verdict = Verdict()
    for label in event_models():
        rows = source(label)
        findings = _Findings(verdict, label)
        expected = {number: digest for model, number, digest in anchors if model == label}
        done = 0
        last_id, last_digest, count = 0, START, 0
        for batch in _batches(label):
            count += 1
            broken = _batch_fault(batch, count, last_id, last_digest)
            if broken:
                findings.add(Fault.BATCH, "", batch.number, broken)
            if batch.number in expected and expected.pop(batch.number) != batch.digest:
                findings.add(Fault.BATCH, "", batch.number, "与另存的封存值不符")
            done = _verify_batch(rows, batch, last_id, findings, done, chunk, progress)
            last_id, last_digest = batch.last_id, batch.digest
            verdict.newest[label] = f"{batch.number}:{batch.digest}"
        for number in expected:
            findings.add(Fault.BATCH, "", number, "另存过封存值的批次不存在")
        unsealed = 0
        for kept in rows.kept(last_id, None, chunk):
            unsealed += 1
            _verify_row(kept, findings)
            if progress and (done + unsealed) % chunk == 0:
                progress(label, done + unsealed)
        _verify_chains(rows, findings, chunk)
        verdict.rows[label] = done + unsealed
        verdict.batches[label] = count
        verdict.unsealed[label] = unsealed
        if progress:
            progress(label, done + unsealed)
    return verdict


def recent(limit: int = 6) -> list[tuple[SealedBatch, str]]:
    """The newest batches of every model, each with what is wrong with its seal, "" for nothing.

    Checks the batch itself, its signature and its link to the one before, not the rows under it.
    """
    found = []
    for label in event_models():
        rows = SealedBatch.objects.filter(model=label).order_by("-number")
        newest = list(rows[: limit + 1])
        for at, batch in enumerate(newest[:limit]):
            before = newest[at + 1] if at + 1 < len(newest) else None
            last = (before.number, before.last_id, before.digest) if before else (0, 0, START)
            found.append((batch, _batch_fault(batch, last[0] + 1, last[1], last[2])))
    return found


def _batches(label: str) -> Iterator[SealedBatch]:
    number = 0
    while True:
        later = SealedBatch.objects.filter(model=label, number__gt=number).order_by("number")
        batch = later.first()
        if batch is None:
            return
        yield batch
        number = batch.number


def _batch_fault(batch: SealedBatch, count: int, last_id: int, last_digest: str) -> str:
    if batch.number != count:
        return "前面缺少批次"
    if _digest(batch) != batch.digest:
        return "批次内容被改动"
    if not keyring().verify(batch.digest.encode(), batch.signature):
        return "签名不符"
    if batch.prev_digest != last_digest or batch.first_id <= last_id:
        return "与上一批次不相连"
    return ""


def _verify_row(kept: Kept, findings: _Findings) -> None:
    if not kept.is_true:
        findings.add(Fault.EDITED, kept.subject, kept.row.seq)


def _verify_batch(
    rows: Source,
    batch: SealedBatch,
    after: int,
    findings: _Findings,
    done: int,
    chunk: int,
    progress: Progress | None,
) -> int:
    """Compare what was sealed with what is there, both in the order of ids."""
    try:
        sealed = iter(unpack(bytes(batch.slip)))
    except ValueError:
        findings.add(Fault.BATCH, "", batch.number, "批次内容被改动")
        sealed = iter(())
    expected = next(sealed, None)
    leaves: list[bytes] = []
    is_as_sealed = True

    def missing(row: Sealable) -> None:
        findings.add(Fault.REMOVED, rows.name_of(row.subject_id, row.seq), row.seq)

    for kept in rows.kept(after, batch.last_id, chunk):
        row = kept.row
        while expected is not None and expected.id < row.id:
            is_as_sealed = False
            missing(expected)
            expected = next(sealed, None)
        leaves.append(merkle.leaf(row.id, row.hash))
        if expected is None or expected.id != row.id:
            is_as_sealed = False
            findings.add(Fault.INSERTED, kept.subject, row.seq)
            continue
        if expected != row._replace(hash=row.hash[:8]):
            is_as_sealed = False
            subject = rows.name_of(expected.subject_id, expected.seq)
            findings.add(Fault.EDITED, subject, expected.seq, "与封存时不同")
        _verify_row(kept, findings)
        expected = next(sealed, None)
        done += 1
        if progress and done % chunk == 0:
            progress(rows.label, done)
    while expected is not None:
        is_as_sealed = False
        missing(expected)
        expected = next(sealed, None)
    if is_as_sealed and (merkle.root(leaves).hex() != batch.root or len(leaves) != batch.count):
        findings.add(Fault.BATCH, "", batch.number, "批次根值不符")
    return done


def _verify_chains(rows: Source, findings: _Findings, chunk: int) -> None:
    """Check that each subject's events follow each other and end where the subject says."""
    last = None
    for link in rows.links(chunk):
        if last is None or link.subject_id != last.subject_id:
            if last is not None:
                _verify_end(
                    last.subject, last.seq, last.hash, last.head_seq, last.head_hash, findings
                )
            expected, before, untouched = 1, START, True
        else:
            expected, before = last.seq + 1, last.hash
            untouched = not findings.has(last.subject, last.seq)
        if link.seq < expected:
            findings.add(Fault.INSERTED, link.subject, link.seq, "序号重复")
        elif link.seq > expected:
            for seq in range(expected, min(link.seq, expected + _MOST)):
                findings.add(Fault.REMOVED, link.subject, seq)
        elif link.prev_hash != before and untouched:
            findings.add(Fault.BROKEN, link.subject, link.seq)
        last = link
    if last is not None:
        _verify_end(last.subject, last.seq, last.hash, last.head_seq, last.head_hash, findings)
    for subject, head_seq in rows.without_history(chunk):
        for seq in range(1, min(head_seq, _MOST) + 1):
            findings.add(Fault.REMOVED, subject, seq)


def _verify_end(
    subject: str, seq: int, row_hash: str, head_seq: int | None, head_hash: str,
    findings: _Findings,
) -> None:  # fmt: skip
    if head_seq is None or (seq == head_seq and row_hash == head_hash):
        return
    for lost in range(seq + 1, min(head_seq, seq + _MOST) + 1):
        findings.add(Fault.REMOVED, subject, lost)
    if seq > head_seq:
        findings.add(Fault.INSERTED, subject, seq, "工单上没有记这一条")
    elif seq == head_seq and not findings.has(subject, seq):
        findings.add(Fault.BROKEN, subject, seq, "与工单记下的末条不符")


def purge_marks(at: dt.datetime) -> int:
    """Forget notes of models that are no longer sealed."""
    gone = SealMark.objects.exclude(model__in=event_models()).filter(
        models.Q(seen_at__lt=at - dt.timedelta(days=1))
    )
    return gone.delete()[0]
