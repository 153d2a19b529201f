"""Taking in: what is kept, what is refused, what happens once."""

import datetime as dt
from typing import Any

import pytest
from tests.factories import appeals as make
from tests.factories.appeals import intake_form
from tests.factories.world import MONDAY, World

from jiesu.access import citizen
from jiesu.appeals.actions import intake
from jiesu.appeals.lifecycle import Status
from jiesu.appeals.models import Appeal, Clock
from jiesu.catalogue import codes
from jiesu.foundation.errors import Forbidden, Invalid, NotAllowedNow, UseCaseError
from jiesu.foundation.identifiers import is_order_number


def fields(error: pytest.ExceptionInfo[Invalid]) -> set[str]:
    return {e.field for e in error.value.errors}


def test_an_appeal_is_numbered_and_its_clocks_run_from_when_the_citizen_called(
    world: World,
) -> None:
    called = MONDAY - dt.timedelta(minutes=4)

    appeal = make.registered(world, received_at=called)

    assert is_order_number(appeal.number)
    assert appeal.number.startswith("350100261116")
    total = Clock.objects.get(appeal=appeal, kind="total")
    assert total.started_at == called
    assert appeal.where is Status.REGISTERED
    assert appeal.centre == world.units["fuzhou_centre"]


def test_numbers_of_a_day_follow_each_other(world: World) -> None:
    numbers = [make.registered(world).number for _ in range(3)]

    assert [n[12:18] for n in numbers] == ["000001", "000002", "000003"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"content": "  "}, "content"),
        ({"content": "长" * 50_000}, "content"),
        ({"phone": "12"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"appeal_type": "99"}, "appeal_type"),
        ({"channel": "pigeon"}, "channel"),
        ({"urgency": "9"}, "urgency"),
        ({"region_code": "999999"}, "region_code"),
        ({"category_code": "0000"}, "category"),
        ({"received_at": MONDAY + dt.timedelta(hours=1)}, "received_at"),
        ({"happened_at": MONDAY + dt.timedelta(days=1)}, "happened_at"),
        ({"credit_code": "91350100M000100Y4X"}, "credit_code"),
        ({"document_number": "350102199001011111"}, "document_number"),
        ({"people_count": -1}, "people_count"),
        ({"longitude": 26.0, "latitude": 119.3}, "longitude"),
        ({"longitude": 119.3}, "longitude"),
        ({"repeat_of": "3501002611160000019"}, "repeat_of"),
    ],
)
def test_wrong_input_is_refused_at_its_field_and_nothing_is_written(
    world: World, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as error:
        make.registered(world, **changes)

    assert any(f.startswith(field) for f in fields(error))
    assert not Appeal.objects.exists()


def test_every_wrong_field_is_told_at_once(world: World) -> None:
    with pytest.raises(Invalid) as error:
        make.registered(world, content="", phone="12", appeal_type="99")

    assert {"content", "phone", "appeal_type"} <= fields(error)


def test_emoji_stay_and_control_characters_go(world: World) -> None:
    appeal = make.registered(world, content="路灯坏了😡\u200b\x07，请修。")

    assert appeal.content == "路灯坏了😡，请修。"


def test_a_title_is_made_of_the_first_clause(world: World) -> None:
    appeal = make.registered(world, title="", content="路灯坏了一周。晚上看不清路。")

    assert appeal.title == "路灯坏了一周"


def test_a_title_leaves_off_who_says_it(world: World) -> None:
    said = make.registered(world, title="", content="来电人反映：天桥下夜间占道烧烤，油烟扰民。")
    only = make.registered(world, title="", content="来电人反映。")

    assert said.title == "天桥下夜间占道烧烤，油烟扰民"
    assert only.title == "来电人反映"


def test_classified_matters_never_enter(world: World) -> None:
    with pytest.raises(UseCaseError) as error:
        make.registered(world, confidentiality="3")

    assert error.value.code == "secret_matter"
    assert not Appeal.objects.exists()


def test_the_same_key_makes_one_appeal_and_another_body_is_refused(world: World) -> None:
    agent = world.actor("agent")

    first = intake.register(intake_form(), actor=agent, at=MONDAY, idempotency_key="k")
    second = intake.register(intake_form(), actor=agent, at=MONDAY, idempotency_key="k")
    with pytest.raises(UseCaseError) as error:
        intake.register(intake_form(title="另一件"), actor=agent, at=MONDAY, idempotency_key="k")

    assert first.pk == second.pk
    assert error.value.code == "idempotency_mismatch"
    assert Appeal.objects.count() == 1


def test_personal_data_lies_encrypted_and_is_found_by_its_hash(world: World) -> None:
    from django.db import connection

    appeal = make.registered(world)

    with connection.cursor() as cursor:
        cursor.execute("SELECT phone, name FROM appeals_appeal WHERE id = %s", [appeal.pk])
        stored = cursor.fetchone()
    assert "13812342046" not in stored[0]
    assert "陈" not in stored[1]
    assert Appeal.objects.by_phone(appeal.phone_hash).get() == appeal


def test_no_event_holds_a_name_or_a_telephone(world: World) -> None:
    appeal = make.closed(world)

    told = str([e.data for e in appeal.events.all()])

    assert "13812342046" not in told
    assert "陈小满" not in told


def test_a_citizen_of_a_county_is_served_by_the_nearest_centre(world: World) -> None:
    there = intake.register(
        intake_form(channel="web", region_code="350203"), actor=citizen(), at=MONDAY
    )

    assert there.centre == world.units["xiamen_centre"]
    assert there.where is Status.REGISTERED


def test_a_clerk_may_not_register(world: World) -> None:
    with pytest.raises(Forbidden):
        intake.register(intake_form(), actor=world.actor("clerk"), at=MONDAY)


def test_coming_again_leaves_a_trace_on_the_first(world: World) -> None:
    first = make.closed(world)

    again = make.registered(world, repeat_of=first.number)

    assert again.repeat_of == first
    assert first.events.filter(kind="repeated").exists()


def test_a_citizen_urges_once_a_day(world: World) -> None:
    appeal = make.dispatched(world)
    intake.urge(appeal, actor=citizen(), at=MONDAY + dt.timedelta(hours=2))

    with pytest.raises(NotAllowedNow):
        intake.urge(
            Appeal.objects.get(pk=appeal.pk), actor=citizen(), at=MONDAY + dt.timedelta(hours=3)
        )
    intake.urge(
        Appeal.objects.get(pk=appeal.pk), actor=citizen(), at=MONDAY + dt.timedelta(hours=27)
    )

    assert Appeal.objects.get(pk=appeal.pk).urge_count == 2


def test_refusing_and_handing_over_tell_the_citizen_why(world: World) -> None:
    agent = world.actor("agent")
    one, two = make.registered(world), make.registered(world)

    intake.refuse(
        one,
        codes.items("refusal_reason", MONDAY)[0].code,
        "该事项已进入诉讼，请向法院反映。",
        actor=agent,
        at=MONDAY,
    )
    with pytest.raises(Invalid):
        intake.refuse(
            two, codes.items("refusal_reason", MONDAY)[0].code, "", actor=agent, at=MONDAY
        )
    intake.hand_over(
        two, codes.items("hand_over_line", MONDAY)[0].code, "已三方通话", actor=agent, at=MONDAY
    )

    assert one.where is Status.REFUSED
    assert two.where is Status.HANDED_OVER
    assert not Clock.objects.filter(stopped_at=None).exists()
