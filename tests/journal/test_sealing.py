"""Hourly batches, and what verifying finds."""

import datetime as dt
import logging
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.journal.conftest import AT, happen
from tests.journal.ledger.models import Matter, MatterEvent

from jiesu.access import SYSTEM
from jiesu.journal import audit, merkle, sealing
from jiesu.journal.chain import Fault, next_hash
from jiesu.journal.models import AuditRecord, SealedBatch, SealMark
from jiesu.journal.sealing import pack, seal, unpack, verify
from jiesu.journal.sources import Sealable

pytestmark = pytest.mark.django_db

MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)


def seal_all(at: dt.datetime = AT) -> list[SealedBatch]:
    """Seal what is there now, without waiting."""
    return seal(at, settled=dt.timedelta(0), period=dt.timedelta(0))


def found() -> set[tuple[str, str, int]]:
    """What verifying finds, as (fault, subject, seq)."""
    return {(f.fault.value, f.subject, f.seq) for f in verify(chunk=4).findings}


def rewrite(event: MatterEvent, **changes: Any) -> None:
    """Change a row behind the application's back, its hash with it."""
    for field, value in changes.items():
        setattr(event, field, value)
    event.hash = next_hash(
        event.prev_hash, subject=event.matter.number, seq=event.seq, kind=event.kind, at=event.at,
        actor=SYSTEM, data=event.data,
    )  # fmt: skip
    event.save()


# --- sealing --------------------------------------------------------------------------------------


def test_a_row_is_sealed_once_it_has_settled_and_not_before(matters: list[Matter]) -> None:
    assert seal(AT) == []
    assert seal(AT + 9 * MINUTE) == []

    late = happen(matters[0], "late")
    batches = seal(AT + 10 * MINUTE)

    assert [(b.model, b.number, b.count) for b in batches] == [("ledger.MatterEvent", 1, 15)]
    assert batches[0].last_id < late.pk


def test_batches_come_hourly_and_each_holds_on_to_the_one_before(matters: list[Matter]) -> None:
    seal(AT)
    (first,) = seal(AT + 10 * MINUTE)
    happen(matters[0], "more")
    for minute in range(20, 70, 10):
        assert seal(AT + minute * MINUTE) == []

    (second,) = seal(AT + 70 * MINUTE)

    assert (second.number, second.count, second.prev_digest) == (2, 1, first.digest)
    assert SealMark.objects.filter(model="ledger.MatterEvent").count() <= 4
    assert verify().is_clean


def test_nothing_new_makes_no_batch(matters: list[Matter]) -> None:
    assert len(seal_all()) == 1

    assert seal_all(AT + 2 * HOUR) == []


def test_a_backlog_takes_several_batches(
    matters: list[Matter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "LARGEST", 4)

    assert [batch.count for batch in seal_all()] == [4, 4, 4, 3]
    assert verify().is_clean


def test_a_second_sealer_at_the_same_time_gives_way(
    matters: list[Matter], monkeypatch: pytest.MonkeyPatch
) -> None:
    seal_all()
    happen(matters[0], "more")
    monkeypatch.setattr(sealing, "_last_batch", lambda label: None)  # it read before we wrote

    assert seal_all(AT + HOUR) == []
    assert SealedBatch.objects.count() == 1


def test_the_newest_seal_is_also_told_to_the_log(
    matters: list[Matter], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "jiesu.journal")

    (batch,) = seal_all()

    assert batch.digest in caplog.text


# --- verifying ------------------------------------------------------------------------------------


def test_untouched_history_is_clean_and_counted(matters: list[Matter]) -> None:
    seal_all()
    happen(matters[0], "unsealed")
    audit.record("export", actor=SYSTEM, at=AT, data={"rows": 3})
    spoken: list[tuple[str, int]] = []

    verdict = verify(progress=lambda label, done: spoken.append((label, done)), chunk=4)

    assert verdict.is_clean
    assert verdict.rows == {"ledger.MatterEvent": 16, "journal.AuditRecord": 1}
    assert verdict.unsealed == {"ledger.MatterEvent": 1, "journal.AuditRecord": 1}
    assert spoken[-1] == ("journal.AuditRecord", 1)
    assert ("ledger.MatterEvent", 16) in spoken


@pytest.mark.parametrize("is_sealed", [True, False])
@pytest.mark.parametrize(
    "change",
    [
        {"kind": "false"},
        {"at": AT - HOUR},
        {"actor_name": "别人"},
        {"actor_user_id": 9},
        {"actor_unit_name": "别处"},
        {"data": {"turn": 2, "note": "已办结"}},
        {"hash": "0" * 64},
    ],
)
def test_an_edited_row_is_found_and_named(
    matters: list[Matter], change: dict[str, Any], is_sealed: bool
) -> None:
    if is_sealed:
        seal_all()

    MatterEvent.objects.filter(matter=matters[1], seq=3).update(**change)

    assert ("edited", "A2", 3) in found()
    assert {subject for _, subject, _ in found()} == {"A2"}


def test_a_row_edited_together_with_its_hash_is_found(matters: list[Matter]) -> None:
    seal_all()
    event = MatterEvent.objects.get(matter=matters[1], seq=3)

    rewrite(event, data={"turn": 2, "note": "已办结"})

    assert found() == {("edited", "A2", 3)}


def test_a_whole_history_rewritten_consistently_is_found_by_the_seal(
    matters: list[Matter],
) -> None:
    seal_all()
    prev = ""
    for event in MatterEvent.objects.filter(matter=matters[1]).order_by("seq"):
        rewrite(event, prev_hash=prev, **({"kind": "false"} if event.seq >= 3 else {}))
        prev = event.hash
    Matter.objects.filter(pk=matters[1].pk).update(event_hash=prev)

    assert found() == {("edited", "A2", 3), ("edited", "A2", 4), ("edited", "A2", 5)}


@pytest.mark.parametrize("is_sealed", [True, False])
@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_removed_row_is_found_and_named(matters: list[Matter], seq: int, is_sealed: bool) -> None:
    if is_sealed:
        seal_all()

    MatterEvent.objects.filter(matter=matters[1], seq=seq).delete()

    assert found() == {("removed", "A2", seq)}


def test_a_last_row_removed_with_its_trace_on_the_matter_is_found_by_the_seal(
    matters: list[Matter],
) -> None:
    seal_all()
    MatterEvent.objects.filter(matter=matters[1], seq=5).delete()

    last = MatterEvent.objects.get(matter=matters[1], seq=4)
    Matter.objects.filter(pk=matters[1].pk).update(event_seq=4, event_hash=last.hash)

    assert found() == {("removed", "A2", 5)}


@pytest.mark.parametrize("is_sealed", [True, False])
def test_a_history_removed_whole_is_found(matters: list[Matter], is_sealed: bool) -> None:
    if is_sealed:
        seal_all()

    MatterEvent.objects.filter(matter=matters[2]).delete()

    assert found() == {("removed", "A3", seq) for seq in range(1, 6)}


def test_a_matter_removed_with_its_history_is_found_by_the_seal(matters: list[Matter]) -> None:
    seal_all()
    pk = matters[2].pk

    MatterEvent.objects.filter(matter_id=pk).delete()
    Matter.objects.filter(pk=pk).delete()

    assert found() == {("removed", f"#{pk}", seq) for seq in range(1, 6)}


def test_a_row_inserted_among_sealed_ones_is_found(matters: list[Matter]) -> None:
    gap = MatterEvent.objects.get(matter=matters[1], seq=3)
    gap_id = gap.pk
    gap.delete()
    Matter.objects.filter(pk=matters[1].pk).update(event_seq=0, event_hash="")
    seal_all()  # the id was never used as far as the seal knows
    Matter.objects.filter(pk=matters[1].pk).update(
        event_seq=5, event_hash=MatterEvent.objects.get(matter=matters[1], seq=5).hash
    )

    gap.pk = gap_id
    gap.save(force_insert=True)

    assert found() == {("inserted", "A2", 3)}


def test_a_row_appended_without_the_matter_knowing_is_found(matters: list[Matter]) -> None:
    seal_all()
    known = Matter.objects.get(pk=matters[0].pk)

    happen(Matter.objects.get(pk=known.pk), "false")
    known.save()

    assert found() == {("inserted", "A1", 6)}


def test_data_that_is_not_even_json_is_an_edited_row_not_a_crash(matters: list[Matter]) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps no damaged JSON")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute("UPDATE ledger_matterevent SET data = '{oops' WHERE seq = 2")
        cursor.execute("PRAGMA ignore_check_constraints = OFF")

    assert found() == {("edited", f"A{n}", 2) for n in (1, 2, 3)}


@pytest.mark.parametrize(
    "change",
    [
        {"root": "0" * 64},
        {"count": 14},
        {"prev_digest": "0" * 64},
        {"sealed_at": AT + HOUR},
        {"slip": pack([Sealable(1, 1, 1, "0" * 64)])},
        {"slip": b"not even packed"},
        {"signature": "hmac-sm3:" + "0" * 64},
        {"digest": "0" * 64},
        {"number": 2},
    ],
)
def test_a_changed_batch_is_found(matters: list[Matter], change: dict[str, Any]) -> None:
    seal_all()

    SealedBatch.objects.update(**change)

    assert (Fault.BATCH.value, "", change.get("number", 1)) in found()


def test_a_batch_made_anew_without_the_key_is_found(matters: list[Matter]) -> None:
    (batch,) = seal_all()
    batch.count = 15
    batch.sealed_at = AT + MINUTE
    batch.digest = sealing._digest(batch)
    batch.save()

    (finding,) = verify().findings

    assert (finding.fault, finding.detail) == (Fault.BATCH, "签名不符")


def test_a_missing_batch_is_found(matters: list[Matter]) -> None:
    seal_all()
    happen(matters[0], "more")
    seal_all(AT + HOUR)

    SealedBatch.objects.filter(number=1).delete()

    assert ("batch", "", 2) in found()


def test_a_digest_kept_elsewhere_finds_a_database_replaced_as_a_whole(
    matters: list[Matter],
) -> None:
    (batch,) = seal_all()
    anchor = (batch.model, 1, batch.digest)
    assert verify(anchors=[anchor]).is_clean

    SealedBatch.objects.all().delete()
    seal_all(AT + HOUR)

    assert verify().is_clean
    assert [f.detail for f in verify(anchors=[anchor]).findings] == ["与另存的封存值不符"]
    SealedBatch.objects.all().delete()
    assert [f.detail for f in verify(anchors=[anchor]).findings] == ["另存过封存值的批次不存在"]


def test_an_altered_or_removed_audit_record_is_found(sealed_models: None) -> None:
    for n in range(3):
        audit.record("reveal", actor=SYSTEM, at=AT, subject=f"A{n}", ip="10.0.0.1")
    first, second, third = AuditRecord.objects.order_by("pk").values_list("pk", flat=True)
    seal_all()

    AuditRecord.objects.filter(pk=first).update(ip="10.0.0.2")
    AuditRecord.objects.filter(pk=third).delete()

    assert found() == {("edited", "审计记录", first), ("removed", "审计记录", third)}
    assert second


def test_very_many_faults_are_counted_but_not_all_listed(
    matters: list[Matter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_MOST", 10)
    MatterEvent.objects.update(kind="false")

    verdict = verify()

    assert (len(verdict.findings), verdict.left_off) == (10, 5)


def test_verifying_reads_in_pieces_not_row_by_row(
    matters: list[Matter], django_assert_max_num_queries: Any
) -> None:
    seal_all()

    with django_assert_max_num_queries(12):
        assert verify().is_clean


# --- the command ----------------------------------------------------------------------------------


def test_the_command_says_all_is_well_and_gives_the_seal_to_keep(
    matters: list[Matter], capsys: pytest.CaptureFixture[str]
) -> None:
    (batch,) = seal_all()

    call_command("verify-journal", f"--anchor={batch.model}:1:{batch.digest}")

    said = capsys.readouterr().out
    assert "ledger.MatterEvent：核验 15 条，封存批次 1 个，尚未封存 0 条" in said
    assert f"ledger.MatterEvent:1:{batch.digest}" in said
    assert "全部完好。" in said


def test_the_command_lists_what_is_wrong_and_fails(
    matters: list[Matter], capsys: pytest.CaptureFixture[str]
) -> None:
    MatterEvent.objects.filter(matter=matters[1], seq=3).update(kind="false")

    with pytest.raises(CommandError, match="发现 1 处问题") as failed:
        call_command("verify_journal")

    assert failed.value.returncode == 1
    assert "✗ ledger.MatterEvent A2 第 3 条：内容被改动" in capsys.readouterr().out


def test_the_command_refuses_a_malformed_seal() -> None:
    with pytest.raises(CommandError, match="格式不对"):
        call_command("verify-journal", "--anchor=abc")


# --- its parts ------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(1, 2**62), st.integers(0, 2**40), st.integers(0, 2**31))))
def test_a_slip_unpacks_to_what_was_packed(numbers: list[tuple[int, int, int]]) -> None:
    ids = sorted({n[0] for n in numbers})
    rows = [
        Sealable(pk, subject, seq, f"{pk % 2**32:08x}" * 8)
        for pk, (_, subject, seq) in zip(ids, numbers, strict=False)
    ]
    if not rows:
        return

    assert unpack(pack(rows)) == [row._replace(hash=row.hash[:8]) for row in rows]


@given(st.lists(st.text("0123456789abcdef", min_size=64, max_size=64), max_size=9), st.data())
def test_a_root_changes_with_any_leaf(hashes: list[str], data: st.DataObject) -> None:
    leaves = [merkle.leaf(n, row_hash) for n, row_hash in enumerate(hashes)]
    assert len(merkle.root(leaves)) == 32
    if not leaves:
        return
    place = data.draw(st.integers(0, len(leaves) - 1))

    changed = [*leaves[:place], merkle.leaf(99, hashes[place]), *leaves[place + 1 :]]

    assert merkle.root(changed) != merkle.root(leaves)
    assert merkle.root(leaves[:-1]) != merkle.root(leaves)
    assert merkle.root([*leaves, leaves[-1]]) != merkle.root(leaves)


def test_undelivered_events_come_oldest_first(matters: list[Matter]) -> None:
    MatterEvent.objects.filter(seq__lte=4).update(delivered_at=AT)

    waiting = MatterEvent.objects.undelivered()

    assert [event.matter.number for event in waiting.select_related("matter")] == ["A1", "A2", "A3"]
    assert verify().is_clean  # delivery is no part of what is hashed


def test_sealing_survives_a_transaction_around_it(matters: list[Matter]) -> None:
    with transaction.atomic():
        assert len(seal_all()) == 1
