"""Suggestions where people work: at the seat, at the dispatch desk, and who manages the models."""

from tests.factories import appeals as make
from tests.factories.world import MONDAY, World
from tests.web.signed_in import client_of

from jiesu.suggestions import registry
from jiesu.suggestions.models import Kind, TrainedModel


def test_while_typing_the_seat_shows_classes_with_their_words(world: World) -> None:
    client = client_of(world, "agent")

    shown = client.post("/seat/suggest/", {"content": "地铁站口有商贩长期占道经营"})

    page = shown.content.decode()
    assert 'data-value="0105"' in page
    assert "依据：" in page
    assert "%" in page


def test_with_class_and_area_the_seat_names_the_likely_unit_and_why(
    world: World,
) -> None:
    client = client_of(world, "agent")

    shown = client.post(
        "/seat/unit/", {"category_code": "0105", "region_code": "350102001", "content": "占道"}
    )

    page = shown.content.decode()
    assert world.units["urban"].name in page
    assert "权属目录" in page


def test_a_model_that_cannot_be_read_is_told_at_the_seat_and_the_desk_works_on(
    world: World,
) -> None:
    TrainedModel.objects.create(
        kind=Kind.CLASS, version="1", file="gone.npz", checksum="0" * 64, texts=1, labels=2,
        figures={}, trained_at=MONDAY, trained_by="系统", is_active=True,
    )  # fmt: skip
    registry.forget()
    client = client_of(world, "agent")

    page = client.post("/seat/suggest/", {"content": "商贩占道经营"}).content.decode()

    assert "分类模型暂不可用" in page
    assert 'data-value="0105"' in page
    registry.forget()


def test_the_dispatcher_takes_a_suggested_unit_by_one_key(world: World) -> None:
    appeal = make.accepted(world)
    client = client_of(world, "dispatcher")

    page = client.get(f"/dispatch/work/{appeal.number}/").content.decode()

    assert f'data-value="{world.units["urban"].pk}"' in page
    assert 'data-key="1"' in page
    assert "权属目录" in page


def test_the_managers_page_says_that_nothing_was_learned_yet(world: World) -> None:
    client = client_of(world, "system_admin")

    page = client.get("/manage/models/").content.decode()

    assert "还没有训练过" in page
    assert "未开启" in page
