"""What every test may use."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker
from tests.factories import world as factory
from tests.factories.world import World

from jiesu.appeals import rules
from jiesu.catalogue import versions
from jiesu.deadlines import snapshot
from jiesu.organizations.models import Unit


@pytest.fixture(autouse=True)
def _forget_cached_rules() -> Iterator[None]:
    """Nothing one test set up may be remembered by the next."""
    yield
    rules.forget()
    versions.forget()
    snapshot.forget()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Store the world once; each test's transaction is rolled back over it."""
    with django_db_blocker.unblock():
        factory.build()


@pytest.fixture
def world(db: None) -> World:
    """The province of the tests (built again where a flushing test swept it away)."""
    return factory.load() if Unit.objects.exists() else factory.build()
