"""The same request sent twice happens once."""

import contextlib
import datetime as dt
import threading

import pytest
from django.db import connections, transaction
from pytest_django import DjangoAssertNumQueries

from jiesu.foundation.errors import UseCaseError
from jiesu.journal.idempotency import purge, remember
from jiesu.journal.models import IdempotencyKey

AT = dt.datetime(2026, 3, 9, 8, 30, tzinfo=dt.UTC)


def run(actor: str = "user:1", key: str = "k1", body: str = "b", ref: str = "A1") -> str | None:
    """A request that makes ``ref`` when it was not made before; gives the earlier result."""
    with transaction.atomic():
        remembered = remember(actor, key, request_hash=body, at=AT)
        if remembered.result is not None:
            return remembered.result
        remembered.store(ref)
        assert remembered.result == ref
        return None


@pytest.mark.django_db
def test_the_second_time_gives_what_the_first_made() -> None:
    assert run() is None

    assert run(ref="A2") == "A1"
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.django_db
def test_a_first_run_costs_two_statements(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(4):  # two, and the savepoint around them in a test
        run()


@pytest.mark.django_db
def test_another_person_or_another_key_is_another_request() -> None:
    run()

    assert run(actor="user:2") is None
    assert run(key="k2") is None


@pytest.mark.django_db
def test_the_same_key_with_another_content_is_refused() -> None:
    run()

    with pytest.raises(UseCaseError) as refused:
        run(body="other")

    assert refused.value.code == "idempotency_mismatch"
    assert refused.value.message.endswith("。")


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 129])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(UseCaseError) as refused:
        run(key=key)

    assert refused.value.code == "idempotency_key_invalid"


@pytest.mark.django_db
def test_a_request_that_failed_may_be_sent_again() -> None:
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        remember("user:1", "k1", request_hash="b", at=AT)
        raise ZeroDivisionError

    assert run() is None


@pytest.mark.django_db
def test_a_first_run_that_forgot_its_result_is_a_defect() -> None:
    with transaction.atomic():
        remember("user:1", "k1", request_hash="b", at=AT)

    with pytest.raises(RuntimeError, match="store"):
        run()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_a_defect() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        remember("user:1", "k1", request_hash="b", at=AT)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_exactly_one_runs() -> None:
    results: list[str | None] = []
    start = threading.Barrier(8)

    def click(n: int) -> None:
        try:
            start.wait()
            results.append(run(ref=f"A{n}"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results.count(None) == 1
    assert len(results) == 8
    assert len({result for result in results if result is not None}) == 1


@pytest.mark.django_db
def test_keys_are_forgotten_after_seven_days() -> None:
    run()
    run(key="k2")
    IdempotencyKey.objects.filter(key="k1").update(created_at=AT - dt.timedelta(days=8))

    assert purge(AT, batch=1) == 1
    assert [row.key for row in IdempotencyKey.objects.all()] == ["k2"]
    assert IdempotencyKey.objects.get().created_at == AT
