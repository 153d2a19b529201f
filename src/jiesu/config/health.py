"""Is this process alive, and may it be given work?

``fail`` means: send nobody here. ``warn`` means: somebody should look, but people can work. A loop
that stands still, a search index that is lost or a calendar that is not out yet (the State Council
gives notice in autumn) must not take every web host out of the load balancer, so they only warn;
Prometheus alerts on them.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from jiesu.foundation import clock
from jiesu.foundation.crypto import CryptoError, keyring
from jiesu.search import store
from jiesu.suggestions import registry
from jiesu.textintel.warnings import model_trouble

State = Literal["ok", "warn", "fail"]
QUIET = dt.timedelta(minutes=3)  # a loop that has been silent for longer is taken for dead


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    name: str
    state: State
    detail: str = ""


_migrated: set[str] = set()  # once true for a process, it stays true: workers restart with upgrades


def all_checks(at: dt.datetime) -> list[Check]:
    """Everything /readyz looks at; what needs the database only where it answers."""
    database = _database()
    checks = [database, _keys()]
    if database.state == "ok":
        migrations = _migrations()
        checks.append(migrations)
        if migrations.state == "ok":
            checks += [_calendar(at), *_loops(at), *_models(), _search()]
    return checks


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, ImproperlyConfigured) as trouble:
        return Check("database", "fail", type(trouble).__name__)
    return Check("database", "ok")


def _keys() -> Check:
    try:
        keyring()
    except CryptoError as trouble:
        return Check("keys", "fail", str(trouble))
    except OSError as trouble:
        return Check("keys", "fail", trouble.strerror or "unreadable")
    return Check("keys", "ok")


def _migrations() -> Check:
    if not _migrated:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            return Check("migrations", "fail", f"{len(waiting)} to apply: jiesu migrate")
        _migrated.add("default")
    return Check("migrations", "ok")


def missing_years(at: dt.datetime) -> list[int]:
    """Of this year and the next, those whose working days are not loaded."""
    year = at.astimezone(clock.BEIJING).year
    known = apps.get_model("deadlines", "CalendarYear")._default_manager.filter(
        year__in=[year, year + 1]
    )
    have = set(known.values_list("year", flat=True))
    return [y for y in (year, year + 1) if y not in have]


def _calendar(at: dt.datetime) -> Check:
    missing = missing_years(at)
    if not missing:
        return Check("calendar", "ok")
    this_year = at.astimezone(clock.BEIJING).year in missing
    return Check("calendar", "fail" if this_year else "warn", f"not loaded: {missing}")


def _models() -> Iterator[Check]:
    """Models of text intelligence that cannot be read: people work on without suggestions."""
    for trouble in filter(None, [*registry.troubles(), model_trouble()]):
        yield Check("text models", "warn", trouble)


def _search() -> Check:
    """An index that is lost or being built: meanwhile little more than titles is searched."""
    appeals = apps.get_model("appeals", "Appeal")._default_manager
    if store.reader.searcher() is not None or not appeals.exists():
        return Check("search index", "ok")
    return Check("search index", "warn", "none that can be read; titles only until it is built")


def loop_beats() -> Mapping[str, dt.datetime] | None:
    """When each loop last said it was alive, on whichever host; None while nobody records it."""
    try:
        last_beats = import_string(settings.JIESU_LOOP_BEATS)
    except ImportError:
        return None
    beats: Mapping[str, dt.datetime] = last_beats()
    return beats


def _loops(at: dt.datetime) -> Iterator[Check]:
    beats = loop_beats()
    if beats is None:
        return
    for loop in settings.JIESU_LOOPS:
        beat = beats.get(loop)
        if beat is None:
            yield Check(f"loop {loop}", "warn", "never seen")
        elif at - beat > QUIET:
            yield Check(f"loop {loop}", "warn", f"silent for {int((at - beat).total_seconds())} s")
        else:
            yield Check(f"loop {loop}", "ok")
