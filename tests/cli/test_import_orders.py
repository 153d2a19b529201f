"""Historical orders are taken over through the real use cases, once each."""

import csv
import os
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Assignment, Event
from jiesu.catalogue.models import DutyEntry, Scheme
from jiesu.organizations.models import Unit

pytestmark = pytest.mark.django_db

MAPPING = """
source = "old"
dispatch = "file"
[columns]
outside_number = "编号"
received = "受理时间"
content = "内容"
unit = "承办单位"
category = ["一级", "二级"]
appeal_type = "类型"
phone = "电话"
closed = "办结时间"
reply = "答复"
[values.appeal_type]
"投诉" = "03"
"咨询" = "01"
[order]
region = "460100"
districts = { "龙华区" = "460106" }
[regions]
"460000" = "海南省"
"460100" = "海口市"
"460106" = "龙华区"
[units]
government = "海口市人民政府"
centre = "海口市12345热线"
prefix = "海口市"
ignore = ["街道办"]
[scheme]
name = "旧分类"
version = "1"
[duties]
min_orders = 2
min_share = 0.6
[close]
after_days = 6
"""
HEAD = ["编号", "受理时间", "内容", "承办单位", "一级", "二级", "类型", "电话", "办结时间", "答复"]
ROWS = [
    ["A1", "2018-03-05 09:30", "龙华区金榕路占道经营，影响通行。", "城管局", "市容", "占道",
     "投诉", "19412345678", "2018-03-12 10:00", "已清理占道摊点并安排值守，现场恢复通畅。"],
    ["A2", "2018-03-05", "金榕路摊点又出现。", "城管局", "市容", "占道", "投诉", "19412345679",
     "", ""],
    ["A3", "2018-03-06", "想问怎么办理居住证。", "街道办", "户籍", "居住证", "咨询", "19412345670",
     "", ""],
    ["A4", "那天", "时间写错的一行。", "城管局", "市容", "占道", "投诉", "19412345671", "", ""],
    ["A5", "2018-03-07", "电话写错的一行。", "城管局", "市容", "占道", "投诉", "123", "", ""],
    ["A2", "2018-03-08", "编号重复的一行。", "城管局", "市容", "占道", "投诉", "19412345672",
     "", ""],
    ["", "2018-03-08", "没有编号的一行。", "城管局", "市容", "占道", "投诉", "19412345673", "", ""],
    ["A8", "2018-03-09", "街道的占道。", "街道办", "市容", "占道", "投诉", "19412345674", "", ""],
]  # fmt: skip
ALL = ("--create-regions", "--create-units", "--create-scheme", "--create-duties")


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[..., Path]:
    """Writes an order list; GB18030 unless told otherwise, as old systems do."""

    def write(rows: list[list[str]] = ROWS, encoding: str = "gb18030") -> Path:
        path = tmp_path / "orders.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows([HEAD, *rows])
        return path

    return write


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING, encoding="utf-8")
    return path


def run(file: Path, mapping: Path, *options: str) -> str:
    out = StringIO()
    call_command("import", "orders", str(file), "--mapping", str(mapping), *options, stdout=out)
    return out.getvalue()


def test_orders_enter_at_the_times_they_happened_and_go_where_they_went(
    sheet: Callable[..., Path], mapping: Path
) -> None:
    said = run(sheet(), mapping, *ALL)

    assert "导入 4" in said
    first = Appeal.objects.get(outside_number="A1")
    assert first.where is Status.CLOSED or first.where is Status.CALLBACK
    assert f"{first.registered_at.astimezone():%Y-%m-%d}" == "2018-03-05"
    assert first.region.code == "460106"
    assert first.category_name == "市容 › 占道"
    assert first.lead_unit_name == "海口市城管局"
    assert first.public_reply.startswith("已清理占道摊点")
    assert Appeal.objects.get(outside_number="A2").region.code == "460100"
    by_catalogue = Assignment.objects.get(appeal__outside_number="A8")
    assert by_catalogue.unit.name == "海口市城管局"
    assert by_catalogue.duty_entry_id == DutyEntry.objects.get(category__level=2).pk
    waiting = Appeal.objects.get(outside_number="A3")
    assert waiting.where is Status.ACCEPTED
    assert not Unit.objects.filter(name__contains="街道办").exists()
    assert not Event.objects.filter(delivered_at=None).exists()
    assert Scheme.objects.get(name="旧分类").valid_to is not None


def test_refused_rows_are_listed_with_their_reasons(
    sheet: Callable[..., Path], mapping: Path, tmp_path: Path
) -> None:
    report = tmp_path / "refused.csv"

    run(sheet(encoding="utf-8"), mapping, *ALL, "--report", str(report))

    with report.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    reasons = {row["行号"]: row["原因"] for row in rows}
    assert "时间" in reasons["5"]
    assert "手机" in reasons["6"] or "电话" in reasons["6"]
    assert "编号" in reasons["8"]
    assert all(row["结果"] for row in rows)


def test_a_second_run_passes_over_what_is_there(sheet: Callable[..., Path], mapping: Path) -> None:
    run(sheet(), mapping, *ALL, "--limit", "1")
    assert Appeal.objects.count() == 1

    said = run(sheet(), mapping, *ALL)

    assert Appeal.objects.filter(outside_number="A1").count() == 1
    assert Appeal.objects.count() == 4
    assert "跳过 2" in said  # A1, and the row that repeats A2


def test_a_dry_run_leaves_nothing(sheet: Callable[..., Path], mapping: Path) -> None:
    said = run(sheet(), mapping, *ALL, "--dry-run")

    assert "试运行" in said
    assert "导入 4" in said
    assert not Appeal.objects.exists()
    assert not Unit.objects.exists()
    assert not Scheme.objects.exists()


def test_a_column_that_is_not_there_is_named(sheet: Callable[..., Path], mapping: Path) -> None:
    mapping.write_text(MAPPING.replace('content = "内容"', 'content = "诉求"'), encoding="utf-8")

    with pytest.raises(CommandError, match="诉求"):
        run(sheet(), mapping)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("[columns\n", "TOML"),
        (MAPPING.replace("[close]", "[klose]"), "klose"),
        (MAPPING.replace('received = "受理时间"', ""), "received"),
        (MAPPING.replace('dispatch = "file"', 'dispatch = "moon"'), "moon"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(
    sheet: Callable[..., Path], mapping: Path, wrong: str, said: str
) -> None:
    mapping.write_text(wrong, encoding="utf-8")

    with pytest.raises(CommandError, match=said):
        run(sheet(), mapping)


def test_real_orders_of_a_city_are_imported_in_part() -> None:
    root = Path(settings.BASE_DIR) if hasattr(settings, "BASE_DIR") else Path(__file__).parents[2]
    folder = Path(os.environ.get("JIESU_DATA") or root.parent / "shared" / "data")
    file = folder / "haikou12345" / "orders_dev.csv"
    if not file.is_file():
        pytest.skip(f"no real orders at {file}")

    said = run(file, root / "docs/how-to/mappings/haikou.toml", *ALL, "--limit", "25")

    assert Appeal.objects.count() == 25
    assert "未导入 0" in said
    sent = Appeal.objects.exclude(lead_unit=None).count()
    assert sent >= 20
    assert Appeal.objects.filter(status=Status.CLOSED).count() == sent
