"""How many statements each list costs: the session and the frame included."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tests.factories.world import MONDAY, World

from jiesu.accounts.models import Post, User
from jiesu.appeals.actions import process_rules
from jiesu.catalogue.models import DutyEntry, FallbackUnit, Scheme
from jiesu.organizations.models import Unit

MOST = 12
LISTS = [
    ("top_system", "units", ""),
    ("top_system", "units", "q=城管"),
    ("top_system", "unit-changes", ""),
    ("top_system", "regions", ""),
    ("top_security", "people", ""),
    ("top_security", "people", "role=clerk"),
    ("top_security", "api-clients", ""),
    ("top_system", "schemes", ""),
    ("top_system", "scheme", ""),
    ("top_system", "duties", ""),
    ("top_system", "duties", "category=0105&region=350102"),
    ("top_system", "fallbacks", ""),
    ("top_system", "codes", ""),
    ("top_system", "texts", ""),
    ("top_system", "local-forms", ""),
    ("top_system", "limits", ""),
    ("top_system", "calendar", ""),
    ("top_system", "counting", ""),
    ("top_system", "process", ""),
    ("top_audit", "audit", ""),
    ("top_audit", "seals", ""),
    ("top_system", "home", ""),
]


def fill(top: World) -> None:
    """Enough rows for a statement a row to show."""
    section = top.units["urban"]
    for number in range(1, 31):
        unit = Unit.objects.create(
            code=f"s{number}", name=f"第{number}科", kind="section", region=section.region,
            parent=section, path=f"{section.path}{number + 100:04d}",
        )  # fmt: skip
        user = User.objects.create_user(f"p{number:02d}", f"某{number}")
        Post.objects.create(user=user, unit=unit, role="clerk", is_default=True)
    classes = top.category("0105").scheme.categories.exclude(code="0105")[:25]
    for category in classes:
        DutyEntry.objects.create(
            category=category, region=top.regions["350103"], unit=top.units["urban"]
        )
    for code in ("350100", "350103", "350200", "350203"):
        FallbackUnit.objects.create(region=top.regions[code], unit=top.units["gulou"])
    for number in range(30):
        process_rules.set_rule(
            "archive_after_days", 31 + number, actor=top.actor("top_system"),
            at=MONDAY + dt.timedelta(minutes=number),
        )  # fmt: skip


@pytest.mark.parametrize(("username", "name", "query"), LISTS)
def test_a_list_costs_few_statements_however_many_rows(
    top: World, at: Callable[[str], Client], username: str, name: str, query: str
) -> None:
    fill(top)
    client = at(username)
    arguments = [Scheme.objects.get(is_active=True).pk] if name == "scheme" else []
    url = f"{reverse(f'manage:{name}', args=arguments)}?{query}"
    client.get(url)

    with CaptureQueriesContext(
        connection,
    ) as seen:
        answer = client.get(url)

    assert answer.status_code == 200
    assert len(seen) <= MOST, "\n".join(one["sql"][:160] for one in seen.captured_queries)
