"""Takes historical orders over, through the real use cases at the times they happened.

A batch is one transaction; each row in it stands or falls by itself. What is there already, told
by its outside number, is passed over: an import that was stopped goes on where it stood.
"""

import datetime as dt
import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction

from jiesu.access import Actor, ActorKind
from jiesu.appeals.actions import closure, dispatch, handling, intake, many, marks, review
from jiesu.appeals.actions.dispatch import Order
from jiesu.appeals.actions.handling import Answer
from jiesu.appeals.actions.intake_form import TITLE_LENGTH, Intake
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Clock, Event
from jiesu.catalogue import categories
from jiesu.catalogue.duty import DutyHit
from jiesu.catalogue.models import Category
from jiesu.catalogue.sheets import Row, as_date, read_rows
from jiesu.cli.imports import setup
from jiesu.cli.imports.mapping import CODES, TEXTS, BadMapping, Mapping
from jiesu.cli.imports.setup import Seen
from jiesu.foundation.clock import BEIJING
from jiesu.foundation.errors import Invalid, UseCaseError
from jiesu.organizations.models import Unit

BATCH = 200
MAX_ROWS = 5_000_000
IMPORTER = Actor(kind=ActorKind.SYSTEM, name="历史导入", role="system")
CLOSED_REPLY = "本件为历史工单，已由原系统办结，办理结果以原系统记录为准。"


@dataclass(frozen=True)
class Refusal:
    """A row that was not taken over (``kept`` = taken over, but not sent or closed), and why."""

    number: int
    outside_number: str
    reason: str
    kept: bool = False


class Fate(Enum):
    """Where an order went that was taken over."""

    CATALOGUE = "where the duty catalogue says"
    FILE = "to the unit of the file, which the catalogue does not name"
    FALLBACK = "to the fall-back unit"
    WAITING = "nowhere: there is nobody to send it to"


@dataclass
class Imported:
    """What came of a file."""

    rows: int = 0
    imported: int = 0
    passed_over: int = 0  # were there already
    fates: Counter[Fate] = field(default_factory=Counter)
    closed: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many rows were not taken over."""
        return sum(not refusal.kept for refusal in self.refusals)

    def reasons(self) -> Counter[str]:
        """How often each reason was given."""
        return Counter(refusal.reason for refusal in self.refusals)


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of the file."""
    with path.open("rb") as file:
        yield from read_rows(file, path.name, max_rows=MAX_ROWS)


def look(path: Path, mapping: Mapping) -> Seen:
    """Read the file once: what it has, and whether the mapping's columns are there."""
    seen = Seen()
    for row in rows_of(path):
        if not seen.rows:
            missing = [name for name in mapping.named if name not in row.values]
            if missing:
                raise BadMapping(
                    f"文件中没有这些列：{'、'.join(missing)}。文件的列有：{'、'.join(row.values)}。"
                )
        moment = _moment(row.values.get(mapping.columns["received"], ""), mapping)
        unit = row.values.get(mapping.columns.get("unit", ""), "")
        seen.add(moment.date() if moment else None, _classes(row, mapping), unit)
    return seen


def _classes(row: Row, mapping: Mapping) -> tuple[str, ...]:
    """The row's classes, as far as they are told without a gap."""
    path: list[str] = []
    for column in mapping.category[:3]:
        name = row.values.get(column, "").strip()
        if not name:
            break
        path.append(name)
    return tuple(path)


def _moment(text: str, mapping: Mapping) -> dt.datetime | None:
    """A moment in Beijing; a date alone gets the mapping's time of day."""
    return _parsed(text.strip(), mapping.date_formats, mapping.time)


@functools.lru_cache(maxsize=10_000)
def _parsed(text: str, formats: tuple[str, ...], time: str) -> dt.datetime | None:
    if not text:
        return None
    for form in formats:
        try:
            read = dt.datetime.strptime(text, form).replace(tzinfo=BEIJING)
        except ValueError:
            continue
        return read if "%H" in form else _at_time(read.date(), time)
    try:
        day = as_date(text)
    except ValueError:
        return None
    return _at_time(day, time) if day else None


def _at_time(day: dt.date, time: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(time), tzinfo=BEIJING)


class Importer:
    """One run over one file."""

    def __init__(self, mapping: Mapping, now: dt.datetime) -> None:
        self.mapping, self.now = mapping, now
        self.done = Imported()
        self._units = {u.name: u for u in Unit.objects.filter(valid_to=None)}
        self._classes: dict[int, dict[str, Category]] = {}  # by scheme and name
        self._hits: dict[tuple[int, int, dt.date], DutyHit | None] = {}
        self._on_day: Counter[dt.date] = Counter()
        self._appeals: list[int] = []

    def run(self, rows: Iterable[Row], tell: Callable[[int], None], *, limit: int = 0) -> Imported:
        """Take the rows over, a batch at a time; ``tell`` hears how many rows are behind it."""
        found = iter(rows) if not limit else islice(rows, limit)
        while batch := list(islice(found, BATCH)):
            self._batch(batch)
            self.done.rows += len(batch)
            tell(self.done.rows)
        return self.done

    def _batch(self, batch: list[Row]) -> None:
        column = self.mapping.columns["outside_number"]
        numbers = [row.values.get(column, "").strip() for row in batch]
        self._appeals = []
        with transaction.atomic():
            with many.holding() as self._held:
                have = set(
                    Appeal.objects.filter(
                        source=self.mapping.source, outside_number__in=[n for n in numbers if n]
                    ).values_list("outside_number", flat=True)
                )
                for row, number in zip(batch, numbers, strict=True):
                    self._at = self._received(row)
                    if number in have:
                        self.done.passed_over += 1
                    elif not number:
                        self._refuse(row, "", "缺少外部编号")
                    else:
                        have.add(number)
                        self._row(row, number)
            self._settle()

    def _refuse(self, row: Row, number: str, reason: str, *, kept: bool = False) -> None:
        self.done.refusals.append(Refusal(row.number, number, reason, kept))

    def _received(self, row: Row) -> dt.datetime | None:
        """When it came in; those of one day are a little apart, in the file's order."""
        moment = _moment(row.values.get(self.mapping.columns["received"], ""), self.mapping)
        if moment is not None and moment.time() == dt.time.fromisoformat(self.mapping.time):
            moment += dt.timedelta(seconds=10 * self._on_day[moment.date()])
            self._on_day[moment.date()] += 1
        return moment

    def _row(self, row: Row, number: str) -> None:
        if row.problems:
            self._refuse(row, number, "；".join(f"{c}：{why}" for c, why in row.problems))
            return
        if self._at is None:
            self._refuse(row, number, "时间缺失或无法识别")
            return
        appeal = None
        try:
            with self._held.attempt():
                appeal = self._register(row, number, self._at)
                fate = self._send(appeal, row, self._at + dt.timedelta(minutes=5))
        except UseCaseError as refusal:
            self._refuse(row, number, _words(refusal), kept=appeal is not None)
            if appeal is None:
                return
            with self._held.attempt():  # as it came in, without what was undone
                appeal = self._register(row, number, self._at)
            fate = Fate.WAITING
        self.done.imported += 1
        self.done.fates[fate] += 1
        self.done.closed += Status(appeal.status) is Status.CLOSED
        self._appeals.append(appeal.pk)

    # --- one order ------------------------------------------------------------------------------

    def _register(self, row: Row, number: str, at: dt.datetime) -> Appeal:
        mapping, values = self.mapping, row.values
        texts = {key: values.get(mapping.columns[key], "") for key in TEXTS
                 if key in mapping.columns}  # fmt: skip
        code = texts.pop("query_code", "")
        texts["outside_number"] = number
        if "title" not in texts:
            texts["title"] = self._title(texts["content"])
        category = self._category(row, at)
        said: dict[str, Any] = {**texts, **self._codes(row)}
        intake_ = Intake(
            **said, source=mapping.source, received_at=at,
            region_code=self._region(row), category_code=category.code if category else "",
            is_anonymous=mapping.is_anonymous, reply_wanted=mapping.reply_wanted,
        )  # fmt: skip
        return intake.register(intake_, actor=IMPORTER, at=at, accept=True, query_code=code)

    def _title(self, content: str) -> str:
        """The first clause, without what every text begins with."""
        for pattern in self.mapping.title_drop:
            content = pattern.sub("", content, count=1)
        head = content.strip().split("\n")[0]
        for stop in "。！？；，,":
            if stop in head[8:]:
                head = head[: head.index(stop, 8)]
        return head[:TITLE_LENGTH]

    def _codes(self, row: Row) -> dict[str, str]:
        mapping = self.mapping
        codes = dict(mapping.codes)
        for key in CODES:
            column = mapping.columns.get(key)
            said = row.values.get(column, "").strip() if column else ""
            if said:
                codes[key] = mapping.values.get(key, {}).get(said, said)
        for rule in mapping.rules:
            if rule.holds(row.values):
                codes |= rule.set
                break
        return codes

    def _region(self, row: Row) -> str:
        column = self.mapping.columns.get("region")
        if column and row.values.get(column, "").strip():
            return row.values[column].strip()
        content = row.values.get(self.mapping.columns["content"], "")
        places = [(content.find(name), code) for name, code in self.mapping.districts.items()]
        named = [(at, code) for at, code in places if at >= 0]
        return min(named)[1] if named else self.mapping.region

    def _category(self, row: Row, at: dt.datetime) -> Category | None:
        path = _classes(row, self.mapping)
        if not path:
            return None
        scheme, name = categories.active(at), " › ".join(path)
        if scheme.pk not in self._classes:
            self._classes[scheme.pk] = {c.path_name: c for c in scheme.categories.order_by("-pk")}
        found = self._classes[scheme.pk].get(name[:200])
        if found is None:
            raise BadMapping(f"分类“{name}”不在当时启用的方案中，可加 --create-scheme 创建。")
        return found

    def _send(self, appeal: Appeal, row: Row, at: dt.datetime) -> Fate:
        """Sent to who had it, or to whom the duty catalogue names; then closed if so mapped."""
        mode = self.mapping.dispatch
        if mode == "none":
            return Fate.WAITING
        said = row.values.get(self.mapping.columns.get("unit", ""), "").strip()
        unit = self._units.get(setup.unit_name(self.mapping, said)) if mode == "file" else None
        hit = self._hit(appeal, at)
        named = hit is not None and not hit.is_fallback
        if unit is None and hit is not None and (named or mode == "catalogue"):
            unit = hit.unit
        if unit is None:
            return Fate.WAITING
        agrees = hit is not None and hit.unit.pk == unit.pk
        reason = "" if agrees else f"历史工单，原承办单位为“{said}”。"
        dispatch.assign(appeal, Order(lead=unit, reason=reason), actor=IMPORTER, at=at)
        if self.mapping.close:
            self._close(appeal, row, at)
        if not agrees:
            return Fate.FILE
        return Fate.CATALOGUE if named else Fate.FALLBACK

    def _hit(self, appeal: Appeal, at: dt.datetime) -> DutyHit | None:
        if appeal.category_id is None:
            return None
        key = (appeal.category_id, appeal.region_id, at.date())
        if key not in self._hits:
            self._hits[key] = dispatch.suggest(appeal, at)
        return self._hits[key]

    def _close(self, appeal: Appeal, row: Row, sent: dt.datetime) -> None:
        """Signed, answered and let go, each by its use case, by the file's or the mapping's day."""
        columns = self.mapping.columns
        ended = _moment(row.values.get(columns.get("closed", ""), ""), self.mapping)
        if ended is None:
            ended = sent + dt.timedelta(days=float(self.mapping.close.get("after_days", 5)))
        if not sent < ended < self.now:
            raise BadMapping("办结时间早于派单时间或晚于现在，未办结。")
        said = row.values.get(columns.get("reply", ""), "").strip()
        reply = said or str(self.mapping.close.get("reply", CLOSED_REPLY))
        early = sent + (ended - sent) * 0.1
        lead = self._held.changes[appeal.pk].lead()
        if lead is None:
            raise BadMapping("工单已不在承办单位，未办结。")
        lead = handling.sign(lead, actor=IMPORTER, at=early)
        if appeal.reply_wanted and not appeal.is_anonymous:
            handling.contact(
                lead, way="phone", reached=True, note="历史工单，联系情况见原系统。",
                actor=IMPORTER, at=early,
            )  # fmt: skip
        written = handling.report(
            lead, Answer(handling_report=reply, public_reply=reply, solved=True),
            actor=IMPORTER, at=ended - dt.timedelta(minutes=2),
        )  # fmt: skip
        lead = written.assignment
        for _ in range(lead.unit.inner_review_steps):
            lead = handling.inner_approve(lead, "历史导入", actor=IMPORTER, at=ended)
        review.approve(appeal, "历史导入", actor=IMPORTER, at=ended)
        if Status(appeal.status) is not Status.CLOSED:
            closure.close(appeal, "历史工单，原系统已办结。", actor=IMPORTER, at=ended)

    # --- what a batch leaves ----------------------------------------------------------------------

    def _settle(self) -> None:
        """Mark the limits that lapsed long ago, and tell nobody of any of this."""
        if not self._appeals:
            return
        running = Clock.objects.running().filter(appeal_id__in=self._appeals)
        marks.mark(set(running.values_list("appeal_id", flat=True)), at=self.now)
        Event._base_manager.filter(appeal_id__in=self._appeals, delivered_at=None).update(
            delivered_at=self.now
        )


def _words(refusal: UseCaseError) -> str:
    if isinstance(refusal, Invalid):
        return "；".join(error.message for error in refusal.errors)
    return str(refusal)
