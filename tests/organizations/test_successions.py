"""Who took over from whom, as every unit's list of orders asks it."""

from typing import Any

from tests.factories.world import World
from tests.organizations.conftest import NOW

from jiesu.access import SYSTEM
from jiesu.appeals.models import Appeal
from jiesu.organizations import changes, successions


def test_an_heir_stands_for_those_before_it_and_theirs_before(world: World) -> None:
    section, urban, street = (world.units[k] for k in ("urban_section", "urban", "street"))
    assert successions.predecessors(street.pk) == frozenset()

    changes.merge_units([section], urban, actor=SYSTEM, at=NOW)
    changes.merge_units([urban], street, actor=SYSTEM, at=NOW)

    assert successions.predecessors(urban.pk) == {section.pk}
    assert successions.predecessors(street.pk) == {section.pk, urban.pk}
    assert successions.predecessors(None) == frozenset()


def test_a_unit_that_took_over_from_nobody_is_found_by_its_path_alone(
    world: World, django_assert_num_queries: Any
) -> None:
    rows = Appeal.objects.visible_to(world.actor("clerk"))

    assert "succession" not in str(rows.query)
    with django_assert_num_queries(0):
        Appeal.objects.visible_to(world.actor("street_clerk"))
