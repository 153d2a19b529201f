"""A cross-map is learnt from orders classified under both schemes, and taken by a person."""

import datetime as dt

import pytest
from tests.factories import appeals as make
from tests.factories.world import MONDAY, World
from tests.web.signed_in import client_of

from jiesu.access import SYSTEM
from jiesu.accounts.models import Post, User
from jiesu.appeals.actions import intake
from jiesu.catalogue import schemes, switching
from jiesu.catalogue.models import Category, CategoryMap, Scheme
from jiesu.suggestions import crossmap

LATER = MONDAY + dt.timedelta(days=2)


@pytest.fixture
def newer(world: World) -> Scheme:
    """A scheme of two classes, none of them of the old scheme, in force from Wednesday on."""
    draft = schemes.draft("新分类", "2027", actor=SYSTEM, at=MONDAY)
    for code, name in (("A", "街面秩序"), ("B", "照明")):
        schemes.add_class(draft, code, name, actor=SYSTEM, at=MONDAY)
    for entry in world.units["urban"].duty_entries.all():
        schemes.map_class(entry.category, [draft.categories.get(code="A")], actor=SYSTEM, at=MONDAY)
    for entry in world.units["water"].duty_entries.all():
        schemes.map_class(entry.category, [draft.categories.get(code="B")], actor=SYSTEM, at=MONDAY)
    switching.activate(draft, effective=LATER.date(), actor=SYSTEM, at=MONDAY)
    CategoryMap.objects.filter(new__scheme=draft).delete()
    return draft


def corrected(world: World, times: int, old: str, new: str) -> None:
    """Orders of a class of the old scheme that were put right under the new one."""
    for n in range(times):
        appeal = make.accepted(world, MONDAY, category_code=old, phone=f"138{old}{n:04d}")
        intake.reclassify(
            appeal, category_code=new, actor=world.actor("dispatcher"), at=LATER
        )  # fmt: skip


def test_what_most_orders_say_is_proposed_with_their_number(world: World, newer: Scheme) -> None:
    corrected(world, 3, "0105", "A")
    corrected(world, 1, "0105", "B")

    links = crossmap.learned(newer)

    assert [(link.old.code, link.new.code, link.orders, link.of) for link in links] == [
        ("0105", "A", 3, 4)
    ]


def test_few_orders_or_divided_ones_say_nothing(world: World, newer: Scheme) -> None:
    corrected(world, 2, "0105", "A")
    corrected(world, 3, "0106", "A")
    corrected(world, 3, "0106", "B")

    assert crossmap.learned(newer) == []


def test_orders_told_again_count_too(world: World, newer: Scheme) -> None:
    for n in range(3):
        first = make.accepted(world, MONDAY, category_code="0105", phone=f"1381234{n:04d}")
        make.registered(world, LATER, category_code="A", phone=first.phone, repeat_of=first.number)

    links = crossmap.learned(newer)

    assert [(link.old.code, link.new.code) for link in links] == [("0105", "A")]


def test_the_editor_takes_what_is_ticked_and_it_is_not_proposed_again(
    world: World, newer: Scheme
) -> None:
    corrected(world, 3, "0105", "A")
    editor = User.objects.create_user("top_editor", "高编", "Jiesu-12345-test")
    world.posts["top_editor"] = Post.objects.create(
        user=editor, unit=world.units["province_centre"], role="catalogue_editor", is_default=True
    )
    client = client_of(world, "top_editor")
    address = f"/manage/schemes/{newer.pk}/learned/"
    old, new = Category.objects.get(code="0105"), newer.categories.get(code="A")

    page = client.get(address).content.decode()
    client.post(address, {"picked": [f"{old.pk}-{new.pk}", "1-2"]})

    assert "3 件中 3 件" in page
    assert list(CategoryMap.objects.filter(new=new).values_list("old", flat=True)) == [old.pk]
    assert crossmap.learned(newer) == []
    assert client_of(world, "agent").get(address).status_code == 403
