"""What is tried too often is counted once, wherever it is tried."""

import datetime as dt
import subprocess
import sys

import pytest

from jiesu.journal import tries
from jiesu.journal.models import Tally

NOON = dt.datetime(2026, 11, 26, 4, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)

_FIFTY_TRIES = """
import django
django.setup()
import datetime as dt
from jiesu.journal import tries
NOON = dt.datetime(2026, 11, 26, 4, tzinfo=dt.UTC)
for _ in range(50):
    tries.add("query", "10.0.0.7", window=dt.timedelta(hours=1), at=NOON)
"""


@pytest.mark.django_db
def test_a_window_begins_with_its_first_try_and_then_begins_anew() -> None:
    first = [tries.add("query", "10.0.0.7", window=HOUR, at=NOON) for _ in range(3)]
    later = tries.add("query", "10.0.0.7", window=HOUR, at=NOON + HOUR - dt.timedelta(seconds=1))
    anew = tries.add("query", "10.0.0.7", window=HOUR, at=NOON + HOUR)

    assert (first, later, anew) == ([1, 2, 3], 4, 1)


@pytest.mark.django_db
def test_several_tries_are_counted_at_once() -> None:
    counts = [tries.add("api", "7", 12, window=HOUR, at=NOON) for _ in range(2)]
    anew = tries.add("api", "7", 5, window=HOUR, at=NOON + HOUR)

    assert (counts, anew) == ([12, 24], 5)


@pytest.mark.django_db
def test_what_and_who_are_counted_apart_and_kept_by_no_name() -> None:
    tries.add("query", "10.0.0.7", window=HOUR, at=NOON)
    tries.add("query", "10.0.0.8", window=HOUR, at=NOON)
    tries.add("submit", "10.0.0.7", window=HOUR, at=NOON)

    assert Tally.objects.count() == 3
    keys = Tally.objects.values_list("key", flat=True)
    assert not any("10.0" in key or "query" in key for key in keys)
    assert tries.so_far("query", "10.0.0.7", at=NOON) == 1
    assert tries.so_far("query", "10.0.0.7", at=NOON + HOUR) == 0


@pytest.mark.django_db
def test_windows_that_have_ended_are_forgotten() -> None:
    tries.add("query", "10.0.0.7", window=HOUR, at=NOON)
    tries.add("query", "10.0.0.8", window=2 * HOUR, at=NOON)

    assert tries.purge(NOON + HOUR) == 1
    assert tries.so_far("query", "10.0.0.8", at=NOON + HOUR) == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_processes_share_one_limit(other_process: dict[str, str]) -> None:
    begun = [
        subprocess.Popen([sys.executable, "-c", _FIFTY_TRIES], env=other_process) for _ in range(2)
    ]
    ended = [process.wait(timeout=120) for process in begun]

    assert ended == [0, 0]
    assert tries.so_far("query", "10.0.0.7", at=NOON) == 100
