"""What the tests of the commands share."""

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def _whole_provinces_on_sqlite_only(request: pytest.FixtureRequest) -> None:
    """A test that plants a whole province in one open transaction takes PostgreSQL two minutes and
    more (each step walks the dead versions of rows that this very transaction changed; as a plain
    command it takes 40 s). Run those on SQLite."""
    if connection.vendor == "postgresql" and request.node.get_closest_marker("slow"):
        pytest.skip("plants a whole province: SQLite only")
