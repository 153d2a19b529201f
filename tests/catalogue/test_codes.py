"""Code tables: what may be chosen when, and what the caches know."""

import datetime as dt
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.catalogue.conftest import AT, TODAY, Corner

from jiesu.access import SYSTEM, Role
from jiesu.catalogue import codes, seed, versions
from jiesu.catalogue.codes import Table
from jiesu.catalogue.models import CodeItem
from jiesu.foundation.errors import Forbidden, Invalid, NotAllowedNow
from jiesu.journal.models import AuditRecord


def item(table: Table, code: str) -> CodeItem:
    return CodeItem.objects.select_related("table").get(table__key=table, code=code)


def test_the_seed_fills_every_table_and_is_safe_to_repeat(corner: Corner) -> None:
    assert seed.load_codes() == 0
    for table in Table:
        assert codes.items(table, AT), table
    assert codes.choices(Table.APPEAL_TYPE, AT) == [
        ("01", "咨询"), ("02", "求助"), ("03", "投诉"), ("04", "举报"), ("05", "建议"),
        ("06", "表扬"), ("09", "其他"),
    ]  # fmt: skip


def test_codes_that_rules_speak_of_exist_and_are_fixed(corner: Corner) -> None:
    for table, enum in (
        (Table.APPEAL_TYPE, codes.AppealType),
        (Table.URGENCY, codes.Urgency),
        (Table.CONFIDENTIALITY, codes.Confidentiality),
        (Table.SUSPENSION_REASON, codes.SuspensionReason),
        (Table.PETITIONER_KIND, codes.PetitionerKind),
    ):
        for code in enum:
            assert codes.table(table)[code].is_fixed, (table, code)


def test_an_unknown_a_retired_and_a_future_code_are_refused_each_in_words(corner: Corner) -> None:
    codes.add_item(
        Table.CHANNEL, "kiosk", "自助终端", effective=TODAY + dt.timedelta(9), actor=SYSTEM, at=AT
    )
    codes.retire_item(item(Table.CHANNEL, "media"), actor=SYSTEM, at=AT)

    for code, expected, words in (
        ("fax", "unknown_code", "没有代码“fax”"),
        ("", "required", "请选择来源渠道"),
        ("media", "retired_code", "自2026年03月10日起停用"),
        ("kiosk", "code_not_yet_valid", "自2026年03月19日起启用"),
    ):
        with pytest.raises(Invalid) as caught:
            codes.check(Table.CHANNEL, code, AT, "channel")
        assert caught.value.errors[0].code == expected
        assert caught.value.errors[0].field == "channel"
        assert words in caught.value.message


def test_a_retired_code_stays_good_for_the_time_before_and_keeps_its_label(corner: Corner) -> None:
    codes.retire_item(item(Table.CHANNEL, "media"), actor=SYSTEM, at=AT)

    assert codes.check(Table.CHANNEL, "media", AT - dt.timedelta(1)) == "media"
    assert codes.label(Table.CHANNEL, "media") == "媒体"
    assert codes.label(Table.CHANNEL, "fax") == "fax"


def test_midnight_is_beijings(corner: Corner) -> None:
    codes.retire_item(item(Table.CHANNEL, "media"), actor=SYSTEM, at=AT)
    before = dt.datetime(2026, 3, 9, 15, 59, tzinfo=dt.UTC)

    assert codes.check(Table.CHANNEL, "media", before) == "media"
    with pytest.raises(Invalid):
        codes.check(Table.CHANNEL, "media", before + dt.timedelta(minutes=1))


def test_the_warm_path_asks_the_database_nothing(corner: Corner) -> None:
    codes.items(Table.CHANNEL, AT)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        for _ in range(100):
            codes.check(Table.CHANNEL, "phone", AT)
            codes.label(Table.URGENCY, "1")

    assert len(queries) == 0


def test_a_change_by_another_process_is_seen_after_the_recheck(
    corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes.items(Table.CHANNEL, AT)
    remembered = versions.forget
    monkeypatch.setattr(versions, "forget", lambda: None)  # as if written elsewhere
    codes.change_item(item(Table.CHANNEL, "media"), "新闻媒体", actor=SYSTEM, at=AT)
    assert codes.label(Table.CHANNEL, "media") == "媒体"

    later = time.monotonic() + versions.RECHECK_SECONDS
    monkeypatch.setattr(versions.time, "monotonic", lambda: later)

    assert codes.label(Table.CHANNEL, "media") == "新闻媒体"
    remembered()


def test_a_fixed_code_and_the_last_one_are_never_retired(corner: Corner) -> None:
    for code in ("not_our_duty", "not_our_area", "duty_unclear", "content_incomplete", "duplicate"):
        codes.retire_item(item(Table.RETURN_REASON, code), actor=SYSTEM, at=AT)

    with pytest.raises(NotAllowedNow) as fixed:
        codes.retire_item(item(Table.URGENCY, "1"), actor=SYSTEM, at=AT)
    with pytest.raises(NotAllowedNow) as last:
        codes.retire_item(item(Table.RETURN_REASON, "legal_channel"), actor=SYSTEM, at=AT)

    assert fixed.value.code == "fixed_code"
    assert last.value.code == "last_code"


def test_a_code_is_never_given_twice_nor_a_label(corner: Corner) -> None:
    codes.retire_item(item(Table.CHANNEL, "media"), actor=SYSTEM, at=AT)

    with pytest.raises(Invalid) as caught:
        codes.add_item(Table.CHANNEL, "media", "媒体转办", actor=SYSTEM, at=AT)
    assert "已停用" in caught.value.message
    with pytest.raises(Invalid) as caught:
        codes.add_item(Table.CHANNEL, "tel", "电话", actor=SYSTEM, at=AT)
    assert caught.value.errors[0].field == "label"

    codes.restore_item(item(Table.CHANNEL, "media"), actor=SYSTEM, at=AT)
    assert codes.check(Table.CHANNEL, "media", AT) == "media"


def test_a_code_with_odd_signs_or_a_long_label_is_refused_at_its_field(corner: Corner) -> None:
    with pytest.raises(Invalid) as caught:
        codes.add_item(Table.CHANNEL, "传真", "长" * 65, actor=SYSTEM, at=AT)

    assert {error.field for error in caught.value.errors} == {"code", "label"}


def test_only_the_topmost_catalogue_editor_changes_codes_and_it_is_audited(corner: Corner) -> None:
    with pytest.raises(Forbidden) as local:
        codes.add_item(Table.CHANNEL, "fax", "传真", actor=corner.actor(corner.gulou_office), at=AT)
    with pytest.raises(Forbidden):
        codes.add_item(
            Table.CHANNEL, "fax", "传真", actor=corner.actor(corner.centre, Role.AGENT), at=AT
        )
    codes.add_item(Table.CHANNEL, "fax", "传真", actor=corner.editor, at=AT)

    assert "最上级" in local.value.message
    record = AuditRecord.objects.get(kind="catalogue.code_added")
    assert record.actor_name == "林晓岚"
    assert record.data["label"] == "传真"
    assert codes.items(Table.CHANNEL, AT)[-1].code == "fax"
