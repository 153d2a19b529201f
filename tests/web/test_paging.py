"""Pages by key: every row once, in order, both ways, whatever comes between."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from jiesu.deadlines.models import CalendarDay
from jiesu.organizations.models import Region
from jiesu.web.paging import key_page

ORDER = ["-level", "valid_to", "name", "id"]
LEVELS = ["city", "county"]
NAMES = ["甲", "乙", "丙"]
DAYS = [None, dt.date(2026, 1, 1), dt.date(2026, 6, 1)]


def region(number: int, level: str, name: str, valid_to: dt.date | None) -> Region:
    return Region(
        code=f"{number:06}", name=name, level=level, path=f"9{number:07}", valid_to=valid_to
    )


def walk(order: list[str], size: int) -> tuple[list[int], list[int]]:
    """The keys of all pages forwards, then of all pages back again."""
    rows = Region.objects.filter(path__startswith="9")
    forwards, page = [], key_page(rows, order, "", size)
    forwards += [r.pk for r in page]
    while page.next:
        page = key_page(rows, order, page.next, size)
        forwards += [r.pk for r in page]
    backwards = [r.pk for r in page]
    while page.previous:
        page = key_page(rows, order, page.previous, size)
        backwards = [r.pk for r in page] + backwards
    return forwards, backwards


class EveryRowOnce(TestCase):
    """The laws of paging."""

    @given(
        rows=st.lists(
            st.tuples(st.sampled_from(LEVELS), st.sampled_from(NAMES), st.sampled_from(DAYS)),
            max_size=14,
        ),
        size=st.integers(1, 5),
        order=st.permutations(["-level", "valid_to", "-name"]),
    )
    @settings(max_examples=60, deadline=None)
    def test_all_pages_forwards_and_back_are_the_whole_list_in_its_order(
        self, rows: list[tuple[str, str, dt.date | None]], size: int, order: list[str]
    ) -> None:
        Region.objects.bulk_create([region(at, *row) for at, row in enumerate(rows)])

        forwards, backwards = walk([*order, "id"], size)

        assert sorted(forwards) == sorted(
            Region.objects.filter(path__startswith="9").values_list("pk", flat=True)
        )
        assert forwards == walk([*order, "id"], 100)[0]
        assert backwards == forwards


@pytest.mark.django_db
def test_rows_without_a_value_come_last_in_either_direction() -> None:
    Region.objects.bulk_create(
        [
            region(1, "city", "甲", None),
            region(2, "city", "乙", DAYS[1]),
            region(3, "city", "丙", DAYS[2]),
        ]
    )
    rows = Region.objects.filter(path__startswith="9")

    ascending = [r.name for r in key_page(rows, ["valid_to", "id"])]
    descending = [r.name for r in key_page(rows, ["-valid_to", "id"])]

    assert ascending == ["乙", "丙", "甲"]
    assert descending == ["丙", "乙", "甲"]


@pytest.mark.django_db
def test_a_row_that_arrives_meanwhile_moves_nothing_that_was_read() -> None:
    Region.objects.bulk_create([region(n, "city", f"{n:03}", None) for n in range(10, 20)])
    rows = Region.objects.filter(path__startswith="9")
    first = key_page(rows, ["name", "id"], size=4)

    Region.objects.bulk_create([region(n, "city", f"{n:03}", None) for n in range(4)])
    second = key_page(rows, ["name", "id"], first.next, size=4)

    assert [r.name for r in first] == ["010", "011", "012", "013"]
    assert [r.name for r in second] == ["014", "015", "016", "017"]


@pytest.mark.django_db
def test_a_page_costs_one_statement_and_never_a_count() -> None:
    Region.objects.bulk_create([region(n, "city", f"{n:03}", None) for n in range(30)])
    rows = Region.objects.filter(path__startswith="9")
    after = key_page(rows, ["name", "id"], size=10).next

    with CaptureQueriesContext(connection) as statements:
        key_page(rows, ["name", "id"], after, size=10)

    assert len(statements) == 1
    assert "COUNT" not in statements[0]["sql"].upper()


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["?", "bm9uc2Vuc2U", "W10", "WyI-IiwxLDJd", "x" * 5000])
def test_a_token_we_did_not_write_gives_the_first_page(token: str) -> None:
    Region.objects.bulk_create([region(n, "city", f"{n:03}", None) for n in range(3)])
    rows = Region.objects.filter(path__startswith="9")

    page = key_page(rows, ["name", "valid_to", "id"], token, size=2)

    assert [r.name for r in page] == ["000", "001"]


@pytest.mark.django_db
def test_going_back_to_rows_that_are_gone_gives_the_first_page() -> None:
    Region.objects.bulk_create([region(n, "city", f"{n:03}", None) for n in range(6)])
    rows = Region.objects.filter(path__startswith="9")
    second = key_page(rows, ["name", "id"], key_page(rows, ["name", "id"], size=3).next, size=3)

    rows.filter(name__lt="003").delete()
    page = key_page(rows, ["name", "id"], second.previous, size=3)

    assert [r.name for r in page] == ["003", "004", "005"]


@pytest.mark.django_db
def test_an_order_that_does_not_end_in_a_unique_field_is_a_defect() -> None:
    rows = CalendarDay.objects.all()

    with pytest.raises(ValueError, match="unique"):
        key_page(rows, ["name"])


def test_a_page_maps_its_rows_and_keeps_its_links() -> None:
    from jiesu.web.paging import KeyPage

    page = KeyPage([3, 1, 2], next="n", previous="p")

    doubled = page.map(lambda number: number * 2)

    assert list(doubled) == [6, 2, 4]
    assert (doubled.next, doubled.previous, len(doubled)) == ("n", "p", 3)
