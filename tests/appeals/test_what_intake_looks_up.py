"""What taking in remembers between appeals, and what it must not."""

import pytest
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World

from jiesu.access import ActorKind
from jiesu.accounts.actors import actor_for_client
from jiesu.accounts.models import ApiClient
from jiesu.appeals import options
from jiesu.appeals.actions import callback, intake
from jiesu.appeals.actions.callback import Said
from jiesu.catalogue import versions
from jiesu.catalogue.models import Category
from jiesu.foundation.errors import Invalid
from jiesu.organizations.models import Region


def codes(error: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {e.field: e.code for e in error.value.errors}


def test_a_class_retired_a_moment_ago_is_refused_once_the_catalogue_says_so(world: World) -> None:
    make.registered(world)
    Category.objects.filter(code="0105").update(is_retired=True, retired_on=MONDAY.date())
    versions.touch()

    with pytest.raises(Invalid) as refused:
        make.registered(world)

    assert codes(refused) == {"category_code": "category_retired"}


def test_a_region_is_read_afresh_so_that_its_path_is_never_an_old_one(world: World) -> None:
    make.registered(world)
    Region.objects.filter(code="350102001").update(path="0001000100020009")

    appeal = make.registered(world)

    assert appeal.region_path == "0001000100020009"


def test_numbers_run_without_a_gap_by_area_and_day(world: World) -> None:
    numbers = [make.registered(world).number for _ in range(3)]
    other = intake.register(
        make.intake_form(region_code="350203"), actor=world.actor("xiamen_agent"), at=MONDAY
    )

    assert [n[12:18] for n in numbers] == ["000001", "000002", "000003"]
    assert other.number.startswith("350200261116000001")


def test_the_same_key_does_not_hide_that_one_call_also_accepts(world: World) -> None:
    agent = world.actor("agent")
    intake.register(make.intake_form(), actor=agent, at=MONDAY, idempotency_key="k")

    with pytest.raises(Exception, match="防重复") as refused:
        intake.register(
            make.intake_form(), actor=agent, at=MONDAY, idempotency_key="k", accept=True
        )

    assert refused.value.code == "idempotency_mismatch"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"dissatisfied_reason": "没有这个代码" * 9}, "dissatisfied_reason"),
        ({"agent_satisfaction": 9}, "agent_satisfaction"),
        ({"handling_satisfaction": 99_999}, "handling_satisfaction"),
    ],
)
def test_a_rating_that_fits_no_column_is_refused(
    world: World, said: dict[str, object], field: str
) -> None:
    appeal = make.answered(world)

    with pytest.raises(Invalid) as refused:
        callback.rate(
            appeal, Said(reached=True, satisfaction=2, **said), actor=world.actor("callback"),
            at=MONDAY + make.minutes(300),
        )  # fmt: skip

    assert field in codes(refused)


def test_a_client_of_another_unit_is_not_offered_the_centres_moves(world: World) -> None:
    appeal = make.registered(world)
    client = ApiClient(name="水务系统", unit=world.units["water"], pk=1)
    actor = actor_for_client(client)

    offered = {o.name: o for o in options.appeal_options(appeal, actor)}

    assert actor.kind is ActorKind.CLIENT
    assert not offered["accept"].allowed
    assert offered["add_facts"].allowed
