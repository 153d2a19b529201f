"""A batch written at once leaves what its rows would leave one by one, to the last hash."""

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext
from tests.cli.test_import_orders import ALL, HEAD, MAPPING, run

from jiesu.access import SYSTEM
from jiesu.appeals.actions import intake, many, marks
from jiesu.appeals.actions.marks import Marked
from jiesu.appeals.actions.transition import Change
from jiesu.appeals.models import Appeal, Assignment, Clock, Contact, Event, NumberSequence, Reply
from jiesu.cli.imports import orders as importing
from jiesu.foundation import clock
from jiesu.foundation.clock import BEIJING
from jiesu.journal import sealing

pytestmark = pytest.mark.django_db

REPLY = (
    "经查，{}的摊点已清理完毕，我局安排队员每日早晚各巡查一次，"
    "并与周边商户签订责任书，防止反弹，感谢您的关注。"
)

TABLES: tuple[type[models.Model], ...] = (
    Appeal, Assignment, Reply, Contact, Clock, Event, NumberSequence,
)  # fmt: skip


def order(number: str, day: str, text: str, unit: str = "城管局", **said: str) -> list[str]:
    row = {
        "编号": number, "受理时间": day, "内容": text, "承办单位": unit, "一级": "市容",
        "二级": "占道", "类型": "投诉", "电话": "19412345678", **said,
    }  # fmt: skip
    return [row.get(name, "") for name in HEAD]


ROWS = [
    order("B0", "2018-03-05", "先导入的一件，带来区划、单位和分类。"),
    order("B1", "2018-03-05 09:30", "龙华区金榕路占道经营。", 办结时间="2018-03-12 10:00",
          答复=REPLY.format("金榕路")),
    order("B2", "2018-03-05", "金榕路摊点又出现。", 办结时间="2018-04-20 10:00",
          答复=REPLY.format("金榕路")),  # late, and the words of the one before
    order("B3", "2018-03-06", "办结早于受理。", 办结时间="2018-03-01 10:00"),
    order("B4", "2018-03-05", "电话写错。", 电话="123"),
    order("B5", "2018-03-05", "同一天的下一件。"),
    order("B6", "2018-03-07", "只有一级分类。", 二级=""),
    order("B7", "2018-03-07", "只写到街道，按目录派。", "街道办"),
    order("B8", "2018-03-08", "没有名字的单位。", "街道办", 一级="户籍", 二级="居住证"),
]  # fmt: skip


class OneByOne:
    """In the place of ``holding``: every use case writes at once, as at the desks."""

    def __init__(self, appeals: dict[int, Appeal]) -> None:
        self.appeals = appeals
        self.changes = self

    def attempt(self) -> AbstractContextManager[Any]:
        return transaction.atomic()

    def __getitem__(self, pk: int) -> Change:
        appeal = self.appeals[pk]
        return Change(appeal, SYSTEM, appeal.registered_at)


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    appeals: dict[int, Appeal] = {}
    register = intake.register

    def remembered(*args: Any, **said: Any) -> Appeal:
        appeal = register(*args, **said)
        appeals[appeal.pk] = appeal
        return appeal

    @contextmanager
    def apart() -> Iterator[OneByOne]:
        yield OneByOne(appeals)

    with monkeypatch.context() as patched:
        patched.setattr(intake, "register", remembered)
        patched.setattr(many, "holding", apart)
        yield


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: dt.datetime(2026, 11, 16, 9, 0, tzinfo=BEIJING))


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    orders, mapping = tmp_path / "orders.csv", tmp_path / "mapping.toml"
    with orders.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, *ROWS])
    mapping.write_text(MAPPING, encoding="utf-8")
    run(orders, mapping, *ALL, "--limit", "1")
    return orders, mapping


def left() -> dict[str, list[dict[str, Any]]]:
    """Every stored row of every table, primary keys told by what they point at."""
    names = dict(Appeal.objects.values_list("pk", "number"))
    units = dict(Assignment.objects.values_list("pk", "unit_name"))
    told: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for model in TABLES:
        for stored in model._base_manager.order_by("pk").values():
            row: dict[str, Any] = dict(stored)
            row.pop("id")
            row.pop("query_code", None)  # drawn by lot
            if "appeal_id" in row:
                row["appeal_id"] = names[row["appeal_id"]]
            if row.get("assignment_id"):
                row["assignment_id"] = units[row["assignment_id"]]
            told[model.__name__].append(row)
    return {name: sorted(rows, key=lambda row: str(_key(row))) for name, rows in told.items()}


def _key(row: dict[str, Any]) -> list[Any]:
    return [row.get(name, "") for name in ("appeal_id", "number", "area", "day", "seq", "kind")]


def run_and_undo(files: tuple[Path, Path]) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    with transaction.atomic():
        run(*files, "--report", str(files[0].with_suffix(".out")))
        found = left()
        assert sealing.verify().is_clean
        transaction.set_rollback(True)
    return files[0].with_suffix(".out").read_text(encoding="utf-8-sig"), found


def test_a_batch_leaves_what_its_rows_leave_one_by_one(
    files: tuple[Path, Path], request: pytest.FixtureRequest
) -> None:
    together = run_and_undo(files)
    request.getfixturevalue("one_by_one")
    apart = run_and_undo(files)

    assert together[0] == apart[0]
    for model, rows in apart[1].items():
        for mine, theirs in zip(together[1][model], rows, strict=True):
            assert mine == theirs


def test_the_rows_compared_meet_what_may_befall_a_row(files: tuple[Path, Path]) -> None:
    report, left = run_and_undo(files)

    approvals = [event["data"] for event in left["Event"] if event["kind"] == "approve"]
    assert len(report.splitlines()) == 4  # a head, one refused, two not sent or closed
    assert [len(facts.get("overruled", [])) for facts in approvals].count(0) < len(approvals)
    assert len(left["Contact"]) == len(left["Reply"]) == len(approvals) == 5
    assert {row["status"] for row in left["Appeal"]} == {"accepted", "closed"}
    assert any(clock["breached_at"] for clock in left["Clock"])
    assert [sequence["last"] for sequence in left["NumberSequence"]] == [4, 1, 2, 1]


def test_a_batch_cut_off_while_it_is_written_leaves_nothing_and_is_taken_over_again(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_and_undo(files)[1]
    monkeypatch.setattr(importing, "BATCH", 5)
    mark, batches = marks.mark, []

    def cut_off(appeals: set[int], *, at: dt.datetime) -> Marked:
        batches.append(appeals)
        if len(batches) == 2:  # its orders are written, and not yet there for good
            raise KeyboardInterrupt
        return mark(appeals, at=at)

    with monkeypatch.context() as patched:
        patched.setattr(marks, "mark", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run(*files)
    assert sorted(Appeal.objects.values_list("outside_number", flat=True)) == [
        "B0", "B1", "B2", "B3",
    ]  # fmt: skip

    run(*files)

    assert [row["number"] for row in left()["Appeal"]] == [row["number"] for row in whole["Appeal"]]
    assert left()["NumberSequence"] == whole["NumberSequence"]
    assert sealing.verify().is_clean


def test_a_hundred_rows_of_a_week_take_so_many_statements(
    tmp_path: Path, files: tuple[Path, Path]
) -> None:
    rows = [order(f"C{n}", f"2018-03-{1 + n % 7:02d}", f"第{n}件占道。") for n in range(100)]
    many = tmp_path / "many.csv"
    with many.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEAD, *rows])
    with CaptureQueriesContext(connection) as asked:
        said = run(many, files[1])

    assert "导入 100" in said
    assert len(asked) <= 2 * 100 + 60, len(asked)  # a savepoint for each, and what a batch needs
