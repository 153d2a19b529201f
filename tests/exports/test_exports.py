"""Lists as files: complete, bounded, masked, marked, audited, cancelable."""

import csv
import datetime as dt
import io
from typing import Any

import pytest
from openpyxl import load_workbook
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.accounts.models import Post
from jiesu.appeals.models import Appeal
from jiesu.exports import requests, rows
from jiesu.exports.models import Export
from jiesu.foundation.errors import Forbidden, Invalid, NotAllowedNow, NotFound
from jiesu.journal.models import AuditRecord

AT = MONDAY + dt.timedelta(hours=3)


def made(world: World, who: str = "dispatcher", **asked: Any) -> tuple[Export, list[list[str]]]:
    """Ask, make, and read the file."""
    export = requests.request_export(world.actor(who), at=AT, **asked)
    requests.produce(export.pk, at=AT)
    export.refresh_from_db()
    with export.file.open() as file:
        content = file.read()
    if export.format == "csv":
        return export, list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(content)).active
    return export, [[str(c or "") for c in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_holds_every_row_and_says_who_made_it(world: World, kind: str) -> None:
    first = make.dispatched(world)
    second = make.accepted(world, phone="13812340002")

    export, table = made(world, format=kind, columns=["number", "title", "status"])

    assert [row[0] for row in table[:3]] == ["工单编号", second.number, first.number]
    assert "福州市热线中心 陈默" in table[-1][0]
    assert (export.state, export.rows, export.total) == ("done", 2, 2)


def test_only_what_one_may_see_is_exported(world: World) -> None:
    make.dispatched(world)
    make.accepted(world, phone="13812340002")

    _, table = made(world, "clerk", format="csv")

    assert len(table) == 3  # heading, one row, mark


def test_a_tab_and_a_filter_bound_it(world: World) -> None:
    make.dispatched(world)
    waiting = make.accepted(world, phone="13812340002", urgency="2")
    make.accepted(world, phone="13812340003")

    _, table = made(world, format="csv", statuses=["accepted"], filters={"urgency": "2"})

    assert [row[0] for row in table[1:-1]] == [waiting.number]


def test_a_period_is_written_by_registration_each_order_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: orders taken over later than others that were registered after them
    numbers = [make.accepted(world).number for _ in range(5)]
    for n, number in enumerate(numbers):
        Appeal.objects.filter(number=number).update(registered_at=MONDAY - make.minutes(n // 2))
    monkeypatch.setattr(rows, "PAGE", 2)

    _, table = made(world, format="csv", filters={"from": "2020-01-01"})

    told = [row[0] for row in table[1:-1]]
    assert told == [numbers[n] for n in (1, 0, 3, 2, 4)]


def test_personal_data_is_masked_unless_revealed_with_a_reason(world: World) -> None:
    make.dispatched(world)
    make.dispatched(world, phone="13812340002", confidentiality="2")
    columns = ["name", "phone"]

    _, masked = made(world, format="csv", columns=columns)
    _, clear = made(
        world, format="csv", columns=columns, reveal=True, reason="市政府办公室调阅"
    )  # fmt: skip

    assert masked[1:-1] == [["已隐去", "已隐去"], ["陈**", "138****2046"]]
    assert clear[1:-1] == [["已隐去", "已隐去"], ["陈小满", "13812342046"]]


def test_personal_data_inside_what_people_wrote_is_covered_unless_revealed(world: World) -> None:
    said = "我是陈小满先生，手机13812342046，身份证11010519491231002X，楼下油烟大。"
    make.dispatched(world, content=said, title="联系13812342046")
    columns = ["title", "content"]

    _, masked = made(world, format="csv", columns=columns)
    _, clear = made(world, format="csv", columns=columns, reveal=True, reason="市政府办公室调阅")

    assert masked[1][0] == "联系〔电话〕"
    assert "13812342046" not in masked[1][1]
    assert "11010519491231002X" not in masked[1][1]
    assert "楼下油烟大" in masked[1][1]
    assert clear[1] == ["联系13812342046", said]


def test_revealing_without_reason_or_permission_is_refused(world: World) -> None:
    with pytest.raises(Invalid):
        requests.request_export(world.actor("dispatcher"), at=AT, reveal=True)
    with pytest.raises(Forbidden):
        requests.request_export(world.actor("leader"), at=AT)
    with pytest.raises(Invalid):
        requests.request_export(world.actor("dispatcher"), at=AT, columns=["password"])


def test_asking_making_and_fetching_stand_in_the_audit(world: World) -> None:
    make.dispatched(world)

    export, _ = made(world, format="csv", filters={"status": "dispatched"})
    requests.fetch(export.pk, actor=world.actor("dispatcher"), at=AT)

    records = AuditRecord.objects.filter(subject=f"export:{export.pk}").order_by("pk")
    assert [r.kind for r in records] == ["export", "export_made", "export_fetched"]
    assert records[1].data["rows"] == 1
    assert records[1].data["filters"] == {"status": "dispatched"}


def test_a_cancelled_export_stops_and_leaves_no_file(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        make.accepted(world, phone=f"1381234000{n}")
    monkeypatch.setattr(rows, "PAGE", 1)
    export = requests.request_export(world.actor("dispatcher"), at=AT)
    real = rows.Cells._row

    def cancels(cells: rows.Cells, appeal: Any) -> list[str]:
        Export.objects.filter(pk=export.pk).update(state="cancelled")
        return real(cells, appeal)

    monkeypatch.setattr(rows.Cells, "_row", cancels)
    requests.produce(export.pk, at=AT)

    export.refresh_from_db()
    assert (export.state, export.file.name) == ("cancelled", "")
    with pytest.raises(NotAllowedNow):
        requests.cancel_export(export.pk, actor=world.actor("dispatcher"), at=AT)


def test_nobody_fetches_or_cancels_what_another_asked_for(world: World) -> None:
    export, _ = made(world, format="csv")

    with pytest.raises(NotFound):
        requests.fetch(export.pk, actor=world.actor("reviewer"), at=AT)
    with pytest.raises(NotFound):
        requests.cancel_export(export.pk, actor=world.actor("reviewer"), at=AT)


def test_whoever_lost_the_post_gets_no_file(world: World) -> None:
    export = requests.request_export(world.actor("dispatcher"), at=AT)
    Post.objects.filter(user__username="dispatcher").update(valid_to=AT.date())

    requests.produce(export.pk, at=AT)

    export.refresh_from_db()
    assert export.state == "failed"


def test_a_fourth_export_at_once_is_refused(world: World) -> None:
    for _ in range(requests.AT_ONCE):
        requests.request_export(world.actor("dispatcher"), at=AT)

    with pytest.raises(NotAllowedNow):
        requests.request_export(world.actor("dispatcher"), at=AT)


def test_files_go_when_their_time_is_over(world: World) -> None:
    export, _ = made(world, format="csv")

    gone = requests.remove_expired(AT + dt.timedelta(days=8))

    export.refresh_from_db()
    assert (gone, export.state, export.file.name) == (1, "expired", "")


def test_a_text_that_looks_like_a_formula_stays_a_text(world: World) -> None:
    make.accepted(world, title="=1+1 占道")

    _, as_csv = made(world, format="csv", columns=["title"])
    _, as_xlsx = made(world, format="xlsx", columns=["title"])

    assert as_csv[1][0] == "'=1+1 占道"
    assert as_xlsx[1][0] == "=1+1 占道"


def test_an_export_interrupted_in_the_middle_is_made_anew(world: World) -> None:
    make.accepted(world)
    export = requests.request_export(world.actor("dispatcher"), at=AT, format="csv")
    Export.objects.filter(pk=export.pk).update(state="running", rows=700)

    requests.produce(export.pk, at=AT)

    export.refresh_from_db()
    assert (export.state, export.rows) == ("done", 1)
