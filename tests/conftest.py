"""What every test may use."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker
from tests.factories import world as factory
from tests.factories.world import World

from jiesu.appeals import rules
from jiesu.catalogue import versions
from jiesu.deadlines import snapshot
from jiesu.organizations import successions
from jiesu.organizations.models import Unit

hypothesis.settings.register_profile("jiesu", deadline=None)  # a busy machine is not a fault
hypothesis.settings.load_profile("jiesu")


@pytest.fixture(autouse=True)
def _forget_cached_rules() -> Iterator[None]:
    """Nothing one test set up may be remembered by the next."""
    yield
    rules.forget()
    versions.forget()
    snapshot.forget()
    successions.forget()
    (settings.JIESU_VAR / "demo").unlink(missing_ok=True)  # the sign that a test's demo left


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that want an empty database run first, those that live in the world after them."""

    def turn(item: pytest.Item) -> tuple[bool, bool]:
        fixtures = getattr(item, "fixturenames", ())
        marker = item.get_closest_marker("django_db")
        flushes = "transactional_db" in fixtures or "live_server" in fixtures
        if marker is not None:
            flushes = flushes or bool(marker.kwargs.get("transaction"))
        return "world" in fixtures, flushes

    items.sort(key=turn)


@pytest.fixture(scope="session")
def _stored_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The world, stored once; each test's transaction is rolled back over it."""
    with django_db_blocker.unblock():
        if not Unit.objects.exists():
            factory.build()


@pytest.fixture
def world(_stored_world: None, db: None) -> World:
    """The province of the tests (built again where a flushing test swept it away)."""
    return factory.load() if Unit.objects.exists() else factory.build()


def database_url() -> str:
    """The address of the test database, for other processes."""
    known: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    host = str(known["HOST"]).replace("/", "%2F")
    port = f":{known['PORT']}" if known["PORT"] else ""
    return f"postgresql://{known['USER']}@{host}{port}/{known['NAME']}"


@pytest.fixture
def other_process(tmp_path: Path) -> dict[str, str]:
    """What another process needs to work on the test's database."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("JIESU_")}
    return ours | {
        "JIESU_DATABASE_URL": database_url(),
        "JIESU_KEY_FILE": str(settings.JIESU_KEY_FILE),
        "JIESU_VAR": str(tmp_path),
        "JIESU_SECRET_KEY": "x" * 50,
        "DJANGO_SETTINGS_MODULE": "jiesu.config.settings",
    }
